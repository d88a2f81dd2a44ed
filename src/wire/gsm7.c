#include "wire/gsm7.h"

#include <assert.h>

#include "wire/utf.h"

#define ESCAPE        0x1Bu
#define SPACE         0x20u
#define EURO_SEPTET   0x65u
#define SEPTETS_COUNT 128u

/* 3GPP TS 23.038 6.2.1 and 6.2.1.1: septet and code point. Capital C with cedilla stands at 09, the
   small one is in no table. The euro sign, an extension character too, is kept apart because its
   code point alone would make the reverse table ten times as large. */
/* clang-format off */
#define MAIN_ROWS(X) \
    X(0x00, 0x0040) X(0x01, 0x00A3) X(0x02, 0x0024) X(0x03, 0x00A5) X(0x04, 0x00E8) \
    X(0x05, 0x00E9) X(0x06, 0x00F9) X(0x07, 0x00EC) X(0x08, 0x00F2) X(0x09, 0x00C7) \
    X(0x0A, 0x000A) X(0x0B, 0x00D8) X(0x0C, 0x00F8) X(0x0D, 0x000D) X(0x0E, 0x00C5) \
    X(0x0F, 0x00E5) X(0x10, 0x0394) X(0x11, 0x005F) X(0x12, 0x03A6) X(0x13, 0x0393) \
    X(0x14, 0x039B) X(0x15, 0x03A9) X(0x16, 0x03A0) X(0x17, 0x03A8) X(0x18, 0x03A3) \
    X(0x19, 0x0398) X(0x1A, 0x039E) X(0x1C, 0x00C6) X(0x1D, 0x00E6) X(0x1E, 0x00DF) \
    X(0x1F, 0x00C9) X(0x20, 0x0020) X(0x21, 0x0021) X(0x22, 0x0022) X(0x23, 0x0023) \
    X(0x24, 0x00A4) X(0x25, 0x0025) X(0x26, 0x0026) X(0x27, 0x0027) X(0x28, 0x0028) \
    X(0x29, 0x0029) X(0x2A, 0x002A) X(0x2B, 0x002B) X(0x2C, 0x002C) X(0x2D, 0x002D) \
    X(0x2E, 0x002E) X(0x2F, 0x002F) X(0x30, 0x0030) X(0x31, 0x0031) X(0x32, 0x0032) \
    X(0x33, 0x0033) X(0x34, 0x0034) X(0x35, 0x0035) X(0x36, 0x0036) X(0x37, 0x0037) \
    X(0x38, 0x0038) X(0x39, 0x0039) X(0x3A, 0x003A) X(0x3B, 0x003B) X(0x3C, 0x003C) \
    X(0x3D, 0x003D) X(0x3E, 0x003E) X(0x3F, 0x003F) X(0x40, 0x00A1) X(0x41, 0x0041) \
    X(0x42, 0x0042) X(0x43, 0x0043) X(0x44, 0x0044) X(0x45, 0x0045) X(0x46, 0x0046) \
    X(0x47, 0x0047) X(0x48, 0x0048) X(0x49, 0x0049) X(0x4A, 0x004A) X(0x4B, 0x004B) \
    X(0x4C, 0x004C) X(0x4D, 0x004D) X(0x4E, 0x004E) X(0x4F, 0x004F) X(0x50, 0x0050) \
    X(0x51, 0x0051) X(0x52, 0x0052) X(0x53, 0x0053) X(0x54, 0x0054) X(0x55, 0x0055) \
    X(0x56, 0x0056) X(0x57, 0x0057) X(0x58, 0x0058) X(0x59, 0x0059) X(0x5A, 0x005A) \
    X(0x5B, 0x00C4) X(0x5C, 0x00D6) X(0x5D, 0x00D1) X(0x5E, 0x00DC) X(0x5F, 0x00A7) \
    X(0x60, 0x00BF) X(0x61, 0x0061) X(0x62, 0x0062) X(0x63, 0x0063) X(0x64, 0x0064) \
    X(0x65, 0x0065) X(0x66, 0x0066) X(0x67, 0x0067) X(0x68, 0x0068) X(0x69, 0x0069) \
    X(0x6A, 0x006A) X(0x6B, 0x006B) X(0x6C, 0x006C) X(0x6D, 0x006D) X(0x6E, 0x006E) \
    X(0x6F, 0x006F) X(0x70, 0x0070) X(0x71, 0x0071) X(0x72, 0x0072) X(0x73, 0x0073) \
    X(0x74, 0x0074) X(0x75, 0x0075) X(0x76, 0x0076) X(0x77, 0x0077) X(0x78, 0x0078) \
    X(0x79, 0x0079) X(0x7A, 0x007A) X(0x7B, 0x00E4) X(0x7C, 0x00F6) X(0x7D, 0x00F1) \
    X(0x7E, 0x00FC) X(0x7F, 0x00E0)

