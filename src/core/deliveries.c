#include "core/deliveries.h"

#include "base/mem.h"
#include "core/core_state.h"

/* After a commit that failed. */
#define LOOK_AGAIN_MS 1000
/* Numbers looked at in one round of chores, and deliveries removed in it. */
#define SWEEP_NUMBERS 64
#define SWEEP_PAGE    1024

void deliveries_done(struct deliveries *deliveries)
{
    for (size_t i = 0; i < deliveries->queue_limit; i++)
        mem_free(deliveries->queues[i]);
    mem_free(deliveries->queues);
    *deliveries = (struct deliveries){0};
}

static struct delivery_queue *queue_of(struct core *core, const struct webhook *webhook)
{
    struct deliveries *deliveries = &core->deliveries;
    return webhook && webhook->number < deliveries->queue_limit
               ? deliveries->queues[webhook->number]
               : NULL;
}

/* What waits in it is to be looked at. */
static void look_at(struct core *core, struct delivery_queue *queue, uint64_t at_ms)
{
    if (at_ms < queue->next_ms) queue->next_ms = at_ms;
    if (at_ms < core->deliveries.next_ms) core->deliveries.next_ms = at_ms;
}

void deliveries_put(struct core *core, const struct webhook *webhook)
{
    struct deliveries *deliveries = &core->deliveries;
    if (webhook->number >= deliveries->queue_limit) {
        size_t limit = webhook->number + 16;
        deliveries->queues = mem_resize(deliveries->queues, limit * sizeof *deliveries->queues);
        memset(deliveries->queues + deliveries->queue_limit, 0,
               (limit - deliveries->queue_limit) * sizeof *deliveries->queues);
        deliveries->queue_limit = limit;
    }
    struct delivery_queue **queue = &deliveries->queues[webhook->number];
    if (!*queue) {
        *queue = MEM_NEW(struct delivery_queue);
        (*queue)->webhook = webhook->id;
        (*queue)->cap = DELIVERIES_FIRST;
        (*queue)->next_ms = UINT64_MAX;
    }
    look_at(core, *queue, 0);
}

void deliveries_remove(struct core *core, const struct webhook *webhook)
{
    struct delivery_queue *queue = queue_of(core, webhook);
    core->deliveries.flying -= queue->flying;
    if (queue->fails) core->deliveries.flying_failed -= queue->flying;
    core->deliveries.queues[webhook->number] = NULL;
    if (webhook->number < core->deliveries.swept) core->deliveries.swept = webhook->number;
    mem_free(queue);
}

void deliveries_load(struct core *core, struct event_id cursor)
{
    core->deliveries.cursor = cursor;
    core->deliveries.events_wait = true;
    struct map_entry entry;
    for (size_t at = 0; map_each(&core->catalog.webhooks, &at, &entry);)
        deliveries_put(core, (const struct webhook *)(uintptr_t)entry.value);
}

/* ---- On their way -------------------------------------------------------------------------- */

static uint32_t room_of(const struct deliveries *deliveries, const struct delivery_queue *queue)
{
    uint32_t most = DELIVERIES_ALL - deliveries->flying;
    if (queue->fails) {
        uint32_t left = deliveries->flying_failed < DELIVERIES_FAILED
                            ? DELIVERIES_FAILED - deliveries->flying_failed
                            : 0;
        if (left < most) most = left;
    }
    uint32_t own = queue->cap > queue->flying ? queue->cap - queue->flying : 0;
    return own < most ? own : most;
}

static bool is_flying(const struct delivery_queue *queue, struct event_id event)
{
    for (uint32_t i = 0; i < queue->flying; i++)
        if (queue->events[i] == event.v) return true;
    return false;
}

static void fly(struct core *core, struct delivery_queue *queue, const struct delivery *delivery,
                const struct webhook *webhook)
{
    queue->events[queue->flying++] = delivery->event.id.v;
    core->deliveries.flying++;
    if (queue->fails) core->deliveries.flying_failed++;
    core->config.ports->deliver(core->config.ports->user, delivery, webhook);
}

static void land(struct core *core, struct delivery_queue *queue, struct event_id event)
{
    for (uint32_t i = 0; i < queue->flying; i++) {
        if (queue->events[i] != event.v) continue;
        queue->events[i] = queue->events[--queue->flying];
        core->deliveries.flying--;
        if (queue->fails) core->deliveries.flying_failed--;
        return;
    }
}

static void set_fails(struct core *core, struct delivery_queue *queue, bool fails)
{
    if (queue->fails == fails) return;
    queue->fails = fails;
    if (fails)
        core->deliveries.flying_failed += queue->flying;
    else
        core->deliveries.flying_failed -= queue->flying;
}

