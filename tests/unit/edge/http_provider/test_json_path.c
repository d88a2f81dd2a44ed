#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/http_provider/json_path.h"

static void a_path_leads_to_one_value(void **state)
{
    static const struct {
        const char *body, *path, *value; /* NULL: to none */
    } rows[] = {
        {"{\"id\":\"a\"}", "id", "a"},
        {" {\"id\" : \"a\\u0062\\\"\\n\"}\r\n", "id", "ab\"\n"},
        {"{\"id\":9223372036854775808}", "id", "9223372036854775808"},
        {"{\"id\":-1.50}", "id", "-1.50"},
        {"{\"id\":true}", "id", "true"},
        {"{\"id\":null}", "id", NULL},
        {"{\"id\":{}}", "id", NULL},
        {"{\"id\":[]}", "id", NULL},
        {"{\"id\":\"\"}", "id", ""},
        {"{\"id\":1,\"id\":2}", "id", "2"},
        {"{\"i\\u0064\":1}", "id", "1"},
        {"{\"a\":{\"b\":{\"c\":\"x\"}}}", "a.b.c", "x"},
        {"{\"a\":{\"b\":{\"c\":\"x\"}}}", "a.b", NULL},
        {"{\"a\":{\"b\":{\"c\":\"x\"}}}", "a.c", NULL},
        {"{\"a\":\"b\"}", "a.b", NULL},
        {"{\"m\":[{\"id\":\"a\"},{\"id\":\"b\"}]}", "m.0.id", "a"},
        {"{\"m\":[{\"id\":\"a\"},{\"id\":\"b\"}]}", "m.1.id", "b"},
        {"{\"m\":[{\"id\":\"a\"},{\"id\":\"b\"}]}", "m.2.id", NULL},
        {"{\"m\":[{\"id\":\"a\"}]}", "m.id", NULL},
        {"[[\"]\",\"},\"],5]", "0.1", "},"},
        {"[[\"]\",\"},\"],5]", "1", "5"},
        {"[]", "0", NULL},
        {"{\"0\":7}", "0", "7"},
        /* Other alphabets beside what is wanted. */
        {"{\"id\":\"a\",\"text\":\"\xE9t\xE9\"}", "id", "a"},
        {"{\"id\":\"\xE9\"}", "id", "\xEF\xBF\xBD"},
        /* What is no JSON has no values. */
        {"{\"id\":\"a\"", "id", NULL},
        {"{\"id\":\"a\"} x", "id", NULL},
        {"{\"id\":\"a\",}", "id", NULL},
        {"{\"m\":[{\"id\":\"a\"}", "m.0.id", NULL},
        {"id=a", "id", NULL},
        {"\"id\"", "id", NULL},
        {"", "id", NULL},
        {"{\"id\":\"a\"}", "", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct slice value = SLICE("untouched");
        bool found =
            json_path_read(slice_cstr(rows[i].body), slice_cstr(rows[i].path), &arena, &value);
        if (found != (rows[i].value != NULL)) fail_msg("row %zu: %d", i, found);
        struct slice expected = rows[i].value ? slice_cstr(rows[i].value) : SLICE("untouched");
        if (!slice_eq(value, expected)) fail_msg("row %zu: %.*s", i, (int)value.size, value.at);
        arena_done(&arena);
    }
}

static void a_path_is_names_with_dots_between_them(void **state)
{
    static const struct {
        const char *path;
        bool valid;
    } rows[] = {{"id", true},    {"a.b.0", true}, {"", false},   {".", false},
                {"a..b", false}, {".a", false},   {"a.", false}, {"message id", true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(json_path_is_valid(slice_cstr(rows[i].path)), rows[i].valid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_leads_to_one_value),
        cmocka_unit_test(a_path_is_names_with_dots_between_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
