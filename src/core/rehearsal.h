/* Test messages: nobody gets them and they cost nothing, but they live as real ones do. The core
   takes them as a carrier would, and reports them as delivered after a time that the number tells:
   30 s when its last ten digits are 0000000003, else 100 ms. */
#pragma once

#include "core/tick.h"

struct rehearsed {
    struct attempt_id attempt;
    uint64_t due_ms; /* wall time of the receipt */
    uint64_t wait_ms;
};

/* First in, first out; those of one waiting time are due in the order in which they came. */
struct rehearsed_queue {
    struct rehearsed *at;
    size_t first, count, capacity; /* a ring; capacity is a power of two */
};

struct rehearsal {
    struct rehearsed_queue taking;     /* to be taken in the next tick */
    struct rehearsed_queue soon, late; /* to be reported */
};

void rehearsal_done(struct rehearsal *rehearsal);
/* The attempt to be written with a recipient's acceptance. */
struct attempt rehearsal_attempt(struct tick *tick, struct recipient_id recipient);
/* It is written. */
void rehearsal_add(struct core *core, const struct attempt *attempt, uint64_t number);
/* At start: an attempt of an earlier run whose story is open. */
void rehearsal_load(struct core *core, const struct attempt *attempt);
bool rehearsal_has_room(const struct rehearsal *rehearsal);
void rehearsal_run(struct tick *tick);
uint64_t rehearsal_wait_ms(struct core *core);
