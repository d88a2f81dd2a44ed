/* One event loop: tasks from other threads, timers, and (tcp.h, http_client.h) sockets. Two
   backends implement the headers of net/: net/uv on libuv, and net/sim, which steps any number of
   loops in one thread on virtual time. A program links one of them; the callers cannot tell which.
   Everything except loop_post belongs to the loop's own thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop); /* every handle must be closed before */
/* Runs until loop_stop. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop); /* from the loop's thread */

/* Milliseconds that only go forward; the same scale on all loops. */
uint64_t loop_mono_ms(struct loop *loop);

/* A piece of work handed to a loop from any thread. The caller owns the memory (embed it), and it
   must not be posted again before `run` was called. Tasks of one thread run in the order posted. */
struct loop_task {
    void (*run)(struct loop_task *task);
    struct loop_task *next;
};
void loop_post(struct loop *loop, struct loop_task *task);

/* A one-shot timer in memory the caller owns. Starting a running timer moves it. */
struct loop_timer {
    void (*fire)(struct loop_timer *timer);
    uint64_t due_mono_ms;
    uint64_t order;
    size_t heap_index; /* 0: not running */
};
void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms);
void loop_timer_stop(struct loop *loop, struct loop_timer *timer);

/* SIGTERM, SIGINT, SIGHUP delivered to a loop (never in the simulator). One handler a loop. */
void loop_on_signal(struct loop *loop, void (*handler)(struct loop *loop, int signal_number));

/* A pointer the owner of the loop keeps on it. */
void loop_set_user(struct loop *loop, void *user);
void *loop_user(struct loop *loop);
