#include <math.h>
#include <stdlib.h>

#include "wire/gotemplate_inside.h"
#include "wire/utf.h"

bool gotemplate_charge(struct gotemplate_run *run, size_t steps)
{
    if (steps > run->steps) {
        run->steps = 0;
        run->exhausted = true;
        return false;
    }
    run->steps -= steps;
    return true;
}

static struct value value_bool(bool truth)
{
    return (struct value){.kind = VALUE_BOOL, .integer = truth};
}

static struct value value_number(struct gotemplate_run *run, struct slice raw)
{
    struct value value = {.kind = VALUE_INTEGER, .of_json = true};
    if (slice_i64(raw, &value.integer)) return value;
    char small[64];
    const char *text = small;
    if (raw.size < sizeof small) {
        memcpy(small, raw.at, raw.size);
        small[raw.size] = '\0';
    } else {
        text = arena_copy(&run->arena, raw).at;
    }
    value.kind = VALUE_FLOAT;
    value.real = strtod(text, NULL);
    return value;
}

struct value gotemplate_value(struct gotemplate_run *run, const struct json_view *view)
{
    switch (view->kind) {
    case JSON_NULL:
        break;
    case JSON_BOOL:
        return value_bool(view->raw.at[0] == 't');
    case JSON_NUMBER:
        return value_number(run, view->raw);
    case JSON_TEXT:
        if (view->escaped && !gotemplate_charge(run, view->raw.size)) break;
        return (struct value){.kind = VALUE_TEXT, .text = json_view_text(view, &run->arena)};
    case JSON_ARRAY:
        return (struct value){.kind = VALUE_LIST, .text = view->raw};
    case JSON_OBJECT:
        return (struct value){.kind = VALUE_MAP, .text = view->raw};
    }
    return (struct value){0};
}

/* ---- Fields ---- */

/* The last of that name wins, as when the whole is read at once. */
static struct value member_find(struct gotemplate_run *run, const struct value *map,
                                struct slice wanted)
{
    struct json_walk walk;
    struct json_view name, value, found = {0};
    if (map->kind != VALUE_MAP || !gotemplate_charge(run, map->text.size)) return (struct value){0};
    json_walk_begin(&walk, map->text);
    while (json_walk_next(&walk, &name, &value))
        if (slice_eq(json_view_text(&name, &run->arena), wanted)) found = value;
    return gotemplate_value(run, &found);
}

static struct value path_follow(struct gotemplate_run *run, struct value value, struct slice path)
{
    struct slice name;
    while (slice_cut(&path, '.', &name))
        value = member_find(run, &value, name);
    return value;
}

/* ---- Functions ---- */

static bool value_is_true(struct gotemplate_run *run, const struct value *value)
{
    struct json_walk walk;
    struct json_view item;
    switch (value->kind) {
    case VALUE_NONE:
        return false;
    case VALUE_BOOL:
    case VALUE_INTEGER:
        return value->integer != 0;
    case VALUE_FLOAT:
        return value->real != 0;
    case VALUE_TEXT:
        return value->text.size > 0;
    case VALUE_MAP:
    case VALUE_LIST:
        return gotemplate_charge(run, value->text.size) && json_walk_begin(&walk, value->text) &&
               json_walk_next(&walk, NULL, &item);
    }
    return false;
}

static struct value eval(struct gotemplate_run *run, const struct expr *expr);

/* Returns the argument that decides, and does not look at those behind it. */
static struct value call_and_or(struct gotemplate_run *run, const struct expr *call)
{
    struct value value = {0};
    bool until = call->function == FUNCTION_OR;
    for (const struct expr *arg = call->operand; arg; arg = arg->next) {
        value = eval(run, arg);
        if (value_is_true(run, &value) == until) break;
    }
    return value;
}

static bool is_number(const struct value *value)
{
    return value->kind == VALUE_INTEGER || value->kind == VALUE_FLOAT;
}

static double as_real(const struct value *value)
{
    return value->kind == VALUE_FLOAT ? value->real : (double)value->integer;
}

/* Below, at or above zero as `a` is to `b`. False: they have no order. */
static bool values_order(struct gotemplate_run *run, const struct value *a, const struct value *b,
                         int *out)
{
    if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT) {
        size_t size = a->text.size < b->text.size ? a->text.size : b->text.size;
        if (!gotemplate_charge(run, size)) return false;
        int order = size > 0 ? memcmp(a->text.at, b->text.at, size) : 0;
        *out = order != 0 ? order : (a->text.size > size) - (b->text.size > size);
        return true;
    }
    if (!is_number(a) || !is_number(b)) return false;
    if (a->kind == VALUE_INTEGER && b->kind == VALUE_INTEGER)
        *out = (a->integer > b->integer) - (a->integer < b->integer);
    else
        *out = (as_real(a) > as_real(b)) - (as_real(a) < as_real(b));
    return true;
}

/* False: they are of kinds that Go does not compare. */
static bool values_equal(struct gotemplate_run *run, const struct value *a, const struct value *b,
                         bool *out)
{
    int order;
    if (a->kind == VALUE_NONE || b->kind == VALUE_NONE)
        *out = a->kind == b->kind;
    else if (a->kind == VALUE_BOOL && b->kind == VALUE_BOOL)
        *out = a->integer == b->integer;
    else if (values_order(run, a, b, &order))
        *out = order == 0;
    else
        return false;
    return true;
}

