#include "wire/smpp_pdu.h"

#include <assert.h>

#include "wire/smpp_table.h"

/* dest_flag of submit_multi, 5.2.25 */
#define DEST_FLAG_NUMBER 1
#define DEST_FLAG_LIST   2
#define DESTINATIONS_MAX 254 /* 5.2.24 */
#define COUNT_MAX        255 /* what the octet in front of a list can say */

static uint32_t read_u32(const char *at)
{
    const uint8_t *byte = (const uint8_t *)at;
    return (uint32_t)byte[0] << 24 | (uint32_t)byte[1] << 16 | (uint32_t)byte[2] << 8 | byte[3];
}

/* One PDU on its way in: what is left of its bytes, and where the outcome goes. */
struct reader {
    struct slice rest;
    struct arena *arena;
    struct smpp_pdu *out;
    struct smpp_bad *bad;
    const struct smpp_field *field;
    bool response;
};

static bool read_bad(struct reader *in, uint32_t status, const char *why)
{
    *in->bad = (struct smpp_bad){status, in->field->name, why};
    return false;
}

/* A request must have all its fields; a response is worth reading without, since refusing it would
   only lose its message. */
static bool read_byte(struct reader *in, uint8_t *out)
{
    if (in->rest.size == 0) {
        if (!in->response) return read_bad(in, ESME_RINVCMDLEN, "missing");
        in->out->odd |= SMPP_ODD_CUT;
        return true;
    }
    *out = (uint8_t)in->rest.at[0];
    in->rest = slice_from(in->rest, 1);
    return true;
}

static bool read_text(struct reader *in, uint32_t status, struct slice *out)
{
    const struct smpp_field *field = in->field;
    size_t most = in->rest.size < field->cap ? in->rest.size : field->cap;
    const char *end = most ? memchr(in->rest.at, '\0', most) : NULL;
    if (!end && most == field->cap) return read_bad(in, status, "too long");
    if (!end) in->out->odd |= SMPP_ODD_NO_NUL;

    *out = slice_of(in->rest.at, end ? (size_t)(end - in->rest.at) : most);
    bool timeless = field->kind == SMPP_KIND_TIME && out->size && out->size + 1 != field->letter;
    if (out->size >= field->letter || timeless) in->out->odd |= SMPP_ODD_SIZE;
    in->rest = slice_from(in->rest, out->size + 1);
    return true;
}

static bool read_address(struct reader *in, uint32_t status, struct smpp_address *out)
{
    return read_byte(in, &out->ton) && read_byte(in, &out->npi) &&
           read_text(in, status, &out->digits);
}

static bool read_message(struct reader *in, struct slice *out)
{
    uint8_t size = 0;
    if (!read_byte(in, &size)) return false;
    if (size > in->rest.size) return read_bad(in, in->field->status, "longer than its PDU");
    if (size > in->field->letter) in->out->odd |= SMPP_ODD_SIZE;
    *out = slice_of(in->rest.at, size);
    in->rest = slice_from(in->rest, size);
    return true;
}

static bool read_destination(struct reader *in, struct smpp_destination *out)
{
    uint8_t flag = 0;
    if (!read_byte(in, &flag)) return false;
    out->is_list = flag == DEST_FLAG_LIST;
    if (out->is_list) return read_text(in, ESME_RINVDLNAME, &out->address.digits);
    if (flag != DEST_FLAG_NUMBER) return read_bad(in, ESME_RINVDESTFLAG, "unknown dest_flag");
    return read_address(in, ESME_RINVDSTADR, &out->address);
}

static bool read_destinations(struct reader *in, struct smpp_destination_list *out)
{
    uint8_t count = 0;
    if (!read_byte(in, &count)) return false;
    if (count == 0 || count > DESTINATIONS_MAX) in->out->odd |= SMPP_ODD_SIZE;
    if (count) out->at = ARENA_ARRAY(in->arena, struct smpp_destination, count);
    for (; out->count < count; out->count++)
        if (!read_destination(in, &out->at[out->count])) return false;
    return true;
}

