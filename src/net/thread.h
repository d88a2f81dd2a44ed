/* Threads and the queue that feeds one. In the simulator threads do not exist: the stepper calls
   the functions a thread would call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct thread;
struct thread *thread_start(const char *name, void (*run)(void *user), void *user);
void thread_join(struct thread *thread); /* frees it */

/* Many producers, one consumer, first in first out. Nodes belong to the producer until popped. */
struct queue_node {
    struct queue_node *next;
};
struct queue;
struct queue *queue_new(void);
void queue_free(struct queue *queue);
/* Returns the number of nodes waiting now: the caller's measure for back-pressure. */
size_t queue_push(struct queue *queue, struct queue_node *node);
size_t queue_size(const struct queue *queue);
/* Takes up to `max` nodes, oldest first, linked by next; NULL when none came within `wait_ms`
   (0: do not wait) or queue_wake was called. */
struct queue_node *queue_pop(struct queue *queue, size_t max, uint64_t wait_ms);
void queue_wake(struct queue *queue);
