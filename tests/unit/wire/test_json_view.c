#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "wire/json.h"
#include "wire/json_view.h"

/* Whether the walk saw it whole and right, and what it saw: "name=kind:raw " of each item. */
static bool walked(struct slice text, char *out, size_t size)
{
    struct json_walk walk;
    struct json_view name = {.kind = JSON_TEXT, .raw = SLICE("")}, value;
    size_t used = 0;
    out[0] = '\0';
    if (!json_walk_begin(&walk, text)) return false;
    while (json_walk_next(&walk, &name, &value))
        used += (size_t)snprintf(out + used, size - used, "%.*s=%d:%.*s ", (int)name.raw.size,
                                 name.raw.at, (int)value.kind, (int)value.raw.size, value.raw.at);
    return json_walk_was_whole(&walk);
}

static void items_are_seen_as_they_stand(void **state)
{
    static const struct {
        const char *text, *items;
    } rows[] = {
        {"{}", ""},
        {" [ ] ", ""},
        {"{\"a\":1}", "a=2:1 "},
        {"{\"a\":-0.5e+3,\"b\":\"x\\n\",\"a\":null}", "a=2:-0.5e+3 b=3:x\\n a=0:null "},
        {" {\t\"a\" : true ,\r\n\"b\":false } ", "a=1:true b=1:false "},
        {"{\"a\":{\"b\":[1, {}]},\"c\":[ ]}", "a=5:{\"b\":[1, {}]} c=4:[ ] "},
        {"[1,\"\\u00e9\",[2]]", "=2:1 =3:\\u00e9 =4:[2] "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char items[200];
        assert_true(walked(slice_cstr(rows[i].text), items, sizeof items));
        assert_string_equal(items, rows[i].items);
    }
}

/* Every byte of right documents changed into each of a few, and each cut short: json_read and the
   walk must agree on what is JSON. */
static void what_json_read_refuses_is_refused(void **state)
{
    static const char *const documents[] = {
        "{\"a\":-12.5e-3,\"b\":[true,false,null,{\"c\":\"x\\u00e9\\n\"}]}",
        "{ \"a\" : [ 0 , 10 , 1E+2 ] , \"b\" : { } }",
    };
    static const char bytes[] = "{}[]\",:\\0-+.eEutfn \n\v\x01xA";
    for (size_t d = 0; d < sizeof documents / sizeof *documents; d++)
        for (size_t at = 0; at < strlen(documents[d]); at++)
            for (size_t b = 0; b < sizeof bytes; b++) {
                char text[100], items[200];
                struct arena arena = {0};
                size_t size = (size_t)snprintf(text, sizeof text, "%s", documents[d]);
                text[at] = bytes[b];
                struct slice document = slice_of(text, b == sizeof bytes - 1 ? at : size);
                bool wanted = json_read(document, JSON_REPAIR, NULL, 0, &arena, NULL, NULL, NULL);
                if (walked(document, items, sizeof items) != wanted)
                    fail_msg("%.*s is%s JSON", (int)document.size, text, wanted ? "" : " no");
                arena_done(&arena);
            }
}

static void depth_is_the_same_as_for_json_read(void **state)
{
    for (size_t depth = JSON_DEPTH_MAX - 1; depth <= JSON_DEPTH_MAX + 1; depth++) {
        char text[200], items[400];
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(walked(slice_of(text, 2 * depth), items, sizeof items),
                         depth <= JSON_DEPTH_MAX);
    }
    char deep[100000], items[10];
    memset(deep, '[', sizeof deep);
    assert_false(walked(slice_of(deep, sizeof deep), items, sizeof items));
    assert_false(walked((struct slice){0}, items, sizeof items));
}

static void texts_are_decoded_only_when_they_must(void **state)
{
    struct arena arena = {0};
    struct json_walk walk;
    struct json_view value;
    static const char text[] = "[\"plain\",\"a\\\"\\u00e9\\ud83d\\ude00\\ud800\\u0000z\"]";
    assert_true(json_walk_begin(&walk, slice_cstr(text)));
    assert_true(json_walk_next(&walk, NULL, &value));
    assert_ptr_equal(json_view_text(&value, &arena).at, text + 2);
    assert_true(json_walk_next(&walk, NULL, &value));
    assert_true(slice_eq(json_view_text(&value, &arena),
                         SLICE("a\"\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBDz")));
    assert_false(json_walk_next(&walk, NULL, &value));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_seen_as_they_stand),
        cmocka_unit_test(what_json_read_refuses_is_refused),
        cmocka_unit_test(depth_is_the_same_as_for_json_read),
        cmocka_unit_test(texts_are_decoded_only_when_they_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
