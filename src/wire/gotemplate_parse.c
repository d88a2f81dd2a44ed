#include <assert.h>

#include "base/mem.h"
#include "wire/gotemplate_inside.h"
#include "wire/utf.h"

#define BLANKS " \t\n\r"

static const struct {
    struct slice name;
    size_t least, most; /* arguments */
} functions[FUNCTION_COUNT] = {
    [FUNCTION_AND] = {SLICE("and"), 1, GOTEMPLATE_ARGUMENTS_MAX},
    [FUNCTION_EQ] = {SLICE("eq"), 2, GOTEMPLATE_ARGUMENTS_MAX},
    [FUNCTION_GE] = {SLICE("ge"), 2, 2},
    [FUNCTION_GT] = {SLICE("gt"), 2, 2},
    [FUNCTION_LE] = {SLICE("le"), 2, 2},
    [FUNCTION_LEN] = {SLICE("len"), 1, 1},
    [FUNCTION_LT] = {SLICE("lt"), 2, 2},
    [FUNCTION_NE] = {SLICE("ne"), 2, 2},
    [FUNCTION_NOT] = {SLICE("not"), 1, 1},
    [FUNCTION_OR] = {SLICE("or"), 1, GOTEMPLATE_ARGUMENTS_MAX},
    [FUNCTION_PRINTF] = {SLICE("printf"), 1, GOTEMPLATE_ARGUMENTS_MAX},
};

/* What Go knows and this subset leaves out. */
static const struct slice left_out[] = {
    SLICE("block"), SLICE("break"), SLICE("call"),     SLICE("continue"), SLICE("define"),
    SLICE("html"),  SLICE("index"), SLICE("js"),       SLICE("print"),    SLICE("println"),
    SLICE("range"), SLICE("slice"), SLICE("template"), SLICE("urlquery"), SLICE("with"),
};

/* An if whose end is still to come. */
struct open_if {
    size_t at;
    struct op *op;
    struct op *join; /* where its branches meet */
    bool has_else;
};

struct parser {
    struct gotemplate_source source;
    struct gotemplate *template;
    struct token token; /* the one to look at next */
    struct op **tail;   /* where the next operation is hung */
    unsigned parens;
    size_t ifs;
    struct open_if if_stack[GOTEMPLATE_DEPTH_MAX];
    struct slice names[GOTEMPLATE_VARIABLES_MAX];
};

static struct op *op_add(struct parser *parser, enum op_kind kind)
{
    struct op *op = ARENA_NEW(&parser->template->arena, struct op);
    op->kind = kind;
    *parser->tail = op;
    parser->tail = &op->next;
    return op;
}

static void token_next(struct parser *parser)
{
    parser->token = gotemplate_token(&parser->source);
}

static void *problem_at_token(struct parser *parser, const char *what)
{
    return gotemplate_problem(&parser->source, parser->token.at, "%s", what);
}

static struct expr *expr_new(struct parser *parser, enum expr_kind kind)
{
    struct expr *expr = ARENA_NEW(&parser->template->arena, struct expr);
    expr->kind = kind;
    expr->depth = 1;
    return expr;
}

/* A function of a pipeline calls the one before it, so that a long one is a deep one. */
static struct expr *expr_deepen(struct parser *parser, struct expr *expr, const struct expr *below)
{
    if (expr->depth <= below->depth) expr->depth = below->depth + 1;
    if (expr->depth > GOTEMPLATE_DEPTH_MAX)
        return gotemplate_problem(&parser->source, parser->source.action_at,
                                  "pipes and parentheses are nested too deeply");
    return expr;
}

static struct expr *expr_constant(struct parser *parser, struct value value)
{
    struct expr *expr = expr_new(parser, EXPR_CONSTANT);
    expr->value = value;
    return expr;
}

/* ---- Operands ---- */

static struct expr *field_read(struct parser *parser)
{
    struct gotemplate *template = parser->template;
    struct expr *expr = expr_new(parser, EXPR_FIELD);
    struct slice name;
    expr->path = parser->token.text;
    slice_cut(&expr->path, '.', &name);
    while (expr->variable < template->names_count && !slice_eq(parser->names[expr->variable], name))
        expr->variable++;
    if (expr->variable == template->names_count) {
        if (template->names_count == GOTEMPLATE_VARIABLES_MAX)
            return problem_at_token(parser, "there are too many variables");
        parser->names[template->names_count++] = name;
    }
    return expr;
}

static struct expr *pipeline_read(struct parser *parser, const char *of_what);

