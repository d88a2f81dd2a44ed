/* GSM 7-bit default alphabet and its extension table (3GPP TS 23.038 6.2.1, 6.2.1.1).
   Septets travel one per octet on SMPP; packed forms are for links that want them. */
#pragma once

#include "base/buf.h"

/* Septets that a code point needs: 1, 2 (escape + character), or 0 when the alphabet lacks it. */
unsigned gsm7_cost(uint32_t code_point);
/* True when every character has a place in the alphabet or its extension. */
bool gsm7_fits(struct slice text);
/* One septet per octet. Returns septets written; every character must fit the alphabet and the
   septets must fit `capacity` (asserted). */
size_t gsm7_encode(struct slice text, uint8_t *out, size_t capacity);
/* Appends UTF-8. An escape before an unknown character gives the main table's character, two
   escapes give a space (23.038 6.2.1.1), bit 8 is ignored. */
void gsm7_decode(const uint8_t *septets, size_t count, struct buf *out);
/* Packing as in 23.038 6.1.2.1; `skip_bits` (0..6) leaves room behind a user data header. */
size_t gsm7_pack(const uint8_t *septets, size_t count, unsigned skip_bits, uint8_t *out,
                 size_t capacity);
size_t gsm7_unpack(const uint8_t *packed, size_t size, unsigned skip_bits, size_t count,
                   uint8_t *out, size_t capacity);
