/* Requests that are done once: what came of the first one is remembered for a day under the
   customer's own key, durable with what it did, and told again to whoever repeats it. Memory keeps
   the hashes of the newest; all keys and outcomes are on disk. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/map.h"
#include "core/key_runs.h"
#include "core/message.h"

struct command;
struct command_send;
struct tick;
struct core;

#define ONCE_FOR_MS (24ull * 60 * 60 * 1000)

/* What came of one message of a request. */
struct outcome {
    struct message_id message; /* 0: refused */
    enum err err;              /* by the core */
    uint8_t fault;             /* by the edge, in its own numbers; 0: not by it */
    bool replayed;             /* itself told again, under a row's own key */
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

struct slice outcomes_write(const struct outcome *const *outcomes, size_t count,
                            struct arena *arena);
/* Texts point into `bytes`. False: damaged. */
bool outcomes_read(struct slice bytes, struct arena *arena, struct outcome **out,
                   size_t *out_count);

struct onces {
    struct map known;     /* hash of account, endpoint and key -> id of the replay: the newest */
    struct key_runs runs; /* the same of those before */
    struct map open;      /* hash -> struct once_open *: being done in this tick */
    uint64_t forgot_ms;   /* when old ones were last looked for on disk */
    bool forgetting;      /* and more of them were found */
};

void onces_done(struct onces *onces);
/* At start: the pages of the runs, then the replays. */
void onces_load_page(struct onces *onces, const struct key_page *page);
void onces_load(struct onces *onces, const struct replay *replay);

/* True: the command (or the row of it) was done before and is told so, or is being done in this
   tick and will be told with it. Else it is to be decided now, and once_keep must follow. */
bool once_meets(struct tick *tick, struct command *command, struct command_send *row);
/* What came of it is written with the commit: these outcomes, which may still change with the
   operations before; without any, what `respond` makes of the command, or status and body as they
   are. Refusals that say nothing about the request (no key, no store) are not kept. */
void once_keep(struct tick *tick, struct command *command, struct command_send *row,
               const struct outcome *const *outcomes, size_t count);
/* A commit is over, whatever came of it. */
void onces_committed(struct onces *onces);
void onces_chores(struct tick *tick);
/* Keys that are too many for memory move to disk. */
void onces_run(struct tick *tick);
uint64_t onces_wait_ms(const struct core *core);
