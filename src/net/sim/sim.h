/* The simulator's backend of net/: any number of loops in one thread, on virtual time, with a
   network that lives in this process. Nothing happens except in sim_step, and one seed gives one
   course of events. Tests hold the strings here; the code under test sees only the headers of net/
   itself. It also watches the rule of the threads: using a stream, a timer or a listener from
   another loop than its own, or from a stepper, is an assertion. */
#pragma once

#include "base/slice.h"
#include "net/loop.h"

/* One simulation at a time. Machine time starts at 1,000,000 ms, the wall clock at 2026-01-01. */
void sim_open(uint64_t seed);
/* All loops must be freed or killed before. */
void sim_close(void);

/* Runs the earliest of: a posted task, a due timer, a network event, a stepper; time moves to it.
   False when nothing is left that could ever happen. */
bool sim_step(void);
/* Everything that falls due in the next `ms`, then the clock stands `ms` later. */
void sim_advance(uint64_t ms);
uint64_t sim_now(void); /* machine time, milliseconds */
/* The machine's wall clock alone jumps, as when an operator or NTP sets it. */
void sim_shift_wall(int64_t ms);

/* 0 to below - 1, from the seed: for the choices of a test. */
uint64_t sim_random(uint64_t below);
/* A number over everything that has happened so far: equal for two runs that are the same. */
uint64_t sim_digest(void);
/* One line for each event, for people; NULL ends it. */
void sim_trace(void (*line)(void *user, const char *text), void *user);

/* Something that is a thread in the real program: `step` does what the thread does in one round
   (taking from its queue without waiting) and returns for how many milliseconds the thread would
   now sleep if nothing came: 0 asks for another round at once, SIM_SLEEP waits for a push. It is
   called when that time is over and when something was pushed to a queue that it takes from. */
#define SIM_SLEEP UINT64_MAX
void sim_add_stepper(uint64_t (*step)(void *user), void *user);
void sim_remove_stepper(uint64_t (*step)(void *user), void *user);

/* The end of a process without warning: the loop, its streams, listeners, timers and tasks are
   gone, no callback is called, and the peers see their streams break. What the owners of all that
   had allocated is theirs to drop. */
void sim_kill_loop(struct loop *loop);

struct sim_faults {
    bool shuffle; /* events of the same millisecond in random order, else in the order they came up
                   */
    uint64_t latency_min_ms, latency_max_ms; /* of each packet, either way */
    unsigned split_percent;  /* chance that what one delivery brings is cut at a random place */
    unsigned merge_percent;  /* chance that a delivery is held up, and later packets join it */
    size_t piece_max;        /* largest delivery; 1: byte by byte; 0: as large as a read gets */
    size_t window;           /* bytes a stream takes before tcp_unsent grows */
    unsigned refuse_percent; /* chance that a connect is refused */
    unsigned cut_per_mille;  /* chance that a delivery breaks the connection instead */
};
/* What holds after sim_open: in order, no latency, nothing cut, 256 KB of window. */
extern const struct sim_faults sim_faults_none;
void sim_set_faults(const struct sim_faults *faults);

/* `address` is the text that was listened on; an empty slice means all. */
/* Breaks up to `max` connections, chosen at random: both ends lose what was on its way and see the
   stream break. Returns how many. */
size_t sim_cut(struct slice address, size_t max);
/* Connects are refused while on. */
void sim_refuse(struct slice address, bool on);
/* Nothing arrives while on, in either direction, and connects hang; what was sent arrives later. */
void sim_black_hole(struct slice address, bool on);
/* Makes a host name resolve ("carrier.example", "10.0.0.1"). "localhost" is 127.0.0.1 always. */
void sim_host(struct slice name, struct slice ip);
