/* What the files of the dispatcher (dispatch*.c, answer.c) know of each other. */
#pragma once

#include "core/dispatch.h"

/* dispatch.c */
void dispatch_forget(struct core *core, struct pending *pending); /* it has left the queues */

/* dispatch_lanes.c */
struct lane *dispatch_lane(struct core *core, struct provider_id provider);
/* The route of the country, or of the number's own; a message in a hurry goes on with the providers
   that serve everywhere. */
struct chain dispatch_chain(const struct core *core, const char *country, bool impatient,
                            uint64_t number);
/* Over HTTP a repeated receipt is answered by whether its message is known. */
bool dispatch_keeps_id(const struct core *core, struct provider_id provider);
enum segment_form dispatch_form(const struct core *core, struct provider_id provider);
/* The best provider of the chain that has not refused: the first that is bound, else the first. The
   present one when all have refused. */
uint8_t dispatch_best(struct core *core, const struct pending *pending);
/* Gives it the chain of the routes as they are now, unless some carrier has some of it. Without a
   route it keeps the one it has. */
void dispatch_take_route(struct core *core, struct pending *pending);
/* Makes the chain's provider the one it is with; it must not be tied. */
void dispatch_turn_to(struct core *core, struct pending *pending, uint8_t chain_at);
/* Into the queue of the best provider of its chain, unless it is tied to the present one. */
void dispatch_enqueue(struct core *core, struct pending *pending);
/* Lanes without sessions give their recipients to lanes that have some. */
void dispatch_rebalance(struct core *core);

/* dispatch_load.c */
/* Too many for memory: it will be read again from the queue of the lane's provider. */
void dispatch_leave_to_disk(struct lane *lane, struct recipient_id recipient);
/* Recipients that wait on disk, oldest first, until memory holds its share again. */
void dispatch_load(struct tick *tick, struct lane *lane);
