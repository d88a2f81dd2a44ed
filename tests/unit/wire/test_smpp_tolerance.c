#include "wire/smpp_pdu.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/hex.h"
#include "support/smpp_random.h"
#include "wire/smpp_dump.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

static void assert_dump(const struct smpp_pdu *pdu, const char *expected)
{
    struct buf line;
    buf_init(&line, 4096);
    smpp_dump(pdu, SMPP_DUMP_SHOW_TEXT, &line);
    buf_add_byte(&line, '\0');
    assert_string_equal(line.at, expected);
    buf_done(&line);
}

/* What real peers send that is not by the letter: forgiven, and how. */
static const struct odd_case {
    const char *hex;
    unsigned odd;
    const char *dump;
} odd_cases[] = {
    /* bind_resp of 16 octets with success, and of 17 */
    {"00000010 80000009 00000000 00000001", SMPP_ODD_CUT,
     "bind_transceiver_resp seq=1 status=0x0(ESME_ROK) odd:cut"},
    {"00000011 80000009 00000000 00000001 00", 0,
     "bind_transceiver_resp seq=1 status=0x0(ESME_ROK) system_id=\"\""},
    {"00000010 80000004 00000000 00000001", SMPP_ODD_CUT,
     "submit_sm_resp seq=1 status=0x0(ESME_ROK) odd:cut"},
    {"00000013 80000004 00000000 00000001 616263", SMPP_ODD_NO_NUL,
     "submit_sm_resp seq=1 status=0x0(ESME_ROK) message_id=\"abc\" odd:no-nul"},
    /* padding, and TLVs that are none, behind a response */
    {"00000016 80000004 00000000 00000001 616200 000000", SMPP_ODD_TRAILING,
     "submit_sm_resp seq=1 status=0x0(ESME_ROK) message_id=\"ab\" odd:trailing"},
    {"0000001d 80000004 00000000 00000001 616200 0427000102 001effff61", SMPP_ODD_TRAILING,
     "submit_sm_resp seq=1 status=0x0(ESME_ROK) message_id=\"ab\" message_state=2 odd:trailing"},
    {"00000011 80000015 00000000 00000001 ff", SMPP_ODD_TRAILING,
     "enquire_link_resp seq=1 status=0x0(ESME_ROK) odd:trailing"},
    {"00000011 00000015 00000000 00000001 00", SMPP_ODD_TRAILING,
     "enquire_link seq=1 odd:trailing"},
    {"00000012 80000005 00000000 00000001 6100", SMPP_ODD_SIZE,
     "deliver_sm_resp seq=1 status=0x0(ESME_ROK) message_id=\"a\" odd:size"},
    {"00000013 80000003 00000000 00000001 6d00 00", SMPP_ODD_CUT,
     "query_sm_resp seq=1 status=0x0(ESME_ROK) message_id=\"m\" final_date=\"\" "
     "message_state=0 error_code=0 odd:cut"},
    {"00000019 80000003 00000000 00000001 6d00 3236313100 02 00", SMPP_ODD_SIZE,
     "query_sm_resp seq=1 status=0x0(ESME_ROK) message_id=\"m\" final_date=\"2611\" "
     "message_state=2 error_code=0 odd:size"},
    /* credentials over the letter, and no NUL at the very end of a request */
    {"0000002f 00000002 00000000 00000001"
     "61626364656667686162636465666768 00 313233343536373839 00 00 34 00 00",
     SMPP_ODD_SIZE | SMPP_ODD_NO_NUL,
     "bind_transmitter seq=1 system_id=\"abcdefghabcdefgh\" password=*** system_type=\"\" "
     "interface_version=0x34 address_range=0/0/\"\" odd:size odd:no-nul"},
    {"0000001a 00000008 00000000 00000001 00 6d00 00 00 00 01 01 3434", SMPP_ODD_NO_NUL,
     "cancel_sm seq=1 service_type=\"\" message_id=\"m\" source_addr=0/0/\"\" "
     "destination_addr=1/1/\"44\" odd:no-nul"},
    /* TLVs where the letter has none */
    {"00000015 00000015 00000000 00000001 1500 0001 07", 0, "enquire_link seq=1 tlv_0x1500=0x07"},
    /* TLVs of another width than theirs are shown as they came */
    {"00000022 80000103 00000000 00000001 00 0427 0002 0002 001e 0003 616263 0204 0000", 0,
     "data_sm_resp seq=1 status=0x0(ESME_ROK) message_id=\"\" message_state=0x0002 "
     "receipted_message_id=\"abc\" user_message_reference=\"\""},
    /* nobody to send it to, which the session may refuse in its own words */
    {"0000001f 00000021 00000000 00000001 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
     SMPP_ODD_SIZE,
     "submit_multi seq=1 service_type=\"\" source_addr=0/0/\"\" dest_address=[] esm_class=0x00 "
     "protocol_id=0x00 priority_flag=0 schedule_delivery_time=\"\" validity_period=\"\" "
     "registered_delivery=0x00 replace_if_present_flag=0 data_coding=0x00 sm_default_msg_id=0 "
     "short_message=\"\" odd:size"},
};

