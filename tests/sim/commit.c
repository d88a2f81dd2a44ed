/* What one write of the store may do. */
#include <inttypes.h>

#include "base/mem.h"
#include "sim/model.h"
#include "sim/world.h"

static struct story *story_of(struct model *model, struct recipient_id recipient)
{
    struct story *story = map_get_pointer(&model->by_recipient, recipient.v);
    if (!story)
        world_fail("a write for recipient %" PRIu64 ", which was never accepted", recipient.v);
    story->touched = true;
    return story;
}

/* ---- Attempts ------------------------------------------------------------------------------ */

static void set_attempt(struct model *model, struct attempt_id id, struct attempt_model attempt)
{
    struct attempt_model before;
    bool was_open = model_attempt(model, id.v, &before) && before.state == ATTEMPT_INTENT;
    if (was_open && before.provider <= PROVIDERS_MAX) model->open[before.provider]--;
    if (attempt.state == ATTEMPT_INTENT && attempt.provider <= PROVIDERS_MAX)
        model->open[attempt.provider]++;
    map_set(&model->attempts, id.v, (uint64_t)attempt.state << 16 | attempt.provider);
}

bool model_attempt(const struct model *model, uint64_t id, struct attempt_model *out)
{
    uint64_t value;
    if (!map_get(&model->attempts, id, &value)) return false;
    *out = (struct attempt_model){(uint16_t)value, (enum attempt_state)(value >> 16)};
    return true;
}

static void intend(struct model *model, struct story *story, const struct attempt *attempt)
{
    struct attempt_model before;
    if (attempt->state != ATTEMPT_INTENT)
        world_fail("an attempt begins as %d", (int)attempt->state);
    if (story->test != (attempt->provider.v == PROVIDER_REHEARSAL.v) ||
        (story->test && !story->robase))
        world_fail("a test key's message is handed to a carrier, or another one to none");
    if (story->waits && !story->released) world_fail("a message is handed over before its time");
    if (model_attempt(model, attempt->id.v, &before) && before.state != ATTEMPT_THROTTLED &&
        before.state != ATTEMPT_NOT_SENT)
        world_fail("attempt %" PRIu64 ".%u is made again after %s", attempt->id.v >> 8,
                   (unsigned)(attempt->id.v & 0xFF), attempt_state_names[before.state]);
    model_part(story->handset, attempt->provider.v, attempt->segment, attempt->segments)->intents++;
    set_attempt(model, attempt->id, (struct attempt_model){attempt->provider.v, ATTEMPT_INTENT});
    if (!attempt->possible_duplicate) return;
    model->duplicates++;
    if (!story->may_resend) world_fail("a segment is sent again, and no policy says so");
}

/* No more intents are open than windows allow: so many messages can become uncertain at once. */
static void check_open(const struct model *model)
{
    for (uint16_t provider = 1; provider <= world.script.carrier_count; provider++) {
        uint32_t most = world.script.carriers[provider - 1].open_max;
        if (model->open[provider] > most)
            world_fail("%u intents are open with carrier %u, whose windows hold %u",
                       model->open[provider], provider, most);
    }
}

/* ---- Operations ---------------------------------------------------------------------------- */

static struct story *accept_own(struct model *model, const struct store_op *op)
{
    if (op->accept.message->price) world_fail("an automatic reply costs something");
    struct story reply = {.own = true, .text = (char *)""};
    return model_ask(model, &reply, op->accept.recipient->number);
}

