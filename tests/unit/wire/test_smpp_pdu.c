#include "wire/smpp_pdu.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/hex.h"
#include "support/smpp_random.h"
#include "wire/smpp_dump.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* PDUs by the letter, typed field by field from the layouts of section 4, and what they say. */
static const struct golden {
    const char *hex;
    const char *dump;
} goldens[] = {
    {"00000029 00000009 00000000 00000001" /* bind_transceiver */
     "676f6477697400"                      /* system_id */
     "73656372657400"                      /* password */
     "564d5300"                            /* system_type */
     "34 01 01 5e343400",                  /* interface_version, addr_ton, addr_npi, range */
     "bind_transceiver seq=1 system_id=\"godwit\" password=*** system_type=\"VMS\" "
     "interface_version=0x34 address_range=1/1/\"^44\""},
    {"00000017 00000001 00000000 00000002 00 00 00 33 00 00 00",
     "bind_receiver seq=2 system_id=\"\" password=*** system_type=\"\" interface_version=0x33 "
     "address_range=0/0/\"\""},
    {"0000001a 80000009 00000000 00000001 534d534300 0210 0001 34",
     "bind_transceiver_resp seq=1 status=0x0(ESME_ROK) system_id=\"SMSC\" "
     "sc_interface_version=52"},
    {"00000010 80000002 0000000e 00000001",
     "bind_transmitter_resp seq=1 status=0xe(ESME_RINVPASWD)"},
    {"0000001e 0000000b 00000000 00000005 534d534300 70617373776f726400",
     "outbind seq=5 system_id=\"SMSC\" password=***"},
    {"00000010 00000006 00000000 7fffffff", "unbind seq=2147483647"},
    {"00000010 80000006 00000000 7fffffff", "unbind_resp seq=2147483647 status=0x0(ESME_ROK)"},
    {"00000010 00000015 00000000 00000003", "enquire_link seq=3"},
    {"00000010 80000015 00000000 00000003", "enquire_link_resp seq=3 status=0x0(ESME_ROK)"},
    {"00000010 80000000 00000003 00000000", "generic_nack seq=0 status=0x3(ESME_RINVCMDID)"},
    {"00000052 00000004 00000000 00000010" /* submit_sm */
     "434d5400"                            /* service_type */
     "05 00 476f6477697400"                /* source_addr */
     "01 01 34343737303039303030303000"    /* destination_addr */
     "43 00 01"                            /* esm_class, protocol_id, priority_flag */
     "00"                                  /* schedule_delivery_time */
     "3030303030303030303530303030305200"  /* validity_period */
     "11 00 00 00"                         /* registered, replace, data_coding, default msg */
     "0c 050003070201 48656c6c6f21",       /* sm_length, header and text */
     "submit_sm seq=16 service_type=\"CMT\" source_addr=5/0/\"Godwit\" "
     "destination_addr=1/1/\"447700900000\" esm_class=0x43 protocol_id=0x00 priority_flag=1 "
     "schedule_delivery_time=\"\" validity_period=\"000000000500000R\" "
     "registered_delivery=0x11 replace_if_present_flag=0 data_coding=0x00 sm_default_msg_id=0 "
     "short_message=0x05000307020148656c6c6f21"},
    {"0000003c 00000004 00000000 00000011 00 01 01 3100 01 01 3200 00 00 00 00 00 01 00 08 00 00"
     "0204 0002 1234 0424 0004 d83dde00 1400 0003 414200 0424 0000",
     "submit_sm seq=17 service_type=\"\" source_addr=1/1/\"1\" destination_addr=1/1/\"2\" "
     "esm_class=0x00 protocol_id=0x00 priority_flag=0 schedule_delivery_time=\"\" "
     "validity_period=\"\" registered_delivery=0x01 replace_if_present_flag=0 data_coding=0x08 "
     "sm_default_msg_id=0 short_message=\"\" user_message_reference=4660 "
     "message_payload=0xd83dde00 tlv_0x1400=0x414200 message_payload=\"\""},
    {"00000017 80000004 00000000 00000010 37613862396300",
     "submit_sm_resp seq=16 status=0x0(ESME_ROK) message_id=\"7a8b9c\""},
    {"00000010 80000004 00000058 00000010", "submit_sm_resp seq=16 status=0x58(ESME_RTHROTTLED)"},
    {"00000011 80000004 00000410 00000010 00",
     "submit_sm_resp seq=16 status=0x410(vendor) message_id=\"\""},
    {"0000003a 00000005 00000000 00000020" /* deliver_sm, a receipt */
     "00 01 01 343400 05 00 4700"          /* service_type, source_addr, destination_addr */
     "04 00 00 00 00 00 00 00 00"          /* esm_class ... sm_default_msg_id */
     "04 69643a39"                         /* short_message */
     "001e 0002 3900"                      /* receipted_message_id */
     "0427 0001 02"                        /* message_state */
     "0423 0003 030001",                   /* network_error_code */
     "deliver_sm seq=32 service_type=\"\" source_addr=1/1/\"44\" destination_addr=5/0/\"G\" "
     "esm_class=0x04 protocol_id=0x00 priority_flag=0 schedule_delivery_time=\"\" "
     "validity_period=\"\" registered_delivery=0x00 replace_if_present_flag=0 data_coding=0x00 "
     "sm_default_msg_id=0 short_message=\"id:9\" receipted_message_id=\"9\\x00\" "
     "message_state=2 network_error_code=0x030001"},
    {"00000011 80000005 00000064 00000020 00",
     "deliver_sm_resp seq=32 status=0x64(ESME_RX_T_APPN) message_id=\"\""},
    {"00000024 00000103 00000000 00000021 57415000 00 00 3100 00 00 3200 00 01 08 0424 0001 78",
     "data_sm seq=33 service_type=\"WAP\" source_addr=0/0/\"1\" destination_addr=0/0/\"2\" "
     "esm_class=0x00 registered_delivery=0x01 data_coding=0x08 message_payload=\"x\""},
    {"00000016 80000103 000000fe 00000021 00 0425 0001 02",
     "data_sm_resp seq=33 status=0xfe(ESME_RDELIVERYFAILURE) message_id=\"\" "
     "delivery_failure_reason=2"},
    {"00000030 00000021 00000000 00000022 00 00 00 3100" /* submit_multi */
     "02 01 01 01 3200 02 667269656e647300"              /* a number, a list */
     "00 00 00 00 00 00 00 00 00 02 6869",
     "submit_multi seq=34 service_type=\"\" source_addr=0/0/\"1\" "
     "dest_address=[1/1/\"2\" list/\"friends\"] esm_class=0x00 protocol_id=0x00 "
     "priority_flag=0 schedule_delivery_time=\"\" validity_period=\"\" "
     "registered_delivery=0x00 replace_if_present_flag=0 data_coding=0x00 "
     "sm_default_msg_id=0 short_message=\"hi\""},
    {"00000023 80000021 00000000 00000022 6d00 02 01 01 3200 0000000b 00 00 3300 00000014",
     "submit_multi_resp seq=34 status=0x0(ESME_ROK) message_id=\"m\" "
     "unsuccess_sme=[1/1/\"2\"=0xb(ESME_RINVDSTADR) 0/0/\"3\"=0x14(ESME_RMSGQFUL)]"},
    {"00000016 00000003 00000000 00000023 6d00 01 01 3100",
     "query_sm seq=35 message_id=\"m\" source_addr=1/1/\"1\""},
    {"00000025 80000003 00000000 00000023 6d00 3236313132313039333030303030302b00 02 00",
     "query_sm_resp seq=35 status=0x0(ESME_ROK) message_id=\"m\" "
     "final_date=\"261121093000000+\" message_state=2 error_code=0"},
    {"0000001b 00000008 00000000 00000024 00 6d00 01 01 3100 01 01 3200",
     "cancel_sm seq=36 service_type=\"\" message_id=\"m\" source_addr=1/1/\"1\" "
     "destination_addr=1/1/\"2\""},
    {"00000010 80000008 00000011 00000024", "cancel_sm_resp seq=36 status=0x11(ESME_RCANCELFAIL)"},
    {"0000001d 00000007 00000000 00000025 6d00 01 01 3100 00 00 01 00 02 6869",
     "replace_sm seq=37 message_id=\"m\" source_addr=1/1/\"1\" schedule_delivery_time=\"\" "
     "validity_period=\"\" registered_delivery=0x01 sm_default_msg_id=0 short_message=\"hi\""},
    {"00000010 80000007 00000000 00000025", "replace_sm_resp seq=37 status=0x0(ESME_ROK)"},
    {"0000001d 00000102 00000000 00000026 01 01 3100 01 01 3200 0422 0001 00",
     "alert_notification seq=38 source_addr=1/1/\"1\" esme_addr=1/1/\"2\" "
     "ms_availability_status=0"},
};

