#include "net/loop.h"

#include <signal.h>
#include <stdlib.h>

#include "base/clock.h"
#include "net/machine.h"
#include "run_until.h"

struct counted_task {
    struct loop_task task;
    struct loop *loop;
    size_t left, number;
    size_t *ran; /* how many ran before, of all */
};

static void run_counted(struct loop_task *task)
{
    struct counted_task *counted = (struct counted_task *)(void *)task;
    assert_int_equal((*counted->ran)++, counted->number);
}

static bool ran_100(void *user)
{
    return *(size_t *)user >= 100;
}

static void tasks_run_in_the_order_posted(void **state)
{
    struct loop *loop = loop_new();
    struct counted_task tasks[100];
    size_t ran = 0;
    for (size_t i = 0; i < 100; i++) {
        tasks[i] = (struct counted_task){.task.run = run_counted, .number = i, .ran = &ran};
        loop_post(loop, &tasks[i].task);
    }
    assert_true(run_until(loop, ran_100, &ran));
    loop_free(loop);
}

static void run_again(struct loop_task *task)
{
    struct counted_task *counted = (struct counted_task *)(void *)task;
    (*counted->ran)++;
    if (--counted->left > 0) loop_post(counted->loop, task);
}

static void a_task_may_be_posted_again_while_it_runs(void **state)
{
    struct loop *loop = loop_new();
    size_t ran = 0;
    struct counted_task task = {.task.run = run_again, .loop = loop, .left = 100, .ran = &ran};
    loop_post(loop, &task.task);
    assert_true(run_until(loop, ran_100, &ran));
    assert_int_equal(task.left, 0);
    loop_free(loop);
}

static void run_free(struct loop_task *task)
{
    struct counted_task *counted = (struct counted_task *)(void *)task;
    (*counted->ran)++;
    free(counted);
}

static void a_task_may_free_itself(void **state)
{
    struct loop *loop = loop_new();
    size_t ran = 0;
    for (size_t i = 0; i < 100; i++) {
        struct counted_task *task = calloc(1, sizeof *task);
        task->task.run = run_free;
        task->ran = &ran;
        loop_post(loop, &task->task);
    }
    assert_true(run_until(loop, ran_100, &ran));
    loop_free(loop);
}

/* Timers */

struct noted_timer;
struct journal {
    struct loop_task start; /* timers are started on the loop, where time stands still */
    void (*start_timers)(struct journal *journal, struct noted_timer *timers);
    struct noted_timer *timers;
    struct loop *loop;
    size_t fired[64];
    size_t count, wanted;
};

struct noted_timer {
    struct loop_timer timer;
    struct journal *journal;
    size_t number;
    uint64_t due_ms;
    struct noted_timer *stops, *restarts;
};

static void note_timer(struct loop_timer *timer)
{
    struct noted_timer *noted = (struct noted_timer *)(void *)timer;
    struct journal *journal = noted->journal;
    assert_true(loop_mono_ms(journal->loop) >= noted->due_ms);
    assert_int_equal(timer->heap_index, 0);
    if (journal->count < 64) journal->fired[journal->count] = noted->number;
    journal->count++;
    if (noted->stops) loop_timer_stop(journal->loop, &noted->stops->timer);
    if (noted->restarts) loop_timer_start(journal->loop, &noted->restarts->timer, 1);
}

static void start_noted(struct noted_timer *timer, struct journal *journal, size_t number,
                        uint64_t delay_ms)
{
    timer->timer.fire = note_timer;
    timer->journal = journal;
    timer->number = number;
    timer->due_ms = loop_mono_ms(journal->loop) + delay_ms;
    loop_timer_start(journal->loop, &timer->timer, delay_ms);
}

static bool journal_full(void *user)
{
    const struct journal *journal = user;
    return journal->count >= journal->wanted;
}

static void journal_start(struct loop_task *task)
{
    struct journal *journal = (struct journal *)(void *)task;
    journal->start_timers(journal, journal->timers);
}

/* Runs until `wanted` timers have fired. */
static void journal_run(struct journal *journal)
{
    journal->start.run = journal_start;
    loop_post(journal->loop, &journal->start);
    assert_true(run_until(journal->loop, journal_full, journal));
}

static void start_ten(struct journal *journal, struct noted_timer *timers)
{
    static const uint64_t delays[] = {5, 3, 9, 3, 0, 5, 0, 9, 1, 3};
    for (size_t i = 0; i < 10; i++)
        start_noted(&timers[i], journal, i, delays[i]);
}

static void timers_fire_by_due_time_then_by_order_of_start(void **state)
{
    static const size_t order[] = {4, 6, 8, 1, 3, 9, 0, 5, 2, 7};
    struct noted_timer timers[10] = {0};
    struct journal journal = {
        .loop = loop_new(), .wanted = 10, .start_timers = start_ten, .timers = timers};
    journal_run(&journal);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(journal.fired[i], order[i]);
    loop_free(journal.loop);
}

