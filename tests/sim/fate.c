/* What happens to the world, and when. */
#include "base/mem.h"
#include "sim/world.h"

/* Robase keys are forgotten after a day. */
#define WALL_MAX_MS  (world.script.robase_percent ? 72000000ll : 2 * 86400000ll)
#define WALL_BACK_MS 1800000ll

/* ---- Deeds --------------------------------------------------------------------------------- */

static void deed_fire(struct loop_timer *timer)
{
    ((struct deed *)(void *)timer)->due = true;
}

void fate_later(uint64_t ms, void (*run)(uint64_t argument), uint64_t argument)
{
    struct deed *deed = MEM_NEW(struct deed);
    deed->timer.fire = deed_fire;
    deed->run = run;
    deed->argument = argument;
    deed->next = world.deeds;
    world.deeds = deed;
    loop_timer_start(world.fate, &deed->timer, ms);
}

static struct deed *take_due(void)
{
    for (struct deed **link = &world.deeds; *link; link = &(*link)->next) {
        struct deed *deed = *link;
        if (!deed->due) continue;
        *link = deed->next;
        return deed;
    }
    return NULL;
}

void fate_run_due(void)
{
    struct deed *deed;
    while ((deed = take_due()) != NULL) {
        void (*run)(uint64_t argument) = deed->run;
        uint64_t argument = deed->argument;
        mem_free(deed);
        run(argument);
    }
}

void fate_drop(void)
{
    while (world.deeds) {
        struct deed *deed = world.deeds;
        world.deeds = deed->next;
        loop_timer_stop(world.fate, &deed->timer);
        mem_free(deed);
    }
}

/* ---- Kinds of them ------------------------------------------------------------------------- */

static struct carrier *some_carrier(void)
{
    return &world.carriers[sim_random(world.script.carrier_count)];
}

static void begin_again(uint64_t argument)
{
    server_begin();
}

/* Whoever ends the server sees to its next start. */
static void do_crash(void)
{
    if (world.state == SERVER_DOWN) return;
    server_crash();
    fate_later(sim_random(world.script.down_max_ms), begin_again, 0);
}

static void after_end(uint64_t argument)
{
    if (world.state == SERVER_DRAINING)
        fate_later(100, after_end, 0);
    else
        server_begin();
}

static void do_stop(void)
{
    if (world.state != SERVER_UP) return;
    server_end();
    fate_later(100, after_end, 0);
}

static void do_cut(void)
{
    sim_cut(slice_cstr(some_carrier()->address), 1 + sim_random(3));
}

static void end_refuse(uint64_t argument)
{
    sim_refuse(slice_cstr(world.carriers[argument].address), false);
}

static void do_refuse(void)
{
    struct carrier *carrier = some_carrier();
    sim_refuse(slice_cstr(carrier->address), true);
    fate_later(sim_random(world.script.refuse_max_ms), end_refuse, carrier->provider - 1u);
}

static void end_hole(uint64_t argument)
{
    sim_black_hole(slice_cstr(world.carriers[argument].address), false);
}

static void do_hole(void)
{
    struct carrier *carrier = some_carrier();
    sim_black_hole(slice_cstr(carrier->address), true);
    fate_later(sim_random(world.script.hole_max_ms), end_hole, carrier->provider - 1u);
}

static void do_outage(void)
{
    world.store_bad_until_ms = sim_now() + sim_random(world.script.outage_max_ms);
}

/* Not on by days again and again: after 72 hours receipts are not waited for any more. And not far
   back, or windows end only long after all is healed. */
static void do_wall(void)
{
    static const int64_t jumps_ms[] = {-1200000, -1000, 1000, 30000, 3600000, 86400000};
    int64_t jump_ms = jumps_ms[sim_random(sizeof jumps_ms / sizeof *jumps_ms)];
    int64_t now_ms = world.jumped_ms + jump_ms;
    if (now_ms > WALL_MAX_MS || now_ms < world.jumped_most_ms - WALL_BACK_MS) return;
    if (now_ms > world.jumped_most_ms) world.jumped_most_ms = now_ms;
    world.jumped_ms = now_ms;
    sim_shift_wall(jump_ms);
}

static void do_inbound(void)
{
    static const char *const words[] = {"alpha", "BETA", "nothing"};
    char text[64], source[24];
    if (world.inbound_count >= INBOUND_MAX) return;
    unsigned number = (unsigned)world.inbound_count++;
    snprintf(text, sizeof text, "%s i%u", words[sim_random(3)], number);
    snprintf(source, sizeof source, "4475%08u", number / 2);
    struct simulator_inbound inbound = {
        .source = slice_cstr(source), .destination = SLICE("32323"), .text = slice_cstr(text)};
    const struct carrier *carrier = some_carrier();
    world.model.inbound[number].provider = carrier->provider;
    world.model.inbound[number].asked = simulator_inject(carrier->simulator, &inbound);
}

static const struct fate_row {
    size_t every_ms; /* in the script */
    void (*run)(void);
} rows[] = {
    {offsetof(struct script, crash_every_ms), do_crash},
    {offsetof(struct script, stop_every_ms), do_stop},
    {offsetof(struct script, cut_every_ms), do_cut},
    {offsetof(struct script, refuse_every_ms), do_refuse},
    {offsetof(struct script, hole_every_ms), do_hole},
    {offsetof(struct script, outage_every_ms), do_outage},
    {offsetof(struct script, wall_every_ms), do_wall},
    {offsetof(struct script, operate_every_ms), operator_act},
    {offsetof(struct script, inbound_every_ms), do_inbound},
};

static void next_of(uint64_t row);

static void run_row(uint64_t row)
{
    rows[row].run();
    next_of(row);
}

static void next_of(uint64_t row)
{
    uint32_t every_ms =
        *(const uint32_t *)(const void *)((const char *)&world.script + rows[row].every_ms);
    if (every_ms) fate_later(every_ms / 2 + sim_random(every_ms), run_row, row);
}

void fate_begin_faults(void)
{
    struct sim_faults faults = script_faults(&world.script);
    world.faults = true;
    sim_set_faults(&faults);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
        next_of(row);
}