static bool compare(struct gotemplate_run *run, enum function function, const struct value *a,
                    const struct value *b)
{
    bool equal;
    int order;
    if (function == FUNCTION_EQ) return values_equal(run, a, b, &equal) && equal;
    if (function == FUNCTION_NE) return values_equal(run, a, b, &equal) && !equal;
    if (!values_order(run, a, b, &order)) return false;
    if (function == FUNCTION_LT) return order < 0;
    if (function == FUNCTION_LE) return order <= 0;
    return function == FUNCTION_GT ? order > 0 : order >= 0;
}

/* The first argument with each of the others, of which only eq has more than one. */
static struct value call_compare(struct gotemplate_run *run, const struct expr *call)
{
    struct value first = eval(run, call->operand);
    for (const struct expr *arg = call->operand->next; arg; arg = arg->next) {
        struct value other = eval(run, arg);
        if (compare(run, call->function, &first, &other)) return value_bool(true);
    }
    return value_bool(false);
}

static struct value call_len(struct gotemplate_run *run, const struct expr *call)
{
    struct value of = eval(run, call->operand), size = {.kind = VALUE_INTEGER};
    struct json_walk walk;
    struct json_view item;
    if (of.kind == VALUE_TEXT) {
        size.integer = (int64_t)of.text.size;
        return size;
    }
    if ((of.kind != VALUE_MAP && of.kind != VALUE_LIST) || !gotemplate_charge(run, of.text.size))
        return (struct value){0};
    json_walk_begin(&walk, of.text);
    while (json_walk_next(&walk, NULL, &item))
        size.integer++;
    return size;
}

static struct value call_printf(struct gotemplate_run *run, const struct expr *call)
{
    struct value format = eval(run, call->operand), args[GOTEMPLATE_ARGUMENTS_MAX];
    size_t count = 0;
    for (const struct expr *arg = call->operand->next; arg; arg = arg->next)
        args[count++] = eval(run, arg);
    if (format.kind != VALUE_TEXT) return (struct value){0};
    struct slice text = gotemplate_printf(run, format.text, args, count);
    return (struct value){.kind = VALUE_TEXT, .text = text};
}

static struct value call_not(struct gotemplate_run *run, const struct expr *call)
{
    struct value value = eval(run, call->operand);
    return value_bool(!value_is_true(run, &value));
}

static struct value eval(struct gotemplate_run *run, const struct expr *expr)
{
    static struct value (*const calls[FUNCTION_COUNT])(struct gotemplate_run *,
                                                       const struct expr *) = {
        [FUNCTION_AND] = call_and_or, [FUNCTION_EQ] = call_compare,    [FUNCTION_GE] = call_compare,
        [FUNCTION_GT] = call_compare, [FUNCTION_LE] = call_compare,    [FUNCTION_LEN] = call_len,
        [FUNCTION_LT] = call_compare, [FUNCTION_NE] = call_compare,    [FUNCTION_NOT] = call_not,
        [FUNCTION_OR] = call_and_or,  [FUNCTION_PRINTF] = call_printf,
    };
    switch (expr->kind) {
    case EXPR_CONSTANT:
        return expr->value;
    case EXPR_DOT:
        return (struct value){.kind = VALUE_MAP, .text = run->whole};
    case EXPR_FIELD:
        return path_follow(run, gotemplate_value(run, &run->variables[expr->variable]), expr->path);
    case EXPR_CHAIN:
        return path_follow(run, eval(run, expr->operand), expr->path);
    case EXPR_CALL:
        return calls[expr->function](run, expr);
    }
    return (struct value){0};
}

/* ---- The whole ---- */

/* Checks all of the JSON and keeps where the values of the template's variables stand. */
static bool variables_find(struct gotemplate_run *run, const struct gotemplate *template,
                           struct slice variables)
{
    struct json_walk walk;
    struct json_view name, value;
    for (size_t i = 0; i < template->names_count; i++)
        run->variables[i] = (struct json_view){.kind = JSON_NULL};
    if (variables.size == 0) return true;
    if (!utf8_valid(variables) || !json_walk_begin(&walk, variables) || !walk.object) return false;
    while (json_walk_next(&walk, &name, &value)) {
        if (!gotemplate_charge(run, template->names_count)) return false;
        struct slice text = json_view_text(&name, &run->arena);
        for (size_t i = 0; i < template->names_count; i++)
            if (slice_eq(text, template->names[i])) run->variables[i] = value;
    }
    return json_walk_was_whole(&walk);
}

static void ops_run(struct gotemplate_run *run, const struct op *op)
{
    while (op && !run->exhausted && !run->out->full) {
        const struct op *next = op->next;
        struct value value;
        switch (op->kind) {
        case OP_TEXT:
            buf_add(run->out, op->text);
            break;
        case OP_PRINT:
            value = eval(run, op->expr);
            gotemplate_print(run, &value);
            break;
        case OP_IF:
            value = eval(run, op->expr);
            if (!value_is_true(run, &value)) next = op->otherwise;
            break;
        case OP_JOIN:
            break;
        }
        op = next;
    }
}

bool gotemplate_render(const struct gotemplate *template, struct slice variables, struct buf *out)
{
    struct gotemplate_run run;
    run.arena = (struct arena){0};
    run.out = out;
    run.whole = variables.size > 0 ? variables : SLICE("{}");
    run.steps = GOTEMPLATE_STEPS_MAX;
    run.exhausted = false;
    bool ok = variables_find(&run, template, variables);
    if (ok) ops_run(&run, template->first);
    arena_done(&run.arena);
    return ok && !run.exhausted && !out->full;
}
