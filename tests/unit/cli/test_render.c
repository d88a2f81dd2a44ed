#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "cli/render.h"

static void assert_text(struct slice given, const char *wanted)
{
    if (!slice_eq(given, slice_cstr(wanted)))
        fail_msg("\"%.*s\" is not \"%s\"", (int)given.size, given.at ? given.at : "", wanted);
}

static void assert_renders(const char *json, const char *wanted)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    render(slice_cstr(json), out);
    fclose(out);
    assert_string_equal(text, wanted);
    free(text);
}

static void members_come_one_by_one_whatever_is_in_them(void **state)
{
    struct slice object = slice_cstr("{\"a\":1,\"b,}\":\"x\\\"},{\",\"c\":{\"d\":[1,{\"e\":2}]},"
                                     "\"f\":[],\"g\":{},\"h\":null,\"i\":\"\\\\\"}");
    static const char *const wanted[][2] = {
        {"a", "1"},
        {"b,}", "\"x\\\"},{\""},
        {"c", "{\"d\":[1,{\"e\":2}]}"},
        {"f", "[]"},
        {"g", "{}"},
        {"h", "null"},
        {"i", "\"\\\\\""},
    };
    struct slice name, value;
    size_t count = 0;
    for (size_t cursor = 0; render_each(object, &cursor, &name, &value); count++) {
        assert_in_range(count, 0, 6);
        assert_text(name, wanted[count][0]);
        assert_text(value, wanted[count][1]);
    }
    assert_int_equal(count, 7);
}

static void items_of_a_list_have_no_names(void **state)
{
    static const char *const wanted[] = {"1", "\"a,]\"", "[2,3]", "{\"b\":4}", "true"};
    struct slice name, value;
    size_t count = 0;
    for (size_t cursor = 0;
         render_each(SLICE("[1,\"a,]\",[2,3],{\"b\":4},true]"), &cursor, &name, &value); count++) {
        assert_in_range(count, 0, 4);
        assert_text(name, "");
        assert_text(value, wanted[count]);
    }
    assert_int_equal(count, 5);
}

static void there_is_nothing_in_what_is_empty(void **state)
{
    struct slice name, value;
    static const char *const empty[] = {"{}", "[]", "", "7"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        size_t cursor = 0;
        assert_false(render_each(slice_cstr(empty[i]), &cursor, &name, &value));
    }
}

static void a_member_is_found_by_its_whole_name(void **state)
{
    struct slice object = SLICE("{\"ab\":1,\"a\":\"x\",\"b\":{\"a\":2}}");
    assert_text(render_member(object, "a"), "\"x\"");
    assert_text(render_member(object, "b"), "{\"a\":2}");
    assert_text(render_member(object, "c"), "");
}

static void values_are_written_plainly(void **state)
{
    static const struct {
        const char *json, *plain;
    } rows[] = {
        {"\"a \\\"b\\\" \\u00e4\\ud83d\\ude00\"", "a \"b\" \xc3\xa4\xf0\x9f\x98\x80"},
        {"\"\"", ""},
        {"null", ""},
        {"-12", "-12"},
        {"true", "true"},
        {"[1,2]", "[1,2]"},
        {"", ""},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_text(render_plain(slice_cstr(rows[i].json), &arena), rows[i].plain);
    arena_done(&arena);
}

static void an_object_becomes_lines_and_its_lists_tables(void **state)
{
    assert_renders(
        "{\"id\":\"A1\",\"on\":true,\"gone\":null,\"tags\":[1,2],"
        "\"rows\":[{\"n\":\"x\",\"long\":1},{\"n\":\"yyy\",\"long\":22222}],\"none\":[]}",
        "id: A1\n"
        "on: true\n"
        "gone: \n"
        "tags: [1,2]\n"
        "rows\n"
        "n    long \n"
        "x    1    \n"
        "yyy  22222\n"
        "none\n"
        "(none)\n");
}

static void columns_stand_under_each_other_in_any_script(void **state)
{
    assert_renders(
        "{\"t\":[{\"a\":\"\xc3\xa4\xc3\xb6\xc3\xbc\",\"b\":1},{\"a\":\"abcd\",\"b\":2}]}",
        "t\n"
        "a     b\n"
        "\xc3\xa4\xc3\xb6\xc3\xbc   1\n"
        "abcd  2\n");
}

static void control_characters_of_strangers_do_not_reach_the_terminal(void **state)
{
    assert_renders("{\"text\":\"a\\u001b[2Jb\\nc\\td\\u007fe\\u009b31mf\xc3\xa9\"}",
                   "text: a [2Jb c d?e?31mf\xc3\xa9\n");
    assert_renders("{\"t\":[{\"a\":\"\\u009b\\r\\n\",\"b\":1}]}", "t\na    b\n?    1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_come_one_by_one_whatever_is_in_them),
        cmocka_unit_test(items_of_a_list_have_no_names),
        cmocka_unit_test(there_is_nothing_in_what_is_empty),
        cmocka_unit_test(a_member_is_found_by_its_whole_name),
        cmocka_unit_test(values_are_written_plainly),
        cmocka_unit_test(an_object_becomes_lines_and_its_lists_tables),
        cmocka_unit_test(columns_stand_under_each_other_in_any_script),
        cmocka_unit_test(control_characters_of_strangers_do_not_reach_the_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
