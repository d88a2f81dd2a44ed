#include "wire/utf.h"

#if defined(__SSE2__) && !defined(WIRE_PORTABLE)
#include <emmintrin.h>
#endif

#define REPLACEMENT       SLICE("\xEF\xBF\xBD")
#define REPLACEMENT_POINT 0xFFFDu

/* Well-formed sequences (Unicode, table 3-7): how long the sequence of a lead byte is and what its
   second byte may be; later bytes are 80..BF. Size 0: no sequence begins with this byte. */
static const struct lead {
    uint8_t size, second_min, second_max;
} leads[256] = {
    [0x00 ... 0x7F] = {1, 0x00, 0x00}, [0xC2 ... 0xDF] = {2, 0x80, 0xBF},
    [0xE0] = {3, 0xA0, 0xBF},          [0xE1 ... 0xEC] = {3, 0x80, 0xBF},
    [0xED] = {3, 0x80, 0x9F},          [0xEE ... 0xEF] = {3, 0x80, 0xBF},
    [0xF0] = {4, 0x90, 0xBF},          [0xF1 ... 0xF3] = {4, 0x80, 0xBF},
    [0xF4] = {4, 0x80, 0x8F},
};

/* How many bytes of a sequence stand at `at`. They are well-formed when that is the lead's size;
   otherwise they are a maximal subpart: one replacement character stands for all of them. */
static size_t sequence_read(const uint8_t *at, size_t size)
{
    const struct lead *lead = &leads[at[0]];
    if (lead->size < 2 || size < 2 || at[1] < lead->second_min || at[1] > lead->second_max)
        return 1;
    size_t have = 2;
    while (have < lead->size && have < size && (at[have] & 0xC0) == 0x80)
        have++;
    return have;
}

size_t utf8_valid_size(struct slice text)
{
    const uint8_t *at = (const uint8_t *)text.at;
    size_t offset = 0;
    while (offset < text.size) {
        uint64_t word;
        if (text.size - offset >= sizeof word) {
            memcpy(&word, at + offset, sizeof word);
            if ((word & 0x8080808080808080u) == 0) {
                offset += sizeof word;
                continue;
            }
        }
        size_t have = sequence_read(at + offset, text.size - offset);
        if (have != leads[at[offset]].size) break;
        offset += have;
    }
    return offset;
}

bool utf8_valid(struct slice text)
{
    return utf8_valid_size(text) == text.size;
}

static void add_without_nul(struct slice text, struct buf *out)
{
    struct slice piece;
    while (slice_cut(&text, '\0', &piece))
        buf_add(out, piece);
}

void utf8_repair(struct slice text, struct buf *out)
{
    while (text.size > 0) {
        size_t valid = utf8_valid_size(text);
        add_without_nul(slice_of(text.at, valid), out);
        text = slice_from(text, valid);
        if (text.size == 0) break;
        buf_add(out, REPLACEMENT);
        text = slice_from(text, sequence_read((const uint8_t *)text.at, text.size));
    }
}

uint32_t utf8_next_long(struct slice text, size_t *offset)
{
    const uint8_t *at = (const uint8_t *)text.at + *offset;
    size_t size = leads[at[0]].size;
    assert(size > 1 && size <= text.size - *offset);
    *offset += size;
    switch (size) {
    case 2:
        return (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu);
    case 3:
        return (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
    default:
        return (at[0] & 0x07u) << 18 | (at[1] & 0x3Fu) << 12 | (at[2] & 0x3Fu) << 6 |
               (at[3] & 0x3Fu);
    }
}

static char tail_byte(uint32_t code_point, unsigned shift)
{
    return (char)(0x80 | (code_point >> shift & 0x3F));
}

void utf8_add(struct buf *out, uint32_t code_point)
{
    assert(code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF));
    char bytes[4];
    size_t size = 0;
    if (code_point < 0x80) {
        bytes[size++] = (char)code_point;
    } else if (code_point < 0x800) {
        bytes[size++] = (char)(0xC0 | code_point >> 6);
    } else if (code_point < 0x10000) {
        bytes[size++] = (char)(0xE0 | code_point >> 12);
        bytes[size++] = tail_byte(code_point, 6);
    } else {
        bytes[size++] = (char)(0xF0 | code_point >> 18);
        bytes[size++] = tail_byte(code_point, 12);
        bytes[size++] = tail_byte(code_point, 6);
    }
    if (code_point >= 0x80) bytes[size++] = tail_byte(code_point, 0);
    buf_add(out, slice_of(bytes, size));
}

