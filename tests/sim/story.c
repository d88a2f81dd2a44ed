/* One message: what the store says of it, against what customers asked and carriers did. */
#include <inttypes.h>
#include <stdio.h>

#include "base/mem.h"
#include "sim/model.h"
#include "sim/world.h"

#define BIT(state) (1u << (state))

/* Written from the rules in words, not from the core's table. A verdict may overtake the answer to
   another segment; what is final stays. */
static const unsigned moves[RECIPIENT_STATE_COUNT] = {
    [RECIPIENT_NEW] = BIT(RECIPIENT_QUEUED) | BIT(RECIPIENT_DELIVERED) | BIT(RECIPIENT_FAILED) |
                      BIT(RECIPIENT_SENT) | BIT(RECIPIENT_REJECTED) | BIT(RECIPIENT_SCHEDULED),
    [RECIPIENT_SCHEDULED] = BIT(RECIPIENT_QUEUED) | BIT(RECIPIENT_SENT) | BIT(RECIPIENT_DELIVERED) |
                            BIT(RECIPIENT_FAILED) | BIT(RECIPIENT_REJECTED) |
                            BIT(RECIPIENT_CANCELLED),
    [RECIPIENT_QUEUED] = BIT(RECIPIENT_SENT) | BIT(RECIPIENT_DELIVERED) | BIT(RECIPIENT_FAILED) |
                         BIT(RECIPIENT_REJECTED) | BIT(RECIPIENT_EXPIRED),
    [RECIPIENT_SENT] = BIT(RECIPIENT_DELIVERED) | BIT(RECIPIENT_FAILED) | BIT(RECIPIENT_TIMEOUT),
    [RECIPIENT_TIMEOUT] = BIT(RECIPIENT_DELIVERED) | BIT(RECIPIENT_FAILED),
};

void model_describe(struct model *model, const struct story *story, char *out, size_t size)
{
    struct arena arena = {0};
    struct store_recipient row;
    int used =
        snprintf(out, size, "to %" PRIu64 ", recipient %" PRIu64 " %s:", story->handset->number,
                 story->recipient, recipient_state_names[story->state]);
    if (!store_recipient(store_own_reader(model->store), (struct recipient_id){story->recipient},
                         &arena, &row)) {
        for (size_t i = 0; i < row.attempt_count && (size_t)used < size; i++) {
            const struct attempt *attempt = &row.attempts[i];
            used += snprintf(
                out + used, size - (size_t)used, " %u/%u@%u %s%s%s%s", attempt->segment,
                attempt->segments, attempt->provider.v, attempt_state_names[attempt->state],
                attempt->possible_duplicate ? " again" : "", attempt->receipt ? " " : "",
                attempt->receipt ? receipt_state_word(attempt->receipt) : "");
        }
    }
    arena_done(&arena);
}

void model_complain(struct model *model, const struct story *story, const char *what)
{
    char text[1024];
    model_describe(model, story, text, sizeof text);
    world_fail("%s: %s", what, text);
}

/* ---- Attempts ------------------------------------------------------------------------------ */

/* What carriers report of a number is told by its end. */
static enum receipt_state expected_receipt(const struct story *story)
{
    if (story->test) return RECEIPT_DELIVERED;
    switch (story->handset->number % 1000) {
    case 1:
        return RECEIPT_UNDELIVERABLE;
    case 2:
        return RECEIPT_EXPIRED;
    case 5:
        return RECEIPT_REJECTED;
    default:
        return RECEIPT_DELIVERED;
    }
}

static void check_taken(struct model *model, struct story *story, const struct attempt *attempt)
{
    struct taken *taken = map_get_pointer(
        &model->taken, model_key(attempt->provider.v, slice_cstr(attempt->carrier_id)));
    if (attempt->carrier_id[0] == '\0') return; /* the answer's body could not be read */
    if (!taken || taken->handset != story->handset || taken->segment != attempt->segment ||
        taken->total != attempt->segments)
        model_complain(model, story, "an attempt has the id of something else");
    if (taken->attempt && taken->attempt != attempt->id.v)
        model_complain(model, story, "two attempts have one id");
    taken->attempt = attempt->id.v;
}

static void check_attempt(struct model *model, struct story *story, const struct attempt *attempt)
{
    struct attempt_model committed;
    if (!model_attempt(model, attempt->id.v, &committed) || committed.state != attempt->state ||
        committed.provider != attempt->provider.v)
        model_complain(model, story, "an attempt is not as it was written");
    if (attempt->state == ATTEMPT_TAKEN && !story->test) check_taken(model, story, attempt);
    if (!receipt_is_final(attempt->receipt)) return;
    if (attempt->state != ATTEMPT_TAKEN)
        model_complain(model, story, "a receipt for what nobody took");
    if (attempt->receipt != expected_receipt(story))
        model_complain(model, story, "a receipt that says what no carrier said");
}

/* Per way of cutting: what is known of each segment. */
struct cut {
    struct {
        unsigned taken, maybe, good, bad, again;
    } of[UINT8_MAX + 1];
};

static void cut_count(const struct store_recipient *row, uint8_t total, struct cut *out)
{
    *out = (struct cut){0};
    for (size_t i = 0; i < row->attempt_count; i++) {
        const struct attempt *attempt = &row->attempts[i];
        if (attempt->segments != total) continue;
        out->of[attempt->segment].taken += attempt->state == ATTEMPT_TAKEN;
        out->of[attempt->segment].maybe += attempt->state == ATTEMPT_UNCERTAIN;
        out->of[attempt->segment].good += attempt->receipt == RECEIPT_DELIVERED;
        out->of[attempt->segment].bad +=
            receipt_is_final(attempt->receipt) && attempt->receipt != RECEIPT_DELIVERED;
        bool is_taken = attempt->state == ATTEMPT_INTENT || attempt->state == ATTEMPT_TAKEN ||
                        attempt->state == ATTEMPT_UNCERTAIN;
        out->of[attempt->segment].again += attempt->possible_duplicate && is_taken;
    }
}

