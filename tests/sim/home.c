/* The server's own life: starts, crashes, orderly ends, and a store that may fail. */
#include <stdio.h>

#include "sim/world.h"
#include "store/memory.h"

/* The linker sends every store_write through here (-Wl,--wrap): this is the disk's moment to fail
   and the model's to look. */
enum err __real_store_write(struct store *store, struct store_op *ops, size_t count);
enum err __wrap_store_write(struct store *store, struct store_op *ops, size_t count);

static bool write_fails(void)
{
    if (!world.faults) return false;
    if (sim_now() < world.store_bad_until_ms) return true;
    return world.script.fail_one_in && sim_random(world.script.fail_one_in) == 0;
}

enum err __wrap_store_write(struct store *store, struct store_op *ops, size_t count)
{
    if (write_fails()) memory_fail_write(store, 1);
    enum err err = __real_store_write(store, ops, count);
    memory_fail_write(store, 0);
    if (world.shows) show_write(ops, count);
    if (err) {
        world.failed_commits++;
        model_not_committed(&world.model, ops, count);
    } else {
        model_committed(&world.model, ops, count);
    }
    return err;
}

/* ---- Up ------------------------------------------------------------------------------------ */

/* What the deciding and the reading thread do; a commit may take its time. */
static uint64_t server_step(void *user)
{
    uint64_t now = sim_now();
    if (now < world.busy_until_ms) return world.busy_until_ms - now;
    struct engine *engine = server_engine(world.server);
    if (engine_step(engine) && world.faults && world.script.commit_max_ms)
        world.busy_until_ms = now + sim_random(world.script.commit_max_ms + 1);
    uint64_t wait_ms = engine_step_wait_ms(engine);
    uint64_t busy_ms = world.busy_until_ms > now ? world.busy_until_ms - now : 0;
    return wait_ms > busy_ms ? wait_ms : busy_ms;
}

static void try_again(uint64_t argument)
{
    server_begin();
}

void server_begin(void)
{
    struct server_options options = {
        .config = &world.config, .store = world.store, .quiet = !world.shows};
    char problem[256] = "";
    if (world.state != SERVER_DOWN) return;
    world.home = loop_new();
    world.starts++;
    world.server = server_open(world.home, &options, problem);
    if (!world.server) {
        if (world.failed_commits == 0) world_fail("the server does not start: %s", problem);
        loop_free(world.home);
        fate_later(1000, try_again, 0);
        return;
    }
    world.state = SERVER_UP;
    world.busy_until_ms = 0;
    sim_add_stepper(server_step, NULL);
}

/* ---- Down ---------------------------------------------------------------------------------- */

/* The process ends here and now. Its memory is left where it is, since nobody is there to free it;
   only the store outlives it, without what it kept in memory in front of its rows. */
void server_crash(void)
{
    if (world.state == SERVER_DOWN) return;
    world.crashes++;
    sim_remove_stepper(server_step, NULL);
    sim_kill_loop(world.home);
    world.server = NULL;
    world.state = SERVER_DOWN;
    struct store_op nothing = {.kind = STORE_PUT_META};
    nothing.meta.name = SLICE("crash");
    memory_fail_write(world.store, 1);
    if (!__real_store_write(world.store, &nothing, 1)) world_fail("a write that had to fail");
    model_audit(&world.model);
}

static void on_drained(void *user)
{
    world.drained = true;
}

static void close_server(uint64_t argument)
{
    if (world.state != SERVER_DRAINING) return;
    if (!world.drained) {
        fate_later(100, close_server, argument + 100);
        if (argument > 600000) world_fail("the drain does not end");
        return;
    }
    sim_remove_stepper(server_step, NULL);
    server_close(world.server);
    loop_free(world.home);
    world.server = NULL;
    world.state = SERVER_DOWN;
    world.stops++;
    model_audit(&world.model);
}

void server_end(void)
{
    if (world.state != SERVER_UP) return;
    world.state = SERVER_DRAINING;
    world.drained = false;
    server_drain(world.server, on_drained, NULL);
    fate_later(1, close_server, 0);
}
