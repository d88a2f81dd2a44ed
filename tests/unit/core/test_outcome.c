#include "core/once.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void outcomes_come_back_as_they_were(void **state)
{
    struct arena arena = {0};
    char long_text[70000];
    memset(long_text, 'x', sizeof long_text);
    const struct outcome rows[] = {
        {.message = {UINT64_MAX}, .replayed = true},
        {.err = ERR_NO_CREDIT},
        {.fault = 255, .problem = SLICE("say\0why")},
        {.err = ERR_STORE_UNAVAILABLE, .fault = 1, .message = {1}, .problem = SLICE("x")},
        {.problem = slice_of(long_text, sizeof long_text)},
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    const struct outcome *list[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        list[i] = &rows[i];
    struct slice bytes = outcomes_write(list, COUNT, &arena);
    struct outcome *back;
    size_t count;
    assert_true(outcomes_read(bytes, &arena, &back, &count));
    assert_int_equal(count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(back[i].message.v, rows[i].message.v);
        assert_int_equal(back[i].err, rows[i].err);
        assert_int_equal(back[i].fault, rows[i].fault);
        assert_int_equal(back[i].replayed, rows[i].replayed);
        struct slice problem = rows[i].problem;
        if (problem.size > UINT16_MAX) problem.size = UINT16_MAX; /* as much as its size can say */
        assert_true(slice_eq(back[i].problem, problem));
    }
    arena_done(&arena);
}

static void one_that_was_accepted_is_small(void **state)
{
    struct arena arena = {0};
    static const struct outcome accepted = {.message = {12345678901234567}};
    static const struct outcome *list[1000];
    for (size_t i = 0; i < 1000; i++)
        list[i] = &accepted;
    assert_int_equal(outcomes_write(list, 1000, &arena).size, 13 * 1000 + 1);
    arena_done(&arena);
}

static void damaged_bytes_are_refused(void **state)
{
    struct arena arena = {0};
    const struct outcome row = {.err = ERR_INVALID, .problem = SLICE("why")};
    const struct outcome *list[] = {&row};
    struct slice bytes = outcomes_write(list, 1, &arena);
    struct outcome *back;
    size_t count;
    for (size_t size = 0; size < bytes.size; size++)
        assert_int_equal(outcomes_read(slice_of(bytes.at, size), &arena, &back, &count), size == 1);
    for (size_t at = 0; at < bytes.size; at++) {
        char damaged[64];
        memcpy(damaged, bytes.at, bytes.size);
        damaged[at] ^= 0x55;
        /* Whatever it gives lies within the bytes. */
        if (outcomes_read(slice_of(damaged, bytes.size), &arena, &back, &count))
            assert_true(count == 1 && back[0].problem.size == 3);
    }
    char unknown[64];
    memcpy(unknown, bytes.at, bytes.size);
    unknown[0] = 2;
    assert_false(outcomes_read(slice_of(unknown, bytes.size), &arena, &back, &count));
    unknown[0] = 1;
    unknown[1 + 8 + 1 + 1 + 1] = 'Z'; /* an error of another version */
    assert_false(outcomes_read(slice_of(unknown, bytes.size), &arena, &back, &count));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_come_back_as_they_were),
        cmocka_unit_test(one_that_was_accepted_is_small),
        cmocka_unit_test(damaged_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
