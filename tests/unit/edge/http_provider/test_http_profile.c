#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/limits.h"
#include "edge/http_provider/http_profile.h"

#define URL "[request]\nurl = http://c/\n"
#define TEN "0123456789"
#define L90 TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define L60 TEN TEN TEN TEN TEN TEN

static void a_wrong_profile_says_what_and_where(void **state)
{
    static const struct {
        const char *text, *problem;
    } rows[] = {
        {"", "there is no [request] url"},
        {"[request]\nmethod = GET\n", "there is no [request] url"},
        {"[request]\n\nurl\n", "line 3: this is no [section] and no name = value"},
        {"[request\nurl = x\n", "line 1: this is no [section] and no name = value"},
        {"[request]\nul = x\n", "line 2: there is no setting [request] ul"},
        {"[requests]\r\nurl = x\r\n", "line 2: there is no setting [requests] url"},
        {"url = x\n", "line 1: there is no setting [] url"},
        {URL "method = P T\n", "line 3: [request] method cannot be \"P T\""},
        {URL "timeout = 0\n", "line 3: [request] timeout cannot be \"0\""},
        {URL "timeout = 301\n", "line 3: [request] timeout cannot be \"301\""},
        {URL "timeout = 10s\n", "line 3: [request] timeout cannot be \"10s\""},
        {"[request]\nurl = {{.too}}\n", "line 2: url: there is no variable \"too\""},
        {URL "body = {{.text.x}} {{.message}}\n", "line 3: body: there is no variable \"message\""},
        {URL "[response]\nid = a..b\n", "line 4: [response] id cannot be \"a..b\""},
        {URL "[response]\nid =\n", "line 4: [response] id cannot be \"\""},
        {URL "[header]\nX Y = z\n", "line 4: \"X Y\" is not the name of a header"},
        {URL "[header]\ncontent-TYPE = z\n", "line 4: this header is [request] content_type"},
        {URL "[header]\nX = {{.key}}\n", "line 4: X: there is no variable \"key\""},
        {URL "[errors]\n101 = Invalid Phone\n",
         "line 4: \"Invalid Phone\" is not a word of a-z, 0-9, _ and -, at most 31 long"},
        {URL "[errors]\n101 =\n",
         "line 4: \"\" is not a word of a-z, 0-9, _ and -, at most 31 long"},
        {URL "[errors]\n101 = a" TEN TEN TEN "x\n",
         "line 4: \"a" TEN TEN TEN "x\" is not a word of a-z, 0-9, _ and -, at most 31 long"},
        {URL "[dlr]\nheader = X Y\n", "line 4: [dlr] header cannot be \"X Y\""},
        {URL "[dlr.status]\nOK = sent\n",
         "line 4: \"sent\" is not delivered, failed, expired, rejected, enroute, accepted, deleted "
         "or unknown"},
        {URL "a = " L90 L90 TEN "abcd\n", "line 3: the line is longer than 197 bytes"},
        {URL "\n[errors]\n\x01 = a\n", "line 5: there is a control character"},
        {URL "# \x7F\xFF\n", "it is not valid UTF-8"},
        {URL "body = x\n[body]\ny", "line 4: the body is in [request] already"},
        {URL "[body]\none\n{{.two}}\n", "[body]: there is no variable \"two\""},
        /* The first of several. */
        {"[request]\nfoo = x\nbar\n", "line 2: there is no setting [request] foo"},
        {"[request]\nbar\nfoo = x\n", "line 2: this is no [section] and no name = value"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char problem[256] = "";
        if (http_profile_check(slice_cstr(rows[i].text), SLICE("acme"), problem))
            fail_msg("row %zu is taken", i);
        if (strcmp(problem, rows[i].problem) != 0) fail_msg("row %zu: %s", i, problem);
    }
}

/* Behind where it stands are the words of wire/gotemplate. */
static void a_template_that_cannot_be_read_says_so(void **state)
{
    static const struct {
        const char *text, *begin;
    } rows[] = {
        {"; note\n[request]\nurl = {{.to\n", "line 3: url: line 1, column "},
        {URL "[header]\nX = {{range .to}}\n", "line 4: X: line 1, column "},
        {URL "[body]\none\n  {{two}}\n", "[body]: line 2, column "},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char problem[256] = "";
        assert_false(http_profile_check(slice_cstr(rows[i].text), SLICE("acme"), problem));
        if (!slice_starts(slice_cstr(problem), slice_cstr(rows[i].begin)))
            fail_msg("row %zu: %s", i, problem);
    }
}

static void what_has_a_bound_keeps_it(void **state)
{
    static const struct {
        const char *begin, *line;
        unsigned most;
        const char *problem;
    } rows[] = {
        {URL "[header]\n", "X-%u = a\n", PROFILE_HEADERS_MAX,
         "line 20: there are more than 16 "
         "headers"},
        {URL "[errors]\n", "%u = a\n", PROFILE_ERRORS_MAX,
         "line 132: there are more than 128 "
         "errors"},
        {URL "[dlr.status]\n", "%u = failed\n", PROFILE_STATES_MAX,
         "line 68: there are more than 64 states"},
        {URL "[body]\n", "%5u\n", PROFILE_MAX_SIZE / 6, "it is longer than 16384 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf text;
        char problem[256] = "";
        buf_init(&text, 100000);
        buf_add(&text, slice_cstr(rows[i].begin));
        for (unsigned j = 0; j < rows[i].most; j++) {
            char line[40];
            snprintf(line, sizeof line, rows[i].line, j);
            buf_add(&text, slice_cstr(line));
        }
        if (i < 3) assert_true(http_profile_check(buf_slice(&text), SLICE("acme"), problem));
        char line[40];
        snprintf(line, sizeof line, rows[i].line, 9999);
        buf_add(&text, slice_cstr(line));
        assert_false(http_profile_check(buf_slice(&text), SLICE("acme"), problem));
        assert_string_equal(problem, rows[i].problem);
        buf_done(&text);
    }
}

static struct http_profile read_good(const char *text, const char *name)
{
    struct http_profile profile;
    char problem[256] = "";
    if (!http_profile_read(slice_cstr(text), slice_cstr(name), &profile, problem))
        fail_msg("%s", problem);
    return profile;
}

#define assert_slice(slice, text) assert_true(slice_eq(slice, SLICE(text)))

static void what_is_not_said_is_as_usual(void **state)
{
    struct http_profile profile = read_good(URL, "acme");
    assert_slice(profile.method, "POST");
    assert_slice(profile.content_type, "application/json");
    assert_int_equal(profile.timeout_s, 10);
    assert_int_equal(profile.used, 0);
    assert_null(profile.body);
    assert_slice(profile.id, "");
    assert_slice(profile.dlr_secret, "");
    assert_slice(profile.dlr_header, "X-Acme");
    assert_slice(profile.dlr_id, "message_id");
    assert_slice(profile.dlr_status, "status");
    assert_slice(profile.dlr_error, "error_code");
    assert_slice(profile.dlr_network, "carrier");
    assert_slice(profile.dlr_text, "error_message");
    http_profile_done(&profile);
}

static void every_setting_is_read(void **state)
{
    struct http_profile profile =
        read_good("\xEF\xBB\xBF# Acme\r\n"
                  "[request]\r\n"
                  "\turl = https://c/?a=b;c&to={{.to_url}} ;not a note\r\n"
                  "method = PUT\r\n"
                  "content_type = text/plain; charset=utf-8\r\n"
                  "timeout = 300\r\n"
                  "[header]\r\n"
                  "Authorization = Basic a:b= ; c\r\n"
                  "[response]\r\n"
                  "id = messages.0.id\r\n"
                  "error_code = code\r\n"
                  "error_message = text\r\n"
                  "[errors]\r\n"
                  "Bad Number = phone_invalid\r\n"
                  "402 = retry\r\n"
                  "No ;funds = no_funds\r\n"
                  "[dlr]\r\n"
                  "secret = s ;e\r\n"
                  "header = X-Their\r\n"
                  "id = a\r\nstatus = b\r\nerror = c\r\nnetwork = d\r\n"
                  "error_message = e\r\n"
                  "[dlr.status]\r\n"
                  "Gone Away = expired\r\n"
                  "[body]\r\n"
                  "[errors] ; # {{.text}}\r\n"
                  " name = value\r\n",
                  "acme");
    struct buf out;
    buf_init(&out, 1000);
    assert_true(gotemplate_render(profile.url, SLICE("{\"to_url\":\"%2B1\"}"), &out));
    buf_add_byte(&out, '\n');
    assert_true(gotemplate_render(profile.headers[0].value, SLICE(""), &out));
    buf_add_byte(&out, '\n');
    assert_true(gotemplate_render(profile.body, SLICE("{\"text\":\"x\"}"), &out));
    buf_add_byte(&out, '\0');
    assert_string_equal(out.at, "https://c/?a=b;c&to=%2B1 ;not a note\n"
                                "Basic a:b= ; c\n"
                                "[errors] ; # x\r\n name = value");
    buf_done(&out);
    assert_int_equal(profile.header_count, 1);
    assert_slice(profile.headers[0].name, "Authorization");
    assert_slice(profile.method, "PUT");
    assert_slice(profile.content_type, "text/plain; charset=utf-8");
    assert_int_equal(profile.timeout_s, 300);
    assert_slice(profile.id, "messages.0.id");
    assert_slice(profile.error_code, "code");
    assert_slice(profile.error_message, "text");
    assert_slice(http_profile_error(&profile, SLICE("bad number")), "phone_invalid");
    assert_slice(http_profile_error(&profile, SLICE("402")), "retry");
    assert_slice(http_profile_error(&profile, SLICE("40")), "");
    assert_slice(http_profile_error(&profile, SLICE("no ;funds")), "no_funds");
    assert_slice(profile.dlr_secret, "s ;e");
    assert_slice(profile.dlr_header, "X-Their");
    assert_slice(profile.dlr_id, "a");
    assert_slice(profile.dlr_status, "b");
    assert_slice(profile.dlr_error, "c");
    assert_slice(profile.dlr_network, "d");
    assert_slice(profile.dlr_text, "e");
    assert_int_equal(http_profile_state(&profile, SLICE("gone away")), RECEIPT_EXPIRED);
    http_profile_done(&profile);
}

static void a_name_that_makes_no_header_needs_one(void **state)
{
    char problem[256] = "";
    assert_false(http_profile_check(SLICE(URL), SLICE("a b"), problem));
    assert_string_equal(problem, "[dlr] header must be set: the provider's name makes none");
    assert_true(http_profile_check(SLICE(URL "[dlr]\nheader = X-A\n"), SLICE("a b"), problem));
}

static void words_of_receipts_are_known(void **state)
{
    static const struct {
        const char *word;
        enum receipt_state state;
    } rows[] = {
        {"delivered", RECEIPT_DELIVERED},
        {"DELIVRD", RECEIPT_DELIVERED},
        {"Success", RECEIPT_DELIVERED},
        {"failed", RECEIPT_UNDELIVERABLE},
        {"UNDELIV", RECEIPT_UNDELIVERABLE},
        {"undelivered", RECEIPT_UNDELIVERABLE},
        {"expired", RECEIPT_EXPIRED},
        {"Rejected", RECEIPT_REJECTED},
        {"sent", RECEIPT_ENROUTE},
        {"accepted", RECEIPT_ACCEPTED},
        {"lost", RECEIPT_REJECTED} /* the profile's own */,
        {"", RECEIPT_UNKNOWN_WORD},
        {"no idea", RECEIPT_UNKNOWN_WORD},
        {"pending", RECEIPT_EXPIRED} /* the profile's word wins */,
    };
    struct http_profile profile =
        read_good(URL "[dlr.status]\nlost = rejected\npending = expired\n", "acme");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (http_profile_state(&profile, slice_cstr(rows[i].word)) != rows[i].state)
            fail_msg("%s", rows[i].word);
    http_profile_done(&profile);
}

static void a_text_is_not_cut_inside_a_character(void **state)
{
    struct slice text = SLICE("a\xE2\x82\xAC"
                              "b");
    static const size_t sizes[] = {0, 1, 1, 1, 4, 5, 5};
    for (size_t max = 0; max < sizeof sizes / sizeof *sizes; max++)
        assert_int_equal(http_profile_cut(text, max).size, sizes[max]);
}

static void the_example_of_the_documentation_is_one(void **state)
{
    char page[65536], problem[256] = "";
    FILE *file = fopen(DOCS_FOLDER "/providers.md", "r");
    assert_non_null(file);
    size_t size = fread(page, 1, sizeof page - 1, file);
    fclose(file);
    page[size] = '\0';
    const char *begin = strstr(page, "```ini\n");
    assert_non_null(begin);
    const char *end = strstr(begin + 7, "```\n");
    assert_non_null(end);
    struct slice example = slice_of(begin + 7, (size_t)(end - begin) - 7);
    if (!http_profile_check(example, SLICE("acme"), problem)) fail_msg("%s", problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_profile_says_what_and_where),
        cmocka_unit_test(a_template_that_cannot_be_read_says_so),
        cmocka_unit_test(what_has_a_bound_keeps_it),
        cmocka_unit_test(what_is_not_said_is_as_usual),
        cmocka_unit_test(every_setting_is_read),
        cmocka_unit_test(a_name_that_makes_no_header_needs_one),
        cmocka_unit_test(words_of_receipts_are_known),
        cmocka_unit_test(a_text_is_not_cut_inside_a_character),
        cmocka_unit_test(the_example_of_the_documentation_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
