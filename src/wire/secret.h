/* Secrets made from random bytes: API keys, of which only a hash is kept, and what webhooks are
   signed with. */
#pragma once

#include "base/slice.h"

#define SECRET_HASH_SIZE           32
#define SECRET_KEY_TEXT_SIZE       40 /* rb_live_ or rb_test_ and 32 base62 characters */
#define SECRET_RANDOM_SIZE         64 /* enough that 32 unbiased characters are all but certain */

#define SECRET_WEBHOOK_RANDOM_SIZE 24
#define SECRET_WEBHOOK_TEXT_SIZE   54

/* BLAKE2b-256 of the whole text. */
void secret_hash(struct slice text, uint8_t out[SECRET_HASH_SIZE]);
/* False (one time in 10^15): these bytes do not give enough unbiased characters; draw again. */
bool secret_key_make(const uint8_t random[SECRET_RANDOM_SIZE], bool test,
                     char out[SECRET_KEY_TEXT_SIZE + 1]);
/* "whsec_" and the bytes in hex. */
void secret_webhook_make(const uint8_t random[SECRET_WEBHOOK_RANDOM_SIZE],
                         char out[SECRET_WEBHOOK_TEXT_SIZE + 1]);
