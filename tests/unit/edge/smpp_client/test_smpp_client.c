/* The client against the simulator: binds, submits, and how it all ends. */
#include "edge/smpp_client/smpp_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "net/sim/sim.h"
#include "support/carrier.h"

static void a_transceiver_binds_and_a_message_is_taken(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    assert_int_equal(world->sessions, 1);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 100);
    const struct told_answer *answer = world_answer(world, attempt);
    assert_int_equal(answer->state, ATTEMPT_TAKEN);
    assert_string_equal(answer->carrier_id, "1000001");
    assert_int_equal(simulator_counts(world->simulator).sessions, 1);
}

static void a_transmitter_and_a_receiver_bind_on_two_connections(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "bind", "tx-rx");
    world->provider.bind = BIND_TX_RX;
    world->provider.quirks.session_count = 2;
    world_simulate(world);
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 4);
    assert_int_equal(world->sessions, 2); /* receivers cannot submit */
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 2000);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
    assert_int_equal(world->delivery_count, 1);
    assert_string_equal(world->deliveries[0].carrier_id, "1000001");
}

static void nothing_leaves_before_the_flush(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    sim_advance(1000);
    assert_int_equal(simulator_counts(world->simulator).submits, 0);
    world_run(world, 100);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
}

static void without_a_session_a_submit_is_not_sent(void **state)
{
    struct carrier_world *world = *state;
    struct attempt_id unknown = world_send(world, "nobody has heard of this provider");
    world_run(world, 10);
    assert_int_equal(world_answer(world, unknown)->state, ATTEMPT_NOT_SENT);

    world_provide(world, 100); /* nobody listens there */
    struct attempt_id unbound = world_send(world, "the carrier is down");
    world_run(world, 10);
    assert_int_equal(world_answer(world, unbound)->state, ATTEMPT_NOT_SENT);

    world_simulate(world);
    world->provider.enabled = false;
    world_provide(world, 5000);
    struct attempt_id disabled = world_send(world, "the operator has switched it off");
    world_run(world, 10);
    assert_int_equal(world_answer(world, disabled)->state, ATTEMPT_NOT_SENT);
    assert_int_equal(simulator_counts(world->simulator).binds, 0);
    assert_int_equal(world->link_count, 0);
}

static void refusals_and_throttling_come_back_with_their_status(void **state)
{
    static const struct {
        const char *status;
        enum attempt_state state;
        uint32_t value;
    } rows[] = {
        {"0x58", ATTEMPT_THROTTLED, 0x58},     {"0x14", ATTEMPT_THROTTLED, 0x14},
        {"RINVDSTADR", ATTEMPT_REFUSED, 0x0B}, {"RSYSERR", ATTEMPT_REFUSED, 0x08},
        {"0x45", ATTEMPT_REFUSED, 0x45},       {"0x401", ATTEMPT_REFUSED, 0x401},
    };
    struct carrier_world *world = *state;
    char list[256] = "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s00%zu=%s", i ? "," : "", i, rows[i].status);
    }
    world_set(world, "refuse-suffix", list);
    world_simulate(world);
    world_provide(world, 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct attempt_id attempt = world_send_to(world, "Hello", 447700900000 + i, "Godwit");
        world_run(world, 10);
        const struct told_answer *answer = world_answer(world, attempt);
        assert_int_equal(answer->state, rows[i].state);
        assert_int_equal(answer->status, rows[i].value);
        assert_string_equal(answer->carrier_id, "");
    }
}

/* In the place of the core: keeps as much out as it was told there is room for. */
static void keep_the_windows_full(struct carrier_world *world, size_t total, const char *text)
{
    size_t capacity = (size_t)world->sessions * world->provider.window;
    while (world->answer_count < total) {
        while (world->submitted < total && world->submitted - world->answer_count < capacity)
            world_send(world, text);
        world_run(world, 1);
    }
}

static void the_window_of_a_session_is_filled_and_never_exceeded(void **state)
{
    static const uint32_t sessions[] = {1, 3};
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        struct carrier_world world;
        world_open(&world, 5 + i);
        world_set(&world, "delay-ms", "20");
        world_set(&world, "delay-jitter-ms", "30");
        world.provider.window = 7;
        world.provider.quirks.session_count = sessions[i];
        world_simulate(&world);
        world_provide(&world, 100);
        keep_the_windows_full(&world, 500, "Hello");
        world_assert_each_answered_once(&world);
        assert_int_equal(world_count(&world, ATTEMPT_TAKEN), 500);
        assert_int_equal(simulator_counts(world.simulator).window_peak, 7);
        world_close(&world);
    }
}

