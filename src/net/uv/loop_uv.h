/* What the files of net/uv know of each other. Nobody else includes this. */
#pragma once

#include <stdatomic.h>
#include <uv.h>

#include "net/loop.h"
#include "net/timer_heap.h"

/* What one read of a socket can bring at most; the buffer is shared by the streams of a loop. */
enum { LOOP_READ_SIZE = 64 * 1024 };

/* A ring of streams: the head is a member of its own ring. */
struct tcp_ring {
    struct tcp_ring *prev, *next;
};

struct tcp_spare;
struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_prepare_t before_poll;
    uv_timer_t timer;
    uv_signal_t signals[3];
    void (*on_signal)(struct loop *loop, int signal_number);
    void *user;
    bool running;

    _Atomic(struct loop_task *) posted; /* the newest first */
    struct timer_heap timers;
    uint64_t timer_order;
    uint64_t armed_mono_ms; /* when `timer` wakes the loop; UINT64_MAX: never */

    size_t open_count;         /* streams and listeners that their owners have not closed */
    struct tcp_ring unflushed; /* have bytes that were written in this round */
    struct tcp_ring lingering; /* closed by their owners, still sending */
    struct tcp_spare *spares;  /* write buffers for the next round */
    size_t spare_count;
    char *read_buffer;
};

static inline void tcp_ring_init(struct tcp_ring *ring)
{
    ring->prev = ring->next = ring;
}

/* In no ring, or an empty one. */
static inline bool tcp_ring_is_alone(const struct tcp_ring *ring)
{
    return ring->next == ring;
}

static inline void tcp_ring_remove(struct tcp_ring *member)
{
    member->prev->next = member->next;
    member->next->prev = member->prev;
    tcp_ring_init(member);
}

static inline void tcp_ring_add(struct tcp_ring *ring, struct tcp_ring *member)
{
    tcp_ring_remove(member);
    member->prev = ring->prev;
    member->next = ring;
    ring->prev->next = member;
    ring->prev = member;
}

/* Of tcp_uv.c, for the loop: hands the round's writes to the kernel. */
void tcp_flush_all(struct loop *loop);
/* Gives closed streams that are still sending `ms` more, then cuts them. */
void tcp_hurry_all(struct loop *loop, uint64_t ms);
void tcp_drop_spares(struct loop *loop);
