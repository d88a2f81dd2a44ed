/* The simulator as a carrier's SMSC, seen by an ESME that says what the test says. */
#include "edge/simulator/simulator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/machine.h"
#include "net/sim/sim.h"
#include "support/puppet.h"
#include "wire/receipt_text.h"
#include "wire/segment.h"

#define ADDRESS "127.0.0.1:2775"

struct stage {
    struct loop *here, *there;
    struct clock clock;
    struct simulator *simulator;
    struct simulator_options options;
    struct puppet esme;
    struct arena arena;
    uint32_t sequence;
};

static int open_stage(void **state)
{
    struct stage *stage = MEM_NEW(struct stage);
    sim_open(1);
    machine_clock_init(&stage->clock);
    stage->here = loop_new();
    stage->there = loop_new();
    simulator_options_init(&stage->options);
    stage->options.clock = &stage->clock;
    *state = stage;
    return 0;
}

static int close_stage(void **state)
{
    struct stage *stage = *state;
    if (stage->esme.peer_count) puppet_close(&stage->esme);
    simulator_close(stage->simulator);
    sim_advance(100);
    loop_free(stage->here);
    loop_free(stage->there);
    sim_close();
    arena_done(&stage->arena);
    mem_free(stage);
    return 0;
}

static void set(struct stage *stage, const char *name, const char *value)
{
    char problem[256] = "";
    if (!simulator_options_set(&stage->options, slice_cstr(name), slice_cstr(value), problem))
        fail_msg("%s", problem);
}

static void simulate(struct stage *stage)
{
    char error[256] = "";
    stage->simulator = simulator_open(stage->there, &stage->options, error);
    if (!stage->simulator) fail_msg("%s", error);
}

static struct simulator_counts counts(struct stage *stage)
{
    return simulator_counts(stage->simulator);
}

static struct smpp_pdu take(struct stage *stage, uint32_t command_id)
{
    return puppet_expect(&stage->esme, &stage->arena, command_id);
}

static void send_pdu(struct stage *stage, struct smpp_pdu pdu)
{
    puppet_send(&stage->esme, &pdu);
    sim_advance(10);
}

static uint32_t bind_as(struct stage *stage, uint32_t kind, const char *name, const char *password)
{
    puppet_connect(&stage->esme, stage->here, ADDRESS);
    sim_advance(10);
    send_pdu(stage, (struct smpp_pdu){.command_id = kind,
                                      .sequence = 1,
                                      .system_id = slice_cstr(name),
                                      .password = slice_cstr(password),
                                      .interface_version = 0x34});
    return take(stage, kind | SMPP_RESPONSE).status;
}

static void bind(struct stage *stage)
{
    assert_int_equal(bind_as(stage, SMPP_BIND_TRANSCEIVER, "esme", ""), ESME_ROK);
}

static struct smpp_pdu message(struct stage *stage, const char *number)
{
    return (struct smpp_pdu){
        .command_id = SMPP_SUBMIT_SM,
        .sequence = ++stage->sequence + 100,
        .source = {5, 0, SLICE("Godwit")},
        .destination = {1, 1, slice_cstr(number)},
        .registered_delivery = 1,
        .short_message = SLICE("Hello"),
    };
}

static struct smpp_pdu submit(struct stage *stage, const char *number)
{
    send_pdu(stage, message(stage, number));
    struct smpp_pdu response = take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    assert_int_equal(response.sequence, stage->sequence + 100);
    return response;
}

static void answer(struct stage *stage, const struct smpp_pdu *request, uint32_t status)
{
    puppet_answer(&stage->esme, request, status, "");
    sim_advance(10);
}

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
        open_stage(&row);
        set(row, "system-id", binds[i].system_id);
        set(row, "password", binds[i].password);
        set(row, "bind", binds[i].kinds);
        simulate(row);
        assert_int_equal(bind_as(row, binds[i].bind, binds[i].name, binds[i].secret),
                         binds[i].status);
        assert_int_equal(counts(row).binds, binds[i].status == ESME_ROK);
        assert_int_equal(counts(row).sessions, binds[i].status == ESME_ROK);
        close_stage(&row);
    }
}

