#include "wire/smpp_dump.h"

#include "wire/smpp_table.h"

static bool printable(char byte)
{
    return byte >= 0x20 && byte < 0x7F;
}

/* How many of the octets from `at` on can stand between quotes as they are. */
static size_t dump_plain_run(struct slice text, size_t at)
{
    size_t end = at;
    while (end < text.size && printable(text.at[end]) && text.at[end] != '"' &&
           text.at[end] != '\\')
        end++;
    return end - at;
}

static void dump_quoted(struct buf *out, struct slice text)
{
    buf_add_byte(out, '"');
    for (size_t at = 0; at < text.size; at++) {
        size_t run = dump_plain_run(text, at);
        buf_add(out, slice_of(text.at + at, run));
        at += run;
        if (at == text.size) break;
        if (printable(text.at[at]))
            buf_printf(out, "\\%c", text.at[at]);
        else
            buf_printf(out, "\\x%02x", (unsigned)(uint8_t)text.at[at]);
    }
    buf_add_byte(out, '"');
}

/* Text in quotes when that is what it looks like, else plain hexadecimal. */
static void dump_octets(struct buf *out, struct slice octets)
{
    bool text = true;
    for (size_t i = 0; i < octets.size; i++)
        text = text && printable(octets.at[i]);
    if (text) {
        dump_quoted(out, octets);
        return;
    }
    buf_add(out, SLICE("0x"));
    for (size_t i = 0; i < octets.size; i++)
        buf_printf(out, "%02x", (unsigned)(uint8_t)octets.at[i]);
}

static void dump_message(struct buf *out, struct slice message, enum smpp_dump_text text)
{
    if (text == SMPP_DUMP_SHOW_TEXT)
        dump_octets(out, message);
    else
        buf_printf(out, "(%zu octets)", message.size);
}

static void dump_address(struct buf *out, const struct smpp_address *address)
{
    buf_printf(out, "%u/%u/", address->ton, address->npi);
    dump_quoted(out, address->digits);
}

static void dump_status(struct buf *out, uint32_t status)
{
    buf_printf(out, "0x%x(%s)", status, smpp_status_name(status));
}

static void dump_destinations(struct buf *out, const struct smpp_destination_list *list)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i) buf_add_byte(out, ' ');
        if (list->at[i].is_list) {
            buf_add(out, SLICE("list/"));
            dump_quoted(out, list->at[i].address.digits);
        } else {
            dump_address(out, &list->at[i].address);
        }
    }
    buf_add_byte(out, ']');
}

static void dump_unsuccess(struct buf *out, const struct smpp_unsuccess_list *list)
{
    buf_add_byte(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i) buf_add_byte(out, ' ');
        dump_address(out, &list->at[i].address);
        buf_add_byte(out, '=');
        dump_status(out, list->at[i].status);
    }
    buf_add_byte(out, ']');
}

static void dump_field(struct buf *out, const struct smpp_field *field, const void *member,
                       enum smpp_dump_text text)
{
    buf_printf(out, " %s=", field->name);
    switch (field->kind) {
    case SMPP_KIND_BYTE:
        buf_printf(out, "%u", *(const uint8_t *)member);
        break;
    case SMPP_KIND_BITS:
        buf_printf(out, "0x%02x", *(const uint8_t *)member);
        break;
    case SMPP_KIND_TEXT:
    case SMPP_KIND_TIME:
        dump_quoted(out, *(const struct slice *)member);
        break;
    case SMPP_KIND_SECRET:
        buf_add(out, SLICE("***"));
        break;
    case SMPP_KIND_ADDRESS:
        dump_address(out, member);
        break;
    case SMPP_KIND_MESSAGE:
        dump_message(out, *(const struct slice *)member, text);
        break;
    case SMPP_KIND_DESTINATIONS:
        dump_destinations(out, member);
        break;
    case SMPP_KIND_UNSUCCESS:
        dump_unsuccess(out, member);
        break;
    }
}

static void dump_tlv(struct buf *out, const struct smpp_tlv *tlv, enum smpp_dump_text text)
{
    const struct smpp_tlv_spec *spec = smpp_tlv_spec(tlv->tag);
    struct smpp_tlv_list one = {.at = (struct smpp_tlv *)tlv, .count = 1};
    uint32_t integer;
    if (spec)
        buf_printf(out, " %s=", spec->name);
    else
        buf_printf(out, " tlv_0x%04x=", tlv->tag);

    if (tlv->tag == SMPP_TLV_MESSAGE_PAYLOAD) {
        dump_message(out, tlv->value, text);
    } else if (spec && spec->kind == SMPP_TLV_INTEGER && tlv->value.size == spec->size_max &&
               smpp_tlv_integer(&one, tlv->tag, &integer)) {
        buf_printf(out, "%u", integer);
    } else if (spec && spec->kind == SMPP_TLV_TEXT) {
        dump_quoted(out, tlv->value);
    } else {
        dump_octets(out, tlv->value);
    }
}

static void dump_oddities(struct buf *out, const struct smpp_pdu *pdu)
{
    static const struct {
        enum smpp_odd bit;
        const char *name;
    } names[] = {
        {SMPP_ODD_SIZE, "size"},
        {SMPP_ODD_NO_NUL, "no-nul"},
        {SMPP_ODD_CUT, "cut"},
        {SMPP_ODD_TRAILING, "trailing"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (pdu->odd & names[i].bit) buf_printf(out, " odd:%s", names[i].name);
}

void smpp_dump(const struct smpp_pdu *pdu, enum smpp_dump_text text, struct buf *out)
{
    const struct smpp_command *command = smpp_command(pdu->command_id);
    if (command)
        buf_printf(out, "%s", smpp_command_name(pdu->command_id));
    else
        buf_printf(out, "command_0x%08x", pdu->command_id);
    buf_printf(out, " seq=%u", pdu->sequence);
    if (pdu->status || smpp_is_response(pdu->command_id)) {
        buf_add(out, SLICE(" status="));
        dump_status(out, pdu->status);
    }
    if (command && !pdu->no_body) {
        const struct smpp_body *body = smpp_command_body(command, pdu->command_id);
        for (size_t i = 0; i < body->count; i++)
            dump_field(out, &body->fields[i], (const char *)pdu + body->fields[i].offset, text);
    }
    for (size_t i = 0; i < pdu->tlvs.count; i++)
        dump_tlv(out, &pdu->tlvs.at[i], text);
    dump_oddities(out, pdu);
}
