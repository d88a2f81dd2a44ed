/* What a carrier's answer makes of a message of one segment. */
#include "world.h"

#include <stdio.h>

/* Providers a and b on the route *, both bound. */
static struct world *two_providers(struct provider_id *b, const char *quirks_a)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 10, 0, quirks_a);
    *b = world_provider(world, "b", 10, 0, "");
    assert_int_equal(world_route(world, "*", "a,b"), ERR_OK);
    world_link(world, world->a, 1);
    world_link(world, *b, 1);
    return world;
}

static void answer_and_settle(struct world *world, size_t index, enum attempt_state state,
                              uint32_t status)
{
    world_answer(world, index, state, status, "");
    world_settle(world);
}

static void taken_is_sent_and_keeps_the_carrier_s_id(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    world->wall_ms += 40;
    world_take(world, 0, "7f3A-0042");
    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_SENT);
    assert_int_equal(row.recipient.provider.v, world->a.v);
    assert_int_equal(row.attempt_count, 1);
    assert_int_equal(row.attempts[0].state, ATTEMPT_TAKEN);
    assert_string_equal(row.attempts[0].carrier_id, "7f3A-0042");
    assert_int_equal(row.attempts[0].answered_at_ms - row.attempts[0].intent_at_ms, 40);
    assert_int_equal(world->core->dispatch.pendings.count, 0);
    assert_int_equal(world_available(world), 999);
    world_free(world);
}

static void an_answer_to_nothing_changes_nothing(void **state)
{
    struct world *world = world_new();
    world_send(world, "x");
    struct attempt_id once = world->submits[0].submit.attempt;
    world_take(world, 0, "x");
    struct command again = {.kind = COMMAND_ANSWER};
    again.answer = (struct command_answer){.attempt = once, .state = ATTEMPT_REFUSED};
    assert_int_equal(world_do(world, &again)->result, ERR_NOT_FOUND);
    again.answer.attempt.v = 987654321;
    assert_int_equal(world_do(world, &again)->result, ERR_NOT_FOUND);
    assert_int_equal(world_attempt(world, 0).state, ATTEMPT_TAKEN);
    assert_int_equal(world_status(world, world->a).taken, 1);
    assert_int_equal(world_status(world, world->a).refused, 0);
    world_free(world);
}

static void refused_goes_to_the_next_provider_and_by_the_last_is_rejected_and_paid_back(
    void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "");
    const struct command *sent = world_send(world, "x");
    answer_and_settle(world, 0, ATTEMPT_REFUSED, ESME_RINVDSTADR);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world->submits[1].submit.provider.v, b.v);
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    assert_int_equal(world_available(world), 999);
    answer_and_settle(world, 1, ATTEMPT_REFUSED, ESME_RSUBMITFAIL);
    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_REJECTED);
    assert_int_equal(row.recipient.error, ESME_RSUBMITFAIL);
    assert_int_equal(row.attempt_count, 2);
    assert_false(row.attempts[1].possible_duplicate);
    assert_int_equal(world_available(world), 1000);
    world_pass(world, 3600000);
    assert_int_equal(world->submit_count, 2);
    world_free(world);
}

static void a_refund_depends_on_what_the_message_asked_for(void **state)
{
    struct world *world = world_new();
    struct command send = world_send_command(world, "x");
    send.send.refund = REFUND_FAILED | REFUND_CANCELLED;
    const struct command *sent = world_do(world, &send);
    answer_and_settle(world, 0, ATTEMPT_REFUSED, ESME_RSUBMITFAIL);
    assert_int_equal(world_state(world, sent), RECIPIENT_REJECTED);
    assert_int_equal(world_available(world), 999);
    world_free(world);
}

static void a_refusal_for_now_rests_and_comes_back_at_growing_intervals(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    static const uint32_t rests_ms[] = {5000, 10000, 20000, 40000, 80000};
    for (size_t i = 0; i < 5; i++) {
        answer_and_settle(world, i, ATTEMPT_REFUSED, i % 2 ? ESME_RX_T_APPN : ESME_RSYSERR);
        assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
        world_pass(world, rests_ms[i] - 1);
        assert_int_equal(world->submit_count, i + 1);
        world_pass(world, 1002); /* the end of a rest is looked for once a second */
        assert_int_equal(world->submit_count, i + 2);
    }
    world_take(world, 5, "x");
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    world_free(world);
}

static void others_pass_one_that_rests(void **state)
{
    struct world *world = world_new();
    world_send(world, "x");
    answer_and_settle(world, 0, ATTEMPT_REFUSED, ESME_RSYSERR);
    const struct command *next = world_send(world, "next");
    assert_int_equal(world_submit_of(world, next, 0), 1);
    world_free(world);
}