static void the_first_binds_are_refused_on_demand(void **state)
{
    struct stage *stage = *state;
    set(stage, "refuse-binds", "2");
    set(stage, "refuse-binds-status", "RALYBND");
    simulate(stage);
    assert_int_equal(bind_as(stage, SMPP_BIND_RECEIVER, "a", ""), ESME_RALYBND);
    assert_int_equal(bind_as(stage, SMPP_BIND_RECEIVER, "a", ""), ESME_RALYBND);
    assert_int_equal(bind_as(stage, SMPP_BIND_RECEIVER, "a", ""), ESME_ROK);
    assert_int_equal(counts(stage).binds_refused, 2);
}

static void the_address_is_told_with_the_port_that_was_found(void **state)
{
    struct stage *stage = *state;
    char error[256] = "";
    set(stage, "port", "0");
    simulate(stage);
    assert_true(slice_starts(simulator_address(stage->simulator), SLICE("127.0.0.1:")));
    assert_false(slice_eq(simulator_address(stage->simulator), SLICE("127.0.0.1:0")));
    simulator_close(stage->simulator);
    set(stage, "port", "2775");
    simulate(stage);
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
    struct stage *stage = *state;
    simulate(stage);
    puppet_connect(&stage->esme, stage->here, ADDRESS);
    sim_advance(10);
    bool bound = false;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (rows[i].bound && !bound) bind(stage);
        bound = rows[i].bound;
        send_pdu(stage, (struct smpp_pdu){.command_id = rows[i].command_id, .sequence = 9});
        struct smpp_pdu response = take(stage, rows[i].command_id | SMPP_RESPONSE);
        assert_int_equal(response.sequence, 9);
        if (response.status != rows[i].status) fail_msg("row %zu: %x", i, response.status);
    }
    static const char unknown[] = {0, 0, 0, 16, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 4};
    puppet_send_bytes(&stage->esme, slice_of(unknown, sizeof unknown));
    sim_advance(10);
    assert_int_equal(take(stage, SMPP_GENERIC_NACK).status, ESME_RINVCMDID);
    static const char lost[] = {0, 0, 0, 2};
    puppet_send_bytes(&stage->esme, slice_of(lost, sizeof lost));
    sim_advance(10);
    assert_int_equal(take(stage, SMPP_GENERIC_NACK).status, ESME_RINVCMDLEN);
    assert_true(puppet_is_cut(&stage->esme));
}

static void a_receiver_may_not_submit(void **state)
{
    struct stage *stage = *state;
    simulate(stage);
    assert_int_equal(bind_as(stage, SMPP_BIND_RECEIVER, "esme", ""), ESME_ROK);
    assert_int_equal(submit(stage, "447700900001").status, ESME_RINVBNDSTS);
    assert_int_equal(counts(stage).submits, 0);
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
        open_stage(&row);
        set(row, "id-first", "255");
        set(row, "id-form", ids[i].form);
        simulate(row);
        bind(row);
        assert_true(slice_eq(submit(row, "1234567890").message_id, slice_cstr(ids[i].first)));
        assert_true(slice_eq(submit(row, "1234567890").message_id, slice_cstr(ids[i].second)));
        close_stage(&row);
    }
}

static void a_submit_is_answered_after_the_delay(void **state)
{
    struct stage *stage = *state;
    set(stage, "delay-ms", "250");
    set(stage, "receipts", "none");
    simulate(stage);
    bind(stage);
    send_pdu(stage, message(stage, "447700900001"));
    send_pdu(stage, message(stage, "447700900002"));
    sim_advance(225);
    puppet_expect_nothing(&stage->esme);
    sim_advance(20);
    assert_int_equal(take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE).sequence, 101);
    assert_int_equal(take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE).sequence, 102);
    assert_int_equal(counts(stage).window_peak, 2);
    assert_int_equal(counts(stage).waiting, 0);
}

static void the_jitter_spreads_answers_and_receipts(void **state)
{
    struct stage *stage = *state;
    set(stage, "delay-jitter-ms", "400");
    set(stage, "receipt-ms", "1000");
    set(stage, "receipt-jitter-ms", "400");
    set(stage, "receipt-window", "1000");
    simulate(stage);
    bind(stage);
    for (size_t i = 0; i < 200; i++) {
        struct smpp_pdu pdu = message(stage, "447700900001");
        puppet_send(&stage->esme, &pdu);
    }
    sim_advance(200);
    assert_in_range(counts(stage).waiting - 200, 50, 150); /* responses that wait */
    sim_advance(300);
    assert_int_equal(counts(stage).waiting, 200);
    assert_int_equal(counts(stage).receipts, 0);
    sim_advance(700);
    assert_in_range(counts(stage).receipts, 50, 150);
    sim_advance(300);
    assert_int_equal(counts(stage).receipts, 200);
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
        open_stage(&opened);
        struct stage *stage = opened;
        set(stage, "receipts", rows[i].option);
        set(stage, "state-suffix", "9=UNDELIV");
        simulate(stage);
        bind(stage);
        struct smpp_pdu pdu = message(stage, rows[i].number);
        pdu.registered_delivery = rows[i].registered_delivery;
        send_pdu(stage, pdu);
        take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
        sim_advance(2000);
        if (rows[i].comes)
            take(stage, SMPP_DELIVER_SM);
        else
            puppet_expect_nothing(&stage->esme);
        close_stage(&opened);
    }
}

