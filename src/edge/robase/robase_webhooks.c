#include <stddef.h>
#include <stdio.h>

#include "base/words.h"
#include "edge/robase/robase_internal.h"
#include "net/machine.h"
#include "wire/json_view.h"
#include "wire/url.h"

#define EVENTS_ALL ((1u << EVENT_TYPE_COUNT) - 1)

struct webhook_body {
    struct field url, events, description, enabled;
};

static const struct field_spec webhook_fields[] = {
    {"url", FIELD_TEXT, offsetof(struct webhook_body, url)},
    {"events", FIELD_ARRAY, offsetof(struct webhook_body, events)},
    {"description", FIELD_TEXT, offsetof(struct webhook_body, description)},
    {"enabled", FIELD_BOOL, offsetof(struct webhook_body, enabled)},
};
#define WEBHOOK_FIELD_COUNT (sizeof webhook_fields / sizeof *webhook_fields)

/* ---- The resource -------------------------------------------------------------------------- */

/* The secret is told when it is made, and never again. */
static void write_webhook(const struct robase_call *call, struct json_writer *json,
                          const struct webhook *webhook, bool with_secret)
{
    json_begin_object(json);
    robase_put_id(json, "id", webhook->id.v, engine_id_secret(call->robase->engine));
    json_put_text(json, "url", webhook->url);
    json_name(json, "events");
    json_begin_array(json);
    for (enum event_type type = 0; type < EVENT_TYPE_COUNT; type++)
        if (webhook->events & 1u << type) json_text(json, slice_cstr(event_type_names[type]));
    json_end_array(json);
    json_put_text(json, "description", webhook->description);
    if (with_secret) json_put_text(json, "secret", slice_cstr(webhook->secret));
    json_put_bool(json, "enabled", webhook->enabled);
    robase_put_time(json, "created_at", webhook->created_at_ms);
    json_end_object(json);
}

static void tell_webhook(struct robase_call *call)
{
    enum robase_endpoint endpoint = call->route->endpoint;
    bool added = endpoint == ENDPOINT_WEBHOOK_ADD;
    struct json_writer *json = robase_reply(call, added ? 201 : 200);
    write_webhook(call, json, call->call.command.webhook.webhook,
                  added || endpoint == ENDPOINT_WEBHOOK_ROTATE);
}

static void tell_removed(struct robase_call *call)
{
    robase_reply(call, 204);
}

/* ---- Reading requests ---------------------------------------------------------------------- */

/* RFC 3986 as far as calling it needs: a scheme, a host, perhaps a port, and no bytes that would
   have to be escaped. Whether the address may be called is decided when it is. */
static bool url_is_valid(struct slice text)
{
    struct url url;
    if (text.size == 0 || text.size > URL_MAX_SIZE) return false;
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] <= ' ' || text.at[i] > '~' || strchr("\"<>\\^`{|}", text.at[i]))
            return false;
    return url_read(text, &url);
}

static enum robase_fault read_url(const struct field *url, struct webhook *out)
{
    if (url->state != FIELD_SET || !url_is_valid(url->text)) return FAULT_URL;
    out->url = url->text;
    return FAULT_NONE;
}

static enum robase_fault read_events(struct robase_call *call, const struct field *field,
                                     struct webhook *out)
{
    struct json_walk walk;
    struct json_view view;
    if (field->state != FIELD_SET || !json_walk_begin(&walk, field->text)) return FAULT_EVENTS;
    out->events = 0;
    while (json_walk_next(&walk, NULL, &view)) {
        struct slice name = json_view_text(&view, &call->arena);
        int type =
            view.kind == JSON_TEXT ? words_find(name, event_type_names, EVENT_TYPE_COUNT) : -1;
        if (type < 0) return FAULT_EVENTS;
        out->events |= 1u << type;
    }
    return out->events ? FAULT_NONE : FAULT_EVENTS;
}

/* What is given of everything but the url, which is read before it. */
static enum robase_fault read_rest(struct robase_call *call, const struct webhook_body *fields,
                                   struct command_webhook *out)
{
    enum robase_fault fault = FAULT_NONE;
    if (robase_is_given(&fields->events)) {
        out->parts |= WEBHOOK_EVENTS;
        fault = read_events(call, &fields->events, out->webhook);
    }
    if (!fault && robase_is_given(&fields->description)) {
        out->parts |= WEBHOOK_DESCRIPTION;
        out->webhook->description = fields->description.text;
        if (fields->description.state != FIELD_SET ||
            fields->description.text.size > WEBHOOK_DESCRIPTION_MAX)
            fault = FAULT_DESCRIPTION;
    }
    if (!fault && robase_is_given(&fields->enabled)) {
        out->parts |= WEBHOOK_ENABLED;
        out->webhook->enabled = fields->enabled.integer != 0;
        if (fields->enabled.state != FIELD_SET) fault = FAULT_ENABLED;
    }
    return fault;
}

