/* Who is told what became of messages. Events come from the store in the order in which they were
   committed; each becomes a delivery in the queue of every webhook that wants it, on disk; and each
   queue has a few deliveries on their way at once, fewer the worse its receiver answers, so that a
   dead one costs the others nothing. */
#pragma once

#include "core/command.h"
#include "core/tick.h"

/* Deliveries of one webhook on their way at once: when it begins, and when all goes well. */
#define DELIVERIES_FIRST 4
#define DELIVERIES_MOST  64
/* And of all together; those to receivers that failed last take no more than a part of it. */
#define DELIVERIES_ALL    512
#define DELIVERIES_FAILED 128

struct delivery_queue {
    struct webhook_id webhook;
    uint32_t cap, flying;
    bool fails;                       /* the last try that ended did */
    uint64_t next_ms;                 /* when to look on disk; UINT64_MAX: nothing waits */
    uint64_t events[DELIVERIES_MOST]; /* those on their way */
};

struct deliveries {
    struct delivery_queue **queues; /* by number; NULL: the webhook is not there */
    size_t queue_limit;
    uint32_t flying, flying_failed;
    uint32_t swept;         /* numbers below it that belong to no webhook have no deliveries left */
    struct event_id cursor; /* events up to it have their deliveries */
    bool events_wait;       /* there may be more behind the cursor */
    bool starved;           /* a queue could go on if fewer of the others were on their way */
    uint64_t next_ms;       /* the earliest of the queues' that have room */
};

void deliveries_done(struct deliveries *deliveries);
/* A webhook is loaded, added or changed; or it is gone. */
void deliveries_put(struct core *core, const struct webhook *webhook);
void deliveries_remove(struct core *core, const struct webhook *webhook);
void deliveries_load(struct core *core, struct event_id cursor);
void deliveries_run(struct tick *tick);
void deliveries_ended(struct tick *tick, struct command *command);
/* What waited for webhooks that are gone leaves the disk, a page a second. */
void deliveries_chores(struct tick *tick);
uint64_t deliveries_wait_ms(struct core *core);