#define EXTENSION_ROWS(X) \
    X(0x0A, 0x000C) X(0x14, 0x005E) X(0x28, 0x007B) X(0x29, 0x007D) X(0x2F, 0x005C) \
    X(0x3C, 0x005B) X(0x3D, 0x007E) X(0x3E, 0x005D) X(0x40, 0x007C)
/* clang-format on */

#define PLACE_MAIN(septet, point)      [point] = GSM7_PLACE(1, septet),
#define PLACE_EXTENSION(septet, point) [point] = GSM7_PLACE(2, septet),
const uint16_t gsm7_places[GSM7_PLACES_COUNT] = {MAIN_ROWS(PLACE_MAIN)
                                                     EXTENSION_ROWS(PLACE_EXTENSION)};

#define POINT(septet, point) [septet] = point,
/* An escape that nothing follows is shown as a space. */
static const uint16_t main_points[SEPTETS_COUNT] = {MAIN_ROWS(POINT)[ESCAPE] = SPACE};
/* 0: no such character, the main table's is shown. */
static const uint16_t extension_points[SEPTETS_COUNT] = {
    EXTENSION_ROWS(POINT)[EURO_SEPTET] = GSM7_EURO,
    [ESCAPE] = SPACE,
};

bool gsm7_fits(struct slice text)
{
    for (size_t offset = 0; offset < text.size;)
        if (gsm7_cost(utf8_next(text, &offset)) == 0) return false;
    return true;
}

size_t gsm7_encode(struct slice text, uint8_t *out, size_t capacity)
{
    size_t count = 0;
    for (size_t offset = 0; offset < text.size;) {
        uint32_t point = utf8_next(text, &offset);
        unsigned cost = gsm7_cost(point);
        assert(cost > 0 && cost <= capacity - count);
        if (cost == 2) out[count++] = ESCAPE;
        out[count++] = point == GSM7_EURO ? EURO_SEPTET : gsm7_places[point] & 0x7F;
    }
    return count;
}

void gsm7_decode(const uint8_t *septets, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        unsigned septet = septets[i] & 0x7F;
        uint32_t point = main_points[septet];
        if (septet == ESCAPE && i + 1 < count) {
            septet = septets[++i] & 0x7F;
            point = extension_points[septet] ? extension_points[septet] : main_points[septet];
        }
        utf8_add(out, point);
    }
}

size_t gsm7_pack(const uint8_t *septets, size_t count, unsigned skip_bits, uint8_t *out,
                 size_t capacity)
{
    assert(skip_bits <= 6);
    size_t size = (skip_bits + count * 7 + 7) / 8;
    assert(size <= capacity);
    if (size > 0) memset(out, 0, size);
    for (size_t i = 0; i < count; i++) {
        size_t bit = skip_bits + i * 7;
        unsigned shifted = (septets[i] & 0x7Fu) << bit % 8;
        out[bit / 8] |= (uint8_t)shifted;
        if (shifted > 0xFF) out[bit / 8 + 1] |= (uint8_t)(shifted >> 8);
    }
    return size;
}

size_t gsm7_unpack(const uint8_t *packed, size_t size, unsigned skip_bits, size_t count,
                   uint8_t *out, size_t capacity)
{
    assert(skip_bits <= 6);
    size_t there = size > 0 ? (size * 8 - skip_bits) / 7 : 0;
    if (count > there) count = there;
    if (count > capacity) count = capacity;
    for (size_t i = 0; i < count; i++) {
        size_t bit = skip_bits + i * 7;
        unsigned pair = packed[bit / 8];
        if (bit / 8 + 1 < size) pair |= (unsigned)packed[bit / 8 + 1] << 8;
        out[i] = pair >> bit % 8 & 0x7F;
    }
    return count;
}
