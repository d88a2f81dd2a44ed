#include "net/machine.h"

#include <sodium.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

static uint64_t machine_read_ms(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static uint64_t machine_wall_ms(void *source)
{
    return machine_read_ms(CLOCK_REALTIME);
}

static uint64_t machine_mono_ms(void *source)
{
    return machine_read_ms(CLOCK_MONOTONIC);
}

void machine_clock_init(struct clock *clock)
{
    clock->wall_ms = machine_wall_ms;
    clock->mono_ms = machine_mono_ms;
    clock->source = NULL;
    clock->offset_ms = 0;
}

void machine_random(void *out, size_t size)
{
    /* May be called again and from any thread; fails only when the kernel gives no randomness,
       and a key made without any would be worse than no program. */
    if (sodium_init() < 0) abort();
    randombytes_buf(out, size);
}
