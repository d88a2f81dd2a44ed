#include "core/dispatch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/answer.h"
#include "core/core_state.h"
#include "core/dispatch_inside.h"

/* How long a message in a hurry waits for some provider of its chain to be bound. */
#define HURRIED_WAIT_MS 30000

void dispatch_init(struct dispatch *dispatch)
{
    *dispatch = (struct dispatch){0};
    dispatch->kept_end = &dispatch->kept;
}

void dispatch_done(struct dispatch *dispatch)
{
    struct map_entry entry;
    for (size_t cursor = 0; map_each(&dispatch->pendings, &cursor, &entry);) {
        struct pending *pending = (struct pending *)(uintptr_t)entry.value;
        pending->queued = false;
        pending->flying = 0;
        pending_free(pending);
    }
    map_done(&dispatch->pendings);
    map_done(&dispatch->flights);
    answer_forget_kept(dispatch);
    *dispatch = (struct dispatch){0};
}

void dispatch_forget(struct core *core, struct pending *pending)
{
    map_remove(&core->dispatch.pendings, pending->recipient.v);
    pending_free(pending);
}

/* ---- Taking off ---------------------------------------------------------------------------- */

static void write_attempt(struct tick *tick, struct flight *flight, struct attempt *out)
{
    struct pending *pending = flight->pending;
    if (flight->attempt == 0) flight->attempt = ++pending->attempts;
    *out = (struct attempt){
        .id = attempt_id_of(pending->recipient, flight->attempt),
        .provider = pending_provider(pending),
        .segment = flight->segment,
        .segments = (uint8_t)pending->flight_count,
        .keeps_id = dispatch_keeps_id(tick->core, pending_provider(pending)),
        .possible_duplicate = flight->duplicate,
        .state = ATTEMPT_INTENT,
        .intent_at_ms = tick->now_ms,
    };
    map_set_pointer(&tick->core->dispatch.flights, out->id.v, flight);
    struct lane *lane = dispatch_lane(tick->core, out->provider);
    lane->last_submit_ms = tick->now_ms;
    lane_take_off(lane, flight);
}

static void unwrite_attempt(struct tick *tick, struct flight *flight)
{
    struct pending *pending = flight->pending;
    map_remove(&tick->core->dispatch.flights, attempt_id_of(pending->recipient, flight->attempt).v);
    lane_land(dispatch_lane(tick->core, pending_provider(pending)), flight);
}

static void submit(struct tick *tick, struct flight *flight, const struct segment_list *segments)
{
    struct core *core = tick->core;
    struct pending *pending = flight->pending;
    const struct provider *provider = catalog_provider(&core->catalog, pending_provider(pending));
    struct submit out = {
        .attempt = attempt_id_of(pending->recipient, flight->attempt),
        .provider = pending_provider(pending),
        .kind = provider ? provider->kind : PROVIDER_SMPP,
        .number = pending->number,
        .sender = pending->sender,
        .text = pending->text,
        .encoding = segments->encoding,
        .segment = segments->at[flight->segment - 1],
        .form = pending->form,
        .reference = (uint16_t)pending->recipient.v,
        .expires_at_ms = pending->accepted_at_ms + core->config.retry_window_ms,
    };
    core->config.ports->submit(core->config.ports->user, &out);
}

void dispatch_offer(struct tick *tick, struct pending *pending, struct attempt **out_attempts,
                    size_t *out_count)
{
    struct core *core = tick->core;
    *out_count = 0;
    pending->routes_seen = core->dispatch.routes;
    map_set_pointer(&core->dispatch.pendings, pending->recipient.v, pending);
    dispatch_turn_to(core, pending, dispatch_best(core, pending));
    struct lane *lane = dispatch_lane(core, pending_provider(pending));
    if (core->dispatch.stopped || lane->first || lane->more_on_disk || lane->held > 0 ||
        lane_room(lane, tick->mono_ms) < pending->flight_count) {
        lane->held++;
        return;
    }
    struct attempt *attempts = ARENA_ARRAY(&tick->arena, struct attempt, pending->flight_count);
    for (uint16_t i = 0; i < pending->flight_count; i++)
        write_attempt(tick, &pending->flights[i], &attempts[i]);
    lane_spend(lane, pending->flight_count);
    *out_attempts = attempts;
    *out_count = pending->flight_count;
}

