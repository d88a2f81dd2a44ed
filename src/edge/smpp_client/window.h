/* The submits of one session that have no answer yet, oldest first. */
#pragma once

#include "base/ids.h"
#include "base/map.h"

struct window_entry {
    struct attempt_id attempt;
    uint64_t written_mono_ms;
    uint32_t sequence;
    uint32_t newer, older; /* index + 1; 0: none. The free ones are linked by `newer` */
};

/* A zeroed window is empty. It grows with what is added; the caller keeps the bound. */
struct window {
    struct window_entry *at;
    uint32_t capacity, count;
    uint32_t oldest, newest, free; /* index + 1; 0: none */
    struct map by_sequence;
};

void window_done(struct window *window);
/* The sequence number must not be in use in this window (asserted). */
void window_add(struct window *window, uint32_t sequence, struct attempt_id attempt,
                uint64_t mono_ms);
/* Takes the entry with this number out; false when there is none. */
bool window_take(struct window *window, uint32_t sequence, struct attempt_id *out);
/* Takes the oldest entry out; false when it is empty. */
bool window_pop(struct window *window, struct attempt_id *out);
/* NULL when it is empty. */
const struct window_entry *window_oldest(const struct window *window);
