/* The stream itself, for tcp_sim.c and connect_sim.c. */
#pragma once

#include "base/buf.h"
#include "net/sim/sim_inside.h"

enum tcp_state {
    TCP_CONNECTING,
    TCP_OPEN,
    TCP_FAILED, /* never was open; the owner was told or is about to be */
};

enum packet_kind {
    PACKET_ACCEPTED, /* the answer to a connect */
    PACKET_BYTES,
    PACKET_END,
    PACKET_RESET,
};

struct packet {
    struct packet *next;
    enum packet_kind kind;
    uint64_t due_ms;
    size_t size, taken;
    char bytes[];
};

struct tcp {
    struct tcp *next;
    struct loop *loop;
    const struct tcp_events *events;
    void *user;
    struct tcp *peer; /* NULL: not there yet, or gone */
    enum tcp_state state;
    bool outgoing;
    bool paused;
    bool held;   /* this delivery was put off once already */
    bool ended;  /* nothing more is read, and the owner was told */
    bool broken; /* nothing more can be sent */
    bool doomed; /* a reset is on its way */
    bool closed; /* by the owner: no callback any more */
    struct buf out;
    size_t out_sent; /* of `out`: what the network has taken */
    struct packet *first, *last;
    size_t incoming;       /* bytes in `first` */
    size_t lingering_size; /* of `out`, when the linger timer was last set */
    struct sim_source arrive, deliver, flush, linger;
    struct address to;
    char service[ADDRESS_TEXT_MAX]; /* the listener's address: what faults go by */
    char peer_text[ADDRESS_TEXT_MAX];
};

#define TCP_OF(timer, member) ((struct tcp *)(void *)((char *)(timer)-offsetof(struct tcp, member)))

/* What a stream has before its owner set any. */
extern const struct tcp_events tcp_no_events;

struct tcp *tcp_new(struct loop *loop, const struct tcp_events *events, void *user);
void tcp_put_packet(struct tcp *to, enum packet_kind kind, struct slice bytes);
/* The stream is broken, or never came about: its owner is told. */
void tcp_tell_break(struct tcp *tcp);
/* A connect reaches the place it goes to. */
void tcp_arrive(struct loop_timer *timer);