static void accept_op(struct model *model, const struct store_op *op)
{
    const struct message *message = op->accept.message;
    const struct recipient *recipient = op->accept.recipient;
    uint64_t wall_ms = clock_wall_ms(&world.clock);
    struct story *story = message->account.v == 0
                              ? accept_own(model, op)
                              : map_get_pointer(&model->asked, recipient->number);
    if (!story) world_fail("a message to %" PRIu64 ", for which nobody asked", recipient->number);
    if (story->message) world_fail("a request became two messages");
    if ((recipient->state == RECIPIENT_SCHEDULED) != (story->send_at_ms > wall_ms))
        world_fail("a message is scheduled, or not");
    if (!story->own && story->answering == ANSWER_CAME)
        world_fail("accepted after it was answered with %u", story->status);
    if (!story->own && !slice_eq(message->text, slice_cstr(story->text)))
        world_fail("the text of a message is not the one asked for");
    if (!story->own && message->account.v != world_customer_account(story->customer))
        world_fail("a message of another account");
    if (!story->robase && message->price != story->price)
        world_fail("a price of %" PRId64 ", not %" PRId64, message->price, story->price);
    if (story->robase && message->segments != story->segments)
        world_fail("%u segments, not %u", message->segments, story->segments);
    if (message->test != story->test) world_fail("a test key's message, or not");
    story->message = message->id.v;
    story->recipient = recipient->id.v;
    story->account = message->account.v;
    story->waits = recipient->state == RECIPIENT_SCHEDULED;
    /* It is queued before it is anything else. */
    if (!story->waits) events_saw(story, RECIPIENT_QUEUED, true);
    events_saw(story, recipient->state, false);
    story->touched = true;
    story->handset->messages++;
    map_set_pointer(&model->by_message, story->message, story);
    map_set_pointer(&model->by_recipient, story->recipient, story);
    for (size_t i = 0; i < op->accept.attempt_count; i++)
        intend(model, story, &op->accept.attempts[i]);
}

static struct story *answer_op(struct model *model, const struct store_op *op)
{
    struct story *story = story_of(model, attempt_recipient(op->answer.attempt));
    struct attempt_model attempt;
    if (!model_attempt(model, op->answer.attempt.v, &attempt) || attempt.state != ATTEMPT_INTENT)
        world_fail("an answer to an attempt that was not open");
    if (op->answer.state == ATTEMPT_INTENT) world_fail("an intent is no answer");
    if (op->answer.state == ATTEMPT_UNCERTAIN) {
        model->uncertain++;
        if (story->test) world_fail("a rehearsal has lost its answer");
        story->may_resend |= world.script.carriers[attempt.provider - 1].resends;
    }
    attempt.state = op->answer.state;
    set_attempt(model, op->answer.attempt, attempt);
    return story;
}

/* Its time has come: a fresh recipient takes the place of the one that waited. */
static struct story *release_op(struct model *model, const struct store_op *op)
{
    const struct store_release *release = &op->release;
    if (op->result == ERR_STALE) return NULL;
    struct story *story = map_get_pointer(&model->by_message, release->message.v);
    if (!story || !story->send_at_ms) world_fail("a release of what never waited");
    if (story->released || story->cancelled)
        world_fail("a release of what is released or cancelled");
    if (clock_wall_ms(&world.clock) < story->send_at_ms) world_fail("a release before its time");
    story->released = true;
    events_saw(story, RECIPIENT_QUEUED, true);
    story->recipient = release->recipient.v;
    map_set_pointer(&model->by_recipient, story->recipient, story);
    story->touched = true;
    return story;
}

static struct story *cancel_op(struct model *model, const struct store_op *op)
{
    if (op->result) return NULL;
    struct story *story = map_get_pointer(&model->by_message, op->cancel.message.v);
    if (!story || !story->send_at_ms) world_fail("a cancel of what never waited");
    if (story->released || story->cancelled)
        world_fail("a cancel of what is released or cancelled");
    story->cancelled = true;
    story->touched = true;
    return story;
}

static void ledger_op(struct model *model, const struct store_op *op)
{
    const struct store_ledger *ledger = &op->ledger;
    struct ledger_model *of = money_touch(model, ledger->account.v);
    if (!op->result) of->of[ledger->asset].least += ledger->amount;
    if (ledger->kind != LEDGER_GRANT) world_fail("an entry of kind %d", (int)ledger->kind);
}

static void inbound_op(struct model *model, const struct store_op *op)
{
    struct inbound_model *inbound = model_inbound(model, op->inbound->text);
    inbound->stored++;
    inbound->to_push += op->inbound->push == PUSH_PENDING;
    map_set(&model->by_inbound, op->inbound->id.v, (uint64_t)(inbound - model->inbound) + 1);
}