static void one_refusal_for_now_among_final_ones_keeps_it_alive(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "");
    const struct command *sent = world_send(world, "x");
    answer_and_settle(world, 0, ATTEMPT_REFUSED, ESME_RSYSERR);
    answer_and_settle(world, 1, ATTEMPT_REFUSED, ESME_RINVDSTADR);
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    world_pass(world, 6100);
    assert_int_equal(world->submit_count, 3);
    assert_int_equal(world->submits[2].submit.provider.v, world->a.v);
    answer_and_settle(world, 2, ATTEMPT_REFUSED, ESME_RINVDSTADR);
    answer_and_settle(world, 3, ATTEMPT_REFUSED, ESME_RINVDSTADR);
    assert_int_equal(world_state(world, sent), RECIPIENT_REJECTED);
    world_free(world);
}

static void a_thousand_refusals_for_now_stay_bounded_in_memory(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 10);
    world_send_many(world, 500);
    for (int round = 0; round < 400; round++) {
        for (size_t i = 0; i < world->submit_count; i++)
            if (!world->submits[i].answered)
                world_ask_answer(world, i, ATTEMPT_REFUSED, ESME_RSYSERR, "");
        world_tick(world);
        world_settle(world);
        assert_true(world->core->dispatch.pendings.count <= 2 * LOADED_MAX + 200);
        world_pass(world, 50);
    }
    world_free(world);
}

static void throttled_is_the_same_attempt_again_and_keeps_its_place(void **state)
{
    struct world *world = world_new();
    world_send_many(world, 20);
    for (size_t i = 0; i < 10; i++)
        world_ask_answer(world, i, i < 3 ? ATTEMPT_TAKEN : ATTEMPT_THROTTLED,
                         i < 3 ? 0 : ESME_RTHROTTLED, "x");
    world_tick(world);
    world_settle(world);
    assert_int_equal(world->submit_count, 10); /* a pause */
    assert_int_equal(world_status(world, world->a).throttled, 7);
    assert_int_equal(world_status(world, world->a).refused, 0);
    for (size_t i = 10; i < 27; i++) {
        while (world->submit_count == i)
            world_pass(world, 10);
        for (size_t k = i; k < world->submit_count; k++)
            world_ask_answer(world, k, ATTEMPT_TAKEN, 0, "x");
        world_tick(world);
    }
    assert_int_equal(world->submit_count, 27);
    for (size_t i = 10; i < 27; i++) {
        char text[24];
        snprintf(text, sizeof text, "%zu", i - 7);
        assert_string_equal(world_text(world, i), text);
        if (i < 17)
            assert_int_equal(world->submits[i].submit.attempt.v,
                             world->submits[i - 7].submit.attempt.v);
        assert_false(world_attempt(world, i).possible_duplicate);
    }
    world_free(world);
}

static void throttling_slows_the_lane_and_quiet_lets_it_recover(void **state)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 100, 40, "");
    world_route(world, "*", "a");
    world_link(world, world->a, 1);
    assert_int_equal(world_status(world, world->a).rate_per_s, 40);
    world_pass(world, 1000);
    world_send_many(world, 3);
    world_answer(world, 0, ATTEMPT_THROTTLED, ESME_RTHROTTLED, "");
    assert_int_equal(world_status(world, world->a).rate_per_s, 20);
    /* what was out with it says the same: one event */
    world_answer(world, 1, ATTEMPT_THROTTLED, ESME_RTHROTTLED, "");
    assert_int_equal(world_status(world, world->a).rate_per_s, 20);
    size_t before = world->submit_count;
    world_pass(world, 199);
    assert_int_equal(world->submit_count, before);
    world_pass(world, 200);
    assert_true(world->submit_count > before);
    world_take(world, before, "x");
    world_pass(world, 1000);
    uint32_t slow = world_status(world, world->a).rate_per_s;
    assert_in_range(slow, 20, 25);
    world_pass(world, 20000);
    assert_int_equal(world_status(world, world->a).rate_per_s, 40); /* and not above it */
    world_free(world);
}

static void a_full_queue_at_the_carrier_pauses_longer(void **state)
{
    struct world *world = world_new();
    world_send(world, "x");
    world_answer(world, 0, ATTEMPT_THROTTLED, ESME_RMSGQFUL, "");
    world_pass(world, 1990);
    assert_int_equal(world->submit_count, 1);
    world_pass(world, 1100);
    assert_int_equal(world->submit_count, 2);
    world_free(world);
}

static void a_lane_without_a_rate_finds_one_and_forgets_it_again(void **state)
{
    struct world *world = world_new();
    world_send_many(world, 10);
    world_answer(world, 0, ATTEMPT_THROTTLED, ESME_RTHROTTLED, "");
    /* The first answer ever speaks for the ten that are out. */
    assert_int_equal(world_status(world, world->a).rate_per_s, 10);
    world_pass(world, 200000);
    assert_int_equal(world_status(world, world->a).rate_per_s, 0);
    world_free(world);
}

static void not_sent_is_made_again_at_once_and_is_no_duplicate(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    answer_and_settle(world, 0, ATTEMPT_NOT_SENT, 0);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world->submits[1].submit.attempt.v, world->submits[0].submit.attempt.v);
    assert_false(world_attempt(world, 1).possible_duplicate);
    world_take(world, 1, "x");
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    world_free(world);
}

