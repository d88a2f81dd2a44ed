#include "edge/smpp_client/window.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void entries_are_taken_in_any_order_and_popped_oldest_first(void **state)
{
    struct window window = {0};
    struct attempt_id attempt = {0};
    for (uint32_t i = 1; i <= 100; i++)
        window_add(&window, i, (struct attempt_id){1000 + i}, i);
    assert_int_equal(window.count, 100);
    for (uint32_t i = 2; i <= 100; i += 2) {
        assert_true(window_take(&window, i, &attempt));
        assert_int_equal(attempt.v, 1000 + i);
        assert_false(window_take(&window, i, &attempt));
    }
    for (uint32_t i = 1; i <= 100; i += 2) {
        assert_int_equal(window_oldest(&window)->written_mono_ms, i);
        assert_true(window_pop(&window, &attempt));
        assert_int_equal(attempt.v, 1000 + i);
    }
    assert_false(window_pop(&window, &attempt));
    assert_null(window_oldest(&window));
    assert_int_equal(window.count, 0);
    window_done(&window);
}

static void a_number_that_is_not_out_is_not_found(void **state)
{
    struct window window = {0};
    struct attempt_id attempt = {7};
    assert_false(window_take(&window, 1, &attempt));
    window_add(&window, 5, (struct attempt_id){1}, 1);
    assert_false(window_take(&window, 0, &attempt));
    assert_false(window_take(&window, 6, &attempt));
    assert_int_equal(attempt.v, 7);
    window_done(&window);
}

/* Against a plain array, with the memory of what is open reused all the time. */
static void a_long_life_leaves_the_window_as_a_simple_model_says(void **state)
{
    enum { OPEN_MAX = 50 };
    struct window window = {0};
    uint32_t model[OPEN_MAX], count = 0, sequence = 0;
    uint64_t random = 3;
    struct attempt_id attempt;
    for (size_t i = 0; i < 20000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t draw = (uint32_t)(random >> 40);
        if (count < OPEN_MAX && draw % 2) {
            model[count++] = ++sequence;
            window_add(&window, sequence, (struct attempt_id){sequence}, i);
        } else if (count) {
            uint32_t at = draw % 8 ? draw % count : 0;
            if (draw % 8)
                assert_true(window_take(&window, model[at], &attempt));
            else
                assert_true(window_pop(&window, &attempt));
            assert_int_equal(attempt.v, model[at]);
            for (uint32_t j = at + 1; j < count; j++)
                model[j - 1] = model[j];
            count--;
        }
        assert_int_equal(window.count, count);
        if (count) assert_int_equal(window_oldest(&window)->sequence, model[0]);
    }
    assert_true(window.capacity <= 64); /* grows with what is open, not with what went through */
    window_done(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entries_are_taken_in_any_order_and_popped_oldest_first),
        cmocka_unit_test(a_number_that_is_not_out_is_not_found),
        cmocka_unit_test(a_long_life_leaves_the_window_as_a_simple_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
