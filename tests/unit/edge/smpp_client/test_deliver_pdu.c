/* What a deliver_sm is taken for, row by row. */
#include "edge/smpp_client/deliver_pdu.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/hex.h"

#define TEXT(id, stat, err)                                                                        \
    "id:" id " sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:" stat           \
    " err:" err " text:Hello"

/* A small message_state of 0 means that there is no such TLV. */
static const struct {
    const char *text;
    uint8_t esm_class;
    const char *id_tlv;
    uint8_t state_tlv;
    const char *error_tlv; /* hexadecimal */
    bool no_text_receipts;
    enum deliver_kind kind;
    const char *id;
    enum receipt_state state;
    const char *error;
} receipts[] = {
    {TEXT("42", "DELIVRD", "000"), 0x04, NULL, 0, NULL, false, DELIVER_RECEIPT, "42",
     RECEIPT_DELIVERED, "000"},
    /* mode bits and reply path change nothing */
    {TEXT("42", "UNDELIV", "0A1"), 0x87, NULL, 0, NULL, false, DELIVER_RECEIPT, "42",
     RECEIPT_UNDELIVERABLE, "0A1"},
    /* TLVs win over the text */
    {TEXT("42", "UNDELIV", "001"), 0x04, "2a", 2, "03 00 45", false, DELIVER_RECEIPT, "2a",
     RECEIPT_DELIVERED, "069"},
    {TEXT("42", "UNDELIV", "001"), 0x04, "2a", 0, NULL, false, DELIVER_RECEIPT, "2a",
     RECEIPT_UNDELIVERABLE, "001"},
    /* TLVs alone, with and without the mark */
    {"", 0x04, "a-b-c", 5, NULL, false, DELIVER_RECEIPT, "a-b-c", RECEIPT_UNDELIVERABLE, ""},
    {"", 0x00, "a-b-c", 3, NULL, true, DELIVER_RECEIPT, "a-b-c", RECEIPT_EXPIRED, ""},
    {"", 0x04, "a-b-c", 0, NULL, false, DELIVER_RECEIPT, "a-b-c", RECEIPT_UNKNOWN_WORD, ""},
    /* text alone */
    {TEXT("42", "EXPIRED", "7"), 0x00, NULL, 0, NULL, false, DELIVER_RECEIPT, "42", RECEIPT_EXPIRED,
     "7"},
    {TEXT("42", "EXPIRED", "7"), 0x00, NULL, 0, NULL, true, DELIVER_INBOUND, NULL, 0, NULL},
    {"id:42 is my order", 0x00, NULL, 0, NULL, false, DELIVER_INBOUND, NULL, 0, NULL},
    {"stat:DELIVRD", 0x00, NULL, 0, NULL, false, DELIVER_INBOUND, NULL, 0, NULL},
    /* not the last word */
    {TEXT("42", "ENROUTE", "000"), 0x20, NULL, 0, NULL, false, DELIVER_RECEIPT, "42",
     RECEIPT_ENROUTE, "000"},
    {"id:42", 0x20, NULL, 0, NULL, false, DELIVER_RECEIPT, "42", RECEIPT_ENROUTE, ""},
    {TEXT("42", "ACCEPTD", "000"), 0x04, NULL, 6, NULL, false, DELIVER_RECEIPT, "42",
     RECEIPT_ACCEPTED, "000"},
    /* reports that name nothing */
    {"Delivered, thank you", 0x04, NULL, 0, NULL, false, DELIVER_NOTHING, "", RECEIPT_UNKNOWN_WORD,
     ""},
    {"read", 0x10, NULL, 0, NULL, false, DELIVER_NOTHING, "", RECEIPT_UNKNOWN_WORD, ""},
    /* message types that are no report */
    {"abort", 0x18, NULL, 0, NULL, false, DELIVER_INBOUND, NULL, 0, NULL},
    {"Hello", 0x03, NULL, 0, NULL, false, DELIVER_INBOUND, NULL, 0, NULL},
};

