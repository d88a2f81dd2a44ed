#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "wire/gotemplate.h"

static const struct {
    const char *source, *problem;
} rows[] = {
    {"{{", "line 1, column 1: this {{ is not closed by }}"},
    {"a\nb {{.x", "line 2, column 3: this {{ is not closed by }}"},
    {"{{}}", "line 1, column 3: a value is missing in the braces"},
    {"{{ \n}}", "line 2, column 1: a value is missing in the braces"},
    {"{{.x}} {{end}}", "line 1, column 10: this end has no if"},
    {"{{else}}", "line 1, column 3: this else has no if"},
    {"\xC3\xA9\xC3\xA9{{if .x}}", "line 1, column 3: this if has no end"},
    {"{{if .x}}a{{else}}b", "line 1, column 1: this if has no end"},
    {"{{if}}x{{end}}", "line 1, column 5: a value is missing in the if"},
    {"{{if .a}}{{else}}{{else}}{{end}}", "line 1, column 20: an if has only one else"},
    {"{{if .a}}{{else}}{{else if .b}}{{end}}", "line 1, column 20: an if has only one else"},
    {"{{if .a}}{{end}}{{end}}", "line 1, column 19: this end has no if"},
    {"{{if .a}}{{end x}}", "line 1, column 16: this does not belong here"},
    {"{{if .a}}{{else x}}{{end}}", "line 1, column 17: this does not belong here"},
    {"{{if .a}}{{else if}}{{end}}", "line 1, column 19: a value is missing in the if"},
    {"{{name}}", "line 1, column 3: there is no function name; a variable is written .name"},
    {"{{range .x}}", "line 1, column 3: range is not supported"},
    {"{{with .x}}", "line 1, column 3: with is not supported"},
    {"{{define .x}}", "line 1, column 3: define is not supported"},
    {"{{template .x}}", "line 1, column 3: template is not supported"},
    {"{{block .x}}", "line 1, column 3: block is not supported"},
    {"{{break .x}}", "line 1, column 3: break is not supported"},
    {"{{continue .x}}", "line 1, column 3: continue is not supported"},
    {"{{index .x}}", "line 1, column 3: index is not supported"},
    {"{{html .x}}", "line 1, column 3: html is not supported"},
    {"{{js .x}}", "line 1, column 3: js is not supported"},
    {"{{urlquery .x}}", "line 1, column 3: urlquery is not supported"},
    {"{{call .x}}", "line 1, column 3: call is not supported"},
    {"{{slice .x}}", "line 1, column 3: slice is not supported"},
    {"{{print .x}}", "line 1, column 3: print is not supported"},
    {"{{println .x}}", "line 1, column 3: println is not supported"},
    {"{{.x | html}}", "line 1, column 8: html is not supported"},
    {"{{$x}}", "line 1, column 3: variables with $ are not supported"},
    {"{{$x := 1}}", "line 1, column 3: variables with $ are not supported"},
    {"{{if .a}}{{else with .b}}{{end}}", "line 1, column 17: this does not belong here"},
    {"{{len if}}", "line 1, column 7: if must come first after {{"},
    {"{{printf \"%d\" len}}",
     "line 1, column 15: len and its arguments must stand in parentheses here"},
    {"{{printf 3, 4}}", "line 1, column 11: arguments are separated by blanks, not by commas"},
    {"{{printf \"%d\"3}}", "line 1, column 14: a blank is missing before this"},
    {"{{printf\"%d\" 3}}", "line 1, column 9: unexpected character '\"'"},
    {"{{printf(3)}}", "line 1, column 9: a blank is missing before this"},
    {"{{`x`3}}", "line 1, column 6: a blank is missing before this"},
    {"{{true.any}}", "line 1, column 7: a blank is missing before this"},
    {"{{\"x\".any}}", "line 1, column 6: a blank is missing before this"},
    {"{{..x}}", "line 1, column 4: unexpected character '.'"},
    {"{{.a..b}}", "line 1, column 6: a name must follow the dot"},
    {"{{.a.}}", "line 1, column 6: a name must follow the dot"},
    {"{{.a.5}}", "line 1, column 6: a name must follow the dot"},
    {"{{.a#}}", "line 1, column 5: unexpected character '#'"},
    {"{{.a}b}}", "line 1, column 5: unexpected character '}'"},
    {"{{.a\xC2\xA0}}", "line 1, column 5: unexpected character '\xC2\xA0'"},
    {"{{\xE2\x80\x9C"
     "a\xE2\x80\x9D}}",
     "line 1, column 3: unexpected character '\xE2\x80\x9C'"},
    {"{{.a-b}}", "line 1, column 5: unexpected character '-'"},
    {"{{.x \"y\"}}", "line 1, column 3: only a function can have arguments behind it"},
    {"{{3 4}}", "line 1, column 3: only a function can have arguments behind it"},
    {"{{.x | .y}}", "line 1, column 8: only a function can follow a pipe"},
    {"{{12|.}}", "line 1, column 6: only a function can follow a pipe"},
    {"{{.x|true}}", "line 1, column 6: only a function can follow a pipe"},
    {"{{.x |}}", "line 1, column 7: a value or a function is missing here"},
    {"{{| len}}", "line 1, column 3: a value or a function is missing here"},
    {"{{nil}}", "line 1, column 3: nil alone is not a value"},
    {"{{if nil}}{{end}}", "line 1, column 6: nil alone is not a value"},
    {"{{(.x}}", "line 1, column 3: this ( is not closed"},
    {"{{.x)}}", "line 1, column 5: this ) closes nothing"},
    {"{{()}}", "line 1, column 4: a value is missing in the parentheses"},
    {"{{(.a)(.b)}}", "line 1, column 7: a blank is missing before this"},
    {"{{len}}", "line 1, column 3: len takes 1 argument, not 0"},
    {"{{len .a .b}}", "line 1, column 3: len takes 1 argument, not 2"},
    {"{{eq .a}}", "line 1, column 3: eq takes at least 2 arguments, not 1"},
    {"{{lt .a .b .c}}", "line 1, column 3: lt takes 2 arguments, not 3"},
    {"{{not}}", "line 1, column 3: not takes 1 argument, not 0"},
    {"{{and}}", "line 1, column 3: and takes at least 1 argument, not 0"},
    {"{{printf}}", "line 1, column 3: printf takes at least 1 argument, not 0"},
    {"{{.a | len .b}}", "line 1, column 8: len takes 1 argument, not 2"},
    {"{{printf 3}}", "line 1, column 3: printf needs a text as its format"},
    {"{{printf \"%t\" .x}}", "line 1, column 3: the verbs of printf are %d %s %v %f %q %x and %%"},
    {"{{printf \"%*d\" 3 .x}}",
     "line 1, column 3: the verbs of printf are %d %s %v %f %q %x and %%"},
    {"{{printf \"%[1]d\" .x}}",
     "line 1, column 3: the verbs of printf are %d %s %v %f %q %x and %%"},
    {"{{printf \"5%\" .x}}", "line 1, column 3: a % of the format has no verb, or is too wide"},
    {"{{printf \"%1001d\" .x}}", "line 1, column 3: a % of the format has no verb, or is too wide"},
    {"{{printf \"%#v\" .x}}", "line 1, column 3: %#v and %#f are not supported"},
    {"{{\"%t\" | printf}}", "line 1, column 10: the verbs of printf are %d %s %v %f %q %x and %%"},
    {"{{\"a}}", "line 1, column 3: this quote is not closed"},
    {"{{\"a\nb\"}}", "line 1, column 3: this quote is not closed"},
    {"{{`a}}", "line 1, column 3: this quote is not closed"},
    {"{{'a}}", "line 1, column 3: this quote is not closed"},
    {"{{\"\\z\"}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{\"\\xff\"}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{\"\\x00\"}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{\"\\ud800\"}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{\"\\400\"}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{\"\\x4\"}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{'\\\"'}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{\"\\'\"}}", "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{\"\\U00110000\"}}",
     "line 1, column 3: a text in quotes has an escape that is not one, or NUL"},
    {"{{''}}", "line 1, column 3: a character is missing between the quotes"},
    {"{{'ab'}}", "line 1, column 3: a text is written in \"double quotes\""},
    {"{{1.2.3}}", "line 1, column 3: 1.2.3 is not a number, or too large"},
    {"{{0x}}", "line 1, column 3: 0x is not a number, or too large"},
    {"{{08}}", "line 1, column 3: 08 is not a number, or too large"},
    {"{{1i}}", "line 1, column 3: 1i is not a number, or too large"},
    {"{{9223372036854775808}}",
     "line 1, column 3: 9223372036854775808 is not a number, or too large"},
    {"{{1e999}}", "line 1, column 3: 1e999 is not a number, or too large"},
    {"{{0x1p4}}", "line 1, column 3: 0x1p4 is not a number, or too large"},
    {"{{1.x}}", "line 1, column 3: 1.x is not a number, or too large"},
    {"{{--3}}", "line 1, column 3: - is not a number, or too large"},
    {"{{-}}", "line 1, column 3: - is not a number, or too large"},
    {"{{12ab}}", "line 1, column 3: 12ab is not a number, or too large"},
    {"{{-}}", "line 1, column 3: - is not a number, or too large"},
    {"{{- -}}", "line 1, column 5: - is not a number, or too large"},
    {"{{1_000}}", "line 1, column 4: a blank is missing before this"},
    {"{{/* x", "line 1, column 3: this comment is not closed by */"},
    {"{{/*}}", "line 1, column 3: this comment is not closed by */"},
    {"{{/* x */ }}", "line 1, column 10: }} must follow the end of a comment, without blanks"},
    {"{{/* x */  -}}", "line 1, column 10: }} must follow the end of a comment, without blanks"},
    {"{{/* x */ .y}}", "line 1, column 10: }} must follow the end of a comment, without blanks"},
    {"{{ /* x */}}", "line 1, column 4: a comment is written {{/* ... */}}, without blanks"},
    {"{{/* x */", "line 1, column 1: this {{ is not closed by }}"},
    {"{{if .a}}{{/* x */}}{{end}}{{.y", "line 1, column 28: this {{ is not closed by }}"},
};

