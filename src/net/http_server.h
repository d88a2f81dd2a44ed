/* HTTP/1.1 for the edges: strict framing, deadlines, caps, keep-alive, pipelining, chunked bodies,
   HEAD, 100-continue, graceful drain. A request's headers are complete when `on_request` is called
   and its body when `on_body_end` is; between them the edge may answer at once. A request is named
   by {index, generation} when an answer comes later, so an answer to a customer who hung up is
   simply dropped. Answers to pipelined requests leave in request order.
   Every request has an id (given back as X-Request-Id). Requests that are not HTTP, too large or
   too slow are answered here, with the body that the edge of the path (or the default one) makes.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"
#include "net/loop.h"

struct http_server;
struct http_request;

struct http_ref {
    uint32_t index;
    uint32_t generation;
};

struct http_header {
    struct slice name;
    struct slice value; /* without surrounding blanks */
};

enum http_body_mode {
    HTTP_BODY_WHOLE,  /* collected, given with on_body_end */
    HTTP_BODY_STREAM, /* given piece by piece with on_body */
};

/* What an edge says to a request whose headers are complete. */
struct http_accept {
    size_t body_limit; /* over it: 413 */
    enum http_body_mode mode;
};

struct http_edge {
    struct slice prefix; /* longest match on the path wins; "" takes the rest */
    void *user;
    /* May call http_answer at once (the body is then read and dropped, or, when it is long, the
       connection closed). Fills `accept`, which is zeroed: no body is welcome. */
    void (*on_request)(void *user, struct http_request *request, struct http_accept *accept);
    void (*on_body)(void *user, struct http_request *request, struct slice piece); /* STREAM only */
    /* The whole body (WHOLE; valid until the answer), or the end of it (STREAM, empty). Not called
       once answered. */
    void (*on_body_end)(void *user, struct http_request *request, struct slice body);
    /* No answer is wanted any more: the customer is gone, or the server itself had to end the
       request behind on_request (408, 413, a broken body). Not to be answered. May be NULL. */
    void (*on_gone)(void *user, struct http_request *request);
    /* The body and its content type for an HTTP-level error (400, 404, 405, 408, 413, 431, 500,
       501, 503, 505) in the edge's own shape, made in the arena. May be NULL: the reason as text.
     */
    struct slice (*error_body)(void *user, unsigned status, struct arena *arena,
                               struct slice *out_content_type);
    /* For paths that come and go while the server runs. Where it is set, it is asked instead of
       `prefix`, and before the prefixes of all other edges. */
    bool (*owns)(void *user, struct slice path);
};

struct http_config {
    size_t header_max;                  /* request line and headers, at most 64 KiB; over it: 431 */
    uint64_t header_timeout_ms;         /* first byte to end of headers: 408 */
    uint64_t body_timeout_ms;           /* silence inside a body */
    uint64_t idle_timeout_ms;           /* between requests */
    size_t connections_max;             /* 0: no cap; over it some get a 503, the rest nothing */
    size_t connections_per_address_max; /* 0: no cap; IPv6 by /64; over it closed at once */
    size_t pipeline_max; /* requests of one connection in the works at once; then it is not read */
};
extern const struct http_config http_config_default;

/* `config` NULL: the default. The edges' prefixes must outlive the server. */
struct http_server *http_server_open(struct loop *loop, struct slice address, bool share,
                                     const struct http_config *config,
                                     const struct http_edge *edges, size_t edge_count,
                                     char *out_error);
struct slice http_server_address(const struct http_server *server);
/* Stops accepting, lets requests in the works finish (each connection closes after its answer),
   then calls `done`. */
void http_server_drain(struct http_server *server, void (*done)(void *user), void *user);
/* Cuts what is left. Not from inside a callback of the server, `done` excepted. */
void http_server_free(struct http_server *server);

/* While the callback runs, and until the answer: */
struct slice http_method(const struct http_request *request);
struct slice http_path(const struct http_request *request);  /* as sent, without the query */
struct slice http_query(const struct http_request *request); /* behind '?', may be empty */
/* Names compare without case. False when absent; the first one when repeated. */
bool http_header(const struct http_request *request, const char *name, struct slice *out_value);
struct slice http_peer(const struct http_request *request);
uint64_t http_request_id(const struct http_request *request);
/* Memory that lives until the answer has been handed to the network. */
struct arena *http_arena(struct http_request *request);
void http_set_user(struct http_request *request, void *user);
void *http_user(const struct http_request *request);

struct http_ref http_ref(const struct http_request *request);
/* NULL when the request is gone (answered, or its connection ended), or the server is (NULL). */
struct http_request *http_find(struct http_server *server, struct http_ref ref);

struct http_answer {
    unsigned status;
    struct slice content_type;
    struct slice body; /* copied */
    const struct http_header *headers;
    size_t header_count;
};
void http_answer(struct http_request *request, const struct http_answer *answer);
/* The edge's own error_body for `status`. */
void http_answer_error(struct http_request *request, unsigned status);
/* "Not Found" for 404; "Unknown" for statuses without a name. */
struct slice http_reason(unsigned status);