static void what_peers_get_wrong_is_read_and_named(void **state)
{
    for (size_t i = 0; i < COUNT(odd_cases); i++) {
        struct arena arena = {0};
        struct slice bytes = hex_bytes(odd_cases[i].hex);
        struct smpp_pdu pdu, again;
        struct smpp_bad bad;
        assert_int_equal(smpp_decode(bytes, SMPP_SIZE_MAX, &arena, &pdu, &bad), SMPP_DECODED);
        assert_dump(&pdu, odd_cases[i].dump);
        assert_int_equal(pdu.odd, odd_cases[i].odd);

        struct buf out;
        buf_init(&out, SMPP_SIZE_MAX);
        assert_true(smpp_encode(&pdu, &out));
        assert_int_equal(smpp_decode(buf_slice(&out), SMPP_SIZE_MAX, &arena, &again, &bad),
                         SMPP_DECODED);
        assert_null(smpp_difference(&pdu, &again));
        buf_done(&out);
        hex_free(bytes);
        arena_done(&arena);
    }
}

/* What cannot be used, and what its sender is told: `answer` 0 is nothing. */
static const struct bad_case {
    const char *hex;
    enum smpp_decode result;
    uint32_t status;
    const char *field;
    uint32_t answer;
} bad_cases[] = {
    {"0000000f", SMPP_LOST, ESME_RINVCMDLEN, "command_length", SMPP_GENERIC_NACK},
    {"00000000 00000015 00000000 00000007", SMPP_LOST, ESME_RINVCMDLEN, "command_length",
     SMPP_GENERIC_NACK},
    {"00012001 00000004 00000000 00000007", SMPP_LOST, ESME_RINVCMDLEN, "command_length",
     SMPP_SUBMIT_SM | SMPP_RESPONSE},
    {"474554202f204854 54502f312e310d0a", SMPP_LOST, ESME_RINVCMDLEN, "command_length",
     SMPP_GENERIC_NACK}, /* GET / HTTP/1.1 */
    {"00000010 0000000a 00000000 00000007", SMPP_BAD, ESME_RINVCMDID, "command_id",
     SMPP_GENERIC_NACK},
    {"00000010 00000000 00000000 00000007", SMPP_BAD, ESME_RINVCMDID, "command_id",
     SMPP_GENERIC_NACK},
    {"00000013 00010200 00000000 00000007 616263", SMPP_BAD, ESME_RINVCMDID, "command_id",
     SMPP_GENERIC_NACK},
    {"00000010 8000000a 00000000 00000007", SMPP_BAD, ESME_RINVCMDID, "command_id", 0},
    {"00000010 8000000b 00000000 00000007", SMPP_BAD, ESME_RINVCMDID, "command_id", 0},
    {"00000010 80000102 00000000 00000007", SMPP_BAD, ESME_RINVCMDID, "command_id", 0},
    {"00000010 00000004 00000000 00000007", SMPP_BAD, ESME_RINVCMDLEN, "source_addr",
     SMPP_SUBMIT_SM | SMPP_RESPONSE},
    {"00000010 00000102 00000000 00000007", SMPP_BAD, ESME_RINVCMDLEN, "source_addr", 0},
    {"00000052 0000000b 00000000 00000007"
     "6161616161616161616161616161616161616161616161616161616161616161"
     "6161616161616161616161616161616161616161616161616161616161616161 61 00",
     SMPP_BAD, ESME_RINVSYSID, "system_id", 0},
    {"00000058 00000009 00000000 00000007 00"
     "6161616161616161616161616161616161616161616161616161616161616161"
     "6161616161616161616161616161616161616161616161616161616161616161 61 00 00 34 00 00 00",
     SMPP_BAD, ESME_RINVPASWD, "password", SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE},
    {"00000013 00000009 00000000 00000007 00 00 00", SMPP_BAD, ESME_RINVCMDLEN, "interface_version",
     SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE},
    /* sm_length beyond the PDU */
    {"00000025 00000004 00000000 00000007 00 01 01 3100 01 01 3200 00 00 00 00 00 01 00 08 00 03"
     "6869",
     SMPP_BAD, ESME_RINVMSGLEN, "short_message", SMPP_SUBMIT_SM | SMPP_RESPONSE},
    /* a TLV beyond the PDU */
    {"00000029 00000005 00000000 00000007 00 01 01 3100 01 01 3200 00 00 00 00 00 01 00 08 00 00"
     "0424 0003 6869",
     SMPP_BAD, ESME_RINVOPTPARSTREAM, "optional_parameters", SMPP_DELIVER_SM | SMPP_RESPONSE},
    {"00000017 00000021 00000000 00000007 00 00 00 3100 01 03", SMPP_BAD, ESME_RINVDESTFLAG,
     "dest_address", SMPP_SUBMIT_MULTI | SMPP_RESPONSE},
    {"00000019 00000021 00000000 00000007 00 00 00 3100 02 02 6100", SMPP_BAD, ESME_RINVCMDLEN,
     "dest_address", SMPP_SUBMIT_MULTI | SMPP_RESPONSE},
    /* a cut list of refused numbers must not look like a shorter one */
    {"00000021 80000021 00000000 00000007 6d00 02 01 01 3200 0000000b 01 01 3300 0000", SMPP_BAD,
     ESME_RINVCMDLEN, "unsuccess_sme", 0},
    {"0000001b 80000021 00000000 00000007 6d00 02 01 01 3200 0000000b", SMPP_BAD, ESME_RINVCMDLEN,
     "unsuccess_sme", 0},
};