static void make_secret(char out[WEBHOOK_SECRET_SIZE + 1])
{
    uint8_t random[24];
    machine_random(random, sizeof random);
    char *to = out + snprintf(out, WEBHOOK_SECRET_SIZE + 1, "whsec_");
    for (size_t i = 0; i < sizeof random; i++)
        to += snprintf(to, 3, "%02x", random[i]);
}

static struct webhook *new_webhook(struct robase_call *call)
{
    struct webhook *webhook = ARENA_NEW(&call->arena, struct webhook);
    webhook->account = call->caller.account;
    return webhook;
}

static void ask(struct robase_call *call, enum command_kind kind, struct command_webhook webhook,
                void (*tell)(struct robase_call *call))
{
    call->call.command = (struct command){.kind = kind, .webhook = webhook};
    robase_ask(call, tell);
}

/* ---- Changing ------------------------------------------------------------------------------ */

void robase_webhook_add(struct robase_call *call, struct slice body)
{
    struct webhook_body fields = {0};
    if (!robase_read_body(call, body, webhook_fields, WEBHOOK_FIELD_COUNT, &fields)) return;
    struct command_webhook add = {.webhook = new_webhook(call)};
    add.webhook->enabled = true;
    add.webhook->events = EVENTS_ALL;
    make_secret(add.webhook->secret);
    enum robase_fault fault = read_url(&fields.url, add.webhook);
    if (!fault) fault = read_rest(call, &fields, &add);
    if (fault)
        robase_refuse(call, fault);
    else
        ask(call, COMMAND_WEBHOOK_ADD, add, tell_webhook);
}

void robase_webhook_set(struct robase_call *call, struct slice body)
{
    struct webhook_body fields = {0};
    if (!robase_read_body(call, body, webhook_fields, WEBHOOK_FIELD_COUNT, &fields)) return;
    struct command_webhook set = {.webhook = new_webhook(call)};
    enum robase_fault fault = FAULT_NONE;
    if (!robase_read_id(call, &set.webhook->id.v)) fault = FAULT_NOT_FOUND;
    if (!fault && robase_is_given(&fields.url)) {
        set.parts |= WEBHOOK_URL;
        fault = read_url(&fields.url, set.webhook);
    }
    if (!fault) fault = read_rest(call, &fields, &set);
    if (fault)
        robase_refuse(call, fault);
    else
        ask(call, COMMAND_WEBHOOK_SET, set, tell_webhook);
}

void robase_webhook_rotate(struct robase_call *call, struct slice body)
{
    struct command_webhook set = {.parts = WEBHOOK_SECRET, .webhook = new_webhook(call)};
    make_secret(set.webhook->secret);
    if (robase_read_id(call, &set.webhook->id.v))
        ask(call, COMMAND_WEBHOOK_SET, set, tell_webhook);
    else
        robase_refuse(call, FAULT_NOT_FOUND);
}

void robase_webhook_remove(struct robase_call *call, struct slice body)
{
    struct command_webhook remove = {.webhook = new_webhook(call)};
    if (robase_read_id(call, &remove.webhook->id.v))
        ask(call, COMMAND_WEBHOOK_REMOVE, remove, tell_removed);
    else
        robase_refuse(call, FAULT_NOT_FOUND);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static enum err look_list(struct robase_call *call, struct store_reader *reader)
{
    struct webhook *rows;
    size_t count = 0;
    enum err err = store_webhooks(reader, call->caller.account, &call->arena, &rows, &count);
    if (err) return err;
    struct json_writer *json = robase_begin_list(call);
    for (size_t i = 0; i < count; i++)
        write_webhook(call, json, &rows[i], false);
    robase_end_list(json);
    return ERR_OK;
}

void robase_webhook_list(struct robase_call *call, struct slice body)
{
    robase_look(call, look_list, NULL);
}

static enum err look_one(struct robase_call *call, struct store_reader *reader)
{
    struct webhook *rows;
    struct webhook_id id;
    size_t count = 0;
    if (!robase_read_id(call, &id.v)) return ERR_NOT_FOUND;
    enum err err = store_webhooks(reader, call->caller.account, &call->arena, &rows, &count);
    if (err) return err;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].id.v != id.v) continue;
        write_webhook(call, robase_reply(call, 200), &rows[i], false);
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

void robase_webhook_get(struct robase_call *call, struct slice body)
{
    robase_look(call, look_one, NULL);
}
