#include "net/address_public.h"

#include <stddef.h>
#include <string.h>

struct block {
    uint8_t bytes[16];
    uint8_t bits;
};

static bool is_in(const uint8_t *address, const struct block *block)
{
    size_t whole = block->bits / 8, rest = block->bits % 8;
    if (memcmp(address, block->bytes, whole) != 0) return false;
    return rest == 0 || (address[whole] ^ block->bytes[whole]) >> (8 - rest) == 0;
}

/* IANA IPv4 special-purpose address registry, and multicast. */
static const struct block special_v4[] = {
    {{0}, 8},
    {{10}, 8},
    {{100, 64}, 10},
    {{127}, 8},
    {{169, 254}, 16},
    {{172, 16}, 12},
    {{192, 0, 0}, 24},
    {{192, 0, 2}, 24},
    {{192, 88, 99}, 24},
    {{192, 168}, 16},
    {{198, 18}, 15},
    {{198, 51, 100}, 24},
    {{203, 0, 113}, 24},
    {{224}, 4},
    {{240}, 4},
};

bool address_is_public_v4(const uint8_t address[4])
{
    for (size_t i = 0; i < sizeof special_v4 / sizeof *special_v4; i++)
        if (is_in(address, &special_v4[i])) return false;
    return true;
}

bool address_is_public_v6(const uint8_t address[16])
{
    static const struct block mapped = {{[10] = 0xff, 0xff}, 96};
    static const struct block nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};
    static const struct block global = {{0x20}, 3};
    static const struct block not_global[] = {
        {{0x20, 0x01, 0x00}, 23},       /* IETF protocol assignments, Teredo among them */
        {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
        {{0x20, 0x02}, 16},             /* 6to4: any IPv4 address inside */
        {{0x3f, 0xff}, 20},             /* documentation */
    };
    if (is_in(address, &mapped) || is_in(address, &nat64))
        return address_is_public_v4(address + 12);
    if (!is_in(address, &global)) return false;
    for (size_t i = 0; i < sizeof not_global / sizeof *not_global; i++)
        if (is_in(address, &not_global[i])) return false;
    return true;
}
