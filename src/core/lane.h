/* A lane is what the dispatcher knows of one provider: its queue, how much may fly, how fast. The
   rules here are arithmetic over time; nothing is written and nothing is sent. */
#pragma once

#include "core/pending.h"

struct lane {
    struct provider_id provider;
    struct pending *first, *last; /* waiting, by recipient */
    uint32_t queued;
    uint32_t held; /* offered in this tick and without room: nobody overtakes them */
    struct flight *oldest, *newest; /* flying */
    uint32_t flying;
    uint64_t next_order;
    uint32_t sessions;
    uint64_t away_since_ms;  /* wall time: how long there have been none */
    uint64_t last_submit_ms; /* wall time */
    uint32_t window;         /* of one session */

    /* More recipients of this provider wait on disk, behind `cursor`; memory takes no new ones
       until those are loaded, so that the order holds. */
    bool more_on_disk;
    struct recipient_id cursor;
    uint64_t load_mono_ms; /* not to be read before this */

    /* Rate. 0: no limit. `rate` starts at the operator's limit, is halved when the carrier asks to
       slow down, and grows back a tenth each quiet second. */
    uint32_t tps;
    uint32_t rate;
    uint64_t tokens_milli;
    uint64_t refilled_mono_ms;
    uint64_t paused_until_mono_ms;
    uint64_t slowed_mono_ms;
    uint32_t answers_this_second, answers_last_second;

    uint64_t taken, refused, throttled, uncertain; /* since start */
};

void lane_configure(struct lane *lane, const struct provider *provider, uint64_t mono_ms);
/* Puts a recipient where its age belongs; that is nearly always one of the ends. */
void lane_queue(struct lane *lane, struct pending *pending);
void lane_unqueue(struct lane *lane, struct pending *pending);
void lane_take_off(struct lane *lane, struct flight *flight); /* it flies now */
void lane_land(struct lane *lane, struct flight *flight);     /* it does not fly any more */

/* How many segments may be submitted now: window and rate. */
uint32_t lane_room(struct lane *lane, uint64_t mono_ms);
void lane_spend(struct lane *lane, uint32_t segments);
/* Milliseconds until lane_room can be more than 0 again, for a lane that has a queue;
   UINT64_MAX: only an answer or a bind can change that. */
uint64_t lane_wait_ms(struct lane *lane, uint64_t mono_ms);
/* Nothing leaves before this, or before a later pause that there is already. */
void lane_pause(struct lane *lane, uint64_t until_mono_ms);
/* The carrier answered "throttled" or "queue full". */
void lane_slow_down(struct lane *lane, bool queue_full, uint64_t mono_ms);
void lane_second_passed(struct lane *lane, uint64_t mono_ms);