/* What is due and not on its way yet; those that fly still stand in the queue on disk. */
static void run_queue(struct tick *tick, struct delivery_queue *queue)
{
    struct core *core = tick->core;
    const struct webhook *webhook = catalog_webhook(&core->catalog, queue->webhook);
    uint32_t room = room_of(&core->deliveries, queue);
    if (!webhook->enabled) queue->next_ms = UINT64_MAX; /* until that changes */
    if (!webhook->enabled || room == 0) return;
    struct delivery *rows;
    size_t count, max = room + queue->flying + 1;
    if (store_delivery_page(core_reader(core), webhook->number, NULL, &tick->arena, max, &rows,
                            &count)) {
        queue->next_ms = tick->now_ms + LOOK_AGAIN_MS;
        return;
    }
    queue->next_ms = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        if (is_flying(queue, rows[i].event.id)) continue;
        uint64_t due_ms = delivery_due_ms(&rows[i]);
        if (due_ms > tick->now_ms || room == 0) {
            queue->next_ms = due_ms;
            return;
        }
        fly(core, queue, &rows[i], webhook);
        room--;
    }
    if (count == max) queue->next_ms = tick->now_ms;
}

static void run_queues(struct tick *tick)
{
    struct deliveries *deliveries = &tick->core->deliveries;
    if (tick->now_ms < deliveries->next_ms) return;
    deliveries->next_ms = UINT64_MAX;
    for (size_t i = 0; i < deliveries->queue_limit; i++) {
        struct delivery_queue *queue = deliveries->queues[i];
        if (!queue) continue;
        if (queue->next_ms <= tick->now_ms) run_queue(tick, queue);
        bool has_room = room_of(deliveries, queue) > 0;
        if (queue->next_ms < deliveries->next_ms && has_room) deliveries->next_ms = queue->next_ms;
        if (queue->next_ms <= tick->now_ms && !has_room && queue->flying < queue->cap)
            deliveries->starved = true;
    }
}

/* ---- From events to deliveries ------------------------------------------------------------- */

static void delivery_entered(struct tick *tick, const struct store_op *op, void *user)
{
    struct core *core = tick->core;
    const struct delivery *delivery = user;
    const struct webhook *webhook = catalog_webhook(&core->catalog, delivery->webhook);
    struct delivery_queue *queue = queue_of(core, webhook);
    if (op->result || !queue) return;
    if (queue->next_ms == UINT64_MAX && webhook->enabled && room_of(&core->deliveries, queue) > 0 &&
        !core->dispatch.stopped)
        fly(core, queue, delivery, webhook);
    else
        look_at(core, queue, tick->now_ms);
}

static void enter(struct tick *tick, const struct event *event, const struct webhook *webhook)
{
    struct delivery *delivery = ARENA_NEW(&tick->arena, struct delivery);
    *delivery = (struct delivery){.webhook = webhook->id, .event = *event};
    delivery_key(webhook->number, event->at_ms, event->id, delivery->key);
    tick_op(tick, STORE_DELIVERY, delivery_entered, delivery)->delivery = delivery;
}

static void cursor_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct deliveries *deliveries = &tick->core->deliveries;
    const struct event_id *before = user;
    if (!op->result) return;
    deliveries->cursor = *before;
    deliveries->events_wait = true;
}

static void read_events(struct tick *tick)
{
    struct core *core = tick->core;
    struct deliveries *deliveries = &core->deliveries;
    struct event *events;
    size_t count;
    if (!deliveries->events_wait || store_event_page(core_reader(core), deliveries->cursor,
                                                     &tick->arena, EVENT_PAGE, &events, &count))
        return;
    deliveries->events_wait = count == EVENT_PAGE;
    if (count == 0) return;
    for (size_t i = 0; i < count; i++) {
        const struct account_row *row = catalog_account(&core->catalog, events[i].account);
        for (size_t k = 0; row && k < row->webhook_count; k++)
            if (row->webhooks[k]->enabled && (row->webhooks[k]->events & 1u << events[i].type))
                enter(tick, &events[i], row->webhooks[k]);
    }
    struct event_id *before = ARENA_NEW(&tick->arena, struct event_id);
    *before = deliveries->cursor;
    deliveries->cursor = events[count - 1].id;
    struct store_op *op = tick_op(tick, STORE_PUT_META, cursor_written, before);
    op->meta.name = SLICE("events_from");
    op->meta.value = arena_printf(&tick->arena, "%llu", (unsigned long long)deliveries->cursor.v);
}

