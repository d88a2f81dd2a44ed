#include "net/sim/sim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/machine.h"
#include "net/thread.h"
#include "sim_scene.h"

static const struct sim_faults bad_network = {
    .shuffle = true,
    .latency_max_ms = 40,
    .split_percent = 50,
    .merge_percent = 20,
    .window = 500,
    .cut_per_mille = 3,
};

/* One seed, one course of events */

static void trace_add(void *user, const char *text)
{
    buf_printf(user, "%s\n", text);
}

static uint64_t chatter(uint64_t seed, struct buf *trace)
{
    struct scene scene;
    char bytes[300];
    sim_open(seed);
    sim_set_faults(&bad_network);
    if (trace) sim_trace(trace_add, trace);
    scene_listen(&scene);
    scene.server.echo = true;
    scene_connect(&scene);
    for (int i = 0; i < 50; i++) {
        machine_random(bytes, sizeof bytes);
        if (!scene.client.closes) tcp_write(scene.client.tcp, slice_of(bytes, sim_random(300)));
        sim_advance(sim_random(100));
    }
    step_all();
    uint64_t digest = sim_digest();
    sim_trace(NULL, NULL);
    scene_done(&scene);
    sim_close();
    return digest;
}

static void one_seed_gives_one_course_of_events(void **state)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct buf first, second;
        buf_init(&first, SIZE_MAX);
        buf_init(&second, SIZE_MAX);
        uint64_t digest = chatter(seed, &first);
        void *shift = malloc(12345); /* other addresses must not matter */
        assert_true(digest == chatter(seed, &second));
        free(shift);
        assert_true(first.size > 1000);
        assert_true(slice_eq(buf_slice(&first), buf_slice(&second)));
        buf_done(&first);
        buf_done(&second);
        /* Looking on changes nothing, another seed does. */
        assert_true(digest == chatter(seed, NULL));
        assert_true(digest != chatter(seed + 1000, NULL));
    }
}

static void random_bytes_come_from_the_seed(void **state)
{
    unsigned char a[20], b[20], c[20];
    sim_open(7);
    machine_random(a, sizeof a);
    sim_close();
    sim_open(7);
    (void)sim_random(10); /* choices of the test move no keys */
    machine_random(b, sizeof b);
    sim_close();
    sim_open(8);
    machine_random(c, sizeof c);
    sim_close();
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
}

/* Time */

static void note_time(struct loop_timer *timer)
{
    timer->due_mono_ms = sim_now();
}

static void time_moves_only_from_event_to_event(void **state)
{
    struct loop *loop = loop_new();
    struct loop_timer day = {.fire = note_time}, hour = {.fire = note_time};
    uint64_t start = sim_now();
    loop_timer_start(loop, &day, 86400000);
    loop_timer_start(loop, &hour, 3600000);
    assert_int_equal(sim_now(), start);
    assert_true(sim_step());
    assert_int_equal(sim_now(), start + 3600000);
    assert_int_equal(hour.due_mono_ms, start + 3600000);
    assert_int_equal(loop_mono_ms(loop), start + 3600000);
    assert_true(sim_step());
    assert_int_equal(sim_now(), start + 86400000);
    assert_false(sim_step());
    assert_int_equal(sim_now(), start + 86400000);
    loop_free(loop);
}

static void advancing_runs_what_falls_due_and_ends_on_the_millisecond(void **state)
{
    struct loop *loop = loop_new();
    struct loop_timer timers[3] = {{.fire = note_time}, {.fire = note_time}, {.fire = note_time}};
    uint64_t start = sim_now();
    loop_timer_start(loop, &timers[0], 99);
    loop_timer_start(loop, &timers[1], 100);
    loop_timer_start(loop, &timers[2], 101);
    sim_advance(100);
    assert_int_equal(sim_now(), start + 100);
    assert_int_equal(timers[0].heap_index, 0);
    assert_int_equal(timers[1].heap_index, 0);
    assert_int_not_equal(timers[2].heap_index, 0);
    sim_advance(0);
    assert_int_equal(sim_now(), start + 100);
    sim_advance(1);
    assert_int_equal(timers[2].heap_index, 0);
    loop_free(loop);
}

