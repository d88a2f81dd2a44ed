#include "sim/world.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/machine.h"

/* Everything comes to its end within this much healthy time: rests between rounds over the carriers
   are up to ten minutes, and a slow carrier takes its time for what has gathered. */
#define SETTLE_MS 3600000ull
/* A probe is answered and delivered within this. */
#define PROBE_MS 600000ull
#define DAY_MS   86400000ll
/* From the first of January, when the simulation begins, to shortly before the first of February.
 */
#define MONTH_END_MS (31 * DAY_MS - 1020000)
/* So many steps in one millisecond are a loop without end. */
#define STILL_STEPS_MAX 300000

struct world world;

void world_fail(const char *format, ...)
{
    va_list args;
    fprintf(stderr, "seed %" PRIu64 " failed at %" PRIu64 " ms: ", world.seed, sim_now());
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "; run it again: make sim SEED=%" PRIu64 "\n", world.seed);
    fflush(stderr);
    _exit(1);
}

uint64_t world_customer_account(uint32_t customer)
{
    return world.customers[customer].account;
}

bool world_is_dead(uint32_t provider)
{
    return world.script.last_is_dead && provider == world.script.carrier_count;
}

/* ---- Time ---------------------------------------------------------------------------------- */

static void nothing(uint64_t argument)
{
}

void world_step(void)
{
    if (!sim_step()) world_fail("nothing will ever happen again");
    world.steps++;
    world.still_steps = sim_now() == world.last_ms ? world.still_steps + 1 : 0;
    world.last_ms = sim_now();
    if (world.still_steps > STILL_STEPS_MAX) world_fail("time stands still");
    fate_run_due();
}

void world_pass(uint64_t ms)
{
    uint64_t end_ms = sim_now() + ms;
    fate_later(ms, nothing, 0);
    while (sim_now() < end_ms)
        world_step();
}

/* ---- A run --------------------------------------------------------------------------------- */

static void show_event(void *user, const char *text)
{
    fprintf(stderr, "%s\n", text);
}

static void world_open(void)
{
    sim_open(world.seed);
    if (world.shows) sim_trace(show_event, NULL);
    script_make(&world.script);
    /* Where the wall clock jumps it does not do so over the end of a month. */
    sim_shift_wall(world.script.month_end && !world.script.wall_every_ms ? MONTH_END_MS
                                                                         : DAY_MS / 2);
    if (world.tells) {
        fprintf(stderr, "seed %" PRIu64 ":", world.seed);
        script_print(&world.script, stderr);
    }
    machine_clock_init(&world.clock);
    config_init(&world.config);
    snprintf(world.config.listen, sizeof world.config.listen, "127.0.0.1:8080");
    snprintf(world.config.control, sizeof world.config.control, "sim.sock");
    world.config.webhook_allow_private = true;
    world.config.retry_window_s = world.script.retry_window_s;
    char problem[256];
    world.store = store_open(SLICE("memory:"), problem);
    model_open(&world.model, world.store);
    world.fate = loop_new();
    carriers_open();
    customers_open();
    hooks_open();
    server_begin();
    operator_set_up();
}

static void heal(void)
{
    struct sim_faults none = sim_faults_none;
    fate_drop();
    world.faults = false;
    sim_set_faults(&none);
    for (uint32_t i = 0; i < world.script.carrier_count; i++) {
        sim_refuse(slice_cstr(world.carriers[i].address), false);
        sim_black_hole(slice_cstr(world.carriers[i].address), false);
    }
    if (world.script.last_is_dead) {
        struct slice address = slice_cstr(world.carriers[world.script.carrier_count - 1].address);
        sim_refuse(address, true);
        sim_cut(address, SIZE_MAX);
    }
    carriers_heal();
    /* One that was on its way down comes back up. */
    if (world.state == SERVER_DRAINING) server_crash();
    server_begin();
    operator_heal();
}

static bool all_is_quiet(const struct story **out_story)
{
    *out_story = NULL;
    for (uint32_t i = 0; i < world.script.customers; i++)
        if (customer_waits(&world.customers[i])) return false;
    for (uint32_t i = 0; i < world.script.carrier_count; i++)
        if (!world_is_dead(i + 1) && simulator_counts(world.carriers[i].simulator).waiting)
            return false;
    return model_is_settled(&world.model, out_story) && events_are_told(&world.model, out_story);
}

static void settle(uint64_t within_ms)
{
    uint64_t end_ms = sim_now() + within_ms;
    const struct story *story;
    while (!all_is_quiet(&story)) {
        char text[1024] = "a carrier or a customer still waits";
        if (sim_now() < end_ms) {
            world_pass(1000);
            continue;
        }
        if (story) model_describe(&world.model, story, text, sizeof text);
        world_fail("it does not come to an end: %s", text);
    }
}

/* Whoever comes now is served. */
static void probe(bool robase)
{
    struct story *stories[CUSTOMERS_MAX];
    for (uint32_t i = 0; i < world.script.customers; i++)
        stories[i] = customer_probe(&world.customers[i], robase);
    settle(PROBE_MS);
    for (uint32_t i = 0; i < world.script.customers; i++) {
        if (stories[i]->status != (robase ? 202 : 200))
            world_fail("a customer is answered with %u though all is well", stories[i]->status);
        if (stories[i]->state != RECIPIENT_DELIVERED)
            model_complain(&world.model, stories[i], "not delivered though all is well");
    }
}

static void end_server(void)
{
    server_end();
    while (world.state == SERVER_DRAINING)
        world_pass(100);
}

/* The next run finds all that the last one has left, and pushes what is not known to have ended. */
static void start_again(void)
{
    end_server();
    server_begin();
    world_pass(60000);
}

void world_close(void)
{
    end_server();
    model_reconcile(&world.model);
    customers_close();
    hooks_close();
    carriers_close();
    fate_drop();
    loop_free(world.fate);
    model_done(&world.model);
    store_close(world.store);
    sim_close();
}

void world_run(uint64_t seed)
{
    world.seed = seed;
    world_open();
    customers_begin();
    fate_begin_faults();
    world_pass(world.script.fault_s * 1000ull);
    customers_stop();
    heal();
    settle(SETTLE_MS);
    start_again();
    probe(false);
    probe(true);
}
