#include "net/thread.h"

#include <stdlib.h>

#include "run_until.h"

struct item {
    struct queue_node node;
    size_t producer, number;
};

static void push_items(struct queue *queue, struct item *items, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        items[i].number = i;
        queue_push(queue, &items[i].node);
    }
}

static size_t list_length(const struct queue_node *node)
{
    size_t length = 0;
    for (; node; node = node->next)
        length++;
    return length;
}

static void an_empty_queue_gives_nothing_at_once(void **state)
{
    struct queue *queue = queue_new();
    assert_null(queue_pop(queue, 10, 0));
    assert_int_equal(queue_size(queue), 0);
    queue_free(queue);
}

static void what_is_pushed_comes_out_first_in_first_out(void **state)
{
    struct queue *queue = queue_new();
    struct item items[10] = {0};
    push_items(queue, items, 10);
    const struct queue_node *node = queue_pop(queue, 100, 0);
    assert_int_equal(list_length(node), 10);
    for (size_t i = 0; i < 10; i++, node = node->next)
        assert_ptr_equal(node, &items[i].node);
    assert_null(queue_pop(queue, 100, 0));
    queue_free(queue);
}

static void a_pop_takes_no_more_than_asked_for(void **state)
{
    struct queue *queue = queue_new();
    struct item items[10] = {0};
    push_items(queue, items, 7);
    assert_int_equal(list_length(queue_pop(queue, 3, 0)), 3);
    assert_int_equal(queue_size(queue), 4);
    /* What is pushed now lies behind what was left. */
    push_items(queue, items + 7, 3);
    const struct queue_node *node = queue_pop(queue, 6, 0);
    assert_int_equal(list_length(node), 6);
    for (size_t i = 3; i < 9; i++, node = node->next)
        assert_ptr_equal(node, &items[i].node);
    assert_ptr_equal(queue_pop(queue, 6, 0), &items[9].node);
    assert_int_equal(queue_size(queue), 0);
    queue_free(queue);
}

static void a_push_tells_how_many_wait(void **state)
{
    struct queue *queue = queue_new();
    struct item items[4] = {0};
    assert_int_equal(queue_push(queue, &items[0].node), 1);
    assert_int_equal(queue_push(queue, &items[1].node), 2);
    assert_int_equal(list_length(queue_pop(queue, 1, 0)), 1);
    /* One is with the consumer's own list and still counts. */
    assert_int_equal(queue_size(queue), 1);
    assert_int_equal(queue_push(queue, &items[2].node), 2);
    assert_int_equal(list_length(queue_pop(queue, 9, 0)), 2);
    queue_free(queue);
}

static void a_wake_ends_the_next_wait(void **state)
{
    struct queue *queue = queue_new();
    queue_wake(queue);
    assert_null(queue_pop(queue, 1, UINT64_MAX));
    queue_free(queue);
}

static void a_wait_ends_when_its_time_is_over(void **state)
{
    struct queue *queue = queue_new();
    assert_null(queue_pop(queue, 1, 1));
    queue_free(queue);
}

static void something_queued_needs_no_wait(void **state)
{
    struct queue *queue = queue_new();
    struct item item = {0};
    queue_push(queue, &item.node);
    assert_ptr_equal(queue_pop(queue, 1, UINT64_MAX), &item.node);
    queue_free(queue);
}

#ifndef NET_SIM

enum { PRODUCERS = 4, ITEMS = 20000 };

struct producer {
    struct queue *queue;
    struct item *items;
    size_t number;
};

static void produce(void *user)
{
    struct producer *producer = user;
    for (size_t i = 0; i < ITEMS; i++) {
        producer->items[i].producer = producer->number;
        producer->items[i].number = i;
        queue_push(producer->queue, &producer->items[i].node);
    }
}