static void bad_pdus_are_told_apart_and_answered(void **state)
{
    for (size_t i = 0; i < COUNT(bad_cases); i++) {
        const struct bad_case *row = &bad_cases[i];
        struct arena arena = {0};
        struct slice bytes = hex_bytes(row->hex);
        struct smpp_pdu pdu, answer;
        struct smpp_bad bad;
        assert_int_equal(smpp_decode(bytes, SMPP_SIZE_MAX, &arena, &pdu, &bad), row->result);
        assert_int_equal(bad.status, row->status);
        assert_string_equal(bad.field, row->field);
        assert_non_null(bad.why);
        if (row->result == SMPP_BAD) {
            assert_int_equal(pdu.size, bytes.size);
            assert_int_equal(pdu.sequence, 7);
        }
        assert_int_equal(smpp_refusal(&pdu, bad.status, &answer), row->answer != 0);
        if (row->answer) {
            assert_int_equal(answer.command_id, row->answer);
            assert_int_equal(answer.sequence, pdu.sequence);
            assert_int_equal(answer.status, row->status);
            assert_null(smpp_misfit(&answer));
        }
        hex_free(bytes);
        arena_done(&arena);
    }
}

/* A list that a response lacks is empty; one entry too few is not. */
static void a_response_that_ends_before_its_list_has_an_empty_one(void **state)
{
    struct arena arena = {0};
    struct slice bytes = hex_bytes("00000012 80000021 00000000 00000007 6d00");
    struct smpp_pdu pdu;
    struct smpp_bad bad;
    assert_int_equal(smpp_decode(bytes, SMPP_SIZE_MAX, &arena, &pdu, &bad), SMPP_DECODED);
    assert_int_equal(pdu.odd, SMPP_ODD_CUT);
    assert_int_equal(pdu.unsuccess.count, 0);
    hex_free(bytes);
    arena_done(&arena);
}

#define TEXT_8   "abcdefgh"
#define TEXT_16  TEXT_8 TEXT_8
#define TEXT_64  TEXT_16 TEXT_16 TEXT_16 TEXT_16
#define TEXT_254 TEXT_64 TEXT_64 TEXT_64 TEXT_16 TEXT_16 TEXT_16 TEXT_8 "abcdef"

