#include "net/machine.h"

#include <string.h>

#include "base/clock.h"
#include "net/sim/sim_inside.h"

static uint64_t machine_wall_ms(void *source)
{
    return sim.now_ms + sim.wall_offset_ms;
}

static uint64_t machine_mono_ms(void *source)
{
    return sim.now_ms;
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
    char *at = out;
    while (size > 0) {
        uint64_t bits = sim_draw(&sim.machine_random);
        size_t piece = size < sizeof bits ? size : sizeof bits;
        memcpy(at, &bits, piece);
        at += piece;
        size -= piece;
    }
}
