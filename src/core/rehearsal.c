#include "core/rehearsal.h"

#include "base/mem.h"
#include "core/core_state.h"

#define SOON_MS 100
#define LATE_MS 30000
/* Steps of all test messages in one tick. */
#define STEPS_A_TICK 2048

/* ---- The queues ---------------------------------------------------------------------------- */

static struct rehearsed *ring_at(const struct rehearsed_queue *queue, size_t i)
{
    return &queue->at[(queue->first + i) & (queue->capacity - 1)];
}

static void ring_push(struct rehearsed_queue *queue, struct rehearsed rehearsed)
{
    if (queue->count == queue->capacity) {
        struct rehearsed_queue wider = {.capacity = queue->capacity ? queue->capacity * 2 : 64};
        wider.at = mem_alloc(wider.capacity * sizeof *wider.at);
        for (; wider.count < queue->count; wider.count++)
            wider.at[wider.count] = *ring_at(queue, wider.count);
        mem_free(queue->at);
        *queue = wider;
    }
    queue->count++;
    *ring_at(queue, queue->count - 1) = rehearsed;
}

static struct rehearsed ring_pop(struct rehearsed_queue *queue)
{
    struct rehearsed front = *ring_at(queue, 0);
    queue->first = (queue->first + 1) & (queue->capacity - 1);
    queue->count--;
    return front;
}

void rehearsal_done(struct rehearsal *rehearsal)
{
    mem_free(rehearsal->taking.at);
    mem_free(rehearsal->soon.at);
    mem_free(rehearsal->late.at);
    *rehearsal = (struct rehearsal){0};
}

bool rehearsal_has_room(const struct rehearsal *rehearsal)
{
    return rehearsal->taking.count + rehearsal->soon.count + rehearsal->late.count < REHEARSED_MAX;
}

/* ---- The steps ----------------------------------------------------------------------------- */

static uint64_t wait_of(uint64_t number)
{
    return number % 10000000000 == 3 ? LATE_MS : SOON_MS;
}

static struct rehearsed_queue *queue_of(struct rehearsal *rehearsal, uint64_t wait_ms)
{
    return wait_ms == SOON_MS ? &rehearsal->soon : &rehearsal->late;
}

struct attempt rehearsal_attempt(struct tick *tick, struct recipient_id recipient)
{
    return (struct attempt){
        .id = attempt_id_of(recipient, 1),
        .provider = PROVIDER_REHEARSAL,
        .segment = 1,
        .segments = 1,
        .state = ATTEMPT_INTENT,
        .intent_at_ms = tick->now_ms,
    };
}

void rehearsal_add(struct core *core, const struct attempt *attempt, uint64_t number)
{
    ring_push(&core->rehearsal.taking, (struct rehearsed){attempt->id, 0, wait_of(number)});
}

static void reported(struct tick *tick, const struct store_op *op, void *user)
{
    struct rehearsed *rehearsed = user;
    if (op->result == ERR_STORE_UNAVAILABLE)
        ring_push(queue_of(&tick->core->rehearsal, rehearsed->wait_ms), *rehearsed);
}

static void report(struct tick *tick, struct rehearsed rehearsed)
{
    struct rehearsed *kept = ARENA_NEW(&tick->arena, struct rehearsed);
    *kept = rehearsed;
    tick_op(tick, STORE_RECEIPT, reported, kept)->receipt = (struct store_receipt){
        .attempt = rehearsed.attempt,
        .state = RECEIPT_DELIVERED,
        .at_ms = tick->now_ms,
        .keys = tick_keys(tick),
    };
}

static void taken(struct tick *tick, const struct store_op *op, void *user)
{
    struct rehearsed *rehearsed = user;
    struct rehearsal *rehearsal = &tick->core->rehearsal;
    rehearsed->due_ms = tick->now_ms + rehearsed->wait_ms;
    ring_push(op->result == ERR_STORE_UNAVAILABLE ? &rehearsal->taking
                                                  : queue_of(rehearsal, rehearsed->wait_ms),
              *rehearsed);
}

static void take(struct tick *tick, struct rehearsed rehearsed)
{
    struct rehearsed *kept = ARENA_NEW(&tick->arena, struct rehearsed);
    *kept = rehearsed;
    tick_op(tick, STORE_ANSWER, taken, kept)->answer = (struct store_answer){
        .attempt = rehearsed.attempt,
        .state = ATTEMPT_TAKEN,
        .at_ms = tick->now_ms,
        .carrier_id = arena_printf(&tick->arena, "test-%llu",
                                   (unsigned long long)attempt_recipient(rehearsed.attempt).v),
        .recipient_state = RECIPIENT_SENT,
        .provider = PROVIDER_REHEARSAL,
        .keys = tick_keys(tick),
    };
}

void rehearsal_run(struct tick *tick)
{
    struct rehearsal *rehearsal = &tick->core->rehearsal;
    struct rehearsed_queue *due[] = {&rehearsal->soon, &rehearsal->late};
    size_t steps = STEPS_A_TICK;
    if (tick->core->config.stopped) return;
    for (size_t count = rehearsal->taking.count; count > 0 && steps > 0; count--, steps--)
        take(tick, ring_pop(&rehearsal->taking));
    for (size_t i = 0; i < 2; i++)
        for (; steps > 0 && due[i]->count > 0 && ring_at(due[i], 0)->due_ms <= tick->now_ms;
             steps--)
            report(tick, ring_pop(due[i]));
}

uint64_t rehearsal_wait_ms(struct core *core)
{
    const struct rehearsal *rehearsal = &core->rehearsal;
    const struct rehearsed_queue *due[] = {&rehearsal->soon, &rehearsal->late};
    if (core->config.stopped) return UINT64_MAX;
    if (rehearsal->taking.count > 0) return 0;
    uint64_t wait = UINT64_MAX, now_ms = clock_wall_ms(core->config.clock);
    for (size_t i = 0; i < 2; i++) {
        if (due[i]->count == 0) continue;
        uint64_t due_ms = ring_at(due[i], 0)->due_ms;
        uint64_t left = due_ms > now_ms ? due_ms - now_ms : 0;
        if (left < wait) wait = left;
    }
    return wait;
}

void rehearsal_load(struct core *core, const struct attempt *attempt)
{
    struct arena arena = {0};
    struct store_recipient row;
    if (store_recipient(core_reader(core), attempt_recipient(attempt->id), &arena, &row) ==
        ERR_OK) {
        uint64_t wait_ms = wait_of(row.recipient.number);
        struct rehearsed rehearsed = {attempt->id, attempt->answered_at_ms + wait_ms, wait_ms};
        ring_push(attempt->state == ATTEMPT_TAKEN ? queue_of(&core->rehearsal, wait_ms)
                                                  : &core->rehearsal.taking,
                  rehearsed);
    }
    arena_done(&arena);
}
