/* The core: one thread that decides. Each tick takes the commands that wait, decides them in order,
   lets the store commit everything at once, and only then releases answers, submits and webhooks.
   It knows no dialect, no socket and no SQL, and asks nobody but its clock for the time. */
#pragma once

#include "base/clock.h"
#include "core/command.h"
#include "core/gate.h"
#include "core/ports.h"
#include "store/store.h"

struct core;

struct core_config {
    struct clock *clock;
    struct store *store;
    struct gate *gate;
    const struct core_ports *ports;
    uint64_t retry_window_ms; /* how long a message may wait for a carrier: 24 h */
    bool stopped;             /* hands nothing out: only operators' commands are wanted */
};

/* Loads what the store remembers and picks up where the last run ended: waiting recipients, open
   receipts, parked ones, and attempts whose answer was lost. NULL: `out_problem` (256 bytes). */
struct core *core_open(const struct core_config *config, char *out_problem);
void core_close(struct core *core);

/* Decides, commits, releases. Every command's `done` has been called when it returns, except
   answers kept for the next tick because the store could not commit. */
void core_tick(struct core *core, struct command **commands, size_t count);
/* How long the next tick may wait when no command comes. */
uint64_t core_wait_ms(struct core *core);
/* Nothing is flying and nothing waits that a bound provider could take. */
bool core_is_quiet(const struct core *core);
