#include "edge/http_provider/json_path.h"

#include <inttypes.h>

#include "wire/json.h"

bool json_path_is_valid(struct slice path)
{
    struct slice name;
    if (path.size == 0 || path.size > JSON_PATH_MAX || path.at[path.size - 1] == '.') return false;
    while (slice_cut(&path, '.', &name))
        if (name.size == 0) return false;
    return true;
}

static bool member_read(struct slice object, const char *name, enum field_type type,
                        struct arena *arena, struct field *out)
{
    const struct field_spec spec = {name, type, 0};
    return json_read(object, JSON_REPAIR, &spec, 1, arena, out, NULL, NULL) &&
           out->state == FIELD_SET;
}

static bool inner_read(struct slice object, const char *name, struct arena *arena,
                       struct slice *out)
{
    struct field field;
    if (!member_read(object, name, FIELD_OBJECT, arena, &field) &&
        !member_read(object, name, FIELD_ARRAY, arena, &field))
        return false;
    *out = field.text;
    return true;
}

static bool leaf_read(struct slice object, const char *name, struct arena *arena, struct slice *out)
{
    struct field field;
    if (member_read(object, name, FIELD_TEXT, arena, &field))
        *out = field.text;
    else if (member_read(object, name, FIELD_INTEGER, arena, &field))
        *out = arena_printf(arena, "%" PRId64, field.integer);
    else if (member_read(object, name, FIELD_BOOL, arena, &field))
        *out = slice_cstr(field.integer ? "true" : "false");
    else
        return false;
    return true;
}

/* The end of the item that begins at `at`: a comma or bracket outside of everything in it. */
static size_t item_end(struct slice array, size_t at)
{
    size_t depth = 0;
    bool quoted = false;
    for (; at < array.size; at++) {
        char c = array.at[at];
        if (quoted) {
            if (c == '\\') at++;
            quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            depth++;
        } else if ((c == ',' || c == ']') && depth == 0) {
            break;
        } else if (c == ']' || c == '}') {
            depth--;
            if (depth == SIZE_MAX) break; /* no JSON: json_read will say so */
        }
    }
    return at < array.size ? at : array.size;
}

/* One item as the only member of an object, named as the path names it, because objects are what
   json_read reads; what is no JSON in it is found there. */
static bool item_read(struct slice array, struct slice number, struct arena *arena,
                      struct slice *out_object)
{
    uint64_t index;
    size_t begin = 1, end = item_end(array, begin);
    if (!slice_u64(number, &index)) return false;
    for (; index > 0 && end < array.size && array.at[end] == ','; index--) {
        begin = end + 1;
        end = item_end(array, begin);
    }
    if (index > 0) return false;
    *out_object = arena_printf(arena, "{\"%.*s\":%.*s}", (int)number.size, number.at,
                               (int)(end - begin), array.at + begin);
    return true;
}

bool json_path_read(struct slice body, struct slice path, struct arena *arena,
                    struct slice *out_value)
{
    struct slice name, at = slice_trim(body, " \t\r\n");
    while (slice_cut(&path, '.', &name)) {
        bool is_array = at.size > 0 && at.at[0] == '[';
        if (is_array && !item_read(at, name, arena, &at)) return false;
        const char *text = arena_copy(arena, name).at;
        if (path.size == 0) return leaf_read(at, text, arena, out_value);
        if (!inner_read(at, text, arena, &at)) return false;
    }
    return false;
}
