#include "wire/sign.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

static void sign_update(crypto_auth_hmacsha256_state *state, struct slice bytes)
{
    crypto_auth_hmacsha256_update(state, (const uint8_t *)bytes.at, bytes.size);
}

static void sign(struct slice secret, struct slice stamp, struct slice body,
                 uint8_t out[crypto_auth_hmacsha256_BYTES])
{
    /* In parts, because libsodium's one call for all takes only secrets of 32 bytes. */
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)secret.at, secret.size);
    sign_update(&state, stamp);
    sign_update(&state, SLICE("."));
    sign_update(&state, body);
    crypto_auth_hmacsha256_final(&state, out);
    sodium_memzero(&state, sizeof state);
}

void sign_stamped(struct slice secret, uint64_t at_s, struct slice body,
                  char out[SIGN_HEX_SIZE + 1])
{
    char stamp[24];
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    snprintf(stamp, sizeof stamp, "%" PRIu64, at_s);
    sign(secret, slice_cstr(stamp), body, mac);
    sodium_bin2hex(out, SIGN_HEX_SIZE + 1, mac, sizeof mac);
}

bool sign_is_right(struct slice secret, struct slice stamp_text, struct slice body,
                   struct slice hex)
{
    uint8_t claimed[crypto_auth_hmacsha256_BYTES], mac[crypto_auth_hmacsha256_BYTES];
    size_t size = 0;
    if (hex.size != SIGN_HEX_SIZE) return false;
    if (sodium_hex2bin(claimed, sizeof claimed, hex.at, hex.size, NULL, &size, NULL) != 0 ||
        size != sizeof claimed)
        return false;
    sign(secret, stamp_text, body, mac);
    return sodium_memcmp(claimed, mac, sizeof mac) == 0;
}
