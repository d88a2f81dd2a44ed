/* Makes up telephone numbers as people and programs write them, right and wrong, out of the
   patterns of numbering plans. The same seed makes the same numbers. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "oracle.h"

struct dial {
    uint64_t random; /* not 0 */
    const struct oracle_pattern *patterns;
    size_t pattern_count;

    /* what dial_next made */
    char text[160];
    size_t size;
    const char *region; /* where it is dialled; NULL: nowhere in particular */
    const struct oracle_pattern *from;
};

void dial_next(struct dial *dial);