static void what_is_not_of_the_subset_is_refused_with_its_place(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char problem[GOTEMPLATE_PROBLEM_SIZE] = "";
        if (gotemplate_compile(slice_cstr(rows[i].source), problem))
            fail_msg("compiled: %s", rows[i].source);
        if (strcmp(problem, rows[i].problem) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", rows[i].source, problem, rows[i].problem);
    }
}

static void assert_refused(struct slice source, const char *wanted)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE] = "";
    assert_null(gotemplate_compile(source, problem));
    assert_string_equal(problem, wanted);
}

/* `count` times `piece`, then `last`, then `count` times `after`. */
static struct slice repeated(struct buf *out, size_t count, const char *piece, const char *last,
                             const char *after)
{
    buf_clear(out);
    for (size_t i = 0; i < count; i++)
        buf_add(out, slice_cstr(piece));
    buf_add(out, slice_cstr(last));
    for (size_t i = 0; i < count; i++)
        buf_add(out, slice_cstr(after));
    return buf_slice(out);
}

static void assert_compiles(struct slice source)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE] = "";
    struct gotemplate *template = gotemplate_compile(source, problem);
    assert_string_equal(problem, "");
    assert_non_null(template);
    gotemplate_free(template);
}

static void size_and_nesting_have_a_bound(void **state)
{
    struct buf source;
    buf_init(&source, 20000);
    assert_compiles(repeated(&source, GOTEMPLATE_SOURCE_MAX, "a", "", ""));
    assert_refused(repeated(&source, GOTEMPLATE_SOURCE_MAX + 1, "a", "", ""),
                   "line 1, column 1: the template is longer than 8192 bytes");
    assert_refused(SLICE("a\xFF"), "line 1, column 1: the template is not valid UTF-8");
    assert_compiles(repeated(&source, GOTEMPLATE_DEPTH_MAX, "{{if .a}}", "x", "{{end}}"));
    assert_refused(repeated(&source, GOTEMPLATE_DEPTH_MAX + 1, "{{if .a}}", "x", "{{end}}"),
                   "line 1, column 291: ifs are nested too deeply");
    buf_clear(&source);
    buf_printf(&source, "{{%.*s.a%.*s}}", 32, "((((((((((((((((((((((((((((((((", 32,
               "))))))))))))))))))))))))))))))))");
    assert_compiles(buf_slice(&source));
    buf_clear(&source);
    buf_printf(&source, "{{%.*s.a%.*s}}", 33, "(((((((((((((((((((((((((((((((((", 33,
               ")))))))))))))))))))))))))))))))))");
    assert_refused(buf_slice(&source), "line 1, column 35: parentheses are nested too deeply");
    buf_clear(&source);
    buf_add(&source, SLICE("{{.a"));
    for (size_t i = 1; i < GOTEMPLATE_DEPTH_MAX; i++)
        buf_add(&source, SLICE("|len"));
    size_t size = source.size;
    buf_add(&source, SLICE("}}"));
    assert_compiles(buf_slice(&source));
    source.size = size;
    buf_add(&source, SLICE("|len}}"));
    assert_refused(buf_slice(&source),
                   "line 1, column 1: pipes and parentheses are nested too deeply");
    buf_done(&source);
}

