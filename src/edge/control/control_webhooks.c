#include "base/words.h"
#include "edge/control/control_job.h"
#include "net/machine.h"
#include "wire/secret.h"
#include "wire/uuid.h"

#define TRIES_USUAL 50
#define TRIES_MOST  10000
#define EVENTS_ALL  ((1u << EVENT_TYPE_COUNT) - 1)

_Static_assert(SECRET_WEBHOOK_TEXT_SIZE == WEBHOOK_SECRET_SIZE, "one kind of secret");

/* Without its secret: that is told once, when it is made. */
static void put_webhook(struct control_job *job, const struct webhook *webhook)
{
    struct json_writer *json = &job->json;
    control_put_id(job, "id", webhook->id.v);
    control_put_id(job, "account", webhook->account.v);
    json_put_text(json, "url", webhook->url);
    json_name(json, "events");
    json_begin_array(json);
    for (unsigned type = 0; type < EVENT_TYPE_COUNT; type++)
        if (webhook->events & 1u << type) json_text(json, slice_cstr(event_type_names[type]));
    json_end_array(json);
    json_put_text(json, "description", webhook->description);
    json_put_bool(json, "enabled", webhook->enabled);
    control_put_time(job, "created_at", webhook->created_at_ms);
}

static enum err read_events(struct control_job *job, uint32_t *out)
{
    struct slice rest = job->args.events.text, name;
    *out = 0;
    while (slice_cut(&rest, ',', &name)) {
        int type = words_find(name, event_type_names, EVENT_TYPE_COUNT);
        if (type < 0)
            return control_refuse(job, ERR_INVALID,
                                  "the events are sms.queued, sms.sent, "
                                  "sms.delivered, sms.failed and sms.rejected");
        *out |= 1u << type;
    }
    return ERR_OK;
}

static struct webhook *new_webhook(struct control_job *job, enum command_kind kind)
{
    struct webhook *webhook = ARENA_NEW(&job->arena, struct webhook);
    job->call.command.kind = kind;
    job->call.command.webhook.webhook = webhook;
    return webhook;
}

static enum err ask_webhook_add(struct control_job *job)
{
    struct webhook *webhook = new_webhook(job, COMMAND_WEBHOOK_ADD);
    webhook->enabled = true;
    webhook->events = EVENTS_ALL;
    enum err err = control_account_id(job, &webhook->account);
    if (!err) err = control_url(job, &job->args.url, &webhook->url);
    if (!err && control_given(&job->args.events)) err = read_events(job, &webhook->events);
    if (err) return err;
    uint8_t random[SECRET_WEBHOOK_RANDOM_SIZE];
    machine_random(random, sizeof random);
    secret_webhook_make(random, webhook->secret);
    return ERR_OK;
}

static void tell_webhook_add(struct control_job *job)
{
    const struct webhook *webhook = job->call.command.webhook.webhook;
    json_put_text(&job->json, "secret", slice_cstr(webhook->secret));
    put_webhook(job, webhook);
}

static enum err ask_webhook_set(struct control_job *job)
{
    struct webhook *webhook = new_webhook(job, COMMAND_WEBHOOK_SET);
    unsigned *parts = &job->call.command.webhook.parts;
    enum err err = control_id(job, &job->args.id, "webhook", &webhook->id.v);
    if (!err && control_given(&job->args.enabled)) {
        *parts |= WEBHOOK_ENABLED;
        err = control_switch(job, &job->args.enabled, "enabled", &webhook->enabled);
    }
    if (!err && control_given(&job->args.events)) {
        *parts |= WEBHOOK_EVENTS;
        err = read_events(job, &webhook->events);
    }
    if (!err && control_given(&job->args.url)) {
        *parts |= WEBHOOK_URL;
        err = control_url(job, &job->args.url, &webhook->url);
    }
    return err;
}

static enum err ask_webhook_remove(struct control_job *job)
{
    struct webhook *webhook = new_webhook(job, COMMAND_WEBHOOK_REMOVE);
    enum err err = control_account_id(job, &webhook->account);
    return err ? err : control_id(job, &job->args.id, "webhook", &webhook->id.v);
}

static void tell_webhook(struct control_job *job)
{
    put_webhook(job, job->call.command.webhook.webhook);
}

static enum err read_webhook_list(struct control_job *job, struct store_reader *reader)
{
    struct account_id account = {0};
    struct webhook *webhooks;
    size_t count;
    enum err err = control_owner(job, &account);
    if (!err) err = store_webhooks(reader, account, &job->arena, &webhooks, &count);
    if (err) return err;
    json_name(&job->json, "webhooks");
    json_begin_array(&job->json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&job->json);
        put_webhook(job, &webhooks[i]);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
    return ERR_OK;
}

static enum err read_webhook_show(struct control_job *job, struct store_reader *reader)
{
    struct webhook_id id;
    struct webhook *webhooks;
    size_t count;
    enum err err = control_id(job, &job->args.id, "webhook", &id.v);
    if (!err) err = store_webhooks(reader, (struct account_id){0}, &job->arena, &webhooks, &count);
    if (err) return err;
    for (size_t i = 0; i < count; i++) {
        if (webhooks[i].id.v != id.v) continue;
        put_webhook(job, &webhooks[i]);
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

static void put_try(struct control_job *job, const struct delivery_try *row)
{
    struct json_writer *json = &job->json;
    char uuid[UUID_TEXT_SIZE + 1];
    uuid_write(row->event.v, engine_id_secret(control_engine(job)), uuid);
    json_begin_object(json);
    control_put_time(job, "at", id_ms(row->id));
    json_put_text(json, "event", arena_printf(&job->arena, "evt_%s", uuid));
    json_put_text(json, "type", slice_cstr(event_type_names[row->type]));
    json_put_integer(json, "attempt", row->number);
    json_put_integer(json, "status", row->status);
    json_put_bool(json, "last", row->last);
    json_end_object(json);
}

static enum err read_webhook_attempts(struct control_job *job, struct store_reader *reader)
{
    struct webhook_id id;
    struct delivery_try *tries;
    size_t count;
    enum err err = control_id(job, &job->args.id, "webhook", &id.v);
    if (!err)
        err = store_try_page(reader, id, &job->arena, control_limit(job, TRIES_USUAL, TRIES_MOST),
                             &tries, &count);
    if (err) return err;
    json_name(&job->json, "attempts");
    json_begin_array(&job->json);
    for (size_t i = 0; i < count; i++)
        put_try(job, &tries[i]);
    json_end_array(&job->json);
    return ERR_OK;
}

const struct control_verb control_webhook_verbs[] = {
    {"webhook.add", ask_webhook_add, tell_webhook_add, NULL},
    {"webhook.set", ask_webhook_set, tell_webhook, NULL},
    {"webhook.remove", ask_webhook_remove, tell_webhook, NULL},
    {"webhook.list", NULL, NULL, read_webhook_list},
    {"webhook.show", NULL, NULL, read_webhook_show},
    {"webhook.attempts", NULL, NULL, read_webhook_attempts},
    {0},
};
