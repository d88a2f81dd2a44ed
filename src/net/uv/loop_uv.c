#include "net/uv/loop_uv.h"

#include <assert.h>
#include <signal.h>

#include "base/mem.h"

/* Closed streams may go on sending for this long when the loop goes away. */
enum { LOOP_FREE_LINGER_MS = 500 };

static const int loop_signals[] = {SIGTERM, SIGINT, SIGHUP};
enum { LOOP_SIGNAL_COUNT = sizeof loop_signals / sizeof loop_signals[0] };

static void loop_run_posted(uv_async_t *wake)
{
    struct loop *loop = wake->data;
    struct loop_task *newest = atomic_exchange_explicit(&loop->posted, NULL, memory_order_acquire);
    struct loop_task *oldest = NULL;
    while (newest) {
        struct loop_task *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    while (oldest) {
        /* The owner may post or free the task inside `run`. */
        struct loop_task *next = oldest->next;
        oldest->run(oldest);
        oldest = next;
    }
}

static void loop_fire_timers(struct loop *loop)
{
    uint64_t now = uv_now(&loop->uv);
    /* A timer that is started now waits for the next round, even with a delay of 0: timers that
       restart themselves must not keep the sockets from being served. */
    uint64_t order_end = loop->timer_order;
    for (;;) {
        struct loop_timer *first = timer_heap_first(&loop->timers);
        if (!first || first->due_mono_ms > now || first->order >= order_end) break;
        timer_heap_remove(&loop->timers, first);
        first->fire(first);
    }
}

static void loop_woken(uv_timer_t *timer)
{
    struct loop *loop = timer->data;
    loop->armed_mono_ms = UINT64_MAX; /* it has ended a sleep, and that was all */
}

/* Makes the loop wake for the first timer. When it is armed for an earlier time already, because
   the first timer was stopped meanwhile, it wakes once for nothing, which is cheaper than arming at
   each request's end. */
static void loop_arm(struct loop *loop)
{
    struct loop_timer *first = timer_heap_first(&loop->timers);
    if (!first || first->due_mono_ms >= loop->armed_mono_ms) return;
    uint64_t now = uv_now(&loop->uv);
    loop->armed_mono_ms = first->due_mono_ms;
    uv_timer_start(&loop->timer, loop_woken,
                   first->due_mono_ms > now ? first->due_mono_ms - now : 0, 0);
}

/* Runs once a round, when all that came in has been dealt with and before the loop sleeps. */
static void loop_end_round(uv_prepare_t *before_poll)
{
    struct loop *loop = before_poll->data;
    loop_fire_timers(loop);
    tcp_flush_all(loop);
    loop_arm(loop);
}

struct loop *loop_new(void)
{
    struct loop *loop = MEM_NEW(struct loop);
    /* A peer that is gone is an error value of write, not the end of the program. */
    signal(SIGPIPE, SIG_IGN);
    int failed = uv_loop_init(&loop->uv);
    failed |= uv_async_init(&loop->uv, &loop->wake, loop_run_posted);
    failed |= uv_prepare_init(&loop->uv, &loop->before_poll);
    failed |= uv_prepare_start(&loop->before_poll, loop_end_round);
    failed |= uv_timer_init(&loop->uv, &loop->timer);
    for (size_t i = 0; i < LOOP_SIGNAL_COUNT; i++) {
        failed |= uv_signal_init(&loop->uv, &loop->signals[i]);
        loop->signals[i].data = loop;
    }
    /* Out of descriptors before the first socket: nothing can be served. */
    assert(failed == 0);
    loop->wake.data = loop->before_poll.data = loop->timer.data = loop;
    loop->armed_mono_ms = UINT64_MAX;
    loop->read_buffer = mem_alloc(LOOP_READ_SIZE);
    tcp_ring_init(&loop->unflushed);
    tcp_ring_init(&loop->lingering);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (!loop) return;
    assert(loop->open_count == 0);
    /* Tasks and timers that are left belong to owners who may be gone: none of them runs. */
    uv_close((uv_handle_t *)&loop->wake, NULL);
    loop->timers.count = 0;
    tcp_hurry_all(loop, LOOP_FREE_LINGER_MS);
    while (!tcp_ring_is_alone(&loop->lingering))
        uv_run(&loop->uv, UV_RUN_ONCE);

    uv_close((uv_handle_t *)&loop->before_poll, NULL);
    uv_close((uv_handle_t *)&loop->timer, NULL);
    for (size_t i = 0; i < LOOP_SIGNAL_COUNT; i++)
        uv_close((uv_handle_t *)&loop->signals[i], NULL);
    /* Close callbacks, and name look-ups that can no longer be called off. */
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    int busy = uv_loop_close(&loop->uv);
    assert(busy == 0);

    tcp_drop_spares(loop);
    timer_heap_done(&loop->timers);
    mem_free(loop->read_buffer);
    mem_free(loop);
}

void loop_run(struct loop *loop)
{
    loop->running = true;
    uv_run(&loop->uv, UV_RUN_DEFAULT);
    loop->running = false;
    tcp_flush_all(loop);
}

void loop_stop(struct loop *loop)
{
    uv_stop(&loop->uv);
}

uint64_t loop_mono_ms(struct loop *loop)
{
    /* libuv takes the time once a round; between runs nobody else does. */
    if (!loop->running) uv_update_time(&loop->uv);
    return uv_now(&loop->uv);
}

void loop_post(struct loop *loop, struct loop_task *task)
{
    struct loop_task *head = atomic_load_explicit(&loop->posted, memory_order_relaxed);
    do {
        task->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&loop->posted, &head, task,
                                                    memory_order_release, memory_order_relaxed));
    /* Whoever found the list empty wakes the loop for all that follow. */
    if (!head) uv_async_send(&loop->wake);
}

void loop_timer_start(struct loop *loop, struct loop_timer *timer, uint64_t delay_ms)
{
    uint64_t now = loop_mono_ms(loop);
    timer->due_mono_ms = delay_ms > UINT64_MAX - now ? UINT64_MAX : now + delay_ms;
    timer->order = loop->timer_order++;
    timer_heap_put(&loop->timers, timer);
}

void loop_timer_stop(struct loop *loop, struct loop_timer *timer)
{
    timer_heap_remove(&loop->timers, timer);
}

static void loop_signalled(uv_signal_t *handle, int signal_number)
{
    struct loop *loop = handle->data;
    loop->on_signal(loop, signal_number);
}

void loop_on_signal(struct loop *loop, void (*handler)(struct loop *loop, int signal_number))
{
    loop->on_signal = handler;
    for (size_t i = 0; i < LOOP_SIGNAL_COUNT; i++) {
        if (handler)
            uv_signal_start(&loop->signals[i], loop_signalled, loop_signals[i]);
        else
            uv_signal_stop(&loop->signals[i]);
    }
}

void loop_set_user(struct loop *loop, void *user)
{
    loop->user = user;
}

void *loop_user(struct loop *loop)
{
    return loop->user;
}
