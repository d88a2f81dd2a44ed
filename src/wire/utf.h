/* UTF-8: checking, repairing, and counting what the dialects count.
   Counting functions take text that utf8_valid has accepted. */
#pragma once

#include <assert.h>

#include "base/buf.h"

/* RFC 3629: no overlongs, no surrogates, nothing above U+10FFFF. NUL is valid here. */
bool utf8_valid(struct slice text);
/* Bytes before the first invalid sequence. */
size_t utf8_valid_size(struct slice text);
/* Appends `text` with NUL dropped and each invalid sequence (maximal subpart, as the Unicode
   standard recommends in chapter 3.9) replaced by U+FFFD. */
void utf8_repair(struct slice text, struct buf *out);
/* The most that repairing `size` bytes can give: each may become a U+FFFD of three. */
#define UTF8_REPAIR_MAX(size) (3 * (size))
/* Next code point at text[*offset]; moves the offset behind it. Valid UTF-8 only. The ASCII part is
   inline because it runs once per character of every message. */
uint32_t utf8_next_long(struct slice text, size_t *offset);
static inline uint32_t utf8_next(struct slice text, size_t *offset)
{
    assert(*offset < text.size);
    unsigned char first = (unsigned char)text.at[*offset];
    if (first >= 0x80) return utf8_next_long(text, offset);
    ++*offset;
    return first;
}
/* Appends one code point (not a surrogate). */
void utf8_add(struct buf *out, uint32_t code_point);
size_t utf8_points(struct slice text); /* Unicode code points */
size_t utf16_units(struct slice text); /* 16-bit units: 2 for each point above U+FFFF */
/* UTF-16 big endian as SMPP data_coding 8 carries it; returns bytes written. The capacity is at
   least 2 * utf16_units (asserted). */
size_t utf16_encode(struct slice text, uint8_t *out, size_t capacity);
/* Appends the UTF-8 of UTF-16BE bytes; a lone surrogate or odd last byte becomes U+FFFD, U+0000
   stays. */
void utf16_decode(const uint8_t *bytes, size_t size, struct buf *out);