/* Unlike the other fields of a response this list must be whole: a number that is not in it counts
   as accepted. */
static bool read_unsuccess(struct reader *in, struct smpp_unsuccess_list *out)
{
    uint8_t count = 0;
    if (!read_byte(in, &count)) return false;
    if (count) out->at = ARENA_ARRAY(in->arena, struct smpp_unsuccess, count);
    for (; out->count < count; out->count++) {
        struct smpp_unsuccess *entry = &out->at[out->count];
        if (!read_address(in, in->field->status, &entry->address)) return false;
        if (in->rest.size < 4) return read_bad(in, ESME_RINVCMDLEN, "the list is cut");
        entry->status = read_u32(in->rest.at);
        in->rest = slice_from(in->rest, 4);
    }
    return true;
}

static bool read_field(struct reader *in)
{
    void *member = (char *)in->out + in->field->offset;
    switch (in->field->kind) {
    case SMPP_KIND_BYTE:
    case SMPP_KIND_BITS:
        return read_byte(in, member);
    case SMPP_KIND_TEXT:
    case SMPP_KIND_SECRET:
    case SMPP_KIND_TIME:
        return read_text(in, in->field->status, member);
    case SMPP_KIND_ADDRESS:
        return read_address(in, in->field->status, member);
    case SMPP_KIND_MESSAGE:
        return read_message(in, member);
    case SMPP_KIND_DESTINATIONS:
        return read_destinations(in, member);
    case SMPP_KIND_UNSUCCESS:
        return read_unsuccess(in, member);
    }
    assert(false);
    return false;
}

/* Fewer octets than a TLV's head are somebody's padding. More that make no TLV are a broken
   request, and in a response they tell nothing that could be answered. */
static bool read_tlvs(struct reader *in)
{
    static const struct smpp_field tlvs = {.name = "optional_parameters"};
    in->field = &tlvs;
    in->rest = slice_from(in->rest, smpp_tlv_read(in->rest, in->arena, &in->out->tlvs));
    if (in->rest.size == 0) return true;
    if (in->rest.size >= 4 && !in->response)
        return read_bad(in, ESME_RINVOPTPARSTREAM, "longer than its PDU");
    in->out->odd |= SMPP_ODD_TRAILING;
    return true;
}

static bool read_body(struct reader *in, const struct smpp_body *body)
{
    if (in->response && in->rest.size == 0 && body->count > 0) {
        in->out->no_body = true;
        if (in->out->status == ESME_ROK) in->out->odd |= SMPP_ODD_CUT;
        return true;
    }
    for (size_t i = 0; i < body->count; i++) {
        in->field = &body->fields[i];
        if (!read_field(in)) return false;
    }
    return read_tlvs(in);
}

enum smpp_decode smpp_decode(struct slice stream, size_t size_max, struct arena *arena,
                             struct smpp_pdu *out, struct smpp_bad *out_bad)
{
    assert(size_max >= SMPP_HEADER_SIZE);
    if (stream.size < 4) return SMPP_NEED_MORE;
    struct smpp_pdu header = {.size = read_u32(stream.at)};
    if (header.size < SMPP_HEADER_SIZE) {
        *out = header;
        *out_bad = (struct smpp_bad){ESME_RINVCMDLEN, "command_length", "shorter than a header"};
        return SMPP_LOST;
    }
    /* A length over the bound still waits for the header, so that the answer can carry the
       sequence number however the stream was cut. */
    if (stream.size < SMPP_HEADER_SIZE) return SMPP_NEED_MORE;
    header.command_id = read_u32(stream.at + 4);
    header.status = read_u32(stream.at + 8);
    header.sequence = read_u32(stream.at + 12);
    if (header.size > size_max) {
        *out = header;
        *out_bad = (struct smpp_bad){ESME_RINVCMDLEN, "command_length", "over the limit"};
        return SMPP_LOST;
    }
    if (stream.size < header.size) return SMPP_NEED_MORE;

