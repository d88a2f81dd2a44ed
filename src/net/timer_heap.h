/* Timers ordered by due time, then by `order`. The timers themselves belong to their owners; the
   heap holds pointers, and each timer knows its place (1-based), so that moving and removing one
   needs no search. */
#pragma once

#include "net/loop.h"

struct timer_heap {
    struct loop_timer **at; /* at[1] is the first */
    size_t count;
    size_t capacity;
};

void timer_heap_done(struct timer_heap *heap);
/* Puts it in, or moves it when it is in already, to the place that its due time and order say. */
void timer_heap_put(struct timer_heap *heap, struct loop_timer *timer);
/* Does nothing when the timer is not in. */
void timer_heap_remove(struct timer_heap *heap, struct loop_timer *timer);

static inline struct loop_timer *timer_heap_first(const struct timer_heap *heap)
{
    return heap->count ? heap->at[1] : NULL;
}
