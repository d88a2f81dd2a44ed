/* Messages that wait for their time. The world releases eight in a tick. */
#include "world.h"

#define MINUTE_MS 60000ull
#define WALLET    100000
#define RATE      500

static struct world *rich_world(void)
{
    struct world *world = world_new();
    world_grant(world, ASSET_NGN, WALLET);
    return world;
}

static struct command *schedule(struct world *world, const char *text, uint64_t in_ms)
{
    struct command send = world_hurried_command(world, text);
    send.send.send_at_ms = world->wall_ms + in_ms;
    struct command *sent = world_do(world, &send);
    assert_int_equal(sent->result, ERR_OK);
    return sent;
}

static struct command *ask_cancel(struct world *world, const struct command *sent)
{
    struct command cancel = {.kind = COMMAND_CANCEL};
    cancel.cancel = (struct command_cancel){world->key, DIALECT_ROBASE, sent->send.message};
    return world_ask(world, &cancel);
}

static struct store_recipient story(struct world *world, const struct command *sent)
{
    struct store_recipient row;
    assert_int_equal(store_story(core_reader(world->core), sent->send.message, &world->arena, &row),
                     ERR_OK);
    return row;
}

static void it_leaves_at_its_time_and_not_before(void **state)
{
    struct world *world = rich_world();
    const struct command *sent = schedule(world, "later", MINUTE_MS);
    assert_int_equal(story(world, sent).recipient.state, RECIPIENT_SCHEDULED);
    world_pass(world, MINUTE_MS - 2000);
    assert_int_equal(world->submit_count, 0);
    world_pass(world, 3000);
    assert_int_equal(world->submit_count, 1);
    world_take_all(world);
    struct store_recipient row = story(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_SENT);
    assert_int_equal(row.recipient.id.v, row.message.released.v);
    assert_int_equal(world_balance(world, ASSET_NGN), WALLET - RATE);
    world_free(world);
}

static void many_leave_in_the_order_of_their_times_over_a_restart(void **state)
{
    struct world *world = rich_world();
    for (unsigned i = 0; i < 60; i++)
        schedule(world, arena_printf(&world->arena, "%u", 59 - i).at, MINUTE_MS + (59 - i) * 1000);
    world_pass(world, MINUTE_MS + 30000);
    world_take_all(world);
    size_t before = world->submit_count;
    assert_in_range(before, 29, 33);
    world_crash(world);
    world_link(world, world->a, 1);
    world_pass(world, 40000);
    world_take_all(world);
    assert_int_equal(world->submit_count, 60);
    for (unsigned i = 0; i < 60; i++)
        assert_string_equal(world_text(world, i), arena_printf(&world->arena, "%u", i).at);
    world_free(world);
}

static void a_cancelled_one_never_leaves_and_is_paid_back(void **state)
{
    struct world *world = rich_world();
    const struct command *sent = schedule(world, "later", MINUTE_MS);
    assert_int_equal(world_balance(world, ASSET_NGN), WALLET - RATE);
    const struct command *first = ask_cancel(world, sent), *second = ask_cancel(world, sent);
    world_tick(world);
    assert_int_equal(first->result, ERR_OK);
    assert_int_equal(second->result, ERR_STALE);
    assert_int_equal(story(world, sent).recipient.state, RECIPIENT_CANCELLED);
    assert_int_equal(world_balance(world, ASSET_NGN), WALLET);
    world_crash(world);
    world_link(world, world->a, 1);
    world_pass(world, 2 * MINUTE_MS);
    assert_int_equal(world->submit_count, 0);
    world_free(world);
}

static void from_its_time_on_it_cannot_be_cancelled(void **state)
{
    struct world *world = rich_world();
    const struct command *sent = schedule(world, "later", MINUTE_MS);
    world->wall_ms += MINUTE_MS; /* no tick has seen the time yet */
    const struct command *cancel = ask_cancel(world, sent);
    world_tick(world);
    assert_int_equal(cancel->result, ERR_STALE);
    world_pass(world, 2000);
    world_take_all(world);
    assert_int_equal(world->submit_count, 1);
    world_free(world);
}

