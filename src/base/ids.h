/* Names of things inside the program: one-field structs, so that two kinds cannot be swapped.
   Keys are time-ordered: 44 bits of milliseconds since 1970, 6 bits of node, 14 bits of sequence
   (16,384 ids a millisecond and node; a burst runs ahead of the clock). 0 names nothing. */
#pragma once

#include <stdint.h>

struct account_id {
    uint64_t v;
};
struct key_id {
    uint64_t v;
};
struct message_id {
    uint64_t v;
};
struct inbound_id {
    uint64_t v;
};
struct ledger_id {
    uint64_t v;
};
struct sender_id {
    uint64_t v;
};
struct template_id {
    uint64_t v;
};
struct webhook_id {
    uint64_t v;
};
struct event_id {
    uint64_t v;
};

/* A recipient is named by a dense counter: those of one message follow each other. */
struct recipient_id {
    uint64_t v;
};
/* A try to hand one segment to one provider: recipient << 8 | number from 1. */
struct attempt_id {
    uint64_t v;
};
struct provider_id {
    uint16_t v; /* from 1, dense */
};

#define ATTEMPTS_MAX 255

static inline struct attempt_id attempt_id_of(struct recipient_id recipient, unsigned number)
{
    return (struct attempt_id){recipient.v << 8 | (number & 0xFF)};
}

static inline struct recipient_id attempt_recipient(struct attempt_id attempt)
{
    return (struct recipient_id){attempt.v >> 8};
}

struct id_source {
    uint64_t last; /* the largest key given out so far, on any earlier run too */
    uint64_t node;
};

/* A key larger than every earlier one, even when the clock steps back. */
uint64_t id_next(struct id_source *source, uint64_t wall_ms);
uint64_t id_ms(uint64_t key);           /* when it was made */
uint64_t id_first_at(uint64_t wall_ms); /* no key made from then on is smaller */
