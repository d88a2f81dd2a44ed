/* What the files of this folder know of each other. A simulator has peers (connections) and
   accounts (one a system_id that has bound); what is still to be sent to an ESME is a parcel. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "edge/simulator/simulator.h"
#include "net/tcp.h"
#include "wire/smpp_pdu.h"

#define PEERS_MAX    4096
#define ACCOUNTS_MAX 1024

enum parcel_kind {
    PARCEL_RESPONSE, /* a submit_sm_resp that waits for its time */
    PARCEL_RECEIPT,
    PARCEL_INBOUND,
};

struct parcel_address {
    uint8_t ton, npi, size;
    char digits[21];
};

/* One segment of an inbound message. */
struct inbound_segment {
    uint8_t data_coding, esm_class;
    uint8_t total, number; /* for SAR; 0: no TLVs */
    uint16_t reference;
    uint16_t size;
    uint8_t bytes[];
};

struct parcel {
    uint32_t next, previous; /* in its queue; 0: none. The free ones are linked by `next` */
    enum parcel_kind kind;
    uint32_t account;                     /* receipts: whose message it was */
    uint32_t peer;                        /* a response's; */
    uint32_t generation;                  /* dropped when its connection has ended */
    uint32_t sequence;                    /* the submit's; later the deliver_sm's */
    uint32_t command_id;                  /* the submit's */
    uint32_t status;                      /* a response's */
    enum receipt_state state, last_state; /* of a receipt now, and of its last one */
    uint64_t number;                      /* the message's id */
    uint64_t submitted_at_ms;
    struct parcel_address source, destination;
    uint8_t text_size;
    char text[20];
    struct inbound_segment *inbound; /* heap */
};

/* First in, first out, of parcels; 0: none. */
struct parcel_queue {
    uint32_t first, last, count;
};

/* All parcels by index from 1, and the order in time of those that wait for theirs. */
struct parcel_pool {
    struct parcel *at;
    uint32_t capacity, count, limit;
    uint32_t free;
    struct parcel_due *heap; /* index from 1 */
    uint32_t heap_count, heap_capacity;
    uint64_t order;
};

void parcel_pool_init(struct parcel_pool *pool, uint32_t limit);
void parcel_pool_done(struct parcel_pool *pool);
/* 0 when the limit is reached. Moves all parcels: pointers to others are void. */
uint32_t parcel_new(struct parcel_pool *pool, enum parcel_kind kind);
void parcel_free(struct parcel_pool *pool, uint32_t parcel);
static inline struct parcel *parcel_at(struct parcel_pool *pool, uint32_t parcel)
{
    return &pool->at[parcel - 1];
}
/* Puts it in the order of time. */
void parcel_wait(struct parcel_pool *pool, uint32_t parcel, uint64_t due_mono_ms);
/* The next one that is due by now, 0: none. */
uint32_t parcel_due_now(struct parcel_pool *pool, uint64_t mono_ms);
bool parcel_next_due(const struct parcel_pool *pool, uint64_t *out_mono_ms);
void parcel_push(struct parcel_pool *pool, struct parcel_queue *queue, uint32_t parcel);
void parcel_push_front(struct parcel_pool *pool, struct parcel_queue *queue, uint32_t parcel);
uint32_t parcel_pop(struct parcel_pool *pool, struct parcel_queue *queue);
void parcel_remove(struct parcel_pool *pool, struct parcel_queue *queue, uint32_t parcel);

/* One connection. */
struct peer {
    struct simulator *simulator;
    uint32_t index, generation;
    struct tcp *tcp;
    struct buf in;
    uint32_t bind;    /* the bind's command id, 0: not bound */
    uint32_t account; /* when bound */
    uint32_t sequence;
    uint32_t open_submits;
    struct map by_sequence; /* sequence -> parcel */
    struct parcel_queue unanswered;
    bool paused;
    struct loop_timer timer; /* enquire_link */
    uint32_t probes;
};

struct account {
    char system_id[65];
    uint32_t system_id_size;
    struct parcel_queue receipts; /* that may leave as soon as a session has room */
};

struct simulator {
    struct loop *loop;
    struct simulator_options options;
    struct tcp_listener *listener;
    struct peer **peers; /* by index; holes are NULL */
    uint32_t peer_capacity;
    uint32_t next_peer; /* whose turn it is to take a receipt or an inbound message */
    uint32_t generation;
    struct account *accounts;
    uint32_t account_count;
    struct parcel_pool parcels;
    struct parcel_queue inbound;
    struct loop_timer parcel_timer;
    uint64_t parcel_armed_mono_ms;
    struct loop_timer inbound_timer;
    uint64_t inbound_begin_mono_ms; /* 0: not begun */
    uint64_t inbound_made;
    uint16_t reference;
    uint64_t next_id;
    uint64_t random;
    uint64_t tokens_milli, tokens_mono_ms; /* of throttle_rate */
    uint32_t refused_binds;
    struct buf out;  /* the PDU that is being written */
    struct buf line; /* of the log */
    struct simulator_counts counts;
};

/* simulator.c */
uint64_t simulator_random(struct simulator *simulator, uint64_t below);
bool simulator_chance(struct simulator *simulator, uint32_t share);
/* The account of a system_id, made if need be; false when there are too many. */
bool simulator_account(struct simulator *simulator, struct slice system_id, uint32_t *out);
/* Lets a parcel wait; the timer follows. */
void simulator_wait(struct simulator *simulator, uint32_t parcel, uint64_t delay_ms);
/* The first receiver has bound: inbound messages begin. */
void simulator_begin_inbound(struct simulator *simulator);

/* peer.c */
extern const struct tcp_events peer_events;
struct peer *peer_new(struct simulator *simulator, struct tcp *tcp);
/* Frees it; its unanswered parcels go back to their queues. */
void peer_close(struct peer *peer, bool abort);
bool peer_can_receive(const struct peer *peer);
bool peer_can_submit(const struct peer *peer);
void peer_write(struct peer *peer, const struct smpp_pdu *pdu);
void peer_write_bytes(struct peer *peer, struct slice bytes);

/* submit.c */
/* submit_sm and data_sm. May close the peer. */
void submit_take(struct peer *peer, const struct smpp_pdu *pdu);
void submit_respond(struct simulator *simulator, uint32_t parcel);
/* Writes a message's id; the longest has 64 characters. */
struct slice submit_id(uint64_t number, uint32_t form, char out[65]);

/* deliver.c */
/* Hands out what may leave to sessions that have room. */
void deliver_all(struct simulator *simulator);
/* The response to one of ours. */
void deliver_answered(struct peer *peer, const struct smpp_pdu *response);
/* What a connection took with it goes back to the front of its queue. */
void deliver_take_back(struct peer *peer);
/* Puts a parcel whose time has come into its queue. */
void deliver_ready(struct simulator *simulator, uint32_t parcel);