static void start_and_move(struct journal *journal, struct noted_timer *timers)
{
    start_noted(&timers[0], journal, 0, 1);
    start_noted(&timers[1], journal, 1, 4);
    start_noted(&timers[2], journal, 2, 1000000);
    start_noted(&timers[0], journal, 0, 8); /* later */
    start_noted(&timers[2], journal, 2, 2); /* earlier */
}

static void a_running_timer_that_is_started_moves(void **state)
{
    struct noted_timer timers[3] = {0};
    struct journal journal = {
        .loop = loop_new(), .wanted = 3, .start_timers = start_and_move, .timers = timers};
    journal_run(&journal);
    assert_int_equal(journal.fired[0], 2);
    assert_int_equal(journal.fired[1], 1);
    assert_int_equal(journal.fired[2], 0);
    assert_int_equal(journal.count, 3);
    loop_free(journal.loop);
}

static void start_and_stop(struct journal *journal, struct noted_timer *timers)
{
    start_noted(&timers[0], journal, 0, 1);
    start_noted(&timers[1], journal, 1, 2);
    start_noted(&timers[2], journal, 2, 2); /* stopped by one that is due together with it */
    start_noted(&timers[3], journal, 3, 5);
    timers[1].stops = &timers[2];
    loop_timer_stop(journal->loop, &timers[0].timer);
    loop_timer_stop(journal->loop, &timers[0].timer); /* twice does nothing */
}

static void a_stopped_timer_does_not_fire(void **state)
{
    struct noted_timer timers[4] = {0};
    struct journal journal = {
        .loop = loop_new(), .wanted = 2, .start_timers = start_and_stop, .timers = timers};
    journal_run(&journal);
    assert_int_equal(journal.fired[0], 1);
    assert_int_equal(journal.fired[1], 3);
    assert_int_equal(journal.count, 2);
    loop_free(journal.loop);
}

static void start_one(struct journal *journal, struct noted_timer *timers)
{
    timers->restarts = timers;
    start_noted(timers, journal, 7, 0);
}

static void a_timer_may_restart_itself(void **state)
{
    struct noted_timer timer = {0};
    struct journal journal = {
        .loop = loop_new(), .wanted = 5, .start_timers = start_one, .timers = &timer};
    journal_run(&journal);
    loop_timer_stop(journal.loop, &timer.timer);
    loop_free(journal.loop);
}

struct hurry {
    struct loop_timer timer;
    struct loop *loop;
    bool stop;
};

static void hurry_again(struct loop_timer *timer)
{
    struct hurry *hurry = (struct hurry *)(void *)timer;
    if (!hurry->stop) loop_timer_start(hurry->loop, timer, 0);
}

static void run_stop_hurry(struct loop_task *task)
{
    struct counted_task *counted = (struct counted_task *)(void *)task;
    (*counted->ran) += 100;
}

static void a_timer_without_delay_lets_tasks_run(void **state)
{
    struct loop *loop = loop_new();
    struct hurry hurry = {.timer.fire = hurry_again, .loop = loop};
    size_t ran = 0;
    struct counted_task task = {.task.run = run_stop_hurry, .ran = &ran};
#ifdef NET_SIM
    struct sim_faults faults = sim_faults_none;
    sim_set_faults(&faults);
#endif
    loop_timer_start(loop, &hurry.timer, 0);
    loop_post(loop, &task.task);
    assert_true(run_until(loop, ran_100, &ran));
    loop_timer_stop(loop, &hurry.timer);
    loop_free(loop);
}

static void start_for_ever(struct journal *journal, struct noted_timer *timers)
{
    start_noted(&timers[0], journal, 0, 2);
    start_noted(&timers[1], journal, 1, UINT64_MAX);
}

static void a_timer_of_for_ever_never_fires(void **state)
{
    struct noted_timer timers[2] = {0};
    struct journal journal = {
        .loop = loop_new(), .wanted = 1, .start_timers = start_for_ever, .timers = timers};
    journal_run(&journal);
    assert_int_equal(timers[1].timer.due_mono_ms, UINT64_MAX);
    loop_timer_stop(journal.loop, &timers[1].timer);
    assert_int_equal(journal.count, 1);
    loop_free(journal.loop);
}

/* Thousands of timers, started, moved and stopped in an order without sense: what fires must be
   what was left, in the order promised. */
enum { MANY = 3000 };

struct many {
    struct loop *loop;
    size_t fired, expected;
    uint64_t last_due_ms, last_order;
};

struct many_timer {
    struct loop_timer timer;
    struct many *many;
};

