/* The month's quota pays first, the wallet the rest; what lapses and what comes back. */
#include "world.h"

#define RATE      500
#define DAY_MS    86400000ull
#define TWO_PARTS 200 /* characters */

/* 2026-10-31T12:00:00Z */
#define LATE_OCTOBER 1793448000000ull

static struct world *october(int64_t plan_quota)
{
    struct world *world = world_new();
    world->wall_ms = LATE_OCTOBER;
    struct command set = {.kind = COMMAND_PLAN_SET};
    set.plan_set = (struct plan_terms){PLAN_FREE, plan_quota};
    assert_int_equal(world_do(world, &set)->result, ERR_OK);
    world_pass(world, 2000); /* the month begins for everybody */
    return world;
}

static void assert_has(struct world *world, int64_t quota, int64_t wallet)
{
    assert_int_equal(world_balance(world, ASSET_QUOTA), quota);
    assert_int_equal(world_balance(world, ASSET_NGN), wallet);
}

static void the_quota_pays_first_and_the_wallet_the_rest(void **state)
{
    struct world *world = october(3);
    world_grant(world, ASSET_NGN, 2 * RATE);
    world_hurried(world, world_long_text(world, TWO_PARTS));
    assert_has(world, 1, 2 * RATE);
    const struct command *mixed = world_hurried(world, world_long_text(world, TWO_PARTS));
    assert_has(world, 0, RATE);
    assert_int_equal(world_recipient(world, mixed).message.quota, 1);
    assert_int_equal(world_recipient(world, mixed).message.price, RATE);
    assert_int_equal(world_hurried(world, world_long_text(world, TWO_PARTS))->result,
                     ERR_NO_CREDIT);
    assert_has(world, 0, RATE);
    assert_int_equal(world_hurried(world, "x")->result, ERR_OK);
    assert_has(world, 0, 0);
    world_free(world);
}

static void what_is_left_lapses_when_the_month_ends(void **state)
{
    struct world *world = october(5);
    world_hurried(world, "x");
    assert_has(world, 4, 0);
    world->wall_ms += DAY_MS;
    world_pass(world, 2000);
    assert_has(world, 5, 0);
    struct balance balance;
    assert_int_equal(store_balance(core_reader(world->core), world->account, ASSET_QUOTA, &balance),
                     ERR_OK);
    assert_int_equal(balance.expired, 4);
    assert_int_equal(balance.granted, 10);
    world_crash(world);
    world_pass(world, 5000);
    assert_has(world, 5, 0);
    world_free(world);
}

static void a_send_of_the_new_month_never_uses_the_old_ones_quota(void **state)
{
    struct world *world = october(0);
    world_grant(world, ASSET_QUOTA, 7);
    assert_has(world, 7, 0);
    world->wall_ms += DAY_MS; /* nobody has seen the month end yet */
    assert_int_equal(world_hurried(world, "x")->result, ERR_NO_CREDIT);
    assert_has(world, 0, 0);
    world_free(world);
}

static struct command *schedule(struct world *world, const char *text)
{
    struct command send = world_hurried_command(world, text);
    send.send.send_at_ms = world->wall_ms + 20 * DAY_MS;
    return world_do(world, &send);
}

static enum err cancel(struct world *world, const struct command *sent)
{
    struct command cancel = {.kind = COMMAND_CANCEL};
    cancel.cancel = (struct command_cancel){world->key, DIALECT_ROBASE, sent->send.message};
    return world_do(world, &cancel)->result;
}

static void a_cancel_returns_both_but_nothing_to_a_month_that_is_over(void **state)
{
    struct world *world = october(1);
    world_grant(world, ASSET_NGN, 10 * RATE);
    const struct command *first = schedule(world, world_long_text(world, TWO_PARTS));
    assert_has(world, 0, 9 * RATE);
    assert_int_equal(cancel(world, first), ERR_OK);
    assert_has(world, 1, 10 * RATE);
    const struct command *second = schedule(world, world_long_text(world, TWO_PARTS));
    world->wall_ms += DAY_MS;
    world_pass(world, 2000);
    assert_has(world, 1, 9 * RATE);
    assert_int_equal(cancel(world, second), ERR_OK);
    assert_has(world, 1, 10 * RATE);
    world_free(world);
}

static void a_failed_one_returns_the_wallets_part_alone(void **state)
{
    struct world *world = october(1);
    world_grant(world, ASSET_NGN, RATE);
    const struct command *sent = world_hurried(world, world_long_text(world, TWO_PARTS));
    world_take_all(world);
    assert_int_equal(world_receipt(world, world->a, "id-0", RECEIPT_UNDELIVERABLE), ERR_OK);
    assert_int_equal(world_state(world, sent), RECIPIENT_FAILED);
    assert_has(world, 0, RATE);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quota_pays_first_and_the_wallet_the_rest),
        cmocka_unit_test(what_is_left_lapses_when_the_month_ends),
        cmocka_unit_test(a_send_of_the_new_month_never_uses_the_old_ones_quota),
        cmocka_unit_test(a_cancel_returns_both_but_nothing_to_a_month_that_is_over),
        cmocka_unit_test(a_failed_one_returns_the_wallets_part_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
