/* One source of tests for both backends of net/: how a test waits on each. On libuv a timer looks
   at the condition; in the simulator the test steps. There, the first round of the tests runs on a
   faultless network and the others, one seed each, on bad ones. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/loop.h"

/* Longer than anything that a test waits for; reaching it is a failure. */
enum { NET_WAIT_MAX_MS = 30000 };

#ifdef NET_SIM

#include "net/sim/sim.h"

enum { NET_SEEDS = 25 };
static uint64_t net_seed;
static size_t net_window;

static inline int net_open(void **state)
{
    sim_open(net_seed);
    net_window = sim_faults_none.window;
    if (net_seed == 0) return 0;
    static const size_t pieces[] = {0, 1, 7, 1000, 60000};
    static const size_t windows[] = {1, 300, 10000, 256 * 1024};
    struct sim_faults faults = {
        .shuffle = sim_random(4) > 0,
        .latency_max_ms = sim_random(2) * sim_random(300),
        .split_percent = (unsigned)(sim_random(2) * sim_random(101)),
        .merge_percent = (unsigned)(sim_random(2) * sim_random(101)),
        .piece_max = pieces[sim_random(5)],
        .window = windows[sim_random(4)],
    };
    /* Small pieces of large transfers would take long. */
    if (faults.piece_max && faults.window > faults.piece_max * 1000) faults.window = 1000;
    net_window = faults.window;
    sim_set_faults(&faults);
    return 0;
}

static inline int net_close(void **state)
{
    sim_close();
    return 0;
}

static inline bool net_is_faultless(void)
{
    return net_seed == 0;
}

/* More than all buffers on the way hold. */
static inline size_t net_much(void)
{
    return 3 * net_window + 5000;
}

static inline bool run_until(struct loop *loop, bool (*done)(void *user), void *user)
{
    /* Bad networks may take days of virtual time. */
    while (!done(user)) {
        if (!sim_step()) return done(user);
    }
    return true;
}

/* Long enough for whatever is on its way to have happened. */
static inline void run_until_quiet(struct loop *loop)
{
    sim_advance(600000);
}

#define NET_RUN(tests)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        int failed = 0;                                                                            \
        for (net_seed = 0; net_seed < NET_SEEDS; net_seed++)                                       \
            failed += cmocka_run_group_tests(tests, NULL, NULL);                                   \
        return failed != 0;                                                                        \
    }

#else

struct run_until {
    struct loop_timer look;
    struct loop *loop;
    bool (*done)(void *user);
    void *user;
    uint64_t end_mono_ms;
};

static inline void run_until_look(struct loop_timer *timer)
{
    struct run_until *run = (struct run_until *)(void *)timer;
    bool over = loop_mono_ms(run->loop) >= run->end_mono_ms;
    if (over || (run->done && run->done(run->user)))
        loop_stop(run->loop);
    else
        loop_timer_start(run->loop, timer, 1);
}

static inline void run_until_end(struct loop *loop, bool (*done)(void *user), void *user,
                                 uint64_t max_ms)
{
    struct run_until run = {.look.fire = run_until_look, .loop = loop, .done = done, .user = user};
    run.end_mono_ms = loop_mono_ms(loop) + max_ms;
    loop_timer_start(loop, &run.look, 0);
    loop_run(loop);
}

static inline int net_open(void **state)
{
    return 0;
}

static inline int net_close(void **state)
{
    return 0;
}

static inline bool net_is_faultless(void)
{
    return true;
}

/* More than all buffers on the way hold: the kernel's go up to 4 + 6 MB (tcp_wmem, tcp_rmem). */
static inline size_t net_much(void)
{
    return 16000000;
}

static inline bool run_until(struct loop *loop, bool (*done)(void *user), void *user)
{
    run_until_end(loop, done, user, NET_WAIT_MAX_MS);
    return done(user);
}

static inline void run_until_quiet(struct loop *loop)
{
    run_until_end(loop, NULL, NULL, 30);
}

#define NET_RUN(tests)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif

#define NET_TEST(test) cmocka_unit_test_setup_teardown(test, net_open, net_close)
