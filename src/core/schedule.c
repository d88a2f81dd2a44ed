#include "core/schedule.h"

#include "core/core_state.h"
#include "core/dispatch_inside.h"

void schedule_note(struct schedule *schedule, uint64_t send_at_ms)
{
    if (send_at_ms < schedule->next_ms) schedule->next_ms = send_at_ms;
}

struct release {
    struct pending *pending; /* NULL: nobody to hand it to */
    struct attempt attempt;  /* of a rehearsal */
    uint64_t number;
};

static void released(struct tick *tick, const struct store_op *op, void *user)
{
    struct release *release = user;
    if (!release->pending) return;
    if (!op->result)
        dispatch_released(tick, release->pending);
    else
        dispatch_forget(tick->core, release->pending);
}

static void rehearsal_written(struct tick *tick, const struct store_op *op, void *user)
{
    const struct release *release = user;
    if (!op->result) rehearsal_add(tick->core, &release->attempt, release->number);
}

/* A fresh recipient, so that the queues stay in the order of their recipients. */
static void release_one(struct tick *tick, const struct store_due *due)
{
    struct core *core = tick->core;
    struct release *release = ARENA_NEW(&tick->arena, struct release);
    struct store_recipient story;
    struct store_release out = {
        .due = due->key,
        .message = due->message,
        .recipient = {++core->last_recipient},
        .state = RECIPIENT_QUEUED,
        .at_ms = tick->now_ms,
    };
    out.queued_event.v = tick_id(tick);
    out.keys = tick_keys(tick);
    /* A place whose message cannot be read goes; the store says the same by its result. */
    if (store_story(core_reader(core), due->message, &tick->arena, &story) == ERR_OK) {
        struct message *message = &story.message;
        struct chain chain =
            dispatch_chain(core, message->country, message->impatient, story.recipient.number);
        story.recipient.id = out.recipient;
        release->number = story.recipient.number;
        if (message->test) {
            out.provider = PROVIDER_REHEARSAL;
            release->attempt = rehearsal_attempt(tick, out.recipient);
        } else if (chain.count == 0) {
            out.state = RECIPIENT_FAILED;
            out.error_word = message->impatient ? "provider_unavailable" : "no_route";
        } else {
            release->pending = pending_new(message, &story.recipient, chain.at, chain.count);
            dispatch_release(core, release->pending);
            out.provider = pending_provider(release->pending);
        }
    }
    tick_op(tick, STORE_RELEASE, released, release)->release = out;
    if (release->attempt.id.v)
        tick_op(tick, STORE_ATTEMPT, rehearsal_written, release)->attempt.attempt =
            &release->attempt;
}

void schedule_run(struct tick *tick)
{
    struct core *core = tick->core;
    struct schedule *schedule = &core->schedule;
    if (core->dispatch.stopped || core->store_failed) return;
    if (schedule->next_ms == 0 && store_next_due(core_reader(core), &schedule->next_ms) != ERR_OK)
        return;
    if (tick->now_ms < schedule->next_ms) return;
    struct store_due *due;
    size_t count;
    if (store_due_page(core_reader(core), 0, tick->now_ms, &tick->arena, RELEASE_PAGE, &due,
                       &count))
        return;
    for (size_t i = 0; i < count; i++)
        release_one(tick, &due[i]);
    schedule->next_ms = 0; /* what comes next is known once these are gone */
}

uint64_t schedule_wait_ms(struct core *core)
{
    if (core->dispatch.stopped) return UINT64_MAX;
    uint64_t next_ms = core->schedule.next_ms, now_ms = clock_wall_ms(core->config.clock);
    return next_ms > now_ms ? next_ms - now_ms : 0;
}

/* ---- Cancelling ---------------------------------------------------------------------------- */

static void cancelled(struct tick *tick, const struct store_op *op, void *user)
{
    struct command *command = user;
    command->result = op->result;
}

static enum err cancel(struct tick *tick, struct command *command)
{
    const struct command_cancel *asked = &command->cancel;
    const struct key *key = catalog_key(&tick->core->catalog, asked->key);
    struct message message;
    if (store_message(core_reader(tick->core), asked->message, &tick->arena, &message) ||
        message.account.v != key->account.v || message.dialect != asked->dialect ||
        message.test != key->test)
        return ERR_NOT_FOUND;
    /* From its time on it is as good as sent, released or not. */
    if (message.send_at_ms <= tick->now_ms) return ERR_STALE;
    struct store_op *op = tick_op(tick, STORE_CANCEL, cancelled, command);
    op->cancel = (struct store_cancel){
        .message = asked->message,
        .at_ms = tick->now_ms,
        .keys = tick_keys(tick),
    };
    return ERR_OK;
}

void schedule_cancel(struct tick *tick, struct command *command)
{
    const struct key *key = catalog_key(&tick->core->catalog, command->cancel.key);
    command->result = !key ? ERR_KEY_UNKNOWN : !key->enabled ? ERR_KEY_DISABLED : ERR_OK;
    if (command->result || (command->once && once_meets(tick, command, NULL))) return;
    command->result = cancel(tick, command);
    if (command->once) once_keep(tick, command, NULL, NULL, 0);
}