/* On disk when memory has its share. */
static void wait_in_lane(struct core *core, struct lane *lane, struct pending *pending)
{
    if (!lane->more_on_disk && lane->queued < LOADED_MAX) {
        dispatch_enqueue(core, pending);
        return;
    }
    dispatch_leave_to_disk(lane, pending->recipient);
    dispatch_forget(core, pending);
}

void dispatch_accepted(struct tick *tick, struct pending *pending)
{
    struct core *core = tick->core;
    struct lane *lane = dispatch_lane(core, pending_provider(pending));
    if (pending->flying > 0) {
        struct segment_list segments = pending_segments(pending, &tick->arena);
        for (uint16_t i = 0; i < pending->flight_count; i++)
            submit(tick, &pending->flights[i], &segments);
        return;
    }
    lane->held--;
    wait_in_lane(core, lane, pending);
}

void dispatch_release(struct core *core, struct pending *pending)
{
    pending->routes_seen = core->dispatch.routes;
    map_set_pointer(&core->dispatch.pendings, pending->recipient.v, pending);
    dispatch_turn_to(core, pending, dispatch_best(core, pending));
}

void dispatch_released(struct tick *tick, struct pending *pending)
{
    struct core *core = tick->core;
    wait_in_lane(core, dispatch_lane(core, pending_provider(pending)), pending);
}

void dispatch_drop(struct tick *tick, struct pending *pending)
{
    if (pending->flying == 0) dispatch_lane(tick->core, pending_provider(pending))->held--;
    for (uint16_t i = 0; i < pending->flight_count; i++)
        if (pending->flights[i].state == FLIGHT_FLYING) unwrite_attempt(tick, &pending->flights[i]);
    dispatch_forget(tick->core, pending);
}

static void intent_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct flight *flight = user;
    struct pending *pending = flight->pending;
    if (op->result) {
        /* Nothing left the house: as before. */
        unwrite_attempt(tick, flight);
        dispatch_enqueue(tick->core, pending);
        return;
    }
    struct segment_list segments = pending_segments(pending, &tick->arena);
    submit(tick, flight, &segments);
}

static bool is_expired(const struct tick *tick, const struct pending *pending)
{
    return tick->now_ms >= pending->accepted_at_ms + tick->core->config.retry_window_ms;
}

/* Those at the front whose retry window is over; the queue is in the order of acceptance. One with
   segments that fly comes back when they have landed. */
static void expire_front(struct tick *tick, struct lane *lane)
{
    while (lane->first && is_expired(tick, lane->first)) {
        if (lane->first->flying > 0)
            lane_unqueue(lane, lane->first);
        else
            answer_finish(tick, lane->first, RECIPIENT_EXPIRED, "retry_window");
    }
}

/* Nobody is bound to whom a message in a hurry could go. The queue of a lane without sessions holds
   no others that could go elsewhere. */
static void give_up_hurried(struct tick *tick, struct lane *lane)
{
    if (lane->sessions > 0) return;
    struct pending *next;
    for (struct pending *pending = lane->first; pending; pending = next) {
        next = pending->next;
        uint64_t since_ms = pending->queued_at_ms > lane->away_since_ms ? pending->queued_at_ms
                                                                        : lane->away_since_ms;
        if (pending->impatient && !pending_is_tied(pending) &&
            tick->now_ms >= since_ms + HURRIED_WAIT_MS)
            answer_finish(tick, pending, RECIPIENT_FAILED, "provider_unavailable");
    }
}

