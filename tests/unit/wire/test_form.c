#include "wire/form.h"

#include "vectors.h"

#include "wire/utf.h"

struct body {
    struct field recipient, content, count;
};

static const struct field_spec table[] = {
    {"recipient", FIELD_TEXT, offsetof(struct body, recipient)},
    {"content", FIELD_TEXT, offsetof(struct body, content)},
    {"count", FIELD_INTEGER, offsetof(struct body, count)},
};

static void check_content(struct slice form, bool there, struct slice content)
{
    struct arena arena = {0};
    struct body body = {.content.state = FIELD_NULL};
    form_read(form, table, 3, &arena, &body);
    assert_int_equal(body.content.state, there ? FIELD_SET : FIELD_ABSENT);
    assert_slice_equal(body.content.text, content);
    if (there) assert_int_equal(body.content.text.at[content.size], '\0');
    arena_done(&arena);
}

static void values_are_decoded(void **state)
{
    static const struct {
        struct slice form, content;
    } rows[] = {
        {SLICE("content=hi"), SLICE("hi")},
        {SLICE("content="), SLICE("")},
        {SLICE("content"), SLICE("")},
        {SLICE("content=a+b%20c%2Bd"), SLICE("a b c+d")},
        {SLICE("content=a=b"), SLICE("a=b")},
        {SLICE("content=%26%3D%25"), SLICE("&=%")},
        {SLICE("content=%c3%A9"), SLICE("\xC3\xA9")},
        {SLICE("content=\xE2\x82\xAC"), SLICE("\xE2\x82\xAC")},
        /* broken escapes stay as written */
        {SLICE("content=100%"), SLICE("100%")},
        {SLICE("content=%4"), SLICE("%4")},
        {SLICE("content=%zz%4g%g4"), SLICE("%zz%4g%g4")},
        {SLICE("content=%%41"), SLICE("%A")},
        {SLICE("content=%:0%@0%`0%/0%G0"), SLICE("%:0%@0%`0%/0%G0")},
        /* text that is none is repaired */
        {SLICE("content=a%FFb"), SLICE("a\xEF\xBF\xBD"
                                       "b")},
        {SLICE("content=%ED%A0%80"), SLICE("\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD")},
        {SLICE("content=a%00b"), SLICE("ab")},
        {SLICE("content=a\0b"), SLICE("ab")},
        {SLICE("content=%00"), SLICE("")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_content(rows[i].form, true, rows[i].content);
}

static void names_are_found_among_others(void **state)
{
    static const struct {
        struct slice form;
        bool there;
        struct slice content;
    } rows[] = {
        {SLICE(""), false, SLICE("")},
        {SLICE("&&&"), false, SLICE("")},
        {SLICE("="), false, SLICE("")},
        {SLICE("=content"), false, SLICE("")},
        {SLICE("Content=hi"), false, SLICE("")},
        {SLICE("conten=hi"), false, SLICE("")},
        {SLICE("contents=hi"), false, SLICE("")},
        {SLICE("content%00=hi"), false, SLICE("")},
        {SLICE("+content=hi"), false, SLICE("")},
        {SLICE("a=1&content=hi&b=2"), true, SLICE("hi")},
        {SLICE("&&content=hi&"), true, SLICE("hi")},
        {SLICE("c%6Fntent=hi"), true, SLICE("hi")},
        {SLICE("content=1&content=2"), true, SLICE("2")},
        {SLICE("content=1&content"), true, SLICE("")},
        {SLICE("content=a;recipient=b"), true, SLICE("a;recipient=b")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_content(rows[i].form, rows[i].there, rows[i].content);
}

static void every_field_of_the_table_is_written(void **state)
{
    struct arena arena = {0};
    struct body body;
    memset(&body, 0xFF, sizeof body);
    form_read(SLICE("recipient=+447700900000&count=3"), table, 3, &arena, &body);
    assert_int_equal(body.recipient.state, FIELD_SET);
    assert_slice_equal(body.recipient.text, SLICE(" 447700900000"));
    assert_int_equal(body.content.state, FIELD_ABSENT);
    assert_int_equal(body.content.text.size, 0);
    assert_int_equal(body.count.state, FIELD_WRONG_TYPE); /* a form has only texts */
    arena_done(&arena);
}

/* Encodes every byte value in each of its forms. */
static void every_byte_comes_back(void **state)
{
    struct arena arena = {0};
    for (unsigned byte = 1; byte < 0x80; byte++) {
        struct body body;
        struct slice form = arena_printf(&arena, "content=%%%02x%%%02X", byte, byte);
        form_read(form, table, 3, &arena, &body);
        char twice[2] = {(char)byte, (char)byte};
        assert_slice_equal(body.content.text, slice_of(twice, 2));
    }
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_decoded),
        cmocka_unit_test(names_are_found_among_others),
        cmocka_unit_test(every_field_of_the_table_is_written),
        cmocka_unit_test(every_byte_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