static void a_receipt_says_everything_about_its_message(void **state)
{
    struct stage *stage = *state;
    set(stage, "receipt-ms", "300");
    set(stage, "fail-percent", "100");
    set(stage, "fail-state", "REJECTD");
    set(stage, "fail-error", "17");
    set(stage, "receipt-id-form", "hex");
    simulate(stage);
    bind(stage);
    submit(stage, "447700900001");
    sim_advance(280);
    puppet_expect_nothing(&stage->esme);
    sim_advance(20);
    struct smpp_pdu receipt = take(stage, SMPP_DELIVER_SM);
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
    answer(stage, &receipt, ESME_ROK);
    assert_int_equal(counts(stage).receipts_done, 1);
    assert_int_equal(counts(stage).waiting, 0);
}

static void receipts_wait_for_room_in_the_window(void **state)
{
    struct stage *stage = *state;
    set(stage, "receipt-window", "2");
    set(stage, "receipt-ms", "0");
    simulate(stage);
    bind(stage);
    struct smpp_pdu receipts[3];
    for (size_t i = 0; i < 3; i++)
        send_pdu(stage, message(stage, "447700900001"));
    take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    receipts[0] = take(stage, SMPP_DELIVER_SM);
    take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    receipts[1] = take(stage, SMPP_DELIVER_SM);
    take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    puppet_expect_nothing(&stage->esme);
    answer(stage, &receipts[1], ESME_ROK);
    receipts[2] = take(stage, SMPP_DELIVER_SM);
    answer(stage, &receipts[0], ESME_ROK);
    answer(stage, &receipts[2], ESME_RINVDSTADR);
    assert_int_equal(counts(stage).receipts_done, 2);
    assert_int_equal(counts(stage).receipts_refused, 1);
    assert_int_equal(counts(stage).waiting, 0);
}

static void what_was_not_taken_comes_again_to_another_session_of_the_account(void **state)
{
    struct stage *stage = *state;
    set(stage, "receipt-ms", "0");
    simulate(stage);
    bind(stage);
    submit(stage, "447700900001");
    struct smpp_pdu receipt = take(stage, SMPP_DELIVER_SM);
    answer(stage, &receipt, ESME_RX_T_APPN);
    puppet_expect_nothing(&stage->esme);
    sim_advance(1000);
    take(stage, SMPP_DELIVER_SM);
    puppet_hang_up(&stage->esme); /* without an answer */
    sim_advance(10);
    assert_int_equal(counts(stage).receipts_again, 2);

    assert_int_equal(bind_as(stage, SMPP_BIND_RECEIVER, "another", ""), ESME_ROK);
    sim_advance(10);
    puppet_expect_nothing(&stage->esme); /* it is not his */
    assert_int_equal(bind_as(stage, SMPP_BIND_TRANSMITTER, "esme", ""), ESME_ROK);
    sim_advance(10);
    puppet_expect_nothing(&stage->esme);
    assert_int_equal(bind_as(stage, SMPP_BIND_RECEIVER, "esme", ""), ESME_ROK);
    receipt = take(stage, SMPP_DELIVER_SM);
    answer(stage, &receipt, ESME_ROK);
    assert_int_equal(counts(stage).receipts_done, 1);
    assert_int_equal(counts(stage).receipts, 3);
}

