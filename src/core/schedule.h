/* Messages that wait for their time. They wait on disk in the order of time, so that only those
   that are due are ever looked at; memory knows when the next one is. */
#pragma once

#include "core/command.h"
#include "core/tick.h"

struct schedule {
    uint64_t next_ms; /* nothing is due before it; 0: to be asked */
};

/* One was accepted (committed). */
void schedule_note(struct schedule *schedule, uint64_t send_at_ms);
/* Those that are due become waiting ones, a page in each tick. */
void schedule_run(struct tick *tick);
uint64_t schedule_wait_ms(struct core *core);
void schedule_cancel(struct tick *tick, struct command *command);
