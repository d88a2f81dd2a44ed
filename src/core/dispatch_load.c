/* Recipients that come from disk: those that were too many for memory, and those of an earlier
   run. */
#include "core/core_state.h"
#include "core/dispatch_inside.h"

/* When the store cannot be read, or where they would go there is no room. */
#define LOAD_AGAIN_MS 1000

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
    struct chain chain =
        dispatch_chain(core, row->message.country, row->message.impatient, row->recipient.number);
    for (uint32_t at = 0; at < chain.count; at++) {
        if (chain.at[at].v != alone[0].v) continue;
        struct pending *pending =
            pending_new(&row->message, &row->recipient, chain.at, chain.count);
        pending->chain_at = (uint8_t)at;
        return pending;
    }
    if (chain.count == 0 || is_tied) return pending_new(&row->message, &row->recipient, alone, 1);
    return pending_new(&row->message, &row->recipient, chain.at, chain.count);
}

static struct pending *pending_from_disk(struct core *core, const struct store_recipient *row)
{
    struct pending *pending = pending_on_route(core, row);
    pending->routes_seen = core->dispatch.routes;
    map_set_pointer(&core->dispatch.pendings, pending->recipient.v, pending);
    pending_cut(pending, dispatch_form(core, pending_provider(pending)));
    for (size_t i = 0; i < row->attempt_count; i++)
        pending_recall(pending, &row->attempts[i], policy_of(core, row->attempts[i].provider));
    return pending;
}

/* An intent of an earlier run, whose answer is lost, flies until that is decided. One that was cut
   in another way, or is with another provider, is only written down as lost. */
static void fly_again(struct core *core, struct pending *pending, const struct attempt *attempt)
{
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

/* Its intents fly; without any it waits. */
static void set_going(struct core *core, struct pending *pending, const struct store_recipient *row)
{
    for (size_t i = 0; i < row->attempt_count; i++)
        if (row->attempts[i].state == ATTEMPT_INTENT) fly_again(core, pending, &row->attempts[i]);
    if (pending->flying == 0) dispatch_enqueue(core, pending);
}

/* Intents that are older than what a start looks at. */
static void lose_answers(struct tick *tick, const struct store_recipient *row)
{
    for (size_t i = 0; i < row->attempt_count; i++) {
        if (row->attempts[i].state != ATTEMPT_INTENT) continue;
        struct command *command = ARENA_NEW(&tick->arena, struct command);
        command->answer.attempt = row->attempts[i].id;
        command->answer.state = ATTEMPT_UNCERTAIN;
        dispatch_answer(tick, command);
    }
}

void dispatch_leave_to_disk(struct lane *lane, struct recipient_id recipient)
{
    if (!lane->more_on_disk || lane->cursor.v >= recipient.v) lane->cursor.v = recipient.v - 1;
    lane->more_on_disk = true;
}

/* Where it would wait: another provider's lane has room for so many only. */
static bool has_room(struct core *core, const struct lane *lane, const struct pending *pending)
{
    if (pending_is_tied(pending)) return true;
    const struct lane *to = dispatch_lane(core, pending->chain[dispatch_best(core, pending)]);
    return to == lane || to->queued < LOADED_MAX;
}

void dispatch_load(struct tick *tick, struct lane *lane)
{
    struct core *core = tick->core;
    if (!lane->more_on_disk || lane->queued > LOADED_MAX - LOAD_PAGE ||
        tick->mono_ms < lane->load_mono_ms)
        return;
    struct store_recipient *rows;
    size_t count;
    lane->load_mono_ms = tick->mono_ms + LOAD_AGAIN_MS;
    if (store_waiting_page(core_reader(core), lane->provider, lane->cursor, &tick->arena, LOAD_PAGE,
                           &rows, &count))
        return;
    for (size_t i = 0; i < count; i++) {
        if (!map_get_pointer(&core->dispatch.pendings, rows[i].recipient.id.v)) {
            struct pending *pending = pending_from_disk(core, &rows[i]);
            if (!has_room(core, lane, pending)) {
                dispatch_forget(core, pending);
                return;
            }
            set_going(core, pending, &rows[i]);
            lose_answers(tick, &rows[i]);
        }
        lane->cursor = rows[i].recipient.id;
    }
    lane->load_mono_ms = 0;
    if (count < LOAD_PAGE) lane->more_on_disk = false;
}

void dispatch_recover(struct tick *tick, const struct attempt *attempt)
{
    struct core *core = tick->core;
    struct recipient_id recipient = attempt_recipient(attempt->id);
    struct store_recipient row;
    if (map_get_pointer(&core->dispatch.pendings, recipient.v) ||
        store_recipient(core_reader(core), recipient, &tick->arena, &row) ||
        row.recipient.state != RECIPIENT_QUEUED)
        return;
    set_going(core, pending_from_disk(core, &row), &row);
}
