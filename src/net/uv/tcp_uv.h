/* The stream itself, for the files that make one: connect_uv.c and listen_uv.c. */
#pragma once

#include <netinet/in.h>

#include "net/tcp.h"
#include "net/uv/loop_uv.h"

enum tcp_state {
    TCP_LOOKING_UP,
    TCP_CONNECTING,
    TCP_RETRYING, /* the handle of a failed address is being closed, the next address follows */
    TCP_OPEN,
    TCP_FAILED, /* never was open; the owner was told or is about to be */
};

/* Outlives its stream when the stream is closed while the resolver works. */
struct tcp_lookup {
    uv_getaddrinfo_t request;
    struct tcp *tcp;
    struct addrinfo *all, *next;
};

struct tcp {
    struct tcp_ring ring; /* of the loop's unflushed or lingering; first, so that it casts back */
    struct loop *loop;
    const struct tcp_events *events;
    void *user;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    enum tcp_state state;
    bool paused;
    bool ended;  /* nothing more is read, and the owner was told */
    bool broken; /* nothing more can be sent */
    bool closed; /* by the owner: no callback any more */
    bool has_handle;
    char *out;
    size_t out_size, out_capacity;
    char *writing;
    uv_write_t write;
    uv_connect_t connect;
    struct tcp_lookup *lookup;
    struct loop_timer timer; /* tells a failure that was known at once; bounds lingering */
    size_t lingering_unsent;
    char peer[INET6_ADDRSTRLEN + 8];
};

/* What a stream has before its owner set any. */
extern const struct tcp_events tcp_no_events;

struct tcp *tcp_new(struct loop *loop, const struct tcp_events *events, void *user);
/* The stream is connected: it may send. */
void tcp_opened(struct tcp *tcp);
/* A stream over a connected socket. */
struct tcp *tcp_adopt(struct loop *loop, int fd, const struct sockaddr_storage *peer);
/* Reads from now on, unless the stream is paused by an owner who has not closed it. */
void tcp_start(struct tcp *tcp);
void tcp_tell_end(struct tcp *tcp, bool clean);
void tcp_free(struct tcp *tcp);
/* False when it is neither IPv4 nor IPv6. */
bool tcp_address_text(const struct sockaddr_storage *from, char *text, size_t size);