static void what_a_connection_took_with_it_comes_again_in_order(void **state)
{
    struct stage *stage = *state;
    set(stage, "receipt-ms", "0");
    set(stage, "receipt-window", "3");
    simulate(stage);
    bind(stage);
    for (size_t i = 0; i < 5; i++)
        send_pdu(stage, message(stage, "447700900001"));
    puppet_hang_up(&stage->esme); /* three are out, two wait */
    sim_advance(10);
    struct smpp_pdu pdu;
    while (puppet_take(&stage->esme, &stage->arena, &pdu))
        ;
    bind(stage);
    for (unsigned i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", 1000001 + i);
        pdu = take(stage, SMPP_DELIVER_SM);
        assert_true(
            slice_eq(smpp_tlv_text(&pdu.tlvs, SMPP_TLV_RECEIPTED_MESSAGE_ID), slice_cstr(id)));
        answer(stage, &pdu, ESME_ROK);
    }
    assert_int_equal(counts(stage).receipts_again, 3);
    assert_int_equal(counts(stage).waiting, 0);
}

static void an_answer_that_comes_too_late_for_its_connection_is_counted(void **state)
{
    struct stage *stage = *state;
    set(stage, "delay-ms", "100");
    set(stage, "receipts", "none");
    simulate(stage);
    bind(stage);
    send_pdu(stage, message(stage, "447700900001"));
    puppet_hang_up(&stage->esme);
    sim_advance(200);
    assert_int_equal(counts(stage).taken, 1);
    assert_int_equal(counts(stage).unanswered, 1);
    assert_int_equal(counts(stage).waiting, 0);
}

/* 10,000 receipts are 2 MB; about a quarter may lie in memory, and what the network holds. */
static void an_esme_that_does_not_read_gets_no_more_than_a_buffer_full(void **state)
{
    struct stage *stage = *state;
    set(stage, "receipt-window", "10000");
    simulate(stage);
    bind(stage);
    struct simulator_inbound inbound = {
        SLICE("447700900005"), SLICE("32323"),
        SLICE("a text that is about as long as most of the texts that people send each other on a "
              "day, that is, not very long, but longer than nothing at all")};
    tcp_pause(stage->esme.peers[0].tcp);
    for (size_t i = 0; i < 10000; i++)
        assert_true(simulator_inject(stage->simulator, &inbound));
    sim_advance(1000);
    assert_in_range(counts(stage).inbound, 1000, 6000);
    tcp_resume(stage->esme.peers[0].tcp);
    sim_advance(1000);
    assert_int_equal(counts(stage).inbound, 10000);
}

static void an_esme_that_does_not_read_is_not_read(void **state)
{
    enum { PROBES = 140000 };
    struct stage *stage = *state;
    simulate(stage);
    bind(stage);
    struct tcp *tcp = stage->esme.peers[0].tcp;
    tcp_pause(tcp);
    for (size_t i = 0; i < PROBES; i++)
        puppet_send(&stage->esme,
                    &(struct smpp_pdu){.command_id = SMPP_ENQUIRE_LINK, .sequence = 1});
    sim_advance(1000);
    assert_true(tcp_unsent(tcp) > 200000);
    tcp_resume(tcp);
    sim_advance(1000);
    assert_int_equal(tcp_unsent(tcp), 0);
    size_t answers = 0;
    struct arena arena = {0};
    struct smpp_pdu pdu;
    while (puppet_take(&stage->esme, &arena, &pdu))
        answers++;
    arena_done(&arena);
    assert_int_equal(answers, PROBES);
}

static void over_the_rate_submits_are_throttled(void **state)
{
    struct stage *stage = *state;
    set(stage, "throttle-rate", "50");
    set(stage, "receipts", "none");
    simulate(stage);
    bind(stage);
    sim_advance(1000);
    size_t taken = 0;
    for (size_t i = 0; i < 100; i++) /* one each 10 ms: twice what is allowed */
        taken += submit(stage, "447700900001").status == ESME_ROK;
    assert_in_range(taken, 50, 56); /* and what had been saved up before */
    assert_int_equal(counts(stage).throttled, 100 - taken);
}

static void the_first_submits_are_throttled_and_endings_refused(void **state)
{
    struct stage *stage = *state;
    set(stage, "throttle-first", "2");
    set(stage, "throttle-status", "0x14");
    set(stage, "refuse-suffix", "003=RINVDSTADR");
    simulate(stage);
    bind(stage);
    assert_int_equal(submit(stage, "447700900003").status, 0x14);
    assert_int_equal(submit(stage, "447700900001").status, 0x14);
    struct smpp_pdu refused = submit(stage, "447700900003");
    assert_int_equal(refused.status, ESME_RINVDSTADR);
    assert_true(refused.no_body);
    assert_int_equal(submit(stage, "447700900001").status, ESME_ROK);
    assert_int_equal(submit(stage, "03").status, ESME_ROK);
    sim_advance(2000);
    assert_int_equal(counts(stage).receipts, 2);
}