/* Takes everything of all producers; counts what came out of order. */
static size_t consume(struct queue *queue, size_t max)
{
    size_t next[PRODUCERS] = {0}, taken = 0, misplaced = 0;
    while (taken < PRODUCERS * ITEMS) {
        struct queue_node *node = queue_pop(queue, max, UINT64_MAX);
        for (; node; node = node->next, taken++) {
            const struct item *item = (const struct item *)(void *)node;
            misplaced += item->number != next[item->producer]++;
        }
    }
    return misplaced;
}

static void the_order_of_each_thread_is_kept(void **state)
{
    static const size_t maxima[] = {1, 7, 100000};
    for (size_t m = 0; m < 3; m++) {
        struct queue *queue = queue_new();
        struct producer producers[PRODUCERS];
        struct thread *threads[PRODUCERS];
        for (size_t i = 0; i < PRODUCERS; i++) {
            producers[i] = (struct producer){queue, calloc(ITEMS, sizeof(struct item)), i};
            threads[i] = thread_start("producer", produce, &producers[i]);
        }
        assert_int_equal(consume(queue, maxima[m]), 0);
        assert_int_equal(queue_size(queue), 0);
        for (size_t i = 0; i < PRODUCERS; i++) {
            thread_join(threads[i]);
            free(producers[i].items);
        }
        queue_free(queue);
    }
}

static void wake_queue(void *user)
{
    queue_wake(user);
}

static void a_wake_from_another_thread_ends_a_wait(void **state)
{
    struct queue *queue = queue_new();
    struct thread *thread = thread_start("waker of the queue", wake_queue, queue);
    assert_null(queue_pop(queue, 1, UINT64_MAX));
    thread_join(thread);
    queue_free(queue);
}

/* Posting to a loop from other threads */

struct posted {
    struct loop_task task;
    struct poster *poster;
    size_t number;
};

struct poster {
    struct loop *loop;
    struct posted *tasks;
    size_t next, misplaced;
};

static void run_posted(struct loop_task *task)
{
    struct posted *posted = (struct posted *)(void *)task;
    posted->poster->misplaced += posted->number != posted->poster->next++;
}

static void post_all(void *user)
{
    struct poster *poster = user;
    for (size_t i = 0; i < ITEMS; i++) {
        poster->tasks[i] = (struct posted){{.run = run_posted}, poster, i};
        loop_post(poster->loop, &poster->tasks[i].task);
    }
}

static bool all_ran(void *user)
{
    const struct poster *posters = user;
    size_t ran = 0;
    for (size_t i = 0; i < PRODUCERS; i++)
        ran += posters[i].next;
    return ran == PRODUCERS * ITEMS;
}

static void tasks_of_many_threads_all_run_each_threads_in_order(void **state)
{
    struct loop *loop = loop_new();
    struct poster posters[PRODUCERS] = {0};
    struct thread *threads[PRODUCERS];
    for (size_t i = 0; i < PRODUCERS; i++) {
        posters[i].loop = loop;
        posters[i].tasks = calloc(ITEMS, sizeof(struct posted));
        threads[i] = thread_start("poster", post_all, &posters[i]);
    }
    assert_true(run_until(loop, all_ran, posters));
    for (size_t i = 0; i < PRODUCERS; i++) {
        thread_join(threads[i]);
        assert_int_equal(posters[i].misplaced, 0);
        free(posters[i].tasks);
    }
    loop_free(loop);
}

#endif

static const struct CMUnitTest tests[] = {
    NET_TEST(an_empty_queue_gives_nothing_at_once),
    NET_TEST(what_is_pushed_comes_out_first_in_first_out),
    NET_TEST(a_pop_takes_no_more_than_asked_for),
    NET_TEST(a_push_tells_how_many_wait),
    NET_TEST(a_wake_ends_the_next_wait),
    NET_TEST(a_wait_ends_when_its_time_is_over),
    NET_TEST(something_queued_needs_no_wait),
#ifndef NET_SIM
    NET_TEST(the_order_of_each_thread_is_kept),
    NET_TEST(a_wake_from_another_thread_ends_a_wait),
    NET_TEST(tasks_of_many_threads_all_run_each_threads_in_order),
#endif
};

NET_RUN(tests)
