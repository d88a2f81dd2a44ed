/* The client inside the simulation: plain HTTP/1.1 over net/tcp.h, one connection for each call, on
   the loop that asked. Enough for webhooks to receivers that live in the simulation too. There is
   no TLS: an https URL finds no connection. */
#include "net/http_client.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/address.h"
#include "net/address_guard.h"
#include "net/http_head.h"
#include "net/http_library.h"
#include "net/tcp.h"

enum call_state {
    CALL_POSTED, /* its task is in the asking loop's queue, the call is to start there or to wait */
    CALL_WAITING, /* in the client's line */
    CALL_RUNNING,
};

struct client_call {
    struct loop_task task;
    struct loop_timer deadline;
    struct client_call *prev, *next;  /* all of the client */
    struct client_call *next_waiting; /* in its line */
    struct http_client *client;       /* NULL: told already, the task only frees */
    struct loop *loop;
    void (*done)(void *user, const struct http_result *result);
    void *user;
    enum call_state state;
    bool refused;  /* before anything was tried */
    bool has_slot; /* counts as under way */
    bool is_https;
    bool sent;
    uint64_t timeout_ms;
    struct address to;
    struct buf request, response;
    struct http_reply *reply;
    struct tcp *tcp;
};

struct http_client {
    struct http_client_config config;
    struct client_call all; /* a ring; only the links are used */
    struct client_call *first_waiting;
    size_t count, running;
};

/* What is asked */

static bool url_split(struct slice url, bool *out_https, struct slice *out_host,
                      struct slice *out_target)
{
    static const struct slice schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < 2; i++) {
        struct slice scheme = schemes[i];
        if (url.size <= scheme.size || !slice_eq_nocase(slice_of(url.at, scheme.size), scheme))
            continue;
        struct slice rest = slice_from(url, scheme.size), before;
        if (slice_cut(&rest, '#', &before)) rest = before; /* fragments are never sent */
        size_t host = 0;
        while (host < rest.size && rest.at[host] != '/' && rest.at[host] != '?')
            host++;
        *out_https = i == 1;
        *out_host = slice_of(rest.at, host);
        *out_target = slice_from(rest, host);
        return host > 0;
    }
    return false;
}

static bool host_parse(struct slice host, bool is_https, struct address *out)
{
    char text[ADDRESS_TEXT_MAX];
    const char *bracket = memchr(host.at, ']', host.size);
    const char *from = bracket ? bracket : host.at;
    bool has_port = memchr(from, ':', (size_t)(host.at + host.size - from)) != NULL;
    int size = snprintf(text, sizeof text, "%.*s%s", (int)host.size, host.at,
                        has_port   ? ""
                        : is_https ? ":443"
                                   : ":80");
    return (size_t)size < sizeof text && address_parse(slice_of(text, (size_t)size), out) &&
           out->kind != ADDRESS_UNIX && out->port > 0;
}

static bool is_visible(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] <= ' ' || text.at[i] == 127) return false;
    return true;
}

static bool request_write(struct buf *out, const struct http_call *asked, struct slice host,
                          struct slice target)
{
    struct slice method = asked->method;
    bool has_body = asked->body.size > 0 || slice_eq(method, SLICE("POST")) ||
                    slice_eq(method, SLICE("PUT")) || slice_eq(method, SLICE("PATCH"));
    bool has_path = target.size > 0 && target.at[0] == '/';
    buf_printf(out, "%.*s %s%.*s HTTP/1.1\r\nHost: %.*s\r\nConnection: close\r\n", (int)method.size,
               method.at, has_path ? "" : "/", (int)target.size, target.at, (int)host.size,
               host.at);
    for (size_t i = 0; i < asked->header_count; i++) {
        const struct http_header *header = &asked->headers[i];
        if (!http_is_token(header->name) || !http_is_value(header->value)) return false;
        buf_printf(out, "%.*s: %.*s\r\n", (int)header->name.size, header->name.at,
                   (int)header->value.size, header->value.at);
    }
    if (has_body) buf_printf(out, "Content-Length: %zu\r\n", asked->body.size);
    buf_add(out, SLICE("\r\n"));
    buf_add(out, asked->body);
    return http_is_token(method);
}

static struct client_call *call_new(const struct http_call *asked)
{
    struct client_call *call = MEM_NEW(struct client_call);
    struct slice host, target;
    buf_init(&call->request, SIZE_MAX);
    buf_init(&call->response, asked->response_max);
    call->timeout_ms = asked->timeout_ms;
    call->reply = http_reply_new(&call->response, slice_eq(asked->method, SLICE("HEAD")));
    call->refused = !is_visible(asked->url) ||
                    !url_split(asked->url, &call->is_https, &host, &target) ||
                    !host_parse(host, call->is_https, &call->to) ||
                    !request_write(&call->request, asked, host, target);
    return call;
}

static void call_free(struct client_call *call)
{
    http_reply_free(call->reply);
    buf_done(&call->request);
    buf_done(&call->response);
    mem_free(call);
}

/* The end of a call */

static void call_unlink(struct client_call *call)
{
    call->prev->next = call->next;
    call->next->prev = call->prev;
    call->client->count--;
    for (struct client_call **at = &call->client->first_waiting; *at; at = &(*at)->next_waiting) {
        if (*at != call) continue;
        *at = call->next_waiting;
        break;
    }
}