static void a_share_of_submits_meets_each_fate(void **state)
{
    struct stage *stage = *state;
    set(stage, "refuse-percent", "30");
    set(stage, "silent-percent", "20");
    set(stage, "receipts", "none");
    simulate(stage);
    bind(stage);
    for (size_t i = 0; i < 2000; i++) {
        struct smpp_pdu pdu = message(stage, "447700900001");
        puppet_send(&stage->esme, &pdu);
    }
    sim_advance(10);
    assert_int_equal(counts(stage).submits, 2000);
    assert_in_range(counts(stage).refused, 500, 700);
    assert_in_range(counts(stage).unanswered, 200, 360); /* a fifth of the rest */
    size_t answers = 0;
    struct smpp_pdu pdu;
    while (puppet_take(&stage->esme, &stage->arena, &pdu))
        answers++;
    assert_int_equal(answers, 2000 - counts(stage).unanswered);
}

static void the_link_is_cut_at_the_nth_submit(void **state)
{
    static const struct {
        const char *when, *repeat;
        uint64_t taken, dropped, receipts;
        bool cut_again;
    } rows[] = {
        {"before", "off", 2, 1, 2, false},
        {"after", "off", 3, 0, 3, false},
        {"after", "on", 3, 0, 3, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        void *opened;
        open_stage(&opened);
        struct stage *stage = opened;
        set(stage, "cut-after", "3");
        set(stage, "cut-when", rows[i].when);
        set(stage, "cut-repeat", rows[i].repeat);
        simulate(stage);
        bind(stage);
        for (size_t j = 0; j < 2; j++)
            submit(stage, "447700900001");
        send_pdu(stage, message(stage, "447700900001"));
        puppet_expect_nothing(&stage->esme);
        assert_true(puppet_is_cut(&stage->esme));
        assert_int_equal(counts(stage).taken, rows[i].taken);
        assert_int_equal(counts(stage).dropped, rows[i].dropped);
        bind(stage);
        sim_advance(2000);
        assert_int_equal(counts(stage).receipts, rows[i].receipts);
        for (size_t j = 0; j < 3; j++)
            if (!puppet_is_cut(&stage->esme)) send_pdu(stage, message(stage, "447700900001"));
        assert_int_equal(puppet_is_cut(&stage->esme), rows[i].cut_again);
        close_stage(&opened);
    }
}

static void an_answer_of_impossible_length_can_be_had(void **state)
{
    struct stage *stage = *state;
    set(stage, "bad-length-after", "2");
    simulate(stage);
    bind(stage);
    submit(stage, "447700900001");
    send_pdu(stage, message(stage, "447700900001"));
    assert_int_equal(stage->esme.lost_count, 1);
    assert_int_equal(counts(stage).taken, 2);
    assert_int_equal(counts(stage).unanswered, 1);
}

static void a_full_simulator_says_so(void **state)
{
    struct stage *stage = *state;
    set(stage, "pending-max", "10");
    simulate(stage);
    bind(stage);
    size_t full = 0;
    for (size_t i = 0; i < 20; i++)
        full += submit(stage, "447700900001").status == ESME_RMSGQFUL;
    assert_int_equal(full, 11); /* a place is kept for a response */
    assert_int_equal(counts(stage).full, 11);
    struct simulator_inbound inbound = {SLICE("447"), SLICE("32323"), SLICE("Hi")};
    assert_true(simulator_inject(stage->simulator, &inbound));
    assert_false(simulator_inject(stage->simulator, &inbound));
}

static void a_silent_esme_is_probed_and_cut(void **state)
{
    struct stage *stage = *state;
    set(stage, "enquire-link", "10");
    simulate(stage);
    bind(stage);
    sim_advance(10000);
    struct smpp_pdu probe = take(stage, SMPP_ENQUIRE_LINK);
    struct smpp_pdu response = smpp_response(&probe, ESME_ROK);
    send_pdu(stage, response);
    sim_advance(35000);
    assert_false(puppet_is_cut(&stage->esme));
    sim_advance(10000);
    assert_true(puppet_is_cut(&stage->esme));
    assert_int_equal(counts(stage).sessions, 0);
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
        open_stage(&opened);
        struct stage *stage = opened;
        set(stage, "inbound-text", "Hi");
        set(stage, "inbound-after", "2");
        set(stage, "inbound-rate", rows[i].rate);
        set(stage, "inbound-count", rows[i].count);
        simulate(stage);
        sim_advance(10000); /* nothing is made before somebody can receive it */
        bind(stage);
        sim_advance(1980);
        assert_int_equal(counts(stage).inbound, 0);
        sim_advance(1010);
        assert_int_equal(counts(stage).inbound, rows[i].after_3_s);
        sim_advance(5000);
        assert_int_equal(counts(stage).inbound, rows[i].after_8_s);
        close_stage(&opened);
    }
}

