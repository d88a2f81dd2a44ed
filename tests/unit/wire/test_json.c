#include "wire/json.h"

#include "vectors.h"

#include "wire/utf.h"

#define FFFD  "\xEF\xBF\xBD"
#define EMOJI "\xF0\x9F\x98\x80"

struct document {
    struct field text, integer, truth, object, array;
};

static const struct field_spec table[] = {
    {"text", FIELD_TEXT, offsetof(struct document, text)},
    {"integer", FIELD_INTEGER, offsetof(struct document, integer)},
    {"truth", FIELD_BOOL, offsetof(struct document, truth)},
    {"object", FIELD_OBJECT, offsetof(struct document, object)},
    {"array", FIELD_ARRAY, offsetof(struct document, array)},
};

#define TABLE_COUNT (sizeof table / sizeof *table)

static bool document_read(struct slice body, enum json_text mode, struct arena *arena,
                          struct document *out)
{
    /* At the end of its own block, so that a byte read behind it is seen. */
    struct slice copy = slice_of(body.size ? test_malloc(body.size) : NULL, body.size);
    if (body.size) memcpy((char *)copy.at, body.at, body.size);
    bool read = json_read(copy, mode, table, TABLE_COUNT, arena, out, NULL, NULL);
    if (body.size) test_free((char *)copy.at);
    return read;
}

static const struct slice wrong_rows[] = {
    SLICE(""),
    SLICE(" "),
    SLICE("[]"),
    SLICE("1"),
    SLICE("\"a\""),
    SLICE("null"),
    SLICE("true"),
    SLICE("{"),
    SLICE("}"),
    SLICE("{]"),
    SLICE("{\"a\""),
    SLICE("{\"a\":"),
    SLICE("{\"a\":1"),
    SLICE("{\"a\":1,"),
    SLICE("{\"a\":1,}"),
    SLICE("{\"a\" 1}"),
    SLICE("{\"a\":1 \"b\":2}"),
    SLICE("{a:1}"),
    SLICE("{'a':1}"),
    SLICE("{1:1}"),
    SLICE("{\"a\":[1,]}"),
    SLICE("{\"a\":[1 2]}"),
    SLICE("{\"a\":[}"),
    SLICE("{,}"),
    /* behind the end */
    SLICE("{}{}"),
    SLICE("{}x"),
    SLICE("{}\""),
    SLICE("{}\"abc"),
    SLICE("{} tru"),
    SLICE("{}]"),
    SLICE("{},"),
    SLICE("{}\0"),
    SLICE("{}1"),
    SLICE("{}-"),
    SLICE("{} /**/"),
    /* blanks and comments that JSON does not know */
    SLICE("\xEF\xBB\xBF{}"),
    SLICE("\v{}"),
    SLICE("{\f}"),
    SLICE("{\"a\"\v:1}"),
    SLICE("{\"a\":\f1}"),
    SLICE("{\"a\":1\v}"),
    SLICE("{\"a\":[1,\f2]}"),
    SLICE("{}\v"),
    SLICE("{/**/}"),
    SLICE("{//\n}"),
    SLICE("{\xC2\xA0}"),
    SLICE("\0{}"),
    /* numbers and words */
    SLICE("{\"a\":01}"),
    SLICE("{\"a\":+1}"),
    SLICE("{\"a\":.1}"),
    SLICE("{\"a\":1.}"),
    SLICE("{\"a\":1e}"),
    SLICE("{\"a\":-}"),
    SLICE("{\"a\":0x1}"),
    SLICE("{\"a\":NaN}"),
    SLICE("{\"a\":-Infinity}"),
    SLICE("{\"a\":True}"),
    SLICE("{\"a\":nul}"),
    SLICE("{\"a\":truefalse}"),
    /* strings */
    SLICE("{\"a\":\"\n\"}"),
    SLICE("{\"a\":\"\t\"}"),
    SLICE("{\"a\":\"\0\"}"),
    SLICE("{\"a\":\"\x1F\"}"),
    SLICE("{\"a\":\"\\x\"}"),
    SLICE("{\"a\":\"\\u12\"}"),
    SLICE("{\"a\":\"\\u12G4\"}"),
    SLICE("{\"a\":\"\\'\"}"),
    SLICE("{\"a\":\"\\\"}"),
    SLICE("{\"a\":\"\\U0041\"}"),
    SLICE("{\"a\n\":1}"),
    SLICE("{\"a\":\"\xC3\"\xA9\"}"),
    SLICE("{\xFF}"),
};