static struct expr *parens_read(struct parser *parser)
{
    struct token open = parser->token;
    if (parser->parens == GOTEMPLATE_DEPTH_MAX)
        return problem_at_token(parser, "parentheses are nested too deeply");
    parser->parens++;
    token_next(parser);
    struct expr *expr = pipeline_read(parser, "the parentheses");
    parser->parens--;
    if (!expr) return NULL;
    if (parser->token.kind != TOKEN_CLOSE)
        return gotemplate_problem(&parser->source, open.at, "this ( is not closed");
    /* A field of what they hold: the lexer gives it as a field of its own, without a blank. */
    size_t end = parser->source.at;
    token_next(parser);
    if (parser->token.kind != TOKEN_FIELD || parser->token.spaced) {
        parser->source.at = end;
        return expr;
    }
    struct expr *chain = expr_new(parser, EXPR_CHAIN);
    chain->path = parser->token.text;
    chain->operand = expr;
    return expr_deepen(parser, chain, expr);
}

static struct expr *name_wrong(struct parser *parser)
{
    struct slice name = parser->token.text;
    struct gotemplate_source *source = &parser->source;
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
        if (slice_eq(name, left_out[i]))
            return gotemplate_problem(source, parser->token.at, "%.*s is not supported",
                                      GOTEMPLATE_CLIP(name));
    if (slice_eq(name, SLICE("if")) || slice_eq(name, SLICE("else")) ||
        slice_eq(name, SLICE("end")))
        return gotemplate_problem(source, parser->token.at, "%.*s must come first after {{",
                                  GOTEMPLATE_CLIP(name));
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        if (slice_eq(name, functions[i].name))
            return gotemplate_problem(source, parser->token.at,
                                      "%.*s and its arguments must stand in parentheses here",
                                      GOTEMPLATE_CLIP(name));
    return gotemplate_problem(source, parser->token.at,
                              "there is no function %.*s; a variable is written .%.*s",
                              GOTEMPLATE_CLIP(name), GOTEMPLATE_CLIP(name));
}

static struct expr *word_read(struct parser *parser)
{
    struct slice name = parser->token.text;
    if (slice_eq(name, SLICE("nil"))) return expr_constant(parser, (struct value){0});
    bool truth = slice_eq(name, SLICE("true"));
    if (!truth && !slice_eq(name, SLICE("false"))) return name_wrong(parser);
    return expr_constant(parser, (struct value){.kind = VALUE_BOOL, .integer = truth});
}

/* Leaves the token behind the operand to look at. */
static struct expr *operand_read(struct parser *parser)
{
    struct expr *expr = NULL;
    switch (parser->token.kind) {
    case TOKEN_WRONG:
        return NULL;
    case TOKEN_END:
    case TOKEN_PIPE:
    case TOKEN_CLOSE:
        return problem_at_token(parser, "a value or a function is missing here");
    case TOKEN_OPEN:
        expr = parens_read(parser);
        break;
    case TOKEN_DOT:
        expr = expr_new(parser, EXPR_DOT);
        break;
    case TOKEN_FIELD:
        expr = field_read(parser);
        break;
    case TOKEN_NAME:
        expr = word_read(parser);
        break;
    case TOKEN_CONSTANT:
        expr = expr_constant(parser, parser->token.value);
        break;
    }
    if (!expr) return NULL;
    token_next(parser);
    enum token_kind kind = parser->token.kind;
    if (kind == TOKEN_WRONG) return NULL;
    bool separate =
        parser->token.spaced || kind == TOKEN_END || kind == TOKEN_PIPE || kind == TOKEN_CLOSE;
    if (!separate) return problem_at_token(parser, "a blank is missing before this");
    return expr;
}

/* ---- Commands and pipelines ---- */

static bool at_operand(const struct parser *parser)
{
    enum token_kind kind = parser->token.kind;
    return kind != TOKEN_END && kind != TOKEN_PIPE && kind != TOKEN_CLOSE;
}

static struct expr *arguments_check(struct parser *parser, struct expr *call, size_t count,
                                    size_t at)
{
    struct slice name = functions[call->function].name;
    size_t least = functions[call->function].least, most = functions[call->function].most;
    size_t bound = count < least ? least : most;
    const char *how = least == most ? "" : count < least ? "at least " : "at most ";
    if (count < least || count > most)
        return gotemplate_problem(&parser->source, at, "%.*s takes %s%zu argument%s, not %zu",
                                  GOTEMPLATE_CLIP(name), how, bound, bound == 1 ? "" : "s", count);
    const struct expr *format = call->operand;
    if (call->function != FUNCTION_PRINTF || format->kind != EXPR_CONSTANT) return call;
    const char *problem = format->value.kind == VALUE_TEXT
                              ? gotemplate_format_problem(format->value.text)
                              : "printf needs a text as its format";
    return problem ? gotemplate_problem(&parser->source, at, "%s", problem) : call;
}

