/* What the files of the HTTP server know of each other. Nobody else includes this.
   http_server.c: the listener, who may connect, draining, the pool of requests.
   http_conn.c:   one connection: reading, deadlines, back-pressure, its end.
   http_answer.c: composing answers, and their order. */
#pragma once

#include "base/clock.h"
#include "net/http_date.h"
#include "net/http_parse.h"
#include "net/tcp.h"

struct http_conn;

/* A request's place is used again and again; `generation` tells one use from the other. */
struct http_request {
    struct http_conn *conn;    /* NULL: the place is free */
    struct http_request *next; /* the one behind it on its connection, or in the free list */
    uint32_t index, generation;
    uint64_t id;
    uint64_t began_mono_ms;
    const struct http_edge *edge;
    const struct http_head *head; /* NULL before it was complete */
    struct arena arena;
    struct http_accept accept;
    struct slice whole; /* a body that came in one piece, in the arena; otherwise it is in `body` */
    struct buf body;
    struct buf held; /* the answer, as long as an earlier request has none */
    void *user;
    bool told;           /* the edge knows of it */
    bool complete;       /* nothing of it is to be read any more */
    bool answered;       /* the answer is made: sent, or held */
    bool last;           /* the connection closes after this answer */
    bool wants_continue; /* waits for "100 Continue" before it sends its body */
};

/* One address that has connections; IPv6 by its /64, which one customer has whole. */
struct http_address {
    struct http_address *next;
    uint64_t key;
    size_t count;
};

enum http_phase {
    HTTP_PHASE_IDLE,    /* between requests */
    HTTP_PHASE_HEAD,    /* a head is being read */
    HTTP_PHASE_BODY,    /* a body is being read */
    HTTP_PHASE_WAITING, /* for answers of edges: no deadline */
    HTTP_PHASE_SENDING, /* nothing is read until the peer takes its answers */
};

struct http_conn {
    struct http_conn *prev, *next;
    struct http_server *server;
    struct tcp *tcp;
    struct http_address *address;
    struct http_parse parse;
    struct buf unread;                  /* came, but is not parsed yet: back-pressure */
    struct http_request *first, *final; /* in the works, in the order they came */
    struct http_request *reading;       /* the final one while it is not complete */
    size_t count;
    /* The timer is never moved when the deadline moves: it comes at least as often as the shortest
       timeout and looks. So a deadline costs one store. */
    struct loop_timer timer;
    struct loop_timer resume;
    uint64_t active_mono_ms;
    uint64_t deadline_mono_ms;
    size_t unsent_seen;
    enum http_phase phase;
    bool fresh;    /* no request yet */
    bool busy;     /* its bytes are being worked on: what must go goes afterwards */
    bool paused;   /* tcp_pause */
    bool stopping; /* no further request is read */
    bool finished; /* the last answer was written: close */
    bool closed;   /* callbacks about its end are running */
};

enum {
    HTTP_ADDRESS_BUCKETS = 1024,
    /* As much of a body is read for nothing, so that the connection lives on after an early answer:
       it costs less than a new connection would. */
    HTTP_BODY_DROP_MAX = 256 * 1024,
};

struct http_server {
    struct loop *loop;
    struct tcp_listener *listener;
    char listening[300];
    struct http_config config;
    struct http_edge *edges;
    size_t edge_count;
    uint64_t tick_ms; /* the shortest timeout */

    struct http_conn conns; /* a ring; only the links are used */
    size_t conn_count;
    struct http_address *addresses[HTTP_ADDRESS_BUCKETS];
    uint64_t seed;
    uint64_t refusals_end_mono_ms; /* of the second in which `refusals` are counted */
    unsigned refusals;

    struct http_request **requests;
    size_t request_count, request_capacity;
    struct http_request *free_requests;
    uint64_t next_id;

    struct clock clock;
    uint64_t date_end_mono_ms;
    char date[HTTP_DATE_SIZE];
    struct buf scratch; /* an answer being made */

    bool draining;
    struct loop_timer drained;
    void (*on_drained)(void *user);
    void *on_drained_user;
};

/* http_server.c */
struct http_request *http_request_new(struct http_conn *conn);
void http_request_free(struct http_server *server, struct http_request *request);
/* The edge with the longest prefix of `path`; NULL when none takes it. */
const struct http_edge *http_edge_of(const struct http_server *server, struct slice path);
/* Speaks for paths that no edge takes. */
const struct http_edge *http_edge_default(const struct http_server *server);
void http_conn_gone(struct http_conn *conn);

/* http_conn.c */
void http_conn_open(struct http_server *server, struct tcp *tcp, struct http_address *address);
void http_conn_close(struct http_conn *conn, bool abort);
/* After every round of work: closes, pauses, resumes, sets the deadline. `conn` may be gone. */
void http_conn_leave(struct http_conn *conn);
void http_conn_drain(struct http_conn *conn);

/* http_answer.c */
/* Hands on what is ready, in order, lets go of requests that are over, asks for a body. */
void http_conn_flush(struct http_conn *conn);
/* An answer to a connection that has no request: closes it. */
void http_refuse(struct http_server *server, struct tcp *tcp, unsigned status);