static void documents_that_are_wrong_in_either_mode_are_refused(void **state)
{
    for (size_t i = 0; i < sizeof wrong_rows / sizeof *wrong_rows; i++) {
        struct arena arena = {0};
        struct document document, before;
        memset(&document, 0xAB, sizeof document);
        before = document;
        for (int mode = JSON_STRICT; mode <= JSON_REPAIR; mode++)
            if (document_read(wrong_rows[i], (enum json_text)mode, &arena, &document))
                fail_msg("accepted: %.*s", (int)wrong_rows[i].size, wrong_rows[i].at);
        assert_memory_equal(&document, &before, sizeof document);
        arena_done(&arena);
    }
}

static const struct {
    struct slice written;
    bool strict; /* valid in JSON_STRICT, with the same value */
    struct slice value;
} text_rows[] = {
    {SLICE(""), true, SLICE("")},
    {SLICE("plain"), true, SLICE("plain")},
    {SLICE("\\\"\\\\\\/\\b\\f\\n\\r\\t"), true, SLICE("\"\\/\b\f\n\r\t")},
    {SLICE("a\\u0041b"), true, SLICE("aAb")},
    {SLICE("\\u00e9\\u00E9"), true, SLICE("\xC3\xA9\xC3\xA9")},
    {SLICE("\\u20acx"), true, SLICE("\xE2\x82\xACx")},
    {SLICE("\\ud83d\\ude00"), true, SLICE(EMOJI)},
    {SLICE("\\uD83D\\uDE00\\uD83D\\uDE00"), true, SLICE(EMOJI EMOJI)},
    {SLICE("\\udbff\\udfff"), true, SLICE("\xF4\x8F\xBF\xBF")},
    {SLICE(EMOJI "\\n" EMOJI), true, SLICE(EMOJI "\n" EMOJI)},
    {SLICE("\\\\u0041"), true, SLICE("\\u0041")},
    {SLICE("\x7F"), true, SLICE("\x7F")},
    {SLICE("\\uffff\\u0001"), true, SLICE("\xEF\xBF\xBF\x01")},
    /* half a pair; yajl would eat what follows it */
    {SLICE("\\ud83d"), false, SLICE(FFFD)},
    {SLICE("\\ud83dx"), false, SLICE(FFFD "x")},
    {SLICE("\\ud83d\\n"), false, SLICE(FFFD "\n")},
    {SLICE("\\ud83d\\\\ude00"), false, SLICE(FFFD "\\ude00")},
    {SLICE("\\ud83d\\u0041"), false, SLICE(FFFD "A")},
    {SLICE("\\ud83d\\ud83d\\ude00"), false, SLICE(FFFD EMOJI)},
    {SLICE("\\ude00"), false, SLICE(FFFD)},
    {SLICE("\\ude00\\ud83d"), false, SLICE(FFFD FFFD)},
    {SLICE("a\\ude00"
           "b"),
     false, SLICE("a" FFFD "b")},
    /* NUL */
    {SLICE("\\u0000"), false, SLICE("")},
    {SLICE("a\\u0000b"), false, SLICE("ab")},
    {SLICE("\\u0000ab"), false, SLICE("ab")},
    /* bytes that are no UTF-8; an escape between them makes them no better */
    {SLICE("a\xFF"
           "b"),
     false, SLICE("a" FFFD "b")},
    {SLICE("\xC0\xAF"), false, SLICE(FFFD FFFD)},
    {SLICE("\xED\xA0\x80"), false, SLICE(FFFD FFFD FFFD)},
    {SLICE("\xF0\x9F\x98"), false, SLICE(FFFD)},
    {SLICE("\xC3\\u0000\xA9"), false, SLICE(FFFD FFFD)},
    {SLICE("\xC3\\n"), false, SLICE(FFFD "\n")},
    {SLICE("\xF4\x90\x80\x80"), false, SLICE(FFFD FFFD FFFD FFFD)},
};