static void assert_dump(const struct smpp_pdu *pdu, const char *expected)
{
    struct buf line;
    buf_init(&line, 4096);
    smpp_dump(pdu, SMPP_DUMP_SHOW_TEXT, &line);
    buf_add_byte(&line, '\0');
    assert_string_equal(line.at, expected);
    buf_done(&line);
}

static void assert_bytes(struct slice bytes, struct slice expected)
{
    assert_int_equal(bytes.size, expected.size);
    assert_memory_equal(bytes.at, expected.at, expected.size);
}

static void pdus_by_the_letter_say_what_they_should_and_come_out_byte_for_byte(void **state)
{
    for (size_t i = 0; i < COUNT(goldens); i++) {
        struct arena arena = {0};
        struct slice bytes = hex_bytes(goldens[i].hex);
        struct smpp_pdu pdu;
        struct smpp_bad bad;
        assert_int_equal(smpp_decode(bytes, SMPP_SIZE_MAX, &arena, &pdu, &bad), SMPP_DECODED);
        assert_dump(&pdu, goldens[i].dump);
        assert_int_equal(pdu.size, bytes.size);
        assert_int_equal(pdu.odd, 0);

        struct buf out;
        buf_init(&out, SMPP_SIZE_MAX);
        assert_null(smpp_misfit(&pdu));
        assert_true(smpp_encode(&pdu, &out));
        assert_bytes(buf_slice(&out), bytes);
        buf_done(&out);
        hex_free(bytes);
        arena_done(&arena);
    }
}

