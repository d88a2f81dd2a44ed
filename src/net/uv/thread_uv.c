#include "net/thread.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/mem.h"

struct thread {
    pthread_t id;
    char name[16]; /* what the kernel keeps */
    void (*run)(void *user);
    void *user;
};

static void *thread_main(void *argument)
{
    struct thread *thread = argument;
    pthread_setname_np(pthread_self(), thread->name);
    thread->run(thread->user);
    return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *user), void *user)
{
    struct thread *thread = MEM_NEW(struct thread);
    snprintf(thread->name, sizeof thread->name, "%s", name);
    thread->run = run;
    thread->user = user;
    int failed = pthread_create(&thread->id, NULL, thread_main, thread);
    assert(failed == 0); /* threads are started when the program starts, and it needs them all */
    return thread;
}

void thread_join(struct thread *thread)
{
    if (!thread) return;
    int failed = pthread_join(thread->id, NULL);
    assert(failed == 0);
    mem_free(thread);
}

struct queue_list {
    struct queue_node *first;
    struct queue_node *last;
    size_t count;
};

/* Producers append to `pushed`; the consumer takes that list whole and then serves itself from
   `taken` without the lock, so that the lock is held for a few instructions whatever the rate. */
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t came;
    struct queue_list pushed;
    bool waiting; /* the consumer sleeps: the next push has to signal */
    bool woken;
    _Atomic size_t size;
    struct queue_list taken; /* the consumer's own */
};

struct queue *queue_new(void)
{
    struct queue *queue = MEM_NEW(struct queue);
    pthread_condattr_t monotonic;
    int failed = pthread_condattr_init(&monotonic);
    failed |= pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    failed |= pthread_cond_init(&queue->came, &monotonic);
    failed |= pthread_mutex_init(&queue->lock, NULL);
    assert(failed == 0);
    pthread_condattr_destroy(&monotonic);
    return queue;
}

void queue_free(struct queue *queue)
{
    if (!queue) return;
    pthread_cond_destroy(&queue->came);
    pthread_mutex_destroy(&queue->lock);
    mem_free(queue);
}

static void queue_list_append(struct queue_list *list, const struct queue_list *more)
{
    if (!more->first) return;
    if (list->last)
        list->last->next = more->first;
    else
        list->first = more->first;
    list->last = more->last;
    list->count += more->count;
}

size_t queue_push(struct queue *queue, struct queue_node *node)
{
    node->next = NULL;
    pthread_mutex_lock(&queue->lock);
    queue_list_append(&queue->pushed, &(struct queue_list){node, node, 1});
    size_t size = atomic_fetch_add_explicit(&queue->size, 1, memory_order_relaxed) + 1;
    bool signal = queue->waiting;
    queue->waiting = false;
    pthread_mutex_unlock(&queue->lock);
    if (signal) pthread_cond_signal(&queue->came);
    return size;
}

size_t queue_size(const struct queue *queue)
{
    return atomic_load_explicit(&queue->size, memory_order_relaxed);
}

static struct timespec queue_deadline(uint64_t wait_ms)
{
    /* A century is as good as for ever, and cannot overflow. */
    const uint64_t century_ms = 100ull * 366 * 86400 * 1000;
    if (wait_ms > century_ms) wait_ms = century_ms;
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    uint64_t ns = (uint64_t)at.tv_nsec + wait_ms % 1000 * 1000000;
    at.tv_sec += (time_t)(wait_ms / 1000 + ns / 1000000000);
    at.tv_nsec = (long)(ns % 1000000000);
    return at;
}

static void queue_wait(struct queue *queue, uint64_t wait_ms)
{
    struct timespec deadline = queue_deadline(wait_ms);
    while (!queue->pushed.first && !queue->woken) {
        queue->waiting = true;
        if (pthread_cond_timedwait(&queue->came, &queue->lock, &deadline) == ETIMEDOUT) break;
    }
    queue->waiting = false;
    if (!queue->pushed.first) queue->woken = false;
}

static struct queue_node *queue_cut(struct queue_list *list, size_t max)
{
    struct queue_node *first = list->first;
    if (list->count <= max) {
        *list = (struct queue_list){0};
        return first;
    }
    struct queue_node *last = first;
    for (size_t i = 1; i < max; i++)
        last = last->next;
    list->first = last->next;
    list->count -= max;
    last->next = NULL;
    return first;
}

struct queue_node *queue_pop(struct queue *queue, size_t max, uint64_t wait_ms)
{
    assert(max > 0);
    if (queue->taken.count < max) {
        pthread_mutex_lock(&queue->lock);
        if (wait_ms && queue->taken.count == 0) queue_wait(queue, wait_ms);
        queue_list_append(&queue->taken, &queue->pushed);
        queue->pushed = (struct queue_list){0};
        pthread_mutex_unlock(&queue->lock);
    }
    size_t before = queue->taken.count;
    struct queue_node *first = queue_cut(&queue->taken, max);
    atomic_fetch_sub_explicit(&queue->size, before - queue->taken.count, memory_order_relaxed);
    return first;
}

void queue_wake(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->woken = true;
    pthread_cond_signal(&queue->came);
    pthread_mutex_unlock(&queue->lock);
}
