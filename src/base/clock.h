/* The two times a server lives by. Wall time is what messages, ledgers and customers see; the
   operator of a test may move it forward (`offset_ms`), never back. Monotonic time drives network
   deadlines and is never moved. Nothing outside net/ asks the machine for the time. */
#pragma once

#include <stdint.h>

struct clock {
    uint64_t (*wall_ms)(void *source); /* since 1970 UTC */
    uint64_t (*mono_ms)(void *source);
    void *source;
    _Atomic uint64_t offset_ms; /* added to wall time; written by the core only */
};

static inline uint64_t clock_wall_ms(struct clock *clock)
{
    return clock->wall_ms(clock->source) + clock->offset_ms;
}

static inline uint64_t clock_mono_ms(struct clock *clock)
{
    return clock->mono_ms(clock->source);
}
