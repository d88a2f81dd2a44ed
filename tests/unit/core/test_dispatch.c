/* Which submit leaves when: order, window, rate, and queues that go over disk. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

/* The texts of the submits from `first` on are the numbers from `number` on. */
static void assert_submits(const struct world *world, size_t first, size_t count, size_t number)
{
    assert_int_equal(world->submit_count, first + count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(strtoul(world_text(world, first + i), NULL, 10), number + i);
}

static void no_more_is_out_than_all_windows_hold_and_answers_make_room(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 2);
    world_send_many(world, 50);
    assert_submits(world, 0, 20, 0);
    world_settle(world);
    assert_submits(world, 0, 20, 0);
    for (size_t i = 0; i < 5; i++)
        world_ask_answer(world, i * 3, ATTEMPT_TAKEN, 0, "x");
    world_tick(world);
    world_settle(world);
    assert_submits(world, 0, 25, 0);
    world_take_all(world);
    assert_submits(world, 0, 50, 0);
    world_free(world);
}

static void fewer_sessions_let_nothing_more_out_until_the_rest_is_answered(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 2);
    world_send_many(world, 30);
    world_link(world, world->a, 1);
    for (size_t i = 0; i < 10; i++)
        world_take(world, i, "x");
    world_settle(world);
    assert_int_equal(world->submit_count, 20);
    world_take(world, 10, "x");
    world_settle(world);
    assert_submits(world, 0, 21, 0);
    world_free(world);
}

static void a_smaller_window_counts_at_once(void **state)
{
    struct world *world = world_new();
    world_send_many(world, 30);
    assert_int_equal(
        world_set_provider(world, "a", PROVIDER_WINDOW, (struct provider){.window = 1}), ERR_OK);
    for (size_t i = 0; i < 9; i++)
        world_take(world, i, "x");
    world_settle(world);
    assert_int_equal(world->submit_count, 10);
    world_take(world, 9, "x");
    world_settle(world);
    assert_submits(world, 0, 11, 0);
    world_free(world);
}

static void a_long_message_without_room_is_not_overtaken(void **state)
{
    struct world *world = world_new();
    world_send_many(world, 9); /* room for one more */
    struct command *longer = world_ask_send(world, world_long_text(world, 400));
    struct command *next = world_ask_send(world, "next");
    world_tick(world);
    world_settle(world);
    assert_int_equal(world->submit_count, 10);
    assert_int_equal(world_submit_of(world, longer, 0), 9); /* its first segment took the place */
    world_take(world, 0, "x");
    world_take(world, 1, "x");
    world_settle(world);
    assert_int_equal(world_submit_of(world, longer, 2), 11);
    world_take(world, 2, "x");
    world_settle(world);
    assert_int_equal(world_submit_of(world, next, 0), 12);
    world_free(world);
}

static void segments_leave_one_by_one_through_a_window_of_one(void **state)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 1, 0, "");
    world_route(world, "*", "a");
    world_link(world, world->a, 1);
    const struct command *longer = world_send(world, world_long_text(world, 700));
    const struct command *next = world_send(world, "next");
    for (size_t i = 0; i < 5; i++) {
        world_settle(world);
        assert_int_equal(world->submit_count, i + 1);
        assert_int_equal(world->submits[i].submit.segment.number, i + 1);
        assert_int_equal(world->submits[i].submit.segment.total, 5);
        assert_int_equal(world_submit_of(world, longer, i), i);
        world_take(world, i, "x");
    }
    world_settle(world);
    assert_int_equal(world_submit_of(world, next, 0), 5);
    assert_int_equal(world_state(world, longer), RECIPIENT_SENT);
    world_free(world);
}

/* Counts what left in the `width_ms` that begin with the submit of that index. */
static size_t count_within(const struct world *world, size_t first, uint64_t width_ms)
{
    size_t count = 0;
    for (size_t i = first; i < world->submit_count; i++)
        count += world->submits[i].at_mono_ms < world->submits[first].at_mono_ms + width_ms;
    return count;
}

/* What a sleepy timer may save up is the tokens of 100 ms. */
static void assert_rate(const struct world *world, uint32_t tps)
{
    for (size_t i = 0; i < world->submit_count; i++) {
        assert_true(count_within(world, i, 1000) <= tps + tps / 10);
        assert_true(count_within(world, i, 10000) <= 10u * tps + tps / 10);
    }
}

static void pass_and_take(struct world *world, uint64_t ms)
{
    for (uint64_t end_ms = world->mono_ms + ms; world->mono_ms < end_ms; world_pass(world, 10))
        for (size_t i = 0; i < world->submit_count; i++)
            if (!world->submits[i].answered) world_ask_answer(world, i, ATTEMPT_TAKEN, 0, "x");
}

