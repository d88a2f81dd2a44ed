#include "core/dispatch.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/answer.h"
#include "core/core_state.h"
#include "wire/phone.h"

/* Between two pages from disk of a lane that has run empty. */
#define LOAD_AGAIN_MS 5

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

struct lane *dispatch_lane(struct core *core, struct provider_id provider)
{
    assert(provider.v > 0 && provider.v <= PROVIDERS_MAX);
    return &core->dispatch.lanes[provider.v];
}

static enum segment_form form_of(const struct core *core, struct provider_id id)
{
    const struct provider *provider = catalog_provider(&core->catalog, id);
    return provider ? provider->quirks.long_form : SEGMENT_UDH8;
}

void dispatch_forget(struct core *core, struct pending *pending)
{
    map_remove(&core->dispatch.pendings, pending->recipient.v);
    pending_free(pending);
}

/* ---- Choosing a lane ----------------------------------------------------------------------- */

/* The best provider of the chain that has not refused: the first that is bound, else the first. The
   present one when all have refused. */
static uint8_t best_provider(struct core *core, const struct pending *pending)
{
    int first = -1;
    for (uint8_t at = 0; at < pending->chain_count; at++) {
        if (pending->refused & (1u << at)) continue;
        if (dispatch_lane(core, pending->chain[at])->sessions > 0) return at;
        if (first < 0) first = at;
    }
    return first < 0 ? pending->chain_at : (uint8_t)first;
}

/* Cuts the text for another provider's form, unless a carrier has some of it already. */
bool dispatch_turn_to(struct core *core, struct pending *pending, uint8_t chain_at)
{
    bool same_form = pending->flights && form_of(core, pending->chain[chain_at]) ==
                                             form_of(core, pending->chain[pending->chain_at]);
    pending->chain_at = chain_at;
    return same_form || pending_cut(pending, form_of(core, pending->chain[chain_at]));
}

void dispatch_enqueue(struct core *core, struct pending *pending)
{
    if (pending->queued) return;
    if (!pending_is_tied(pending)) dispatch_turn_to(core, pending, best_provider(core, pending));
    lane_queue(dispatch_lane(core, pending_provider(pending)), pending);
}

/* A lane without sessions gives its recipients to lanes that have some. */
static void rebalance(struct core *core, struct lane *lane)
{
    if (lane->sessions > 0) return;
    struct pending *next;
    for (struct pending *pending = lane->first; pending; pending = next) {
        next = pending->next;
        uint8_t better = best_provider(core, pending);
        if (pending_is_tied(pending) || dispatch_lane(core, pending->chain[better])->sessions == 0)
            continue;
        lane_unqueue(lane, pending);
        dispatch_turn_to(core, pending, better);
        lane_queue(dispatch_lane(core, pending_provider(pending)), pending);
    }
}

void dispatch_provider(struct core *core, const struct provider *provider, bool removed)
{
    struct lane *lane = dispatch_lane(core, provider->id);
    lane_configure(lane, provider, clock_mono_ms(core->config.clock));
    if (removed || !provider->enabled) rebalance(core, lane);
}

