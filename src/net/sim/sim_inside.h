/* What the files of net/sim know of each other. Nobody else includes this. */
#pragma once

#include "net/address.h"
#include "net/sim/sim.h"
#include "net/tcp.h"
#include "net/timer_heap.h"

/* Something that may happen. It stands at most once in the order of events, so whatever has an
   order of its own (tasks of a loop, bytes of a stream) keeps it however events are shuffled. */
struct sim_source {
    struct loop_timer timer; /* in sim.events; first, so that it casts back */
    struct loop *loop;       /* whose code runs; NULL: a stepper's */
    const char *name;
    uint64_t id;
};

struct sim_stepper;
struct sim_rule;
struct sim {
    bool is_open;
    bool stepping;
    uint64_t now_ms;
    uint64_t wall_offset_ms;
    struct timer_heap events;
    uint64_t event_order;
    uint64_t source_count;
    uint64_t random, machine_random; /* two streams, so that making keys does not move events */
    uint64_t digest;
    void (*trace)(void *user, const char *text);
    void *trace_user;

    struct sim_source *current; /* whose code runs; NULL: the test's own */
    struct sim_stepper *steppers, *current_stepper;
    struct sim_faults faults;
    struct sim_rule *rules;
    struct loop *loops;             /* the newest first */
    struct tcp *streams;            /* likewise */
    struct tcp_listener *listeners; /* likewise */
    struct tcp *dead; /* freed after the step: callbacks on the stack may look at them */
    uint16_t next_port;
    char *read_buffer;
};
extern struct sim sim;

enum { SIM_READ_MAX = 64 * 1024, SIM_PORT_FIRST = 40000 };

struct loop {
    struct loop *next;
    struct loop_task *first_task, *last_task;
    struct timer_heap timers;
    uint64_t timer_order;
    struct sim_source tasks, due;
    size_t open_count; /* streams and listeners that their owners have not closed */
    bool stopped;
    void *user;
};

void sim_source_init(struct sim_source *source, struct loop *loop, const char *name,
                     void (*happen)(struct loop_timer *timer));
/* Puts it in the order of events, or moves it. */
void sim_source_at(struct sim_source *source, uint64_t due_ms);
void sim_source_off(struct sim_source *source);
/* Asserts that the code that runs may use what belongs to `loop`. */
void sim_check_loop(const struct loop *loop);
/* Adds to the digest, and to the trace if there is one. */
void sim_note(uint64_t number, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool sim_chance(unsigned share, unsigned of);
uint64_t sim_latency(void);
uint64_t sim_draw(uint64_t *state);

struct sim_stepper *sim_current_stepper(void);
/* One that is not, or no longer, there (NULL) wakes all. */
void sim_wake_stepper(struct sim_stepper *stepper);

/* Of fault_sim.c. */
bool sim_is_refused(const char *address);
bool sim_is_hole(const char *address);
/* The literal that a host name stands for; NULL when it is unknown. */
const char *sim_look_up(const char *name);
void sim_drop_rules(void);

/* Of tcp_sim.c and listen_sim.c. */
struct tcp_listener *tcp_find_listener(const struct address *address);
const char *tcp_listener_text(const struct tcp_listener *listener);
struct loop *tcp_listener_loop(const struct tcp_listener *listener);
void tcp_listener_accept(struct tcp_listener *listener, struct tcp *tcp);
void tcp_free_listeners(struct loop *loop);
/* Frees the streams of a loop; `politely` lets closed ones send what they still have. */
void tcp_free_streams(struct loop *loop, bool politely);
void tcp_bury(void);
/* Tries again to deliver what a black hole has kept. */
void tcp_reschedule_all(void);
size_t tcp_cut_some(struct slice address, size_t max);
uint16_t tcp_next_port(void);
