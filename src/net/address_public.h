/* Which addresses belong to somebody else on the open internet. Everything that does not (loopback,
   private, link-local, shared, documentation, multicast, translated forms of those ...) may be a
   machine of ours, and a customer's webhook has no business there. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

bool address_is_public_v4(const uint8_t address[4]);
bool address_is_public_v6(const uint8_t address[16]);