/* The edges of what is sent: `strict` by the letter, `lenient` with SMPP_ODD_SIZE. */
static const struct fit_case {
    struct smpp_pdu pdu;
    const char *strict, *lenient;
} fit_cases[] = {
    {{.command_id = 0x0A}, "command_id", "command_id"},
    {{.command_id = SMPP_OUTBIND | SMPP_RESPONSE}, "command_id", "command_id"},
    {{.command_id = SMPP_OUTBIND, .no_body = true}, "no_body", "no_body"},
    {{.command_id = SMPP_OUTBIND, .system_id = SLICE("abcdefghabcdefg")}, NULL, NULL},
    {{.command_id = SMPP_OUTBIND, .system_id = SLICE(TEXT_16)}, "system_id", NULL},
    {{.command_id = SMPP_OUTBIND, .system_id = SLICE(TEXT_64)}, "system_id", NULL},
    {{.command_id = SMPP_OUTBIND, .system_id = SLICE(TEXT_64 "a")}, "system_id", "system_id"},
    {{.command_id = SMPP_OUTBIND, .password = SLICE(TEXT_8)}, NULL, NULL},
    {{.command_id = SMPP_OUTBIND, .password = SLICE(TEXT_8 "i")}, "password", NULL},
    {{.command_id = SMPP_OUTBIND, .password = SLICE("a\0b")}, "password", "password"},
    {{.command_id = SMPP_SUBMIT_SM, .service_type = SLICE("abcdef")}, "service_type", NULL},
    {{.command_id = SMPP_SUBMIT_SM, .source.digits = SLICE(TEXT_16 "abcde")}, "source_addr", NULL},
    {{.command_id = SMPP_DATA_SM, .source.digits = SLICE(TEXT_64)}, NULL, NULL},
    {{.command_id = SMPP_SUBMIT_SM, .short_message = SLICE(TEXT_254)}, NULL, NULL},
    {{.command_id = SMPP_SUBMIT_SM, .short_message = SLICE(TEXT_254 "a")}, "short_message", NULL},
    {{.command_id = SMPP_SUBMIT_SM, .short_message = SLICE(TEXT_254 "ab")},
     "short_message",
     "short_message"},
    {{.command_id = SMPP_SUBMIT_SM, .validity_period = SLICE("000000000500000R")}, NULL, NULL},
    {{.command_id = SMPP_SUBMIT_SM, .validity_period = SLICE("00000000050000R")},
     "validity_period",
     NULL},
    {{.command_id = SMPP_SUBMIT_SM, .schedule_delivery_time = SLICE("0000000005000000R")},
     "schedule_delivery_time",
     NULL},
    {{.command_id = SMPP_DELIVER_SM, .validity_period = SLICE("000000000500000R")},
     "validity_period",
     NULL},
    {{.command_id = SMPP_DELIVER_SM | SMPP_RESPONSE, .message_id = SLICE("1")}, "message_id", NULL},
    {{.command_id = SMPP_SUBMIT_SM | SMPP_RESPONSE, .message_id = SLICE(TEXT_64)}, NULL, NULL},
    {{.command_id = SMPP_SUBMIT_SM | SMPP_RESPONSE, .message_id = SLICE(TEXT_64 "a")},
     "message_id",
     NULL},
    {{.command_id = SMPP_SUBMIT_MULTI}, "dest_address", NULL},
    {{.command_id = SMPP_SUBMIT_MULTI,
      .destinations = {&(struct smpp_destination){.is_list = true}, 1}},
     NULL,
     NULL},
    {{.command_id = SMPP_SUBMIT_MULTI,
      .destinations = {(struct smpp_destination[255]){{.is_list = true}}, 255}},
     "dest_address",
     NULL},
    {{.command_id = SMPP_SUBMIT_MULTI,
      .destinations = {(struct smpp_destination[256]){{.is_list = true}}, 256}},
     "dest_address",
     "dest_address"},
    {{.command_id = SMPP_SUBMIT_MULTI | SMPP_RESPONSE,
      .unsuccess = {(struct smpp_unsuccess[256]){{.status = 1}}, 256}},
     "unsuccess_sme",
     "unsuccess_sme"},
    {{.command_id = SMPP_DATA_SM,
      .tlvs = {&(struct smpp_tlv){0x0424, {TEXT_8, UINT16_MAX + 1}}, 1, 1}},
     "optional_parameters",
     "optional_parameters"},
};

static void a_value_that_does_not_fit_is_named_and_not_sent(void **state)
{
    for (size_t i = 0; i < COUNT(fit_cases); i++) {
        for (unsigned lenient = 0; lenient < 2; lenient++) {
            struct smpp_pdu pdu = fit_cases[i].pdu;
            pdu.odd = lenient ? SMPP_ODD_SIZE : 0;
            const char *expected = lenient ? fit_cases[i].lenient : fit_cases[i].strict;
            const char *misfit = smpp_misfit(&pdu);
            if (expected)
                assert_string_equal(misfit, expected);
            else
                assert_null(misfit);

            struct buf out;
            buf_init(&out, SMPP_SIZE_MAX);
            buf_add(&out, SLICE("before"));
            assert_int_equal(smpp_encode(&pdu, &out), expected == NULL);
            if (expected)
                assert_int_equal(out.size, 6);
            else
                assert_true(out.size >= 6 + SMPP_HEADER_SIZE);
            buf_done(&out);
        }
    }
}

static void a_full_buffer_takes_no_part_of_a_pdu(void **state)
{
    struct smpp_pdu pdu = {.command_id = SMPP_ENQUIRE_LINK, .sequence = 1};
    struct buf out;
    buf_init(&out, 31);
    assert_true(smpp_encode(&pdu, &out));
    assert_false(smpp_encode(&pdu, &out));
    assert_int_equal(out.size, 16);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_peers_get_wrong_is_read_and_named),
        cmocka_unit_test(bad_pdus_are_told_apart_and_answered),
        cmocka_unit_test(a_response_that_ends_before_its_list_has_an_empty_one),
        cmocka_unit_test(a_value_that_does_not_fit_is_named_and_not_sent),
        cmocka_unit_test(a_full_buffer_takes_no_part_of_a_pdu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
