#include "support/hex.h"

#include <assert.h>

#include "base/mem.h"

static unsigned hex_digit(char c)
{
    if (c >= '0' && c <= '9') return (unsigned)(c - '0');
    assert(c >= 'a' && c <= 'f');
    return (unsigned)(c - 'a') + 10;
}

struct slice hex_bytes(const char *hex)
{
    size_t digits = 0;
    for (const char *at = hex; *at; at++)
        digits += *at != ' ';
    assert(digits % 2 == 0);

    uint8_t *bytes = mem_alloc(digits / 2);
    size_t digit = 0;
    for (const char *at = hex; *at; at++) {
        if (*at == ' ') continue;
        bytes[digit / 2] = (uint8_t)((unsigned)bytes[digit / 2] << 4 | hex_digit(*at));
        digit++;
    }
    return slice_of(bytes, digits / 2);
}

struct slice hex_copy(struct slice bytes)
{
    char *copy = mem_alloc(bytes.size);
    if (bytes.size) memcpy(copy, bytes.at, bytes.size);
    return slice_of(copy, bytes.size);
}

void hex_free(struct slice bytes)
{
    mem_free((void *)bytes.at);
}
