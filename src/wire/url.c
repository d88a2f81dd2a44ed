#include "wire/url.h"

/* `text` up to the first byte of `ends`, which stays in `*rest`. */
static struct slice url_cut(struct slice *rest, const char *ends)
{
    size_t size = 0;
    while (size < rest->size && !strchr(ends, rest->at[size]))
        size++;
    struct slice head = slice_of(rest->at, size);
    *rest = slice_from(*rest, size);
    return head;
}

static bool url_read_authority(struct slice authority, struct url *out)
{
    uint64_t port = out->secure ? 443 : 80;
    const char *at = authority.size ? memrchr(authority.at, '@', authority.size) : NULL;
    if (at) authority = slice_from(authority, (size_t)(at + 1 - authority.at));
    if (authority.size && authority.at[0] == '[') {
        out->host = url_cut(&authority, "]");
        if (authority.size == 0) return false;
        out->host.size++;
        authority = slice_from(authority, 1);
    } else {
        out->host = url_cut(&authority, ":");
    }
    if (authority.size > 0 &&
        (authority.at[0] != ':' || !slice_u64(slice_from(authority, 1), &port)))
        return false;
    out->port = (uint16_t)port;
    return out->host.size > 0 && port > 0 && port <= UINT16_MAX;
}

bool url_read(struct slice text, struct url *out)
{
    struct slice rest = text, scheme;
    if (!slice_cut(&rest, ':', &scheme) || !slice_starts(rest, SLICE("//"))) return false;
    struct url url = {.secure = slice_eq_nocase(scheme, SLICE("https"))};
    if (!url.secure && !slice_eq_nocase(scheme, SLICE("http"))) return false;
    rest = slice_from(rest, 2);
    if (!url_read_authority(url_cut(&rest, "/?#"), &url)) return false;
    url.path = url_cut(&rest, "?#");
    *out = url;
    return true;
}

struct slice url_address(const struct url *url, struct arena *arena)
{
    return arena_printf(arena, "%.*s:%u", (int)url->host.size, url->host.at, url->port);
}
