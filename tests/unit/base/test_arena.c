#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"

static void pieces_of_all_sizes_are_zeroed_aligned_and_apart(void **state)
{
    enum { PIECES = 600 };
    struct arena arena = {0};
    static unsigned char *pieces[PIECES];
    for (size_t i = 0; i < PIECES; i++) {
        size_t size = i * 37 % 5000; /* some larger than a block */
        pieces[i] = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        for (size_t k = 0; k < size; k++)
            assert_int_equal(pieces[i][k], 0);
        memset(pieces[i], (int)(i & 0xFF), size);
    }
    for (size_t i = 0; i < PIECES; i++)
        for (size_t k = 0; k < i * 37 % 5000; k++)
            assert_int_equal(pieces[i][k], i & 0xFF);
    arena_done(&arena);
}

static void a_piece_of_no_size_is_there(void **state)
{
    struct arena arena = {0};
    assert_non_null(arena_alloc(&arena, 0));
    arena_done(&arena);
}

static void a_copy_has_a_nul_behind_its_end(void **state)
{
    struct arena arena = {0};
    char source[] = "abc\0def";
    struct slice copy = arena_copy(&arena, slice_of(source, sizeof source));
    memset(source, 'x', sizeof source);
    assert_memory_equal(copy.at, "abc\0def\0", sizeof source + 1);
    struct slice empty = arena_copy(&arena, (struct slice){0});
    assert_int_equal(empty.size, 0);
    assert_int_equal(*empty.at, '\0');
    arena_done(&arena);
}

static void printed_texts_have_their_length(void **state)
{
    struct arena arena = {0};
    struct slice text = arena_printf(&arena, "%s %05d", "number", 42);
    assert_true(slice_eq(text, SLICE("number 00042")));
    assert_int_equal(text.at[text.size], '\0');
    assert_int_equal(arena_printf(&arena, "%5000s", "x").size, 5000);
    assert_int_equal(arena_printf(&arena, "%s", "").size, 0);
    arena_done(&arena);
}

static void it_can_be_used_again_when_done(void **state)
{
    struct arena arena = {0};
    arena_done(&arena);
    arena_copy(&arena, SLICE("one"));
    arena_done(&arena);
    assert_null(arena.blocks);
    assert_true(slice_eq(arena_copy(&arena, SLICE("two")), SLICE("two")));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_all_sizes_are_zeroed_aligned_and_apart),
        cmocka_unit_test(a_piece_of_no_size_is_there),
        cmocka_unit_test(a_copy_has_a_nul_behind_its_end),
        cmocka_unit_test(printed_texts_have_their_length),
        cmocka_unit_test(it_can_be_used_again_when_done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