    *out = header;
    const struct smpp_command *command = smpp_command(header.command_id);
    if (!command) {
        *out_bad = (struct smpp_bad){ESME_RINVCMDID, "command_id", "unknown"};
        return SMPP_BAD;
    }
    struct reader in = {
        .rest = slice_of(stream.at + SMPP_HEADER_SIZE, header.size - SMPP_HEADER_SIZE),
        .arena = arena,
        .out = out,
        .bad = out_bad,
        .response = smpp_is_response(header.command_id),
    };
    if (read_body(&in, smpp_command_body(command, header.command_id))) return SMPP_DECODED;
    *out = header;
    return SMPP_BAD;
}

/* One PDU on its way out. The first walk has no `at`: it counts and finds what does not fit, so the
   second walk cannot fail. */
struct writer {
    uint8_t *at;
    size_t size;
    const char *misfit;
    bool lenient;
};

static void write_octets(struct writer *out, struct slice octets)
{
    if (out->at && octets.size) memcpy(out->at + out->size, octets.at, octets.size);
    out->size += octets.size;
}

static void write_byte(struct writer *out, size_t byte)
{
    if (out->at) out->at[out->size] = (uint8_t)byte;
    out->size++;
}

static void write_u16(struct writer *out, size_t value)
{
    write_byte(out, value >> 8);
    write_byte(out, value);
}

static void write_u32(struct writer *out, size_t value)
{
    write_u16(out, value >> 16);
    write_u16(out, value);
}

static void write_misfit(struct writer *out, const char *name)
{
    if (!out->misfit) out->misfit = name;
}

static void write_text(struct writer *out, const struct smpp_field *field, struct slice text)
{
    size_t most = out->lenient ? field->cap : field->letter;
    bool timeless = field->kind == SMPP_KIND_TIME && !out->lenient && text.size &&
                    text.size + 1 != field->letter;
    bool has_nul = text.size && memchr(text.at, '\0', text.size);
    if (text.size >= most || timeless || has_nul) write_misfit(out, field->name);
    write_octets(out, text);
    write_byte(out, 0);
}

static void write_address(struct writer *out, const struct smpp_field *field,
                          const struct smpp_address *address)
{
    write_byte(out, address->ton);
    write_byte(out, address->npi);
    write_text(out, field, address->digits);
}

static void write_message(struct writer *out, const struct smpp_field *field, struct slice message)
{
    if (message.size > (out->lenient ? field->cap : field->letter)) write_misfit(out, field->name);
    write_byte(out, message.size);
    write_octets(out, message);
}

static void write_destinations(struct writer *out, const struct smpp_field *field,
                               const struct smpp_destination_list *list)
{
    bool by_letter = list->count >= 1 && list->count <= DESTINATIONS_MAX;
    if (!by_letter && (!out->lenient || list->count > COUNT_MAX)) write_misfit(out, field->name);
    write_byte(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        const struct smpp_destination *to = &list->at[i];
        write_byte(out, to->is_list ? DEST_FLAG_LIST : DEST_FLAG_NUMBER);
        if (to->is_list)
            write_text(out, field, to->address.digits);
        else
            write_address(out, field, &to->address);
    }
}

static void write_unsuccess(struct writer *out, const struct smpp_field *field,
                            const struct smpp_unsuccess_list *list)
{
    if (list->count > COUNT_MAX) write_misfit(out, field->name);
    write_byte(out, list->count);
    for (size_t i = 0; i < list->count; i++) {
        write_address(out, field, &list->at[i].address);
        write_u32(out, list->at[i].status);
    }
}

