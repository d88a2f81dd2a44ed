#include "wire/json_view.h"

#include "wire/json.h"
#include "wire/json_escape.h"

/* The first byte, or NUL (which is nowhere right) at the end. */
static char peek(struct slice rest)
{
    return rest.size > 0 ? rest.at[0] : '\0';
}

static void skip(struct slice *rest, size_t size)
{
    if (size == 0) return; /* an empty slice may point nowhere */
    rest->at += size;
    rest->size -= size;
}

static void blanks_skip(struct slice *rest)
{
    size_t size = 0;
    while (size < rest->size && (rest->at[size] == ' ' || rest->at[size] == '\n' ||
                                 rest->at[size] == '\t' || rest->at[size] == '\r'))
        size++;
    skip(rest, size);
}

static bool byte_take(struct slice *rest, char byte)
{
    if (peek(*rest) != byte) return false;
    skip(rest, 1);
    return true;
}

/* Bytes of an escape that begins at `at`; 0 when it is none. */
static size_t escape_size(struct slice text, size_t at)
{
    if (text.size - at < 2 || !memchr("\"\\/bfnrtu", text.at[at + 1], 9)) return 0;
    if (text.at[at + 1] != 'u') return 2;
    if (text.size - at < 6) return 0;
    for (size_t i = at + 2; i < at + 6; i++) {
        unsigned char c = (unsigned char)text.at[i], lower = c | 0x20;
        if (!(c >= '0' && c <= '9') && !(lower >= 'a' && lower <= 'f')) return 0;
    }
    return 6;
}

static bool text_take(struct slice *rest, struct json_view *out)
{
    *out = (struct json_view){.kind = JSON_TEXT};
    for (size_t i = 1; i < rest->size;) {
        unsigned char c = (unsigned char)rest->at[i];
        if (c == '"') {
            out->raw = slice_of(rest->at + 1, i - 1);
            skip(rest, i + 1);
            return true;
        }
        if (c < 0x20) return false;
        size_t size = 1;
        if (c == '\\') {
            size = escape_size(*rest, i);
            if (size == 0) return false;
            out->escaped = true;
        }
        i += size;
    }
    return false;
}

static bool digits_take(struct slice *rest)
{
    size_t size = 0;
    while (size < rest->size && rest->at[size] >= '0' && rest->at[size] <= '9')
        size++;
    skip(rest, size);
    return size > 0;
}

static bool number_take(struct slice *rest)
{
    byte_take(rest, '-');
    if (!byte_take(rest, '0') && !digits_take(rest)) return false;
    if (byte_take(rest, '.') && !digits_take(rest)) return false;
    if (byte_take(rest, 'e') || byte_take(rest, 'E')) {
        if (!byte_take(rest, '+')) byte_take(rest, '-');
        return digits_take(rest);
    }
    return true;
}

static bool word_take(struct slice *rest, struct slice word)
{
    if (!slice_starts(*rest, word)) return false;
    skip(rest, word.size);
    return true;
}

static bool value_take(struct slice *rest, unsigned depth, struct json_view *out);

/* The next item of an object or array whose bracket is past. */
static bool item_take(struct json_walk *walk, unsigned depth, struct json_view *out_name,
                      struct json_view *out_value)
{
    struct json_view name;
    blanks_skip(&walk->rest);
    walk->closed = byte_take(&walk->rest, walk->object ? '}' : ']');
    if (walk->closed) return false;
    if (walk->begun && !byte_take(&walk->rest, ',')) return false;
    walk->begun = true;
    if (walk->object) {
        blanks_skip(&walk->rest);
        if (peek(walk->rest) != '"' || !text_take(&walk->rest, &name)) return false;
        blanks_skip(&walk->rest);
        if (!byte_take(&walk->rest, ':')) return false;
        if (out_name) *out_name = name;
    }
    blanks_skip(&walk->rest);
    return value_take(&walk->rest, depth, out_value);
}

static bool items_skip(struct slice *rest, unsigned depth)
{
    struct json_walk walk;
    struct json_view value;
    if (depth == JSON_DEPTH_MAX || !json_walk_begin(&walk, *rest)) return false;
    while (item_take(&walk, depth + 1, NULL, &value)) {}
    *rest = walk.rest;
    return walk.closed;
}

/* `depth` counts the objects and arrays that are open around it. */
static bool value_take(struct slice *rest, unsigned depth, struct json_view *out)
{
    struct slice begin = *rest;
    char first = peek(begin);
    if (first == '"') return text_take(rest, out);
    *out = (struct json_view){.kind = JSON_NULL};
    bool ok;
    if (first == '{' || first == '[') {
        out->kind = first == '{' ? JSON_OBJECT : JSON_ARRAY;
        ok = items_skip(rest, depth);
    } else if (first == 't' || first == 'f') {
        out->kind = JSON_BOOL;
        ok = word_take(rest, first == 't' ? SLICE("true") : SLICE("false"));
    } else if (first == 'n') {
        ok = word_take(rest, SLICE("null"));
    } else {
        out->kind = JSON_NUMBER;
        ok = number_take(rest);
    }
    out->raw = slice_of(begin.at, begin.size - rest->size);
    return ok;
}

struct slice json_view_text(const struct json_view *view, struct arena *arena)
{
    return view->escaped ? json_text_decode(view->raw, arena) : view->raw;
}

bool json_walk_begin(struct json_walk *walk, struct slice text)
{
    *walk = (struct json_walk){.rest = text};
    blanks_skip(&walk->rest);
    walk->object = byte_take(&walk->rest, '{');
    return walk->object || byte_take(&walk->rest, '[');
}

bool json_walk_next(struct json_walk *walk, struct json_view *out_name, struct json_view *out_value)
{
    return item_take(walk, 1, out_name, out_value);
}

bool json_walk_was_whole(const struct json_walk *walk)
{
    struct slice rest = walk->rest;
    blanks_skip(&rest);
    return walk->closed && rest.size == 0;
}