static void texts_are_decoded_by_mode(void **state)
{
    for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++) {
        struct arena arena = {0};
        struct buf body;
        struct document document;
        buf_init(&body, 1000);
        buf_add(&body, SLICE("{\"text\":\""));
        buf_add(&body, text_rows[i].written);
        buf_add(&body, SLICE("\"}"));
        for (int mode = JSON_STRICT; mode <= JSON_REPAIR; mode++) {
            bool read = document_read(buf_slice(&body), (enum json_text)mode, &arena, &document);
            assert_int_equal(read, text_rows[i].strict || mode == JSON_REPAIR);
            if (!read) continue;
            assert_int_equal(document.text.state, FIELD_SET);
            assert_slice_equal(document.text.text, text_rows[i].value);
            assert_int_equal(document.text.text.at[text_rows[i].value.size], '\0');
        }
        buf_done(&body);
        arena_done(&arena);
    }
}

static void strictness_reaches_names_and_inner_values(void **state)
{
    static const struct slice rows[] = {
        SLICE("{\"\\ud800\":1}"),        SLICE("{\"\xFF\":1}"),
        SLICE("{\"a\\u0000\":1}"),       SLICE("{\"a\":[{\"b\":\"\\udc00\"}]}"),
        SLICE("{\"a\":[\"\xC0\x80\"]}"), SLICE("{\"a\":{\"\\ud800\":1}}"),
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct document document;
        assert_false(document_read(rows[i], JSON_STRICT, &arena, &document));
        assert_true(document_read(rows[i], JSON_REPAIR, &arena, &document));
        arena_done(&arena);
    }
}

static void fields_take_their_own_type_only(void **state)
{
    static const struct {
        const char *value;
        enum field_state text, integer, truth, object, array;
    } rows[] = {
        {"null", FIELD_NULL, FIELD_NULL, FIELD_NULL, FIELD_NULL, FIELD_NULL},
        {"\"1\"", FIELD_SET, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE,
         FIELD_WRONG_TYPE},
        {"1", FIELD_WRONG_TYPE, FIELD_SET, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE},
        {"1.0", FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE,
         FIELD_WRONG_TYPE},
        {"true", FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_SET, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE},
        {"{}", FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_SET, FIELD_WRONG_TYPE},
        {"[]", FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_WRONG_TYPE, FIELD_SET},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct document document;
        const char *value = rows[i].value;
        struct slice body = arena_printf(
            &arena, "{\"text\":%s,\"integer\":%s,\"truth\":%s,\"object\":%s,\"array\":%s}", value,
            value, value, value, value);
        assert_true(document_read(body, JSON_STRICT, &arena, &document));
        assert_int_equal(document.text.state, rows[i].text);
        assert_int_equal(document.integer.state, rows[i].integer);
        assert_int_equal(document.truth.state, rows[i].truth);
        assert_int_equal(document.object.state, rows[i].object);
        assert_int_equal(document.array.state, rows[i].array);
        arena_done(&arena);
    }
}

static void numbers_are_integers_of_64_bits_or_of_the_wrong_type(void **state)
{
    static const struct {
        const char *written;
        bool set;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"42", true, 42},
        {"-7", true, -7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"18446744073709551617", false, 0},
        {"100000000000000000000000000000000000000000000000000000", false, 0},
        {"1.0", false, 0},
        {"1e2", false, 0},
        {"1E+2", false, 0},
        {"0.5", false, 0},
        {"1e999", false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct document document;
        struct slice body = arena_printf(&arena, "{\"integer\":%s}", rows[i].written);
        assert_true(document_read(body, JSON_STRICT, &arena, &document));
        assert_int_equal(document.integer.state, rows[i].set ? FIELD_SET : FIELD_WRONG_TYPE);
        assert_true(document.integer.integer == rows[i].value);
        arena_done(&arena);
    }
}

