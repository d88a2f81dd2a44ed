#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/slice.h"
#include "base/words.h"

#define TEXT(literal) ((struct slice){literal, sizeof(literal) - 1}) /* also in tables */

static void assert_text(struct slice given, const char *wanted)
{
    if (!slice_eq(given, slice_cstr(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)given.size, given.at ? given.at : "", wanted);
}

static void two_texts_are_equal_byte_by_byte(void **state)
{
    static const struct {
        struct slice a, b;
        bool equal, equal_nocase, starts;
    } rows[] = {
        {TEXT(""), TEXT(""), true, true, true},
        {TEXT("a"), TEXT(""), false, false, true},
        {TEXT(""), TEXT("a"), false, false, false},
        {TEXT("abc"), TEXT("abc"), true, true, true},
        {TEXT("abc"), TEXT("aBC"), false, true, false},
        {TEXT("abc"), TEXT("ab"), false, false, true},
        {TEXT("[a"), TEXT("{A"), false, false, false}, /* differ by the bit of case alone */
        {TEXT("@"), TEXT("`"), false, false, false},
        {TEXT("\xc3\x84"), TEXT("\xc3\xa4"), false, false, false},
        {TEXT("a\0b"), TEXT("a\0c"), false, false, false},
        {TEXT("a\0b"), TEXT("A\0B"), false, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(slice_eq(rows[i].a, rows[i].b), rows[i].equal);
        assert_int_equal(slice_eq_nocase(rows[i].a, rows[i].b), rows[i].equal_nocase);
        assert_int_equal(slice_starts(rows[i].a, rows[i].b), rows[i].starts);
    }
    assert_true(slice_eq(slice_cstr(NULL), TEXT("")));
}

static void trimming_takes_what_is_in_the_set_and_never_a_nul(void **state)
{
    static const struct {
        struct slice text;
        const char *set, *left;
    } rows[] = {
        {TEXT(" \ta b \t"), " \t", "a b"}, {TEXT("   "), " ", ""},  {TEXT(""), " ", ""},
        {TEXT("abc"), "", "abc"},          {TEXT("xax"), "x", "a"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_text(slice_trim(rows[i].text, rows[i].set), rows[i].left);
    assert_int_equal(slice_trim(TEXT("\0 a \0"), " ").size, 5);
}

static void behind_the_end_there_is_nothing(void **state)
{
    assert_text(slice_from(TEXT("abc"), 0), "abc");
    assert_text(slice_from(TEXT("abc"), 2), "c");
    assert_text(slice_from(TEXT("abc"), 3), "");
    assert_text(slice_from(TEXT("abc"), 4000), "");
}

static void a_list_is_cut_at_its_separators(void **state)
{
    static const struct {
        struct slice list;
        const char *parts[5];
    } rows[] = {
        {TEXT(""), {NULL}},
        {TEXT("a"), {"a"}},
        {TEXT("a,b"), {"a", "b"}},
        {TEXT(",a"), {"", "a"}},
        {TEXT("a,,b"), {"a", "", "b"}},
        {TEXT("a,"), {"a"}},
        {TEXT(","), {""}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice rest = rows[i].list, part;
        size_t count = 0;
        for (; slice_cut(&rest, ',', &part); count++) {
            assert_non_null(rows[i].parts[count]);
            assert_text(part, rows[i].parts[count]);
        }
        assert_null(rows[i].parts[count]);
    }
}

static void numbers_are_digits_that_fit(void **state)
{
    static const struct {
        struct slice text;
        bool is_u64, is_i64;
        uint64_t u64;
        int64_t i64;
    } rows[] = {
        {TEXT("0"), true, true, 0, 0},
        {TEXT("007"), true, true, 7, 7},
        {TEXT("18446744073709551615"), true, false, UINT64_MAX, 0},
        {TEXT("18446744073709551616"), false, false, 0, 0},
        {TEXT("99999999999999999999999"), false, false, 0, 0},
        {TEXT("9223372036854775807"), true, true, INT64_MAX, INT64_MAX},
        {TEXT("9223372036854775808"), true, false, 9223372036854775808u, 0},
        {TEXT("-9223372036854775808"), false, true, 0, INT64_MIN},
        {TEXT("-9223372036854775809"), false, false, 0, 0},
        {TEXT("-1"), false, true, 0, -1},
        {TEXT("-0"), false, true, 0, 0},
        {TEXT("-"), false, false, 0, 0},
        {TEXT("--1"), false, false, 0, 0},
        {TEXT(""), false, false, 0, 0},
        {TEXT("+1"), false, false, 0, 0},
        {TEXT(" 1"), false, false, 0, 0},
        {TEXT("1 "), false, false, 0, 0},
        {TEXT("1\0"), false, false, 0, 0},
        {TEXT("0x10"), false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t u64 = 77;
        int64_t i64 = 77;
        assert_int_equal(slice_u64(rows[i].text, &u64), rows[i].is_u64);
        assert_int_equal(u64, rows[i].is_u64 ? rows[i].u64 : 77);
        assert_int_equal(slice_i64(rows[i].text, &i64), rows[i].is_i64);
        assert_true(i64 == (rows[i].is_i64 ? rows[i].i64 : 77));
    }
}

static void a_word_is_found_by_its_name_in_any_case(void **state)
{
    static const char *const names[] = {"Free", NULL, "Pro"};
    assert_int_equal(words_find(TEXT("pRO"), names, 3), 2);
    assert_int_equal(words_find(TEXT("free"), names, 3), 0);
    assert_int_equal(words_find(TEXT("fre"), names, 3), -1);
    assert_int_equal(words_find(TEXT(""), names, 3), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_texts_are_equal_byte_by_byte),
        cmocka_unit_test(trimming_takes_what_is_in_the_set_and_never_a_nul),
        cmocka_unit_test(behind_the_end_there_is_nothing),
        cmocka_unit_test(a_list_is_cut_at_its_separators),
        cmocka_unit_test(numbers_are_digits_that_fit),
        cmocka_unit_test(a_word_is_found_by_its_name_in_any_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
