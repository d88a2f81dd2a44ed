/* The address texts of tcp.h taken apart. No name look-up happens here. */
#pragma once

#include "base/slice.h"

enum address_kind {
    ADDRESS_IP4,
    ADDRESS_IP6,
    ADDRESS_NAME, /* has to be looked up */
    ADDRESS_UNIX,
};

/* Longest host name (RFC 1035: 253) and longest path of a UNIX socket (sun_path: 108 with its NUL).
 */
enum { ADDRESS_HOST_MAX = 253, ADDRESS_PATH_MAX = 107, ADDRESS_TEXT_MAX = 272 };

struct address {
    enum address_kind kind;
    char host[ADDRESS_HOST_MAX + 1]; /* literal without brackets, name, or path */
    uint16_t port;                   /* 0 for UNIX sockets */
};

/* False when the text is none of "1.2.3.4:80", "[::1]:80", "name:80", "unix:/path". */
bool address_parse(struct slice text, struct address *out);
/* The text again, in `text` with a NUL; returns its size. */
size_t address_format(const struct address *address, char text[ADDRESS_TEXT_MAX]);
