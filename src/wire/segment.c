#include "wire/segment.h"

#include <assert.h>

#include "wire/gsm7.h"
#include "wire/utf.h"

#if defined(__SSE2__) && !defined(WIRE_PORTABLE)
#include <emmintrin.h>
#endif

#define GSM7_ESCAPE 0x1B

/* Units of a text that travels alone: 140 octets of user data. */
static const uint32_t alone[] = {[ENCODING_GSM7] = 160, [ENCODING_UCS2] = 70};

/* Units of a part, by encoding: 140 octets less the header. 0 is without bound. */
static const struct form_row {
    uint8_t header_size;
    uint8_t room[2];
} forms[] = {
    [SEGMENT_UDH8] = {6, {153, 67}},
    [SEGMENT_UDH16] = {7, {152, 66}},
    [SEGMENT_SAR] = {0, {153, 67}},
    [SEGMENT_PAYLOAD] = {0, {0, 0}},
};

/* How far the GSM alphabet reaches into a text. Its characters are all one UTF-16 unit. */
struct reach {
    size_t offset;     /* the first byte that was not counted */
    size_t characters; /* before it */
    size_t pairs;      /* those of them that need an escape */
};

#if defined(__SSE2__) && !defined(WIRE_PORTABLE)
struct vector_masks {
    unsigned other; /* bytes that are no GSM character in themselves */
    unsigned pairs;
};

static struct vector_masks vector_classify(const uint8_t *at)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
    const __m128i form_feed = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\f'));
    const __m128i line_ends = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n')),
                                           _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r')));
    /* Signed compare: bytes of 80 and more are below the space as well. */
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
    const __m128i strange = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('`')),
                                         _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
    /* Without bit 5 { | } ~ fall on [ \ ] ^, which are the extension's ASCII characters. */
    const __m128i folded = _mm_and_si128(bytes, _mm_set1_epi8((char)0xDF));
    const __m128i brackets = _mm_and_si128(_mm_cmpgt_epi8(folded, _mm_set1_epi8('Z')),
                                           _mm_cmplt_epi8(folded, _mm_set1_epi8('_')));
    const __m128i other =
        _mm_or_si128(_mm_andnot_si128(_mm_or_si128(form_feed, line_ends), low), strange);
    return (struct vector_masks){
        .other = (unsigned)_mm_movemask_epi8(other),
        .pairs = (unsigned)_mm_movemask_epi8(_mm_or_si128(brackets, form_feed)),
    };
}

/* Counts while whole vectors of text are there. Stops at the first byte that needs a look. */
static void reach_vectors(struct slice text, struct reach *reach)
{
    while (text.size - reach->offset >= sizeof(__m128i)) {
        struct vector_masks masks = vector_classify((const uint8_t *)text.at + reach->offset);
        unsigned count = sizeof(__m128i);
        if (masks.other) {
            count = (unsigned)__builtin_ctz(masks.other);
            masks.pairs &= (1u << count) - 1;
        }
        if (masks.pairs) reach->pairs += (size_t)__builtin_popcount(masks.pairs);
        reach->characters += count;
        reach->offset += count;
        if (masks.other) return;
    }
}
#else
static void reach_vectors(struct slice text, struct reach *reach)
{
}
#endif

static struct reach reach_gsm7(struct slice text)
{
    struct reach reach = {0};
    reach_vectors(text, &reach);
    while (reach.offset < text.size) {
        bool ascii = (uint8_t)text.at[reach.offset] < 0x80;
        size_t next = reach.offset;
        unsigned cost = gsm7_cost(utf8_next(text, &next));
        if (cost == 0) break;
        reach.characters++;
        reach.pairs += cost == 2;
        reach.offset = next;
        /* Behind a letter that is not ASCII there is often a run that is. */
        if (!ascii) reach_vectors(text, &reach);
    }
    return reach;
}

/* The greedy cut itself, without writing anything. */
static uint32_t count_walk(struct slice text, enum encoding encoding, uint32_t room)
{
    uint32_t segments = 1, used = 0;
    for (size_t offset = 0; offset < text.size;) {
        uint32_t point = utf8_next(text, &offset);
        uint32_t cost = encoding == ENCODING_GSM7 ? gsm7_cost(point) : point > 0xFFFF ? 2 : 1;
        if (used + cost > room) {
            segments++;
            used = 0;
        }
        used += cost;
    }
    return segments;
}

static uint32_t divide_up(uint32_t units, uint32_t room)
{
    return (units + room - 1) / room;
}

struct segment_count segment_count(struct slice text)
{
    assert(text.size <= INT32_MAX);
    struct reach reach = reach_gsm7(text);
    bool gsm7 = reach.offset == text.size;
    enum encoding encoding = gsm7 ? ENCODING_GSM7 : ENCODING_UCS2;
    struct slice rest = slice_from(text, reach.offset);
    size_t units = reach.characters + (gsm7 ? reach.pairs : utf16_units(rest));
    struct segment_count count = {encoding, (uint32_t)units, 1};
    if (units <= alone[encoding]) return count;

    /* A segment ends one unit early when a pair would be split, never more. So all segments but
       the last hold `room` or `room - 1`, and only where these two give different answers, and
       there are pairs at all, does it need the walk. */
    uint32_t room = forms[SEGMENT_UDH8].room[encoding];
    count.segments = divide_up(count.units, room);
    if (divide_up(count.units, room - 1) != count.segments) {
        size_t pairs = gsm7 ? reach.pairs : utf16_units(rest) - utf8_points(rest);
        if (pairs > 0) count.segments = count_walk(text, encoding, room);
    }
    return count;
}

