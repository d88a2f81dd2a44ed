#include "core/pending.h"

#include <assert.h>

#include "base/mem.h"
#include "core/answer.h"

struct pending *pending_new(const struct message *message, const struct recipient *recipient,
                            const struct provider_id *chain, uint32_t chain_count)
{
    assert(chain_count > 0 && chain_count <= CHAIN_MAX);
    size_t texts = message->sender.size + message->text.size;
    struct pending *pending = mem_alloc(sizeof *pending + texts);
    char *at = (char *)(pending + 1);
    if (message->sender.size) memcpy(at, message->sender.at, message->sender.size);
    if (message->text.size) memcpy(at + message->sender.size, message->text.at, message->text.size);
    pending->sender = slice_of(at, message->sender.size);
    pending->text = slice_of(at + message->sender.size, message->text.size);
    pending->recipient = recipient->id;
    pending->message = message->id;
    pending->number = recipient->number;
    pending->accepted_at_ms = message->send_at_ms ? message->send_at_ms : id_ms(message->id.v);
    memcpy(pending->country, message->country, sizeof pending->country);
    pending->impatient = message->impatient;
    memcpy(pending->chain, chain, chain_count * sizeof *chain);
    pending->chain_count = (uint8_t)chain_count;
    return pending;
}

void pending_free(struct pending *pending)
{
    if (!pending) return;
    assert(!pending->queued && pending->flying == 0);
    mem_free(pending->flights);
    mem_free(pending);
}

void pending_set_chain(struct pending *pending, const struct provider_id *chain,
                       uint32_t chain_count)
{
    assert(chain_count > 0 && chain_count <= CHAIN_MAX && !pending_is_tied(pending));
    struct provider_id old = pending_provider(pending);
    uint8_t refused = 0, chain_at = 0;
    for (uint32_t at = 0; at < chain_count; at++) {
        if (chain[at].v == old.v) chain_at = (uint8_t)at;
        for (uint8_t was = 0; was < pending->chain_count; was++)
            if (chain[at].v == pending->chain[was].v && (pending->refused & 1u << was))
                refused |= (uint8_t)(1u << at);
    }
    memcpy(pending->chain, chain, chain_count * sizeof *chain);
    pending->chain_count = (uint8_t)chain_count;
    pending->chain_at = chain_at;
    pending->refused = refused;
}

struct provider_id pending_provider(const struct pending *pending)
{
    return pending->chain[pending->chain_at];
}

uint8_t pending_provider_bit(const struct pending *pending)
{
    return (uint8_t)(1u << pending->chain_at);
}

bool pending_is_taken(const struct pending *pending)
{
    for (uint16_t i = 0; i < pending->flight_count; i++) {
        enum flight_state state = pending->flights[i].state;
        if (state == FLIGHT_TAKEN || state == FLIGHT_UNCERTAIN) return true;
    }
    return false;
}

bool pending_is_tied(const struct pending *pending)
{
    return pending->fails || pending->flying > 0 || pending_is_taken(pending);
}

bool pending_has_numbers(const struct pending *pending)
{
    unsigned number = pending->attempts;
    for (uint16_t i = 0; i < pending->flight_count; i++) {
        const struct flight *flight = &pending->flights[i];
        if (flight->state == FLIGHT_WAITING && flight->attempt == 0) number++;
    }
    return number <= ATTEMPTS_MAX;
}

struct segment_list pending_segments(const struct pending *pending, struct arena *arena)
{
    struct segment_list list = {0};
    /* The reference tells apart the long messages that one handset gets within minutes. */
    bool fits =
        segment_cut(pending->text, pending->form, (uint16_t)pending->recipient.v, arena, &list);
    assert(fits); /* TEXT_MAX_BYTES sees to it */
    return list;
}

