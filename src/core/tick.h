/* One tick: the operations that the commands of this round add up to, and for each what to do once
   the store has said what became of it. */
#pragma once

#include "base/arena.h"
#include "store/store.h"

struct core;
struct tick;

/* Runs after the commit, in the order of the operations. When the store could not commit at all,
   every operation's result is ERR_STORE_UNAVAILABLE. */
typedef void (*tick_then)(struct tick *tick, const struct store_op *op, void *user);

struct tick {
    struct core *core;
    uint64_t now_ms; /* wall time of the whole tick */
    uint64_t mono_ms;
    struct arena arena; /* what operations point at */
    struct store_op *ops;
    struct tick_step {
        tick_then then;
        void *user;
    } * steps;
    size_t count, capacity;
};

/* A new operation of this tick. The pointer is good until the next call. */
struct store_op *tick_op(struct tick *tick, enum store_op_kind kind, tick_then then, void *user);
uint64_t tick_id(struct tick *tick); /* a fresh time-ordered key */
struct store_keys tick_keys(struct tick *tick);
