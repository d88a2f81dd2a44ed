#include "core/send.h"

#include "core/core_state.h"

struct send_step {
    struct command *command; /* NULL: our own message */
    struct message message;
    struct recipient recipient;
    struct pending *pending; /* NULL: nothing to hand over */
};

static void send_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct send_step *step = user;
    if (step->pending) {
        if (op->result)
            dispatch_drop(tick, step->pending);
        else
            dispatch_accepted(tick, step->pending);
    }
    if (!step->command) return;
    bool no_route = !op->result && step->recipient.state == RECIPIENT_FAILED;
    step->command->result = no_route ? ERR_NO_ROUTE : op->result;
    step->command->send.message = step->message.id;
    step->command->send.account = step->message.account;
    step->command->send.price = step->message.price;
}

/* Key and account as they are now, whatever the gate saw. */
static enum err may_send(const struct catalog *catalog, struct key_id id,
                         const struct key **out_key)
{
    const struct key *key = catalog_key(catalog, id);
    if (!key) return ERR_KEY_UNKNOWN;
    if (!key->enabled) return ERR_KEY_DISABLED;
    if (!key_may_send(key)) return ERR_KEY_SCOPE;
    if (!catalog_account(catalog, key->account)->account.sms_on) return ERR_ACCOUNT_DISABLED;
    *out_key = key;
    return ERR_OK;
}

/* What no edge should have let through: the limits that everything below relies on. */
static enum err is_sendable(const struct command_send *asked)
{
    if (asked->text.size == 0) return ERR_TEXT_MISSING;
    if (asked->text.size > TEXT_MAX_BYTES) return ERR_TEXT_TOO_LONG;
    if (asked->number == 0) return ERR_NUMBER_INVALID;
    return asked->sender.size > SENDER_MAX_SIZE ? ERR_INVALID : ERR_OK;
}

/* Writes the acceptance, with its first attempts when a carrier has room at once. */
static void accept(struct tick *tick, struct send_step *step, const struct provider_id *chain,
                   uint32_t chain_count)
{
    struct core *core = tick->core;
    struct store_accept accept = {
        .message = &step->message,
        .recipient = &step->recipient,
        .ledger = {tick_id(tick)},
        .refund_ledger = {tick_id(tick)},
    };
    step->message.id.v = tick_id(tick);
    step->message.first_recipient.v = ++core->last_recipient;
    step->message.recipient_count = 1;
    step->recipient.id = step->message.first_recipient;
    step->recipient.message = step->message.id;
    step->recipient.changed_at_ms = tick->now_ms;

    if (step->message.test) {
        step->recipient.state = RECIPIENT_DELIVERED; /* simulated: no carrier, no money */
    } else if (chain_count == 0) {
        step->recipient.state = RECIPIENT_FAILED;
        memcpy(step->recipient.error_word, "no_route", sizeof "no_route");
    } else {
        step->recipient.state = RECIPIENT_QUEUED;
        step->pending = pending_new(&step->message, &step->recipient, chain, chain_count);
        struct attempt *attempts = NULL;
        dispatch_offer(tick, step->pending, &attempts, &accept.attempt_count);
        accept.attempts = attempts;
        step->recipient.provider = pending_provider(step->pending);
    }
    tick_op(tick, STORE_ACCEPT, send_written, step)->accept = accept;
}

void send_decide(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    const struct command_send *asked = &command->send;
    const struct key *key;
    command->result = may_send(&core->catalog, asked->key, &key);
    if (!command->result) command->result = is_sendable(asked);
    if (command->result) return;

    struct segment_count count = segment_count(asked->text);
    struct send_step *step = ARENA_NEW(&tick->arena, struct send_step);
    step->command = command;
    step->message = (struct message){
        .account = key->account,
        .key = key->id,
        .dialect = asked->dialect,
        .test = key->test,
        .refund = asked->refund,
        .sender = asked->sender,
        .text = asked->text,
        .encoding = count.encoding,
        .segments = count.segments,
        .asset = ASSET_CREDIT,
        .price = key->test ? 0 : segment_bill(asked->bill, asked->text),
        .supplied_recipient = asked->supplied_recipient,
    };
    step->recipient.number = asked->number;
    const struct route *route =
        route_choose(core->catalog.routes, core->catalog.route_count, asked->number, asked->iso2);
    accept(tick, step, route ? route->chain : NULL, route ? route->chain_count : 0);
}

void send_own(struct tick *tick, struct provider_id provider, struct slice sender, uint64_t number,
              struct slice text)
{
    struct segment_count count = segment_count(text);
    struct send_step *step = ARENA_NEW(&tick->arena, struct send_step);
    step->message = (struct message){
        .sender = sender,
        .text = text,
        .encoding = count.encoding,
        .segments = count.segments,
    };
    step->recipient.number = number;
    accept(tick, step, &provider, 1);
}
