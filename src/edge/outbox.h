/* From the core's thread to an edge's loop: what the core hands out in one tick, in its order, as
   one task. The edges of carriers have one each. */
#pragma once

#include "base/arena.h"
#include "core/ports.h"
#include "net/loop.h"

/* Whose it is, and who takes the things on the loop; they live for the call. */
struct outbox_taker {
    void *user;
    void (*submit)(void *user, const struct submit *submit);
    void (*provider)(void *user, const struct provider *provider, bool removed);
};

struct outbox {
    struct loop *loop;
    struct outbox_taker taker;
    struct outbox_batch *batch; /* since the last flush; NULL: nothing */
};

/* In the caller's memory; what was flushed may be under way when it ends, what was not is dropped.
 */
void outbox_init(struct outbox *outbox, struct loop *loop, const struct outbox_taker *taker);
void outbox_done(struct outbox *outbox);

/* The core's side: copies. Of a submit the whole text, or the segment; the other is not there. */
void outbox_submit(struct outbox *outbox, const struct submit *submit, bool whole);
void outbox_provider(struct outbox *outbox, const struct provider *provider, bool removed);
void outbox_flush(struct outbox *outbox);
