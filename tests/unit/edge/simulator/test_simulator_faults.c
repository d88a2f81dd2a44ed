/* Every fault that the simulator can have, and what it does when the ESME has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/sim/sim.h"
#include "support/esme_stage.h"

static void what_was_not_taken_comes_again_to_another_session_of_the_account(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "receipt-ms", "0");
    esme_simulate(stage);
    esme_bind(stage);
    esme_submit(stage, "447700900001");
    struct smpp_pdu receipt = esme_take(stage, SMPP_DELIVER_SM);
    esme_answer(stage, &receipt, ESME_RX_T_APPN);
    puppet_expect_nothing(&stage->esme);
    sim_advance(1000);
    esme_take(stage, SMPP_DELIVER_SM);
    puppet_hang_up(&stage->esme); /* without an answer */
    sim_advance(10);
    assert_int_equal(esme_counts(stage).receipts_again, 2);

    assert_int_equal(esme_bind_as(stage, SMPP_BIND_RECEIVER, "another", ""), ESME_ROK);
    sim_advance(10);
    puppet_expect_nothing(&stage->esme); /* it is not his */
    assert_int_equal(esme_bind_as(stage, SMPP_BIND_TRANSMITTER, "esme", ""), ESME_ROK);
    sim_advance(10);
    puppet_expect_nothing(&stage->esme);
    assert_int_equal(esme_bind_as(stage, SMPP_BIND_RECEIVER, "esme", ""), ESME_ROK);
    receipt = esme_take(stage, SMPP_DELIVER_SM);
    esme_answer(stage, &receipt, ESME_ROK);
    assert_int_equal(esme_counts(stage).receipts_done, 1);
    assert_int_equal(esme_counts(stage).receipts, 3);
}

static void what_a_connection_took_with_it_comes_again_in_order(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "receipt-ms", "0");
    esme_set(stage, "receipt-window", "3");
    esme_simulate(stage);
    esme_bind(stage);
    for (size_t i = 0; i < 5; i++)
        esme_send(stage, esme_message(stage, "447700900001"));
    puppet_hang_up(&stage->esme); /* three are out, two wait */
    sim_advance(10);
    struct smpp_pdu pdu;
    while (puppet_take(&stage->esme, &stage->arena, &pdu))
        ;
    esme_bind(stage);
    for (unsigned i = 0; i < 5; i++) {
        char id[16];
        snprintf(id, sizeof id, "%u", 1000001 + i);
        pdu = esme_take(stage, SMPP_DELIVER_SM);
        assert_true(
            slice_eq(smpp_tlv_text(&pdu.tlvs, SMPP_TLV_RECEIPTED_MESSAGE_ID), slice_cstr(id)));
        esme_answer(stage, &pdu, ESME_ROK);
    }
    assert_int_equal(esme_counts(stage).receipts_again, 3);
    assert_int_equal(esme_counts(stage).waiting, 0);
}

static void an_answer_that_comes_too_late_for_its_connection_is_counted(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "delay-ms", "100");
    esme_set(stage, "receipts", "none");
    esme_simulate(stage);
    esme_bind(stage);
    esme_send(stage, esme_message(stage, "447700900001"));
    puppet_hang_up(&stage->esme);
    sim_advance(200);
    assert_int_equal(esme_counts(stage).taken, 1);
    assert_int_equal(esme_counts(stage).unanswered, 1);
    assert_int_equal(esme_counts(stage).waiting, 0);
}

/* 10,000 receipts are 2 MB; about a quarter may lie in memory, and what the network holds. */
static void an_esme_that_does_not_read_gets_no_more_than_a_buffer_full(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "receipt-window", "10000");
    esme_simulate(stage);
    esme_bind(stage);
    struct simulator_inbound inbound = {
        SLICE("447700900005"), SLICE("32323"),
        SLICE("a text that is about as long as most of the texts that people send each other on a "
              "day, that is, not very long, but longer than nothing at all")};
    tcp_pause(stage->esme.peers[0].tcp);
    for (size_t i = 0; i < 10000; i++)
        assert_true(simulator_inject(stage->simulator, &inbound));
    sim_advance(1000);
    assert_in_range(esme_counts(stage).inbound, 1000, 6000);
    tcp_resume(stage->esme.peers[0].tcp);
    sim_advance(1000);
    assert_int_equal(esme_counts(stage).inbound, 10000);
}

static void an_esme_that_does_not_read_is_not_read(void **state)
{
    enum { PROBES = 140000 };
    struct esme_stage *stage = *state;
    esme_simulate(stage);
    esme_bind(stage);
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
    struct esme_stage *stage = *state;
    esme_set(stage, "throttle-rate", "50");
    esme_set(stage, "receipts", "none");
    esme_simulate(stage);
    esme_bind(stage);
    sim_advance(1000);
    size_t taken = 0;
    for (size_t i = 0; i < 100; i++) /* one each 10 ms: twice what is allowed */
        taken += esme_submit(stage, "447700900001").status == ESME_ROK;
    assert_in_range(taken, 50, 56); /* and what had been saved up before */
    assert_int_equal(esme_counts(stage).throttled, 100 - taken);
}

