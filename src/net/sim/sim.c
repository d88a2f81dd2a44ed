#include "net/sim/sim.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "net/sim/sim_inside.h"

struct sim sim;

static const uint64_t sim_start_ms = 1000000;
static const uint64_t sim_start_wall_ms = 1767225600000; /* 2026-01-01T00:00:00Z */

struct sim_stepper {
    struct sim_source source;
    struct sim_stepper *next;
    uint64_t (*step)(void *user);
    void *user;
    bool removed;
};

const struct sim_faults sim_faults_none = {.window = 256 * 1024};

void sim_open(uint64_t seed)
{
    assert(!sim.is_open);
    sim = (struct sim){.is_open = true,
                       .now_ms = sim_start_ms,
                       .wall_offset_ms = sim_start_wall_ms - sim_start_ms,
                       .random = seed,
                       .machine_random = ~seed,
                       .faults = sim_faults_none,
                       .next_port = SIM_PORT_FIRST};
    sim.read_buffer = mem_alloc(SIM_READ_MAX);
}

static void sim_sweep_steppers(bool all)
{
    struct sim_stepper **link = &sim.steppers;
    while (*link) {
        struct sim_stepper *stepper = *link;
        if (all || stepper->removed) {
            *link = stepper->next;
            sim_source_off(&stepper->source);
            mem_free(stepper);
        } else {
            link = &stepper->next;
        }
    }
}

void sim_close(void)
{
    assert(sim.is_open && !sim.stepping && !sim.loops);
    tcp_bury();
    sim_sweep_steppers(true);
    sim_drop_rules();
    timer_heap_done(&sim.events);
    mem_free(sim.read_buffer);
    sim = (struct sim){0};
}

/* Events */

/* splitmix64 (Steele, Lea, Flood 2014): every 64-bit seed is as good as another. */
uint64_t sim_draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void sim_source_init(struct sim_source *source, struct loop *loop, const char *name,
                     void (*happen)(struct loop_timer *timer))
{
    *source = (struct sim_source){
        .timer.fire = happen, .loop = loop, .name = name, .id = sim.source_count++};
}

void sim_source_at(struct sim_source *source, uint64_t due_ms)
{
    if (due_ms < sim.now_ms) due_ms = sim.now_ms;
    if (source->timer.heap_index && source->timer.due_mono_ms == due_ms) return;
    source->timer.due_mono_ms = due_ms;
    source->timer.order = sim.event_order++;
    /* The low half keeps orders distinct. */
    if (sim.faults.shuffle)
        source->timer.order = (uint32_t)source->timer.order | sim_draw(&sim.random) << 32;
    timer_heap_put(&sim.events, &source->timer);
}

void sim_source_off(struct sim_source *source)
{
    timer_heap_remove(&sim.events, &source->timer);
}

bool sim_step(void)
{
    assert(sim.is_open && !sim.stepping);
    struct loop_timer *first = timer_heap_first(&sim.events);
    if (!first) return false;
    timer_heap_remove(&sim.events, first);
    struct sim_source *source = (struct sim_source *)first;
    sim.now_ms = first->due_mono_ms;
    sim.stepping = true;
    sim.current = source;
    sim_note(source->id, "%s %" PRIu64, source->name, source->id);
    first->fire(first);
    sim.current = NULL;
    sim.stepping = false;
    tcp_bury();
    return true;
}

void sim_advance(uint64_t ms)
{
    uint64_t end_ms = sim.now_ms + ms;
    for (;;) {
        struct loop_timer *first = timer_heap_first(&sim.events);
        if (!first || first->due_mono_ms > end_ms) break;
        sim_step();
    }
    sim.now_ms = end_ms;
}

uint64_t sim_now(void)
{
    return sim.now_ms;
}

void sim_shift_wall(int64_t ms)
{
    sim.wall_offset_ms += (uint64_t)ms;
}

/* The digest and the trace */

void sim_note(uint64_t number, const char *format, ...)
{
    uint64_t mixed = sim.digest ^ number ^ sim.now_ms << 20;
    sim.digest = sim_draw(&mixed);
    if (!sim.trace) return;
    char text[256];
    int size = snprintf(text, sizeof text, "%" PRIu64 " ", sim.now_ms);
    va_list args;
    va_start(args, format);
    vsnprintf(text + size, sizeof text - (size_t)size, format, args);
    va_end(args);
    sim.trace(sim.trace_user, text);
}

uint64_t sim_digest(void)
{
    return sim.digest;
}

void sim_trace(void (*line)(void *user, const char *text), void *user)
{
    sim.trace = line;
    sim.trace_user = user;
}

/* Chance */

uint64_t sim_random(uint64_t below)
{
    assert(below > 0);
    return sim_draw(&sim.random) % below;
}

bool sim_chance(unsigned share, unsigned of)
{
    return share && sim_random(of) < share;
}

uint64_t sim_latency(void)
{
    const struct sim_faults *faults = &sim.faults;
    if (faults->latency_max_ms <= faults->latency_min_ms) return faults->latency_min_ms;
    return faults->latency_min_ms + sim_random(faults->latency_max_ms - faults->latency_min_ms + 1);
}

/* Who runs */

void sim_check_loop(const struct loop *loop)
{
    assert(sim.is_open);
    assert(!sim.current || sim.current->loop == loop);
}

static void sim_stepper_run(struct loop_timer *timer)
{
    struct sim_stepper *stepper = (struct sim_stepper *)(void *)timer;
    sim.current_stepper = stepper;
    uint64_t sleep_ms = stepper->step(stepper->user);
    sim.current_stepper = NULL;
    if (stepper->removed)
        sim_sweep_steppers(false);
    else if (sleep_ms != SIM_SLEEP && !stepper->source.timer.heap_index)
        sim_source_at(&stepper->source, sim.now_ms + sleep_ms);
}

void sim_add_stepper(uint64_t (*step)(void *user), void *user)
{
    struct sim_stepper *stepper = MEM_NEW(struct sim_stepper);
    sim_source_init(&stepper->source, NULL, "stepper", sim_stepper_run);
    stepper->step = step;
    stepper->user = user;
    stepper->next = sim.steppers;
    sim.steppers = stepper;
    sim_source_at(&stepper->source, sim.now_ms);
}

void sim_remove_stepper(uint64_t (*step)(void *user), void *user)
{
    for (struct sim_stepper *at = sim.steppers; at; at = at->next) {
        if (at->step == step && at->user == user) at->removed = true;
    }
    /* One that removes itself is swept when it has returned. */
    if (!sim.current_stepper) sim_sweep_steppers(false);
}

struct sim_stepper *sim_current_stepper(void)
{
    return sim.current_stepper;
}

void sim_wake_stepper(struct sim_stepper *stepper)
{
    bool known = false;
    for (struct sim_stepper *at = sim.steppers; at; at = at->next)
        known |= at == stepper;
    for (struct sim_stepper *at = sim.steppers; at; at = at->next) {
        if (!known || at == stepper) sim_source_at(&at->source, sim.now_ms);
    }
}
