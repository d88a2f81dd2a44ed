#include "net/thread.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "net/sim/sim_inside.h"

struct thread *thread_start(const char *name, void (*run)(void *user), void *user)
{
    /* A thread would run for ever here: what it does in one round is a stepper. */
    abort();
}

void thread_join(struct thread *thread)
{
    assert(!thread);
}

struct queue {
    struct queue_node *first, *last;
    size_t size;
    struct sim_stepper *consumer; /* the stepper that took from it last */
};

struct queue *queue_new(void)
{
    return MEM_NEW(struct queue);
}

void queue_free(struct queue *queue)
{
    mem_free(queue);
}

size_t queue_push(struct queue *queue, struct queue_node *node)
{
    node->next = NULL;
    if (queue->last)
        queue->last->next = node;
    else
        queue->first = node;
    queue->last = node;
    queue->size++;
    sim_wake_stepper(queue->consumer);
    return queue->size;
}

size_t queue_size(const struct queue *queue)
{
    return queue->size;
}

struct queue_node *queue_pop(struct queue *queue, size_t max, uint64_t wait_ms)
{
    assert(max > 0);
    if (sim_current_stepper()) queue->consumer = sim_current_stepper();
    struct queue_node *first = queue->first, *last = NULL;
    for (size_t i = 0; i < max && queue->first; i++) {
        last = queue->first;
        queue->first = last->next;
        queue->size--;
    }
    if (last) last->next = NULL;
    if (!queue->first) queue->last = NULL;
    return first;
}

void queue_wake(struct queue *queue)
{
    sim_wake_stepper(queue->consumer);
}