static void every_command_has_a_golden_pdu(void **state)
{
    for (size_t i = 0; i < smpp_command_count; i++) {
        const struct smpp_command *command = &smpp_commands[i];
        bool bind_resp = command->response.count == 1 && command->request.count == 5;
        bool request_seen = !command->name, response_seen = !command->response_name || bind_resp;
        for (size_t j = 0; j < COUNT(goldens); j++) {
            struct slice bytes = hex_bytes(goldens[j].hex);
            uint32_t low = (uint32_t)(uint8_t)bytes.at[6] << 8 | (uint8_t)bytes.at[7];
            if (low == command->id && bytes.at[4] == 0) request_seen = true;
            if (low == command->id && bytes.at[4] != 0) response_seen = true;
            hex_free(bytes);
        }
        /* All binds are rows of one layout: one of each half is enough. */
        assert_true(request_seen || command->request.count == 5);
        assert_true(response_seen);
    }
}

static void a_pdu_that_is_not_whole_yet_needs_more_at_every_offset(void **state)
{
    for (size_t i = 0; i < COUNT(goldens); i++) {
        struct slice whole = hex_bytes(goldens[i].hex);
        for (size_t size = 0; size < whole.size; size++) {
            struct arena arena = {0};
            struct slice cut = hex_copy(slice_of(whole.at, size));
            struct smpp_pdu pdu;
            struct smpp_bad bad;
            assert_int_equal(smpp_decode(cut, SMPP_SIZE_MAX, &arena, &pdu, &bad), SMPP_NEED_MORE);
            hex_free(cut);
            arena_done(&arena);
        }
        hex_free(whole);
    }
}

/* The same PDUs, each claiming to end at every offset: requests are refused as long as a field is
   missing, responses are read, and no byte behind the end is looked at (the sanitizer watches). */
