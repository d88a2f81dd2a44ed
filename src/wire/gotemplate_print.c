#include <stdlib.h>

#include "wire/gotemplate_inside.h"
#include "wire/utf.h"

static const struct gotemplate_spec plain = {.verb = 'v'};

/* What a bad verb says of a value. */
static const char *const type_names[] = {
    [VALUE_NONE] = "",
    [VALUE_BOOL] = "bool",
    [VALUE_INTEGER] = "int",
    [VALUE_FLOAT] = "float64",
    [VALUE_TEXT] = "string",
    [VALUE_MAP] = "map[string]interface {}",
    [VALUE_LIST] = "[]interface {}",
};

/* Where printing goes. */
struct printer {
    struct gotemplate_run *run;
    struct buf *out;
};

/* ---- Values ---- */

static void print_value(struct printer *printer, const struct gotemplate_spec *spec,
                        const struct value *value, bool inside);

static void verb_add(struct printer *printer, uint32_t verb)
{
    buf_add(printer->out, SLICE("%!"));
    utf8_add(printer->out, verb);
}

static void print_typed(struct printer *printer, const struct gotemplate_spec *spec,
                        const struct value *value)
{
    struct gotemplate_spec as_v = *spec;
    as_v.verb = 'v';
    if (value->kind == VALUE_NONE) {
        buf_add(printer->out, SLICE("<nil>"));
        return;
    }
    buf_add(printer->out, slice_cstr(type_names[value->kind]));
    buf_add_byte(printer->out, '=');
    print_value(printer, &as_v, value, true);
}

static void print_bad_verb(struct printer *printer, const struct gotemplate_spec *spec,
                           const struct value *value)
{
    verb_add(printer, spec->verb);
    buf_add_byte(printer->out, '(');
    print_typed(printer, spec, value);
    buf_add_byte(printer->out, ')');
}

struct member {
    struct slice name;
    struct json_view value;
    size_t order;
};

static int members_compare(const void *a_at, const void *b_at)
{
    const struct member *a = a_at, *b = b_at;
    size_t size = a->name.size < b->name.size ? a->name.size : b->name.size;
    int order = size > 0 ? memcmp(a->name.at, b->name.at, size) : 0;
    if (order == 0) order = (a->name.size > size) - (b->name.size > size);
    return order != 0 ? order : (a->order > b->order) - (a->order < b->order);
}

static void print_map(struct printer *printer, const struct gotemplate_spec *spec,
                      struct slice json)
{
    struct gotemplate_run *run = printer->run;
    struct json_walk walk;
    struct json_view name, value;
    size_t count = 0;
    json_walk_begin(&walk, json);
    while (json_walk_next(&walk, &name, &value))
        count++;
    struct member *members = ARENA_ARRAY(&run->arena, struct member, count);
    json_walk_begin(&walk, json);
    for (size_t i = 0; i < count && json_walk_next(&walk, &name, &value); i++)
        members[i] = (struct member){json_view_text(&name, &run->arena), value, i};
    qsort(members, count, sizeof *members, members_compare);
    buf_add(printer->out, SLICE("map["));
    bool first = true;
    for (size_t i = 0; i < count && !run->exhausted; i++) {
        /* The last of a repeated name counts. */
        if (i + 1 < count && slice_eq(members[i].name, members[i + 1].name)) continue;
        struct value key = {.kind = VALUE_TEXT, .text = members[i].name};
        struct value item = gotemplate_value(run, &members[i].value);
        if (!first) buf_add_byte(printer->out, ' ');
        first = false;
        print_value(printer, spec, &key, true);
        buf_add_byte(printer->out, ':');
        print_value(printer, spec, &item, true);
    }
    buf_add_byte(printer->out, ']');
}

static void print_list(struct printer *printer, const struct gotemplate_spec *spec,
                       struct slice json)
{
    struct json_walk walk;
    struct json_view view;
    bool first = true;
    json_walk_begin(&walk, json);
    buf_add_byte(printer->out, '[');
    while (!printer->run->exhausted && json_walk_next(&walk, NULL, &view)) {
        struct value item = gotemplate_value(printer->run, &view);
        if (!first) buf_add_byte(printer->out, ' ');
        first = false;
        print_value(printer, spec, &item, true);
    }
    buf_add_byte(printer->out, ']');
}

static void print_number(struct printer *printer, const struct gotemplate_spec *spec,
                         const struct value *value)
{
    uint32_t verb = spec->verb;
    bool integer = value->kind == VALUE_INTEGER;
    if (integer && (verb == 'v' || verb == 'd'))
        gotemplate_put_integer(printer->out, spec, value->integer, 10);
    else if (integer && verb == 'x')
        gotemplate_put_integer(printer->out, spec, value->integer, 16);
    else if (integer && verb == 'q')
        gotemplate_put_character(printer->out, spec, value->integer);
    else if (integer && verb == 'f' && value->of_json)
        gotemplate_put_float(printer->out, spec, (double)value->integer);
    else if (!integer && (verb == 'v' || verb == 'f' || verb == 'x'))
        gotemplate_put_float(printer->out, spec, value->real);
    else
        print_bad_verb(printer, spec, value);
}

static void print_text(struct printer *printer, const struct gotemplate_spec *spec,
                       const struct value *value)
{
    if (spec->verb == 'v' || spec->verb == 's')
        gotemplate_put(printer->out, spec, gotemplate_cut(spec, value->text));
    else if (spec->verb == 'q')
        gotemplate_put_quoted(printer->out, spec, gotemplate_cut(spec, value->text));
    else if (spec->verb == 'x')
        gotemplate_put_hex(printer->out, spec, value->text);
    else
        print_bad_verb(printer, spec, value);
}

