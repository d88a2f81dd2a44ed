#include "edge/engine.h"

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "net/machine.h"
#include "wire/uuid.h"

#define KEEPER_EVERY_MS 50

struct engine {
    struct engine_config config;
    struct core *core;
    struct gate *gate;
    struct store_reader *reader;
    struct queue *commands, *reads;
    struct thread *core_thread, *read_thread, *keeper_thread;
    struct store_keeper *keeper; /* NULL: the store needs none */
    struct queue *keeper_rest;   /* always empty: where the keeper waits for its next turn */
    atomic_bool stopping;
    atomic_size_t rows_waiting; /* of batches, in `commands` */
    uint8_t id_secret[UUID_SECRET_SIZE];
    struct command *batch[TICK_COMMANDS_MAX];
};

/* The secret of the ids outside is made once and stays with the data. */
static enum err engine_load_secret(struct engine *engine)
{
    struct arena arena = {0};
    struct slice value;
    enum err err =
        store_meta(store_own_reader(engine->config.store), SLICE("id_secret"), &arena, &value);
    if (!err && value.size == sizeof engine->id_secret) {
        memcpy(engine->id_secret, value.at, value.size);
    } else if (err == ERR_NOT_FOUND) {
        machine_random(engine->id_secret, sizeof engine->id_secret);
        struct store_op op = {.kind = STORE_PUT_META};
        op.meta.name = SLICE("id_secret");
        op.meta.value = slice_of(engine->id_secret, sizeof engine->id_secret);
        err = store_write(engine->config.store, &op, 1);
    }
    arena_done(&arena);
    return err;
}

struct engine *engine_open(const struct engine_config *config, char *out_problem)
{
    struct engine *engine = MEM_NEW(struct engine);
    engine->config = *config;
    engine->gate = gate_new();
    engine->commands = queue_new();
    engine->reads = queue_new();
    engine->keeper_rest = queue_new();
    enum err err = engine_load_secret(engine);
    if (err) {
        snprintf(out_problem, 256, "the store cannot be used: %s", err_text(err));
        engine_free(engine);
        return NULL;
    }
    struct core_config core_config = {
        .clock = config->clock,
        .store = config->store,
        .gate = engine->gate,
        .ports = config->ports,
        .retry_window_ms = config->retry_window_ms,
        .stopped = config->stopped,
    };
    engine->core = core_open(&core_config, out_problem);
    if (!engine->core) {
        engine_free(engine);
        return NULL;
    }
    engine->reader = store_reader_open(config->store);
    return engine;
}

void engine_free(struct engine *engine)
{
    if (!engine) return;
    assert(!engine->core_thread && !engine->read_thread && !engine->keeper_thread);
    store_reader_close(engine->reader);
    core_close(engine->core);
    gate_free(engine->gate);
    queue_free(engine->commands);
    queue_free(engine->reads);
    queue_free(engine->keeper_rest);
    mem_free(engine);
}

/* ---- Commands ------------------------------------------------------------------------------ */

static void call_deliver(struct loop_task *task)
{
    struct engine_call *call =
        (struct engine_call *)((char *)task - offsetof(struct engine_call, task));
    call->on_done(call);
}

static void call_done(struct command *command)
{
    struct engine_call *call =
        (struct engine_call *)((char *)command - offsetof(struct engine_call, command));
    call->task.run = call_deliver;
    loop_post(call->loop, &call->task);
}

static size_t rows_of(const struct command *command)
{
    return command->kind == COMMAND_SEND_MANY ? command->many.count : 0;
}

/* What carriers and operators say is always taken. */
static bool is_too_much(struct engine *engine, const struct command *command)
{
    enum command_kind kind = command->kind;
    if (kind != COMMAND_SEND && kind != COMMAND_SEND_MANY && kind != COMMAND_REFUSE) return false;
    return queue_size(engine->commands) >= QUEUE_COMMANDS_MAX ||
           engine->rows_waiting + rows_of(command) > QUEUE_ROWS_MAX;
}

