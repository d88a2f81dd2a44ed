/* The simulator as a carrier's SMSC, seen by an ESME that says what the test says. */
#include "edge/simulator/simulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/sim/sim.h"
#include "support/esme_stage.h"
#include "wire/receipt_text.h"

static const struct {
    const char *system_id, *password, *kinds;
    uint32_t bind;
    const char *name, *secret;
    uint32_t status;
} binds[] = {
    {"", "", "any", SMPP_BIND_TRANSCEIVER, "anyone", "anything", ESME_ROK},
    {"a", "b", "any", SMPP_BIND_TRANSMITTER, "a", "b", ESME_ROK},
    {"a", "b", "any", SMPP_BIND_RECEIVER, "a", "c", ESME_RINVPASWD},
    {"a", "b", "any", SMPP_BIND_RECEIVER, "c", "b", ESME_RINVSYSID},
    {"", "", "trx", SMPP_BIND_TRANSCEIVER, "a", "", ESME_ROK},
    {"", "", "trx", SMPP_BIND_RECEIVER, "a", "", ESME_RBINDFAIL},
    {"", "", "tx-rx", SMPP_BIND_TRANSCEIVER, "a", "", ESME_RBINDFAIL},
    {"", "", "tx-rx", SMPP_BIND_TRANSMITTER, "a", "", ESME_ROK},
};

static void binds_are_accepted_as_the_options_say(void **state)
{
    for (size_t i = 0; i < sizeof binds / sizeof *binds; i++) {
        void *row;
        esme_stage_open(&row);
        esme_set(row, "system-id", binds[i].system_id);
        esme_set(row, "password", binds[i].password);
        esme_set(row, "bind", binds[i].kinds);
        esme_simulate(row);
        assert_int_equal(esme_bind_as(row, binds[i].bind, binds[i].name, binds[i].secret),
                         binds[i].status);
        assert_int_equal(esme_counts(row).binds, binds[i].status == ESME_ROK);
        assert_int_equal(esme_counts(row).sessions, binds[i].status == ESME_ROK);
        esme_stage_close(&row);
    }
}

static void the_first_binds_are_refused_on_demand(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "refuse-binds", "2");
    esme_set(stage, "refuse-binds-status", "RALYBND");
    esme_simulate(stage);
    assert_int_equal(esme_bind_as(stage, SMPP_BIND_RECEIVER, "a", ""), ESME_RALYBND);
    assert_int_equal(esme_bind_as(stage, SMPP_BIND_RECEIVER, "a", ""), ESME_RALYBND);
    assert_int_equal(esme_bind_as(stage, SMPP_BIND_RECEIVER, "a", ""), ESME_ROK);
    assert_int_equal(esme_counts(stage).binds_refused, 2);
}

static void the_address_is_told_with_the_port_that_was_found(void **state)
{
    struct esme_stage *stage = *state;
    char error[256] = "";
    esme_set(stage, "port", "0");
    esme_simulate(stage);
    assert_true(slice_starts(simulator_address(stage->simulator), SLICE("127.0.0.1:")));
    assert_false(slice_eq(simulator_address(stage->simulator), SLICE("127.0.0.1:0")));
    simulator_close(stage->simulator);
    esme_set(stage, "port", "2775");
    esme_simulate(stage);
    assert_null(simulator_open(stage->there, &stage->options, error));
    assert_true(error[0] != '\0');
}

static void pdus_in_the_wrong_state_and_of_no_use_are_refused(void **state)
{
    static const struct {
        uint32_t command_id, status;
        bool bound;
    } rows[] = {
        {SMPP_SUBMIT_SM, ESME_RINVBNDSTS, false},    {SMPP_ENQUIRE_LINK, ESME_ROK, false},
        {SMPP_QUERY_SM, ESME_RINVBNDSTS, false},     {SMPP_QUERY_SM, ESME_RQUERYFAIL, true},
        {SMPP_CANCEL_SM, ESME_RCANCELFAIL, true},    {SMPP_REPLACE_SM, ESME_RREPLACEFAIL, true},
        {SMPP_BIND_TRANSMITTER, ESME_RALYBND, true}, {SMPP_DELIVER_SM, ESME_RINVCMDID, true},
    };
    struct esme_stage *stage = *state;
    esme_simulate(stage);
    puppet_connect(&stage->esme, stage->here, ESME_ADDRESS);
    sim_advance(10);
    bool bound = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].bound && !bound) esme_bind(stage);
        bound = rows[i].bound;
        esme_send(stage, (struct smpp_pdu){.command_id = rows[i].command_id, .sequence = 9});
        struct smpp_pdu response = esme_take(stage, rows[i].command_id | SMPP_RESPONSE);
        assert_int_equal(response.sequence, 9);
        if (response.status != rows[i].status) fail_msg("row %zu: %x", i, response.status);
    }
    static const char unknown[] = {0, 0, 0, 16, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 4};
    puppet_send_bytes(&stage->esme, slice_of(unknown, sizeof unknown));
    sim_advance(10);
    assert_int_equal(esme_take(stage, SMPP_GENERIC_NACK).status, ESME_RINVCMDID);
    static const char lost[] = {0, 0, 0, 2};
    puppet_send_bytes(&stage->esme, slice_of(lost, sizeof lost));
    sim_advance(10);
    assert_int_equal(esme_take(stage, SMPP_GENERIC_NACK).status, ESME_RINVCMDLEN);
    assert_true(puppet_is_cut(&stage->esme));
}