/* What the attempts allow the state to be; bits. */
static unsigned states_of_cut(const struct cut *cut, uint8_t total)
{
    bool all_handed = true, all_good = true, any_bad = false;
    for (uint8_t i = 1; i <= total; i++) {
        all_handed = all_handed && (cut->of[i].taken || cut->of[i].maybe);
        all_good = all_good && cut->of[i].good;
        any_bad = any_bad || (cut->of[i].bad && !cut->of[i].good);
    }
    return (all_handed ? BIT(RECIPIENT_SENT) | BIT(RECIPIENT_TIMEOUT) : 0) |
           (all_good ? BIT(RECIPIENT_DELIVERED) : 0) | (any_bad ? BIT(RECIPIENT_FAILED) : 0);
}

/* ---- The message --------------------------------------------------------------------------- */

struct verdicts {
    bool taken, open, uncertain, refused;
    unsigned may_be; /* states that some way of cutting allows */
};

static struct verdicts verdicts_of(struct model *model, const struct story *story,
                                   const struct store_recipient *row)
{
    struct verdicts verdicts = {0};
    bool done[UINT8_MAX + 1] = {false};
    for (size_t i = 0; i < row->attempt_count; i++) {
        const struct attempt *attempt = &row->attempts[i];
        verdicts.taken |= attempt->state == ATTEMPT_TAKEN;
        verdicts.open |= attempt->state == ATTEMPT_INTENT;
        verdicts.uncertain |= attempt->state == ATTEMPT_UNCERTAIN;
        verdicts.refused |= attempt->state == ATTEMPT_REFUSED;
        if (done[attempt->segments]) continue;
        done[attempt->segments] = true;
        struct cut cut;
        cut_count(row, attempt->segments, &cut);
        verdicts.may_be |= states_of_cut(&cut, attempt->segments);
        for (unsigned segment = 1; segment <= attempt->segments; segment++)
            if (cut.of[segment].again > 1 && !model->rerouted)
                model_complain(model, story, "a segment is sent again more than once");
    }
    return verdicts;
}

static void check_state(struct model *model, const struct story *story,
                        const struct store_recipient *row)
{
    struct verdicts verdicts = verdicts_of(model, story, row);
    unsigned may_be = verdicts.may_be | BIT(RECIPIENT_QUEUED);
    /* Refused somewhere for good, or uncertain where the policy is to fail, or given up. */
    if (verdicts.refused || verdicts.uncertain || row->attempt_count == 0)
        may_be |= BIT(RECIPIENT_FAILED);
    if (row->attempt_count >= ATTEMPTS_MAX / 2) may_be |= BIT(RECIPIENT_FAILED);
    if (!verdicts.taken && !verdicts.open) may_be |= BIT(RECIPIENT_REJECTED);
    /* Also with a part taken, when the window ends before the rest had room. */
    if (!verdicts.open) may_be |= BIT(RECIPIENT_EXPIRED);
    /* Who does not wait gives up after one round. */
    if (story->robase && !verdicts.open) may_be |= BIT(RECIPIENT_FAILED);
    if (story->test)
        may_be = BIT(RECIPIENT_DELIVERED) |
                 (story->robase ? BIT(RECIPIENT_QUEUED) | BIT(RECIPIENT_SENT) : 0);
    if (story->waits && !story->released)
        may_be = story->cancelled ? BIT(RECIPIENT_CANCELLED) : BIT(RECIPIENT_SCHEDULED);
    if (!(may_be & BIT(story->state)))
        model_complain(model, story, "the attempts do not add up to this state");
    money_check_story(model, story, verdicts.taken);
}

void model_check_story(struct model *model, struct story *story)
{
    struct arena arena = {0};
    struct store_recipient row;
    if (store_recipient(store_own_reader(model->store), (struct recipient_id){story->recipient},
                        &arena, &row))
        model_complain(model, story, "a message is gone");
    enum recipient_state before = story->state;
    story->state = row.recipient.state;
    events_saw(story, story->state, true);
    if (story->state != before) {
        story->ended_month = money_month();
        bool refused = false;
        story->ended_by_report = false;
        for (size_t i = 0; i < row.attempt_count; i++)
            story->ended_by_report |= receipt_is_final(row.attempts[i].receipt) &&
                                      row.attempts[i].receipt != RECEIPT_DELIVERED;
        for (size_t i = 0; i < row.attempt_count; i++)
            refused |= row.attempts[i].state == ATTEMPT_REFUSED;
        story->ended_by_both = story->ended_by_report && refused;
    }
    if (story->state != before && !(moves[before] & BIT(story->state)))
        world_fail("recipient %" PRIu64 " went from %s to %s", story->recipient,
                   recipient_state_names[before], recipient_state_names[story->state]);
    if (row.message.id.v != story->message || row.recipient.number != story->handset->number)
        model_complain(model, story, "a message has become another one");
    if (row.attempt_count < story->attempt_count)
        model_complain(model, story, "an attempt is gone");
    story->attempt_count = row.attempt_count;
    for (size_t i = 0; i < row.attempt_count; i++)
        check_attempt(model, story, &row.attempts[i]);
    check_state(model, story, &row);
    arena_done(&arena);
}
