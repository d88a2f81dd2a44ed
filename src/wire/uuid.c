#include "wire/uuid.h"

#include <sodium.h>

#define CHECK_SIZE 7 /* 54 bits are used */

static void uuid_bytes(uint64_t key, const uint8_t *secret, uint8_t out[16])
{
    /* 44 bits of milliseconds, then 20 of node and sequence: 12 beside the version, 8 behind the
       variant. */
    uint64_t ms = key >> 20;
    uint32_t low = (uint32_t)(key & 0xFFFFF);
    uint8_t check[crypto_generichash_BYTES_MIN];
    crypto_generichash(check, sizeof check, (const uint8_t *)&key, sizeof key, secret,
                       UUID_SECRET_SIZE);
    for (int i = 0; i < 6; i++)
        out[i] = (uint8_t)(ms >> (40 - 8 * i));
    out[6] = (uint8_t)(0x70 | low >> 16);
    out[7] = (uint8_t)(low >> 8);
    out[8] = (uint8_t)(0x80 | (low >> 2 & 0x3F));
    out[9] = (uint8_t)((low & 3) << 6 | (check[0] & 0x3F));
    memcpy(out + 10, check + 1, CHECK_SIZE - 1);
}

void uuid_write(uint64_t key, const uint8_t secret[UUID_SECRET_SIZE], char out[UUID_TEXT_SIZE + 1])
{
    uint8_t bytes[16];
    uuid_bytes(key, secret, bytes);
    char *to = out;
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
        *to++ = "0123456789abcdef"[bytes[i] >> 4];
        *to++ = "0123456789abcdef"[bytes[i] & 15];
    }
    *to = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool uuid_read(struct slice text, const uint8_t secret[UUID_SECRET_SIZE], uint64_t *out_key)
{
    uint8_t given[16] = {0}, true_bytes[16];
    if (text.size != UUID_TEXT_SIZE) return false;
    for (size_t at = 0, digit = 0; at < text.size; at++) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (text.at[at] != '-') return false;
            continue;
        }
        int value = hex_digit(text.at[at]);
        if (value < 0) return false;
        given[digit / 2] = (uint8_t)(given[digit / 2] << 4 | value);
        digit++;
    }
    uint64_t ms = 0;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | given[i];
    uint64_t key = ms << 20 | (uint64_t)(given[6] & 15) << 16 | (uint64_t)given[7] << 8 |
                   (uint64_t)(given[8] & 0x3F) << 2 | given[9] >> 6;
    uuid_bytes(key, secret, true_bytes);
    if (sodium_memcmp(given, true_bytes, sizeof given) != 0) return false;
    *out_key = key;
    return true;
}