static void a_receiver_may_not_submit(void **state)
{
    struct esme_stage *stage = *state;
    esme_simulate(stage);
    assert_int_equal(esme_bind_as(stage, SMPP_BIND_RECEIVER, "esme", ""), ESME_ROK);
    assert_int_equal(esme_submit(stage, "447700900001").status, ESME_RINVBNDSTS);
    assert_int_equal(esme_counts(stage).submits, 0);
}

static const struct {
    const char *form, *first, *second;
} ids[] = {
    {"decimal", "255", "256"},
    {"hex", "ff", "100"},
    {"hex-upper", "FF", "100"},
    {"padded", "0000000255", "0000000256"},
};

static void ids_are_written_in_the_form_asked_for(void **state)
{
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        void *row;
        esme_stage_open(&row);
        esme_set(row, "id-first", "255");
        esme_set(row, "id-form", ids[i].form);
        esme_simulate(row);
        esme_bind(row);
        assert_true(slice_eq(esme_submit(row, "1234567890").message_id, slice_cstr(ids[i].first)));
        assert_true(slice_eq(esme_submit(row, "1234567890").message_id, slice_cstr(ids[i].second)));
        esme_stage_close(&row);
    }
}

static void a_submit_is_answered_after_the_delay(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "delay-ms", "250");
    esme_set(stage, "receipts", "none");
    esme_simulate(stage);
    esme_bind(stage);
    esme_send(stage, esme_message(stage, "447700900001"));
    esme_send(stage, esme_message(stage, "447700900002"));
    sim_advance(225);
    puppet_expect_nothing(&stage->esme);
    sim_advance(20);
    assert_int_equal(esme_take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE).sequence, 101);
    assert_int_equal(esme_take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE).sequence, 102);
    assert_int_equal(esme_counts(stage).window_peak, 2);
    assert_int_equal(esme_counts(stage).waiting, 0);
}

static void the_jitter_spreads_answers_and_receipts(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "delay-jitter-ms", "400");
    esme_set(stage, "receipt-ms", "1000");
    esme_set(stage, "receipt-jitter-ms", "400");
    esme_set(stage, "receipt-window", "1000");
    esme_simulate(stage);
    esme_bind(stage);
    for (size_t i = 0; i < 200; i++) {
        struct smpp_pdu pdu = esme_message(stage, "447700900001");
        puppet_send(&stage->esme, &pdu);
    }
    sim_advance(200);
    assert_in_range(esme_counts(stage).waiting - 200, 50, 150); /* responses that wait */
    sim_advance(300);
    assert_int_equal(esme_counts(stage).waiting, 200);
    assert_int_equal(esme_counts(stage).receipts, 0);
    sim_advance(700);
    assert_in_range(esme_counts(stage).receipts, 50, 150);
    sim_advance(300);
    assert_int_equal(esme_counts(stage).receipts, 200);
}

