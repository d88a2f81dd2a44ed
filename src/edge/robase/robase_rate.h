/* How often one key may ask one endpoint: a token bucket each, on the domain's clock. What is kept
   of a bucket is the one time when it will be full again (the generic cell rate algorithm), and a
   full one is not kept at all. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/map.h"

/* Buckets that are not full. With more, all begin anew: a limit that forgets now and then is better
   than memory without one. */
#define ROBASE_BUCKETS_MAX 65536

struct robase_rate {
    uint32_t rate, burst; /* a second; rate 0: no limit */
    struct map full_at;   /* hash of key and endpoint -> microseconds since 1970 */
};

void robase_rate_done(struct robase_rate *rate);
/* Takes a token; false when there is none. */
bool robase_rate_take(struct robase_rate *rate, struct key_id key, unsigned endpoint,
                      uint64_t wall_ms);