static void pushed_op(struct model *model, const struct store_op *op)
{
    uint64_t number;
    if (!map_get(&model->by_inbound, op->pushed.inbound.v, &number))
        world_fail("a push of what was never stored");
    struct inbound_model *inbound = &model->inbound[number - 1];
    inbound->told_good += op->pushed.status == 200;
    if (inbound->told_good > inbound->good)
        world_fail("a push of inbound %" PRIu64 " is written as good, and it was not", number - 1);
}

static void look_at(struct model *model, const struct store_op *op)
{
    struct story *story = NULL;
    switch (op->kind) {
    case STORE_ACCEPT:
        money_accept(model, op);
        if (!op->result) accept_op(model, op);
        break;
    case STORE_RELEASE:
        story = release_op(model, op);
        break;
    case STORE_CANCEL:
        story = cancel_op(model, op);
        break;
    case STORE_QUOTA:
        money_touch(model, op->quota.account.v)->of[ASSET_QUOTA].least = 0;
        break;
    case STORE_ATTEMPT:
        intend(model, story_of(model, attempt_recipient(op->attempt.attempt->id)),
               op->attempt.attempt);
        break;
    case STORE_ANSWER:
        story = answer_op(model, op);
        break;
    case STORE_FINISH:
        story = story_of(model, op->finish.recipient);
        break;
    case STORE_RECEIPT:
        story = story_of(model, attempt_recipient(op->receipt.attempt));
        break;
    case STORE_PARK:
        if (!op->result)
            map_set(&model->parked, model_key(op->park->provider.v, op->park->carrier_id), 1);
        break;
    case STORE_LEDGER:
        ledger_op(model, op);
        break;
    case STORE_INBOUND:
        if (!op->result) inbound_op(model, op);
        break;
    case STORE_PUSHED:
        if (!op->result) pushed_op(model, op);
        break;
    default:
        break;
    }
    if (story && !op->result && op->state_after) events_saw(story, op->state_after, false);
    if (story && story->account) money_touch(model, story->account);
}

/* ---- Writes -------------------------------------------------------------------------------- */

static void check_touched(struct model *model)
{
    for (size_t i = 0; i < model->ledger_count; i++) {
        if (model->ledgers[i].touched) money_check(model, &model->ledgers[i]);
        model->ledgers[i].touched = false;
    }
    for (size_t i = 0; i < model->story_count; i++) {
        struct story *story = model->stories[i];
        if (story->touched) model_check_story(model, story);
        story->touched = false;
    }
}

void model_committed(struct model *model, const struct store_op *ops, size_t count)
{
    model->commits++;
    for (size_t i = 0; i < count; i++)
        look_at(model, &ops[i]);
    check_touched(model);
    check_open(model);
}

/* Nothing of it may be there. */
void model_not_committed(struct model *model, const struct store_op *ops, size_t count)
{
    struct store_reader *reader = store_own_reader(model->store);
    struct arena arena = {0};
    for (size_t i = 0; i < count; i++) {
        struct store_recipient row;
        if (ops[i].result != ERR_STORE_UNAVAILABLE) world_fail("a write that failed has results");
        if (ops[i].kind == STORE_ACCEPT &&
            store_recipient(reader, ops[i].accept.recipient->id, &arena, &row) != ERR_NOT_FOUND)
            world_fail("a write that failed has left a message");
        if (ops[i].kind == STORE_ANSWER) story_of(model, attempt_recipient(ops[i].answer.attempt));
        if (ops[i].kind == STORE_RECEIPT)
            story_of(model, attempt_recipient(ops[i].receipt.attempt));
        if (ops[i].kind == STORE_FINISH) story_of(model, ops[i].finish.recipient);
    }
    for (size_t i = 0; i < model->ledger_count; i++)
        model->ledgers[i].touched = true;
    check_touched(model);
    arena_done(&arena);
}
