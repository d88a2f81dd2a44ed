#include "core/answer.h"

#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "core/core_state.h"
#include "core/dispatch_inside.h"
#include "wire/smpp_status.h"

/* Rests between rounds over the chain after refusals that were not for good: 5 s, 10 s, ... 10 min.
 */
#define REST_FIRST_MS   5000ull
#define REST_LONGEST_MS 600000ull

/* An operation on what has already happened outside: when the store cannot commit it, it is kept
   and goes first into the next tick, since the carrier will not say it twice. */
struct answer_kept {
    struct answer_kept *next;
    struct store_op op;
    char carrier_id[CARRIER_ID_MAX + 1];
    char error[ERROR_WORD_MAX + 1], error_text[ERROR_TEXT_MAX + 1];
};

static struct slice keep_text(char *to, struct slice text)
{
    if (text.size) memcpy(to, text.at, text.size);
    return slice_of(to, text.size);
}

static void answer_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct dispatch *dispatch = &tick->core->dispatch;
    if (op->result == ERR_STORE_UNAVAILABLE) {
        struct answer_kept *kept = MEM_NEW(struct answer_kept);
        kept->op = *op;
        if (op->kind == STORE_ANSWER) {
            kept->op.answer.carrier_id = keep_text(kept->carrier_id, op->answer.carrier_id);
            kept->op.answer.error = keep_text(kept->error, op->answer.error);
            kept->op.answer.error_text = keep_text(kept->error_text, op->answer.error_text);
        }
        *dispatch->kept_end = kept;
        dispatch->kept_end = &kept->next;
        return;
    }
    if (op->kind == STORE_ANSWER && op->answer.state == ATTEMPT_TAKEN)
        receipts_taken(tick->core, op->answer.provider, op->answer.attempt, op->answer.carrier_id);
}

void answer_write_kept(struct tick *tick)
{
    struct dispatch *dispatch = &tick->core->dispatch;
    while (dispatch->kept) {
        struct answer_kept *kept = dispatch->kept;
        dispatch->kept = kept->next;
        struct store_op *op = tick_op(tick, kept->op.kind, answer_written, NULL);
        *op = kept->op;
        /* A fresh id, since an account's entries are in the order of their ids. */
        if (op->kind == STORE_ANSWER) {
            op->answer.carrier_id = arena_copy(&tick->arena, op->answer.carrier_id);
            op->answer.error = arena_copy(&tick->arena, op->answer.error);
            op->answer.error_text = arena_copy(&tick->arena, op->answer.error_text);
            op->answer.keys = tick_keys(tick);
        } else {
            op->finish.keys = tick_keys(tick);
        }
        mem_free(kept);
    }
    dispatch->kept_end = &dispatch->kept;
}

void answer_forget_kept(struct dispatch *dispatch)
{
    while (dispatch->kept) {
        struct answer_kept *kept = dispatch->kept;
        dispatch->kept = kept->next;
        mem_free(kept);
    }
}

static void leave(struct tick *tick, struct pending *pending)
{
    if (pending->queued)
        lane_unqueue(dispatch_lane(tick->core, pending_provider(pending)), pending);
    dispatch_forget(tick->core, pending);
}

void answer_finish(struct tick *tick, struct pending *pending, enum recipient_state state,
                   const char *error_word)
{
    struct store_op *op = tick_op(tick, STORE_FINISH, answer_written, NULL);
    op->finish = (struct store_finish){
        .recipient = pending->recipient,
        .state = state,
        .at_ms = tick->now_ms,
        .error_word = error_word,
        .keys = tick_keys(tick),
    };
    leave(tick, pending);
}

void answer_give_up(struct tick *tick, struct pending *pending, const char *error_word)
{
    answer_finish(tick, pending, pending_is_taken(pending) ? RECIPIENT_FAILED : RECIPIENT_REJECTED,
                  error_word);
}

/* Waits for another round over its chain. When too many do so, it is the carrier that needs the
   rest, and the queue stands still instead. */
static void rest(struct tick *tick, struct pending *pending)
{
    struct dispatch *dispatch = &tick->core->dispatch;
    pending->temporary = false;
    pending->refused = 0;
    if (dispatch->resting_count >= LOADED_MAX) {
        dispatch_enqueue(tick->core, pending);
        lane_pause(dispatch_lane(tick->core, pending_provider(pending)),
                   tick->mono_ms + REST_FIRST_MS);
        return;
    }
    uint64_t rest_ms = pending->rounds < 7 ? REST_FIRST_MS << pending->rounds : REST_LONGEST_MS;
    pending->rounds = (uint8_t)(pending->rounds < 255 ? pending->rounds + 1 : 255);
    pending->not_before_mono_ms = tick->mono_ms + rest_ms;
    pending->next = dispatch->resting;
    dispatch->resting = pending;
    dispatch->resting_count++;
}

static void make_anew(struct flight *flight)
{
    flight->state = FLIGHT_WAITING;
    flight->attempt = 0;
}

struct tally {
    unsigned of[FLIGHT_STATE_COUNT];
};