static void receipts_follow_what_was_asked(void **state)
{
    static const struct {
        const char *option;
        uint8_t registered_delivery;
        const char *number;
        bool comes;
    } rows[] = {
        {"asked", 0, "440", false}, {"asked", 1, "440", true},     {"asked", 0x11, "440", true},
        {"asked", 2, "440", false}, {"asked", 2, "449", true},     {"always", 0, "440", true},
        {"none", 1, "440", false},  {"asked", 0x10, "440", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *opened;
        esme_stage_open(&opened);
        struct esme_stage *stage = opened;
        esme_set(stage, "receipts", rows[i].option);
        esme_set(stage, "state-suffix", "9=UNDELIV");
        esme_simulate(stage);
        esme_bind(stage);
        struct smpp_pdu pdu = esme_message(stage, rows[i].number);
        pdu.registered_delivery = rows[i].registered_delivery;
        esme_send(stage, pdu);
        esme_take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
        sim_advance(2000);
        if (rows[i].comes)
            esme_take(stage, SMPP_DELIVER_SM);
        else
            puppet_expect_nothing(&stage->esme);
        esme_stage_close(&opened);
    }
}

static void a_receipt_says_everything_about_its_message(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "receipt-ms", "300");
    esme_set(stage, "fail-percent", "100");
    esme_set(stage, "fail-state", "REJECTD");
    esme_set(stage, "fail-error", "17");
    esme_set(stage, "receipt-id-form", "hex");
    esme_simulate(stage);
    esme_bind(stage);
    esme_submit(stage, "447700900001");
    sim_advance(280);
    puppet_expect_nothing(&stage->esme);
    sim_advance(20);
    struct smpp_pdu receipt = esme_take(stage, SMPP_DELIVER_SM);
    assert_int_equal(receipt.esm_class, SMPP_ESM_RECEIPT);
    assert_true(slice_eq(receipt.source.digits, SLICE("447700900001")));
    assert_true(slice_eq(receipt.destination.digits, SLICE("Godwit")));
    assert_int_equal(receipt.destination.ton, 5);
    assert_true(
        slice_eq(smpp_tlv_text(&receipt.tlvs, SMPP_TLV_RECEIPTED_MESSAGE_ID), SLICE("f4241")));
    uint32_t code = 0;
    assert_true(smpp_tlv_integer(&receipt.tlvs, SMPP_TLV_MESSAGE_STATE, &code));
    assert_int_equal(code, SMPP_STATE_REJECTED);
    struct receipt_text text;
    assert_true(receipt_text_read(receipt.short_message, &text));
    assert_true(slice_eq(text.id, SLICE("f4241")));
    assert_int_equal(text.state, RECEIPT_REJECTED);
    assert_true(slice_eq(text.error, SLICE("017")));
    assert_true(slice_eq(text.submitted, SLICE("2601010000")));
    esme_answer(stage, &receipt, ESME_ROK);
    assert_int_equal(esme_counts(stage).receipts_done, 1);
    assert_int_equal(esme_counts(stage).waiting, 0);
}

static void receipts_wait_for_room_in_the_window(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "receipt-window", "2");
    esme_set(stage, "receipt-ms", "0");
    esme_simulate(stage);
    esme_bind(stage);
    struct smpp_pdu receipts[3];
    for (size_t i = 0; i < 3; i++)
        esme_send(stage, esme_message(stage, "447700900001"));
    esme_take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    receipts[0] = esme_take(stage, SMPP_DELIVER_SM);
    esme_take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    receipts[1] = esme_take(stage, SMPP_DELIVER_SM);
    esme_take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    puppet_expect_nothing(&stage->esme);
    esme_answer(stage, &receipts[1], ESME_ROK);
    receipts[2] = esme_take(stage, SMPP_DELIVER_SM);
    esme_answer(stage, &receipts[0], ESME_ROK);
    esme_answer(stage, &receipts[2], ESME_RINVDSTADR);
    assert_int_equal(esme_counts(stage).receipts_done, 2);
    assert_int_equal(esme_counts(stage).receipts_refused, 1);
    assert_int_equal(esme_counts(stage).waiting, 0);
}

static void inbound_messages_come_once_or_at_a_rate(void **state)
{
    static const struct {
        const char *rate, *count;
        uint64_t after_3_s, after_8_s;
    } rows[] = {
        {"0", "0", 1, 1},
        {"0", "4", 4, 4},
        {"10", "0", 11, 61},
        {"10", "25", 11, 25},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *opened;
        esme_stage_open(&opened);
        struct esme_stage *stage = opened;
        esme_set(stage, "inbound-text", "Hi");
        esme_set(stage, "inbound-after", "2");
        esme_set(stage, "inbound-rate", rows[i].rate);
        esme_set(stage, "inbound-count", rows[i].count);
        esme_simulate(stage);
        sim_advance(10000); /* nothing is made before somebody can receive it */
        esme_bind(stage);
        sim_advance(1980);
        assert_int_equal(esme_counts(stage).inbound, 0);
        sim_advance(1010);
        assert_int_equal(esme_counts(stage).inbound, rows[i].after_3_s);
        sim_advance(5000);
        assert_int_equal(esme_counts(stage).inbound, rows[i].after_8_s);
        esme_stage_close(&opened);
    }
}

