/* Byte streams: TCP and, for the control socket, UNIX sockets. Addresses are texts:
   "127.0.0.1:8080", "[::1]:2775", "host.example:2775" (connecting only),
   "unix:/run/x/control.sock". A stream is closed exactly once by its owner with tcp_close;
   `on_close` tells that the peer or the network ended it, and the owner still calls tcp_close.
   After tcp_close no callback comes. */
#pragma once

#include "base/slice.h"
#include "net/loop.h"

struct tcp;
struct tcp_listener;

struct tcp_events {
    void (*on_connect)(void *user, struct tcp *tcp);                  /* outgoing streams only */
    void (*on_read)(void *user, struct tcp *tcp, struct slice bytes); /* lent for the call */
    /* The peer closed its side (clean) or the stream broke; nothing more will be read. After a
       clean end what is written still reaches a peer that has only closed its sending side; should
       the stream break later, on_close comes once more, not clean. A paused stream learns of its
       end when it is resumed or when a write fails. */
    void (*on_close)(void *user, struct tcp *tcp, bool clean);
    /* Everything written so far has left for the kernel. May be NULL. Never called from inside
       tcp_write. */
    void (*on_drain)(void *user, struct tcp *tcp);
};

/* Name look-up and connecting end in on_connect or on_close. */
struct tcp *tcp_connect(struct loop *loop, struct slice address, const struct tcp_events *events,
                        void *user);
/* Copies the bytes. Writes of one callback round leave together. */
void tcp_write(struct tcp *tcp, struct slice bytes);
/* Bytes accepted by tcp_write that the kernel has not taken: the caller's measure for pausing. */
size_t tcp_unsent(const struct tcp *tcp);
/* Stops and starts on_read: back-pressure. */
void tcp_pause(struct tcp *tcp);
void tcp_resume(struct tcp *tcp);
/* Sends what was written, then closes; with `abort` it drops what was not sent, and the peer sees a
   broken stream instead of a clean end if there was any. A stream that is still connecting is
   given up either way. */
void tcp_close(struct tcp *tcp, bool abort);
void tcp_set_user(struct tcp *tcp, const struct tcp_events *events, void *user);
/* "127.0.0.1:40000"; empty for UNIX sockets. Valid while the stream lives. */
struct slice tcp_peer(const struct tcp *tcp);

/* `on_accept` must set events by tcp_set_user before it returns, or tcp_close. `share` lets several
   loops listen on one port. NULL when the address cannot be had; `out_error` (256 bytes) says why.
   A UNIX socket is made with mode 0600; a stale one (nobody listens) is replaced. */
struct tcp_listener *tcp_listen(struct loop *loop, struct slice address, bool share,
                                void (*on_accept)(void *user, struct tcp *tcp), void *user,
                                char *out_error);
/* The real address, with the port that was given for port 0. */
struct slice tcp_listener_address(const struct tcp_listener *listener);
void tcp_listener_close(struct tcp_listener *listener);
