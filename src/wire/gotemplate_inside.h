/* What the parts of gotemplate share: values, the compiled form, and the printing of values. */
#pragma once

#include "base/arena.h"
#include "wire/gotemplate.h"
#include "wire/json_view.h"

enum value_kind {
    VALUE_NONE,
    VALUE_BOOL,
    VALUE_INTEGER,
    VALUE_FLOAT,
    VALUE_TEXT,
    VALUE_MAP,
    VALUE_LIST
};

struct value {
    enum value_kind kind;
    bool of_json;      /* a number that Go would have as a float64 */
    struct slice text; /* VALUE_TEXT; the JSON of a map or a list, whose grammar was checked */
    union {
        int64_t integer; /* VALUE_INTEGER; VALUE_BOOL as 0 and 1 */
        double real;
    };
};

enum function {
    FUNCTION_AND,
    FUNCTION_EQ,
    FUNCTION_GE,
    FUNCTION_GT,
    FUNCTION_LE,
    FUNCTION_LEN,
    FUNCTION_LT,
    FUNCTION_NE,
    FUNCTION_NOT,
    FUNCTION_OR,
    FUNCTION_PRINTF,
    FUNCTION_COUNT,
};

enum expr_kind { EXPR_CONSTANT, EXPR_DOT, EXPR_FIELD, EXPR_CHAIN, EXPR_CALL };

struct expr {
    enum expr_kind kind;
    enum function function;
    uint32_t depth;       /* expressions below it, itself included */
    uint32_t variable;    /* EXPR_FIELD: which of the template's */
    struct slice path;    /* EXPR_FIELD, EXPR_CHAIN: the names below, with dots between them */
    struct value value;   /* EXPR_CONSTANT */
    struct expr *operand; /* EXPR_CHAIN; EXPR_CALL: the first of a list */
    struct expr *next;    /* in the list of operands that it is in */
};

/* Each points at what comes next, so there is nothing to jump over and nothing to return to. */
enum op_kind { OP_TEXT, OP_PRINT, OP_IF, OP_JOIN };

struct op {
    enum op_kind kind;
    struct slice text;
    struct expr *expr;
    struct op *next;
    struct op *otherwise; /* OP_IF: when the expression is false */
};

struct gotemplate {
    struct arena arena; /* of everything below */
    struct op *first;
    struct slice *names;
    size_t names_count;
};

/* What a rendering has at hand. */
struct gotemplate_run {
    struct arena arena; /* texts that had escapes, and what printf made */
    struct buf *out;
    struct slice whole; /* the JSON of the dot */
    size_t steps;       /* left */
    bool exhausted;
    struct json_view variables[GOTEMPLATE_VARIABLES_MAX];
};

/* False when there are not so many steps left; then there are none left. */
bool gotemplate_charge(struct gotemplate_run *run, size_t steps);
struct value gotemplate_value(struct gotemplate_run *run, const struct json_view *view);
/* As Go's fmt.Print does, but no value is `<no value>`. */
void gotemplate_print(struct gotemplate_run *run, const struct value *value);
/* As Go's fmt.Sprintf does; the result is in the run's arena. */
struct slice gotemplate_printf(struct gotemplate_run *run, struct slice format,
                               const struct value *args, size_t count);
/* What is wrong with a format that a template's author wrote, NULL when nothing is. */
const char *gotemplate_format_problem(struct slice format);

#define GOTEMPLATE_WIDTH_MAX 1000 /* of a width or a precision; a message has not more */

/* One %... of a format. */
struct gotemplate_spec {
    uint32_t verb; /* a code point */
    bool plus, minus, sharp, space, zero;
    bool has_width, has_precision;
    size_t width, precision;
};

/* One value as Go's fmt prints it, with the width and the flags of its %... */
void gotemplate_put(struct buf *out, const struct gotemplate_spec *spec, struct slice text);
void gotemplate_put_integer(struct buf *out, const struct gotemplate_spec *spec, int64_t integer,
                            unsigned base);
void gotemplate_put_float(struct buf *out, const struct gotemplate_spec *spec, double real);
void gotemplate_put_quoted(struct buf *out, const struct gotemplate_spec *spec, struct slice text);
void gotemplate_put_character(struct buf *out, const struct gotemplate_spec *spec, int64_t integer);
void gotemplate_put_hex(struct buf *out, const struct gotemplate_spec *spec, struct slice text);
/* The text as its precision cuts it. */
struct slice gotemplate_cut(const struct gotemplate_spec *spec, struct slice text);

/* Words and signs of an action. */
enum token_kind {
    TOKEN_WRONG, /* the problem is told */
    TOKEN_END,   /* }} */
    TOKEN_PIPE,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_DOT,
    TOKEN_FIELD, /* .a.b: the text is a.b */
    TOKEN_NAME,
    TOKEN_CONSTANT, /* a number, a character or a text */
};

struct token {
    enum token_kind kind;
    bool spaced;        /* a blank stands before it */
    bool trims;         /* a TOKEN_END of -}} */
    size_t at;          /* offset in the source */
    struct slice text;  /* as written */
    struct value value; /* TOKEN_CONSTANT */
};

/* Where reading stands; the first problem that is told is the one that stays. */
struct gotemplate_source {
    struct slice text;
    size_t at;
    size_t action_at; /* of the {{ that reading is in */
    struct arena *arena;
    char *problem;
    bool failed;
};

/* Always NULL. */
void *gotemplate_problem(struct gotemplate_source *source, size_t at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct token gotemplate_token(struct gotemplate_source *source);
/* Enough of a text to recognise it in a problem; for %.*s. */
#define GOTEMPLATE_CLIP(text) (int)gotemplate_clip(text), (text).at
size_t gotemplate_clip(struct slice text);
