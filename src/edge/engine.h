/* The way from the edges to the core and back: a queue into the core's thread, answers posted to
   the loop that asked, and a reading thread for pages and lists. Edges call these from their loops.
 */
#pragma once

#include "base/clock.h"
#include "core/command.h"
#include "core/core.h"
#include "net/loop.h"
#include "net/thread.h"
#include "store/store.h"

struct engine;

struct engine_config {
    struct clock *clock;
    struct store *store;
    const struct core_ports *ports;
    uint64_t retry_window_ms;
    bool stopped; /* hands nothing to carriers and pushes nothing: commands on a closed store */
};

/* Opens the core on the store. NULL: `out_problem` (256 bytes). */
struct engine *engine_open(const struct engine_config *config, char *out_problem);
/* The deciding thread and the reading thread begin, or (in the simulator) engine_step is called by
   the stepper: it does what the threads would do now, false when there was nothing to do. */
void engine_start(struct engine *engine);
bool engine_step(struct engine *engine);
/* When engine_step wants to be called again though nobody posts: milliseconds from now. */
uint64_t engine_step_wait_ms(struct engine *engine);
/* Everything posted so far is decided and its `on_done` posted; then the threads end. */
void engine_stop(struct engine *engine);
void engine_free(struct engine *engine); /* the store stays open */

/* Embed it; it must live until `on_done`. Fill command (kind and what is asked), loop, on_done. */
struct engine_call {
    struct command command;
    void (*on_done)(struct engine_call *call); /* on `loop`, after the commit */
    struct loop *loop;
    struct queue_node node;
    struct loop_task task;
};

/* ERR_OVERLOADED (nothing was posted) when too much waits and the command is a customer's; what
   carriers answered is always taken. */
enum err engine_post(struct engine *engine, struct engine_call *call);

/* A read that runs on the reading thread with a store reader of its own. */
struct engine_read {
    void (*run)(struct engine_read *read, struct store_reader *reader);
    void (*on_done)(struct engine_read *read); /* on `loop` */
    struct loop *loop;
    struct queue_node node;
    struct loop_task task;
};
void engine_read(struct engine *engine, struct engine_read *read);

const struct gate *engine_gate(const struct engine *engine);
struct clock *engine_clock(const struct engine *engine);
/* For making ids readable and reading them back (wire/uuid.h). */
const uint8_t *engine_id_secret(const struct engine *engine);
