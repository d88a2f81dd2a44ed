#include "core/send.h"

#include <stdio.h>

#include "core/core_state.h"
#include "core/dispatch_inside.h"
#include "core/quota.h"
#include "wire/utf.h"

struct send_step {
    struct command *command;    /* whose result it is; NULL: a row's, or our own message */
    struct command_send *asked; /* NULL: our own message */
    struct arena *arena;        /* for what is told; NULL: not wanted */
    struct message message;
    struct recipient recipient;
    struct attempt attempt;  /* of a rehearsal */
    struct pending *pending; /* NULL: nothing to hand over */
};

static void tell(const struct send_step *step)
{
    struct command_send *asked = step->asked;
    asked->message = step->message.id;
    asked->account = step->message.account;
    asked->price = step->message.price;
    if (!step->arena) return;
    asked->accepted = step->message;
    asked->accepted.text = arena_copy(step->arena, step->message.text);
}

static void send_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct send_step *step = user;
    if (step->pending) {
        if (op->result)
            dispatch_drop(tick, step->pending);
        else
            dispatch_accepted(tick, step->pending);
    }
    if (!op->result && step->attempt.id.v)
        rehearsal_add(tick->core, &step->attempt, step->recipient.number);
    if (!op->result && step->recipient.state == RECIPIENT_SCHEDULED)
        schedule_note(&tick->core->schedule, step->message.send_at_ms);
    if (!step->asked) return;
    bool no_route =
        !op->result && !step->message.impatient && step->recipient.state == RECIPIENT_FAILED;
    step->asked->result = no_route ? ERR_NO_ROUTE : op->result;
    if (step->command) step->command->result = step->asked->result;
    tell(step);
}

/* ---- May it be sent ------------------------------------------------------------------------ */