static void the_machines_clocks_are_virtual(void **state)
{
    struct clock clock;
    machine_clock_init(&clock);
    uint64_t wall = clock_wall_ms(&clock), mono = clock_mono_ms(&clock);
    assert_int_equal(wall, 1767225600000); /* 2026-01-01T00:00:00Z */
    sim_advance(5000);
    assert_int_equal(clock_wall_ms(&clock), wall + 5000);
    assert_int_equal(clock_mono_ms(&clock), mono + 5000);
    sim_shift_wall(-3600000);
    assert_int_equal(clock_wall_ms(&clock), wall + 5000 - 3600000);
    assert_int_equal(clock_mono_ms(&clock), mono + 5000);
}

static void shuffling_changes_who_comes_first_and_only_that(void **state)
{
    /* Each of two loops keeps its own order while theirs to each other changes with the seed. */
    bool seen[2] = {false};
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct loop_timer timers[4];
        struct sim_faults faults = sim_faults_none;
        faults.shuffle = true;
        sim_open(seed);
        sim_set_faults(&faults);
        struct loop *a = loop_new(), *b = loop_new();
        for (size_t i = 0; i < 4; i++) {
            timers[i] = (struct loop_timer){.fire = note_time};
            loop_timer_start(i % 2 ? b : a, &timers[i], 10);
        }
        sim_step();
        seen[timers[0].heap_index == 0] = true;
        assert_true(timers[2].heap_index && timers[3].heap_index); /* the first of a loop first */
        while (sim_step())
            ;
        loop_free(a);
        loop_free(b);
        sim_close();
    }
    assert_true(seen[0] && seen[1]);
}

/* Threads */

struct job {
    struct queue_node node;
    struct loop_task answer;
    struct worker *worker;
};

struct worker {
    struct queue *queue;
    struct loop *loop;
    size_t steps, rounds, answered, batch_max;
    uint64_t sleep_ms;
    uint64_t last_ms;
};

static void job_answered(struct loop_task *task)
{
    struct job *job = (struct job *)(void *)((char *)task - offsetof(struct job, answer));
    job->worker->answered++;
}

static uint64_t work(void *user)
{
    struct worker *worker = user;
    struct queue_node *node = queue_pop(worker->queue, worker->batch_max, 1000);
    worker->steps++;
    worker->last_ms = sim_now();
    if (node) worker->rounds++;
    while (node) {
        struct job *job = (struct job *)(void *)node;
        node = node->next;
        job->answer.run = job_answered;
        loop_post(worker->loop, &job->answer);
    }
    return queue_size(worker->queue) ? 0 : worker->sleep_ms;
}

static void a_stepper_works_when_its_queue_gets_something(void **state)
{
    struct worker worker = {.queue = queue_new(), .loop = loop_new(), .batch_max = 3};
    struct job jobs[10] = {0};
    worker.sleep_ms = SIM_SLEEP;
    sim_add_stepper(work, &worker);
    step_all();
    assert_int_equal(worker.steps, 1);
    assert_false(sim_step());
    for (size_t i = 0; i < 10; i++) {
        jobs[i].worker = &worker;
        queue_push(worker.queue, &jobs[i].node);
    }
    step_all();
    assert_int_equal(worker.rounds, 4); /* 3, 3, 3, 1 */
    assert_int_equal(worker.answered, 10);
    size_t steps = worker.steps;
    queue_wake(worker.queue);
    step_all();
    assert_int_equal(worker.steps, steps + 1);
    sim_remove_stepper(work, &worker);
    queue_push(worker.queue, &jobs[0].node);
    assert_false(sim_step());
    queue_free(worker.queue);
    loop_free(worker.loop);
}

