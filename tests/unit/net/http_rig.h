/* A server with two edges, and clients that say bytes to it and keep what comes back. What came
   back is compared as one line: each answer as `status[ close][ keep] <body>;` (`(n)` for a body
   that was only announced), and `$` when the server has closed the connection. The default edge
   does what the first word of the path says: /now      answers when the head is there       /echo
   answers with the body /stream   answers with the size of the body    /mid     answers at the
   first piece of a body /later    answers when the test says so        /header  answers with the
   value of X-In /size/N   answers with N bytes                 /small   takes a body of 5 bytes at
   most */
#pragma once

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/http_server.h"
#include "net/tcp.h"
#include "run_until.h"

struct rig_client {
    struct rig *rig;
    struct tcp *tcp;
    struct buf got;
    size_t wanted;
    bool connected, closed, clean;
    char *text; /* of `got`, as above */
    size_t text_size;
    bool text_closed; /* for which state `text` was made */
};

enum { RIG_LATER_MAX = 4096 };

struct rig {
    struct loop *loop;
    struct http_server *server;
    struct http_config config;
    struct http_ref later[RIG_LATER_MAX]; /* requests for /later, in the order they came */
    size_t later_count;
    size_t requests, bodies, gone;
    size_t later_wanted, bodies_wanted, gone_wanted; /* what rig_wait waits for */
    bool drained;
};

/* What the edges keep of a request. */
struct rig_request {
    struct rig *rig;
    size_t body_size;
};

/* The edges */

static inline bool rig_path_is(struct http_request *request, const char *word)
{
    return slice_starts(http_path(request), slice_cstr(word));
}

static inline void rig_answer(struct http_request *request, unsigned status, struct slice body)
{
    struct http_answer answer = {
        .status = status, .content_type = SLICE("text/plain"), .body = body};
    http_answer(request, &answer);
}

static inline void rig_answer_size(struct http_request *request)
{
    uint64_t size = 0;
    slice_u64(slice_from(http_path(request), 6), &size);
    char *body = arena_alloc(http_arena(request), size);
    memset(body, 'x', size);
    rig_answer(request, 200, slice_of(body, size));
}

static inline void rig_answer_header(struct http_request *request)
{
    struct slice value = SLICE("none");
    http_header(request, "x-in", &value);
    const struct http_header headers[] = {{SLICE("X-Out"), value},
                                          {SLICE("X-Evil"), SLICE("a\r\nX-Injected: b\n\tc")}};
    struct http_answer answer = {.status = 200, .headers = headers, .header_count = 2};
    http_answer(request, &answer);
}

static inline void rig_request(void *user, struct http_request *request, struct http_accept *accept)
{
    struct rig *rig = user;
    rig->requests++;
    struct rig_request *own = ARENA_NEW(http_arena(request), struct rig_request);
    own->rig = rig;
    http_set_user(request, own);
    accept->body_limit = rig_path_is(request, "/small") ? 5 : 1 << 20;
    bool streams = rig_path_is(request, "/stream") || rig_path_is(request, "/mid");
    accept->mode = streams ? HTTP_BODY_STREAM : HTTP_BODY_WHOLE;
    if (rig_path_is(request, "/now")) rig_answer(request, 200, SLICE("now"));
    if (rig_path_is(request, "/later")) {
        assert_true(rig->later_count < RIG_LATER_MAX);
        rig->later[rig->later_count++] = http_ref(request);
    }
}

static inline void rig_body(void *user, struct http_request *request, struct slice piece)
{
    struct rig_request *own = http_user(request);
    assert_ptr_equal(own->rig, user);
    own->body_size += piece.size;
    if (rig_path_is(request, "/mid")) rig_answer(request, 403, SLICE("mid"));
}

