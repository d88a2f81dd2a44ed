/* URLs: what is read lies within the text, and its address is read the same again. */
#include "wire/url.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_within(struct slice part, const uint8_t *data, size_t size)
{
    const char *begin = (const char *)data;
    return part.size == 0 || (part.at >= begin && part.at + part.size <= begin + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct url url, again;
    if (!url_read(slice_of(data, size), &url)) return 0;
    assert(url.host.size > 0 && url.port > 0);
    assert(lies_within(url.host, data, size) && lies_within(url.path, data, size));
    struct arena arena = {0};
    struct slice address = url_address(&url, &arena);
    if (!memchr(url.host.at, '\0', url.host.size)) {
        struct slice whole = arena_printf(&arena, "http%s://%.*s", url.secure ? "s" : "",
                                          (int)address.size, address.at);
        assert(url_read(whole, &again));
        assert(slice_eq(again.host, url.host) && again.port == url.port);
    }
    arena_done(&arena);
    return 0;
}
