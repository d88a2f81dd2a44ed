/* The head of an HTTP/1.x request: request line and header lines, read strictly. What RFC 9112 lets
   a recipient forgive (bare LF, blanks before the colon, folded lines, repeated lengths) is refused
   here, because two readers who forgive differently see two different requests in the same bytes.
   The parser library reads the same block, and a request passes only when both agree. Pure. */
#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "net/http_server.h"

/* Header lines of one request; over it: 431. Browsers send about 20, proxies add a few. */
enum { HTTP_HEADER_COUNT_MAX = 128 };

/* Places in a request line, counted from its first byte. */
struct http_line {
    uint32_t method_size;
    uint32_t target_at, target_size;
    uint32_t path_at, path_size;
    unsigned minor; /* of HTTP/1.x */
};

struct http_head {
    struct slice method;
    struct slice path;  /* of an absolute target only the path; "*" for OPTIONS * */
    struct slice query; /* behind '?' */
    unsigned minor;     /* 0 or 1 */
    bool keep_alive;
    bool chunked;
    bool expects_continue;
    uint64_t content_length; /* 0 without one */
    const struct http_header *headers;
    size_t header_count;
};

/* `line` comes without its CRLF. 0, or the status that refuses it: 400, 501, 505. The places of
   method and path are written as far as they are known even then, the rest is 0. */
unsigned http_line_read(struct slice line, struct http_line *out_line);

/* `block` goes from the first byte of the request line (which http_line_read has passed as `line`)
   to the empty line and includes it; each LF in it has a CR before it. Copies the block into the
   arena; everything in `out_head` points there. 0, or the status that refuses it: 400, 431, 501. */
unsigned http_head_read(struct slice block, const struct http_line *line, struct arena *arena,
                        struct http_head *out_head);

/* The bytes that make up a header name or a method (RFC 9110 5.6.2), and those a header value may
   hold: no control bytes but the tab. */
bool http_is_token(struct slice text);
bool http_is_value(struct slice text);