/* The sessions that the simulator's log names for the messages of one destination. */
static void the_segments_of_a_message_go_to_one_session_in_order(void **state)
{
    struct carrier_world *world = *state;
    char *log = NULL;
    size_t size = 0;
    world->options.log = open_memstream(&log, &size);
    world_set(world, "delay-ms", "30");
    world_set(world, "delay-jitter-ms", "100");
    world->provider.window = 2;
    world->provider.quirks.session_count = 3;
    world_simulate(world);
    world_provide(world, 100);
    for (unsigned i = 0; i < 2; i++)
        world_send_to(world, world_long_text, 447700900100 + i, "Godwit");
    world_run(world, 3000);
    assert_int_equal(world_count(world, ATTEMPT_TAKEN), 6);
    assert_int_equal(simulator_counts(world->simulator).window_peak, 2);

    char session[2][24] = {"", ""};
    unsigned parts[2] = {0, 0};
    struct slice rest = slice_of(log, size), line;
    while (slice_cut(&rest, '\n', &line)) {
        char text[4096];
        snprintf(text, sizeof text, "%.*s", (int)line.size, line.at);
        unsigned which = strstr(text, "447700900101") != NULL;
        const char *at = strstr(text, "\"session\":");
        const char *data = strstr(text, "\"user_data\":\"050003");
        assert_true(at && data);
        char number[24];
        snprintf(number, sizeof number, "%.*s", (int)strcspn(at + 10, ","), at + 10);
        if (parts[which] == 0) memcpy(session[which], number, sizeof number);
        assert_string_equal(session[which], number);
        parts[which]++;
        char header[8];
        snprintf(header, sizeof header, "03%02x", parts[which]);
        assert_memory_equal(data + 21, header, 4); /* total and number */
    }
    assert_int_equal(parts[0], 3);
    assert_int_equal(parts[1], 3);
    assert_string_not_equal(session[0], session[1]);
    world_stop_simulator(world);
    fclose(world->options.log);
    free(log);
}

static void a_cut_makes_uncertain_exactly_what_was_written_and_not_answered(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "cut-after", "6");
    world_set(world, "receipts", "none");
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempts[9];
    for (size_t i = 0; i < 9; i++)
        attempts[i] = world_send(world, "Hello");
    world_run(world, 100);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(world_answer(world, attempts[i])->state,
                         i < 5 ? ATTEMPT_TAKEN : ATTEMPT_UNCERTAIN);
    struct attempt_id late = world_send(world, "the session is gone");
    world_run(world, 10);
    assert_int_equal(world_answer(world, late)->state, ATTEMPT_NOT_SENT);
    world_assert_each_answered_once(world);
    world_run(world, 5000);
    assert_int_equal(world->sessions, 1); /* back again */
}

static void the_loss_of_a_session_is_told_before_its_submits_are(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    world_run(world, 100);
    assert_int_equal(world->answer_count, 0);
    world->link_count = 0;
    simulator_cut(world->simulator);
    while (world->answer_count == 0)
        assert_true(sim_step());
    assert_int_equal(world->link_count, 1);
    assert_int_equal(world->sessions, 0);
    assert_int_equal(world->answers[0].state, ATTEMPT_UNCERTAIN);
}

static void a_submit_without_an_answer_in_time_ends_the_session(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "first");
    world_run(world, 5000);
    world_send(world, "second");
    world_run(world, 14900);
    assert_int_equal(world->answer_count, 0);
    assert_int_equal(world->sessions, 1);
    world_run(world, 200);
    assert_int_equal(world_count(world, ATTEMPT_UNCERTAIN), 2);
    assert_int_equal(world->sessions, 0);
    world_run(world, 3000);
    assert_int_equal(world->sessions, 1);
}

static void a_drain_waits_for_answers_and_unbinds(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "delay-ms", "2000");
    world_set(world, "receipts", "none");
    world->provider.quirks.session_count = 2;
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    world_drain(world);
    assert_false(world->is_drained);
    assert_int_equal(world->sessions, 0);
    struct attempt_id late = world_send(world, "too late");
    world_run(world, 1000);
    assert_false(world->is_drained);
    assert_int_equal(world_answer(world, late)->state, ATTEMPT_NOT_SENT);
    world_run(world, 1100);
    assert_true(world->is_drained);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
    assert_int_equal(simulator_counts(world->simulator).sessions, 0);
    assert_int_equal(simulator_counts(world->simulator).unanswered, 0);
    world_run(world, 120000); /* nobody connects again */
    assert_int_equal(simulator_counts(world->simulator).binds, 2);
}

static void a_drain_waits_for_what_is_being_recorded(void **state)
{
    struct carrier_world *world = *state;
    world->keep_replies = true;
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    world_run(world, 2000);
    assert_int_equal(world->delivery_count, 1);
    world_drain(world);
    world_run(world, 5000);
    assert_false(world->is_drained);
    world_reply(world, 0, ERR_OK);
    world_run(world, 100);
    assert_true(world->is_drained);
    assert_int_equal(simulator_counts(world->simulator).receipts_done, 1);
}