void dispatch_link(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    /* A provider that was removed while it was bound tells of its end too. */
    if (command->link.provider.v == 0 || command->link.provider.v >= core->catalog.provider_limit) {
        command->result = ERR_NOT_FOUND;
        return;
    }
    struct lane *lane = dispatch_lane(core, command->link.provider);
    lane->sessions = command->link.sessions;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++)
        rebalance(core, &core->dispatch.lanes[id]);
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
        .possible_duplicate = flight->duplicate,
        .state = ATTEMPT_INTENT,
        .intent_at_ms = tick->now_ms,
    };
    map_set_pointer(&tick->core->dispatch.flights, out->id.v, flight);
    lane_take_off(dispatch_lane(tick->core, out->provider), flight);
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
    struct submit out = {
        .attempt = attempt_id_of(pending->recipient, flight->attempt),
        .provider = pending_provider(pending),
        .number = pending->number,
        .sender = pending->sender,
        .encoding = segments->encoding,
        .segment = segments->at[flight->segment - 1],
        .form = form_of(core, pending_provider(pending)),
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
    map_set_pointer(&core->dispatch.pendings, pending->recipient.v, pending);
    dispatch_turn_to(core, pending, best_provider(core, pending));
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

void dispatch_accepted(struct tick *tick, struct pending *pending)
{
    struct core *core = tick->core;
    struct lane *lane = dispatch_lane(core, pending_provider(pending));
    if (pending->flying > 0) {
        struct segment_list segments =
            pending_segments(pending, form_of(core, pending_provider(pending)), &tick->arena);
        for (uint16_t i = 0; i < pending->flight_count; i++)
            submit(tick, &pending->flights[i], &segments);
        return;
    }
    lane->held--;
    if (lane->more_on_disk || lane->queued >= LOADED_MAX) {
        /* It waits on disk; everything up to it is in memory already. */
        if (!lane->more_on_disk) lane->cursor.v = pending->recipient.v - 1;
        lane->more_on_disk = true;
        dispatch_forget(core, pending);
        return;
    }
    dispatch_enqueue(core, pending);
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
    struct segment_list segments =
        pending_segments(pending, form_of(tick->core, pending_provider(pending)), &tick->arena);
    submit(tick, flight, &segments);
}

/* Lets the front of the queue take off, segment by segment, while there is room. */
static void lane_run(struct tick *tick, struct lane *lane)
{
    uint32_t room = lane->first ? lane_room(lane, tick->mono_ms) : 0;
    while (room > 0 && lane->first) {
        struct pending *pending = lane->first;
        if (answer_is_due(pending)) {
            answer_settle_waiting(tick, pending);
            continue;
        }
        if (pending->attempts >= ATTEMPTS_MAX - pending->flight_count) {
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

/* ---- From disk ----------------------------------------------------------------------------- */

/* The attempt whose cutting and provider hold now: one that is out, else one that was taken or may
   have been for good, else the latest. NULL without attempts. */
static const struct attempt *latest_attempt(const struct store_recipient *row, bool *out_is_tied)
{
    const struct attempt *best = NULL;
    unsigned best_rank = 0;
    for (size_t i = 0; i < row->attempt_count; i++) {
        const struct attempt *attempt = &row->attempts[i];
        unsigned rank = attempt->state == ATTEMPT_INTENT                                     ? 4
                        : attempt->state == ATTEMPT_TAKEN                                    ? 3
                        : attempt->state == ATTEMPT_UNCERTAIN && attempt->possible_duplicate ? 2
                                                                                             : 1;
        if (rank < best_rank) continue;
        best = attempt;
        best_rank = rank;
    }
    *out_is_tied = best_rank > 1;
    return best;
}

static enum uncertain_policy policy_of(const struct core *core, struct provider_id id)
{
    const struct provider *provider = catalog_provider(&core->catalog, id);
    return provider ? provider->quirks.uncertain : UNCERTAIN_WAIT;
}

/* Names the provider it is with. A route that has gone since, or leads elsewhere now, does not take
   it away from who has some of it. */
static struct pending *pending_on_route(struct core *core, const struct store_recipient *row)
{
    bool is_tied;
    const struct attempt *latest = latest_attempt(row, &is_tied);
    struct provider_id alone[1] = {latest ? latest->provider : row->recipient.provider};
    const struct route *route =
        route_choose(core->catalog.routes, core->catalog.route_count, row->recipient.number,
                     phone_iso2(row->recipient.number));
    for (uint8_t at = 0; route && at < route->chain_count; at++) {
        if (route->chain[at].v != alone[0].v) continue;
        struct pending *pending =
            pending_new(&row->message, &row->recipient, route->chain, route->chain_count);
        pending->chain_at = at;
        return pending;
    }
    if (!route || is_tied) return pending_new(&row->message, &row->recipient, alone, 1);
    return pending_new(&row->message, &row->recipient, route->chain, route->chain_count);
}

static struct pending *pending_from_disk(struct core *core, const struct store_recipient *row)
{
    struct pending *pending = pending_on_route(core, row);
    map_set_pointer(&core->dispatch.pendings, pending->recipient.v, pending);
    pending_cut(pending, form_of(core, pending_provider(pending)));
    for (size_t i = 0; i < row->attempt_count; i++)
        pending_recall(pending, &row->attempts[i], policy_of(core, row->attempts[i].provider));
    return pending;
}

/* Intents that are older than what a start looks at: their answers are lost too. False when it has
   none and only waits. */
static bool lose_old_answers(struct tick *tick, const struct store_recipient *row)
{
    bool any = false;
    for (size_t i = 0; i < row->attempt_count; i++)
        if (row->attempts[i].state == ATTEMPT_INTENT) dispatch_recover(tick, &row->attempts[i]);
    for (size_t i = 0; i < row->attempt_count; i++) {
        if (row->attempts[i].state != ATTEMPT_INTENT) continue;
        struct command *command = ARENA_NEW(&tick->arena, struct command);
        command->answer.attempt = row->attempts[i].id;
        command->answer.state = ATTEMPT_UNCERTAIN;
        dispatch_answer(tick, command);
        any = true;
    }
    return any;
}

/* Recipients that wait on disk, oldest first, until memory holds its share again. */
static void lane_load(struct tick *tick, struct lane *lane)
{
    struct core *core = tick->core;
    if (!lane->more_on_disk || lane->queued > LOADED_MAX - LOAD_PAGE) return;
    struct store_recipient *rows;
    size_t count;
    if (store_waiting_page(core_reader(core), lane->provider, lane->cursor, &tick->arena, LOAD_PAGE,
                           &rows, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        lane->cursor = rows[i].recipient.id;
        if (map_get_pointer(&core->dispatch.pendings, rows[i].recipient.id.v)) continue;
        struct pending *pending = pending_from_disk(core, &rows[i]);
        if (!lose_old_answers(tick, &rows[i])) dispatch_enqueue(core, pending);
    }
    if (count < LOAD_PAGE) lane->more_on_disk = false;
}

void dispatch_recover(struct tick *tick, const struct attempt *attempt)
{
    struct core *core = tick->core;
    struct pending *pending =
        map_get_pointer(&core->dispatch.pendings, attempt_recipient(attempt->id).v);
    if (!pending) {
        struct store_recipient row;
        if (store_recipient(core_reader(core), attempt_recipient(attempt->id), &tick->arena, &row))
            return;
        if (row.recipient.state != RECIPIENT_QUEUED) return;
        pending = pending_from_disk(core, &row);
    }
    /* What cannot fly here is still written down as lost. */
    if (attempt->segments != pending->flight_count ||
        attempt->provider.v != pending_provider(pending).v)
        return;
    struct flight *flight = &pending->flights[attempt->segment - 1];
    if (flight->state != FLIGHT_WAITING) return;
    flight->attempt = (uint8_t)(attempt->id.v & 0xFF);
    flight->duplicate = attempt->possible_duplicate;
    map_set_pointer(&core->dispatch.flights, attempt->id.v, flight);
    lane_take_off(dispatch_lane(core, pending_provider(pending)), flight);
}

/* ---- The round ----------------------------------------------------------------------------- */

void dispatch_begin(struct tick *tick)
{
    struct core *core = tick->core;
    bool is_behind = core->dispatch.kept != NULL;
    answer_write_kept(tick);
    if (core->dispatch.stopped) return;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        struct lane *lane = &core->dispatch.lanes[id];
        /* What the kept answers say is not on disk yet: a page would bring their recipients back.
         */
        if (!is_behind) lane_load(tick, lane);
        if (core->catalog.providers[id]) lane_run(tick, lane);
    }
}

static void expire_front(struct tick *tick, struct lane *lane)
{
    struct core *core = tick->core;
    while (lane->first &&
           tick->now_ms >= lane->first->accepted_at_ms + core->config.retry_window_ms) {
        if (pending_is_tied(lane->first)) break;
        answer_finish(tick, lane->first, RECIPIENT_EXPIRED, "retry_window");
    }
}

void dispatch_chores(struct tick *tick)
{
    struct core *core = tick->core;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        struct lane *lane = &core->dispatch.lanes[id];
        lane_second_passed(lane, tick->mono_ms);
        expire_front(tick, lane);
        rebalance(core, lane);
    }
    struct pending **link = &core->dispatch.resting;
    while (*link) {
        struct pending *pending = *link;
        if (pending->not_before_mono_ms > tick->mono_ms) {
            link = &pending->next;
            continue;
        }
        *link = pending->next;
        pending->next = NULL;
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
        if (lane->first && core->catalog.providers[id])
            lane_wait = lane_wait_ms(lane, mono_ms);
        else if (!lane->first && lane->more_on_disk)
            lane_wait = LOAD_AGAIN_MS;
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
