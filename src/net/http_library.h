/* The packaged HTTP parser, whichever this Debian has: llhttp, or http-parser, its ancestor. This
   is the only header that knows there are two. It reads heads of requests (as a second opinion
   beside http_head.c) and whole responses (for the simulator's client).
   Debian builds http-parser without its strict checks: after a chunk it takes any two bytes for the
   line end, and any byte after CR for LF. Bodies of requests are therefore never given to it. */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

/* Neither library may be given a larger head: http-parser ends at 80 KiB. */
enum { HTTP_LIBRARY_HEAD_MAX = 64 * 1024 };

enum http_library_verdict {
    HTTP_LIBRARY_OK,
    HTTP_LIBRARY_BAD,
    HTTP_LIBRARY_NO_SUCH_METHOD,
};

struct http_library_head {
    struct slice method; /* static */
    unsigned minor;
    bool chunked, has_length, keep_alive;
    uint64_t length;
};

/* A whole head with its empty line. `out_head` is written only when the verdict is OK. */
enum http_library_verdict http_library_read(struct slice block, struct http_library_head *out_head);

/* The same for a whole request or the beginning of one, with the library's own ideas about bodies:
   how tests ask what the library alone makes of some bytes. False when it refuses them. */
bool http_library_read_all(struct slice bytes, struct buf *out_body, unsigned *out_complete);

enum http_reply_state {
    HTTP_REPLY_MORE,
    HTTP_REPLY_COMPLETE,
    HTTP_REPLY_BROKEN,
};

/* One response, interim ones skipped. The body goes to `body`, up to its limit. */
struct http_reply;
struct http_reply *http_reply_new(struct buf *body, bool to_head);
void http_reply_free(struct http_reply *reply);
/* No bytes: the end of the stream. */
enum http_reply_state http_reply_read(struct http_reply *reply, struct slice bytes);
unsigned http_reply_status(const struct http_reply *reply);
