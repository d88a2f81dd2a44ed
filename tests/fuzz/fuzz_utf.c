/* UTF-8, UTF-16 and the GSM alphabet: repaired text is valid, counts are those of one character at
   a time, and what is decoded, encoded and decoded again stays the same. */
#include "wire/gsm7.h"
#include "wire/utf.h"

#include <assert.h>

#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A buffer that was written must have had room. */
static struct slice written(const struct buf *buf)
{
    assert(!buf->full);
    return buf_slice(buf);
}

static void repair_holds(struct slice text)
{
    struct buf once, twice;
    buf_init(&once, UTF8_REPAIR_MAX(text.size));
    buf_init(&twice, UTF8_REPAIR_MAX(text.size));
    utf8_repair(text, &once);
    struct slice repaired = written(&once);
    assert(utf8_valid(repaired));
    assert(repaired.size == 0 || !memchr(repaired.at, '\0', repaired.size));
    utf8_repair(repaired, &twice);
    assert(slice_eq(repaired, written(&twice)));
    bool clean = utf8_valid(text) && (text.size == 0 || !memchr(text.at, '\0', text.size));
    assert(clean == slice_eq(text, repaired));
    buf_done(&once);
    buf_done(&twice);
}

static void characters_add_up(struct slice text)
{
    struct buf again;
    buf_init(&again, text.size);
    size_t points = 0, units = 0;
    for (size_t offset = 0; offset < text.size; points++) {
        uint32_t point = utf8_next(text, &offset);
        units += point > 0xFFFF ? 2 : 1;
        utf8_add(&again, point);
    }
    assert(slice_eq(text, written(&again)));
    assert(points == utf8_points(text) && units == utf16_units(text));
    buf_done(&again);

    uint8_t *encoded = mem_alloc(2 * units);
    assert(utf16_encode(text, encoded, 2 * units) == 2 * units);
    buf_init(&again, text.size);
    utf16_decode(encoded, 2 * units, &again);
    assert(slice_eq(text, written(&again)));
    buf_done(&again);
    mem_free(encoded);
}

static void utf16_gives_text(const uint8_t *data, size_t size)
{
    struct buf text;
    buf_init(&text, 3 * size + 3);
    utf16_decode(data, size, &text);
    struct slice decoded = written(&text);
    assert(utf8_valid(decoded));
    assert(utf16_units(decoded) == (size + 1) / 2);
    buf_done(&text);
}

static void gsm7_gives_text(const uint8_t *data, size_t size)
{
    struct buf text, again;
    buf_init(&text, 3 * size);
    gsm7_decode(data, size, &text);
    struct slice decoded = written(&text);
    assert(gsm7_fits(decoded));
    uint8_t *septets = mem_alloc(2 * size);
    size_t count = gsm7_encode(decoded, septets, 2 * size);
    assert(count <= size);
    buf_init(&again, decoded.size);
    gsm7_decode(septets, count, &again);
    assert(slice_eq(decoded, written(&again)));

    unsigned skip_bits = (unsigned)(size % 7);
    uint8_t *packed = mem_alloc(size + 1), *unpacked = mem_alloc(size);
    size_t packed_size = gsm7_pack(data, size, skip_bits, packed, size + 1);
    assert(gsm7_unpack(packed, packed_size, skip_bits, size, unpacked, size) == size);
    for (size_t i = 0; i < size; i++)
        assert(unpacked[i] == (data[i] & 0x7F));
    mem_free(septets);
    mem_free(packed);
    mem_free(unpacked);
    buf_done(&text);
    buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    size_t valid_size = utf8_valid_size(text);
    assert(valid_size <= size && utf8_valid(text) == (valid_size == size));
    assert(utf8_valid(slice_of(data, valid_size)));
    repair_holds(text);
    characters_add_up(slice_of(data, valid_size));
    utf16_gives_text(data, size);
    gsm7_gives_text(data, size);
    return 0;
}