/* Key and account as they are now, whatever the gate saw. */
static enum err find_key(const struct catalog *catalog, struct key_id id,
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

/* Says why an operator rejected it, in his words. */
static void tell_reason(struct tick *tick, const struct sender *sender, struct outcome *outcome)
{
    struct sender whole;
    if (store_sender(core_reader(tick->core), sender->id, &tick->arena, &whole) == ERR_OK)
        outcome->problem = whole.papers.rejection_reason;
}

static enum err check_sender(struct tick *tick, const struct key *key, struct command_send *asked,
                             const struct sender **out)
{
    *out = NULL;
    if (!(asked->rules & SEND_OWN_SENDER) || asked->sender.size == 0) return ERR_OK;
    const struct sender *sender = catalog_sender(&tick->core->catalog, key->account, asked->sender);
    if (!sender) return ERR_SENDER_UNKNOWN;
    enum err err = sender_check(sender, asked->iso2, key->test);
    if (err == ERR_SENDER_REJECTED) tell_reason(tick, sender, &asked->outcome);
    *out = sender;
    return err;
}

/* The template's text with the variables, or the text that was given. */
static enum err make_text(struct tick *tick, const struct key *key, struct command_send *asked)
{
    if (!asked->template_id.v && asked->template_slug.size == 0) return ERR_OK;
    const struct catalog *catalog = &tick->core->catalog;
    const struct template_row *row =
        asked->template_id.v ? catalog_template(catalog, key->account, asked->template_id)
                             : catalog_template_slug(catalog, key->account, asked->template_slug);
    if (!row) return ERR_TEMPLATE_UNKNOWN;
    if (!row->compiled) return ERR_TEMPLATE_INVALID;
    struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    bool rendered = gotemplate_render(row->compiled, asked->variables, &text);
    bool full = text.full;
    if (rendered) asked->text = arena_copy(&tick->arena, buf_slice(&text));
    buf_done(&text);
    if (rendered) return ERR_OK;
    return full ? ERR_TEXT_TOO_LONG : ERR_TEMPLATE_INVALID;
}

/* What no edge should have let through: the limits that everything below relies on. */
static enum err is_sendable(const struct command_send *asked)
{
    if (asked->text.size == 0) return ERR_TEXT_MISSING;
    if (asked->text.size > TEXT_MAX_BYTES) return ERR_TEXT_TOO_LONG;
    if (asked->text_points_max && utf8_points(asked->text) > asked->text_points_max)
        return ERR_TEXT_TOO_LONG;
    if (asked->number == 0) return ERR_NUMBER_INVALID;
    return asked->sender.size > SENDER_MAX_SIZE ? ERR_INVALID : ERR_OK;
}

static enum err may_send(struct tick *tick, const struct key *key, struct command_send *asked)
{
    const struct sender *sender;
    enum err err = check_sender(tick, key, asked, &sender);
    if (err) return err;
    if (asked->fault) return ERR_INVALID;
    err = make_text(tick, key, asked);
    if (!err) err = is_sendable(asked);
    if (!err && key->test && !rehearsal_has_room(&tick->core->rehearsal)) err = ERR_OVERLOADED;
    if (err || key->test) return err;
    bool refused = blocklist_refuses(&tick->core->catalog.blocklist, asked->number, key->account,
                                     sender && sender->dnd);
    return refused ? ERR_NUMBER_BLOCKED : ERR_OK;
}

/* ---- Accepting ----------------------------------------------------------------------------- */

/* Puts a new recipient on its way: into a queue, with its first attempts when a carrier has room at
   once; to nobody when it is a test; or nowhere without a route. */
static void set_off(struct tick *tick, struct send_step *step, struct chain *chain,
                    struct store_accept *accept)
{
    struct message *message = &step->message;
    struct recipient *recipient = &step->recipient;
    if (message->test && !recipient->tells) {
        recipient->state = RECIPIENT_DELIVERED; /* simulated: no carrier, no money */
    } else if (message->test) {
        recipient->state = RECIPIENT_QUEUED;
        recipient->provider = PROVIDER_REHEARSAL;
        step->attempt = rehearsal_attempt(tick, recipient->id);
        accept->attempts = &step->attempt;
        accept->attempt_count = 1;
    } else if (chain->count == 0) {
        recipient->state = RECIPIENT_FAILED;
        const char *word = message->impatient ? "provider_unavailable" : "no_route";
        memcpy(recipient->error_word, word, strlen(word));
    } else {
        recipient->state = RECIPIENT_QUEUED;
        step->pending = pending_new(message, recipient, chain->at, chain->count);
        struct attempt *attempts = NULL;
        dispatch_offer(tick, step->pending, &attempts, &accept->attempt_count);
        accept->attempts = attempts;
        recipient->provider = pending_provider(step->pending);
    }
    message->first_provider = recipient->provider;
}

static void accept(struct tick *tick, struct send_step *step, struct chain *chain,
                   int64_t quota_rate)
{
    struct core *core = tick->core;
    struct message *message = &step->message;
    struct store_accept accept = {
        .message = message,
        .recipient = &step->recipient,
        .quota_rate = quota_rate,
    };
    /* It is queued before it can be anything else. */
    if (step->recipient.tells) accept.queued_event.v = tick_id(tick);
    message->id.v = tick_id(tick);
    message->first_recipient.v = ++core->last_recipient;
    message->recipient_count = 1;
    step->recipient.id = message->first_recipient;
    step->recipient.message = message->id;
    step->recipient.changed_at_ms = tick->now_ms;
    if (message->send_at_ms) {
        step->recipient.state = RECIPIENT_SCHEDULED;
        message->first_provider = message->test      ? PROVIDER_REHEARSAL
                                  : chain->count > 0 ? chain->at[0]
                                                     : (struct provider_id){0};
    } else {
        set_off(tick, step, chain, &accept);
    }
    /* What is charged comes before what may be paid back: entries are in the order of their ids. */
    accept.ledger.v = tick_id(tick);
    if (quota_rate) accept.quota_ledger.v = tick_id(tick);
    accept.keys = tick_keys(tick);
    if (step->asked) {
        accept.told = &step->asked->outcome.err;
        accept.told_message = &step->asked->outcome.message.v;
        step->asked->outcome.message = message->id;
    }
    tick_op(tick, STORE_ACCEPT, send_written, step)->accept = accept;
}

/* Sets what it costs; returns what a segment costs the wallet when the quota may pay for it. */
static int64_t set_price(struct tick *tick, const struct key *key, const struct command_send *asked,
                         struct message *message)
{
    if (!(asked->rules & SEND_BY_PLAN)) {
        message->asset = ASSET_CREDIT;
        message->price = key->test ? 0 : segment_bill(asked->bill, asked->text);
        return 0;
    }
    struct account_row *row = catalog_account(&tick->core->catalog, key->account);
    struct price price =
        pricing_of(&tick->core->catalog.pricing, row->account.plan, message->country);
    message->asset = ASSET_NGN;
    message->rate = price.shown.amount;
    memcpy(message->currency, price.shown.currency, sizeof message->currency);
    if (key->test) return 0;
    quota_begin_month(tick, row);
    message->price = price.wallet * segment_bill(asked->bill, asked->text);
    return price.wallet;
}

/* Decides one message; what is accepted gets its operation. */
static enum err send_one(struct tick *tick, const struct key *key, struct command_send *asked,
                         struct command *command, struct arena *arena)
{
    enum err err = may_send(tick, key, asked);
    asked->outcome.err = err;
    asked->outcome.fault = err == ERR_INVALID ? asked->fault : 0;
    if (err) return err;
    struct segment_count count = segment_count(asked->text);
    struct send_step *step = ARENA_NEW(&tick->arena, struct send_step);
    step->command = command;
    step->asked = asked;
    step->arena = arena;
    step->message = (struct message){
        .account = key->account,
        .key = key->id,
        .dialect = asked->dialect,
        .test = key->test,
        .impatient = (asked->rules & SEND_IMPATIENT) != 0,
        .refund = asked->refund,
        .sender = asked->sender,
        .text = asked->text,
        .encoding = count.encoding,
        .segments = count.segments,
        .send_at_ms = asked->send_at_ms > tick->now_ms ? asked->send_at_ms : 0,
        .supplied_recipient = asked->supplied_recipient,
    };
    if ((asked->rules & SEND_BY_PLAN) && asked->iso2)
        memcpy(step->message.country, asked->iso2, strnlen(asked->iso2, 2));
    step->recipient.number = asked->number;
    step->recipient.tells = (asked->rules & SEND_TELLS) != 0;
    int64_t quota_rate = set_price(tick, key, asked, &step->message);
    struct chain chain =
        dispatch_chain(tick->core, step->message.country, step->message.impatient, asked->number);
    accept(tick, step, &chain, quota_rate);
    return ERR_OK;
}

/* The operation that remembers it looks at it later. */
static const struct outcome *const *keep_pointer(struct tick *tick, const struct outcome *outcome)
{
    const struct outcome **at = ARENA_NEW(&tick->arena, const struct outcome *);
    *at = outcome;
    return at;
}

void send_decide(struct tick *tick, struct command *command)
{
    struct command_send *asked = &command->send;
    const struct key *key;
    command->result = find_key(&tick->core->catalog, asked->key, &key);
    if (command->result) return;
    if (command->once && once_meets(tick, command, NULL)) return;
    command->result = send_one(tick, key, asked, command, command->arena);
    if (asked->outcome.problem.size && command->arena)
        asked->outcome.problem = arena_copy(command->arena, asked->outcome.problem);
    const struct outcome *outcome = &asked->outcome;
    if (command->once) once_keep(tick, command, NULL, keep_pointer(tick, outcome), 1);
}

/* ---- Many ---------------------------------------------------------------------------------- */

static void send_row(struct tick *tick, const struct key *key, struct command *command,
                     struct command_send *row)
{
    bool has_key = row->once_key.size > 0;
    row->outcome_at = &row->outcome;
    if (has_key && once_meets(tick, command, row)) return;
    row->result = send_one(tick, key, row, NULL, command->arena);
    if (row->outcome.problem.size)
        row->outcome.problem = arena_copy(command->arena, row->outcome.problem);
    if (has_key) once_keep(tick, command, row, keep_pointer(tick, &row->outcome), 1);
}

/* The rows share a sender: when it cannot be used at all, nothing is done. */
static enum err many_sender(struct tick *tick, const struct key *key, struct command *command)
{
    const struct command_many *many = &command->many;
    struct command_send probe = {
        .rules = many->rows[0].rules, .sender = many->rows[0].sender, .iso2 = ""};
    const struct sender *sender;
    enum err err = check_sender(tick, key, &probe, &sender);
    const struct slice *problem = &probe.outcome.problem;
    if (err && problem->size)
        snprintf(command->problem, sizeof command->problem, "%.*s", (int)problem->size,
                 problem->at);
    return err;
}

/* Whoever repeats the whole request is told the outcomes as they come out of the commit. */
static void keep_many(struct tick *tick, struct command *command)
{
    struct command_many *many = &command->many;
    if (command->result) {
        once_keep(tick, command, NULL, NULL, 0);
        return;
    }
    const struct outcome **outcomes =
        ARENA_ARRAY(&tick->arena, const struct outcome *, many->count);
    for (size_t i = 0; i < many->count; i++)
        outcomes[i] = many->rows[i].outcome_at;
    once_keep(tick, command, NULL, outcomes, many->count);
}

void send_decide_many(struct tick *tick, struct command *command)
{
    struct command_many *many = &command->many;
    const struct key *key;
    command->result = find_key(&tick->core->catalog, many->key, &key);
    if (command->result) return;
    if (command->once && once_meets(tick, command, NULL)) return;
    command->result = many_sender(tick, key, command);
    for (size_t i = 0; !command->result && i < many->count; i++)
        send_row(tick, key, command, &many->rows[i]);
    if (command->once) keep_many(tick, command);
}

/* ---- The rest ------------------------------------------------------------------------------ */

void send_refuse(struct tick *tick, struct command *command)
{
    const struct key *key;
    command->result = find_key(&tick->core->catalog, command->refuse.key, &key);
    if (command->result || once_meets(tick, command, NULL)) return;
    once_keep(tick, command, NULL, NULL, 0);
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
    struct chain chain = {.at = {provider}, .count = 1};
    accept(tick, step, &chain, 0);
}