static void a_pdu_that_ends_too_early_is_refused_or_forgiven_at_every_offset(void **state)
{
    size_t decoded = 0, refused = 0;
    for (size_t i = 0; i < COUNT(goldens); i++) {
        struct slice whole = hex_bytes(goldens[i].hex);
        for (size_t size = SMPP_HEADER_SIZE; size < whole.size; size++) {
            struct arena arena = {0};
            struct slice cut = hex_copy(slice_of(whole.at, size));
            memcpy((char *)cut.at, (const uint8_t[]){0, 0, (uint8_t)(size >> 8), (uint8_t)size}, 4);
            struct smpp_pdu pdu, again;
            struct smpp_bad bad;
            enum smpp_decode result = smpp_decode(cut, SMPP_SIZE_MAX, &arena, &pdu, &bad);
            assert_true(result == SMPP_DECODED || result == SMPP_BAD);
            assert_int_equal(pdu.size, size);
            if (result == SMPP_DECODED) {
                struct buf out;
                buf_init(&out, SMPP_SIZE_MAX);
                assert_true(smpp_encode(&pdu, &out));
                assert_int_equal(smpp_decode(buf_slice(&out), SMPP_SIZE_MAX, &arena, &again, &bad),
                                 SMPP_DECODED);
                assert_null(smpp_difference(&pdu, &again));
                buf_done(&out);
                decoded++;
            } else {
                refused++;
            }
            hex_free(cut);
            arena_done(&arena);
        }
        hex_free(whole);
    }
    assert_true(decoded > 100 && refused > 200);
}

static void a_stream_gives_the_same_pdus_one_byte_at_a_time(void **state)
{
    struct arena arena = {0};
    struct buf stream;
    buf_init(&stream, SMPP_SIZE_MAX);
    size_t seen = 0;
    for (size_t i = 0; i < COUNT(goldens); i++) {
        struct slice bytes = hex_bytes(goldens[i].hex);
        for (size_t at = 0; at < bytes.size; at++) {
            buf_add_byte(&stream, bytes.at[at]);
            struct smpp_pdu pdu;
            struct smpp_bad bad;
            enum smpp_decode result =
                smpp_decode(buf_slice(&stream), SMPP_SIZE_MAX, &arena, &pdu, &bad);
            assert_int_equal(result, at + 1 == bytes.size ? SMPP_DECODED : SMPP_NEED_MORE);
            if (result == SMPP_NEED_MORE) continue;
            assert_dump(&pdu, goldens[i].dump);
            buf_drop(&stream, pdu.size);
            seen++;
        }
        hex_free(bytes);
    }
    assert_int_equal(seen, COUNT(goldens));
    assert_int_equal(stream.size, 0);
    buf_done(&stream);
    arena_done(&arena);
}

/* A length over the bound is called lost with the same header however the bytes come in. */
static void a_lost_stream_is_called_lost_at_the_same_byte_every_time(void **state)
{
    struct arena arena = {0};
    struct slice bytes = hex_bytes("00000400 00000004 00000000 00000009 00000000");
    for (size_t size = 0; size <= bytes.size; size++) {
        struct smpp_pdu pdu;
        struct smpp_bad bad;
        enum smpp_decode result = smpp_decode(slice_of(bytes.at, size), 1023, &arena, &pdu, &bad);
        assert_int_equal(result, size < SMPP_HEADER_SIZE ? SMPP_NEED_MORE : SMPP_LOST);
        if (result == SMPP_LOST) assert_int_equal(pdu.sequence, 9);
    }
    hex_free(bytes);
    arena_done(&arena);
}

static void random_pdus_of_every_kind_survive_the_wire(void **state)
{
    struct smpp_random random = {.state = 1};
    for (size_t i = 0; i < smpp_command_count * 2 * 200; i++) {
        const struct smpp_command *command = &smpp_commands[i / 2 % smpp_command_count];
        if (!(i % 2 ? command->response_name : command->name)) continue;
        struct arena arena = {0};
        struct smpp_pdu pdu, again;
        struct smpp_bad bad;
        smpp_random_pdu(&random, command->id | (i % 2 ? SMPP_RESPONSE : 0), &arena, &pdu);
        struct buf out, line;
        buf_init(&out, 10 * SMPP_SIZE_MAX);
        buf_init(&line, 100 * SMPP_SIZE_MAX);
        assert_null(smpp_misfit(&pdu));
        assert_true(smpp_encode(&pdu, &out));
        assert_int_equal(smpp_decode(buf_slice(&out), out.size, &arena, &again, &bad),
                         SMPP_DECODED);
        assert_null(smpp_difference(&pdu, &again));
        assert_int_equal(again.odd, 0);
        smpp_dump(&again, SMPP_DUMP_SHOW_TEXT, &line);
        for (size_t at = 0; at < line.size; at++)
            assert_in_range(line.at[at], 0x20, 0x7E);
        buf_done(&out);
        buf_done(&line);
        arena_done(&arena);
    }
}