static void variables_and_arguments_have_a_bound(void **state)
{
    struct buf source;
    buf_init(&source, 20000);
    for (size_t i = 0; i < GOTEMPLATE_VARIABLES_MAX; i++)
        buf_printf(&source, "{{.v%zu}}", i);
    assert_compiles(buf_slice(&source));
    buf_add(&source, SLICE("\n{{.v0}}{{.w}}"));
    assert_refused(buf_slice(&source), "line 2, column 10: there are too many variables");
    buf_clear(&source);
    buf_add(&source, SLICE("{{or"));
    for (size_t i = 0; i < GOTEMPLATE_ARGUMENTS_MAX; i++)
        buf_add(&source, SLICE(" .a"));
    size_t size = source.size;
    buf_add(&source, SLICE("}}"));
    assert_compiles(buf_slice(&source));
    source.size = size;
    buf_add(&source, SLICE(" .a}}"));
    assert_refused(buf_slice(&source), "line 1, column 3: or takes at most 32 arguments, not 33");
    buf_done(&source);
}

static void variables_are_told_once_in_the_order_of_first_use(void **state)
{
    static const struct {
        const char *source, *names;
    } lists[] = {
        {"", ""},
        {"{{.}} {{\"a\"}}", ""},
        {"{{.b}}{{.a}}{{.b}}", "b a "},
        {"{{if .x.y}}{{printf \"%d\" .z}}{{else}}{{.x.w | printf .f}}{{end}}", "x z f "},
        {"{{(.m).n}}{{/* .c */}}{{or (not .o) .p}}", "m o p "},
    };
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char problem[GOTEMPLATE_PROBLEM_SIZE], text[100] = "";
        const struct slice *names;
        struct gotemplate *template = gotemplate_compile(slice_cstr(lists[i].source), problem);
        size_t count = gotemplate_variables(template, &names), size = 0;
        for (size_t k = 0; k < count; k++)
            size += (size_t)snprintf(text + size, sizeof text - size, "%.*s ", (int)names[k].size,
                                     names[k].at);
        assert_string_equal(text, lists[i].names);
        gotemplate_free(template);
    }
    gotemplate_free(NULL);
}

