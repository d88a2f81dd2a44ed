#include "net/sim/sim.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "net/machine.h"
#include "net/tcp.h"
#include "net/thread.h"

/* A client and an echoing server on loops of their own. */
struct party {
    struct loop *loop;
    struct tcp *tcp;
    struct buf got;
    size_t reads, longest, connects, closes;
    bool clean;
    bool echo;
    uint64_t last_ms;
};

struct scene {
    struct party client, server;
    struct tcp_listener *listener;
};

static void party_connect(void *user, struct tcp *tcp)
{
    struct party *party = user;
    party->connects++;
    party->last_ms = sim_now();
}

static void party_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct party *party = user;
    buf_add(&party->got, bytes);
    party->reads++;
    if (bytes.size > party->longest) party->longest = bytes.size;
    party->last_ms = sim_now();
    if (party->echo) tcp_write(tcp, bytes);
}

static void party_closed(void *user, struct tcp *tcp, bool clean)
{
    struct party *party = user;
    party->closes++;
    party->clean = clean;
    party->last_ms = sim_now();
}

static const struct tcp_events party_events = {
    .on_connect = party_connect, .on_read = party_read, .on_close = party_closed};

static void scene_accept(void *user, struct tcp *tcp)
{
    struct scene *scene = user;
    assert_null(scene->server.tcp);
    scene->server.tcp = tcp;
    tcp_set_user(tcp, &party_events, &scene->server);
}

static void party_init(struct party *party)
{
    *party = (struct party){.loop = loop_new()};
    buf_init(&party->got, SIZE_MAX);
}

static void scene_listen(struct scene *scene)
{
    char error[256];
    *scene = (struct scene){0};
    party_init(&scene->client);
    party_init(&scene->server);
    scene->listener =
        tcp_listen(scene->server.loop, SLICE("10.0.0.1:2775"), false, scene_accept, scene, error);
    assert_non_null(scene->listener);
}

static void scene_connect(struct scene *scene)
{
    scene->client.tcp =
        tcp_connect(scene->client.loop, SLICE("10.0.0.1:2775"), &party_events, &scene->client);
}

static void step_all(void)
{
    while (sim_step())
        ;
}

static void scene_open(struct scene *scene)
{
    scene_listen(scene);
    scene_connect(scene);
    step_all();
    assert_int_equal(scene->client.connects, 1);
    assert_non_null(scene->server.tcp);
}

static void scene_done(struct scene *scene)
{
    tcp_close(scene->client.tcp, true);
    tcp_close(scene->server.tcp, true);
    tcp_listener_close(scene->listener);
    loop_free(scene->client.loop);
    loop_free(scene->server.loop);
    buf_done(&scene->client.got);
    buf_done(&scene->server.got);
}

static int open_sim(void **state)
{
    sim_open(1);
    return 0;
}

static int close_sim(void **state)
{
    sim_close();
    return 0;
}

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

static void latency_is_what_was_asked_for(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.latency_min_ms = 30;
    faults.latency_max_ms = 50;
    scene_open(&scene);
    sim_set_faults(&faults);
    uint64_t least = UINT64_MAX, most = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t start = sim_now();
        tcp_write(scene.client.tcp, SLICE("x"));
        step_all();
        uint64_t took = scene.server.last_ms - start;
        if (took < least) least = took;
        if (took > most) most = took;
    }
    assert_int_equal(least, 30);
    assert_int_equal(most, 50);
    scene_done(&scene);
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

/* Packets */

static void say(struct scene *scene, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        tcp_write(scene->client.tcp, SLICE("abcdefghij"));
        step_all();
    }
}

static void assert_said(const struct scene *scene, size_t times)
{
    assert_int_equal(scene->server.got.size, times * 10);
    for (size_t i = 0; i < times * 10; i++)
        assert_int_equal(scene->server.got.at[i], 'a' + (int)(i % 10));
}