static void a_drain_without_answers_is_over_in_bounded_time(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world->provider.quirks.response_timeout_s = 600;
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    world_drain(world);
    world_run(world, 16000);
    assert_true(world->is_drained);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_UNCERTAIN);
}

static void a_drain_of_nothing_is_done_at_once_but_not_inside_the_call(void **state)
{
    struct carrier_world *world = *state;
    world_drain(world);
    assert_false(world->is_drained);
    world_run(world, 1);
    assert_true(world->is_drained);
}

static void a_removed_provider_unbinds_and_may_come_back(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    world_remove_provider(world, 100);
    assert_int_equal(world->sessions, 0);
    assert_int_equal(simulator_counts(world->simulator).sessions, 0);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_NOT_SENT);
    world_provide(world, 100);
    assert_int_equal(world->sessions, 1);

    /* Removed and added within one tick: the old session drains, the new one follows. */
    smpp_client_provider(world->client, &world->provider, true);
    world_provide(world, 100);
    assert_int_equal(world->sessions, 1);
    assert_int_equal(simulator_counts(world->simulator).binds, 3);
}

static void a_change_of_the_bind_binds_again_and_other_changes_do_not(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    world->provider.window = 3;
    world->provider.tps = 100;
    world->provider.quirks.enquire_link_s = 5;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).binds, 1);
    memcpy(world->provider.system_id, "other", 6);
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).binds, 2);
    world->provider.bind = BIND_TX_RX;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).binds, 4);
    assert_int_equal(simulator_counts(world->simulator).sessions, 2);
    world->provider.quirks.session_count = 3;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 6);
    assert_int_equal(world->sessions, 3);
    world->provider.quirks.session_count = 1;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 2);
    assert_int_equal(world->sessions, 1);
    world->provider.enabled = false;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 0);
}

/* Most carriers count binds, and would refuse a second one. */
static void the_new_session_waits_until_the_old_one_is_gone(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "delay-ms", "1000");
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    world->provider.bind = BIND_TX_RX;
    world_provide(world, 900);
    assert_int_equal(simulator_counts(world->simulator).binds, 1);
    assert_int_equal(world->sessions, 0);
    world_run(world, 200);
    assert_int_equal(simulator_counts(world->simulator).binds, 3);
    assert_int_equal(world->sessions, 1);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
}

static void more_than_the_sessions_can_hold_is_not_sent(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "delay-ms", "100");
    world_simulate(world);
    world_provide(world, 100);
    for (size_t i = 0; i < 14; i++)
        world_send(world, "Hello");
    world_run(world, 1000);
    assert_int_equal(world_count(world, ATTEMPT_TAKEN), 10);
    assert_int_equal(world_count(world, ATTEMPT_NOT_SENT), 4);
}

static void freeing_the_client_answers_what_is_open(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world->provider.quirks.session_count = 2;
    world->provider.window = 2;
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, world_long_text); /* two written, one waits for its session */
    world_run(world, 100);
    assert_int_equal(world->answer_count, 0);
    smpp_client_free(world->client);
    world->client = NULL;
    assert_int_equal(world_count(world, ATTEMPT_UNCERTAIN), 2);
    assert_int_equal(world_count(world, ATTEMPT_NOT_SENT), 1);
    world_assert_each_answered_once(world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transceiver_binds_and_a_message_is_taken),
        TEST(a_transmitter_and_a_receiver_bind_on_two_connections),
        TEST(nothing_leaves_before_the_flush),
        TEST(without_a_session_a_submit_is_not_sent),
        TEST(refusals_and_throttling_come_back_with_their_status),
        cmocka_unit_test(the_window_of_a_session_is_filled_and_never_exceeded),
        TEST(the_segments_of_a_message_go_to_one_session_in_order),
        TEST(a_cut_makes_uncertain_exactly_what_was_written_and_not_answered),
        TEST(the_loss_of_a_session_is_told_before_its_submits_are),
        TEST(a_submit_without_an_answer_in_time_ends_the_session),
        TEST(a_drain_waits_for_answers_and_unbinds),
        TEST(a_drain_waits_for_what_is_being_recorded),
        TEST(a_drain_without_answers_is_over_in_bounded_time),
        TEST(a_drain_of_nothing_is_done_at_once_but_not_inside_the_call),
        TEST(a_removed_provider_unbinds_and_may_come_back),
        TEST(a_change_of_the_bind_binds_again_and_other_changes_do_not),
        TEST(the_new_session_waits_until_the_old_one_is_gone),
        TEST(more_than_the_sessions_can_hold_is_not_sent),
        TEST(freeing_the_client_answers_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
