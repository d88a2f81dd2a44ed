#include "base/ids.h"

#define NODE_BITS     6
#define SEQUENCE_BITS 14

uint64_t id_first_at(uint64_t wall_ms)
{
    return wall_ms << (NODE_BITS + SEQUENCE_BITS);
}

uint64_t id_ms(uint64_t key)
{
    return key >> (NODE_BITS + SEQUENCE_BITS);
}

uint64_t id_next(struct id_source *source, uint64_t wall_ms)
{
    const uint64_t sequence_mask = (1u << SEQUENCE_BITS) - 1;
    uint64_t key = id_first_at(wall_ms) | source->node << SEQUENCE_BITS;
    if (key <= source->last) {
        /* The next sequence number of the last millisecond, or the first of the one after it. */
        if ((source->last & sequence_mask) < sequence_mask)
            key = source->last + 1;
        else
            key = id_first_at(id_ms(source->last) + 1) | source->node << SEQUENCE_BITS;
    }
    source->last = key;
    return key;
}
