#include "base/map.h"

#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"

void map_done(struct map *map)
{
    mem_free(map->entries);
    *map = (struct map){0};
}

static size_t map_home(const struct map *map, uint64_t key)
{
    return hash_u64(key) & (map->capacity - 1);
}

static void map_place(struct map *map, uint64_t key, uint64_t value)
{
    size_t i = map_home(map, key);
    while (map->entries[i].key)
        i = (i + 1) & (map->capacity - 1);
    map->entries[i] = (struct map_entry){key, value};
}

/* Kept at most 3/4 full: longer runs cost more than the memory saved. */
static void map_make_room(struct map *map)
{
    if ((map->count + 1) * 4 <= map->capacity * 3) return;
    struct map old = *map;
    map->capacity = old.capacity ? old.capacity * 2 : 16;
    map->entries = mem_alloc(map->capacity * sizeof *map->entries);
    for (size_t i = 0; i < old.capacity; i++)
        if (old.entries[i].key) map_place(map, old.entries[i].key, old.entries[i].value);
    mem_free(old.entries);
}

void map_add(struct map *map, uint64_t key, uint64_t value)
{
    assert(key != 0);
    map_make_room(map);
    map_place(map, key, value);
    map->count++;
}

static bool map_find(const struct map *map, uint64_t key, const uint64_t *value, size_t *out_index)
{
    if (map->count == 0 || key == 0) return false;
    for (size_t i = map_home(map, key); map->entries[i].key; i = (i + 1) & (map->capacity - 1)) {
        if (map->entries[i].key != key || (value && map->entries[i].value != *value)) continue;
        *out_index = i;
        return true;
    }
    return false;
}

void map_set(struct map *map, uint64_t key, uint64_t value)
{
    size_t i;
    if (map_find(map, key, NULL, &i))
        map->entries[i].value = value;
    else
        map_add(map, key, value);
}

bool map_get(const struct map *map, uint64_t key, uint64_t *out_value)
{
    size_t i;
    if (!map_find(map, key, NULL, &i)) return false;
    *out_value = map->entries[i].value;
    return true;
}

/* Closes the gap: entries behind it that would no longer be found from their home move into it. */
static void map_take_out(struct map *map, size_t gap)
{
    size_t mask = map->capacity - 1;
    for (size_t i = (gap + 1) & mask; map->entries[i].key; i = (i + 1) & mask) {
        size_t home = map_home(map, map->entries[i].key);
        if (((i - home) & mask) < ((i - gap) & mask)) continue;
        map->entries[gap] = map->entries[i];
        gap = i;
    }
    map->entries[gap] = (struct map_entry){0};
    map->count--;
}

bool map_remove(struct map *map, uint64_t key)
{
    size_t i;
    if (!map_find(map, key, NULL, &i)) return false;
    map_take_out(map, i);
    return true;
}

bool map_remove_value(struct map *map, uint64_t key, uint64_t value)
{
    size_t i;
    if (!map_find(map, key, &value, &i)) return false;
    map_take_out(map, i);
    return true;
}

bool map_each_of(const struct map *map, uint64_t key, size_t *cursor, uint64_t *out_value)
{
    if (map->count == 0 || key == 0) return false;
    /* The cursor counts steps from the key's home, so it survives as a plain number. */
    for (size_t step = *cursor;; step++) {
        const struct map_entry *entry =
            &map->entries[(map_home(map, key) + step) & (map->capacity - 1)];
        if (!entry->key) return false;
        if (entry->key != key) continue;
        *cursor = step + 1;
        *out_value = entry->value;
        return true;
    }
}

bool map_each(const struct map *map, size_t *cursor, struct map_entry *out_entry)
{
    while (*cursor < map->capacity) {
        const struct map_entry *entry = &map->entries[(*cursor)++];
        if (!entry->key) continue;
        *out_entry = *entry;
        return true;
    }
    return false;
}