static void receipts_are_told_from_messages(void **state)
{
    for (size_t i = 0; i < sizeof receipts / sizeof *receipts; i++) {
        struct arena arena = {0};
        struct buf text;
        struct delivered out;
        struct slice error = hex_bytes(receipts[i].error_tlv ? receipts[i].error_tlv : "");
        struct smpp_pdu pdu = {.command_id = SMPP_DELIVER_SM,
                               .esm_class = receipts[i].esm_class,
                               .data_coding = SMPP_CODING_ASCII,
                               .short_message = slice_cstr(receipts[i].text)};
        if (receipts[i].id_tlv)
            smpp_tlv_add_text(&pdu.tlvs, &arena, SMPP_TLV_RECEIPTED_MESSAGE_ID,
                              slice_cstr(receipts[i].id_tlv));
        if (receipts[i].state_tlv)
            smpp_tlv_add_integer(&pdu.tlvs, &arena, SMPP_TLV_MESSAGE_STATE, receipts[i].state_tlv);
        if (error.size) smpp_tlv_add(&pdu.tlvs, &arena, SMPP_TLV_NETWORK_ERROR_CODE, error);
        buf_init(&text, 1 << 16);
        const struct deliver_rules rules = {.provider = {9},
                                            .text_receipts = !receipts[i].no_text_receipts};
        deliver_pdu_read(&pdu, &rules, &text, &out);
        if (out.kind != receipts[i].kind) fail_msg("row %zu: kind %d", i, out.kind);
        if (out.kind == DELIVER_RECEIPT) {
            assert_int_equal(out.receipt.provider.v, 9);
            assert_int_equal(out.receipt.state, receipts[i].state);
            assert_true(slice_eq(out.receipt.carrier_id, slice_cstr(receipts[i].id)));
            if (!slice_eq(out.receipt.error, slice_cstr(receipts[i].error)))
                fail_msg("row %zu: %.*s", i, (int)out.receipt.error.size, out.receipt.error.at);
        }
        buf_done(&text);
        arena_done(&arena);
        hex_free(error);
    }
}

static void a_receipt_is_read_in_utf16_behind_a_header_and_in_a_payload(void **state)
{
    struct arena arena = {0};
    struct buf text;
    struct delivered out;
    const struct deliver_rules rules = {.text_receipts = true};
    /* a header of 5 octets, then "id:7 stat:DELIVRD" */
    struct slice data = hex_bytes("05 00 03 07 01 01 0069 0064 003a 0037 0020 0073 0074 0061 0074 "
                                  "003a 0044 0045 004c 0049 0056 0052 0044");
    struct smpp_pdu pdu = {.command_id = SMPP_DATA_SM,
                           .esm_class = SMPP_ESM_RECEIPT | SMPP_ESM_UDHI,
                           .data_coding = SMPP_CODING_UCS2};
    smpp_tlv_add(&pdu.tlvs, &arena, SMPP_TLV_MESSAGE_PAYLOAD, data);
    buf_init(&text, 1 << 16);
    deliver_pdu_read(&pdu, &rules, &text, &out);
    assert_int_equal(out.kind, DELIVER_RECEIPT);
    assert_true(slice_eq(out.receipt.carrier_id, SLICE("7")));
    assert_int_equal(out.receipt.state, RECEIPT_DELIVERED);
    buf_done(&text);
    arena_done(&arena);
    hex_free(data);
}

static void over_long_ids_and_errors_are_cut(void **state)
{
    char id[100];
    memset(id, 'x', sizeof id);
    struct arena arena = {0};
    struct buf text;
    struct delivered out;
    const struct deliver_rules rules = {0};
    struct smpp_pdu pdu = {.command_id = SMPP_DELIVER_SM};
    smpp_tlv_add(&pdu.tlvs, &arena, SMPP_TLV_RECEIPTED_MESSAGE_ID, slice_of(id, sizeof id));
    buf_init(&text, 1 << 16);
    deliver_pdu_read(&pdu, &rules, &text, &out);
    assert_int_equal(out.kind, DELIVER_RECEIPT);
    assert_int_equal(out.receipt.carrier_id.size, CARRIER_ID_MAX);
    buf_done(&text);
    arena_done(&arena);
}

