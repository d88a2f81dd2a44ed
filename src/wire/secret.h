/* API keys: how they are made from random bytes, and the hash that is kept instead of them. */
#pragma once

#include "base/slice.h"

#define SECRET_HASH_SIZE     32
#define SECRET_KEY_TEXT_SIZE 40 /* rb_live_ or rb_test_ and 32 base62 characters */
#define SECRET_RANDOM_SIZE   64 /* enough that 32 unbiased characters are all but certain */

/* BLAKE2b-256 of the whole text. */
void secret_hash(struct slice text, uint8_t out[SECRET_HASH_SIZE]);
/* False (one time in 10^15): these bytes do not give enough unbiased characters; draw again. */
bool secret_key_make(const uint8_t random[SECRET_RANDOM_SIZE], bool test,
                     char out[SECRET_KEY_TEXT_SIZE + 1]);
