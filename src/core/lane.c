#include "core/lane.h"

#include <assert.h>

/* Tokens for this long may be saved up, so that a sleepy timer does not cost rate. */
#define BURST_MS 100
/* The first pause after "throttled", and after "queue full", whose cause lasts longer. */
#define THROTTLED_PAUSE_MS  200
#define QUEUE_FULL_PAUSE_MS 2000
/* One burst of refusals is one event: a whole window may come back refused. */
#define SLOW_AGAIN_MS 1000
/* Above it an adapted limit no longer limits anything. */
#define RATE_FORGET 100000

void lane_configure(struct lane *lane, const struct provider *provider, uint64_t mono_ms)
{
    lane->provider = provider->id;
    lane->window = provider->window;
    if (lane->tps != provider->tps || lane->refilled_mono_ms == 0) {
        lane->tps = provider->tps;
        lane->rate = provider->tps;
        lane->tokens_milli = 0;
        lane->refilled_mono_ms = mono_ms;
    }
}

void lane_queue(struct lane *lane, struct pending *pending)
{
    assert(!pending->queued);
    struct pending *after = lane->last;
    if (after && after->recipient.v > pending->recipient.v) {
        /* Sent back by the carrier: it belongs near the front. */
        after = NULL;
        for (struct pending *at = lane->first; at->recipient.v < pending->recipient.v;
             at = at->next)
            after = at;
    }
    pending->previous = after;
    pending->next = after ? after->next : lane->first;
    *(pending->previous ? &pending->previous->next : &lane->first) = pending;
    *(pending->next ? &pending->next->previous : &lane->last) = pending;
    pending->queued = true;
    lane->queued++;
}

void lane_unqueue(struct lane *lane, struct pending *pending)
{
    assert(pending->queued);
    *(pending->previous ? &pending->previous->next : &lane->first) = pending->next;
    *(pending->next ? &pending->next->previous : &lane->last) = pending->previous;
    pending->previous = pending->next = NULL;
    pending->queued = false;
    lane->queued--;
}

void lane_take_off(struct lane *lane, struct flight *flight)
{
    assert(flight->state == FLIGHT_WAITING);
    flight->state = FLIGHT_FLYING;
    flight->order = lane->next_order++;
    flight->next = NULL;
    flight->previous = lane->newest;
    *(lane->newest ? &lane->newest->next : &lane->oldest) = flight;
    lane->newest = flight;
    lane->flying++;
    flight->pending->flying++;
}

void lane_land(struct lane *lane, struct flight *flight)
{
    assert(flight->state == FLIGHT_FLYING && lane->flying > 0 && flight->pending->flying > 0);
    *(flight->previous ? &flight->previous->next : &lane->oldest) = flight->next;
    *(flight->next ? &flight->next->previous : &lane->newest) = flight->previous;
    flight->previous = flight->next = NULL;
    flight->state = FLIGHT_WAITING;
    lane->flying--;
    flight->pending->flying--;
}

static void lane_refill(struct lane *lane, uint64_t mono_ms)
{
    uint64_t passed_ms = mono_ms - lane->refilled_mono_ms;
    uint64_t most = (uint64_t)lane->rate * BURST_MS;
    if (most < 1000) most = 1000; /* at least one segment, however slow the link */
    lane->tokens_milli += passed_ms * lane->rate;
    if (lane->tokens_milli > most) lane->tokens_milli = most;
    lane->refilled_mono_ms = mono_ms;
}

uint32_t lane_room(struct lane *lane, uint64_t mono_ms)
{
    uint64_t limit = (uint64_t)lane->sessions * lane->window;
    if (lane->flying >= limit || mono_ms < lane->paused_until_mono_ms) return 0;
    uint64_t room = limit - lane->flying;
    if (lane->rate) {
        lane_refill(lane, mono_ms);
        if (room > lane->tokens_milli / 1000) room = lane->tokens_milli / 1000;
    }
    return (uint32_t)room;
}

void lane_spend(struct lane *lane, uint32_t segments)
{
    if (!lane->rate) return;
    uint64_t cost = (uint64_t)segments * 1000;
    lane->tokens_milli = lane->tokens_milli > cost ? lane->tokens_milli - cost : 0;
}

uint64_t lane_wait_ms(struct lane *lane, uint64_t mono_ms)
{
    if ((uint64_t)lane->sessions * lane->window <= lane->flying) return UINT64_MAX;
    if (mono_ms < lane->paused_until_mono_ms) return lane->paused_until_mono_ms - mono_ms;
    if (!lane->rate) return 0;
    lane_refill(lane, mono_ms);
    if (lane->tokens_milli >= 1000) return 0;
    return (1000 - lane->tokens_milli + lane->rate - 1) / lane->rate;
}

void lane_pause(struct lane *lane, uint64_t until_mono_ms)
{
    if (until_mono_ms > lane->paused_until_mono_ms) lane->paused_until_mono_ms = until_mono_ms;
}

void lane_slow_down(struct lane *lane, bool queue_full, uint64_t mono_ms)
{
    lane_pause(lane, mono_ms + (queue_full ? QUEUE_FULL_PAUSE_MS : THROTTLED_PAUSE_MS));
    if (lane->slowed_mono_ms && mono_ms - lane->slowed_mono_ms < SLOW_AGAIN_MS) return;
    lane->slowed_mono_ms = mono_ms;
    uint32_t rate = lane->rate;
    if (rate == 0) {
        /* Without a limit so far: what the carrier was given of late is the best guess. The first
           answer of a burst says little, what is out with it belongs to the same second. */
        uint32_t seen = lane->answers_this_second + lane->flying;
        if (seen < lane->answers_last_second) seen = lane->answers_last_second;
        rate = seen * 2;
    }
    lane->rate = rate / 2 > 1 ? rate / 2 : 1;
    lane->tokens_milli = 0;
    lane->refilled_mono_ms = mono_ms;
}

void lane_second_passed(struct lane *lane, uint64_t mono_ms)
{
    lane->answers_last_second = lane->answers_this_second;
    lane->answers_this_second = 0;
    if (lane->rate == lane->tps || mono_ms - lane->slowed_mono_ms < SLOW_AGAIN_MS) return;
    lane->rate += lane->rate / 10 + 1;
    if (lane->tps && lane->rate > lane->tps) lane->rate = lane->tps;
    if (!lane->tps && lane->rate > RATE_FORGET) lane->rate = 0;
}
