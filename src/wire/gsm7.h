/* GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 6.2.1, 6.2.1.1).
   Septets travel one per octet on SMPP; packed forms are for links that want them. */
#pragma once

#include "base/buf.h"

/* Where a code point below GSM7_PLACES_COUNT stands: its cost in the high byte, its septet in the
   low one. Only the euro sign lies above. For gsm7_cost, which is inline because it runs once per
   character of every message. */
#define GSM7_PLACES_COUNT        0x03AAu
#define GSM7_PLACE(cost, septet) ((cost) << 8 | (septet))
#define GSM7_EURO                0x20ACu
extern const uint16_t gsm7_places[GSM7_PLACES_COUNT];

/* Septets that a code point needs: 1, 2 (escape + character), or 0 when the alphabet lacks it. */
static inline unsigned gsm7_cost(uint32_t code_point)
{
    if (code_point < GSM7_PLACES_COUNT) return (unsigned)gsm7_places[code_point] >> 8;
    return code_point == GSM7_EURO ? 2 : 0;
}
/* True when every character has a place in the alphabet or its extension. */
bool gsm7_fits(struct slice text);
/* One septet per octet. Returns septets written; every character must fit the alphabet and the
   septets must fit `capacity` (asserted). */
size_t gsm7_encode(struct slice text, uint8_t *out, size_t capacity);
/* Appends UTF-8. An escape before an unknown character gives the main table's character, two
   escapes give a space (23.038 6.2.1.1), and so does an escape at the end; bit 8 is ignored. */
void gsm7_decode(const uint8_t *septets, size_t count, struct buf *out);
/* Packing as in 23.038 6.1.2.1; `skip_bits` (0..6) leaves room behind a user data header. Returns
   the octets written, unused bits 0; they must fit `capacity` (asserted). */
size_t gsm7_pack(const uint8_t *septets, size_t count, unsigned skip_bits, uint8_t *out,
                 size_t capacity);
/* `count` septets, fewer when `packed` holds fewer or `capacity` is less. Returns how many. */
size_t gsm7_unpack(const uint8_t *packed, size_t size, unsigned skip_bits, size_t count,
                   uint8_t *out, size_t capacity);
