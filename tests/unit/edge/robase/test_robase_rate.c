#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "edge/robase/robase_rate.h"

#define NOW 1800000000000ull

static const struct key_id alice = {1}, bob = {2};

static unsigned taken_of(struct robase_rate *rate, struct key_id key, unsigned endpoint,
                         uint64_t at_ms, unsigned tries)
{
    unsigned taken = 0;
    for (unsigned i = 0; i < tries; i++)
        taken += robase_rate_take(rate, key, endpoint, at_ms);
    return taken;
}

static void a_burst_passes_and_then_what_the_rate_gives(void **state)
{
    struct robase_rate rate = {.rate = 10, .burst = 10};
    assert_int_equal(taken_of(&rate, alice, 1, NOW, 15), 10);
    assert_int_equal(taken_of(&rate, alice, 1, NOW + 99, 5), 0);
    assert_int_equal(taken_of(&rate, alice, 1, NOW + 100, 5), 1);
    assert_int_equal(taken_of(&rate, alice, 1, NOW + 600, 9), 5);
    assert_int_equal(taken_of(&rate, alice, 1, NOW + 60000, 30), 10);
    robase_rate_done(&rate);
}

static void keys_and_endpoints_have_buckets_of_their_own(void **state)
{
    struct robase_rate rate = {.rate = 1, .burst = 2};
    assert_int_equal(taken_of(&rate, alice, 1, NOW, 9), 2);
    assert_int_equal(taken_of(&rate, alice, 2, NOW, 9), 2);
    assert_int_equal(taken_of(&rate, bob, 1, NOW, 9), 2);
    robase_rate_done(&rate);
}

static void rate_zero_limits_nothing(void **state)
{
    struct robase_rate rate = {.rate = 0, .burst = 1};
    assert_int_equal(taken_of(&rate, alice, 1, NOW, 1000), 1000);
    assert_int_equal(rate.full_at.count, 0);
    robase_rate_done(&rate);
}

static void a_burst_of_zero_still_lets_one_through(void **state)
{
    struct robase_rate rate = {.rate = 10, .burst = 0};
    assert_int_equal(taken_of(&rate, alice, 1, NOW, 5), 1);
    robase_rate_done(&rate);
}

static void a_clock_that_steps_back_locks_nobody_out_for_long(void **state)
{
    struct robase_rate rate = {.rate = 10, .burst = 10};
    assert_int_equal(taken_of(&rate, alice, 1, NOW, 10), 10);
    assert_int_equal(taken_of(&rate, alice, 1, NOW - 3600000, 1), 0);
    assert_int_equal(taken_of(&rate, alice, 1, NOW - 3600000 + 1000, 20), 10);
    robase_rate_done(&rate);
}

static void there_are_never_more_buckets_than_the_bound(void **state)
{
    struct robase_rate rate = {.rate = 10, .burst = 10};
    for (uint64_t key = 1; key <= 3 * ROBASE_BUCKETS_MAX; key++) {
        assert_true(robase_rate_take(&rate, (struct key_id){key}, 1, NOW));
        assert_in_range(rate.full_at.count, 1, ROBASE_BUCKETS_MAX);
    }
    robase_rate_done(&rate);
}

static void full_buckets_make_room_for_others_first(void **state)
{
    struct robase_rate rate = {.rate = 10, .burst = 10};
    for (uint64_t key = 1; key < ROBASE_BUCKETS_MAX; key++)
        robase_rate_take(&rate, (struct key_id){key + 10}, 1, NOW);
    assert_int_equal(taken_of(&rate, alice, 1, NOW + 5000, 10), 10);
    assert_int_equal(taken_of(&rate, bob, 1, NOW + 5000, 1), 1);
    assert_int_equal(rate.full_at.count, 2);
    assert_int_equal(taken_of(&rate, alice, 1, NOW + 5000, 1), 0);
    robase_rate_done(&rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_and_then_what_the_rate_gives),
        cmocka_unit_test(keys_and_endpoints_have_buckets_of_their_own),
        cmocka_unit_test(rate_zero_limits_nothing),
        cmocka_unit_test(a_burst_of_zero_still_lets_one_through),
        cmocka_unit_test(a_clock_that_steps_back_locks_nobody_out_for_long),
        cmocka_unit_test(there_are_never_more_buckets_than_the_bound),
        cmocka_unit_test(full_buckets_make_room_for_others_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
