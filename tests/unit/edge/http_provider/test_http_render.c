#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "edge/http_provider/http_render.h"

static struct http_profile profile_of(const char *text)
{
    struct http_profile profile;
    char problem[256] = "";
    if (!http_profile_read(slice_cstr(text), SLICE("acme"), &profile, problem))
        fail_msg("%s", problem);
    return profile;
}

static struct submit submit_of(const char *sender, struct slice text)
{
    return (struct submit){.attempt = {(uint64_t)70000 << 8 | 1},
                           .number = 2348031112222,
                           .sender = slice_cstr(sender),
                           .text = text};
}

static void check(struct slice is, const char *expected)
{
    if (!slice_eq(is, slice_cstr(expected))) fail_msg("%.*s", (int)is.size, is.at);
}

static void every_variable_has_its_form(void **state)
{
    static const struct {
        const char *sender, *text, *template, *expected;
    } rows[] = {
        {"ACME", "Hi", "{{.to}} {{.number}} {{.from}} {{.text}}",
         "+2348031112222 2348031112222 ACME Hi"},
        {"ACME", "Hi", "{{.country}} {{.reference}} {{.segments}}", "NG 70000 1"},
        {"ACME", "Hi", "{{.to_url}}", "%2B2348031112222"},
        {"A & \"B\"", "", "{{.from_json}}|{{.from_url}}", "A & \\\"B\\\"|A%20%26%20%22B%22"},
        {"ACME",
         "a\"b\\c\nd\te\x01"
         "f/\xE2\x82\xAC",
         "{\"t\":\"{{.text_json}}\"}", "{\"t\":\"a\\\"b\\\\c\\nd\\te\\u0001f/\xE2\x82\xAC\"}"},
        {"ACME", "a b&c=d%+\r\n\xE2\x82\xAC-._~", "t={{.text_url}}",
         "t=a%20b%26c%3Dd%25%2B%0D%0A%E2%82%AC-._~"},
        /* A text is no template, and ends no string. */
        {"ACME", "{{.from}}\",\"to\":\"+1", "\"{{.text_json}}\"",
         "\"{{.from}}\\\",\\\"to\\\":\\\"+1\""},
        {"", "", "[{{.from}}{{.text}}{{.text_json}}{{.text_url}}]", "[]"},
        {"ACME", "Hi", "{{if eq .country \"NG\"}}x{{else}}y{{end}}", "x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct slice text =
            arena_printf(&arena, "[request]\nurl = http://c/\n[body]\n%s\n", rows[i].template);
        struct http_profile profile = profile_of(text.at);
        struct submit submit = submit_of(rows[i].sender, slice_cstr(rows[i].text));
        struct http_call call;
        assert_true(http_render(&profile, &submit, &arena, &call));
        check(call.body, rows[i].expected);
        http_profile_done(&profile);
        arena_done(&arena);
    }
}

static void a_call_is_what_the_profile_says(void **state)
{
    struct arena arena = {0};
    struct http_profile profile = profile_of("[request]\n"
                                             "url = https://c/{{.number}}?t={{.text_url}}\n"
                                             "method = PUT\ncontent_type = text/x\ntimeout = 7\n"
                                             "body = {{.text}}\n"
                                             "[header]\nX-Ref = r-{{.reference}}\nX-B = b\n");
    struct submit submit = submit_of("ACME", SLICE("a b"));
    struct http_call call;
    assert_true(http_render(&profile, &submit, &arena, &call));
    check(call.method, "PUT");
    check(call.url, "https://c/2348031112222?t=a%20b");
    check(call.body, "a b");
    assert_int_equal(call.timeout_ms, 7000);
    assert_true(call.response_max > 1000);
    assert_int_equal(call.header_count, 3);
    check(call.headers[0].name, "Content-Type");
    check(call.headers[0].value, "text/x");
    check(call.headers[1].name, "X-Ref");
    check(call.headers[1].value, "r-70000");
    check(call.headers[2].value, "b");
    http_profile_done(&profile);
    arena_done(&arena);
}

static void without_a_body_there_is_no_content_type(void **state)
{
    struct arena arena = {0};
    struct http_profile profile =
        profile_of("[request]\nurl = http://c/?t={{.text_url}}\nmethod = GET\n");
    struct submit submit = submit_of("ACME", SLICE("Hi"));
    struct http_call call;
    assert_true(http_render(&profile, &submit, &arena, &call));
    assert_int_equal(call.body.size, 0);
    assert_int_equal(call.header_count, 0);
    http_profile_done(&profile);
    arena_done(&arena);
}

static void the_longest_text_fits_once_in_every_form(void **state)
{
    struct arena arena = {0};
    struct http_profile profile =
        profile_of("[request]\nurl = http://c/?t={{.text_url}}\n[body]\n\"{{.text_json}}\"");
    char *text = mem_alloc(TEXT_MAX_BYTES);
    memset(text, 1, TEXT_MAX_BYTES);
    struct submit submit = submit_of("ACME", slice_of(text, TEXT_MAX_BYTES));
    struct http_call call;
    assert_true(http_render(&profile, &submit, &arena, &call));
    assert_int_equal(call.body.size, 6 * TEXT_MAX_BYTES + 2);
    assert_int_equal(call.url.size, 3 * TEXT_MAX_BYTES + 12);
    http_profile_done(&profile);
    profile = profile_of("[request]\nurl = http://c/\n[body]\n{{.text_json}}{{.text_json}}");
    assert_false(http_render(&profile, &submit, &arena, &call));
    http_profile_done(&profile);
    mem_free(text);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_variable_has_its_form),
        cmocka_unit_test(a_call_is_what_the_profile_says),
        cmocka_unit_test(without_a_body_there_is_no_content_type),
        cmocka_unit_test(the_longest_text_fits_once_in_every_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