static void the_first_submits_are_throttled_and_endings_refused(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "throttle-first", "2");
    esme_set(stage, "throttle-status", "0x14");
    esme_set(stage, "refuse-suffix", "003=RINVDSTADR");
    esme_simulate(stage);
    esme_bind(stage);
    assert_int_equal(esme_submit(stage, "447700900003").status, 0x14);
    assert_int_equal(esme_submit(stage, "447700900001").status, 0x14);
    struct smpp_pdu refused = esme_submit(stage, "447700900003");
    assert_int_equal(refused.status, ESME_RINVDSTADR);
    assert_true(refused.no_body);
    assert_int_equal(esme_submit(stage, "447700900001").status, ESME_ROK);
    assert_int_equal(esme_submit(stage, "03").status, ESME_ROK);
    sim_advance(2000);
    assert_int_equal(esme_counts(stage).receipts, 2);
}

static void a_share_of_submits_meets_each_fate(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "refuse-percent", "30");
    esme_set(stage, "silent-percent", "20");
    esme_set(stage, "receipts", "none");
    esme_simulate(stage);
    esme_bind(stage);
    for (size_t i = 0; i < 2000; i++) {
        struct smpp_pdu pdu = esme_message(stage, "447700900001");
        puppet_send(&stage->esme, &pdu);
    }
    sim_advance(10);
    assert_int_equal(esme_counts(stage).submits, 2000);
    assert_in_range(esme_counts(stage).refused, 500, 700);
    assert_in_range(esme_counts(stage).unanswered, 200, 360); /* a fifth of the rest */
    size_t answers = 0;
    struct smpp_pdu pdu;
    while (puppet_take(&stage->esme, &stage->arena, &pdu))
        answers++;
    assert_int_equal(answers, 2000 - esme_counts(stage).unanswered);
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
        esme_stage_open(&opened);
        struct esme_stage *stage = opened;
        esme_set(stage, "cut-after", "3");
        esme_set(stage, "cut-when", rows[i].when);
        esme_set(stage, "cut-repeat", rows[i].repeat);
        esme_simulate(stage);
        esme_bind(stage);
        for (size_t j = 0; j < 2; j++)
            esme_submit(stage, "447700900001");
        esme_send(stage, esme_message(stage, "447700900001"));
        puppet_expect_nothing(&stage->esme);
        assert_true(puppet_is_cut(&stage->esme));
        assert_int_equal(esme_counts(stage).taken, rows[i].taken);
        assert_int_equal(esme_counts(stage).dropped, rows[i].dropped);
        esme_bind(stage);
        sim_advance(2000);
        assert_int_equal(esme_counts(stage).receipts, rows[i].receipts);
        for (size_t j = 0; j < 3; j++)
            if (!puppet_is_cut(&stage->esme)) esme_send(stage, esme_message(stage, "447700900001"));
        assert_int_equal(puppet_is_cut(&stage->esme), rows[i].cut_again);
        esme_stage_close(&opened);
    }
}

static void an_answer_of_impossible_length_can_be_had(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "bad-length-after", "2");
    esme_simulate(stage);
    esme_bind(stage);
    esme_submit(stage, "447700900001");
    esme_send(stage, esme_message(stage, "447700900001"));
    assert_int_equal(stage->esme.lost_count, 1);
    assert_int_equal(esme_counts(stage).taken, 2);
    assert_int_equal(esme_counts(stage).unanswered, 1);
}

static void a_full_simulator_says_so(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "pending-max", "10");
    esme_simulate(stage);
    esme_bind(stage);
    size_t full = 0;
    for (size_t i = 0; i < 20; i++)
        full += esme_submit(stage, "447700900001").status == ESME_RMSGQFUL;
    assert_int_equal(full, 11); /* a place is kept for a response */
    assert_int_equal(esme_counts(stage).full, 11);
    struct simulator_inbound inbound = {SLICE("447"), SLICE("32323"), SLICE("Hi")};
    assert_true(simulator_inject(stage->simulator, &inbound));
    assert_false(simulator_inject(stage->simulator, &inbound));
}

static void a_silent_esme_is_probed_and_cut(void **state)
{
    struct esme_stage *stage = *state;
    esme_set(stage, "enquire-link", "10");
    esme_simulate(stage);
    esme_bind(stage);
    sim_advance(10000);
    struct smpp_pdu probe = esme_take(stage, SMPP_ENQUIRE_LINK);
    struct smpp_pdu response = smpp_response(&probe, ESME_ROK);
    esme_send(stage, response);
    sim_advance(35000);
    assert_false(puppet_is_cut(&stage->esme));
    sim_advance(10000);
    assert_true(puppet_is_cut(&stage->esme));
    assert_int_equal(esme_counts(stage).sessions, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, esme_stage_open, esme_stage_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
