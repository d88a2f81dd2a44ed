/* The parts of an http or https URL (RFC 3986) that say whom it leads to. */
#pragma once

#include "base/arena.h"

struct url {
    bool secure;
    struct slice host; /* an IPv6 address with its brackets; never empty */
    uint16_t port;     /* the scheme's usual one when none is written */
    struct slice path; /* up to the query; may be empty */
};

/* False: another scheme, no host, or a port that is none. */
bool url_read(struct slice text, struct url *out);
/* "HOST:PORT" */
struct slice url_address(const struct url *url, struct arena *arena);