static const struct bill_row {
    bool by_air;     /* segment_count decides, the rest is unused */
    bool utf16;      /* UTF-16 units whatever the alphabet */
    uint32_t per[2]; /* by encoding */
} segment_bills[] = {
    [SEGMENT_BILL_UTF16_160] = {.utf16 = true, .per = {160, 160}},
    [SEGMENT_BILL_GSM160_UCS70] = {.per = {[ENCODING_GSM7] = 160, [ENCODING_UCS2] = 70}},
    [SEGMENT_BILL_AIR] = {.by_air = true},
};

uint32_t segment_bill(enum segment_bill rule, struct slice text)
{
    const struct bill_row *row = &segment_bills[rule];
    if (row->utf16) {
        uint32_t bill = divide_up((uint32_t)utf16_units(text), row->per[0]);
        return bill ? bill : 1;
    }
    struct segment_count count = segment_count(text);
    if (row->by_air || count.units == 0) return count.segments;
    return divide_up(count.units, row->per[count.encoding]);
}

/* Encoded text that is being cut. */
struct cut {
    const uint8_t *bytes;
    size_t size;
    size_t room; /* in bytes */
    enum encoding encoding;
};

/* Where the segment that begins at `begin` ends. Encoded text shows where a pair begins: an escape,
   or the first byte of a high surrogate. */
static size_t cut_end(const struct cut *cut, size_t begin)
{
    if (cut->size - begin <= cut->room) return cut->size;
    size_t end = begin + cut->room;
    if (cut->encoding == ENCODING_GSM7) return cut->bytes[end - 1] == GSM7_ESCAPE ? end - 1 : end;
    return (cut->bytes[end - 2] & 0xFC) == 0xD8 ? end - 2 : end;
}

static size_t cut_count(const struct cut *cut)
{
    size_t count = 1;
    for (size_t end = cut_end(cut, 0); end < cut->size; count++)
        end = cut_end(cut, end);
    return count;
}

static struct cut cut_encode(struct slice text, struct segment_count count, size_t room,
                             struct arena *arena)
{
    size_t unit_size = count.encoding == ENCODING_GSM7 ? 1 : 2;
    size_t size = count.units * unit_size;
    uint8_t *bytes = arena_alloc(arena, size);
    size_t written = count.encoding == ENCODING_GSM7 ? gsm7_encode(text, bytes, size)
                                                     : utf16_encode(text, bytes, size);
    assert(written == size);
    return (struct cut){bytes, size, room * unit_size, count.encoding};
}

/* Information element, its length, reference, total, number (23.040 9.2.3.24.1 and .8), behind the
   length of all elements. */
static void header_write(enum segment_form form, uint16_t reference, const struct segment *segment,
                         uint8_t *out)
{
    bool wide = form == SEGMENT_UDH16;
    *out++ = wide ? 6 : 5;
    *out++ = wide ? 0x08 : 0x00;
    *out++ = wide ? 4 : 3;
    if (wide) *out++ = (uint8_t)(reference >> 8);
    *out++ = (uint8_t)reference;
    *out++ = segment->total;
    *out++ = segment->number;
}

static void segment_add_header(struct segment *segment, enum segment_form form, uint16_t reference,
                               struct arena *arena)
{
    size_t header_size = forms[form].header_size;
    uint8_t *bytes = arena_alloc(arena, header_size + segment->size);
    header_write(form, reference, segment, bytes);
    memcpy(bytes + header_size, segment->bytes, segment->size);
    segment->bytes = bytes;
    segment->size += header_size;
    segment->has_header = true;
}

bool segment_cut(struct slice text, enum segment_form form, uint16_t reference, struct arena *arena,
                 struct segment_list *out)
{
    struct segment_count count = segment_count(text);
    if (count.segments > SEGMENTS_MAX) return false;
    size_t room = forms[form].room[count.encoding];
    if (count.segments == 1 || room == 0) room = count.units;

    struct cut cut = cut_encode(text, count, room, arena);
    size_t total = cut_count(&cut);
    if (total > SEGMENTS_MAX) return false;
    struct segment *segments = ARENA_ARRAY(arena, struct segment, total);
    for (size_t i = 0, begin = 0; i < total; i++) {
        size_t end = cut_end(&cut, begin);
        segments[i] = (struct segment){
            .bytes = cut.bytes + begin,
            .size = end - begin,
            .number = (uint8_t)(i + 1),
            .total = (uint8_t)total,
        };
        if (total > 1 && forms[form].header_size > 0)
            segment_add_header(&segments[i], form, reference, arena);
        begin = end;
    }
    *out = (struct segment_list){segments, total, count.encoding};
    return true;
}

/* One information element's data; false when it is no concatenation that makes sense. */
static bool element_read(uint8_t id, const uint8_t *bytes, size_t size, struct segment_header *out)
{
    bool wide = id == 0x08;
    if (!(id == 0x00 && size == 3) && !(wide && size == 4)) return false;
    struct segment_header header = {bytes[0], bytes[size - 2], bytes[size - 1]};
    if (wide) header.reference = (uint16_t)(bytes[0] << 8 | bytes[1]);
    if (header.number == 0 || header.number > header.total) return false;
    *out = header;
    return true;
}

bool segment_read_header(const uint8_t *bytes, size_t size, struct segment_header *out,
                         size_t *out_body)
{
    size_t end = size > 0 ? 1 + (size_t)bytes[0] : 0;
    if (end > size) {
        *out_body = size;
        return false;
    }
    *out_body = end;
    bool found = false;
    for (size_t at = 1; at + 2 <= end;) {
        size_t length = bytes[at + 1];
        if (at + 2 + length > end) break;
        found |= element_read(bytes[at], bytes + at + 2, length, out);
        at += 2 + length;
    }
    return found;
}
