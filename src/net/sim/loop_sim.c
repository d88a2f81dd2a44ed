#include "net/loop.h"

#include <assert.h>

#include "base/mem.h"
#include "net/sim/sim_inside.h"

static void loop_run_task(struct loop_timer *timer)
{
    struct loop *loop = ((struct sim_source *)timer)->loop;
    struct loop_task *task = loop->first_task;
    loop->first_task = task->next;
    if (!loop->first_task) loop->last_task = NULL;
    /* One task a step, so that other events can come in between. */
    if (loop->first_task) sim_source_at(&loop->tasks, sim.now_ms);
    task->run(task);
}

static void loop_schedule_timers(struct loop *loop)
{
    struct loop_timer *first = timer_heap_first(&loop->timers);
    if (first)
        sim_source_at(&loop->due, first->due_mono_ms);
    else
        sim_source_off(&loop->due);
}

static void loop_fire_timer(struct loop_timer *timer)
{
    struct loop *loop = ((struct sim_source *)timer)->loop;
    struct loop_timer *first = timer_heap_first(&loop->timers);
    timer_heap_remove(&loop->timers, first);
    loop_schedule_timers(loop);
    first->fire(first);
}

struct loop *loop_new(void)
{
    assert(sim.is_open);
    struct loop *loop = MEM_NEW(struct loop);
    sim_source_init(&loop->tasks, loop, "task of loop", loop_run_task);
    sim_source_init(&loop->due, loop, "timer of loop", loop_fire_timer);
    loop->next = sim.loops;
    sim.loops = loop;
    return loop;
}

static void loop_drop(struct loop *loop)
{
    struct loop **link = &sim.loops;
    while (*link != loop)
        link = &(*link)->next;
    *link = loop->next;
    sim_source_off(&loop->tasks);
    sim_source_off(&loop->due);
    timer_heap_done(&loop->timers);
    mem_free(loop);
}

void loop_free(struct loop *loop)
{
    if (!loop) return;
    assert(loop->open_count == 0 && !sim.stepping);
    tcp_free_streams(loop, true);
    loop_drop(loop);
}

void sim_kill_loop(struct loop *loop)
{
    assert(!sim.stepping);
    tcp_free_listeners(loop);
    tcp_free_streams(loop, false);
    loop_drop(loop);
}

void loop_run(struct loop *loop)
{
    while (!loop->stopped && sim_step())
        ;
    loop->stopped = false;
}

void loop_stop(struct loop *loop)
{
    sim_check_loop(loop);
    loop->stopped = true;
}

uint64_t loop_mono_ms(struct loop *loop)
{
    return sim.now_ms;
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    task->next = NULL;
    if (loop->last_task)
        loop->last_task->next = task;
    else
        loop->first_task = task;
    loop->last_task = task;
    if (!loop->tasks.timer.heap_index) sim_source_at(&loop->tasks, sim.now_ms);
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms)
{
    sim_check_loop(loop);
    uint64_t now = sim.now_ms;
    timer->due_mono_ms = delay_ms > UINT64_MAX - now ? UINT64_MAX : now + delay_ms;
    timer->order = loop->timer_order++;
    timer_heap_put(&loop->timers, timer);
    loop_schedule_timers(loop);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
    sim_check_loop(loop);
    timer_heap_remove(&loop->timers, timer);
    loop_schedule_timers(loop);
}

void loop_on_signal(struct loop *loop, void (*handler)(struct loop *loop, int signal_number))
{
}

void loop_set_user(struct loop *loop, void *user)
{
    loop->user = user;
}

void *loop_user(struct loop *loop)
{
    return loop->user;
}