static void responses_have_the_id_of_their_request_with_the_top_bit(void **state)
{
    for (size_t i = 0; i < smpp_command_count; i++) {
        const struct smpp_command *command = &smpp_commands[i];
        if (!command->name) {
            assert_int_equal(command->id | SMPP_RESPONSE, SMPP_GENERIC_NACK);
            continue;
        }
        assert_string_equal(smpp_command_name(command->id), command->name);
        if (!command->response_name) {
            assert_null(smpp_command_name(command->id | SMPP_RESPONSE));
            continue;
        }
        struct smpp_pdu request = {.command_id = command->id, .sequence = 0x01020304};
        struct smpp_pdu response = smpp_response(&request, ESME_ROK);
        assert_int_equal(response.command_id, command->id | 0x80000000u);
        assert_int_equal(response.sequence, 0x01020304);
        assert_false(response.no_body);
        assert_string_equal(smpp_command_name(response.command_id), command->response_name);
    }
}

static void an_error_has_no_body_where_the_specification_wants_none(void **state)
{
    static const struct {
        uint32_t id;
        bool no_body;
    } rows[] = {
        {SMPP_BIND_RECEIVER, true}, {SMPP_BIND_TRANSMITTER, true}, {SMPP_BIND_TRANSCEIVER, true},
        {SMPP_SUBMIT_SM, true},     {SMPP_DELIVER_SM, false},      {SMPP_DATA_SM, false},
        {SMPP_SUBMIT_MULTI, false}, {SMPP_QUERY_SM, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct smpp_pdu request = {.command_id = rows[i].id};
        assert_int_equal(smpp_response(&request, ESME_RSYSERR).no_body, rows[i].no_body);
    }
}

static void sequence_numbers_wrap_to_one(void **state)
{
    assert_int_equal(smpp_sequence_next(0), 1);
    assert_int_equal(smpp_sequence_next(1), 2);
    assert_int_equal(smpp_sequence_next(0x7FFFFFFE), 0x7FFFFFFF);
    assert_int_equal(smpp_sequence_next(0x7FFFFFFF), 1);
    assert_int_equal(smpp_sequence_next(0xFFFFFFFF), 1);
}

static void the_user_data_is_the_short_message_or_the_payload(void **state)
{
    struct arena arena = {0};
    struct smpp_pdu pdu = {.command_id = SMPP_DELIVER_SM};
    assert_int_equal(smpp_user_data(&pdu).size, 0);
    smpp_tlv_add(&pdu.tlvs, &arena, SMPP_TLV_MESSAGE_PAYLOAD, SLICE("payload"));
    assert_true(slice_eq(smpp_user_data(&pdu), SLICE("payload")));
    pdu.short_message = SLICE("short");
    assert_true(slice_eq(smpp_user_data(&pdu), SLICE("short")));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pdus_by_the_letter_say_what_they_should_and_come_out_byte_for_byte),
        cmocka_unit_test(every_command_has_a_golden_pdu),
        cmocka_unit_test(a_pdu_that_is_not_whole_yet_needs_more_at_every_offset),
        cmocka_unit_test(a_pdu_that_ends_too_early_is_refused_or_forgiven_at_every_offset),
        cmocka_unit_test(a_stream_gives_the_same_pdus_one_byte_at_a_time),
        cmocka_unit_test(a_lost_stream_is_called_lost_at_the_same_byte_every_time),
        cmocka_unit_test(random_pdus_of_every_kind_survive_the_wire),
        cmocka_unit_test(responses_have_the_id_of_their_request_with_the_top_bit),
        cmocka_unit_test(an_error_has_no_body_where_the_specification_wants_none),
        cmocka_unit_test(sequence_numbers_wrap_to_one),
        cmocka_unit_test(the_user_data_is_the_short_message_or_the_payload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