static void names_are_matched_and_the_last_wins(void **state)
{
    static const struct {
        struct slice body;
        enum field_state state;
        struct slice text;
    } rows[] = {
        {SLICE("{}"), FIELD_ABSENT, SLICE("")},
        {SLICE("{\"tex\":\"a\",\"texts\":\"b\",\"Text\":\"c\",\"\":\"d\"}"), FIELD_ABSENT,
         SLICE("")},
        {SLICE("{\"text\":\"a\",\"text\":\"b\"}"), FIELD_SET, SLICE("b")},
        {SLICE("{\"text\":\"a\",\"text\":null}"), FIELD_NULL, SLICE("")},
        {SLICE("{\"text\":\"a\",\"text\":[1]}"), FIELD_WRONG_TYPE, SLICE("")},
        {SLICE("{\"text\":[1],\"text\":\"a\"}"), FIELD_SET, SLICE("a")},
        {SLICE("{\"te\\u0078t\":\"a\"}"), FIELD_SET, SLICE("a")},
        {SLICE("{\"x\":{\"text\":\"inner\"}}"), FIELD_ABSENT, SLICE("")},
        {SLICE("{\"text\":\"a\",\"x\":{\"text\":\"inner\"}}"), FIELD_SET, SLICE("a")},
        {SLICE("{\"x\":[\"text\",\"y\"],\"text\":\"a\"}"), FIELD_SET, SLICE("a")},
        {SLICE(" \t\r\n{ \"text\" : \"a\" , \"y\" : { } } \n"), FIELD_SET, SLICE("a")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct document document;
        memset(&document, 0xFF, sizeof document);
        assert_true(document_read(rows[i].body, JSON_STRICT, &arena, &document));
        assert_int_equal(document.text.state, rows[i].state);
        assert_slice_equal(document.text.text, rows[i].text);
        assert_int_equal(document.array.state, FIELD_ABSENT);
        arena_done(&arena);
    }
}

static void objects_and_arrays_come_as_they_stand(void **state)
{
    struct arena arena = {0};
    struct document document;
    struct slice body =
        SLICE("{\"array\": [ 1, [2], \"]\\\"\" ] ,\"object\":{ \"a\" : {} }, \"truth\":"
              "false}");
    assert_true(document_read(body, JSON_STRICT, &arena, &document));
    assert_slice_equal(document.array.text, SLICE("[ 1, [2], \"]\\\"\" ]"));
    assert_slice_equal(document.object.text, SLICE("{ \"a\" : {} }"));
    assert_int_equal(document.truth.state, FIELD_SET);
    assert_int_equal(document.truth.integer, 0);
    arena_done(&arena);
}

static bool nested_read(unsigned depth, const char *open, const char *close)
{
    struct arena arena = {0};
    struct document document;
    struct buf body;
    buf_init(&body, 1 << 20);
    buf_add(&body, SLICE("{\"x\":"));
    for (unsigned i = 1; i < depth; i++)
        buf_add(&body, slice_cstr(open));
    buf_add(&body, SLICE("1"));
    for (unsigned i = 1; i < depth; i++)
        buf_add(&body, slice_cstr(close));
    buf_add(&body, SLICE("}"));
    bool read = document_read(buf_slice(&body), JSON_STRICT, &arena, &document);
    buf_done(&body);
    arena_done(&arena);
    return read;
}

static void depth_has_an_end(void **state)
{
    assert_true(nested_read(JSON_DEPTH_MAX, "[", "]"));
    assert_false(nested_read(JSON_DEPTH_MAX + 1, "[", "]"));
    assert_true(nested_read(JSON_DEPTH_MAX, "{\"y\":", "}"));
    assert_false(nested_read(JSON_DEPTH_MAX + 1, "{\"y\":", "}"));
    assert_false(nested_read(100000, "[", ""));
}

static void a_wrong_document_has_a_place(void **state)
{
    static const struct {
        struct slice body;
        unsigned line, column;
    } rows[] = {
        {SLICE(""), 1, 1},
        {SLICE("[1]"), 1, 1},
        {SLICE("\n  7 "), 2, 3},
        {SLICE("\n  7"), 2, 4}, /* the number may go on */
        {SLICE("{\"a\":1,\n \"b\":\"\\ud800\"}"), 2, 7},
        {SLICE("{\"a\":1,\n \"b\":\"\xFF\"}"), 2, 7},
        {SLICE("{\"a\":1}\n\n x"), 3, 2},
        {SLICE("{\n\f}"), 2, 1},
        {SLICE("{\"a\":1\n"), 2, 1},
        {SLICE("{\"a\":\"x\ny\"}"), 1, 8},
        {SLICE("{\"a\":1\n\"b\":2}"), 2, 3}, /* in the token that should not be there */
        {SLICE("{\"a\":1,}"), 1, 9},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct document document;
        unsigned line = 0, column = 0;
        assert_false(json_read(rows[i].body, JSON_STRICT, table, TABLE_COUNT, &arena, &document,
                               &line, &column));
        assert_int_equal(line, rows[i].line);
        assert_int_equal(column, rows[i].column);
        arena_done(&arena);
    }
}

static void an_empty_table_only_checks(void **state)
{
    struct arena arena = {0};
    assert_true(json_read(SLICE("{\"a\":1}"), JSON_STRICT, NULL, 0, &arena, NULL, NULL, NULL));
    assert_false(json_read(SLICE("{\"a\":}"), JSON_STRICT, NULL, 0, &arena, NULL, NULL, NULL));
    arena_done(&arena);
}

static void the_writer_sets_commas_and_escapes(void **state)
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1000);
    json_writer_init(&json, &out);
    json_begin_object(&json);
    json_put_text(&json, "text", SLICE("\"\\/\b\f\n\r\t\x01\x0B\x1F\x7F\xC3\xA9" EMOJI "\0."));
    json_put_text(&json, "repaired",
                  SLICE("a\xFF"
                        "b\0c"));
    json_put_text(&json, "na\"me", SLICE(""));
    json_put_integer(&json, "least", INT64_MIN);
    json_put_bool(&json, "yes", true);
    json_put_bool(&json, "no", false);
    json_put_null(&json, "nothing");
    json_name(&json, "list");
    json_begin_array(&json);
    json_integer(&json, 1);
    json_begin_array(&json);
    json_end_array(&json);
    json_begin_object(&json);
    json_put_integer(&json, "a", 1);
    json_end_object(&json);
    json_text(&json, SLICE("x"));
    json_end_array(&json);
    json_name(&json, "raw");
    json_raw(&json, SLICE("{\"b\":2}"));
    json_name(&json, "empty");
    json_begin_object(&json);
    json_end_object(&json);
    json_end_object(&json);
    assert_false(out.full);
    assert_slice_equal(
        buf_slice(&out),
        SLICE("{\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u000b\\u001f\x7F\xC3\xA9" EMOJI
              "\\u0000.\",\"repaired\":\"a" FFFD "bc\",\"na\\\"me\":\"\","
              "\"least\":-9223372036854775808,\"yes\":true,\"no\":false,\"nothing\":null,"
              "\"list\":[1,[],{\"a\":1},\"x\"],\"raw\":{\"b\":2},\"empty\":{}}"));
    buf_done(&out);
}

