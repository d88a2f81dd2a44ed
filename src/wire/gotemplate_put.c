#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "wire/gotemplate_inside.h"
#include "wire/utf.h"

static void fill(struct buf *out, char byte, size_t count)
{
    char *to = count > 0 ? buf_reserve(out, count) : NULL;
    if (!to) return;
    memset(to, byte, count);
    buf_grew(out, count);
}

/* Widths count characters. */
void gotemplate_put(struct buf *out, const struct gotemplate_spec *spec, struct slice text)
{
    size_t width = spec->has_width ? utf8_points(text) : 0;
    size_t missing = spec->has_width && spec->width > width ? spec->width - width : 0;
    if (!spec->minus) fill(out, spec->zero ? '0' : ' ', missing);
    buf_add(out, text);
    if (spec->minus) fill(out, ' ', missing);
}

/* ---- Numbers ---- */

void gotemplate_put_integer(struct buf *out, const struct gotemplate_spec *spec, int64_t integer,
                            unsigned base)
{
    char text[GOTEMPLATE_WIDTH_MAX + 80];
    size_t at = sizeof text;
    uint64_t rest = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
    struct gotemplate_spec padding = *spec;
    padding.zero = false;
    size_t digits = 0;
    bool has_sign = integer < 0 || spec->plus || spec->space;
    if (spec->has_precision) {
        digits = spec->precision;
        if (digits == 0 && integer == 0) {
            gotemplate_put(out, &padding, (struct slice){0});
            return;
        }
    } else if (spec->zero && !spec->minus && spec->has_width && spec->width > 0) {
        digits = spec->width - has_sign;
    }
    do {
        text[--at] = "0123456789abcdef"[rest % base];
        rest /= base;
    } while (rest > 0);
    while (sizeof text - at < digits)
        text[--at] = '0';
    if (spec->sharp && base == 16) {
        text[--at] = 'x';
        text[--at] = '0';
    }
    if (has_sign) text[--at] = integer < 0 ? '-' : spec->plus ? '+' : ' ';
    gotemplate_put(out, &padding, slice_of(text + at, sizeof text - at));
}

/* Digits enough to read the same number again, and no more; with an exponent below 1e-04 and from
   1e+06 on. */
static size_t shortest_write(char *out, size_t size, double real)
{
    /* What has fifteen digits or fewer reads the same again, except where doubles get sparse. */
    int digits = fabs(real) < DBL_MIN ? 1 : 15;
    while (digits < 17) {
        snprintf(out, size, "%.*e", digits - 1, real);
        if (strtod(out, NULL) == real) break;
        digits++;
    }
    snprintf(out, size, "%.*e", digits - 1, real);
    const char *e = strchr(out, 'e');
    int exponent = e ? (int)strtol(e + 1, NULL, 10) : 0;
    const char *last = e;
    while (last && last > out && last[-1] == '0')
        last--;
    int kept = last ? (int)(last - out) - (out[0] == '-') : 1;
    kept = kept > 2 ? kept - 1 : 1; /* without the point */
    if (exponent < -4 || exponent >= 6) return (size_t)snprintf(out, size, "%.*e", kept - 1, real);
    int decimals = kept - 1 - exponent;
    return (size_t)snprintf(out, size, "%.*f", decimals > 0 ? decimals : 0, real);
}

/* C's %a, with two digits of exponent at least. */
static size_t hex_write(char *out, size_t size, const struct gotemplate_spec *spec, double real)
{
    if (spec->has_precision)
        snprintf(out, size, "%.*a", (int)spec->precision, real);
    else
        snprintf(out, size, "%a", real);
    char *p = strchr(out, 'p');
    if (p && p[2] && !p[3]) {
        p[3] = p[2];
        p[2] = '0';
        p[4] = '\0';
    }
    return strlen(out);
}

void gotemplate_put_float(struct buf *out, const struct gotemplate_spec *spec, double real)
{
    char text[GOTEMPLATE_WIDTH_MAX + 400];
    struct gotemplate_spec padding = *spec;
    size_t size, room = sizeof text - 1;
    int precision = spec->has_precision ? (int)spec->precision : 6;
    if (isinf(real)) {
        padding.zero = false;
        size = (size_t)snprintf(text, room, real < 0 ? "-Inf" : "+Inf");
    } else if (spec->verb == 'f') {
        size = (size_t)snprintf(text, room, "%.*f", precision, real);
    } else if (spec->verb == 'x') {
        size = hex_write(text, room, spec, real);
    } else if (spec->has_precision) {
        size = (size_t)snprintf(text, room, "%.*g", precision, real);
    } else {
        size = shortest_write(text, room, real);
    }
    if (text[0] != '-' && text[0] != '+' && (spec->plus || spec->space)) {
        memmove(text + 1, text, size++);
        text[0] = spec->plus ? '+' : ' ';
    }
    struct slice whole = slice_of(text, size);
    /* The sign stands before the zeros. */
    if (padding.zero && !spec->minus && spec->has_width && memchr("+- ", text[0], 3)) {
        buf_add_byte(out, text[0]);
        whole = slice_from(whole, 1);
        padding.width -= padding.width > 0;
    }
    gotemplate_put(out, &padding, whole);
}