static void only_its_owner_cancels_it(void **state)
{
    struct world *world = rich_world();
    const struct command *sent = schedule(world, "later", MINUTE_MS);
    struct key_id test_key = world_key(world, world->account, 9, true, "");
    struct key_id other = world_key(world, world_account(world, 10), 8, false, "");
    const struct {
        struct key_id key;
        enum dialect dialect;
    } rows[] = {{test_key, DIALECT_ROBASE}, {other, DIALECT_ROBASE}, {world->key, DIALECT_HEP}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct command cancel = {.kind = COMMAND_CANCEL};
        cancel.cancel = (struct command_cancel){rows[i].key, rows[i].dialect, sent->send.message};
        assert_int_equal(world_do(world, &cancel)->result, ERR_NOT_FOUND);
    }
    world_free(world);
}

static void a_failing_store_loses_none_and_sends_none_twice(void **state)
{
    for (unsigned nth = 1; nth < 12; nth++) {
        struct world *world = rich_world();
        for (unsigned i = 0; i < 20; i++)
            schedule(world, "x", MINUTE_MS);
        world->wall_ms += MINUTE_MS + 1000;
        memory_fail_write(world->store, nth);
        world_pass(world, 5000);
        memory_fail_write(world->store, 0);
        world_take_all(world);
        world_pass(world, 5000);
        world_take_all(world);
        assert_int_equal(world->submit_count, 20);
        world_free(world);
    }
}

static void more_than_memory_holds_wait_in_the_queue_on_disk(void **state)
{
    struct world *world = rich_world();
    world_link(world, world->a, 0);
    for (unsigned i = 0; i < 150; i++)
        schedule(world, "x", MINUTE_MS);
    world_pass(world, MINUTE_MS + 5000);
    assert_true(world->core->dispatch.pendings.count <= LOADED_MAX + RELEASE_PAGE);
    world_link(world, world->a, 1);
    world_take_all(world);
    assert_int_equal(world->submit_count, 150);
    world_free(world);
}

static void without_a_route_at_its_time_it_has_failed_and_is_paid_back(void **state)
{
    struct world *world = world_new_bare();
    world_grant(world, ASSET_NGN, WALLET);
    const struct command *sent = schedule(world, "later", MINUTE_MS);
    world_pass(world, MINUTE_MS + 2000);
    assert_int_equal(story(world, sent).recipient.state, RECIPIENT_FAILED);
    assert_int_equal(world_balance(world, ASSET_NGN), WALLET);
    world_free(world);
}

static void the_retry_window_begins_at_its_time(void **state)
{
    struct world *world = rich_world();
    struct command send = world_hurried_command(world, "patient");
    send.send.rules &= ~(unsigned)SEND_IMPATIENT;
    send.send.send_at_ms = world->wall_ms + world->retry_window_ms;
    const struct command *sent = world_do(world, &send);
    world_link(world, world->a, 0);
    world->wall_ms += world->retry_window_ms;
    world->mono_ms += world->retry_window_ms;
    world_pass(world, 5000);
    assert_int_equal(story(world, sent).recipient.state, RECIPIENT_QUEUED);
    world_link(world, world->a, 1);
    world_take_all(world);
    assert_int_equal(world->submit_count, 1);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_leaves_at_its_time_and_not_before),
        cmocka_unit_test(many_leave_in_the_order_of_their_times_over_a_restart),
        cmocka_unit_test(a_cancelled_one_never_leaves_and_is_paid_back),
        cmocka_unit_test(from_its_time_on_it_cannot_be_cancelled),
        cmocka_unit_test(only_its_owner_cancels_it),
        cmocka_unit_test(a_failing_store_loses_none_and_sends_none_twice),
        cmocka_unit_test(more_than_memory_holds_wait_in_the_queue_on_disk),
        cmocka_unit_test(without_a_route_at_its_time_it_has_failed_and_is_paid_back),
        cmocka_unit_test(the_retry_window_begins_at_its_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