void pending_cut(struct pending *pending, enum segment_form form)
{
    assert(!pending_is_tied(pending));
    /* A lost answer may have been a yes to any of the old segments. */
    bool duplicate = false, lost = pending->flight_count > 0;
    for (uint16_t i = 0; i < pending->flight_count; i++) {
        duplicate = duplicate || pending->flights[i].duplicate;
        lost = lost && pending->flights[i].lost;
    }
    pending->form = form;
    struct arena arena = {0};
    size_t count = pending_segments(pending, &arena).count;
    arena_done(&arena);
    mem_free(pending->flights);
    pending->flights = mem_alloc(count * sizeof *pending->flights);
    pending->flight_count = (uint16_t)count;
    for (size_t i = 0; i < count; i++) {
        pending->flights[i].pending = pending;
        pending->flights[i].segment = (uint8_t)(i + 1);
        pending->flights[i].duplicate = duplicate;
        pending->flights[i].lost = lost;
    }
}

bool pending_goes_on(const struct pending *pending, unsigned refused)
{
    return pending->impatient && !pending->stops && refused != (1u << pending->chain_count) - 1;
}

/* The segment's answer was lost, or it was an attempt at another way of cutting. */
static void pending_recall_lost(struct pending *pending, struct flight *flight, bool was_duplicate,
                                enum uncertain_policy policy)
{
    flight->attempt = 0;
    flight->duplicate = flight->lost = true;
    if (policy == UNCERTAIN_FAIL) {
        flight->state = FLIGHT_REFUSED;
        pending->fails = true;
    } else if (policy == UNCERTAIN_WAIT || was_duplicate) {
        flight->state = FLIGHT_UNCERTAIN;
    } else {
        flight->state = FLIGHT_WAITING;
    }
}

static void pending_recall_no(struct pending *pending, struct provider_id provider)
{
    for (uint8_t at = 0; at < pending->chain_count; at++)
        if (pending->chain[at].v == provider.v) pending->refused |= (uint8_t)(1u << at);
}

static void pending_recall_refusal(struct pending *pending, const struct attempt *attempt)
{
    pending_recall_no(pending, attempt->provider);
    if (answer_is_temporary(attempt->status)) pending->temporary = true;
}

static bool pending_may_have_it(const struct attempt *attempt)
{
    return attempt->state == ATTEMPT_INTENT || attempt->state == ATTEMPT_TAKEN ||
           attempt->state == ATTEMPT_UNCERTAIN;
}

void pending_recall(struct pending *pending, const struct attempt *attempt,
                    enum uncertain_policy policy)
{
    uint8_t number = (uint8_t)(attempt->id.v & 0xFF);
    if (number > pending->attempts) pending->attempts = number;
    if (attempt->state == ATTEMPT_REFUSED) pending_recall_refusal(pending, attempt);
    if (attempt->segments != pending->flight_count) {
        for (uint16_t i = 0; pending_may_have_it(attempt) && i < pending->flight_count; i++)
            pending->flights[i].duplicate = true;
        return;
    }
    struct flight *flight = &pending->flights[attempt->segment - 1];
    if (flight->state == FLIGHT_TAKEN) return;
    switch (attempt->state) {
    case ATTEMPT_TAKEN:
        flight->state = FLIGHT_TAKEN;
        break;
    case ATTEMPT_INTENT:
    case ATTEMPT_THROTTLED:
    case ATTEMPT_NOT_SENT:
        /* Whatever became of the earlier ones, it was to be sent once more. */
        flight->state = FLIGHT_WAITING;
        flight->attempt = number;
        flight->duplicate = attempt->possible_duplicate;
        break;
    case ATTEMPT_UNCERTAIN:
        if (pending->impatient) pending_recall_no(pending, attempt->provider);
        pending_recall_lost(pending, flight, attempt->possible_duplicate, policy);
        break;
    case ATTEMPT_REFUSED:
        flight->attempt = 0;
        /* As when it was answered: a lost answer before it may have been a yes. */
        if (flight->lost && !pending_goes_on(pending, pending->refused))
            flight->state = FLIGHT_UNCERTAIN;
        break;
    case ATTEMPT_STATE_COUNT:
        break;
    }
}