static void an_injected_message_waits_for_a_receiver(void **state)
{
    struct esme_stage *stage = *state;
    esme_simulate(stage);
    struct simulator_inbound inbound = {SLICE("+447700900005"), SLICE("32323"),
                                        SLICE("\xD0\x9F\xF0\x9F\x98\x80")};
    assert_true(simulator_inject(stage->simulator, &inbound));
    inbound.text = SLICE("\xFF");
    assert_false(simulator_inject(stage->simulator, &inbound));
    esme_bind(stage);
    struct smpp_pdu pdu = esme_take(stage, SMPP_DELIVER_SM);
    assert_int_equal(pdu.esm_class, 0);
    assert_int_equal(pdu.data_coding, SMPP_CODING_UCS2);
    assert_int_equal(pdu.source.ton, SMPP_TON_INTERNATIONAL);
    assert_true(slice_eq(pdu.source.digits, SLICE("447700900005")));
    assert_true(slice_eq(pdu.short_message, SLICE("\x04\x1F\xD8\x3D\xDE\x00")));
    esme_answer(stage, &pdu, ESME_ROK);
    assert_int_equal(esme_counts(stage).inbound_done, 1);
    assert_int_equal(esme_counts(stage).waiting, 0);
}

static void the_log_has_a_line_for_every_submit(void **state)
{
    struct esme_stage *stage = *state;
    char *log = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&log, &size);
    stage->options.log = file;
    esme_set(stage, "refuse-suffix", "9=0x0B");
    esme_simulate(stage);
    esme_bind(stage);
    esme_submit(stage, "447700900001");
    struct smpp_pdu pdu = esme_message(stage, "447700900009");
    pdu.esm_class = 0x43;
    pdu.data_coding = 8;
    smpp_tlv_add_integer(&pdu.tlvs, &stage->arena, SMPP_TLV_SAR_MSG_REF_NUM, 513);
    smpp_tlv_add_integer(&pdu.tlvs, &stage->arena, SMPP_TLV_SAR_TOTAL_SEGMENTS, 3);
    smpp_tlv_add_integer(&pdu.tlvs, &stage->arena, SMPP_TLV_SAR_SEGMENT_SEQNUM, 2);
    esme_send(stage, pdu);
    simulator_close(stage->simulator);
    stage->simulator = NULL;
    fclose(file);
    char expected[1024];
    snprintf(expected, sizeof expected,
             "{\"time_ms\":%llu,\"system_id\":\"esme\",\"session\":1,\"sequence\":101,"
             "\"source\":{\"ton\":5,\"npi\":0,\"address\":\"Godwit\"},"
             "\"destination\":{\"ton\":1,\"npi\":1,\"address\":\"447700900001\"},"
             "\"esm_class\":0,\"data_coding\":0,\"registered_delivery\":1,"
             "\"validity_period\":\"\",\"payload\":false,\"user_data\":\"48656c6c6f\","
             "\"decision\":\"taken\",\"status\":0,\"id\":\"1000001\"}\n",
             1767225600000ull + 20);
    assert_true(slice_starts(slice_of(log, size), slice_cstr(expected)));
    const char *second = log + strlen(expected);
    assert_non_null(strstr(second, "\"esm_class\":67,\"data_coding\":8,"));
    assert_non_null(strstr(second, "\"sar_reference\":513,\"sar_total\":3,\"sar_number\":2,"));
    assert_non_null(strstr(second, "\"decision\":\"refused\",\"status\":11}\n"));
    free(log);
}

static void unbinding_and_cutting_end_sessions(void **state)
{
    struct esme_stage *stage = *state;
    esme_simulate(stage);
    esme_bind(stage);
    esme_send(stage, (struct smpp_pdu){.command_id = SMPP_UNBIND, .sequence = 7});
    assert_int_equal(esme_take(stage, SMPP_UNBIND | SMPP_RESPONSE).sequence, 7);
    assert_true(puppet_is_cut(&stage->esme));
    esme_bind(stage);
    esme_bind(stage);
    assert_int_equal(esme_counts(stage).sessions, 2);
    simulator_cut(stage->simulator);
    sim_advance(10);
    assert_true(puppet_is_cut(&stage->esme));
    assert_int_equal(esme_counts(stage).sessions, 0);
    assert_int_equal(esme_counts(stage).cuts, 2);
    esme_bind(stage);
    assert_int_equal(esme_counts(stage).sessions, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, esme_stage_open, esme_stage_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(binds_are_accepted_as_the_options_say),
        TEST(the_first_binds_are_refused_on_demand),
        TEST(the_address_is_told_with_the_port_that_was_found),
        TEST(pdus_in_the_wrong_state_and_of_no_use_are_refused),
        TEST(a_receiver_may_not_submit),
        cmocka_unit_test(ids_are_written_in_the_form_asked_for),
        TEST(a_submit_is_answered_after_the_delay),
        TEST(the_jitter_spreads_answers_and_receipts),
        cmocka_unit_test(receipts_follow_what_was_asked),
        TEST(a_receipt_says_everything_about_its_message),
        TEST(receipts_wait_for_room_in_the_window),
        cmocka_unit_test(inbound_messages_come_once_or_at_a_rate),
        TEST(an_injected_message_waits_for_a_receiver),
        TEST(the_log_has_a_line_for_every_submit),
        TEST(unbinding_and_cutting_end_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
