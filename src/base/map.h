/* A hash map from 64-bit keys to 64-bit values: open addressing, grows by doubling, removal by
   moving back. Key 0 is not allowed. With repeated keys allowed (map_add), map_each_of walks all
   values of one key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_entry {
    uint64_t key;
    uint64_t value;
};

struct map {
    struct map_entry *entries;
    size_t capacity; /* power of two, or 0 */
    size_t count;
};

/* A zeroed map is empty and ready. */
void map_done(struct map *map);
/* Sets the value of a key, replacing an earlier one. */
void map_set(struct map *map, uint64_t key, uint64_t value);
/* Adds a value beside those the key has already. */
void map_add(struct map *map, uint64_t key, uint64_t value);
bool map_get(const struct map *map, uint64_t key, uint64_t *out_value);
bool map_remove(struct map *map, uint64_t key);
/* Removes one pair; false when it is not there. */
bool map_remove_value(struct map *map, uint64_t key, uint64_t value);
/* Values of one key: start with *cursor 0. */
bool map_each_of(const struct map *map, uint64_t key, size_t *cursor, uint64_t *out_value);
/* All pairs, in no order: start with *cursor 0. No change while walking. */
bool map_each(const struct map *map, size_t *cursor, struct map_entry *out_entry);

static inline void *map_get_pointer(const struct map *map, uint64_t key)
{
    uint64_t value;
    return map_get(map, key, &value) ? (void *)(uintptr_t)value : NULL;
}

static inline void map_set_pointer(struct map *map, uint64_t key, const void *at)
{
    map_set(map, key, (uint64_t)(uintptr_t)at);
}