static inline void rig_body_end(void *user, struct http_request *request, struct slice body)
{
    struct rig *rig = user;
    const struct rig_request *own = http_user(request);
    rig->bodies++;
    if (rig_path_is(request, "/echo") || rig_path_is(request, "/small"))
        rig_answer(request, 200, body);
    else if (rig_path_is(request, "/stream"))
        rig_answer(request, 200, arena_printf(http_arena(request), "%zu", own->body_size));
    else if (rig_path_is(request, "/header"))
        rig_answer_header(request);
    else if (rig_path_is(request, "/size/"))
        rig_answer_size(request);
    else if (rig_path_is(request, "/none"))
        rig_answer(request, 204, SLICE(""));
    else if (!rig_path_is(request, "/later"))
        http_answer_error(request, 404);
}

static inline void rig_gone(void *user, struct http_request *request)
{
    struct rig *rig = user;
    assert_ptr_equal(((struct rig_request *)http_user(request))->rig, rig);
    rig->gone++;
}

static inline struct slice rig_error(void *user, unsigned status, struct arena *arena,
                                     struct slice *out_content_type)
{
    *out_content_type = SLICE("application/json");
    return arena_printf(arena, "{%u}", status);
}

static inline struct slice rig_api_error(void *user, unsigned status, struct arena *arena,
                                         struct slice *out_content_type)
{
    *out_content_type = SLICE("application/json");
    return arena_printf(arena, "{api %u}", status);
}

static inline bool rig_owns(void *user, struct slice path)
{
    return slice_eq(path, SLICE("/api/own"));
}

static inline struct slice rig_own_error(void *user, unsigned status, struct arena *arena,
                                         struct slice *out_content_type)
{
    *out_content_type = SLICE("application/json");
    return arena_printf(arena, "{own %u}", status);
}

/* NULL: the default with the patience of an hour, so that no test meets a deadline by chance. */
static inline void rig_open(struct rig *rig, const struct http_config *config)
{
    *rig = (struct rig){.config = config ? *config : http_config_default};
    if (!config) {
        rig->config.header_timeout_ms = rig->config.body_timeout_ms = 3600000;
        rig->config.idle_timeout_ms = 3600000;
    }
    rig->loop = loop_new();
    const struct http_edge edges[] = {
        {SLICE(""), rig, rig_request, rig_body, rig_body_end, rig_gone, rig_error},
        {SLICE("/api/"), rig, rig_request, rig_body, rig_body_end, rig_gone, rig_api_error},
        {SLICE(""), rig, rig_request, rig_body, rig_body_end, rig_gone, rig_own_error, rig_owns},
    };
    char error[256] = "";
    rig->server =
        http_server_open(rig->loop, SLICE("127.0.0.1:0"), false, &rig->config, edges, 3, error);
    if (!rig->server) fail_msg("%s", error);
}

static inline void rig_close(struct rig *rig)
{
    http_server_free(rig->server);
    loop_free(rig->loop);
}

static inline void rig_note_drained(void *user)
{
    ((struct rig *)user)->drained = true;
}

static inline bool rig_is_drained(void *user)
{
    return ((struct rig *)user)->drained;
}

static inline bool rig_has_wanted(void *user)
{
    const struct rig *rig = user;
    return rig->later_count >= rig->later_wanted && rig->bodies >= rig->bodies_wanted &&
           rig->gone >= rig->gone_wanted;
}

/* Waits until so much has come in all. */
static inline void rig_wait(struct rig *rig, size_t later, size_t bodies, size_t gone)
{
    rig->later_wanted = later;
    rig->bodies_wanted = bodies;
    rig->gone_wanted = gone;
    assert_true(run_until(rig->loop, rig_has_wanted, rig));
}

/* NULL when the request is over. */
static inline struct http_request *rig_later(struct rig *rig, size_t index)
{
    return http_find(rig->server, rig->later[index]);
}

/* Clients */

static inline void rig_connected(void *user, struct tcp *tcp)
{
    ((struct rig_client *)user)->connected = true;
}

static inline void rig_read(void *user, struct tcp *tcp, struct slice bytes)
{
    buf_add(&((struct rig_client *)user)->got, bytes);
}

static inline void rig_ended(void *user, struct tcp *tcp, bool clean)
{
    struct rig_client *client = user;
    /* What is still being sent to a closed server may be answered by a reset afterwards. */
    if (!client->closed) client->clean = clean;
    client->closed = true;
}

static const struct tcp_events rig_events = {
    .on_connect = rig_connected, .on_read = rig_read, .on_close = rig_ended};

