/* The codec against libsmpp34, another implementation of SMPP 3.4: random PDUs of every kind, our
   bytes unpacked there and its bytes decoded here. Where that library is narrower than the
   specification or slips, PDUs are kept inside what it can do; `narrow` below has the list. */
#include "wire/smpp_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/smpp_random.h"

#include "frames.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))
#define ROUNDS       300
#define LIST_MAX     3
#define TLV_MAX      200
#define PACKED_MAX   65536

static uint8_t one_of(struct smpp_random *random, const uint8_t *values, size_t count)
{
    return values[smpp_random_below(random, (uint32_t)count)];
}

static void narrow_address(struct smpp_random *random, struct smpp_address *address)
{
    static const uint8_t tons[] = {0, 1, 2, 3, 4, 5, 6};
    static const uint8_t npis[] = {0, 1, 3, 4, 6, 8, 9, 10, 14, 18};
    address->ton = one_of(random, tons, COUNT(tons));
    address->npi = one_of(random, npis, COUNT(npis));
}

/* Its slips and limits, in the order of the lines below:
   - a type of number, a numbering plan or a status without a name is an error;
   - it writes a log of every PDU into 2,048 bytes without checking, so lists must be short;
   - source_addr of data_sm has 21 octets instead of 65;
   - binds as transceiver or transmitter must say 3.4;
   - submit_sm_resp with an error must have no body, other responses must have one;
   - optional parameters are known in eight PDUs only (data_sm_resp, among others, has none), and
     have at most 1,024 octets; an integer is read in its own width whatever its length says, so
     the random ones have theirs. */
static void narrow(struct smpp_random *random, const struct frame *frame, struct smpp_pdu *pdu)
{
    static const uint8_t statuses[] = {0, 0, 0, 0x01, 0x08, 0x14, 0x45, 0x58, 0x64, 0xFF};
    narrow_address(random, &pdu->source);
    narrow_address(random, &pdu->destination);
    narrow_address(random, &pdu->address_range);
    narrow_address(random, &pdu->esme);
    if (pdu->destinations.count > LIST_MAX) pdu->destinations.count = LIST_MAX;
    for (size_t i = 0; i < pdu->destinations.count; i++)
        if (!pdu->destinations.at[i].is_list)
            narrow_address(random, &pdu->destinations.at[i].address);
    if (pdu->unsuccess.count > LIST_MAX) pdu->unsuccess.count = LIST_MAX;
    for (size_t i = 0; i < pdu->unsuccess.count; i++)
        narrow_address(random, &pdu->unsuccess.at[i].address);
    if (smpp_is_response(pdu->command_id)) pdu->status = one_of(random, statuses, COUNT(statuses));
    if (pdu->source.digits.size > 20) pdu->source.digits.size = 20;
    if (pdu->command_id != SMPP_BIND_RECEIVER) pdu->interface_version = SMPP_VERSION_34;
    pdu->no_body = pdu->command_id == (SMPP_SUBMIT_SM | SMPP_RESPONSE) && pdu->status;
    if (!frame->tlvs || pdu->no_body) pdu->tlvs.count = 0;
    if (pdu->tlvs.count > LIST_MAX) pdu->tlvs.count = LIST_MAX;
}

/* It refuses to pack a short_message of 254 octets, but unpacks one. */
static bool can_pack(const struct smpp_pdu *pdu)
{
    return pdu->short_message.size < 254;
}

/* One walk serves both directions: our values are put into the library's struct, or compared with
   what it unpacked there. */
struct walk {
    struct frame frame;
    bool compare;
};

static void walk_octets(struct walk *walk, const char *name, const void *octets, size_t size)
{
    struct frame_field *field = frame_field(&walk->frame, name);
    if (!field) fail_msg("libsmpp34 has no %s", name);
    assert_true(size <= field->size);
    if (!walk->compare && size) memcpy(field->at, octets, size);
    if (walk->compare && size && memcmp(field->at, octets, size) != 0) fail_msg("%s differs", name);
    field->seen = true;
}