/* Lets the front of the queue take off, segment by segment, while there is room. */
static void lane_run(struct tick *tick, struct lane *lane)
{
    expire_front(tick, lane);
    uint32_t room = lane->first ? lane_room(lane, tick->mono_ms) : 0;
    while (room > 0 && lane->first) {
        struct pending *pending = lane->first;
        if (answer_is_due(pending)) {
            answer_settle_waiting(tick, pending);
            continue;
        }
        /* The provider may want it cut in another way since. */
        if (!pending_is_tied(pending)) dispatch_turn_to(tick->core, pending, pending->chain_at);
        if (!pending_has_numbers(pending)) {
            /* Segments that still fly come back here when they have landed. */
            if (pending->flying > 0)
                lane_unqueue(lane, pending);
            else
                answer_give_up(tick, pending, "too_many_attempts");
            continue;
        }
        bool all = true;
        for (uint16_t i = 0; i < pending->flight_count; i++) {
            struct flight *flight = &pending->flights[i];
            if (flight->state != FLIGHT_WAITING) continue;
            if (room == 0) {
                all = false;
                break;
            }
            struct attempt *attempt = ARENA_NEW(&tick->arena, struct attempt);
            write_attempt(tick, flight, attempt);
            tick_op(tick, STORE_ATTEMPT, intent_written, flight)->attempt.attempt = attempt;
            lane_spend(lane, 1);
            room--;
        }
        if (all) lane_unqueue(lane, pending);
    }
}

/* ---- The round ----------------------------------------------------------------------------- */

void dispatch_begin(struct tick *tick)
{
    struct core *core = tick->core;
    /* Whose end could not be written yet still waits in the store's eyes. */
    bool store_is_behind = core->dispatch.kept != NULL;
    answer_write_kept(tick);
    if (core->dispatch.stopped) return;
    for (uint32_t id = 1; !store_is_behind && id < core->catalog.provider_limit; id++)
        dispatch_load(tick, &core->dispatch.lanes[id]);
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++)
        if (core->catalog.providers[id]) lane_run(tick, &core->dispatch.lanes[id]);
}

void dispatch_chores(struct tick *tick)
{
    struct core *core = tick->core;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        struct lane *lane = &core->dispatch.lanes[id];
        lane_second_passed(lane, tick->mono_ms);
        expire_front(tick, lane);
    }
    dispatch_rebalance(core);
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++)
        give_up_hurried(tick, &core->dispatch.lanes[id]);
    struct pending **link = &core->dispatch.resting;
    while (*link) {
        struct pending *pending = *link;
        if (pending->not_before_mono_ms > tick->mono_ms && !is_expired(tick, pending)) {
            link = &pending->next;
            continue;
        }
        *link = pending->next;
        pending->next = NULL;
        core->dispatch.resting_count--;
        dispatch_enqueue(core, pending);
    }
}

uint64_t dispatch_wait_ms(struct core *core, uint64_t mono_ms)
{
    uint64_t wait = UINT64_MAX;
    if (core->dispatch.stopped) return wait;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        struct lane *lane = &core->dispatch.lanes[id];
        uint64_t lane_wait = UINT64_MAX;
        if (lane->first)
            lane_wait = lane_wait_ms(lane, mono_ms);
        else if (lane->more_on_disk)
            lane_wait = lane->load_mono_ms > mono_ms ? lane->load_mono_ms - mono_ms : 0;
        if (lane_wait < wait) wait = lane_wait;
    }
    return wait;
}

bool dispatch_is_quiet(const struct core *core)
{
    if (core->dispatch.flights.count > 0 || core->dispatch.kept) return false;
    if (core->dispatch.stopped) return true;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        const struct lane *lane = &core->dispatch.lanes[id];
        if (lane->sessions > 0 && (lane->first || lane->more_on_disk)) return false;
    }
    return true;
}

uint64_t dispatch_queue_from(const struct core *core)
{
    uint64_t from = core->last_recipient + 1;
    struct map_entry entry;
    for (size_t cursor = 0; map_each(&core->dispatch.pendings, &cursor, &entry);)
        if (entry.key < from) from = entry.key;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        const struct lane *lane = &core->dispatch.lanes[id];
        if (lane->more_on_disk && lane->cursor.v + 1 < from) from = lane->cursor.v + 1;
    }
    return from;
}

bool dispatch_answered_before(const struct core *core, struct provider_id provider, uint64_t order)
{
    const struct flight *oldest = core->dispatch.lanes[provider.v].oldest;
    return !oldest || oldest->order >= order;
}

uint64_t dispatch_next_order(const struct core *core, struct provider_id provider)
{
    return core->dispatch.lanes[provider.v].next_order;
}
