/* How time-ordered keys look outside: a UUIDv7 (RFC 9562) that carries the whole key and 54 bits
   that only the holder of the secret can compute. Reading one back needs no index, and guessing one
   fails. */
#pragma once

#include "base/slice.h"

#define UUID_TEXT_SIZE   36
#define UUID_SECRET_SIZE 32

/* Writes 36 characters and a NUL. The key must come from id_next. */
void uuid_write(uint64_t key, const uint8_t secret[UUID_SECRET_SIZE], char out[UUID_TEXT_SIZE + 1]);
/* False: not a UUID that uuid_write made with this secret. Upper case is read too. */
bool uuid_read(struct slice text, const uint8_t secret[UUID_SECRET_SIZE], uint64_t *out_key);
