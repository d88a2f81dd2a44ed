/* Requests that are done once: what came of the first one is remembered for a day under the
   customer's own key, durable with what it did, and told again to whoever repeats it. One map of
   hashes stays in memory; keys and outcomes are on disk. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "core/message.h"

struct command;
struct tick;
struct core;

#define ONCE_FOR_MS (24ull * 60 * 60 * 1000)

/* What came of one message of a request. */
struct outcome {
    struct message_id message; /* 0: refused */
    enum err err;              /* by the core */
    uint8_t fault;             /* by the edge, in its own numbers; 0: not by it */
    struct slice problem;
};

/* Hangs on a command that has a key. The account is the command's own. */
struct once {
    struct account_id account;
    uint16_t endpoint; /* the edge's own number of what was asked; keys of two do not meet */
    struct slice key;  /* 1 to ONCE_KEY_MAX bytes */
    /* Turns what the command tells into the answer that is remembered, on the core's thread before
       the commit; slices into the command's arena. NULL for sends, whose outcomes are remembered.
     */
    void (*respond)(struct command *command);
    unsigned status;
    struct slice body;
    /* told */
    bool replayed;
    struct outcome *outcomes; /* of a replayed send */
    size_t outcome_count;
};

/* How the store keeps it: either status and body, or outcomes in the form of once.c. */
struct replay {
    uint64_t id; /* time-ordered */
    struct account_id account;
    uint32_t endpoint, status;
    struct slice key, body;
};

struct slice outcomes_write(const struct outcome *outcomes, size_t count, struct arena *arena);
/* Texts point into `bytes`. False: damaged. */
bool outcomes_read(struct slice bytes, struct arena *arena, struct outcome **out,
                   size_t *out_count);

struct onces {
    struct map known; /* hash of account, endpoint and key -> id of the replay */
    struct map open;  /* hash -> struct once_open *: being done in this tick */
    uint64_t oldest;  /* id of the oldest replay there may be */
};

void onces_done(struct onces *onces);
void onces_load(struct onces *onces, const struct replay *replay);