/* ---- Texts ---- */

struct slice gotemplate_cut(const struct gotemplate_spec *spec, struct slice text)
{
    size_t end = 0, points = 0;
    if (!spec->has_precision) return text;
    while (end < text.size && points++ < spec->precision)
        utf8_next(text, &end);
    return slice_of(text.at, end);
}

/* As strconv.IsPrint as far as texts of messages go: what one does not see is not printable. */
static bool point_is_printable(uint32_t point)
{
    static const struct {
        uint32_t first, last;
    } unseen[] = {
        {0x0000, 0x001F}, {0x007F, 0x00A0}, {0x00AD, 0x00AD}, {0x061C, 0x061C}, {0x1680, 0x1680},
        {0x180E, 0x180E}, {0x2000, 0x200F}, {0x2028, 0x202F}, {0x205F, 0x206F}, {0x3000, 0x3000},
        {0xD800, 0xF8FF}, {0xFEFF, 0xFEFF}, {0xFFF0, 0xFFFB}, {0xFFFE, 0xFFFF}, {0xE0000, 0x10FFFF},
    };
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (point >= unseen[i].first && point <= unseen[i].last) return false;
    return true;
}

static void quote_point(struct buf *out, const struct gotemplate_spec *spec, uint32_t point,
                        char quote)
{
    static const char names[] = "abfnrtv\\", values[] = "\a\b\f\n\r\t\v\\";
    const char *value = point > 0 && point < 0x80 ? strchr(values, (int)point) : NULL;
    if (value) {
        buf_printf(out, "\\%c", names[value - values]);
    } else if (point == (unsigned char)quote) {
        buf_printf(out, "\\%c", quote);
    } else if (point_is_printable(point) && (point < 0x80 || !spec->plus)) {
        utf8_add(out, point);
    } else if (point < 0x80) {
        buf_printf(out, "\\x%02x", (unsigned)point);
    } else {
        buf_printf(out, point < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)point);
    }
}

static bool can_backquote(struct slice text)
{
    for (size_t i = 0; i < text.size;) {
        uint32_t point = utf8_next(text, &i);
        if ((point < ' ' && point != '\t') || point == '`' || point == 0x7F || point == 0xFEFF)
            return false;
    }
    return true;
}

void gotemplate_put_quoted(struct buf *out, const struct gotemplate_spec *spec, struct slice text)
{
    struct buf quoted;
    buf_init(&quoted, out->limit + 1);
    char quote = spec->sharp && can_backquote(text) ? '`' : '"';
    buf_add_byte(&quoted, quote);
    if (quote == '`') buf_add(&quoted, text);
    for (size_t i = 0; quote == '"' && i < text.size;)
        quote_point(&quoted, spec, utf8_next(text, &i), quote);
    buf_add_byte(&quoted, quote);
    if (quoted.full)
        out->full = true;
    else
        gotemplate_put(out, spec, buf_slice(&quoted));
    buf_done(&quoted);
}

void gotemplate_put_character(struct buf *out, const struct gotemplate_spec *spec, int64_t integer)
{
    char memory[16];
    struct buf quoted = {.at = memory, .capacity = sizeof memory, .limit = sizeof memory};
    bool valid = integer >= 0 && integer <= 0x10FFFF && !(integer >= 0xD800 && integer <= 0xDFFF);
    buf_add_byte(&quoted, '\'');
    quote_point(&quoted, spec, valid ? (uint32_t)integer : 0xFFFD, '\'');
    buf_add_byte(&quoted, '\'');
    gotemplate_put(out, spec, buf_slice(&quoted));
}

void gotemplate_put_hex(struct buf *out, const struct gotemplate_spec *spec, struct slice text)
{
    if (spec->has_precision && spec->precision < text.size) text.size = spec->precision;
    struct buf hex;
    buf_init(&hex, out->limit + 1);
    for (size_t i = 0; i < text.size && !hex.full; i++) {
        if (spec->space && i > 0) buf_add_byte(&hex, ' ');
        if (spec->sharp && (spec->space || i == 0)) buf_add(&hex, SLICE("0x"));
        buf_add_byte(&hex, "0123456789abcdef"[(unsigned char)text.at[i] >> 4]);
        buf_add_byte(&hex, "0123456789abcdef"[(unsigned char)text.at[i] & 15]);
    }
    if (hex.full)
        out->full = true;
    else
        gotemplate_put(out, spec, buf_slice(&hex));
    buf_done(&hex);
}