static void walk_u32(struct walk *walk, const char *name, uint32_t value)
{
    walk_octets(walk, name, &value, sizeof value);
}

static void walk_byte(struct walk *walk, const char *name, size_t value)
{
    assert_in_range(value, 0, 255);
    walk_octets(walk, name, &(uint8_t){(uint8_t)value}, 1);
}

static void walk_text(struct walk *walk, const char *name, struct slice text)
{
    char terminated[256] = {0};
    assert_true(text.size < sizeof terminated);
    if (text.size) memcpy(terminated, text.at, text.size);
    walk_octets(walk, name, terminated, text.size + 1);
}

/* Our one field of three parts, and the parts' names. */
static void walk_address(struct walk *walk, const char *name, const struct smpp_address *address)
{
    static const struct {
        const char *name, *ton, *npi;
    } rows[] = {
        {"source_addr", "source_addr_ton", "source_addr_npi"},
        {"destination_addr", "dest_addr_ton", "dest_addr_npi"},
        {"address_range", "addr_ton", "addr_npi"},
        {"esme_addr", "esme_addr_ton", "esme_addr_npi"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (strcmp(rows[i].name, name) != 0) continue;
        walk_byte(walk, rows[i].ton, address->ton);
        walk_byte(walk, rows[i].npi, address->npi);
        walk_text(walk, name, address->digits);
        return;
    }
    fail_msg("an address of no known name: %s", name);
}

static void fill_text(uint8_t *to, size_t size, struct slice text)
{
    assert_true(text.size < size);
    if (text.size) memcpy(to, text.at, text.size);
}

static void fill_destinations(struct walk *walk, const struct smpp_destination_list *list)
{
    for (size_t i = list->count; i > 0; i--) {
        const struct smpp_destination *from = &list->at[i - 1];
        dad_t to = {.dest_flag = from->is_list ? DFID_Distribution_List_Name : DFID_SME_Address};
        if (from->is_list) {
            fill_text(to.value.dl_name, sizeof to.value.dl_name, from->address.digits);
        } else {
            to.value.sme.dest_addr_ton = from->address.ton;
            to.value.sme.dest_addr_npi = from->address.npi;
            fill_text(to.value.sme.destination_addr, sizeof to.value.sme.destination_addr,
                      from->address.digits);
        }
        build_dad(walk->frame.destinations, &to);
    }
}

static void assert_text(const uint8_t *actual, struct slice expected)
{
    assert_int_equal(strlen((const char *)actual), expected.size);
    if (expected.size) assert_memory_equal(actual, expected.at, expected.size);
}

/* Unpacking leaves the library's lists the wrong way round. */
static void compare_destinations(struct walk *walk, const struct smpp_destination_list *list)
{
    const dad_t *to = *walk->frame.destinations;
    for (size_t i = list->count; i > 0; i--, to = to->next) {
        const struct smpp_destination *from = &list->at[i - 1];
        assert_non_null(to);
        assert_int_equal(to->dest_flag == DFID_Distribution_List_Name, from->is_list);
        if (from->is_list) {
            assert_text(to->value.dl_name, from->address.digits);
        } else {
            assert_int_equal(to->value.sme.dest_addr_ton, from->address.ton);
            assert_int_equal(to->value.sme.dest_addr_npi, from->address.npi);
            assert_text(to->value.sme.destination_addr, from->address.digits);
        }
    }
    assert_null(to);
}

static void fill_unsuccess(struct walk *walk, const struct smpp_unsuccess_list *list)
{
    for (size_t i = list->count; i > 0; i--) {
        const struct smpp_unsuccess *from = &list->at[i - 1];
        udad_t to = {.dest_addr_ton = from->address.ton,
                     .dest_addr_npi = from->address.npi,
                     .error_status_code = from->status};
        fill_text(to.destination_addr, sizeof to.destination_addr, from->address.digits);
        build_udad(walk->frame.unsuccess, &to);
    }
}

static void compare_unsuccess(struct walk *walk, const struct smpp_unsuccess_list *list)
{
    const udad_t *to = *walk->frame.unsuccess;
    for (size_t i = list->count; i > 0; i--, to = to->next) {
        const struct smpp_unsuccess *from = &list->at[i - 1];
        assert_non_null(to);
        assert_int_equal(to->dest_addr_ton, from->address.ton);
        assert_int_equal(to->dest_addr_npi, from->address.npi);
        assert_int_equal(to->error_status_code, from->status);
        assert_text(to->destination_addr, from->address.digits);
    }
    assert_null(to);
}

static void fill_tlvs(struct walk *walk, const struct smpp_tlv_list *list)
{
    for (size_t i = list->count; i > 0; i--) {
        struct smpp_tlv_list one = {.at = &list->at[i - 1], .count = 1};
        struct slice value = one.at->value;
        tlv_t to = {.tag = one.at->tag, .length = (uint16_t)value.size};
        size_t width = walk->frame.tlv_width(&to);
        uint32_t integer = 0;
        if (width) assert_true(smpp_tlv_integer(&one, to.tag, &integer));
        if (width == 1)
            to.value.val08 = (uint8_t)integer;
        else if (width == 2)
            to.value.val16 = (uint16_t)integer;
        else if (width == 4)
            to.value.val32 = integer;
        else if (value.size)
            memcpy(to.value.octet, value.at, value.size);
        build_tlv(walk->frame.tlvs, &to);
    }
}

static void compare_tlvs(struct walk *walk, const struct smpp_tlv_list *list)
{
    const tlv_t *to = walk->frame.tlvs ? *walk->frame.tlvs : NULL;
    for (size_t i = list->count; i > 0; i--, to = to->next) {
        struct smpp_tlv_list one = {.at = &list->at[i - 1], .count = 1};
        assert_non_null(to);
        assert_int_equal(to->tag, one.at->tag);
        assert_int_equal(to->length, one.at->value.size);
        size_t width = walk->frame.tlv_width(to);
        uint32_t integer = 0;
        if (width) assert_true(smpp_tlv_integer(&one, to->tag, &integer));
        if (width == 1)
            assert_int_equal(to->value.val08, integer);
        else if (width == 2)
            assert_int_equal(to->value.val16, integer);
        else if (width == 4)
            assert_int_equal(to->value.val32, integer);
        else if (to->length)
            assert_memory_equal(to->value.octet, one.at->value.at, to->length);
    }
    assert_null(to);
}

static void walk_field(struct walk *walk, const struct smpp_field *field, const void *member)
{
    switch (field->kind) {
    case SMPP_KIND_BYTE:
    case SMPP_KIND_BITS:
        walk_byte(walk, field->name, *(const uint8_t *)member);
        break;
    case SMPP_KIND_TEXT:
    case SMPP_KIND_SECRET:
    case SMPP_KIND_TIME:
        walk_text(walk, field->name, *(const struct slice *)member);
        break;
    case SMPP_KIND_ADDRESS:
        walk_address(walk, field->name, member);
        break;
    case SMPP_KIND_MESSAGE: {
        const struct slice *message = member;
        walk_byte(walk, "sm_length", message->size);
        walk_octets(walk, "short_message", message->at, message->size);
        break;
    }
    case SMPP_KIND_DESTINATIONS: {
        const struct smpp_destination_list *list = member;
        walk_byte(walk, "number_of_dests", list->count);
        walk->compare ? compare_destinations(walk, list) : fill_destinations(walk, list);
        break;
    }
    case SMPP_KIND_UNSUCCESS: {
        const struct smpp_unsuccess_list *list = member;
        walk_byte(walk, "no_unsuccess", list->count);
        walk->compare ? compare_unsuccess(walk, list) : fill_unsuccess(walk, list);
        break;
    }
    }
}

/* `size` is command_length, which the library sets itself when it packs. */
static void walk_pdu(struct walk *walk, const struct smpp_pdu *pdu, size_t size)
{
    walk_u32(walk, "command_length", (uint32_t)size);
    walk_u32(walk, "command_id", pdu->command_id);
    walk_u32(walk, "command_status", pdu->status);
    walk_u32(walk, "sequence_number", pdu->sequence);
    if (pdu->no_body) return;
    const struct smpp_body *body =
        smpp_command_body(smpp_command(pdu->command_id), pdu->command_id);
    for (size_t i = 0; i < body->count; i++)
        walk_field(walk, &body->fields[i], (const char *)pdu + body->fields[i].offset);
    if (walk->compare)
        compare_tlvs(walk, &pdu->tlvs);
    else if (walk->frame.tlvs)
        fill_tlvs(walk, &pdu->tlvs);
    for (size_t i = 0; i < walk->frame.count; i++)
        if (!walk->frame.fields[i].seen) fail_msg("we have no %s", walk->frame.fields[i].name);
}

static void our_bytes_are_unpacked(const struct smpp_pdu *pdu, struct slice bytes)
{
    union frame_pdu theirs = {0};
    struct walk walk = {.compare = true};
    assert_true(frame_open(pdu->command_id, &theirs, &walk.frame));
    if (smpp34_unpack2(&theirs, (const uint8_t *)bytes.at, (int)bytes.size) != 0)
        fail_msg("libsmpp34 refuses our %s: %s", smpp_command_name(pdu->command_id),
                 smpp34_strerror);
    walk_pdu(&walk, pdu, bytes.size);
    frame_close(&walk.frame, &theirs);
}

static void its_bytes_are_ours(const struct smpp_pdu *pdu, struct slice bytes, struct arena *arena)
{
    union frame_pdu theirs = {0};
    struct walk walk = {.compare = false};
    int size = 0;
    uint8_t *packed = arena_alloc(arena, PACKED_MAX);
    assert_true(frame_open(pdu->command_id, &theirs, &walk.frame));
    walk_pdu(&walk, pdu, 0);
    if (smpp34_pack2(packed, PACKED_MAX, &size, &theirs) != 0)
        fail_msg("libsmpp34 cannot pack %s: %s", smpp_command_name(pdu->command_id),
                 smpp34_strerror);
    frame_close(&walk.frame, &theirs);

    struct smpp_pdu decoded;
    struct smpp_bad bad;
    assert_int_equal(smpp_decode(slice_of(packed, (size_t)size), PACKED_MAX, arena, &decoded, &bad),
                     SMPP_DECODED);
    const char *difference = smpp_difference(pdu, &decoded);
    if (difference)
        fail_msg("its %s has another %s", smpp_command_name(pdu->command_id), difference);
    assert_int_equal(decoded.odd, 0);
    assert_int_equal(size, bytes.size);
    assert_memory_equal(packed, bytes.at, bytes.size);
}

static void random_pdus_mean_the_same_to_both(void **state)
{
    struct smpp_random random = {.state = 34, .tlv_size_max = TLV_MAX};
    size_t unpacked = 0, packed = 0;
    for (size_t i = 0; i < smpp_command_count * 2 * ROUNDS; i++) {
        const struct smpp_command *command = &smpp_commands[i / 2 % smpp_command_count];
        if (!(i % 2 ? command->response_name : command->name)) continue;
        uint32_t id = command->id | (i % 2 ? SMPP_RESPONSE : 0);

        struct arena arena = {0};
        union frame_pdu unused = {0};
        struct frame frame;
        struct smpp_pdu pdu;
        struct buf bytes;
        buf_init(&bytes, PACKED_MAX);
        assert_true(frame_open(id, &unused, &frame));
        smpp_random_pdu(&random, id, &arena, &pdu);
        narrow(&random, &frame, &pdu);
        assert_true(smpp_encode(&pdu, &bytes));
        our_bytes_are_unpacked(&pdu, buf_slice(&bytes));
        unpacked++;
        if (can_pack(&pdu)) {
            its_bytes_are_ours(&pdu, buf_slice(&bytes), &arena);
            packed++;
        }
        buf_done(&bytes);
        arena_done(&arena);
    }
    print_message("%zu PDUs unpacked there, %zu packed there\n", unpacked, packed);
    assert_int_equal(unpacked, 27 * ROUNDS);
    assert_true(packed > 25 * ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_pdus_mean_the_same_to_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
