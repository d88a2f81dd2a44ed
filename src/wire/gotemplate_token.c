#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/gotemplate_inside.h"
#include "wire/utf.h"

/* Twice so much and a sentence around it still fit into a problem. */
#define CLIP_SIZE 24

size_t gotemplate_clip(struct slice text)
{
    return utf8_valid_size(slice_of(text.at, text.size < CLIP_SIZE ? text.size : CLIP_SIZE));
}

void *gotemplate_problem(struct gotemplate_source *source, size_t at, const char *format, ...)
{
    if (source->failed) return NULL;
    source->failed = true;
    size_t line = 1, line_at = 0;
    for (size_t i = 0; i < at; i++)
        if (source->text.at[i] == '\n') line++, line_at = i + 1;
    size_t column = 1 + utf8_points(slice_of(source->text.at + line_at, at - line_at));
    char sentence[GOTEMPLATE_PROBLEM_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    snprintf(source->problem, GOTEMPLATE_PROBLEM_SIZE, "line %zu, column %zu: %.120s", line, column,
             sentence);
    return NULL;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Whether a name may hold it: beyond ASCII everything but controls, blanks, punctuation, symbols
   and what is drawn as a picture. */
static bool point_is_letter(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } no_letters[] = {
        {0x0080, 0x00A9}, {0x00AB, 0x00B4}, {0x00B6, 0x00B9}, {0x00BB, 0x00BF},   {0x00D7, 0x00D7},
        {0x00F7, 0x00F7}, {0x2000, 0x2BFF}, {0x3000, 0x3004}, {0x3008, 0x3020},   {0xE000, 0xF8FF},
        {0xFE00, 0xFE6F}, {0xFEFF, 0xFF0F}, {0xFFE0, 0xFFFF}, {0x1F000, 0x1FAFF},
    };
    if (point < 0x80)
        return point == '_' || (point >= '0' && point <= '9') ||
               ((point | 0x20) >= 'a' && (point | 0x20) <= 'z');
    for (size_t i = 0; i < sizeof no_letters / sizeof *no_letters; i++)
        if (point >= no_letters[i].first && point <= no_letters[i].last) return false;
    return true;
}

/* Takes letters and digits; empty when there are none. */
static struct slice word_take(struct gotemplate_source *source)
{
    size_t begin = source->at, end = begin;
    while (end < source->text.size && point_is_letter(utf8_next(source->text, &end)))
        source->at = end;
    return slice_of(source->text.at + begin, source->at - begin);
}

static struct slice source_rest(const struct gotemplate_source *source)
{
    return slice_from(source->text, source->at);
}

static char source_peek(const struct gotemplate_source *source)
{
    return source->at < source->text.size ? source->text.at[source->at] : '\0';
}

static void *character_wrong(struct gotemplate_source *source, size_t at)
{
    size_t end = at;
    if (at == source->text.size)
        return gotemplate_problem(source, source->action_at, "this {{ is not closed by }}");
    char c = source->text.at[at];
    utf8_next(source->text, &end);
    if (c == '$') return gotemplate_problem(source, at, "variables with $ are not supported");
    if (c == ',')
        return gotemplate_problem(source, at, "arguments are separated by blanks, not by commas");
    if (c == '/')
        return gotemplate_problem(source, at, "a comment is written {{/* ... */}}, without blanks");
    return gotemplate_problem(source, at, "unexpected character '%.*s'", (int)(end - at),
                              source->text.at + at);
}

/* What may follow a name or a field without a blank. */
static bool at_word_end(struct gotemplate_source *source)
{
    struct slice rest = source_rest(source);
    if (rest.size == 0 || is_blank(rest.at[0]) || memchr("|()", rest.at[0], 3) ||
        slice_starts(rest, SLICE("}}")))
        return true;
    character_wrong(source, source->at);
    return false;
}

/* Behind the first dot. */
static void field_take(struct gotemplate_source *source, struct token *token)
{
    size_t begin = source->at;
    bool more = word_take(source).size > 0;
    token->kind = more ? TOKEN_FIELD : TOKEN_DOT;
    while (more && source_peek(source) == '.') {
        source->at++;
        char digit = source_peek(source);
        if ((digit >= '0' && digit <= '9') || word_take(source).size == 0) {
            gotemplate_problem(source, source->at, "a name must follow the dot");
            token->kind = TOKEN_WRONG;
            return;
        }
    }
    token->text = slice_of(source->text.at + begin, source->at - begin);
    if (!at_word_end(source)) token->kind = TOKEN_WRONG;
}

static unsigned digit_of(char c)
{
    unsigned lower = (unsigned char)c | 0x20;
    if (c >= '0' && c <= '9') return (unsigned)c - '0';
    return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

/* Go's notations: 0x1f, 0b1, 0o17 and 017. */
static bool integer_read(struct slice text, int64_t *out)
{
    static const struct {
        struct slice prefix;
        unsigned base;
    } bases[] = {
        {SLICE("0x"), 16}, {SLICE("0X"), 16}, {SLICE("0b"), 2}, {SLICE("0B"), 2},
        {SLICE("0o"), 8},  {SLICE("0O"), 8},  {SLICE("0"), 8},
    };
    bool negative = slice_starts(text, SLICE("-"));
    if (negative || slice_starts(text, SLICE("+"))) text = slice_from(text, 1);
    unsigned base = 10;
    for (size_t i = 0; i < sizeof bases / sizeof *bases && base == 10; i++)
        if (slice_starts(text, bases[i].prefix) && text.size > bases[i].prefix.size) {
            base = bases[i].base;
            text = slice_from(text, bases[i].prefix.size);
        }
    int64_t value = 0;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = digit_of(text.at[i]);
        if (digit >= base || __builtin_mul_overflow(value, (int64_t)base, &value) ||
            __builtin_sub_overflow(value, (int64_t)digit, &value))
            return false;
    }
    if (!negative && value == INT64_MIN) return false;
    *out = negative ? value : -value;
    return text.size > 0;
}

static bool float_read(const char *text, double *out)
{
    if (strspn(text, "0123456789.eE+-") != strlen(text) || !strpbrk(text, ".eE")) return false;
    char *end;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*out);
}

