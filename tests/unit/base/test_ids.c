#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/ids.h"

static const uint64_t now_ms = 1790000000123;

static void a_key_tells_when_it_was_made(void **state)
{
    struct id_source source = {0};
    assert_int_equal(id_ms(id_next(&source, now_ms)), now_ms);
    assert_int_equal(id_ms(id_next(&source, now_ms + 5)), now_ms + 5);
}

static void keys_grow_whatever_the_clock_does(void **state)
{
    struct id_source source = {0};
    static const int64_t steps_ms[] = {0, 0, 1, -1, 1000, -5000, 0, 4000, 1, -1000000, 7};
    uint64_t clock_ms = now_ms, last = 0;
    for (unsigned i = 0; i < 10000; i++) {
        clock_ms += (uint64_t)steps_ms[i % (sizeof steps_ms / sizeof *steps_ms)];
        uint64_t key = id_next(&source, clock_ms);
        assert_true(key > last);
        last = key;
    }
}

static void a_burst_runs_ahead_of_the_clock_and_is_caught_up_with(void **state)
{
    struct id_source source = {0};
    uint64_t first = id_next(&source, now_ms), last = first;
    for (unsigned i = 0; i < 3 * 16384; i++) {
        uint64_t key = id_next(&source, now_ms);
        assert_true(key > last);
        last = key;
    }
    assert_int_equal(id_ms(last), now_ms + 3);
    assert_int_equal(id_ms(id_next(&source, now_ms + 3)), now_ms + 3);
    assert_int_equal(id_ms(id_next(&source, now_ms + 100)), now_ms + 100);
}

static void a_later_run_repeats_nothing(void **state)
{
    struct id_source source = {0};
    uint64_t last = id_next(&source, now_ms);
    struct id_source again = {.last = last};
    assert_true(id_next(&again, now_ms - 1000) > last);
}

static void nodes_do_not_meet(void **state)
{
    struct id_source one = {.node = 1}, two = {.node = 2};
    for (unsigned i = 0; i < 40000; i++) {
        uint64_t a = id_next(&one, now_ms), b = id_next(&two, now_ms);
        assert_int_equal(a >> 14 & 63, 1);
        assert_int_equal(b >> 14 & 63, 2);
    }
}

static void no_key_made_from_a_moment_on_is_smaller_than_its_first(void **state)
{
    struct id_source source = {0};
    assert_true(id_next(&source, now_ms - 1) < id_first_at(now_ms));
    assert_true(id_next(&source, now_ms) >= id_first_at(now_ms));
}

static void an_attempt_knows_its_recipient(void **state)
{
    struct recipient_id recipient = {123456789};
    assert_int_equal(attempt_recipient(attempt_id_of(recipient, 1)).v, recipient.v);
    assert_int_equal(attempt_recipient(attempt_id_of(recipient, ATTEMPTS_MAX)).v, recipient.v);
    assert_true(attempt_id_of(recipient, ATTEMPTS_MAX).v <
                attempt_id_of((struct recipient_id){recipient.v + 1}, 1).v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_tells_when_it_was_made),
        cmocka_unit_test(keys_grow_whatever_the_clock_does),
        cmocka_unit_test(a_burst_runs_ahead_of_the_clock_and_is_caught_up_with),
        cmocka_unit_test(a_later_run_repeats_nothing),
        cmocka_unit_test(nodes_do_not_meet),
        cmocka_unit_test(no_key_made_from_a_moment_on_is_smaller_than_its_first),
        cmocka_unit_test(an_attempt_knows_its_recipient),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
