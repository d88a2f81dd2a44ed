/* A spinning read-write lock for tables that are read all the time, changed seldom, and held for
   well under a microsecond. Readers never wait for readers. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

struct rwspin {
    _Atomic int32_t holders; /* readers, or -1: one writer */
};

static inline void rwspin_read(struct rwspin *lock)
{
    for (;;) {
        int32_t seen = atomic_load_explicit(&lock->holders, memory_order_relaxed);
        if (seen >= 0 &&
            atomic_compare_exchange_weak_explicit(&lock->holders, &seen, seen + 1,
                                                  memory_order_acquire, memory_order_relaxed))
            return;
    }
}

static inline void rwspin_read_done(struct rwspin *lock)
{
    atomic_fetch_sub_explicit(&lock->holders, 1, memory_order_release);
}

static inline void rwspin_write(struct rwspin *lock)
{
    int32_t free = 0;
    while (!atomic_compare_exchange_weak_explicit(&lock->holders, &free, -1, memory_order_acquire,
                                                  memory_order_relaxed))
        free = 0;
}

static inline void rwspin_write_done(struct rwspin *lock)
{
    atomic_store_explicit(&lock->holders, 0, memory_order_release);
}