static void number_take(struct gotemplate_source *source, struct token *token)
{
    size_t begin = source->at++;
    bool hex = false;
    for (; source->at < source->text.size; source->at++) {
        char c = source->text.at[source->at], before = source->text.at[source->at - 1];
        hex = hex || (before | 0x20) == 'x';
        bool sign = (c == '+' || c == '-') && (before | 0x20) == 'e' && !hex;
        if (c != '.' && !sign && digit_of(c) == 99) break;
    }
    token->text = slice_of(source->text.at + begin, source->at - begin);
    token->kind = TOKEN_CONSTANT;
    struct slice text = arena_copy(source->arena, token->text);
    if (integer_read(text, &token->value.integer)) {
        token->value.kind = VALUE_INTEGER;
    } else if (float_read(text.at, &token->value.real)) {
        token->value.kind = VALUE_FLOAT;
    } else {
        gotemplate_problem(source, begin, "%.*s is not a number, or too large",
                           GOTEMPLATE_CLIP(text));
        token->kind = TOKEN_WRONG;
    }
}

/* One escape, whose backslash is past, of a text in such quotes. */
static bool escape_take(struct slice *rest, char quote, struct buf *out)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    if (rest->size == 0) return false;
    char c = rest->at[0];
    const char *name = c ? strchr(names, c) : NULL;
    if (name || c == quote) {
        buf_add_byte(out, name ? values[name - names] : quote);
        *rest = slice_from(*rest, 1);
        return true;
    }
    size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 3;
    unsigned base = digits == 3 ? 8 : 16;
    if (digits != 3) *rest = slice_from(*rest, 1);
    if (rest->size < digits) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        if (digit_of(rest->at[i]) >= base) return false;
        value = value * base + digit_of(rest->at[i]);
    }
    *rest = slice_from(*rest, digits);
    if (digits < 4) {
        /* A byte and not a character: together they must be UTF-8 in the end. */
        buf_add_byte(out, (char)value);
        return value <= 0xFF;
    }
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) return false;
    utf8_add(out, (uint32_t)value);
    return true;
}

static bool escapes_decode(struct slice rest, char quote, struct buf *out)
{
    while (rest.size > 0) {
        const char *escape = memchr(rest.at, '\\', rest.size);
        size_t plain = escape ? (size_t)(escape - rest.at) : rest.size;
        buf_add(out, slice_of(rest.at, plain));
        rest = slice_from(rest, plain + 1);
        if (escape && !escape_take(&rest, quote, out)) return false;
    }
    struct slice text = buf_slice(out);
    return utf8_valid(text) && (text.size == 0 || !memchr(text.at, '\0', text.size));
}