static inline void client_open(struct rig_client *client, struct rig *rig)
{
    *client = (struct rig_client){.rig = rig};
    buf_init(&client->got, SIZE_MAX);
    client->tcp = tcp_connect(rig->loop, http_server_address(rig->server), &rig_events, client);
}

static inline void client_say(struct rig_client *client, const char *bytes)
{
    tcp_write(client->tcp, slice_cstr(bytes));
}

static inline void client_hang_up(struct rig_client *client)
{
    tcp_close(client->tcp, true);
    client->tcp = NULL;
}

static inline void client_done(struct rig_client *client)
{
    if (client->tcp) client_hang_up(client);
    buf_done(&client->got);
    mem_free(client->text);
}

/* What came back */

static inline bool head_says(struct slice head, const char *line)
{
    return memmem(head.at, head.size, line, strlen(line)) != NULL;
}

/* One answer off the front of `rest`; false when it is not complete. */
static inline bool answer_take(struct slice *rest, struct buf *out)
{
    const char *end = rest->size ? memmem(rest->at, rest->size, "\r\n\r\n", 4) : NULL;
    if (!end || !slice_starts(*rest, SLICE("HTTP/1.1 "))) return false;
    struct slice head = slice_of(rest->at, (size_t)(end - rest->at) + 2);
    struct slice after = slice_from(*rest, head.size + 2);
    uint64_t length = 0;
    const char *at = memmem(head.at, head.size, "\r\nContent-Length: ", 18);
    if (at) {
        struct slice value, lines = slice_of(at + 18, (size_t)(head.at + head.size - at) - 18);
        slice_cut(&lines, '\r', &value);
        assert_true(slice_u64(value, &length));
    }
    bool only_head = length > 0 && (after.size == 0 || slice_starts(after, SLICE("HTTP/1.1 ")));
    if (!only_head && after.size < length) return false;
    buf_add(out, slice_of(head.at + 9, 3));
    if (head_says(head, "\r\nConnection: close\r\n")) buf_add(out, SLICE(" close"));
    if (head_says(head, "\r\nConnection: keep-alive\r\n")) buf_add(out, SLICE(" keep"));
    if (only_head)
        buf_printf(out, " (%" PRIu64 ");", length);
    else
        buf_printf(out, " <%.*s>;", (int)length, after.at);
    *rest = slice_from(after, only_head ? 0 : length);
    return true;
}

static inline const char *client_text(struct rig_client *client)
{
    struct buf text;
    struct slice rest = buf_slice(&client->got);
    if (client->text && client->text_size == rest.size && client->text_closed == client->closed)
        return client->text;
    client->text_size = rest.size;
    client->text_closed = client->closed;
    buf_init(&text, SIZE_MAX);
    while (answer_take(&rest, &text)) {}
    if (client->closed) {
        buf_add(&text, rest); /* half an answer is a fault, and should be seen */
        buf_add(&text, client->clean ? SLICE("$") : SLICE("(reset)"));
    }
    buf_add(&text, slice_of("", 1));
    mem_free(client->text);
    client->text = text.at;
    return client->text;
}

static inline bool client_is_closed(void *user)
{
    return ((struct rig_client *)user)->closed;
}

static inline bool client_got_enough(void *user)
{
    const struct rig_client *client = user;
    return client->closed || client->got.size >= client->wanted;
}

static inline void client_expect_closed(struct rig_client *client, const char *outcome)
{
    assert_true(run_until(client->rig->loop, client_is_closed, client));
    assert_string_equal(client_text(client), outcome);
}

/* Waits for answers that leave the connection open. */
struct client_wait {
    struct rig_client *client;
    const char *outcome;
};

static inline bool client_text_is(void *user)
{
    struct client_wait *wait = user;
    return strcmp(client_text(wait->client), wait->outcome) == 0;
}

static inline void client_expect(struct rig_client *client, const char *outcome)
{
    struct client_wait wait = {client, outcome};
    if (!run_until(client->rig->loop, client_text_is, &wait))
        assert_string_equal(client_text(client), outcome);
}
