#include "wire/secret.h"

#include <sodium.h>

void secret_hash(struct slice text, uint8_t out[SECRET_HASH_SIZE])
{
    crypto_generichash(out, SECRET_HASH_SIZE, (const uint8_t *)text.at, text.size, NULL, 0);
}

bool secret_key_make(const uint8_t random[SECRET_RANDOM_SIZE], bool test,
                     char out[SECRET_KEY_TEXT_SIZE + 1])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t size = 8;
    memcpy(out, test ? "rb_test_" : "rb_live_", size);
    for (size_t i = 0; i < SECRET_RANDOM_SIZE && size < SECRET_KEY_TEXT_SIZE; i++) {
        /* 248 = 4 * 62: above it some letters would come more often. */
        if (random[i] < 248) out[size++] = letters[random[i] % 62];
    }
    out[size] = '\0';
    return size == SECRET_KEY_TEXT_SIZE;
}

void secret_webhook_make(const uint8_t random[SECRET_WEBHOOK_RANDOM_SIZE],
                         char out[SECRET_WEBHOOK_TEXT_SIZE + 1])
{
    memcpy(out, "whsec_", 6);
    sodium_bin2hex(out + 6, SECRET_WEBHOOK_TEXT_SIZE - 5, random, SECRET_WEBHOOK_RANDOM_SIZE);
}