enum err engine_post(struct engine *engine, struct engine_call *call)
{
    if (is_too_much(engine, &call->command)) return ERR_OVERLOADED;
    engine->rows_waiting += rows_of(&call->command);
    call->command.done = call_done;
    queue_push(engine->commands, &call->node);
    return ERR_OK;
}

/* One tick over what waits; false when nothing came in `wait_ms`. */
static bool engine_tick(struct engine *engine, uint64_t wait_ms)
{
    size_t count = 0;
    struct queue_node *node = queue_pop(engine->commands, TICK_COMMANDS_MAX, wait_ms);
    for (; node; node = node->next) {
        struct engine_call *call =
            (struct engine_call *)((char *)node - offsetof(struct engine_call, node));
        engine->batch[count++] = &call->command;
        engine->rows_waiting -= rows_of(&call->command);
    }
    core_tick(engine->core, engine->batch, count);
    return count > 0;
}

static void engine_run_core(void *user)
{
    struct engine *engine = user;
    while (!engine->stopping)
        engine_tick(engine, core_wait_ms(engine->core));
    while (engine_tick(engine, 0))
        ;
}

/* ---- Reads --------------------------------------------------------------------------------- */

static void read_deliver(struct loop_task *task)
{
    struct engine_read *read =
        (struct engine_read *)((char *)task - offsetof(struct engine_read, task));
    read->on_done(read);
}

static bool engine_read_some(struct engine *engine, uint64_t wait_ms)
{
    struct queue_node *node = queue_pop(engine->reads, 64, wait_ms);
    bool any = node != NULL;
    while (node) {
        struct engine_read *read =
            (struct engine_read *)((char *)node - offsetof(struct engine_read, node));
        node = node->next;
        read->run(read, engine->reader);
        read->task.run = read_deliver;
        loop_post(read->loop, &read->task);
    }
    return any;
}

static void engine_run_reads(void *user)
{
    struct engine *engine = user;
    while (!engine->stopping)
        engine_read_some(engine, 1000);
    while (engine_read_some(engine, 0))
        ;
}

void engine_read(struct engine *engine, struct engine_read *read)
{
    queue_push(engine->reads, &read->node);
}

/* ---- Life ---------------------------------------------------------------------------------- */

static void engine_run_keeper(void *user)
{
    struct engine *engine = user;
    while (!engine->stopping) {
        queue_pop(engine->keeper_rest, 1, KEEPER_EVERY_MS);
        store_keeper_tend(engine->keeper);
    }
}

void engine_start(struct engine *engine)
{
    engine->keeper = store_keeper_open(engine->config.store);
    if (engine->keeper) engine->keeper_thread = thread_start("keeper", engine_run_keeper, engine);
    engine->core_thread = thread_start("core", engine_run_core, engine);
    engine->read_thread = thread_start("reads", engine_run_reads, engine);
}

bool engine_step(struct engine *engine)
{
    bool any = false;
    if (queue_size(engine->commands) > 0 || core_wait_ms(engine->core) == 0) {
        engine_tick(engine, 0);
        any = true;
    }
    return engine_read_some(engine, 0) || any;
}

uint64_t engine_step_wait_ms(struct engine *engine)
{
    return core_wait_ms(engine->core);
}

void engine_stop(struct engine *engine)
{
    engine->stopping = true;
    queue_wake(engine->commands);
    queue_wake(engine->reads);
    queue_wake(engine->keeper_rest);
    if (engine->keeper_thread) thread_join(engine->keeper_thread);
    store_keeper_close(engine->keeper);
    engine->keeper_thread = NULL;
    engine->keeper = NULL;
    if (engine->core_thread) thread_join(engine->core_thread);
    if (engine->read_thread) thread_join(engine->read_thread);
    engine->core_thread = engine->read_thread = NULL;
}

const struct gate *engine_gate(const struct engine *engine)
{
    return engine->gate;
}

struct clock *engine_clock(const struct engine *engine)
{
    return engine->config.clock;
}

const uint8_t *engine_id_secret(const struct engine *engine)
{
    return engine->id_secret;
}