static void many_fire(struct loop_timer *timer)
{
    struct many *many = ((struct many_timer *)(void *)timer)->many;
    bool ordered = timer->due_mono_ms > many->last_due_ms ||
                   (timer->due_mono_ms == many->last_due_ms && timer->order > many->last_order);
    assert_true(ordered || many->fired == 0);
    many->last_due_ms = timer->due_mono_ms;
    many->last_order = timer->order;
    many->fired++;
}

static bool many_done(void *user)
{
    const struct many *many = user;
    return many->fired == many->expected;
}

static void thousands_of_timers_keep_their_order(void **state)
{
    struct many many = {.loop = loop_new()};
    struct many_timer *timers = calloc(MANY, sizeof *timers);
    uint32_t chance = 12345;
    for (size_t i = 0; i < MANY * 4; i++) {
        chance = chance * 1664525 + 1013904223;
        struct many_timer *timer = &timers[(chance >> 8) % MANY];
        timer->timer.fire = many_fire;
        timer->many = &many;
        many.expected -= timer->timer.heap_index != 0;
        if (chance >> 30 == 0) {
            loop_timer_stop(many.loop, &timer->timer);
        } else {
            loop_timer_start(many.loop, &timer->timer, (chance >> 4) % 50);
            many.expected++;
        }
    }
    assert_true(many.expected > MANY / 4);
    assert_true(run_until(many.loop, many_done, &many));
    free(timers);
    loop_free(many.loop);
}

/* The rest */

static void a_loop_keeps_a_pointer_for_its_owner(void **state)
{
    struct loop *loop = loop_new();
    assert_null(loop_user(loop));
    loop_set_user(loop, state);
    assert_ptr_equal(loop_user(loop), state);
    loop_free(loop);
}

static void all_loops_and_the_machine_share_one_scale_of_time(void **state)
{
    struct loop *a = loop_new(), *b = loop_new();
    struct clock clock;
    machine_clock_init(&clock);
    /* libuv may use the kernel's coarse clock, which lags a little. */
    uint64_t before = clock_mono_ms(&clock) - 5;
    uint64_t at_a = loop_mono_ms(a), at_b = loop_mono_ms(b);
    uint64_t after = clock_mono_ms(&clock);
    assert_in_range(at_a, before, after);
    assert_in_range(at_b, at_a, after);
    loop_free(a);
    loop_free(b);
}

static void the_wall_clock_is_past_2025_and_follows_its_offset(void **state)
{
    struct clock clock;
    machine_clock_init(&clock);
    uint64_t wall = clock_wall_ms(&clock);
    assert_true(wall > 1735689600000);
    clock.offset_ms += 86400000;
    assert_in_range(clock_wall_ms(&clock), wall + 86400000, wall + 86400000 + NET_WAIT_MAX_MS);
}

static void random_bytes_differ_from_call_to_call(void **state)
{
    unsigned char a[37] = {0}, b[37] = {0}, zero[37] = {0};
    machine_random(a, sizeof a - 1);
    machine_random(b, sizeof b - 1);
    assert_memory_not_equal(a, b, sizeof a);
    assert_memory_not_equal(a, zero, sizeof a);
    assert_int_equal(a[36], 0); /* not a byte more than asked for */
}

#ifndef NET_SIM
static int signal_seen;

static void see_signal(struct loop *loop, int signal_number)
{
    signal_seen = signal_number;
}

static bool saw_signal(void *user)
{
    return signal_seen == *(int *)user;
}

static void signals_arrive_on_the_loop(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct loop *loop = loop_new();
    loop_on_signal(loop, see_signal);
    for (size_t i = 0; i < 3; i++) {
        int number = signals[i];
        raise(number);
        assert_true(run_until(loop, saw_signal, &number));
    }
    loop_on_signal(loop, NULL);
    loop_free(loop);
}
#endif

static const struct CMUnitTest tests[] = {
    NET_TEST(tasks_run_in_the_order_posted),
    NET_TEST(a_task_may_be_posted_again_while_it_runs),
    NET_TEST(a_task_may_free_itself),
    NET_TEST(timers_fire_by_due_time_then_by_order_of_start),
    NET_TEST(a_running_timer_that_is_started_moves),
    NET_TEST(a_stopped_timer_does_not_fire),
    NET_TEST(a_timer_may_restart_itself),
    NET_TEST(a_timer_without_delay_lets_tasks_run),
    NET_TEST(a_timer_of_for_ever_never_fires),
    NET_TEST(thousands_of_timers_keep_their_order),
    NET_TEST(a_loop_keeps_a_pointer_for_its_owner),
    NET_TEST(all_loops_and_the_machine_share_one_scale_of_time),
    NET_TEST(the_wall_clock_is_past_2025_and_follows_its_offset),
    NET_TEST(random_bytes_differ_from_call_to_call),
#ifndef NET_SIM
    NET_TEST(signals_arrive_on_the_loop),
#endif
};

NET_RUN(tests)
