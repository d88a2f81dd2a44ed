/* JSON objects: what is strictly right is right in repair mode with the same values, every text is
   valid UTF-8, and what the writer makes of the values reads back as they were. */
#include "wire/json.h"

#include <assert.h>

#include "wire/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

static void value_write(struct json_writer *json, const struct field_spec *spec,
                        const struct field *field)
{
    json_name(json, spec->name);
    if (field->state == FIELD_NULL)
        json_null(json);
    else if (spec->type == FIELD_TEXT)
        json_text(json, field->text);
    else if (spec->type == FIELD_INTEGER)
        json_integer(json, field->integer);
    else if (spec->type == FIELD_BOOL)
        json_bool(json, field->integer != 0);
    else
        json_raw(json, field->text);
}

static void document_write(const struct document *document, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct field *field = field_at((void *)(uintptr_t)document, &table[i]);
        if (field->state == FIELD_NULL || field->state == FIELD_SET)
            value_write(&json, &table[i], field);
    }
    json_end_object(&json);
    assert(json.depth == 0 && !out->full);
}

static bool field_eq(const struct field *a, const struct field *b)
{
    return a->state == b->state && a->integer == b->integer && slice_eq(a->text, b->text);
}

/* `wrong_is` is what a value of another type looks like in `b`: written documents leave it out. */
static void documents_agree(struct document *a, struct document *b, enum field_state wrong_is)
{
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        struct field wanted = *field_at(a, &table[i]);
        if (wanted.state == FIELD_WRONG_TYPE) wanted.state = wrong_is;
        assert(field_eq(&wanted, field_at(b, &table[i])));
    }
}

static void document_holds(struct document *document, enum json_text mode, struct arena *arena,
                           size_t size)
{
    struct slice text = document->text.text;
    assert(utf8_valid(text));
    assert(text.size == 0 || !memchr(text.at, '\0', text.size));
    assert(document->integer.text.size == 0 && document->truth.integer >> 1 == 0);

    struct buf out;
    struct document again;
    buf_init(&out, 6 * size + 100);
    document_write(document, &out);
    assert(json_read(buf_slice(&out), mode, table, TABLE_COUNT, arena, &again, NULL, NULL));
    documents_agree(document, &again, FIELD_ABSENT);
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct slice body = slice_of(data, size);
    struct document strict, repaired;
    unsigned line = 0, column = 0;
    bool is_strict =
        json_read(body, JSON_STRICT, table, TABLE_COUNT, &arena, &strict, &line, &column);
    assert(is_strict ? line == 0 : line >= 1 && column >= 1 && line + column <= size + 2);
    bool is_json = json_read(body, JSON_REPAIR, table, TABLE_COUNT, &arena, &repaired, NULL, NULL);
    assert(is_json || !is_strict);
    if (is_json) document_holds(&repaired, JSON_REPAIR, &arena, size);
    if (is_strict) {
        document_holds(&strict, JSON_STRICT, &arena, size);
        documents_agree(&strict, &repaired, FIELD_WRONG_TYPE);
    }
    arena_done(&arena);
    return 0;
}
