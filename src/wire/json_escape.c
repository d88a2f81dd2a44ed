#include "wire/json_escape.h"

#include <assert.h>

#include "wire/utf.h"

#define REPLACEMENT_POINT 0xFFFDu

/* Four hex digits that were checked. */
static uint32_t hex_read(const char *at)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++) {
        unsigned digit = (unsigned char)at[i];
        value = value << 4 | (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return value;
}

bool json_escape_take(struct slice *rest, uint32_t *out_point)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    assert(rest->size >= 2 && rest->at[0] == '\\');
    if (rest->at[1] != 'u') {
        const char *name = strchr(names, rest->at[1]);
        assert(name);
        *out_point = (unsigned char)values[name - names];
        *rest = slice_from(*rest, 2);
        return true;
    }
    assert(rest->size >= 6);
    uint32_t unit = hex_read(rest->at + 2);
    *rest = slice_from(*rest, 6);
    *out_point = unit;
    if (unit < 0xD800 || unit > 0xDFFF) return true;
    if (unit <= 0xDBFF && slice_starts(*rest, SLICE("\\u"))) {
        assert(rest->size >= 6);
        uint32_t low = hex_read(rest->at + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            *out_point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
            *rest = slice_from(*rest, 6);
            return true;
        }
    }
    *out_point = REPLACEMENT_POINT;
    return false;
}

bool json_escape_find(struct slice *rest, struct slice *out_plain)
{
    const char *escape = rest->size > 0 ? memchr(rest->at, '\\', rest->size) : NULL;
    size_t plain = escape ? (size_t)(escape - rest->at) : rest->size;
    *out_plain = slice_of(rest->at, plain);
    *rest = slice_from(*rest, plain);
    return escape != NULL;
}

struct slice json_text_decode(struct slice text, struct arena *arena)
{
    /* No escape is shorter than what it stands for. Without one nothing is copied here. */
    struct buf decoded;
    buf_init(&decoded, text.size);
    struct slice rest = text, plain;
    while (json_escape_find(&rest, &plain)) {
        uint32_t point;
        buf_add(&decoded, plain);
        json_escape_take(&rest, &point);
        if (point != 0) utf8_add(&decoded, point);
    }
    if (decoded.size > 0) {
        buf_add(&decoded, plain);
        plain = buf_slice(&decoded);
    }
    assert(!decoded.full);
    text = arena_copy(arena, plain);
    buf_done(&decoded);
    return text;
}