static bool renders(const char *source, struct slice variables, struct buf *out)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE];
    struct gotemplate *template = gotemplate_compile(slice_cstr(source), problem);
    assert_non_null(template);
    bool ok = gotemplate_render(template, variables, out);
    gotemplate_free(template);
    return ok;
}

static void only_an_object_is_taken_for_variables(void **state)
{
    static const char *const wrong[] = {
        " ",
        "[]",
        "3",
        "null",
        "\"a\"",
        "{",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{a:1}",
        "{\"a\":1} x",
        "{\"a\":01}",
        "{\"a\":1}}",
        "{\"a\":\"}",
        "{\"a\":\"\\z\"}",
        "{\"a\":tru}",
        "{\"b\":[1,]}",
        "{\"b\":{\"c\":[1 2]}}",
        "{\"a\":\"\xFF\"}",
    };
    struct buf out;
    buf_init(&out, 100);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        if (renders("x{{.a}}", slice_cstr(wrong[i]), &out)) fail_msg("rendered: %s", wrong[i]);
        assert_int_equal(out.size, 0);
        assert_false(out.full);
    }
    assert_true(renders("x{{.a}}", SLICE(" {\t\"a\" :\r1\n} "), &out));
    assert_true(slice_eq(buf_slice(&out), SLICE("x1")));
    buf_done(&out);
}

