#include "cli/render.h"

#include <stddef.h>

#include "wire/json.h"
#include "wire/utf.h"

#define COLUMNS_MAX 32

/* ---- Walking JSON that is known to be well formed ------------------------------------------ */

static size_t skip_text(struct slice json, size_t at)
{
    for (at++; json.at[at] != '"'; at++)
        if (json.at[at] == '\\') at++;
    return at + 1;
}

static size_t skip_value(struct slice json, size_t at)
{
    size_t depth = 0;
    do {
        char c = json.at[at];
        if (c == '"') {
            at = skip_text(json, at);
            continue;
        }
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') {
            if (depth == 0) return at;
            depth--;
        }
        if (c == ',' && depth == 0) return at;
        at++;
    } while (at < json.size);
    return at;
}

bool render_each(struct slice value, size_t *cursor, struct slice *out_name,
                 struct slice *out_value)
{
    if (value.size < 2) return false;
    size_t at = *cursor ? *cursor : 1;
    if (at >= value.size || value.at[at] == '}' || value.at[at] == ']') return false;
    *out_name = (struct slice){0};
    if (value.at[0] == '{') {
        size_t end = skip_text(value, at);
        *out_name = slice_of(value.at + at + 1, end - at - 2);
        at = end + 1;
    }
    size_t end = skip_value(value, at);
    *out_value = slice_of(value.at + at, end - at);
    *cursor = end < value.size && value.at[end] == ',' ? end + 1 : end;
    return true;
}

struct slice render_member(struct slice object, const char *name)
{
    struct slice member, value;
    for (size_t cursor = 0; render_each(object, &cursor, &member, &value);)
        if (slice_eq(member, slice_cstr(name))) return value;
    return (struct slice){0};
}

struct slice render_plain(struct slice value, struct arena *arena)
{
    if (slice_eq(value, SLICE("null"))) return (struct slice){0};
    if (value.size == 0 || value.at[0] != '"') return value;
    struct one {
        struct field text;
    } one = {0};
    static const struct field_spec fields[] = {{"v", FIELD_TEXT, offsetof(struct one, text)}};
    struct slice document = arena_printf(arena, "{\"v\":%.*s}", (int)value.size, value.at);
    if (!json_read(document, JSON_REPAIR, fields, 1, arena, &one, NULL, NULL)) return value;
    return one.text.text;
}

/* ---- Tables -------------------------------------------------------------------------------- */

static bool is_list(struct slice value)
{
    return value.size > 0 && value.at[0] == '[';
}

/* Texts and names come from strangers; their control characters are not for our terminal. */
static void print_text(FILE *out, struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        unsigned char next = i + 1 < text.size ? (unsigned char)text.at[i + 1] : 0;
        bool is_c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;
        if (is_c1) i++;
        fputc(is_c1 || byte == 0x7F ? '?' : byte < ' ' ? ' ' : byte, out);
    }
}

static size_t text_width(struct slice text)
{
    return utf8_valid(text) ? utf8_points(text) : text.size;
}

static void print_cell(FILE *out, struct slice text, size_t width)
{
    print_text(out, text);
    for (size_t at = text_width(text); at < width; at++)
        fputc(' ', out);
}

static void measure_row(struct slice row, size_t *widths, struct arena *arena)
{
    struct slice name, value;
    size_t column = 0;
    for (size_t cursor = 0; column < COLUMNS_MAX && render_each(row, &cursor, &name, &value);
         column++) {
        size_t width = text_width(render_plain(value, arena));
        if (width > widths[column]) widths[column] = width;
        if (name.size > widths[column]) widths[column] = name.size;
    }
}

static void print_row(FILE *out, struct slice row, const size_t *widths, bool names,
                      struct arena *arena)
{
    struct slice name, value;
    size_t column = 0;
    for (size_t cursor = 0; column < COLUMNS_MAX && render_each(row, &cursor, &name, &value);
         column++) {
        if (column) fputs("  ", out);
        print_cell(out, names ? name : render_plain(value, arena), widths[column]);
    }
    fputc('\n', out);
}

/* Objects of a list have the same members in the same order. */
static void print_table(FILE *out, struct slice list, struct arena *arena)
{
    size_t widths[COLUMNS_MAX] = {0};
    struct slice name, row;
    for (size_t cursor = 0; render_each(list, &cursor, &name, &row);)
        measure_row(row, widths, arena);
    bool first = true;
    for (size_t cursor = 0; render_each(list, &cursor, &name, &row); first = false) {
        if (first) print_row(out, row, widths, true, arena);
        print_row(out, row, widths, false, arena);
    }
    if (first) fputs("(none)\n", out);
}

static bool is_table(struct slice list)
{
    size_t cursor = 0;
    struct slice name, first;
    return !render_each(list, &cursor, &name, &first) || first.at[0] == '{';
}

void render(struct slice object, FILE *out)
{
    struct arena arena = {0};
    struct slice name, value;
    for (size_t cursor = 0; render_each(object, &cursor, &name, &value);) {
        if (is_list(value) && is_table(value)) {
            fprintf(out, "%.*s\n", (int)name.size, name.at);
            print_table(out, value, &arena);
            continue;
        }
        fprintf(out, "%.*s: ", (int)name.size, name.at);
        print_text(out, render_plain(value, &arena));
        fputc('\n', out);
    }
    arena_done(&arena);
}
