/* Receipts that match nothing yet, open ones over a restart, and a store that cannot commit. */
#include "world.h"

#include <stdio.h>

#define MINUTE_MS 60000u

static enum err delivered(struct world *world, const char *carrier_id)
{
    return world_receipt(world, world->a, carrier_id, RECEIPT_DELIVERED);
}

static size_t parked_count(const struct world *world)
{
    return world->core->receipts.parked_count;
}

static void count_row(void *user, const struct parked_receipt *parked)
{
    ++*(size_t *)user;
}

static size_t parked_in_store(const struct world *world)
{
    size_t count = 0;
    struct store_visitor visitor = {.user = &count, .parked = count_row};
    assert_int_equal(store_visit(core_reader(world->core), &visitor), ERR_OK);
    return count;
}

static void what_nobody_claims_goes_after_ten_minutes(void **state)
{
    struct world *world = world_new();
    assert_int_equal(delivered(world, "nobody"), ERR_OK);
    world_pass(world, 5 * MINUTE_MS);
    assert_int_equal(delivered(world, "nobody either"), ERR_OK);
    assert_int_equal(parked_in_store(world), 2);
    world_pass(world, 5 * MINUTE_MS + 1000);
    assert_int_equal(parked_count(world), 1);
    assert_int_equal(parked_in_store(world), 1);
    world_pass(world, 5 * MINUTE_MS + 1000);
    assert_int_equal(parked_count(world), 0);
    assert_int_equal(parked_in_store(world), 0);
    world_free(world);
}

static void a_second_receipt_for_nobody_is_kept_beside_the_first(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    world_receipt(world, world->a, "7", RECEIPT_REJECTED);
    delivered(world, "7");
    assert_int_equal(parked_count(world), 2);
    world_take(world, 0, "7");
    world_settle(world);
    assert_int_equal(parked_count(world), 0);
    assert_true(world_state(world, sent) == RECIPIENT_FAILED ||
                world_state(world, sent) == RECIPIENT_DELIVERED);
    world_free(world);
}

static void over_the_limit_the_carrier_is_asked_to_send_again(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    for (size_t i = 0; i < PARKED_MAX; i++) {
        char id[16];
        snprintf(id, sizeof id, "nobody-%zu", i);
        assert_int_equal(delivered(world, id), ERR_OK);
    }
    assert_int_equal(delivered(world, "one more"), ERR_OVERLOADED);
    world_take(world, 0, "7");
    assert_int_equal(delivered(world, "7"), ERR_OK); /* who is known needs no room */
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    world_pass(world, 11 * MINUTE_MS);
    assert_int_equal(delivered(world, "one more"), ERR_OK);
    world_free(world);
}

static void parked_ones_survive_a_crash_and_find_their_message(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    delivered(world, "7");
    delivered(world, "6699");
    world_crash(world);
    assert_int_equal(parked_count(world), 2);
    world_link(world, world->a, 1);
    world_settle(world);
    world_take(world, 1, "7"); /* the resend */
    world_settle(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    const struct command *next = world_send(world, "y");
    world_take(world, 2, "1a2b");
    world_settle(world);
    assert_int_equal(world_state(world, next), RECIPIENT_DELIVERED);
    assert_int_equal(parked_in_store(world), 0);
    world_free(world);
}

static void open_ones_survive_a_crash(void **state)
{
    struct world *world = world_new();
    world_send_many(world, 3);
    world_take(world, 0, "final");
    delivered(world, "final");
    world_take(world, 1, "open");
    world_take(world, 2, "1a2b");
    world_crash(world);
    assert_int_equal(world->core->receipts.open.count + world->core->receipts.open_before.count, 2);
    delivered(world, "6699");
    delivered(world, "open");
    world_settle(world);
    assert_int_equal(world_attempt(world, 1).receipt, RECEIPT_DELIVERED);
    assert_int_equal(world_attempt(world, 2).receipt, RECEIPT_DELIVERED);
    assert_int_equal(world->core->receipts.open.count + world->core->receipts.open_before.count, 0);
    world_free(world);
}

static void receipts_that_never_come_are_forgotten_in_the_end(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    world_take(world, 0, "7");
    for (int day = 0; day < 8; day++) {
        world->wall_ms += 24ull * 60 * MINUTE_MS;
        world->mono_ms += 24ull * 60 * MINUTE_MS;
        world_tick(world);
    }
    assert_int_equal(world->core->receipts.open.count + world->core->receipts.open_before.count, 0);
    assert_int_equal(delivered(world, "7"), ERR_OK);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    world_free(world);
}

/* The first commit fails: the carrier is asked to send again, and then all is as it should be. */
static void a_receipt_that_cannot_be_written_is_not_acknowledged(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    world_take(world, 0, "7");
    memory_fail_write(world->store, 1);
    assert_int_equal(delivered(world, "7"), ERR_STORE_UNAVAILABLE);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    memory_fail_write(world->store, 1);
    assert_int_equal(delivered(world, "nobody"), ERR_STORE_UNAVAILABLE);
    assert_int_equal(parked_count(world), 0);
    assert_int_equal(delivered(world, "7"), ERR_OK);
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    world_free(world);
}

static void a_parked_one_whose_match_cannot_be_written_is_tried_again(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    delivered(world, "7");
    world_take(world, 0, "7");
    memory_fail_write(world->store, 1);
    world_settle(world);
    assert_int_equal(parked_in_store(world), 1);
    world_pass(world, 200);
    world_settle(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    assert_int_equal(parked_count(world), 0);
    assert_int_equal(parked_in_store(world), 0);
    world_free(world);
}

static void one_whose_end_cannot_be_written_goes_the_next_time(void **state)
{
    struct world *world = world_new();
    delivered(world, "nobody");
    world->mono_ms += 11 * MINUTE_MS;
    memory_fail_write(world->store, 1);
    world_tick(world);
    assert_int_equal(parked_count(world), 1);
    world_pass(world, 3000);
    assert_int_equal(parked_count(world), 0);
    assert_int_equal(parked_in_store(world), 0);
    world_free(world);
}

static void answers_that_bring_ids_late_still_find_what_is_parked(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    delivered(world, "7");
    memory_fail_write(world->store, 1);
    world_take(world, 0, "7"); /* kept */
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    world_pass(world, 1000);
    world_settle(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_claims_goes_after_ten_minutes),
        cmocka_unit_test(a_second_receipt_for_nobody_is_kept_beside_the_first),
        cmocka_unit_test(over_the_limit_the_carrier_is_asked_to_send_again),
        cmocka_unit_test(parked_ones_survive_a_crash_and_find_their_message),
        cmocka_unit_test(open_ones_survive_a_crash),
        cmocka_unit_test(receipts_that_never_come_are_forgotten_in_the_end),
        cmocka_unit_test(a_receipt_that_cannot_be_written_is_not_acknowledged),
        cmocka_unit_test(a_parked_one_whose_match_cannot_be_written_is_tried_again),
        cmocka_unit_test(one_whose_end_cannot_be_written_goes_the_next_time),
        cmocka_unit_test(answers_that_bring_ids_late_still_find_what_is_parked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
