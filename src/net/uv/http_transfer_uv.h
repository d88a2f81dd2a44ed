/* One call of the HTTP client as a transfer of libcurl. Known to http_client_uv.c only. */
#pragma once

#include <curl/curl.h>

#include "base/buf.h"
#include "net/http_client.h"

struct ring {
    struct ring *prev, *next;
};

struct client_call {
    struct loop_task task; /* on the client's loop, then on the asking one; first: it casts back */
    struct ring all;       /* of the client, under its lock */
    struct ring waiting;   /* in the client's line; alone: not in it */
    struct http_client *client;
    bool allow_private;
    struct loop *loop;
    void (*done)(void *user, const struct http_result *result);
    void *user;
    char *url, *method, *body;
    size_t body_size;
    struct curl_slist *headers;
    bool refused; /* before anything was tried */
    uint64_t timeout_ms;
    struct loop_timer deadline; /* while waiting */

    CURL *easy;
    struct buf response;
    size_t dropped;
    unsigned attempts;
    bool address_refused, address_allowed;
    bool over; /* `result` is there; the task is on its way to the asking loop, or has been */
    struct http_result result;
    char error[CURL_ERROR_SIZE];
};

/* Copies what is asked; what cannot be sent at all sets `refused`. */
struct client_call *call_new(const struct http_call *asked);
void call_free(struct client_call *call);
/* Prepares `call->easy`, which is new or reset. */
void call_set_options(struct client_call *call, uint64_t timeout_ms);
/* What `code` means, and in words for people. */
enum http_outcome call_outcome(const struct client_call *call, CURLcode code);
const char *call_reason(const struct client_call *call, CURLcode code);