static void a_good_network_delivers_packets_as_they_were_sent(void **state)
{
    struct scene scene;
    scene_open(&scene);
    say(&scene, 20);
    assert_said(&scene, 20);
    assert_int_equal(scene.server.reads, 20);
    scene_done(&scene);
}

static void packets_can_come_byte_by_byte(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.piece_max = 1;
    scene_open(&scene);
    sim_set_faults(&faults);
    say(&scene, 20);
    assert_said(&scene, 20);
    assert_int_equal(scene.server.reads, 200);
    scene_done(&scene);
}

static void packets_can_be_cut_anywhere(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.split_percent = 100;
    bool cut_at[11] = {false};
    scene_open(&scene);
    sim_set_faults(&faults);
    for (size_t i = 1; i <= 300; i++) {
        tcp_write(scene.client.tcp, SLICE("abcdefghij"));
        size_t before = scene.server.got.size;
        while (scene.server.got.size == before)
            sim_step();
        cut_at[scene.server.got.size - before] = true;
        step_all();
    }
    assert_said(&scene, 300);
    for (size_t i = 1; i < 10; i++)
        assert_true(cut_at[i]);
    assert_false(cut_at[10]);
    scene_done(&scene);
}

static void packets_can_be_merged(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.merge_percent = 50;
    scene_open(&scene);
    sim_set_faults(&faults);
    for (size_t i = 0; i < 200; i++) {
        tcp_write(scene.client.tcp, SLICE("abcdefghij"));
        sim_advance(1);
    }
    step_all();
    assert_said(&scene, 200);
    assert_true(scene.server.reads < 150);
    assert_true(scene.server.longest >= 30);
    scene_done(&scene);
}

/* What breaks */

static void a_cut_breaks_both_ends_and_loses_what_was_on_its_way(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.latency_min_ms = 10;
    scene_open(&scene);
    sim_set_faults(&faults);
    tcp_write(scene.client.tcp, SLICE("never arrives"));
    sim_advance(5);
    assert_int_equal(sim_cut(SLICE("10.0.0.1:9999"), SIZE_MAX), 0);
    assert_int_equal(sim_cut(SLICE("10.0.0.1:2775"), SIZE_MAX), 1);
    tcp_write(scene.client.tcp, SLICE("neither does this"));
    step_all();
    assert_int_equal(scene.server.got.size, 0);
    assert_int_equal(scene.client.closes, 1);
    assert_int_equal(scene.server.closes, 1);
    assert_false(scene.client.clean);
    assert_false(scene.server.clean);
    assert_int_equal(tcp_unsent(scene.client.tcp), 0);
    assert_int_equal(sim_cut(SLICE(""), SIZE_MAX), 0);
    scene_done(&scene);
}

enum { CROWD = 6 };

struct crowd {
    struct scene scenes[CROWD];
    size_t accepted;
};

static void crowd_accept(void *user, struct tcp *tcp)
{
    struct crowd *crowd = user;
    struct party *party = &crowd->scenes[crowd->accepted++].server;
    party->tcp = tcp;
    tcp_set_user(tcp, &party_events, party);
}

static void only_as_many_as_asked_for_are_cut(void **state)
{
    struct crowd crowd = {0};
    char error[256];
    struct loop *loop = loop_new();
    struct tcp_listener *listener =
        tcp_listen(loop, SLICE("10.0.0.1:80"), false, crowd_accept, &crowd, error);
    for (size_t i = 0; i < CROWD; i++) {
        struct party *client = &crowd.scenes[i].client;
        client->tcp = tcp_connect(loop, SLICE("10.0.0.1:80"), &party_events, client);
    }
    step_all();
    assert_int_equal(crowd.accepted, CROWD);
    assert_int_equal(sim_cut(SLICE(""), 2), 2);
    step_all();
    size_t clients = 0, servers = 0;
    for (size_t i = 0; i < CROWD; i++) {
        clients += crowd.scenes[i].client.closes;
        servers += crowd.scenes[i].server.closes;
    }
    assert_int_equal(clients, 2);
    assert_int_equal(servers, 2);
    for (size_t i = 0; i < CROWD; i++) {
        tcp_close(crowd.scenes[i].client.tcp, false);
        tcp_close(crowd.scenes[i].server.tcp, false);
    }
    tcp_listener_close(listener);
    loop_free(loop);
}

