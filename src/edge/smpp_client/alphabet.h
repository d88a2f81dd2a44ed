/* Texts in the alphabets that data_coding names (SMPP 3.4 5.2.19, 3GPP TS 23.038 4). Code 0 is
   whatever the carrier says it is. */
#pragma once

#include "base/buf.h"
#include "core/provider.h"

/* Appends valid UTF-8 without NUL. Characters that cannot be told become U+FFFD; octets of an
   unknown or binary coding are read as Latin-1, which loses nothing. */
void alphabet_decode(struct slice octets, uint8_t data_coding, enum alphabet dcs0, struct buf *out);
/* Appends GSM septets (one per octet) in the alphabet of a carrier's data_coding 0. False when a
   character is not in it; a question mark stands in its place. */
bool alphabet_encode(struct slice septets, enum alphabet alphabet, struct buf *out);