/* The function's name is the token; `piped` becomes its last argument. */
static struct expr *call_read(struct parser *parser, enum function function, struct expr *piped)
{
    struct expr *call = expr_new(parser, EXPR_CALL), **tail = &call->operand;
    size_t at = parser->token.at, count = 0;
    call->function = function;
    token_next(parser);
    if (parser->token.kind == TOKEN_WRONG) return NULL;
    if (at_operand(parser) && !parser->token.spaced)
        return problem_at_token(parser, "a blank is missing before this");
    while (at_operand(parser) || piped) {
        struct expr *argument = piped;
        if (at_operand(parser))
            argument = operand_read(parser);
        else
            piped = NULL;
        if (!argument || !expr_deepen(parser, call, argument)) return NULL;
        *tail = argument;
        tail = &argument->next;
        count++;
    }
    return arguments_check(parser, call, count, at);
}

static struct expr *command_read(struct parser *parser, struct expr *piped)
{
    struct token first = parser->token;
    for (enum function i = 0; first.kind == TOKEN_NAME && i < FUNCTION_COUNT; i++)
        if (slice_eq(first.text, functions[i].name)) return call_read(parser, i, piped);
    struct expr *value = operand_read(parser);
    if (!value) return NULL;
    if (piped)
        return gotemplate_problem(&parser->source, first.at, "only a function can follow a pipe");
    if (at_operand(parser))
        return gotemplate_problem(&parser->source, first.at,
                                  "only a function can have arguments behind it");
    if (value->kind == EXPR_CONSTANT && value->value.kind == VALUE_NONE)
        return gotemplate_problem(&parser->source, first.at, "nil alone is not a value");
    return value;
}

/* Leaves the token that ends it, which is none of its own. */
static struct expr *pipeline_read(struct parser *parser, const char *of_what)
{
    if (parser->token.kind == TOKEN_END || parser->token.kind == TOKEN_CLOSE)
        return gotemplate_problem(&parser->source, parser->token.at, "a value is missing in %s",
                                  of_what);
    struct expr *expr = command_read(parser, NULL);
    while (expr && parser->token.kind == TOKEN_PIPE) {
        token_next(parser);
        expr = command_read(parser, expr);
    }
    return expr;
}

static struct expr *action_pipeline_read(struct parser *parser, const char *of_what)
{
    struct expr *expr = pipeline_read(parser, of_what);
    if (expr && parser->token.kind == TOKEN_CLOSE)
        return problem_at_token(parser, "this ) closes nothing");
    return expr;
}

/* ---- if, else, end ---- */

static void if_read(struct parser *parser, struct open_if *open)
{
    token_next(parser);
    struct expr *condition = action_pipeline_read(parser, "the if");
    open->op = op_add(parser, OP_IF);
    open->op->expr = condition;
}

static void if_open(struct parser *parser)
{
    if (parser->ifs == GOTEMPLATE_DEPTH_MAX) {
        problem_at_token(parser, "ifs are nested too deeply");
        return;
    }
    struct open_if *open = &parser->if_stack[parser->ifs++];
    *open = (struct open_if){.at = parser->source.action_at};
    open->join = ARENA_NEW(&parser->template->arena, struct op);
    open->join->kind = OP_JOIN;
    if_read(parser, open);
}

static struct open_if *if_innermost(struct parser *parser)
{
    return parser->ifs > 0 ? &parser->if_stack[parser->ifs - 1] : NULL;
}

static void end_expect(struct parser *parser)
{
    if (parser->token.kind != TOKEN_END) problem_at_token(parser, "this does not belong here");
}

static void else_read(struct parser *parser)
{
    struct open_if *open = if_innermost(parser);
    if (!open || open->has_else) {
        problem_at_token(parser, open ? "an if has only one else" : "this else has no if");
        return;
    }
    *parser->tail = open->join;
    parser->tail = &open->op->otherwise;
    token_next(parser);
    if (parser->token.kind == TOKEN_NAME && slice_eq(parser->token.text, SLICE("if"))) {
        if_read(parser, open);
        return;
    }
    open->has_else = true;
    end_expect(parser);
}

