/* json_read in JSON_STRICT against jansson, on documents that were broken at random: both accept or
   both refuse, and the values are equal.

   Left out, because jansson has another opinion on purpose: numbers beyond int64_t or double, which
   it refuses and we call FIELD_WRONG_TYPE; nesting beyond JSON_DEPTH_MAX (its own limit is 2048);
   and outermost arrays, which it takes and we do not. A raw NUL behind a number or a word it loses
   and takes the rest: there ours must refuse whatever it says. */
#include "wire/json.h"

#include "vectors.h"

/* Both have functions of these names, of which the test calls none, and an old flag of jansson's is
   called like our mode. */
#define json_integer jansson_integer
#define json_null    jansson_null
#include <jansson.h>
#undef json_integer
#undef json_null
#undef JSON_STRICT

#define ROUNDS_COUNT 60000

struct document {
    struct field text, content, integer, truth;
};

static const struct field_spec table[] = {
    {"text", FIELD_TEXT, offsetof(struct document, text)},
    {"content", FIELD_TEXT, offsetof(struct document, content)},
    {"integer", FIELD_INTEGER, offsetof(struct document, integer)},
    {"truth", FIELD_BOOL, offsetof(struct document, truth)},
};

#define TABLE_COUNT (sizeof table / sizeof *table)

static const struct slice seeds[] = {
    SLICE("{}"),
    SLICE("{\"text\":\"hello\",\"content\":\"w\xC3\xB6rld\"}"),
    SLICE("{\"text\":\"\\ud83d\\ude00\\u00e9\\n\",\"integer\":-12,\"truth\":true}"),
    SLICE(" { \"text\" : \"\xF0\x9F\x98\x80\xE0\xB8\x81\" , \"x\" : [ 1 , 2.5e3 , null ] } \r\n"),
    SLICE("{\"te\\u0078t\":\"a\\\"b\\\\c\\/\\b\\f\\r\\t\",\"x\":{\"y\":{\"z\":[[],{}]}}}"),
    SLICE("{\"integer\":9223372036854775807,\"truth\":false,\"text\":null,\"content\":[]}"),
    SLICE("{\"text\":\"a\",\"text\":\"b\",\"content\":\"\\u0041\\uD834\\uDD1E\"}"),
};

/* What breaks a document: pieces that mean something to one part of a reader or another. */
static const struct slice pieces[] = {
    SLICE("\""),
    SLICE("\\"),
    SLICE("{"),
    SLICE("}"),
    SLICE("["),
    SLICE("]"),
    SLICE(","),
    SLICE(":"),
    SLICE("\\u"),
    SLICE("\\ud83d"),
    SLICE("\\ude00"),
    SLICE("\\u0000"),
    SLICE("\\uDBFF"),
    SLICE("\\udfff"),
    SLICE("\0"),
    SLICE("\v"),
    SLICE("\f"),
    SLICE("\n"),
    SLICE("\t"),
    SLICE(" "),
    SLICE("\xC3"),
    SLICE("\xA9"),
    SLICE("\xED\xA0\x80"),
    SLICE("\xF0\x9F"),
    SLICE("\xC0\x80"),
    SLICE("\xFF"),
    SLICE("\xEF\xBB\xBF"),
    SLICE("0"),
    SLICE("-"),
    SLICE("."),
    SLICE("e"),
    SLICE("1E+2"),
    SLICE("true"),
    SLICE("null"),
    SLICE("nul"),
    SLICE("/"),
    SLICE("//"),
    SLICE("\"text\":"),
    SLICE("\"text\":\"x\","),
    SLICE(",\"integer\":-0"),
    SLICE("\x7F"),
    SLICE("\x1F"),
    SLICE("\\x"),
    SLICE("\\'"),
};

#define PIECES_COUNT (sizeof pieces / sizeof *pieces)

/* Replaces `cut` bytes at `offset` by `piece`. */
static void splice(struct buf *body, size_t offset, size_t cut, struct slice piece)
{
    struct buf result;
    buf_init(&result, body->limit);
    buf_add(&result, slice_of(body->at, offset));
    buf_add(&result, piece);
    buf_add(&result, slice_from(buf_slice(body), offset + cut));
    buf_done(body);
    *body = result;
}