static void a_lost_answer_is_resent_once_and_marked(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    answer_and_settle(world, 0, ATTEMPT_UNCERTAIN, 0);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world_attempt(world, 0).state, ATTEMPT_UNCERTAIN);
    assert_true(world_attempt(world, 1).possible_duplicate);
    assert_true(world->submits[1].submit.attempt.v != world->submits[0].submit.attempt.v);
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    answer_and_settle(world, 1, ATTEMPT_UNCERTAIN, 0);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    assert_int_equal(world_available(world), 999);
    assert_int_equal(world_status(world, world->a).uncertain, 2);
    world_free(world);
}

static void throttling_does_not_use_up_the_one_resend(void **state)
{
    struct world *world = world_new();
    world_send(world, "x");
    answer_and_settle(world, 0, ATTEMPT_UNCERTAIN, 0);
    world_answer(world, 1, ATTEMPT_THROTTLED, ESME_RTHROTTLED, "");
    world_pass(world, 1500);
    assert_int_equal(world->submit_count, 3);
    assert_true(world_attempt(world, 2).possible_duplicate);
    answer_and_settle(world, 2, ATTEMPT_NOT_SENT, 0);
    world_pass(world, 1500);
    assert_int_equal(world->submit_count, 4);
    assert_true(world_attempt(world, 3).possible_duplicate);
    answer_and_settle(world, 3, ATTEMPT_UNCERTAIN, 0);
    world_pass(world, 60000);
    assert_int_equal(world->submit_count, 4);
    world_free(world);
}

/* What the first lost answer leads to, under each policy, and a refusal of the resend. */
static void the_policy_decides_what_a_lost_answer_means(void **state)
{
    static const struct {
        const char *quirks;
        enum recipient_state state;
        size_t submits;
        int64_t available;
    } rows[] = {
        {"uncertain=resend", RECIPIENT_QUEUED, 2, 999},
        {"uncertain=wait", RECIPIENT_SENT, 1, 999},
        {"uncertain=fail", RECIPIENT_FAILED, 1, 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct provider_id b;
        struct world *world = two_providers(&b, rows[i].quirks);
        const struct command *sent = world_send(world, "x");
        answer_and_settle(world, 0, ATTEMPT_UNCERTAIN, 0);
        assert_int_equal(world_state(world, sent), rows[i].state);
        assert_int_equal(world->submit_count, rows[i].submits);
        assert_int_equal(world_available(world), rows[i].available);
        world_pass(world, 60000);
        assert_int_equal(world->submit_count, rows[i].submits);
        world_free(world);
    }
}

static void a_refused_resend_goes_no_further(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "");
    const struct command *sent = world_send(world, "x");
    answer_and_settle(world, 0, ATTEMPT_UNCERTAIN, 0);
    answer_and_settle(world, 1, ATTEMPT_REFUSED, ESME_RSUBMITFAIL);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT); /* the first may be on its way */
    assert_int_equal(world->submit_count, 2);
    world_free(world);
}

static void a_lost_link_resends_through_the_next_provider(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "");
    world_send(world, "x");
    struct command down = {.kind = COMMAND_LINK, .link = {world->a, 0}};
    world_ask(world, &down);
    world_ask_answer(world, 0, ATTEMPT_UNCERTAIN, 0, "");
    world_tick(world);
    world_settle(world);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world->submits[1].submit.provider.v, b.v);
    assert_true(world_attempt(world, 1).possible_duplicate);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taken_is_sent_and_keeps_the_carrier_s_id),
        cmocka_unit_test(an_answer_to_nothing_changes_nothing),
        cmocka_unit_test(
            refused_goes_to_the_next_provider_and_by_the_last_is_rejected_and_paid_back),
        cmocka_unit_test(a_refund_depends_on_what_the_message_asked_for),
        cmocka_unit_test(a_refusal_for_now_rests_and_comes_back_at_growing_intervals),
        cmocka_unit_test(others_pass_one_that_rests),
        cmocka_unit_test(one_refusal_for_now_among_final_ones_keeps_it_alive),
        cmocka_unit_test(a_thousand_refusals_for_now_stay_bounded_in_memory),
        cmocka_unit_test(throttled_is_the_same_attempt_again_and_keeps_its_place),
        cmocka_unit_test(throttling_slows_the_lane_and_quiet_lets_it_recover),
        cmocka_unit_test(a_full_queue_at_the_carrier_pauses_longer),
        cmocka_unit_test(a_lane_without_a_rate_finds_one_and_forgets_it_again),
        cmocka_unit_test(not_sent_is_made_again_at_once_and_is_no_duplicate),
        cmocka_unit_test(a_lost_answer_is_resent_once_and_marked),
        cmocka_unit_test(throttling_does_not_use_up_the_one_resend),
        cmocka_unit_test(the_policy_decides_what_a_lost_answer_means),
        cmocka_unit_test(a_refused_resend_goes_no_further),
        cmocka_unit_test(a_lost_link_resends_through_the_next_provider),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
