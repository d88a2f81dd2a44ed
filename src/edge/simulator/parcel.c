#include <assert.h>

#include "base/mem.h"
#include "edge/simulator/inside.h"

struct parcel_due {
    uint64_t due_mono_ms;
    uint64_t order; /* first come, first served within a millisecond */
    uint32_t parcel;
};

void parcel_pool_init(struct parcel_pool *pool, uint32_t limit)
{
    *pool = (struct parcel_pool){.limit = limit};
}

void parcel_pool_done(struct parcel_pool *pool)
{
    for (uint32_t i = 0; i < pool->capacity; i++)
        mem_free(pool->at[i].inbound);
    mem_free(pool->at);
    mem_free(pool->heap);
    *pool = (struct parcel_pool){0};
}

uint32_t parcel_new(struct parcel_pool *pool, enum parcel_kind kind)
{
    if (pool->count >= pool->limit) return 0;
    if (!pool->free) {
        uint32_t capacity = pool->capacity ? 2 * pool->capacity : 256;
        pool->at = mem_resize(pool->at, capacity * sizeof *pool->at);
        for (uint32_t i = capacity; i > pool->capacity; i--) {
            pool->at[i - 1] = (struct parcel){.next = pool->free};
            pool->free = i;
        }
        pool->capacity = capacity;
    }
    uint32_t parcel = pool->free;
    pool->free = parcel_at(pool, parcel)->next;
    *parcel_at(pool, parcel) = (struct parcel){.kind = kind};
    pool->count++;
    return parcel;
}

void parcel_free(struct parcel_pool *pool, uint32_t parcel)
{
    mem_free(parcel_at(pool, parcel)->inbound);
    *parcel_at(pool, parcel) = (struct parcel){.next = pool->free};
    pool->free = parcel;
    pool->count--;
}

/* The heap: the children of i are 2i and 2i + 1. */

static bool due_before(const struct parcel_due *a, const struct parcel_due *b)
{
    if (a->due_mono_ms != b->due_mono_ms) return a->due_mono_ms < b->due_mono_ms;
    return a->order < b->order;
}

void parcel_wait(struct parcel_pool *pool, uint32_t parcel, uint64_t due_mono_ms)
{
    if (pool->heap_count + 1 >= pool->heap_capacity) {
        pool->heap_capacity = pool->heap_capacity ? 2 * pool->heap_capacity : 256;
        pool->heap = mem_resize(pool->heap, pool->heap_capacity * sizeof *pool->heap);
    }
    struct parcel_due due = {due_mono_ms, pool->order++, parcel};
    uint32_t place = ++pool->heap_count;
    for (; place > 1 && due_before(&due, &pool->heap[place / 2]); place /= 2)
        pool->heap[place] = pool->heap[place / 2];
    pool->heap[place] = due;
}

bool parcel_next_due(const struct parcel_pool *pool, uint64_t *out_mono_ms)
{
    if (pool->heap_count == 0) return false;
    *out_mono_ms = pool->heap[1].due_mono_ms;
    return true;
}

uint32_t parcel_due_now(struct parcel_pool *pool, uint64_t mono_ms)
{
    if (pool->heap_count == 0 || pool->heap[1].due_mono_ms > mono_ms) return 0;
    uint32_t parcel = pool->heap[1].parcel;
    struct parcel_due last = pool->heap[pool->heap_count--];
    uint32_t place = 1;
    for (uint32_t child = 2; child <= pool->heap_count; child = 2 * place) {
        if (child < pool->heap_count && due_before(&pool->heap[child + 1], &pool->heap[child]))
            child++;
        if (!due_before(&pool->heap[child], &last)) break;
        pool->heap[place] = pool->heap[child];
        place = child;
    }
    pool->heap[place] = last;
    return parcel;
}

/* Queues */

void parcel_push(struct parcel_pool *pool, struct parcel_queue *queue, uint32_t parcel)
{
    struct parcel *at = parcel_at(pool, parcel);
    at->next = 0;
    at->previous = queue->last;
    if (queue->last)
        parcel_at(pool, queue->last)->next = parcel;
    else
        queue->first = parcel;
    queue->last = parcel;
    queue->count++;
}

void parcel_push_front(struct parcel_pool *pool, struct parcel_queue *queue, uint32_t parcel)
{
    struct parcel *at = parcel_at(pool, parcel);
    at->previous = 0;
    at->next = queue->first;
    if (queue->first)
        parcel_at(pool, queue->first)->previous = parcel;
    else
        queue->last = parcel;
    queue->first = parcel;
    queue->count++;
}

void parcel_remove(struct parcel_pool *pool, struct parcel_queue *queue, uint32_t parcel)
{
    assert(queue->count > 0);
    struct parcel *at = parcel_at(pool, parcel);
    if (at->previous)
        parcel_at(pool, at->previous)->next = at->next;
    else
        queue->first = at->next;
    if (at->next)
        parcel_at(pool, at->next)->previous = at->previous;
    else
        queue->last = at->previous;
    queue->count--;
}

uint32_t parcel_pop(struct parcel_pool *pool, struct parcel_queue *queue)
{
    uint32_t parcel = queue->first;
    if (parcel) parcel_remove(pool, queue, parcel);
    return parcel;
}