static void the_output_stays_below_its_ceiling(void **state)
{
    struct buf out;
    buf_init(&out, 10);
    assert_true(renders("{{printf \"%10d\" .a}}", SLICE("{\"a\":1}"), &out));
    static const char *const sources[] = {
        "{{.a}}{{printf \"%10d\" 1}}", "12345678901", "{{printf \"%11d\" 1}}",
        "{{printf \"%q\" .b}}",        "{{.}}",       "{{printf \"%x\" .b}}",
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        buf_clear(&out);
        if (renders(sources[i], SLICE("{\"a\":1,\"b\":\"1234567890\"}"), &out))
            fail_msg("rendered: %s", sources[i]);
        assert_true(out.full);
        assert_true(out.size <= 10);
    }
    buf_done(&out);
}

static void the_steps_have_a_bound(void **state)
{
    struct buf source, variables, out;
    buf_init(&source, GOTEMPLATE_SOURCE_MAX);
    buf_init(&variables, 40000);
    buf_init(&out, 100);
    buf_add(&variables, SLICE("{\"a\":{\"b\":\""));
    for (size_t i = 0; i < 30000; i++)
        buf_add_byte(&variables, 'x');
    buf_add(&variables, SLICE("\"}}"));
    for (size_t i = 0; i < 60; i++)
        buf_add(&source, SLICE("{{if .a.c}}x{{end}}"));
    buf_add_byte(&source, '\0');
    assert_true(renders(source.at, buf_slice(&variables), &out));
    source.size--;
    for (size_t i = 0; i < 20; i++)
        buf_add(&source, SLICE("{{if .a.c}}x{{end}}"));
    buf_add_byte(&source, '\0');
    assert_false(renders(source.at, buf_slice(&variables), &out));
    assert_false(out.full);
    buf_done(&source);
    buf_done(&variables);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_of_the_subset_is_refused_with_its_place),
        cmocka_unit_test(size_and_nesting_have_a_bound),
        cmocka_unit_test(variables_and_arguments_have_a_bound),
        cmocka_unit_test(variables_are_told_once_in_the_order_of_first_use),
        cmocka_unit_test(only_an_object_is_taken_for_variables),
        cmocka_unit_test(the_output_stays_below_its_ceiling),
        cmocka_unit_test(the_steps_have_a_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