static void end_read(struct parser *parser)
{
    struct open_if *open = if_innermost(parser);
    if (!open) {
        problem_at_token(parser, "this end has no if");
        return;
    }
    *parser->tail = open->join;
    if (!open->op->otherwise) open->op->otherwise = open->join;
    parser->tail = &open->join->next;
    parser->ifs--;
    token_next(parser);
    end_expect(parser);
}

/* ---- The whole ---- */

/* Behind {{ and its trim mark; the token that is left is the end of the action. */
static void action_read(struct parser *parser)
{
    token_next(parser);
    struct slice word = parser->token.kind == TOKEN_NAME ? parser->token.text : (struct slice){0};
    if (slice_eq(word, SLICE("if"))) {
        if_open(parser);
    } else if (slice_eq(word, SLICE("else"))) {
        else_read(parser);
    } else if (slice_eq(word, SLICE("end"))) {
        end_read(parser);
    } else {
        struct expr *expr = action_pipeline_read(parser, "the braces");
        op_add(parser, OP_PRINT)->expr = expr;
    }
}

static void comment_read(struct parser *parser)
{
    struct gotemplate_source *source = &parser->source;
    struct slice rest = slice_from(source->text, source->at + 2);
    const char *end = rest.size > 0 ? memmem(rest.at, rest.size, "*/", 2) : NULL;
    if (!end) {
        gotemplate_problem(source, source->at, "this comment is not closed by */");
        return;
    }
    source->at = (size_t)(end + 2 - source->text.at);
    size_t at = source->at;
    /* With a trim mark exactly one blank stands between. */
    token_next(parser);
    if (parser->token.kind != TOKEN_END || parser->token.at > at + parser->token.trims)
        gotemplate_problem(source, at, "}} must follow the end of a comment, without blanks");
}

/* Everything up to the next {{; false when that was the last of the source. `trims`: the action
   before had a trim mark. */
static bool text_read(struct parser *parser, bool trims)
{
    struct gotemplate_source *source = &parser->source;
    struct slice text = slice_from(source->text, source->at);
    const char *end = text.size > 0 ? memmem(text.at, text.size, "{{", 2) : NULL;
    if (end) text.size = (size_t)(end - text.at);
    source->action_at = source->at + text.size;
    source->at = source->action_at + 2;
    struct slice action = slice_from(source->text, source->at);
    bool trims_before =
        end && action.size >= 2 && action.at[0] == '-' && memchr(BLANKS, action.at[1], 4);
    if (trims_before) source->at += 2;
    while (trims && text.size > 0 && memchr(BLANKS, text.at[0], 4))
        text = slice_from(text, 1);
    while (trims_before && text.size > 0 && memchr(BLANKS, text.at[text.size - 1], 4))
        text.size--;
    if (text.size > 0) op_add(parser, OP_TEXT)->text = text;
    return end != NULL;
}

static bool source_read(struct parser *parser)
{
    struct gotemplate_source *source = &parser->source;
    if (source->text.size > GOTEMPLATE_SOURCE_MAX) {
        gotemplate_problem(source, 0, "the template is longer than %d bytes",
                           GOTEMPLATE_SOURCE_MAX);
        return false;
    }
    if (!utf8_valid(source->text)) {
        gotemplate_problem(source, 0, "the template is not valid UTF-8");
        return false;
    }
    for (bool trims = false; !source->failed && text_read(parser, trims);
         trims = parser->token.trims) {
        if (slice_starts(slice_from(source->text, source->at), SLICE("/*")))
            comment_read(parser);
        else
            action_read(parser);
        assert(source->failed || parser->token.kind == TOKEN_END);
    }
    if (parser->ifs > 0) gotemplate_problem(source, if_innermost(parser)->at, "this if has no end");
    return !source->failed;
}

struct gotemplate *gotemplate_compile(struct slice source, char *out_problem)
{
    struct gotemplate *template = MEM_NEW(struct gotemplate);
    struct parser parser = {
        .source =
            {
                .text = arena_copy(&template->arena, source),
                .arena = &template->arena,
                .problem = out_problem,
            },
        .template = template,
        .tail = &template->first,
    };
    if (!source_read(&parser)) {
        gotemplate_free(template);
        return NULL;
    }
    template->names = ARENA_ARRAY(&template->arena, struct slice, template->names_count);
    if (template->names_count > 0)
        memcpy(template->names, parser.names, template->names_count * sizeof *parser.names);
    return template;
}

void gotemplate_free(struct gotemplate *template)
{
    if (!template) return;
    arena_done(&template->arena);
    mem_free(template);
}

size_t gotemplate_variables(const struct gotemplate *template, const struct slice **out_names)
{
    *out_names = template->names;
    return template->names_count;
}