void deliveries_run(struct tick *tick)
{
    if (tick->core->config.stopped || tick->core->dispatch.stopped) return;
    read_events(tick);
    run_queues(tick);
}

/* ---- Their ends ---------------------------------------------------------------------------- */

struct ended {
    struct command_delivered *delivered;
    struct delivery_try made;
    struct delivery next;
};

/* A receiver that answers well gets more at once, and one that does not gets fewer. */
static void adapt(struct core *core, struct delivery_queue *queue, bool taken)
{
    set_fails(core, queue, !taken);
    if (taken)
        queue->cap = queue->cap < DELIVERIES_MOST ? queue->cap + 1 : queue->cap;
    else
        queue->cap = queue->cap > 1 ? queue->cap / 2 : 1;
}

static void end_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct core *core = tick->core;
    const struct ended *ended = user;
    const struct delivery *delivery = &ended->delivered->delivery;
    struct delivery_queue *queue =
        queue_of(core, catalog_webhook(&core->catalog, delivery->webhook));
    if (!queue) return;
    land(core, queue, delivery->event.id);
    if (core->deliveries.starved) core->deliveries.next_ms = 0;
    core->deliveries.starved = false;
    /* Not written: it is made again, as one whose answer was lost. */
    look_at(core, queue, op->result ? tick->now_ms + LOOK_AGAIN_MS : queue->next_ms);
    if (!op->result && op->delivered.next) look_at(core, queue, delivery_due_ms(&ended->next));
}

void deliveries_ended(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    struct command_delivered *delivered = command->delivered;
    const struct delivery *delivery = &delivered->delivery;
    const struct webhook *webhook = catalog_webhook(&core->catalog, delivery->webhook);
    struct delivery_queue *queue = queue_of(core, webhook);
    if (delivered->cut_short) {
        if (queue) land(core, queue, delivery->event.id);
        return;
    }
    bool taken = delivered->status >= 200 && delivered->status < 300;
    struct ended *ended = ARENA_NEW(&tick->arena, struct ended);
    ended->delivered = delivered;
    ended->made = (struct delivery_try){
        .id = tick_id(tick),
        .webhook = delivery->webhook,
        .event = delivery->event.id,
        .type = delivery->event.type,
        .number = delivery->tries + 1,
        .status = delivered->status,
        .last = taken || !webhook || delivery->tries + 1 >= WEBHOOK_TRIES,
    };
    struct store_delivered out = {.key = delivery->key, .made = &ended->made};
    if (!ended->made.last) {
        ended->next = *delivery;
        ended->next.tries++;
        delivery_key(webhook->number, tick->now_ms + webhook_gaps_s[delivery->tries] * 1000ull,
                     delivery->event.id, ended->next.key);
        out.next = &ended->next;
    }
    if (queue) adapt(core, queue, taken);
    tick_op(tick, STORE_DELIVERED, end_written, ended)->delivered = out;
}

/* ---- Webhooks that are gone ---------------------------------------------------------------- */

/* True: nothing is left of the number's queue. */
static bool sweep(struct tick *tick, uint32_t number)
{
    struct delivery *rows;
    size_t count;
    if (store_delivery_page(core_reader(tick->core), number, NULL, &tick->arena, SWEEP_PAGE, &rows,
                            &count))
        return false;
    for (size_t i = 0; i < count; i++)
        tick_op(tick, STORE_DELIVERED, NULL, NULL)->delivered.key = rows[i].key;
    return count == 0;
}

void deliveries_chores(struct tick *tick)
{
    struct deliveries *deliveries = &tick->core->deliveries;
    uint32_t limit = tick->core->catalog.webhook_limit;
    for (unsigned i = 0; i < SWEEP_NUMBERS && deliveries->swept < limit; i++) {
        uint32_t number = deliveries->swept;
        bool is_there = number < deliveries->queue_limit && deliveries->queues[number];
        if (!is_there && number > 0 && !sweep(tick, number)) return;
        deliveries->swept++;
    }
}

uint64_t deliveries_wait_ms(struct core *core)
{
    const struct deliveries *deliveries = &core->deliveries;
    if (core->config.stopped || core->dispatch.stopped) return UINT64_MAX;
    if (deliveries->events_wait) return 0;
    uint64_t now_ms = clock_wall_ms(core->config.clock);
    if (deliveries->next_ms == UINT64_MAX) return UINT64_MAX;
    return deliveries->next_ms > now_ms ? deliveries->next_ms - now_ms : 0;
}
