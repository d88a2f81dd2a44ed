/* What the files of the dispatcher (dispatch*.c, answer.c) know of each other. */
#pragma once

#include "core/dispatch.h"

/* dispatch.c */
void dispatch_forget(struct core *core, struct pending *pending); /* it has left the queues */

/* dispatch_lanes.c */
struct lane *dispatch_lane(struct core *core, struct provider_id provider);
enum segment_form dispatch_form(const struct core *core, struct provider_id provider);
/* The best provider of the chain that has not refused: the first that is bound, else the first. The
   present one when all have refused. */
uint8_t dispatch_best(struct core *core, const struct pending *pending);
/* Makes the chain's provider the one it is with; it must not be tied. */
void dispatch_turn_to(struct core *core, struct pending *pending, uint8_t chain_at);
/* Into the queue of the best provider of its chain, unless it is tied to the present one. */
void dispatch_enqueue(struct core *core, struct pending *pending);
/* A lane without sessions gives its recipients to lanes that have some. */
void dispatch_rebalance(struct core *core, struct lane *lane);

/* dispatch_load.c */
/* Recipients that wait on disk, oldest first, until memory holds its share again. */
void dispatch_load(struct tick *tick, struct lane *lane);
