/* What the tests of streams share: a listener, a client and what both ends ever heard. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "net/tcp.h"
#include "run_until.h"

/* One end of a stream and all that was ever heard of it. */
struct end {
    struct tcp *tcp;
    struct buf got;
    size_t wanted;   /* bytes that a test waits for */
    size_t pause_at; /* pauses when this much was read; 0: never */
    size_t close_at; /* closes when this much was read; 0: never */
    size_t reads, connects, drains, closes;
    bool clean;
    bool echo;
    bool close_at_connect, close_at_end;
};

static inline void end_close(struct end *end, bool abort)
{
    tcp_close(end->tcp, abort);
    end->tcp = NULL;
}

static inline void end_connect(void *user, struct tcp *tcp)
{
    struct end *end = user;
    assert_ptr_equal(end->tcp, tcp);
    end->connects++;
    if (end->close_at_connect) end_close(end, false);
}

static inline void end_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct end *end = user;
    assert_non_null(end->tcp); /* nothing comes after tcp_close */
    assert_true(bytes.size > 0);
    buf_add(&end->got, bytes);
    end->reads++;
    if (end->echo) tcp_write(tcp, bytes);
    if (end->pause_at && end->got.size >= end->pause_at) tcp_pause(tcp);
    if (end->close_at && end->got.size >= end->close_at) end_close(end, false);
}

static inline void end_ended(void *user, struct tcp *tcp, bool clean)
{
    struct end *end = user;
    assert_non_null(end->tcp);
    end->closes++;
    end->clean = clean;
    if (end->close_at_end) end_close(end, false);
}

static inline void end_drain(void *user, struct tcp *tcp)
{
    struct end *end = user;
    assert_non_null(end->tcp);
    assert_int_equal(tcp_unsent(tcp), 0);
    end->drains++;
}

static const struct tcp_events end_events = {
    .on_connect = end_connect, .on_read = end_read, .on_close = end_ended, .on_drain = end_drain};

static inline bool end_has_all(void *user)
{
    const struct end *end = user;
    return end->got.size >= end->wanted;
}

static inline bool end_connected(void *user)
{
    return ((const struct end *)user)->connects > 0;
}

static inline bool end_is_closed(void *user)
{
    return ((const struct end *)user)->closes > 0;
}

static inline bool end_is_broken(void *user)
{
    const struct end *end = user;
    return end->closes > 0 && !end->clean;
}

static inline bool end_drained(void *user)
{
    return ((const struct end *)user)->drains > 0;
}

static inline bool end_closed_itself(void *user)
{
    return ((const struct end *)user)->tcp == NULL;
}

static inline void end_init(struct end *end)
{
    *end = (struct end){0};
    buf_init(&end->got, SIZE_MAX);
}

static inline void end_done(struct end *end)
{
    if (end->tcp) end_close(end, true);
    buf_done(&end->got);
}

/* A listener, a client that connects to it, and the accepted end of that. */
struct pair {
    struct loop *loop;
    struct tcp_listener *listener;
    struct end client, server;
    size_t accepts;
    bool refuse; /* the server closes at once */
};

static inline void pair_accept(void *user, struct tcp *tcp)
{
    struct pair *pair = user;
    pair->accepts++;
    if (pair->refuse) {
        tcp_close(tcp, false);
        return;
    }
    assert_null(pair->server.tcp);
    pair->server.tcp = tcp;
    tcp_set_user(tcp, &end_events, &pair->server);
}

static inline void pair_listen(struct pair *pair, const char *address)
{
    char error[256] = "";
    *pair = (struct pair){.loop = loop_new()};
    end_init(&pair->client);
    end_init(&pair->server);
    pair->listener = tcp_listen(pair->loop, slice_cstr(address), false, pair_accept, pair, error);
    if (!pair->listener) fail_msg("%s", error);
}

static inline bool pair_is_open(void *user)
{
    const struct pair *pair = user;
    return pair->client.connects && pair->server.tcp;
}

static inline void pair_open(struct pair *pair)
{
    pair_listen(pair, "127.0.0.1:0");
    pair->client.tcp =
        tcp_connect(pair->loop, tcp_listener_address(pair->listener), &end_events, &pair->client);
    assert_int_equal(pair->client.connects, 0); /* never from inside tcp_connect */
    assert_true(run_until(pair->loop, pair_is_open, pair));
}

static inline void pair_done(struct pair *pair)
{
    end_done(&pair->client);
    end_done(&pair->server);
    tcp_listener_close(pair->listener);
    loop_free(pair->loop);
}

/* Bytes that tell where they belong: a lost, doubled or moved piece cannot go unseen. */
static inline void pattern_make(struct buf *out, size_t size)
{
    buf_init(out, SIZE_MAX);
    char *at = buf_reserve(out, size);
    uint32_t chance = 99;
    for (size_t i = 0; i < size; i++) {
        chance = chance * 1664525 + 1013904223;
        at[i] = (char)(chance >> 24);
    }
    buf_grew(out, size);
}

static inline void assert_got(const struct end *end, struct slice wanted)
{
    assert_int_equal(end->got.size, wanted.size);
    assert_true(slice_eq(buf_slice(&end->got), wanted));
}
