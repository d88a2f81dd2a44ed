#include "wire/json.h"

#include <assert.h>
#include <yajl/yajl_parse.h>

#include "base/mem.h"
#include "wire/json_escape.h"
#include "wire/utf.h"

/* yajl checks the grammar, and every value comes from the body's own bytes: what yajl makes of
   escapes is wrong for lone surrogates (it eats the next character) and is not used. */
struct reader {
    yajl_handle yajl;
    struct slice body;
    enum json_text mode;
    const struct field_spec *table;
    size_t count;
    struct arena *arena;
    struct field *fields; /* a row each; a text is still as written in the body */
    size_t current;       /* the row that the last name named, `count` when none */
    size_t depth;         /* open objects and arrays */
    size_t token_end;     /* offset behind the last token */
    size_t value_begin;   /* of the open object or array at depth 1 */
    size_t refused_at;    /* where we, not yajl, found the document wrong */
    bool refused;
    bool finished; /* the outermost object is closed */
};

static int reader_refuse(struct reader *reader, size_t offset)
{
    reader->refused = true;
    reader->refused_at = offset;
    return 0;
}

/* The token that yajl has just read. Only blanks, commas and colons, for which there are no
   callbacks, lie between tokens; yajl takes VT and FF for blanks, RFC 8259 does not. The body is
   parsed as one chunk, so yajl's count of consumed bytes is an offset into it. */
static bool token_take(struct reader *reader, struct slice *out)
{
    size_t begin = reader->token_end, end = yajl_get_bytes_consumed(reader->yajl);
    assert(begin < end && end <= reader->body.size);
    while (memchr(" \t\n\r,:", reader->body.at[begin], 6))
        begin++;
    assert(begin < end);
    if (reader->body.at[begin] == '\v' || reader->body.at[begin] == '\f')
        return reader_refuse(reader, begin);
    reader->token_end = end;
    *out = slice_of(reader->body.at + begin, end - begin);
    return true;
}

static size_t token_offset(const struct reader *reader, struct slice token)
{
    return (size_t)(token.at - reader->body.at);
}

static struct slice token_unquote(struct slice token)
{
    assert(token.size >= 2 && token.at[0] == '"' && token.at[token.size - 1] == '"');
    return slice_of(token.at + 1, token.size - 2);
}

static int text_check(struct reader *reader, struct slice text)
{
    if (reader->mode == JSON_REPAIR) return 1;
    struct slice plain;
    while (json_escape_find(&text, &plain)) {
        size_t offset = token_offset(reader, text);
        uint32_t point;
        if (!json_escape_take(&text, &point) || point == 0) return reader_refuse(reader, offset);
    }
    return 1;
}

/* The value of a text in the body; in the arena. */
static struct slice text_decode(const struct reader *reader, struct slice text)
{
    struct buf repaired;
    buf_init(&repaired, UTF8_REPAIR_MAX(text.size));
    if (reader->mode == JSON_REPAIR && !utf8_valid(text)) {
        utf8_repair(text, &repaired);
        text = buf_slice(&repaired);
    }
    text = json_text_decode(text, reader->arena);
    buf_done(&repaired);
    return text;
}

static bool reader_at_field(const struct reader *reader)
{
    return reader->depth == 1 && reader->current < reader->count;
}

static int field_set(struct reader *reader, struct field field)
{
    if (reader_at_field(reader)) reader->fields[reader->current] = field;
    return 1;
}

/* A value of a JSON type that the table may or may not want here. */
static int field_put(struct reader *reader, enum field_type type, struct slice text,
                     int64_t integer)
{
    if (!reader_at_field(reader)) return 1;
    if (reader->table[reader->current].type != type)
        return field_set(reader, (struct field){.state = FIELD_WRONG_TYPE});
    return field_set(reader, (struct field){FIELD_SET, text, integer});
}

/* Takes a token that is a value; the outermost value can only be an object. */
static bool value_take(struct reader *reader, struct slice *out)
{
    if (!token_take(reader, out)) return false;
    if (reader->depth == 0) return reader_refuse(reader, token_offset(reader, *out));
    return true;
}

static int on_null(void *context)
{
    struct reader *reader = context;
    struct slice token;
    if (!value_take(reader, &token)) return 0;
    return field_set(reader, (struct field){.state = FIELD_NULL});
}

static int on_bool(void *context, int value)
{
    struct reader *reader = context;
    struct slice token;
    if (!value_take(reader, &token)) return 0;
    return field_put(reader, FIELD_BOOL, (struct slice){0}, value != 0);
}

static int on_number(void *context, const char *at, size_t size)
{
    struct reader *reader = context;
    struct slice token;
    int64_t integer;
    if (!value_take(reader, &token)) return 0;
    if (!slice_i64(token, &integer))
        return field_set(reader, (struct field){.state = FIELD_WRONG_TYPE});
    return field_put(reader, FIELD_INTEGER, (struct slice){0}, integer);
}