static struct tally tally_of(const struct pending *pending)
{
    struct tally tally = {0};
    for (uint16_t i = 0; i < pending->flight_count; i++)
        tally.of[pending->flights[i].state]++;
    return tally;
}

struct settled {
    enum recipient_state state;
    const char *error_word;      /* NULL: the carrier's own */
    struct provider_id provider; /* in whose queue it waits, or who had it last */
};

/* Every provider that is left has more waiting than memory holds: it waits on disk then. */
static bool goes_to_disk(struct core *core, struct pending *pending)
{
    dispatch_turn_to(core, pending, dispatch_best(core, pending));
    struct lane *lane = dispatch_lane(core, pending_provider(pending));
    if (lane->queued < LOADED_MAX) return false;
    dispatch_leave_to_disk(lane, pending->recipient);
    return true;
}

/* A provider refused it before taking any of it: all of it for another one, or another round. */
static enum recipient_state refused(struct tick *tick, struct pending *pending, bool may_leave)
{
    if (pending->stops) return RECIPIENT_REJECTED;
    pending->refused |= pending_provider_bit(pending);
    for (uint16_t i = 0; i < pending->flight_count; i++)
        make_anew(&pending->flights[i]);
    dispatch_take_route(tick->core, pending);
    if (pending->refused != (1u << pending->chain_count) - 1) {
        if (may_leave && goes_to_disk(tick->core, pending)) return RECIPIENT_QUEUED;
        dispatch_enqueue(tick->core, pending);
        return RECIPIENT_NEW;
    }
    if (pending->impatient) return RECIPIENT_FAILED;
    if (!pending->temporary) return RECIPIENT_REJECTED;
    rest(tick, pending);
    return RECIPIENT_NEW;
}

/* A carrier that has some of it refused the rest for now. */
static void put_off(struct tick *tick, struct pending *pending)
{
    for (uint16_t i = 0; i < pending->flight_count; i++)
        if (pending->flights[i].state == FLIGHT_PUT_OFF) make_anew(&pending->flights[i]);
    rest(tick, pending);
}

/* What the segments together make of the recipient: RECIPIENT_NEW while that is open (it waits,
   flies or rests then), RECIPIENT_QUEUED when it goes on waiting on disk, which it may when the
   provider is written; else that is its state. Unless RECIPIENT_NEW, it has left memory. */
static struct settled settle(struct tick *tick, struct pending *pending, bool may_leave)
{
    struct tally tally = tally_of(pending);
    enum recipient_state state = RECIPIENT_NEW;
    if (tally.of[FLIGHT_REFUSED] + tally.of[FLIGHT_PUT_OFF] > 0) {
        if (pending->queued)
            lane_unqueue(dispatch_lane(tick->core, pending_provider(pending)), pending);
        if (tally.of[FLIGHT_FLYING] > 0)
            state = RECIPIENT_NEW;
        else if (pending->fails || (pending_is_taken(pending) && tally.of[FLIGHT_REFUSED] > 0))
            state = RECIPIENT_FAILED;
        else if (pending_is_taken(pending))
            put_off(tick, pending);
        else
            state = refused(tick, pending, may_leave);
    } else if (tally.of[FLIGHT_WAITING] > 0) {
        dispatch_enqueue(tick->core, pending);
    } else if (tally.of[FLIGHT_FLYING] == 0) {
        state = RECIPIENT_SENT;
    }
    struct settled settled = {.state = state, .provider = pending_provider(pending)};
    if (state == RECIPIENT_FAILED && pending->impatient && !pending->fails &&
        !pending_is_taken(pending))
        settled.error_word = "provider_unavailable";
    if (state != RECIPIENT_NEW) leave(tick, pending);
    return settled;
}

bool answer_is_due(const struct pending *pending)
{
    struct tally tally = tally_of(pending);
    return pending->flying == 0 && (tally.of[FLIGHT_WAITING] == 0 ||
                                    tally.of[FLIGHT_REFUSED] + tally.of[FLIGHT_PUT_OFF] > 0);
}

void answer_settle_waiting(struct tick *tick, struct pending *pending)
{
    struct recipient_id recipient = pending->recipient;
    struct settled settled = settle(tick, pending, false);
    if (settled.state == RECIPIENT_NEW) return;
    struct store_op *op = tick_op(tick, STORE_FINISH, answer_written, NULL);
    op->finish = (struct store_finish){
        .recipient = recipient,
        .state = settled.state,
        .at_ms = tick->now_ms,
        .error_word = settled.state == RECIPIENT_SENT ? NULL
                      : settled.error_word            ? settled.error_word
                                                      : "refused",
        .keys = tick_keys(tick),
    };
}

bool answer_is_temporary(uint32_t status)
{
    bool is_http_server_error = status >= 500 && status < 600;
    return status == 0 || status == ESME_RSYSERR || status == ESME_RX_T_APPN ||
           is_http_server_error;
}