static void a_push_wakes_only_the_stepper_that_takes_from_that_queue(void **state)
{
    struct worker workers[2];
    for (size_t i = 0; i < 2; i++) {
        workers[i] = (struct worker){.queue = queue_new(), .loop = loop_new(), .batch_max = 3};
        workers[i].sleep_ms = SIM_SLEEP;
        sim_add_stepper(work, &workers[i]);
    }
    step_all();
    struct job job = {.worker = &workers[1]};
    queue_push(workers[1].queue, &job.node);
    step_all();
    assert_int_equal(workers[0].steps, 1);
    assert_int_equal(workers[1].steps, 2);
    for (size_t i = 0; i < 2; i++) {
        queue_free(workers[i].queue);
        loop_free(workers[i].loop);
    }
}

static void a_stepper_sleeps_as_long_as_it_says(void **state)
{
    struct worker worker = {.queue = queue_new(), .loop = loop_new(), .batch_max = 3};
    uint64_t start = sim_now();
    worker.sleep_ms = 250;
    sim_add_stepper(work, &worker);
    sim_step();
    assert_int_equal(worker.last_ms, start);
    sim_step();
    assert_int_equal(worker.last_ms, start + 250);
    /* A push wakes it before its time. */
    struct job job = {.worker = &worker};
    sim_advance(100);
    queue_push(worker.queue, &job.node);
    sim_step();
    assert_int_equal(worker.last_ms, start + 350);
    assert_int_equal(worker.rounds, 1);
    sim_remove_stepper(work, &worker);
    step_all();
    queue_free(worker.queue);
    loop_free(worker.loop);
}

struct trespass {
    struct loop_task task;
    struct loop *own, *other;
    struct tcp *tcp;
    struct loop_timer timer;
};

static void touch_timer(struct loop_task *task)
{
    struct trespass *trespass = (struct trespass *)(void *)task;
    loop_timer_start(trespass->other, &trespass->timer, 1);
}

static void touch_stream(struct loop_task *task)
{
    tcp_write(((struct trespass *)(void *)task)->tcp, SLICE("x"));
}

static uint64_t touch_from_stepper(void *user)
{
    touch_timer(user);
    return SIM_SLEEP;
}

/* True when `act` ends in an assertion; tried in a child. */
static bool dies(void (*act)(struct trespass *trespass), struct trespass *trespass)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        /* cmocka would turn the signal into a failed test. */
        signal(SIGABRT, SIG_DFL);
        if (!freopen("/dev/null", "w", stderr)) _exit(2);
        act(trespass);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void act_on_timer(struct trespass *trespass)
{
    trespass->task.run = touch_timer;
    loop_post(trespass->own, &trespass->task);
    step_all();
}

static void act_on_stream(struct trespass *trespass)
{
    trespass->task.run = touch_stream;
    loop_post(trespass->own, &trespass->task);
    step_all();
}

static void act_in_stepper(struct trespass *trespass)
{
    sim_add_stepper(touch_from_stepper, trespass);
    step_all();
}

static void act_on_own_timer(struct trespass *trespass)
{
    trespass->other = trespass->own;
    trespass->timer.fire = note_time;
    act_on_timer(trespass);
}

static void using_what_belongs_to_another_thread_is_caught(void **state)
{
    struct scene scene;
    scene_open(&scene);
    struct trespass trespass = {
        .own = scene.client.loop, .other = scene.server.loop, .tcp = scene.server.tcp};
    assert_true(dies(act_on_timer, &trespass));
    assert_true(dies(act_on_stream, &trespass));
    assert_true(dies(act_in_stepper, &trespass));
    assert_false(dies(act_on_own_timer, &trespass));
    scene_done(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_course_of_events),
        cmocka_unit_test(random_bytes_come_from_the_seed),
        SIM_TEST(time_moves_only_from_event_to_event),
        SIM_TEST(advancing_runs_what_falls_due_and_ends_on_the_millisecond),
        SIM_TEST(the_machines_clocks_are_virtual),
        cmocka_unit_test(shuffling_changes_who_comes_first_and_only_that),
        SIM_TEST(a_stepper_works_when_its_queue_gets_something),
        SIM_TEST(a_push_wakes_only_the_stepper_that_takes_from_that_queue),
        SIM_TEST(a_stepper_sleeps_as_long_as_it_says),
        SIM_TEST(using_what_belongs_to_another_thread_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
