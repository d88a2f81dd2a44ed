/* The retry window: what no carrier has taken when it ends. */
#include "world.h"

#define HOUR_MS (60ull * 60 * 1000)

static void assert_expired(struct world *world, const struct command *sent)
{
    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_EXPIRED);
    assert_string_equal(row.recipient.error_word, "retry_window");
}

/* A day is long in steps of a second. */
static void jump(struct world *world, uint64_t ms)
{
    world->wall_ms += ms;
    world->mono_ms += ms;
    world_tick(world);
    world_settle(world);
}

static void a_message_that_found_no_carrier_expires_and_its_price_comes_back(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 0);
    const struct command *first = world_send(world, world_long_text(world, 400));
    jump(world, 12 * HOUR_MS);
    const struct command *second = world_send(world, "y");
    jump(world, 12 * HOUR_MS - 1000);
    world_pass(world, 999);
    assert_int_equal(world_state(world, first), RECIPIENT_QUEUED);
    assert_int_equal(world_available(world), 996);
    world_pass(world, 1001);
    assert_expired(world, first);
    assert_int_equal(world_state(world, second), RECIPIENT_QUEUED);
    assert_int_equal(world_available(world), 999);
    jump(world, 12 * HOUR_MS);
    assert_expired(world, second);
    assert_int_equal(world_available(world), 1000);
    assert_int_equal(world->core->dispatch.pendings.count, 0);
    world_link(world, world->a, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 0);
    world_free(world);
}

static void what_waits_on_disk_expires_too(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 0);
    struct command **sent = world_send_many(world, 200);
    jump(world, 24 * HOUR_MS);
    world_pass(world, 30000);
    for (size_t i = 0; i < 200; i++)
        assert_expired(world, sent[i]);
    assert_int_equal(world_available(world), 1000);
    world_free(world);
}

static void a_carrier_that_comes_back_late_gets_nothing_stale(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 0);
    struct command **sent = world_send_many(world, 200);
    world->wall_ms += 24 * HOUR_MS; /* no tick in between: the bind is the first to be heard of */
    world->mono_ms += 24 * HOUR_MS;
    world_link(world, world->a, 1);
    for (int i = 0; i < 60; i++) {
        world_settle(world);
        world_pass(world, 500);
    }
    assert_int_equal(world->submit_count, 0);
    for (size_t i = 0; i < 200; i++)
        assert_expired(world, sent[i]);
    world_free(world);
}

static void one_that_a_carrier_has_in_part_does_not_hold_up_the_others(void **state)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 1, 0, "");
    world_route(world, "*", "a");
    world_link(world, world->a, 1);
    const struct command *longer = world_send(world, world_long_text(world, 300));
    const struct command *next = world_send(world, "next");
    world_settle(world);
    world_ask_answer(world, 0, ATTEMPT_TAKEN, 0, "x");
    world_link(world, world->a, 0); /* in the same tick: the second segment has not left */
    world_settle(world);
    assert_int_equal(world->submit_count, 1);
    jump(world, 24 * HOUR_MS);
    world_pass(world, 2000);
    assert_expired(world, next);
    /* The half that was taken is paid for; the rest will never come. */
    assert_expired(world, longer);
    assert_int_equal(world_available(world), 998);
    world_free(world);
}

static void one_that_is_out_waits_for_its_answer_first(void **state)
{
    struct world *world = world_new();
    const struct command *taken = world_send(world, "x");
    const struct command *unsent = world_send(world, "y");
    const struct command *lost = world_send(world, "z");
    jump(world, 24 * HOUR_MS + 5000);
    assert_int_equal(world_state(world, taken), RECIPIENT_QUEUED);
    world_take(world, 0, "x");
    world_answer(world, 1, ATTEMPT_NOT_SENT, 0, "");
    world_answer(world, 2, ATTEMPT_UNCERTAIN, 0, "");
    world_settle(world);
    world_pass(world, 2000);
    assert_int_equal(world_state(world, taken), RECIPIENT_SENT);
    assert_expired(world, unsent);
    assert_expired(world, lost); /* the resend is too late */
    assert_int_equal(world->submit_count, 3);
    world_free(world);
}

static void one_that_rests_after_a_refusal_expires_in_time(void **state)
{
    struct world *world = world_new_bare();
    world->retry_window_ms = 60000;
    world_crash(world);
    world->a = world_provider(world, "a", 10, 0, "");
    world_route(world, "*", "a");
    world_link(world, world->a, 1);
    const struct command *sent = world_send(world, "x");
    for (int i = 0; i < 4; i++) {
        world_answer(world, (size_t)i, ATTEMPT_REFUSED, ESME_RSYSERR, "");
        if (i < 3) world_pass(world, (5000u << i) + 1000);
    }
    assert_int_equal(world->submit_count, 4); /* now it rests for 40 s, and 22 are left */
    world_pass(world, 21000);
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    world_pass(world, 3000);
    assert_expired(world, sent);
    assert_int_equal(world->submit_count, 4);
    world_free(world);
}

static void the_clock_of_a_test_moves_the_window_and_survives_a_crash(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 0);
    const struct command *sent = world_send(world, "x");
    struct command advance = {.kind = COMMAND_CLOCK_ADVANCE, .advance_ms = 24 * HOUR_MS};
    assert_int_equal(world_do(world, &advance)->result, ERR_OK);
    world_pass(world, 1001);
    assert_expired(world, sent);
    uint64_t wall_ms = clock_wall_ms(&world->clock);
    world->clock.offset_ms = 0; /* another process */
    world_crash(world);
    assert_int_equal(clock_wall_ms(&world->clock), wall_ms);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_that_found_no_carrier_expires_and_its_price_comes_back),
        cmocka_unit_test(what_waits_on_disk_expires_too),
        cmocka_unit_test(a_carrier_that_comes_back_late_gets_nothing_stale),
        cmocka_unit_test(one_that_a_carrier_has_in_part_does_not_hold_up_the_others),
        cmocka_unit_test(one_that_is_out_waits_for_its_answer_first),
        cmocka_unit_test(one_that_rests_after_a_refusal_expires_in_time),
        cmocka_unit_test(the_clock_of_a_test_moves_the_window_and_survives_a_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