/* `inside`: of a map or a list. */
static void print_value(struct printer *printer, const struct gotemplate_spec *spec,
                        const struct value *value, bool inside)
{
    switch (value->kind) {
    case VALUE_NONE:
        if (inside)
            buf_add(printer->out, SLICE("<nil>"));
        else if (spec->verb == 'v')
            gotemplate_put(printer->out, spec, SLICE("<nil>"));
        else
            print_bad_verb(printer, spec, value);
        break;
    case VALUE_BOOL:
        if (spec->verb == 'v')
            gotemplate_put(printer->out, spec, value->integer ? SLICE("true") : SLICE("false"));
        else
            print_bad_verb(printer, spec, value);
        break;
    case VALUE_INTEGER:
    case VALUE_FLOAT:
        print_number(printer, spec, value);
        break;
    case VALUE_TEXT:
        print_text(printer, spec, value);
        break;
    case VALUE_MAP:
        if (gotemplate_charge(printer->run, 2 * value->text.size))
            print_map(printer, spec, value->text);
        break;
    case VALUE_LIST:
        if (gotemplate_charge(printer->run, value->text.size))
            print_list(printer, spec, value->text);
        break;
    }
}

void gotemplate_print(struct gotemplate_run *run, const struct value *value)
{
    struct printer printer = {run, run->out};
    if (value->kind == VALUE_NONE)
        buf_add(run->out, SLICE("<no value>"));
    else
        print_value(&printer, &plain, value, false);
}

/* ---- Formats ---- */

static bool number_take(struct slice *rest, size_t *out)
{
    size_t size = 0;
    while (size < rest->size && rest->at[size] >= '0' && rest->at[size] <= '9')
        size++;
    if (!slice_u64(slice_of(rest->at, size), out)) return false;
    *rest = slice_from(*rest, size);
    return true;
}

static bool flag_take(struct slice *rest, struct gotemplate_spec *spec)
{
    char c = rest->size > 0 ? rest->at[0] : '\0';
    bool *flag = c == '+'   ? &spec->plus
                 : c == '-' ? &spec->minus
                 : c == '#' ? &spec->sharp
                 : c == ' ' ? &spec->space
                 : c == '0' ? &spec->zero
                            : NULL;
    if (!flag) return false;
    *flag = true;
    *rest = slice_from(*rest, 1);
    return true;
}

/* Behind the %. False when the format ends before its verb, or a number in it is too large, which
   Go takes for the same. */
static bool spec_take(struct slice *rest, struct gotemplate_spec *out)
{
    *out = (struct gotemplate_spec){0};
    while (flag_take(rest, out)) {}
    out->has_width = number_take(rest, &out->width);
    if (slice_starts(*rest, SLICE("."))) {
        *rest = slice_from(*rest, 1);
        out->has_precision = true;
        number_take(rest, &out->precision);
    }
    if (rest->size == 0 || out->width > GOTEMPLATE_WIDTH_MAX ||
        out->precision > GOTEMPLATE_WIDTH_MAX)
        return false;
    size_t size = 0;
    out->verb = utf8_next(*rest, &size);
    *rest = slice_from(*rest, size);
    return true;
}

/* The text before the next %; false when that was all. */
static bool format_cut(struct slice *rest, struct slice *out_text)
{
    const char *percent = rest->size > 0 ? memchr(rest->at, '%', rest->size) : NULL;
    *out_text = slice_of(rest->at, percent ? (size_t)(percent - rest->at) : rest->size);
    *rest = slice_from(*rest, out_text->size + 1);
    return percent != NULL;
}

const char *gotemplate_format_problem(struct slice format)
{
    struct slice text;
    struct gotemplate_spec spec;
    while (format_cut(&format, &text)) {
        if (!spec_take(&format, &spec)) return "a % of the format has no verb, or is too wide";
        if (spec.verb >= 0x80 || !memchr("dsvfqx%", (int)spec.verb, 7))
            return "the verbs of printf are %d %s %v %f %q %x and %%";
        if (spec.sharp && (spec.verb == 'v' || spec.verb == 'f'))
            return "%#v and %#f are not supported";
    }
    return NULL;
}

static void print_extra(struct printer *printer, const struct value *args, size_t count)
{
    buf_add(printer->out, SLICE("%!(EXTRA "));
    for (size_t i = 0; i < count; i++) {
        if (i > 0) buf_add(printer->out, SLICE(", "));
        print_typed(printer, &plain, &args[i]);
    }
    buf_add_byte(printer->out, ')');
}

struct slice gotemplate_printf(struct gotemplate_run *run, struct slice format,
                               const struct value *args, size_t count)
{
    struct buf made;
    struct printer printer = {run, &made};
    struct slice text;
    struct gotemplate_spec spec;
    size_t used = 0;
    buf_init(&made, run->out->limit);
    while (format_cut(&format, &text)) {
        buf_add(&made, text);
        if (!spec_take(&format, &spec)) {
            buf_add(&made, SLICE("%!(NOVERB)"));
            format = (struct slice){0};
        } else if (spec.verb == '%') {
            buf_add_byte(&made, '%');
        } else if (used == count) {
            verb_add(&printer, spec.verb);
            buf_add(&made, SLICE("(MISSING)"));
        } else {
            /* Go gives + and # another meaning there, which only structs and %#v show. */
            if (spec.verb == 'v') spec.plus = spec.sharp = false;
            print_value(&printer, &spec, &args[used++], false);
        }
    }
    buf_add(&made, text);
    if (used < count) print_extra(&printer, args + used, count - used);
    if (made.full) run->out->full = true;
    gotemplate_charge(run, made.size);
    struct slice result = arena_copy(&run->arena, buf_slice(&made));
    buf_done(&made);
    return result;
}