static void what_is_written_is_read_back(void **state)
{
    struct arena arena = {0};
    /* Each character alone, and the ASCII ones at every place of words of eight bytes. */
    for (uint32_t at = 0; at < 17; at++)
        for (uint32_t point = 1; point <= (at ? 0x80 : 0x10FFFF);
             point += point < 0x900 ? 1 : 251) {
            if (point >= 0xD800 && point <= 0xDFFF) continue;
            struct buf text, out;
            struct json_writer json;
            struct document document;
            buf_init(&text, 100);
            buf_init(&out, 200);
            buf_printf(&text, "%.*s", (int)at, "abcdefghijklmnopq");
            utf8_add(&text, point);
            buf_printf(&text, "%.*s", (int)at, "ABCDEFGHIJKLMNOPQ");
            json_writer_init(&json, &out);
            json_begin_object(&json);
            json_put_text(&json, "text", buf_slice(&text));
            json_end_object(&json);
            assert_true(document_read(buf_slice(&out), JSON_STRICT, &arena, &document));
            assert_slice_equal(document.text.text, buf_slice(&text));
            buf_done(&text);
            buf_done(&out);
        }
    arena_done(&arena);
}

static void a_full_buffer_takes_no_more(void **state)
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, 10);
    json_writer_init(&json, &out);
    json_begin_object(&json);
    json_put_text(&json, "text", SLICE("longer than that"));
    json_end_object(&json);
    assert_true(out.full);
    assert_true(out.size <= 10);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_that_are_wrong_in_either_mode_are_refused),
        cmocka_unit_test(texts_are_decoded_by_mode),
        cmocka_unit_test(strictness_reaches_names_and_inner_values),
        cmocka_unit_test(fields_take_their_own_type_only),
        cmocka_unit_test(numbers_are_integers_of_64_bits_or_of_the_wrong_type),
        cmocka_unit_test(names_are_matched_and_the_last_wins),
        cmocka_unit_test(objects_and_arrays_come_as_they_stand),
        cmocka_unit_test(depth_has_an_end),
        cmocka_unit_test(a_wrong_document_has_a_place),
        cmocka_unit_test(an_empty_table_only_checks),
        cmocka_unit_test(the_writer_sets_commas_and_escapes),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(a_full_buffer_takes_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