static void lost_answer(struct core *core, struct flight *flight)
{
    struct pending *pending = flight->pending;
    const struct provider *provider = catalog_provider(&core->catalog, pending_provider(pending));
    enum uncertain_policy policy = provider ? provider->quirks.uncertain : UNCERTAIN_WAIT;
    bool was_duplicate = flight->duplicate;
    flight->duplicate = flight->lost = true;
    /* In a hurry the one resend goes to another provider, if there is one. */
    if (pending->impatient) pending->refused |= pending_provider_bit(pending);
    if (policy == UNCERTAIN_RESEND && !was_duplicate) {
        flight->state = FLIGHT_WAITING;
        flight->attempt = 0;
    } else if (policy == UNCERTAIN_FAIL) {
        flight->state = FLIGHT_REFUSED;
        pending->fails = true;
    } else {
        flight->state = FLIGHT_UNCERTAIN;
    }
}

/* After a lost answer a second provider would be a second resend: it stays uncertain. In a hurry
   that resend was this refused one, so the chain is followed to its end. */
static bool goes_on(const struct pending *pending)
{
    unsigned refused = pending->refused | pending_provider_bit(pending);
    return pending->impatient && !pending->stops && refused != (1u << pending->chain_count) - 1;
}

/* SMPP statuses that say what other dialects say in words (SMPP 3.4 5.1.3). */
static struct slice refusal_word(const struct command_answer *answer)
{
    if (answer->error.size || answer->state != ATTEMPT_REFUSED) return answer->error;
    if (answer->status == ESME_RINVDSTADR) return SLICE("phone_invalid");
    if (answer->status == ESME_RINVSRCADR) return SLICE("sender_id_invalid");
    return (struct slice){0};
}

static struct slice cut(struct slice text, size_t max)
{
    if (text.size > max) text.size = max;
    return text;
}

/* The flight has landed; what its answer says about it alone. */
static void judge(struct tick *tick, struct flight *flight, const struct command_answer *answer)
{
    struct pending *pending = flight->pending;
    struct lane *lane = dispatch_lane(tick->core, pending_provider(pending));
    switch (answer->state) {
    case ATTEMPT_TAKEN:
        lane->taken++;
        flight->state = FLIGHT_TAKEN;
        break;
    case ATTEMPT_REFUSED:
        lane->refused++;
        pending->status = answer->status;
        flight->state = answer->for_now ? FLIGHT_PUT_OFF : FLIGHT_REFUSED;
        if (flight->state == FLIGHT_PUT_OFF) pending->temporary = true;
        if (pending->impatient && refusal_stops(answer->error)) pending->stops = true;
        if (flight->lost && !goes_on(pending)) flight->state = FLIGHT_UNCERTAIN;
        break;
    case ATTEMPT_THROTTLED:
        lane->throttled++;
        lane_slow_down(lane, answer->status == ESME_RMSGQFUL, tick->mono_ms);
        break;
    case ATTEMPT_UNCERTAIN:
        lane->uncertain++;
        lost_answer(tick->core, flight);
        break;
    case ATTEMPT_NOT_SENT:
        break;
    case ATTEMPT_INTENT:
    case ATTEMPT_STATE_COUNT:
        abort(); /* no answer */
    }
}

/* An intent of an earlier run that nobody waits for any more: its recipient has moved on, or its
   text is cut in another way now. It does not stay open. */
static void forget(struct tick *tick, struct command *command)
{
    struct attempt attempt;
    if (store_attempt(core_reader(tick->core), command->answer.attempt, &attempt) ||
        attempt.state != ATTEMPT_INTENT || command->answer.state != ATTEMPT_UNCERTAIN) {
        command->result = ERR_NOT_FOUND;
        return;
    }
    struct store_op *op = tick_op(tick, STORE_ANSWER, answer_written, NULL);
    op->answer = (struct store_answer){
        .attempt = attempt.id,
        .state = ATTEMPT_UNCERTAIN,
        .at_ms = tick->now_ms,
        .provider = attempt.provider,
    };
}

void dispatch_answer(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    struct command_answer *answer = &command->answer;
    answer->error = refusal_word(answer);
    answer->for_now = answer->for_now || answer_is_temporary(answer->status);
    struct flight *flight = map_get_pointer(&core->dispatch.flights, answer->attempt.v);
    if (!flight) {
        forget(tick, command);
        return;
    }
    struct pending *pending = flight->pending;
    struct lane *lane = dispatch_lane(core, pending_provider(pending));
    map_remove(&core->dispatch.flights, answer->attempt.v);
    lane_land(lane, flight);
    lane->answers_this_second++;
    judge(tick, flight, answer);
    struct settled settled = settle(tick, pending, true);

    struct store_op *op = tick_op(tick, STORE_ANSWER, answer_written, NULL);
    op->answer = (struct store_answer){
        .attempt = answer->attempt,
        .state = answer->state,
        .at_ms = tick->now_ms,
        .status = answer->status,
        .carrier_id = arena_copy(&tick->arena, cut(answer->carrier_id, CARRIER_ID_MAX)),
        .error = arena_copy(&tick->arena, cut(answer->error, ERROR_WORD_MAX)),
        .error_text = arena_copy(&tick->arena, cut(answer->error_text, ERROR_TEXT_MAX)),
        .recipient_state = settled.state,
        .error_word = settled.error_word,
        .provider = settled.provider,
        .keys = tick_keys(tick),
    };
}
