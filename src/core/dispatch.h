/* Handing recipients to carriers: which lane, when, and what an answer means. An intent is durable
   before its submit leaves, and never more intents are open than windows allow. */
#pragma once

#include "base/map.h"
#include "core/command.h"
#include "core/lane.h"
#include "core/ports.h"
#include "core/tick.h"

struct dispatch {
    struct lane lanes[PROVIDERS_MAX + 1]; /* by provider id */
    struct map pendings;                  /* recipient -> struct pending *: all in memory */
    struct map flights;                   /* attempt -> struct flight *, while flying */
    struct pending *resting;              /* between two rounds over their chains; linked by next */
    uint32_t resting_count;
    struct answer_kept *kept, **kept_end; /* answers whose commit failed; they go first next time */
    uint32_t routes;                      /* counts the changes of routes */
    bool stopped;                         /* draining */
};

/* Providers in the order to try them. */
struct chain {
    struct provider_id at[CHAIN_MAX];
    uint32_t count; /* 0: no route */
};

void dispatch_init(struct dispatch *dispatch);
void dispatch_done(struct dispatch *dispatch);
/* A provider was loaded, added, changed or removed (its lane loses its queue to others). */
void dispatch_provider(struct core *core, const struct provider *provider, bool removed);
/* A route was set or removed, or a provider is gone: who waits takes the route there is now. */
void dispatch_routes_changed(struct core *core);

/* Gives a new recipient to the best provider of its chain. When its lane has room and nobody waits,
   all its segments take off at once: their attempts come back in the tick's arena, to be written
   with the acceptance. Otherwise `*out_count` is 0. Then exactly one of settle or drop must follow.
 */
void dispatch_offer(struct tick *tick, struct pending *pending, struct attempt **out_attempts,
                    size_t *out_count);
void dispatch_accepted(struct tick *tick,
                       struct pending *pending);                /* written: submit or queue it */
void dispatch_drop(struct tick *tick, struct pending *pending); /* not written: forget it */

/* One that has become due is about to be written as waiting for the best provider of its chain:
   from then on nobody may say that all before it have left the queue. */
void dispatch_release(struct core *core, struct pending *pending);
/* It is written. */
void dispatch_released(struct tick *tick, struct pending *pending);

/* At the start of a tick: answers kept from a failed commit, recipients from disk, and intents for
   as much as the lanes have room for. */
void dispatch_begin(struct tick *tick);
void dispatch_answer(struct tick *tick, struct command *command);
void dispatch_link(struct tick *tick, struct command *command);
/* Once a second: expiry, rates, the end of rests, queues that can move to a bound provider. */
void dispatch_chores(struct tick *tick);
uint64_t dispatch_wait_ms(struct core *core, uint64_t mono_ms);
bool dispatch_is_quiet(const struct core *core);

/* An earlier run's open intent: treated as a submit whose answer is lost. */
void dispatch_recover(struct tick *tick, const struct attempt *attempt);
/* Everything up to this recipient has left the queues: where a later start may begin to look. */
uint64_t dispatch_queue_from(const struct core *core);
/* True when no submit of the provider that left before `order` is without its answer. */
bool dispatch_answered_before(const struct core *core, struct provider_id provider, uint64_t order);
uint64_t dispatch_next_order(const struct core *core, struct provider_id provider);