/* The next in line starts on its own loop. */
static void client_pass_slot(struct http_client *client)
{
    struct client_call *next = client->first_waiting;
    client->running--;
    if (!next) return;
    client->first_waiting = next->next_waiting;
    client->running++;
    next->has_slot = true;
    next->state = CALL_POSTED;
    loop_post(next->loop, &next->task);
}

static void call_end(struct client_call *call, enum http_outcome outcome, const char *reason)
{
    struct http_client *client = call->client;
    assert(client); /* told once */
    bool answered = outcome == HTTP_ANSWERED;
    struct http_result result = {
        .outcome = outcome,
        .status = answered ? http_reply_status(call->reply) : 0,
        .body = answered ? buf_slice(&call->response) : SLICE(""),
        .reason = answered ? "" : reason,
    };
    loop_timer_stop(call->loop, &call->deadline);
    tcp_close(call->tcp, true);
    call_unlink(call);
    if (call->has_slot) client_pass_slot(client);
    call->client = NULL;
    call->done(call->user, &result);
    if (call->state != CALL_POSTED) call_free(call);
}

static void call_expire(struct loop_timer *timer)
{
    struct client_call *call =
        (struct client_call *)(void *)((char *)timer - offsetof(struct client_call, deadline));
    call_end(call, HTTP_TIMED_OUT, "the time is over");
}

/* The connection */

static bool call_may_go_to(const struct client_call *call, const char *host)
{
    return call->client->config.allow_private || address_text_is_public(host);
}

static void call_connected(void *user, struct tcp *tcp)
{
    struct client_call *call = user;
    struct address peer;
    if (!address_parse(tcp_peer(tcp), &peer) || !call_may_go_to(call, peer.host)) {
        call_end(call, HTTP_REFUSED_URL, "the address is not a public one");
        return;
    }
    call->sent = true;
    tcp_write(tcp, buf_slice(&call->request));
}

static void call_hear(struct client_call *call, struct slice bytes)
{
    enum http_reply_state state = http_reply_read(call->reply, bytes);
    if (state == HTTP_REPLY_COMPLETE)
        call_end(call, HTTP_ANSWERED, "");
    else if (state == HTTP_REPLY_BROKEN)
        call_end(call, HTTP_BROKEN, "no usable answer came");
}

static void call_read(void *user, struct tcp *tcp, struct slice bytes)
{
    call_hear(user, bytes);
}

static void call_closed(void *user, struct tcp *tcp, bool clean)
{
    struct client_call *call = user;
    if (!call->sent)
        call_end(call, HTTP_NO_CONNECTION, "nobody there");
    else if (clean)
        call_hear(call, SLICE(""));
    else
        call_end(call, HTTP_BROKEN, "the connection broke");
}

static const struct tcp_events call_events = {
    .on_connect = call_connected, .on_read = call_read, .on_close = call_closed};

static void call_start(struct client_call *call)
{
    char address[ADDRESS_TEXT_MAX];
    if (call->is_https) {
        call_end(call, HTTP_NO_CONNECTION, "there is no TLS in the simulator");
        return;
    }
    if (call->to.kind != ADDRESS_NAME && !call_may_go_to(call, call->to.host)) {
        call_end(call, HTTP_REFUSED_URL, "the address is not a public one");
        return;
    }
    size_t size = address_format(&call->to, address);
    call->tcp = tcp_connect(call->loop, slice_of(address, size), &call_events, call);
}

/* On the loop that asked: when the call comes in, and when its turn has come. */
static void call_run(struct loop_task *task)
{
    struct client_call *call = (struct client_call *)(void *)task;
    struct http_client *client = call->client;
    if (!client) {
        call_free(call);
        return;
    }
    call->state = CALL_RUNNING;
    if (call->refused) {
        call_end(call, HTTP_REFUSED_URL, "no http URL, or bytes that must not be in a request");
        return;
    }
    if (!call->deadline.fire) {
        call->deadline.fire = call_expire;
        loop_timer_start(call->loop, &call->deadline, call->timeout_ms);
    }
    if (!call->has_slot && client->running == client->config.connections_max) {
        struct client_call **last = &client->first_waiting;
        while (*last)
            last = &(*last)->next_waiting;
        *last = call;
        call->next_waiting = NULL;
        call->state = CALL_WAITING;
        return;
    }
    if (!call->has_slot) client->running++;
    call->has_slot = true;
    call_start(call);
}

bool http_client_send(struct http_client *client, struct loop *loop, const struct http_call *asked,
                      void (*done)(void *user, const struct http_result *result), void *user)
{
    assert(asked->timeout_ms > 0);
    if (client->count >= client->config.connections_max + client->config.waiting_max) return false;
    struct client_call *call = call_new(asked);
    call->client = client;
    call->loop = loop;
    call->done = done;
    call->user = user;
    call->next = &client->all;
    call->prev = client->all.prev;
    call->prev->next = call->next->prev = call;
    client->count++;
    call->task.run = call_run;
    loop_post(loop, &call->task);
    return true;
}

struct http_client *http_client_new(const struct http_client_config *config)
{
    assert(config->connections_max > 0);
    struct http_client *client = MEM_NEW(struct http_client);
    client->config = *config;
    client->all.next = client->all.prev = &client->all;
    return client;
}

void http_client_free(struct http_client *client)
{
    if (!client) return;
    client->first_waiting = NULL; /* nobody's turn comes any more, and nobody may ask again */
    client->config.connections_max = client->config.waiting_max = 0;
    while (client->all.next != &client->all)
        call_end(client->all.next, HTTP_BROKEN, "the program is ending");
    mem_free(client);
}