static const struct {
    const char *data; /* hexadecimal */
    uint8_t esm_class, data_coding;
    uint32_t sar_reference, sar_total, sar_number; /* total 0: no TLVs */
    struct segment_header part;
    const char *text;
} inbounds[] = {
    {"48 69", 0, 1, 0, 0, 0, {0, 1, 1}, "Hi"},
    {"05 00 03 a1 02 01 48 69", 0x40, 1, 0, 0, 0, {0xA1, 2, 1}, "Hi"},
    {"06 08 04 12 34 03 02 48 69", 0x40, 1, 0, 0, 0, {0x1234, 3, 2}, "Hi"},
    /* a port address and no concatenation */
    {"06 05 04 0b84 23f0 48 69", 0x40, 1, 0, 0, 0, {0, 1, 1}, "Hi"},
    {"48 69", 0, 1, 0x4321, 3, 3, {0x4321, 3, 3}, "Hi"},
    /* SAR that makes no sense */
    {"48 69", 0, 1, 7, 2, 3, {0, 1, 1}, "Hi"},
    {"48 69", 0, 1, 7, 2, 0, {0, 1, 1}, "Hi"},
    /* the header counts, not the TLVs */
    {"05 00 03 a1 02 01 48 69", 0x40, 1, 9, 5, 4, {0xA1, 2, 1}, "Hi"},
    /* a header longer than its message */
    {"ff 00 03", 0x40, 1, 0, 0, 0, {0, 1, 1}, ""},
    {"", 0, 0, 0, 0, 0, {0, 1, 1}, ""},
};

static void inbound_messages_carry_their_part_and_text(void **state)
{
    for (size_t i = 0; i < sizeof inbounds / sizeof *inbounds; i++) {
        struct arena arena = {0};
        struct buf text;
        struct delivered out;
        struct slice data = hex_bytes(inbounds[i].data);
        const struct deliver_rules rules = {.provider = {2}, .text_receipts = true};
        struct smpp_pdu pdu = {.command_id = SMPP_DELIVER_SM,
                               .esm_class = inbounds[i].esm_class,
                               .data_coding = inbounds[i].data_coding,
                               .source = {1, 1, SLICE("447700900001")},
                               .destination = {0, 1, SLICE("32323")},
                               .short_message = data};
        if (inbounds[i].sar_total) {
            smpp_tlv_add_integer(&pdu.tlvs, &arena, SMPP_TLV_SAR_MSG_REF_NUM,
                                 inbounds[i].sar_reference);
            smpp_tlv_add_integer(&pdu.tlvs, &arena, SMPP_TLV_SAR_TOTAL_SEGMENTS,
                                 inbounds[i].sar_total);
            smpp_tlv_add_integer(&pdu.tlvs, &arena, SMPP_TLV_SAR_SEGMENT_SEQNUM,
                                 inbounds[i].sar_number);
        }
        buf_init(&text, 1 << 16);
        deliver_pdu_read(&pdu, &rules, &text, &out);
        assert_int_equal(out.kind, DELIVER_INBOUND);
        assert_int_equal(out.inbound.provider.v, 2);
        if (out.inbound.part.reference != inbounds[i].part.reference ||
            out.inbound.part.total != inbounds[i].part.total ||
            out.inbound.part.number != inbounds[i].part.number)
            fail_msg("row %zu", i);
        assert_true(slice_eq(out.inbound.text, slice_cstr(inbounds[i].text)));
        assert_true(slice_eq(out.inbound.source, SLICE("447700900001")));
        assert_true(slice_eq(out.inbound.destination, SLICE("32323")));
        buf_done(&text);
        arena_done(&arena);
        hex_free(data);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_are_told_from_messages),
        cmocka_unit_test(a_receipt_is_read_in_utf16_behind_a_header_and_in_a_payload),
        cmocka_unit_test(over_long_ids_and_errors_are_cut),
        cmocka_unit_test(inbound_messages_carry_their_part_and_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
