/* Messages of test keys: nobody gets them, they cost nothing, and they live as others do. */
#include "world.h"

static struct command *rehearse(struct world *world, struct key_id key, uint64_t number)
{
    struct command send = world_hurried_command(world, "x");
    send.send.key = key;
    send.send.number = number;
    return world_do(world, &send);
}

#define SOON 2348031112222
#define LATE 2340000000003

static void they_are_taken_at_once_and_delivered_when_their_number_says(void **state)
{
    struct world *world = world_new();
    struct key_id key = world_key(world, world->account, 3, true, "");
    const struct command *soon = rehearse(world, key, SOON);
    assert_int_equal(world_state(world, soon), RECIPIENT_QUEUED);
    const struct command *late = rehearse(world, key, LATE);
    world_settle(world);
    assert_int_equal(world_state(world, soon), RECIPIENT_SENT);
    world_pass(world, 100);
    world_settle(world);
    assert_int_equal(world_state(world, soon), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, late), RECIPIENT_SENT);
    world_pass(world, 28000);
    assert_int_equal(world_state(world, late), RECIPIENT_SENT);
    world_pass(world, 3000);
    assert_int_equal(world_state(world, late), RECIPIENT_DELIVERED);
    assert_int_equal(world->submit_count, 0);
    assert_int_equal(world_balance(world, ASSET_NGN), 0);
    world_free(world);
}

static void a_restart_on_the_way_loses_none(void **state)
{
    struct world *world = world_new();
    struct key_id key = world_key(world, world->account, 3, true, "");
    const struct command *taken = rehearse(world, key, LATE);
    world_settle(world);
    const struct command *fresh = rehearse(world, key, LATE);
    world_crash(world);
    world_pass(world, 32000);
    assert_int_equal(world_state(world, taken), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, fresh), RECIPIENT_DELIVERED);
    world_free(world);
}

static void a_failing_store_only_delays_them(void **state)
{
    for (unsigned nth = 1; nth < 5; nth++) {
        struct world *world = world_new();
        struct key_id key = world_key(world, world->account, 3, true, "");
        const struct command *sent = rehearse(world, key, SOON);
        memory_fail_write(world->store, nth);
        world_pass(world, 3000);
        assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
        world_free(world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_taken_at_once_and_delivered_when_their_number_says),
        cmocka_unit_test(a_restart_on_the_way_loses_none),
        cmocka_unit_test(a_failing_store_only_delays_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