static void the_rate_is_kept_to_over_any_second_and_made_use_of(void **state)
{
    static const struct {
        uint32_t tps;
        size_t size;
    } rows[] = {{1, 1}, {3, 700}, {10, 1}, {20, 400}, {50, 1}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *world = world_new_bare();
        world->a = world_provider(world, "a", 100, rows[i].tps, "");
        world_route(world, "*", "a");
        world_link(world, world->a, 1);
        world_pass(world, 5000); /* nothing is saved up for so long */
        for (size_t k = 0; k < rows[i].tps * 12; k++)
            world_ask_send(world, world_long_text(world, rows[i].size));
        world_tick(world);
        pass_and_take(world, 10000);
        assert_rate(world, rows[i].tps);
        assert_true(world->submit_count + 2 >= 10u * rows[i].tps);
        world_free(world);
    }
}

static void messages_over_the_memory_s_share_wait_on_disk_and_come_back_in_order(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 0);
    struct command **sent = world_send_many(world, 300);
    assert_true(world->core->dispatch.pendings.count <= LOADED_MAX);
    assert_true(world_lane(world, world->a)->more_on_disk);
    assert_true(world_status(world, world->a).more_on_disk);
    assert_int_equal(world->submit_count, 0);
    world_link(world, world->a, 1);
    world_settle(world);
    assert_submits(world, 0, 10, 0);
    assert_true(world->core->dispatch.pendings.count <= LOADED_MAX + 10);
    world_send(world, "300"); /* waits its turn */
    world_take_all(world);
    assert_submits(world, 0, 301, 0);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(world_state(world, sent[i]), RECIPIENT_SENT);
    assert_false(world_lane(world, world->a)->more_on_disk);
    assert_int_equal(world->core->dispatch.pendings.count, 0);
    world_free(world);
}

static void what_waits_on_disk_survives_a_crash_in_order(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 0);
    world_send_many(world, 150);
    world_crash(world);
    world_send(world, "150");
    world_settle(world);
    world_link(world, world->a, 1);
    world_settle(world);
    world_take_all(world);
    assert_submits(world, 0, 151, 0);
    world_free(world);
}

static void an_idle_core_waits_and_does_not_spin(void **state)
{
    struct world *world = world_new();
    world_settle(world);
    assert_in_range(core_wait_ms(world->core), 1, 1000);
    world_link(world, world->a, 0);
    world_send_many(world, 100);
    world_settle(world);
    assert_in_range(core_wait_ms(world->core), 1, 1000);
    assert_true(core_is_quiet(world->core));
    world_link(world, world->a, 1);
    world_settle(world);
    assert_in_range(core_wait_ms(world->core), 1, 1000); /* the window is full */
    assert_false(core_is_quiet(world->core));
    world_take_all(world);
    assert_true(core_is_quiet(world->core));
    world_free(world);
}

static void a_core_told_to_stop_hands_nothing_out_and_accepts_still(void **state)
{
    struct world *world = world_new();
    world_send_many(world, 15);
    struct command stop = {.kind = COMMAND_STOP_SENDING};
    world_do(world, &stop);
    struct command **late = world_send_many(world, 3);
    for (size_t i = 0; i < 10; i++)
        world_take(world, i, "x");
    world_pass(world, 5000);
    assert_int_equal(world->submit_count, 10);
    assert_true(core_is_quiet(world->core));
    assert_int_equal(late[2]->result, ERR_OK);
    world_crash(world);
    world_link(world, world->a, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 18);
    assert_string_equal(world_text(world, 14), "14");
    assert_int_equal(world_submit_of(world, late[0], 0), 15);
    world_free(world);
}

static void a_stopped_core_leaves_what_was_out_to_the_next_run(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    world_crash_stopped(world);
    struct command link = {.kind = COMMAND_LINK, .link = {world->a, 1}};
    world_do(world, &link);
    const struct command *during = world_send(world, "y");
    world_pass(world, 3000);
    assert_int_equal(during->result, ERR_OK);
    assert_int_equal(world->submit_count, 1);
    assert_int_equal(world_attempt(world, 0).state, ATTEMPT_INTENT);
    world_crash(world);
    assert_int_equal(world_attempt(world, 0).state, ATTEMPT_UNCERTAIN);
    world_link(world, world->a, 1);
    world_take_all(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    assert_int_equal(world_state(world, during), RECIPIENT_SENT);
    assert_int_equal(world->submit_count, 3);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_more_is_out_than_all_windows_hold_and_answers_make_room),
        cmocka_unit_test(fewer_sessions_let_nothing_more_out_until_the_rest_is_answered),
        cmocka_unit_test(a_smaller_window_counts_at_once),
        cmocka_unit_test(a_long_message_without_room_is_not_overtaken),
        cmocka_unit_test(segments_leave_one_by_one_through_a_window_of_one),
        cmocka_unit_test(the_rate_is_kept_to_over_any_second_and_made_use_of),
        cmocka_unit_test(messages_over_the_memory_s_share_wait_on_disk_and_come_back_in_order),
        cmocka_unit_test(what_waits_on_disk_survives_a_crash_in_order),
        cmocka_unit_test(an_idle_core_waits_and_does_not_spin),
        cmocka_unit_test(a_core_told_to_stop_hands_nothing_out_and_accepts_still),
        cmocka_unit_test(a_stopped_core_leaves_what_was_out_to_the_next_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