static int on_string(void *context, const unsigned char *at, size_t size)
{
    struct reader *reader = context;
    struct slice token;
    if (!value_take(reader, &token)) return 0;
    struct slice text = token_unquote(token);
    return text_check(reader, text) && field_put(reader, FIELD_TEXT, text, 0);
}

static int on_name(void *context, const unsigned char *at, size_t size)
{
    struct reader *reader = context;
    struct slice token;
    if (!token_take(reader, &token)) return 0;
    struct slice name = token_unquote(token);
    if (!text_check(reader, name)) return 0;
    if (reader->depth != 1) return 1;
    if (name.size > 0 && memchr(name.at, '\\', name.size)) name = text_decode(reader, name);
    size_t row = 0;
    while (row < reader->count && !slice_eq(name, slice_cstr(reader->table[row].name)))
        row++;
    reader->current = row;
    return 1;
}

static int reader_open(struct reader *reader, bool object)
{
    struct slice token;
    if (!token_take(reader, &token)) return 0;
    size_t offset = token_offset(reader, token);
    if (reader->depth == JSON_DEPTH_MAX || (reader->depth == 0 && !object))
        return reader_refuse(reader, offset);
    if (reader->depth == 1) reader->value_begin = offset;
    reader->depth++;
    return 1;
}

/* Stops yajl at the end of the outermost object: it would let half a token pass behind it. */
static int reader_close(struct reader *reader, enum field_type type)
{
    struct slice token;
    if (!token_take(reader, &token)) return 0;
    reader->depth--;
    reader->finished = reader->depth == 0;
    if (reader->finished) return 0;
    size_t begin = reader->value_begin;
    return field_put(reader, type, slice_of(reader->body.at + begin, reader->token_end - begin), 0);
}

static int on_object(void *context)
{
    return reader_open(context, true);
}

static int on_object_end(void *context)
{
    return reader_close(context, FIELD_OBJECT);
}

static int on_array(void *context)
{
    return reader_open(context, false);
}

static int on_array_end(void *context)
{
    return reader_close(context, FIELD_ARRAY);
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_bool,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_name,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_array_end,
};

static void *yajl_mem_alloc(void *context, size_t size)
{
    return mem_alloc(size);
}

static void *yajl_mem_resize(void *context, void *at, size_t size)
{
    return mem_resize(at, size);
}

static void yajl_mem_free(void *context, void *at)
{
    mem_free(at);
}

/* False: not a JSON object, wrong at `*out_wrong_at` (the body's size when it ends too early). */
static bool reader_run(struct reader *reader, size_t *out_wrong_at)
{
    yajl_alloc_funcs memory = {yajl_mem_alloc, yajl_mem_resize, yajl_mem_free, NULL};
    reader->yajl = yajl_alloc(&callbacks, &memory, reader);
    yajl_config(reader->yajl, yajl_dont_validate_strings, 1);
    yajl_status status =
        yajl_parse(reader->yajl, (const unsigned char *)reader->body.at, reader->body.size);
    size_t stopped_at = yajl_get_bytes_consumed(reader->yajl);
    yajl_free(reader->yajl);

    struct slice rest = slice_trim(slice_from(reader->body, reader->token_end), " \t\n\r");
    if (reader->finished && rest.size == 0) return true;
    if (reader->refused)
        *out_wrong_at = reader->refused_at;
    else if (reader->finished)
        *out_wrong_at = token_offset(reader, rest);
    else
        *out_wrong_at = status == yajl_status_error ? stopped_at : reader->body.size;
    return false;
}

static void position_tell(struct slice body, size_t offset, unsigned *out_line,
                          unsigned *out_column)
{
    unsigned line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        bool newline = body.at[i] == '\n';
        line += newline;
        column = newline ? 1 : column + 1;
    }
    if (out_line) *out_line = line;
    if (out_column) *out_column = column;
}

bool json_read(struct slice body, enum json_text mode, const struct field_spec *table, size_t count,
               struct arena *arena, void *out, unsigned *out_line, unsigned *out_column)
{
    struct reader reader = {
        .body = body,
        .mode = mode,
        .table = table,
        .count = count,
        .arena = arena,
        .fields = ARENA_ARRAY(arena, struct field, count),
        .current = count,
    };
    size_t wrong_at = mode == JSON_REPAIR ? body.size : utf8_valid_size(body);
    if (wrong_at < body.size || !reader_run(&reader, &wrong_at)) {
        position_tell(body, wrong_at, out_line, out_column);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct field *field = &reader.fields[i];
        if (field->state == FIELD_SET && table[i].type == FIELD_TEXT)
            field->text = text_decode(&reader, field->text);
        else if (field->text.size > 0)
            field->text = arena_copy(arena, field->text);
        *field_at(out, &table[i]) = *field;
    }
    return true;
}