static void connections_break_by_themselves_when_asked_to(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.cut_per_mille = 1000;
    scene_open(&scene);
    sim_set_faults(&faults);
    tcp_write(scene.client.tcp, SLICE("x"));
    step_all();
    assert_int_equal(scene.server.got.size, 0);
    assert_int_equal(scene.client.closes + scene.server.closes, 2);
    scene_done(&scene);
}

static void refused_connects_fail_until_they_are_allowed(void **state)
{
    struct scene scene;
    scene_listen(&scene);
    static const char *const refused[] = {"10.0.0.1:2775", ""};
    for (size_t i = 0; i < 2; i++) {
        sim_refuse(slice_cstr(refused[i]), true);
        scene_connect(&scene);
        step_all();
        assert_int_equal(scene.client.closes, i + 1);
        assert_false(scene.client.clean);
        tcp_close(scene.client.tcp, false);
        sim_refuse(slice_cstr(refused[i]), false);
    }
    sim_refuse(SLICE("10.0.0.1:2776"), true); /* another's */
    scene_connect(&scene);
    step_all();
    assert_int_equal(scene.client.connects, 1);
    assert_int_equal(scene.client.closes, 2);
    scene_done(&scene);
}

static void chance_refuses_some_connects(void **state)
{
    struct scene scene;
    struct sim_faults faults = sim_faults_none;
    faults.refuse_percent = 100;
    scene_listen(&scene);
    sim_set_faults(&faults);
    scene_connect(&scene);
    step_all();
    assert_int_equal(scene.client.closes, 1);
    assert_int_equal(scene.client.connects, 0);
    scene_done(&scene);
}

static void a_black_hole_holds_everything_until_it_closes(void **state)
{
    struct scene scene;
    scene_open(&scene);
    sim_black_hole(SLICE("10.0.0.1:2775"), true);
    tcp_write(scene.client.tcp, SLICE("one"));
    tcp_write(scene.server.tcp, SLICE("two"));
    sim_advance(86400000);
    assert_int_equal(scene.server.reads + scene.client.reads, 0);
    assert_int_equal(scene.server.closes + scene.client.closes, 0);
    sim_black_hole(SLICE("10.0.0.1:2775"), false);
    step_all();
    assert_true(slice_eq(buf_slice(&scene.server.got), SLICE("one")));
    assert_true(slice_eq(buf_slice(&scene.client.got), SLICE("two")));
    scene_done(&scene);
}

static void a_connect_into_a_black_hole_hangs(void **state)
{
    struct scene scene;
    scene_listen(&scene);
    sim_black_hole(SLICE(""), true);
    scene_connect(&scene);
    sim_advance(86400000);
    assert_int_equal(scene.client.connects + scene.client.closes, 0);
    sim_black_hole(SLICE(""), false);
    step_all();
    assert_int_equal(scene.client.connects, 1);
    scene_done(&scene);
}

static void a_closed_stream_that_cannot_send_is_given_up(void **state)
{
    struct scene scene;
    scene_open(&scene);
    tcp_pause(scene.server.tcp);
    char *much = calloc(1, 1000000);
    tcp_write(scene.client.tcp, slice_of(much, 1000000));
    free(much);
    tcp_close(scene.client.tcp, false);
    scene.client.tcp = NULL;
    step_all(); /* it ends: nothing waits for ever */
    tcp_resume(scene.server.tcp);
    step_all();
    assert_int_equal(scene.server.closes, 1);
    assert_false(scene.server.clean);
    assert_true(scene.server.got.size < 1000000);
    scene_done(&scene);
}

