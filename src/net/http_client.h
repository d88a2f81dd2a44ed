/* Outgoing HTTP and HTTPS (libcurl): webhooks and HTTP providers. Redirects are not followed,
   proxies of the environment are not used, and unless `allow_private` is set the address really
   connected to must not be loopback, private, link-local or otherwise special. Nothing is ever sent
   twice: a request whose connection broke may have been acted upon, and whether to try again is the
   caller's decision. The client runs on a thread of its own; `done` runs on the loop that asked. */
#pragma once

#include "base/slice.h"
#include "net/http_server.h"
#include "net/loop.h"

struct http_client;

enum http_outcome {
    HTTP_ANSWERED,    /* `status` is the peer's */
    HTTP_REFUSED_URL, /* not http(s), malformed, a method or header that is none, or the address is
                         not allowed: nothing was sent */
    HTTP_NO_CONNECTION, /* name look-up, connect or TLS failed: nothing was sent */
    HTTP_TIMED_OUT,     /* perhaps sent */
    HTTP_BROKEN,        /* sent, or perhaps sent, and no usable answer came */
};

struct http_call {
    struct slice url, method, body; /* copied by http_client_send */
    const struct http_header *headers;
    size_t header_count;
    uint64_t timeout_ms; /* for all of it: waiting, look-up, connecting, answer; not 0 */
    size_t response_max; /* bytes of the answer's body that are kept */
};

struct http_result {
    enum http_outcome outcome;
    unsigned status;
    struct slice body;  /* valid while `done` runs */
    const char *reason; /* for people: curl's own words when there is no status, else "" */
};

struct http_client_config {
    bool allow_private;
    size_t connections_max; /* calls under way at once */
    size_t waiting_max;     /* calls beyond these; over it http_client_send refuses */
};

struct http_client *http_client_new(const struct http_client_config *config);
/* Waits for no peer: calls still in the works end with HTTP_BROKEN, their `done` called from in
   here, and none is called afterwards. So each loop that asked must be that of the calling thread,
   or not run any more. */
void http_client_free(struct http_client *client);
/* `done` is called exactly once, on `loop`, unless false is returned (too many are waiting). Never
   from inside. Any thread may ask. */
bool http_client_send(struct http_client *client, struct loop *loop, const struct http_call *call,
                      void (*done)(void *user, const struct http_result *result), void *user);