static void write_field(struct writer *out, const struct smpp_field *field, const void *member)
{
    switch (field->kind) {
    case SMPP_KIND_BYTE:
    case SMPP_KIND_BITS:
        write_byte(out, *(const uint8_t *)member);
        break;
    case SMPP_KIND_TEXT:
    case SMPP_KIND_SECRET:
    case SMPP_KIND_TIME:
        write_text(out, field, *(const struct slice *)member);
        break;
    case SMPP_KIND_ADDRESS:
        write_address(out, field, member);
        break;
    case SMPP_KIND_MESSAGE:
        write_message(out, field, *(const struct slice *)member);
        break;
    case SMPP_KIND_DESTINATIONS:
        write_destinations(out, field, member);
        break;
    case SMPP_KIND_UNSUCCESS:
        write_unsuccess(out, field, member);
        break;
    }
}

static void write_tlvs(struct writer *out, const struct smpp_tlv_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->at[i].value.size > UINT16_MAX) write_misfit(out, "optional_parameters");
        write_u16(out, list->at[i].tag);
        write_u16(out, list->at[i].value.size);
        write_octets(out, list->at[i].value);
    }
}

static void write_pdu(struct writer *out, const struct smpp_pdu *pdu, size_t size)
{
    const struct smpp_command *command = smpp_command(pdu->command_id);
    if (!command) {
        write_misfit(out, "command_id");
        return;
    }
    write_u32(out, size);
    write_u32(out, pdu->command_id);
    write_u32(out, pdu->status);
    write_u32(out, pdu->sequence);
    if (pdu->no_body) {
        if (!smpp_is_response(pdu->command_id) || pdu->tlvs.count) write_misfit(out, "no_body");
        return;
    }
    const struct smpp_body *body = smpp_command_body(command, pdu->command_id);
    for (size_t i = 0; i < body->count; i++)
        write_field(out, &body->fields[i], (const char *)pdu + body->fields[i].offset);
    write_tlvs(out, &pdu->tlvs);
}

static struct writer write_count(const struct smpp_pdu *pdu)
{
    struct writer count = {.lenient = pdu->odd & SMPP_ODD_SIZE};
    write_pdu(&count, pdu, 0);
    return count;
}

const char *smpp_misfit(const struct smpp_pdu *pdu)
{
    return write_count(pdu).misfit;
}

bool smpp_encode(const struct smpp_pdu *pdu, struct buf *out)
{
    struct writer count = write_count(pdu);
    if (count.misfit) return false;
    assert(count.size <= UINT32_MAX);
    struct writer bytes = {.at = (uint8_t *)buf_reserve(out, count.size)};
    if (!bytes.at) return false;
    write_pdu(&bytes, pdu, count.size);
    assert(bytes.size == count.size);
    buf_grew(out, bytes.size);
    return true;
}

struct smpp_pdu smpp_response(const struct smpp_pdu *request, uint32_t status)
{
    const struct smpp_command *command = smpp_command(request->command_id);
    assert(command && command->response_name && !smpp_is_response(request->command_id));
    return (struct smpp_pdu){
        .command_id = request->command_id | SMPP_RESPONSE,
        .status = status,
        .sequence = request->sequence,
        .no_body = status != ESME_ROK && command->error_is_bare,
    };
}

bool smpp_refusal(const struct smpp_pdu *bad_header, uint32_t status, struct smpp_pdu *out)
{
    if (smpp_is_response(bad_header->command_id)) return false;
    const struct smpp_command *command = smpp_command(bad_header->command_id);
    if (command && !command->response_name) return false;
    if (command) {
        *out = smpp_response(bad_header, status);
    } else {
        *out = (struct smpp_pdu){
            .command_id = SMPP_GENERIC_NACK, .status = status, .sequence = bad_header->sequence};
    }
    return true;
}

const char *smpp_command_name(uint32_t command_id)
{
    const struct smpp_command *command = smpp_command(command_id);
    if (!command) return NULL;
    return smpp_is_response(command_id) ? command->response_name : command->name;
}

struct slice smpp_user_data(const struct smpp_pdu *pdu)
{
    if (pdu->short_message.size) return pdu->short_message;
    return smpp_tlv_octets(&pdu->tlvs, SMPP_TLV_MESSAGE_PAYLOAD);
}
