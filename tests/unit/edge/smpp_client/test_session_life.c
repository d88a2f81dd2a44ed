/* When a session is probed, given up, tried again, and not read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/sim/sim.h"
#include "support/carrier_stage.h"

static void an_unbind_of_the_carrier_is_answered_and_the_client_comes_back(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    carrier_take(stage, SMPP_SUBMIT_SM);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_UNBIND, .sequence = 8});
    assert_int_equal(carrier_take(stage, SMPP_UNBIND | SMPP_RESPONSE).sequence, 8);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_UNCERTAIN);
    assert_int_equal(stage->world.sessions, 0);
    world_run(&stage->world, 3000);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_session_is_probed_only_when_it_is_silent(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    world_run(&stage->world, 29900);
    puppet_expect_nothing(&stage->puppet);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_ALERT_NOTIFICATION, .sequence = 1});
    world_run(&stage->world, 29900); /* anything that came counts as life */
    puppet_expect_nothing(&stage->puppet);
    world_run(&stage->world, 200);
    struct smpp_pdu probe = carrier_take(stage, SMPP_ENQUIRE_LINK);
    struct smpp_pdu response = smpp_response(&probe, ESME_ROK);
    carrier_send(stage, response);
    world_run(&stage->world, 29900);
    puppet_expect_nothing(&stage->puppet);
    world_run(&stage->world, 200);
    carrier_take(stage, SMPP_ENQUIRE_LINK);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_session_that_answers_no_probe_is_closed(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    sim_black_hole(SLICE(CARRIER_ADDRESS), true);
    world_run(&stage->world, 59000);
    assert_int_equal(stage->world.sessions, 1);
    world_run(&stage->world, 2000);
    assert_int_equal(stage->world.sessions, 0);
    assert_int_equal(stage->world.sent_pdus, 1 + 3); /* the bind, and a probe three times */
    sim_black_hole(SLICE(CARRIER_ADDRESS), false);
    world_run(&stage->world, 60000);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_bind_that_is_not_answered_is_given_up(void **state)
{
    struct carrier_stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    carrier_take(stage, SMPP_BIND_TRANSCEIVER);
    world_run(&stage->world, 29000);
    assert_int_equal(stage->puppet.peer_count, 1);
    world_run(&stage->world, 3000);
    assert_int_equal(stage->puppet.peer_count, 2);
    puppet_expect(&stage->puppet, &stage->arena, SMPP_BIND_TRANSCEIVER);
    puppet_expect_nothing(&stage->puppet); /* no enquire_link before the bind */
}

static void reconnects_come_slower_and_slower_up_to_the_bound(void **state)
{
    struct carrier_stage *stage = *state;
    stage->puppet.hangs_up = true;
    stage->world.provider.quirks.reconnect_max_s = 20;
    world_provide(&stage->world, 200000);
    assert_in_range(stage->puppet.peer_count, 12, 20);
    for (size_t i = 1; i < stage->puppet.peer_count; i++) {
        uint64_t pause = stage->puppet.accepted_at_ms[i] - stage->puppet.accepted_at_ms[i - 1];
        uint64_t least = i > 4 ? 15000 : 1000ull << (i - 1);
        uint64_t most = i > 4 ? 20010 : (1334ull << (i - 1)) + 10;
        assert_in_range(pause, least, most);
    }
}

static void a_good_session_starts_the_backoff_over(void **state)
{
    struct carrier_stage *stage = *state;
    stage->puppet.hangs_up = true;
    world_provide(&stage->world, 30000);
    size_t tries = stage->puppet.peer_count;
    assert_true(tries >= 4);
    stage->puppet.hangs_up = false;
    world_run(&stage->world, 60000);
    assert_int_equal(stage->world.sessions, 1);
    puppet_hang_up(&stage->puppet);
    world_run(&stage->world, 1500);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_refused_bind_waits_as_its_reason_demands(void **state)
{
    static const struct {
        uint32_t status;
        uint64_t least_ms, most_ms;
    } rows[] = {
        {ESME_RBINDFAIL, 1000, 1400},   {ESME_RSYSERR, 1000, 1400},
        {ESME_RINVPASWD, 60000, 80100}, {ESME_RINVSYSID, 60000, 80100},
        {ESME_RALYBND, 30000, 40100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct carrier_stage stage = {0};
        world_open(&stage.world, i);
        puppet_open(&stage.puppet, stage.world.there, CARRIER_ADDRESS);
        stage.puppet.binds_by_itself = false;
        world_provide(&stage.world, 10);
        struct smpp_pdu bind = carrier_take(&stage, SMPP_BIND_TRANSCEIVER);
        puppet_answer(&stage.puppet, &bind, rows[i].status, "");
        world_run(&stage.world, rows[i].least_ms - 20);
        assert_int_equal(stage.puppet.peer_count, 1);
        world_run(&stage.world, rows[i].most_ms - rows[i].least_ms + 40);
        assert_int_equal(stage.puppet.peer_count, 2);
        puppet_close(&stage.puppet);
        arena_done(&stage.arena);
        world_close(&stage.world);
    }
}

static void a_new_password_is_tried_at_once(void **state)
{
    struct carrier_stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = carrier_take(stage, SMPP_BIND_TRANSCEIVER);
    puppet_answer(&stage->puppet, &bind, ESME_RINVPASWD, "");
    world_run(&stage->world, 10);
    memcpy(stage->world.provider.password, "better", 7);
    world_provide(&stage->world, 20);
    bind = carrier_take(stage, SMPP_BIND_TRANSCEIVER);
    assert_true(slice_eq(bind.password, SLICE("better")));
}

static void too_many_unanswered_deliveries_stop_the_reading(void **state)
{
    struct carrier_stage *stage = *state;
    stage->world.keep_replies = true;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu submit = carrier_take(stage, SMPP_SUBMIT_SM);
    for (uint32_t i = 1; i <= 5000; i++) {
        struct smpp_pdu pdu = {.command_id = SMPP_DELIVER_SM,
                               .sequence = i,
                               .source = {1, 1, SLICE("447700900001")},
                               .short_message =
                                   SLICE("a text of forty bytes, more or less, is it")};
        puppet_send(&stage->puppet, &pdu);
    }
    puppet_answer(&stage->puppet, &submit, ESME_ROK, "id");
    world_run(&stage->world, 60000);
    size_t stopped_at = stage->world.delivery_count;
    assert_in_range(stopped_at, 1000, 2000); /* and what one read had brought more */
    assert_int_equal(stage->world.sessions,
                     1); /* silence that is our own doing counts for nothing */
    assert_int_equal(stage->world.answer_count, 0);
    for (size_t i = 0; i < stage->world.delivery_count; i++) {
        world_reply(&stage->world, i, ERR_OK);
        world_run(&stage->world, 1);
    }
    assert_int_equal(stage->world.delivery_count, 5000);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_TAKEN);
}

static void silence_while_nobody_listened_is_not_the_carriers(void **state)
{
    struct carrier_stage *stage = *state;
    stage->world.keep_replies = true;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu submit = carrier_take(stage, SMPP_SUBMIT_SM);
    for (uint32_t i = 1; i <= 1000; i++)
        puppet_send(&stage->puppet,
                    &(struct smpp_pdu){.command_id = SMPP_DELIVER_SM, .sequence = i});
    world_run(&stage->world, 60000);
    assert_int_equal(stage->world.delivery_count, 1000);
    for (size_t i = 0; i < 1000; i++)
        world_reply(&stage->world, i, ERR_OK);
    world_run(&stage->world, 15000);
    assert_int_equal(stage->world.sessions, 1);
    puppet_answer(&stage->puppet, &submit, ESME_ROK, "id");
    world_run(&stage->world, 10);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_TAKEN);
}

static void a_carrier_that_cuts_after_each_message_is_reached_again_quickly(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    for (size_t i = 0; i < 6; i++) {
        world_send(&stage->world, "Hello");
        world_run(&stage->world, 10);
        struct smpp_pdu submit = carrier_take(stage, SMPP_SUBMIT_SM);
        puppet_answer(&stage->puppet, &submit, ESME_ROK, "id");
        world_run(&stage->world, 10);
        puppet_hang_up(&stage->puppet);
        world_run(&stage->world, 1400);
        assert_int_equal(stage->world.sessions, 1);
    }
    assert_int_equal(world_count(&stage->world, ATTEMPT_TAKEN), 6);
}

static void a_delivery_during_the_unbind_is_sent_back(void **state)
{
    struct carrier_stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = carrier_take(stage, SMPP_BIND_TRANSCEIVER);
    puppet_answer(&stage->puppet, &bind, ESME_ROK, "");
    world_run(&stage->world, 10);
    world_drain(&stage->world);
    world_run(&stage->world, 10);
    struct smpp_pdu unbind = carrier_take(stage, SMPP_UNBIND);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_DELIVER_SM, .sequence = 4});
    assert_int_equal(carrier_take(stage, SMPP_DELIVER_SM | SMPP_RESPONSE).status, ESME_RX_T_APPN);
    assert_int_equal(stage->world.delivery_count, 0);
    struct smpp_pdu response = smpp_response(&unbind, ESME_ROK);
    carrier_send(stage, response);
    assert_true(stage->world.is_drained);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, carrier_stage_open, carrier_stage_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unbind_of_the_carrier_is_answered_and_the_client_comes_back),
        TEST(a_session_is_probed_only_when_it_is_silent),
        TEST(a_session_that_answers_no_probe_is_closed),
        TEST(a_bind_that_is_not_answered_is_given_up),
        TEST(reconnects_come_slower_and_slower_up_to_the_bound),
        TEST(a_good_session_starts_the_backoff_over),
        cmocka_unit_test(a_refused_bind_waits_as_its_reason_demands),
        TEST(a_new_password_is_tried_at_once),
        TEST(too_many_unanswered_deliveries_stop_the_reading),
        TEST(silence_while_nobody_listened_is_not_the_carriers),
        TEST(a_carrier_that_cuts_after_each_message_is_reached_again_quickly),
        TEST(a_delivery_during_the_unbind_is_sent_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
