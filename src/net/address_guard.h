/* Which addresses a customer's URL may lead to: those of the public Internet. A webhook to
   loopback, to a private network or to a cloud's metadata service would let strangers talk to
   machines that trust us (RFC 6890 and the IANA special-purpose registries). Pure. */
#pragma once

#include "base/slice.h"

/* `ip`: 4 or 16 bytes in network order; anything else is not public. */
bool address_is_public(struct slice ip);
/* The text of an IPv4 or IPv6 address without port or brackets; false for names. */
bool address_text_is_public(const char *host);