static void names_resolve_to_what_the_test_says(void **state)
{
    struct scene scene;
    scene_listen(&scene);
    scene.client.tcp =
        tcp_connect(scene.client.loop, SLICE("smsc.example:2775"), &party_events, &scene.client);
    step_all();
    assert_int_equal(scene.client.closes, 1);
    tcp_close(scene.client.tcp, false);
    sim_host(SLICE("smsc.example"), SLICE("10.0.0.1"));
    scene.client.tcp =
        tcp_connect(scene.client.loop, SLICE("smsc.example:2775"), &party_events, &scene.client);
    step_all();
    assert_int_equal(scene.client.connects, 1);
    assert_string_equal(tcp_peer(scene.client.tcp).at, "10.0.0.1:2775");
    scene_done(&scene);
}

static void a_killed_process_says_nothing_and_its_peers_see_their_streams_break(void **state)
{
    struct scene scene;
    struct loop_timer timer = {.fire = note_time};
    scene_open(&scene);
    loop_timer_start(scene.server.loop, &timer, 10);
    tcp_write(scene.server.tcp, SLICE("sent"));
    sim_step();
    tcp_write(scene.server.tcp, SLICE("not sent any more"));
    sim_kill_loop(scene.server.loop);
    scene.server.loop = NULL;
    scene.server.tcp = NULL;
    scene.listener = NULL;
    step_all();
    assert_true(slice_eq(buf_slice(&scene.client.got), SLICE("sent")));
    assert_int_equal(scene.client.closes, 1);
    assert_false(scene.client.clean);
    assert_int_equal(scene.server.closes, 0);
    tcp_close(scene.client.tcp, false);
    scene_connect(&scene);
    step_all();
    assert_int_equal(scene.client.closes, 2); /* nobody listens any more */
    scene_done(&scene);
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

#define SIM_TEST(test) cmocka_unit_test_setup_teardown(test, open_sim, close_sim)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_seed_gives_one_course_of_events),
        cmocka_unit_test(random_bytes_come_from_the_seed),
        SIM_TEST(time_moves_only_from_event_to_event),
        SIM_TEST(advancing_runs_what_falls_due_and_ends_on_the_millisecond),
        SIM_TEST(the_machines_clocks_are_virtual),
        SIM_TEST(latency_is_what_was_asked_for),
        cmocka_unit_test(shuffling_changes_who_comes_first_and_only_that),
        SIM_TEST(a_good_network_delivers_packets_as_they_were_sent),
        SIM_TEST(packets_can_come_byte_by_byte),
        SIM_TEST(packets_can_be_cut_anywhere),
        SIM_TEST(packets_can_be_merged),
        SIM_TEST(a_cut_breaks_both_ends_and_loses_what_was_on_its_way),
        SIM_TEST(only_as_many_as_asked_for_are_cut),
        SIM_TEST(connections_break_by_themselves_when_asked_to),
        SIM_TEST(refused_connects_fail_until_they_are_allowed),
        SIM_TEST(chance_refuses_some_connects),
        SIM_TEST(a_black_hole_holds_everything_until_it_closes),
        SIM_TEST(a_connect_into_a_black_hole_hangs),
        SIM_TEST(a_closed_stream_that_cannot_send_is_given_up),
        SIM_TEST(names_resolve_to_what_the_test_says),
        SIM_TEST(a_killed_process_says_nothing_and_its_peers_see_their_streams_break),
        SIM_TEST(a_stepper_works_when_its_queue_gets_something),
        SIM_TEST(a_push_wakes_only_the_stepper_that_takes_from_that_queue),
        SIM_TEST(a_stepper_sleeps_as_long_as_it_says),
        SIM_TEST(using_what_belongs_to_another_thread_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
