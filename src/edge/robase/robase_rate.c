#include "edge/robase/robase_rate.h"

#include "base/hash.h"

void robase_rate_done(struct robase_rate *rate)
{
    map_done(&rate->full_at);
}

/* Drops the buckets that are full by now, or all of them if that makes no room. */
static void make_room(struct robase_rate *rate, uint64_t now_us)
{
    struct map kept = {0};
    struct map_entry entry;
    for (size_t cursor = 0; map_each(&rate->full_at, &cursor, &entry);)
        if (entry.value > now_us) map_set(&kept, entry.key, entry.value);
    map_done(&rate->full_at);
    if (kept.count < ROBASE_BUCKETS_MAX / 2)
        rate->full_at = kept;
    else
        map_done(&kept);
}

bool robase_rate_take(struct robase_rate *rate, struct key_id key, unsigned endpoint,
                      uint64_t wall_ms)
{
    if (rate->rate == 0) return true;
    uint64_t token_us = rate->rate < 1000000 ? 1000000 / rate->rate : 1;
    uint64_t bucket_us = token_us * (rate->burst ? rate->burst : 1);
    uint64_t now_us = wall_ms * 1000;
    uint64_t hash = hash_u64(key.v ^ hash_u64(endpoint + 1));
    uint64_t slot = hash ? hash : 1;
    uint64_t full_at = 0;
    bool known = map_get(&rate->full_at, slot, &full_at);
    if (full_at < now_us) full_at = now_us;
    /* A clock that stepped back must not lock anybody out for as long as it did. */
    if (full_at > now_us + bucket_us) {
        full_at = now_us + bucket_us;
        map_set(&rate->full_at, slot, full_at);
    }
    if (full_at + token_us > now_us + bucket_us) return false;
    if (!known && rate->full_at.count >= ROBASE_BUCKETS_MAX) make_room(rate, now_us);
    map_set(&rate->full_at, slot, full_at + token_us);
    return true;
}