/* Every character has exactly one byte that is no continuation (80..BF), and those above U+FFFF
   are the ones that begin with F0 or more: counting needs no decoding. */
struct tally {
    size_t points;
    size_t wide;
};

#if defined(__SSE2__) && !defined(WIRE_PORTABLE)
/* Counts of one byte per lane overflow after 255 rounds. */
#define ROUNDS_MAX 255

static size_t lanes_sum(__m128i lanes)
{
    __m128i sums = _mm_sad_epu8(lanes, _mm_setzero_si128());
    return (size_t)_mm_cvtsi128_si32(sums) +
           (size_t)_mm_cvtsi128_si32(_mm_unpackhi_epi64(sums, sums));
}

/* Whole vectors only; returns the bytes counted. */
static size_t tally_vectors(const uint8_t *at, size_t size, struct tally *tally)
{
    const __m128i start_min = _mm_set1_epi8((char)0xBF);
    const __m128i wide_min = _mm_set1_epi8((char)0xF0);
    size_t offset = 0;
    while (size - offset >= sizeof(__m128i)) {
        __m128i points = _mm_setzero_si128(), wide = _mm_setzero_si128();
        size_t rounds = (size - offset) / sizeof(__m128i);
        if (rounds > ROUNDS_MAX) rounds = ROUNDS_MAX;
        for (; rounds > 0; rounds--, offset += sizeof(__m128i)) {
            __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + offset));
            /* A true lane is -1. As signed bytes only 80..BF are not above BF. */
            points = _mm_sub_epi8(points, _mm_cmpgt_epi8(bytes, start_min));
            wide = _mm_sub_epi8(wide, _mm_cmpeq_epi8(_mm_max_epu8(bytes, wide_min), bytes));
        }
        tally->points += lanes_sum(points);
        tally->wide += lanes_sum(wide);
    }
    return offset;
}
#else
static size_t tally_vectors(const uint8_t *at, size_t size, struct tally *tally)
{
    return 0;
}
#endif

static struct tally tally_text(struct slice text)
{
    const uint8_t *at = (const uint8_t *)text.at;
    struct tally tally = {0};
    for (size_t i = tally_vectors(at, text.size, &tally); i < text.size; i++) {
        tally.points += (at[i] & 0xC0) != 0x80;
        tally.wide += at[i] >= 0xF0;
    }
    return tally;
}

size_t utf8_points(struct slice text)
{
    return tally_text(text).points;
}

size_t utf16_units(struct slice text)
{
    struct tally tally = tally_text(text);
    return tally.points + tally.wide;
}

static size_t unit_write(uint32_t unit, uint8_t *out)
{
    out[0] = (uint8_t)(unit >> 8);
    out[1] = (uint8_t)unit;
    return 2;
}

size_t utf16_encode(struct slice text, uint8_t *out, size_t capacity)
{
    size_t size = 0;
    for (size_t offset = 0; offset < text.size;) {
        uint32_t point = utf8_next(text, &offset);
        assert(capacity - size >= (point > 0xFFFF ? 4 : 2));
        if (point > 0xFFFF) {
            size += unit_write(0xD800 + ((point - 0x10000) >> 10), out + size);
            point = 0xDC00 + ((point - 0x10000) & 0x3FF);
        }
        size += unit_write(point, out + size);
    }
    return size;
}

static bool unit_read(const uint8_t *bytes, size_t size, size_t offset, uint32_t *out)
{
    if (offset > size || size - offset < 2) return false;
    *out = (uint32_t)(bytes[offset] << 8 | bytes[offset + 1]);
    return true;
}

void utf16_decode(const uint8_t *bytes, size_t size, struct buf *out)
{
    for (size_t offset = 0; offset < size; offset += 2) {
        uint32_t point, low;
        if (!unit_read(bytes, size, offset, &point)) {
            point = REPLACEMENT_POINT;
        } else if (point >= 0xD800 && point <= 0xDBFF && unit_read(bytes, size, offset + 2, &low) &&
                   low >= 0xDC00 && low <= 0xDFFF) {
            point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
            offset += 2;
        } else if (point >= 0xD800 && point <= 0xDFFF) {
            point = REPLACEMENT_POINT;
        }
        utf8_add(out, point);
    }
}
