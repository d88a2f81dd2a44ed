#include "net/address.h"

#include <arpa/inet.h>
#include <stdio.h>

static bool address_parse_path(struct slice path, struct address *out)
{
    if (path.size == 0 || path.size > ADDRESS_PATH_MAX || memchr(path.at, 0, path.size))
        return false;
    *out = (struct address){.kind = ADDRESS_UNIX};
    memcpy(out->host, path.at, path.size);
    return true;
}

static bool address_parse_port(struct slice text, uint16_t *out)
{
    uint64_t port;
    if (text.size > 5 || !slice_u64(text, &port) || port > UINT16_MAX) return false;
    *out = (uint16_t)port;
    return true;
}

/* Letters, digits, '-', '.' and '_': what a resolver can be asked for without surprises. */
static bool address_is_name(struct slice host)
{
    for (size_t i = 0; i < host.size; i++) {
        char c = host.at[i];
        bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '.' || c == '_';
        if (!fits) return false;
    }
    return host.size > 0 && host.at[0] != '.' && host.at[0] != '-';
}

static bool address_classify(struct address *address, bool bracketed)
{
    struct in6_addr ip;
    if (bracketed) {
        address->kind = ADDRESS_IP6;
        return inet_pton(AF_INET6, address->host, &ip) == 1;
    }
    bool is_ip4 = inet_pton(AF_INET, address->host, &ip) == 1;
    address->kind = is_ip4 ? ADDRESS_IP4 : ADDRESS_NAME;
    return is_ip4 || address_is_name(slice_cstr(address->host));
}

bool address_parse(struct slice text, struct address *out)
{
    if (slice_starts(text, SLICE("unix:"))) return address_parse_path(slice_from(text, 5), out);

    const char *colon = text.size ? memrchr(text.at, ':', text.size) : NULL;
    if (!colon) return false;
    struct slice host = slice_of(text.at, (size_t)(colon - text.at));
    struct address address = {0};
    if (!address_parse_port(slice_from(text, host.size + 1), &address.port)) return false;

    bool bracketed = host.size > 2 && host.at[0] == '[' && host.at[host.size - 1] == ']';
    if (bracketed) host = slice_of(host.at + 1, host.size - 2);
    if (host.size > ADDRESS_HOST_MAX || memchr(host.at, 0, host.size)) return false;
    memcpy(address.host, host.at, host.size);
    if (!address_classify(&address, bracketed)) return false;
    *out = address;
    return true;
}

size_t address_format(const struct address *address, char text[ADDRESS_TEXT_MAX])
{
    int size;
    if (address->kind == ADDRESS_UNIX)
        size = snprintf(text, ADDRESS_TEXT_MAX, "unix:%s", address->host);
    else if (address->kind == ADDRESS_IP6)
        size = snprintf(text, ADDRESS_TEXT_MAX, "[%s]:%u", address->host, address->port);
    else
        size = snprintf(text, ADDRESS_TEXT_MAX, "%s:%u", address->host, address->port);
    return (size_t)size;
}