static void mutate(uint64_t *random, struct buf *body)
{
    size_t offset = random_below(random, (uint32_t)body->size + 1), left = body->size - offset;
    size_t cut = random_below(random, 4);
    if (cut > left) cut = left;
    char byte = (char)random_below(random, 256);
    switch (random_below(random, 4)) {
    case 0:
        splice(body, offset, cut, (struct slice){0});
        break;
    case 1:
        splice(body, offset, cut ? 1 : 0, slice_of(&byte, 1));
        break;
    case 2:
        splice(body, offset, left, (struct slice){0});
        break;
    default:
        splice(body, offset, random_below(random, 2) ? cut : 0,
               pieces[random_below(random, PIECES_COUNT)]);
    }
}

static bool too_deep(struct slice body)
{
    size_t brackets = 0;
    for (size_t i = 0; i < body.size; i++)
        brackets += body.at[i] == '{' || body.at[i] == '[';
    return brackets > JSON_DEPTH_MAX;
}

static void check_field(const struct field_spec *spec, const struct field *field,
                        const json_t *theirs)
{
    if (!theirs) {
        assert_int_equal(field->state, FIELD_ABSENT);
    } else if (json_is_null(theirs)) {
        assert_int_equal(field->state, FIELD_NULL);
    } else if (spec->type == FIELD_TEXT && json_is_string(theirs)) {
        assert_int_equal(field->state, FIELD_SET);
        assert_slice_equal(field->text,
                           slice_of(json_string_value(theirs), json_string_length(theirs)));
    } else if (spec->type == FIELD_INTEGER && json_is_integer(theirs)) {
        assert_int_equal(field->state, FIELD_SET);
        assert_true(field->integer == json_integer_value(theirs));
    } else if (spec->type == FIELD_BOOL && json_is_boolean(theirs)) {
        assert_int_equal(field->state, FIELD_SET);
        assert_int_equal(field->integer, json_is_true(theirs));
    } else {
        assert_int_equal(field->state, FIELD_WRONG_TYPE);
    }
}

/* Returns whether both accepted it. */
static bool check_document(struct slice body, unsigned round)
{
    struct arena arena = {0};
    struct document document = {0};
    json_error_t error;
    json_t *theirs = json_loadb(body.at, body.size, 0, &error);
    bool number = !theirs && json_error_code(&error) == json_error_numeric_overflow;
    if (number || too_deep(body) || (theirs && !json_is_object(theirs))) {
        json_decref(theirs);
        return false;
    }
    bool ours = json_read(body, JSON_STRICT, table, TABLE_COUNT, &arena, &document, NULL, NULL);
    bool nul = body.size > 0 && memchr(body.at, '\0', body.size) != NULL;
    if (ours != (theirs && !nul)) {
        for (size_t i = 0; i < body.size; i++)
            print_error(body.at[i] < ' ' ? "\\x%02X" : "%c", (unsigned char)body.at[i]);
        fail_msg(" round %u: we %s, they say '%s'", round, ours ? "accept" : "refuse",
                 theirs ? "fine" : error.text);
    }
    for (size_t i = 0; ours && i < TABLE_COUNT; i++)
        check_field(&table[i], field_at(&document, &table[i]),
                    json_object_get(theirs, table[i].name));
    json_decref(theirs);
    arena_done(&arena);
    return ours;
}

static void jansson_agrees_about_broken_documents(void **state)
{
    uint64_t random = 2024;
    unsigned accepted = 0;
    for (unsigned round = 0; round < ROUNDS_COUNT; round++) {
        struct buf body;
        buf_init(&body, 4096);
        buf_add(&body, seeds[round % (sizeof seeds / sizeof *seeds)]);
        for (uint32_t i = random_below(&random, 4); i > 0; i--)
            mutate(&random, &body);
        accepted += check_document(buf_slice(&body), round);
        buf_done(&body);
    }
    /* Not a test of the mutator only: a good part of the documents is still right. */
    assert_in_range(accepted, ROUNDS_COUNT / 4, ROUNDS_COUNT * 3 / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jansson_agrees_about_broken_documents),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
