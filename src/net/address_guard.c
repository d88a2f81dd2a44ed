#include "net/address_guard.h"

#include <arpa/inet.h>

struct range {
    unsigned char from[6];
    unsigned bits;
};

static const struct range special_ip4[] = {
    {{0}, 8},             /* this network; 0.0.0.0 reaches the own machine */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* carrier-grade NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local; metadata services of clouds */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 31, 196}, 24}, /* AS112 */
    {{192, 52, 193}, 24}, /* AMT */
    {{192, 88, 99}, 24},  /* 6to4 relays */
    {{192, 168}, 16},     /* private */
    {{192, 175, 48}, 24}, /* AS112 */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 3},           /* multicast, reserved, broadcast */
};

/* Inside 2000::/3. Outside of it nothing is public. */
static const struct range special_ip6[] = {
    {{0x20, 0x01, 0x00}, 23},          /* protocol assignments, Teredo among them */
    {{0x20, 0x01, 0x0d, 0xb8}, 32},    /* documentation */
    {{0x20, 0x02}, 16},                /* 6to4: an IPv4 address, any */
    {{0x26, 0x20, 0, 0x4f, 0x80}, 48}, /* AS112 */
    {{0x3f, 0xff}, 20},                /* documentation */
};

static const unsigned char ip4_mapped[12] = {[10] = 0xff, [11] = 0xff};
static const unsigned char nat64[12] = {0x00, 0x64, 0xff, 0x9b};

static bool range_has(const struct range *range, const unsigned char *ip)
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(range->from, ip, whole) != 0) return false;
    return rest == 0 || (range->from[whole] ^ ip[whole]) >> (8 - rest) == 0;
}

static bool is_special(const struct range *ranges, size_t count, const unsigned char *ip)
{
    for (size_t i = 0; i < count; i++)
        if (range_has(&ranges[i], ip)) return true;
    return false;
}

static bool ip4_is_public(const unsigned char *ip)
{
    return !is_special(special_ip4, sizeof special_ip4 / sizeof special_ip4[0], ip);
}

bool address_is_public(struct slice text)
{
    const unsigned char *ip = (const unsigned char *)text.at;
    if (text.size == 4) return ip4_is_public(ip);
    if (text.size != 16) return false;
    /* These two are IPv4 addresses in disguise, and go where the IPv4 address goes. */
    if (memcmp(ip, ip4_mapped, 12) == 0 || memcmp(ip, nat64, 12) == 0)
        return ip4_is_public(ip + 12);
    return ip[0] >> 5 == 1 &&
           !is_special(special_ip6, sizeof special_ip6 / sizeof special_ip6[0], ip);
}

bool address_text_is_public(const char *host)
{
    unsigned char ip[16];
    if (inet_pton(AF_INET, host, ip) == 1) return address_is_public(slice_of(ip, 4));
    return inet_pton(AF_INET6, host, ip) == 1 && address_is_public(slice_of(ip, 16));
}
