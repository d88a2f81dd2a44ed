#include "net/timer_heap.h"

#include <assert.h>

#include "base/mem.h"

void timer_heap_done(struct timer_heap *heap)
{
    mem_free(heap->at);
    *heap = (struct timer_heap){0};
}

static bool timer_before(const struct loop_timer *a, const struct loop_timer *b)
{
    if (a->due_mono_ms != b->due_mono_ms) return a->due_mono_ms < b->due_mono_ms;
    return a->order < b->order;
}

static void timer_heap_set(struct timer_heap *heap, size_t index, struct loop_timer *timer)
{
    heap->at[index] = timer;
    timer->heap_index = index;
}

static void timer_heap_rise(struct timer_heap *heap, struct loop_timer *timer, size_t index)
{
    while (index > 1 && timer_before(timer, heap->at[index / 2])) {
        timer_heap_set(heap, index, heap->at[index / 2]);
        index /= 2;
    }
    timer_heap_set(heap, index, timer);
}

static void timer_heap_sink(struct timer_heap *heap, struct loop_timer *timer, size_t index)
{
    for (;;) {
        size_t child = index * 2;
        if (child > heap->count) break;
        if (child < heap->count && timer_before(heap->at[child + 1], heap->at[child])) child++;
        if (!timer_before(heap->at[child], timer)) break;
        timer_heap_set(heap, index, heap->at[child]);
        index = child;
    }
    timer_heap_set(heap, index, timer);
}

static void timer_heap_settle(struct timer_heap *heap, struct loop_timer *timer, size_t index)
{
    if (index > 1 && timer_before(timer, heap->at[index / 2]))
        timer_heap_rise(heap, timer, index);
    else
        timer_heap_sink(heap, timer, index);
}

void timer_heap_put(struct timer_heap *heap, struct loop_timer *timer)
{
    size_t index = timer->heap_index;
    if (index == 0) {
        if (heap->count + 1 >= heap->capacity) {
            heap->capacity = heap->capacity ? heap->capacity * 2 : 64;
            heap->at = mem_resize(heap->at, heap->capacity * sizeof(struct loop_timer *));
        }
        index = ++heap->count;
    } else {
        assert(heap->at[index] == timer);
    }
    timer_heap_settle(heap, timer, index);
}

void timer_heap_remove(struct timer_heap *heap, struct loop_timer *timer)
{
    size_t index = timer->heap_index;
    if (index == 0) return;
    assert(index <= heap->count && heap->at[index] == timer);
    timer->heap_index = 0;
    struct loop_timer *last = heap->at[heap->count--];
    if (last != timer) timer_heap_settle(heap, last, index);
}