static void an_injected_message_waits_for_a_receiver(void **state)
{
    struct stage *stage = *state;
    simulate(stage);
    struct simulator_inbound inbound = {SLICE("+447700900005"), SLICE("32323"),
                                        SLICE("\xD0\x9F\xF0\x9F\x98\x80")};
    assert_true(simulator_inject(stage->simulator, &inbound));
    inbound.text = SLICE("\xFF");
    assert_false(simulator_inject(stage->simulator, &inbound));
    bind(stage);
    struct smpp_pdu pdu = take(stage, SMPP_DELIVER_SM);
    assert_int_equal(pdu.esm_class, 0);
    assert_int_equal(pdu.data_coding, SMPP_CODING_UCS2);
    assert_int_equal(pdu.source.ton, SMPP_TON_INTERNATIONAL);
    assert_true(slice_eq(pdu.source.digits, SLICE("447700900005")));
    assert_true(slice_eq(pdu.short_message, SLICE("\x04\x1F\xD8\x3D\xDE\x00")));
    answer(stage, &pdu, ESME_ROK);
    assert_int_equal(counts(stage).inbound_done, 1);
    assert_int_equal(counts(stage).waiting, 0);
}

static void the_log_has_a_line_for_every_submit(void **state)
{
    struct stage *stage = *state;
    char *log = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&log, &size);
    stage->options.log = file;
    set(stage, "refuse-suffix", "9=0x0B");
    simulate(stage);
    bind(stage);
    submit(stage, "447700900001");
    struct smpp_pdu pdu = message(stage, "447700900009");
    pdu.esm_class = 0x43;
    pdu.data_coding = 8;
    smpp_tlv_add_integer(&pdu.tlvs, &stage->arena, SMPP_TLV_SAR_MSG_REF_NUM, 513);
    smpp_tlv_add_integer(&pdu.tlvs, &stage->arena, SMPP_TLV_SAR_TOTAL_SEGMENTS, 3);
    smpp_tlv_add_integer(&pdu.tlvs, &stage->arena, SMPP_TLV_SAR_SEGMENT_SEQNUM, 2);
    send_pdu(stage, pdu);
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
    struct stage *stage = *state;
    simulate(stage);
    bind(stage);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_UNBIND, .sequence = 7});
    assert_int_equal(take(stage, SMPP_UNBIND | SMPP_RESPONSE).sequence, 7);
    assert_true(puppet_is_cut(&stage->esme));
    bind(stage);
    bind(stage);
    assert_int_equal(counts(stage).sessions, 2);
    simulator_cut(stage->simulator);
    sim_advance(10);
    assert_true(puppet_is_cut(&stage->esme));
    assert_int_equal(counts(stage).sessions, 0);
    assert_int_equal(counts(stage).cuts, 2);
    bind(stage);
    assert_int_equal(counts(stage).sessions, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

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
        TEST(what_was_not_taken_comes_again_to_another_session_of_the_account),
        TEST(what_a_connection_took_with_it_comes_again_in_order),
        TEST(an_answer_that_comes_too_late_for_its_connection_is_counted),
        TEST(an_esme_that_does_not_read_gets_no_more_than_a_buffer_full),
        TEST(an_esme_that_does_not_read_is_not_read),
        TEST(over_the_rate_submits_are_throttled),
        TEST(the_first_submits_are_throttled_and_endings_refused),
        TEST(a_share_of_submits_meets_each_fate),
        cmocka_unit_test(the_link_is_cut_at_the_nth_submit),
        TEST(an_answer_of_impossible_length_can_be_had),
        TEST(a_full_simulator_says_so),
        TEST(a_silent_esme_is_probed_and_cut),
        cmocka_unit_test(inbound_messages_come_once_or_at_a_rate),
        TEST(an_injected_message_waits_for_a_receiver),
        TEST(the_log_has_a_line_for_every_submit),
        TEST(unbinding_and_cutting_end_sessions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
