#include "edge/smpp_client/window.h"

#include <assert.h>

#include "base/mem.h"

void window_done(struct window *window)
{
    mem_free(window->at);
    map_done(&window->by_sequence);
    *window = (struct window){0};
}

static void window_grow(struct window *window)
{
    uint32_t capacity = window->capacity ? window->capacity * 2 : 16;
    window->at = mem_resize(window->at, capacity * sizeof *window->at);
    for (uint32_t i = capacity; i > window->capacity; i--) {
        window->at[i - 1] = (struct window_entry){.newer = window->free};
        window->free = i;
    }
    window->capacity = capacity;
}

void window_add(struct window *window, uint32_t sequence, struct attempt_id attempt,
                uint64_t mono_ms)
{
    assert(sequence != 0 && !map_get(&window->by_sequence, sequence, &(uint64_t){0}));
    if (!window->free) window_grow(window);
    uint32_t place = window->free;
    struct window_entry *entry = &window->at[place - 1];
    window->free = entry->newer;
    *entry = (struct window_entry){
        .attempt = attempt,
        .written_mono_ms = mono_ms,
        .sequence = sequence,
        .older = window->newest,
    };
    if (window->newest)
        window->at[window->newest - 1].newer = place;
    else
        window->oldest = place;
    window->newest = place;
    window->count++;
    map_set(&window->by_sequence, sequence, place);
}

static void window_remove(struct window *window, uint32_t place)
{
    struct window_entry *entry = &window->at[place - 1];
    if (entry->older)
        window->at[entry->older - 1].newer = entry->newer;
    else
        window->oldest = entry->newer;
    if (entry->newer)
        window->at[entry->newer - 1].older = entry->older;
    else
        window->newest = entry->older;
    map_remove(&window->by_sequence, entry->sequence);
    entry->newer = window->free;
    window->free = place;
    window->count--;
}

bool window_take(struct window *window, uint32_t sequence, struct attempt_id *out)
{
    uint64_t place;
    if (sequence == 0 || !map_get(&window->by_sequence, sequence, &place)) return false;
    *out = window->at[place - 1].attempt;
    window_remove(window, (uint32_t)place);
    return true;
}

bool window_pop(struct window *window, struct attempt_id *out)
{
    if (!window->oldest) return false;
    *out = window->at[window->oldest - 1].attempt;
    window_remove(window, window->oldest);
    return true;
}

const struct window_entry *window_oldest(const struct window *window)
{
    return window->oldest ? &window->at[window->oldest - 1] : NULL;
}