/* As strconv.Unquote: carriage returns do not count between backquotes. */
static bool quoted_decode(struct slice text, char quote, struct buf *out)
{
    if (quote != '`') return escapes_decode(text, quote, out);
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] != '\r') buf_add_byte(out, text.at[i]);
    return true;
}

/* The offset of the closing quote, the source's size when there is none. */
static size_t quote_end(const struct gotemplate_source *source, size_t at, char quote)
{
    for (; at < source->text.size && source->text.at[at] != quote; at++) {
        if (quote == '`') continue;
        if (source->text.at[at] == '\n') return source->text.size;
        if (source->text.at[at] == '\\' && at + 1 < source->text.size) at++;
    }
    return at;
}

static void quoted_take(struct gotemplate_source *source, struct token *token)
{
    size_t begin = source->at;
    char quote = source->text.at[begin];
    size_t end = quote_end(source, begin + 1, quote);
    token->kind = TOKEN_WRONG;
    if (end >= source->text.size) {
        gotemplate_problem(source, begin, "this quote is not closed");
        return;
    }
    source->at = end + 1;
    token->text = slice_of(source->text.at + begin, source->at - begin);
    struct buf decoded;
    buf_init(&decoded, token->text.size);
    size_t size = 0;
    if (!quoted_decode(slice_of(source->text.at + begin + 1, end - begin - 1), quote, &decoded)) {
        gotemplate_problem(source, begin, "a text in quotes has an escape that is not one, or NUL");
    } else if (quote != '\'') {
        token->kind = TOKEN_CONSTANT;
        token->value.kind = VALUE_TEXT;
        token->value.text = arena_copy(source->arena, buf_slice(&decoded));
    } else if (decoded.size == 0) {
        gotemplate_problem(source, begin, "a character is missing between the quotes");
    } else {
        token->kind = TOKEN_CONSTANT;
        token->value.kind = VALUE_INTEGER;
        token->value.integer = utf8_next(buf_slice(&decoded), &size);
        if (size != decoded.size) {
            gotemplate_problem(source, begin, "a text is written in \"double quotes\"");
            token->kind = TOKEN_WRONG;
        }
    }
    buf_done(&decoded);
}

static bool at_number(struct slice rest)
{
    char first = rest.at[0], second = rest.size > 1 ? rest.at[1] : '\0';
    if (first == '.') return second >= '0' && second <= '9';
    return first == '+' || first == '-' || (first >= '0' && first <= '9');
}

static void sign_take(struct gotemplate_source *source, struct token *token, enum token_kind kind,
                      size_t size)
{
    token->kind = kind;
    token->text = slice_of(source->text.at + source->at, size);
    source->at += size;
}

struct token gotemplate_token(struct gotemplate_source *source)
{
    size_t begin = source->at;
    while (is_blank(source_peek(source)))
        source->at++;
    struct token token = {.spaced = source->at > begin, .at = source->at};
    struct slice rest = source_rest(source);
    char first = source_peek(source);
    token.trims = token.spaced && slice_starts(rest, SLICE("-}}"));
    if (rest.size == 0) {
        character_wrong(source, source->at);
    } else if (token.trims || slice_starts(rest, SLICE("}}"))) {
        sign_take(source, &token, TOKEN_END, token.trims ? 3 : 2);
    } else if (first == '|') {
        sign_take(source, &token, TOKEN_PIPE, 1);
    } else if (first == '(') {
        sign_take(source, &token, TOKEN_OPEN, 1);
    } else if (first == ')') {
        sign_take(source, &token, TOKEN_CLOSE, 1);
    } else if (at_number(rest)) {
        number_take(source, &token);
    } else if (first == '.') {
        source->at++;
        field_take(source, &token);
    } else if (first == '"' || first == '`' || first == '\'') {
        quoted_take(source, &token);
    } else {
        token.text = word_take(source);
        if (token.text.size == 0) character_wrong(source, source->at);
        if (token.text.size > 0 && (source_peek(source) == '.' || at_word_end(source)))
            token.kind = TOKEN_NAME;
    }
    return token;
}
