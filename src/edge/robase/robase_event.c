#include "edge/robase/robase_event.h"

#include <stdio.h>

#include "edge/robase/robase_internal.h"
#include "wire/uuid.h"

#define EVENT_ID_SIZE (4 + UUID_TEXT_SIZE + 1 + 20) /* "evt_", an id, "_cancelled" and the like */

static void begin_event(struct json_writer *json, const char *id, const char *type, uint64_t at_ms)
{
    json_begin_object(json);
    json_put_text(json, "id", slice_cstr(id));
    json_put_text(json, "type", slice_cstr(type));
    robase_put_time(json, "created_at", at_ms);
    json_name(json, "data");
    json_begin_object(json);
}

static void end_event(struct json_writer *json)
{
    json_end_object(json);
    json_end_object(json);
}

void robase_event_write(struct json_writer *json, const struct robase_view *view,
                        const struct store_recipient *story, const struct event *event)
{
    char uuid[UUID_TEXT_SIZE + 1], id[EVENT_ID_SIZE + 1];
    uuid_write(event->id.v, view->id_secret, uuid);
    snprintf(id, sizeof id, "evt_%s", uuid);
    struct robase_view then = *view;
    robase_view_at(&then, story, event->type, event->at_ms);
    begin_event(json, id, event_type_names[event->type], event->at_ms);
    robase_sms_put(json, &then, true);
    end_event(json);
}

/* ---- The events of a message's page -------------------------------------------------------- */

static void derived_id(const struct robase_view *view, const struct message *message,
                       const char *word, unsigned number, char out[EVENT_ID_SIZE + 1])
{
    char uuid[UUID_TEXT_SIZE + 1];
    uuid_write(message->id.v, view->id_secret, uuid);
    int size = snprintf(out, EVENT_ID_SIZE + 1, "evt_%s_%s", uuid, word);
    if (number) snprintf(out + size, (size_t)(EVENT_ID_SIZE + 1 - size), "_%u", number);
}

static void write_derived(struct json_writer *json, const struct robase_view *view,
                          const struct store_recipient *story, enum event_type type, uint64_t at_ms)
{
    char id[EVENT_ID_SIZE + 1];
    const char *name = event_type_names[type];
    derived_id(view, &story->message, name + strlen("sms."), 0, id);
    struct robase_view then = *view;
    robase_view_at(&then, story, type, at_ms);
    begin_event(json, id, name, at_ms);
    robase_sms_put(json, &then, true);
    end_event(json);
}

/* No webhook is told of it, so it is no event_type. */
static void write_cancelled(struct json_writer *json, const struct robase_view *view,
                            const struct store_recipient *story)
{
    char id[EVENT_ID_SIZE + 1];
    derived_id(view, &story->message, "cancelled", 0, id);
    struct robase_view now = *view;
    robase_view_now(&now, story);
    begin_event(json, id, "sms.cancelled", story->recipient.changed_at_ms);
    robase_sms_put(json, &now, true);
    end_event(json);
}

static void write_report(struct json_writer *json, const struct robase_view *view,
                         const struct store_recipient *story, const struct attempt *attempt,
                         enum receipt_state report, uint64_t at_ms)
{
    char id[EVENT_ID_SIZE + 1], provider[NAME_MAX_SIZE + 1];
    derived_id(view, &story->message, "report", (unsigned)(attempt->id.v & 0xFF), id);
    robase_names_get(view->names, attempt->provider, provider);
    begin_event(json, id, "sms.report", at_ms);
    json_put_text(json, "provider", slice_cstr(provider));
    json_put_text(json, "report", slice_cstr(receipt_state_word(report)));
    json_put_text(json, "error_code", slice_cstr(attempt->receipt_error));
    end_event(json);
}

/* Reports that came when all was decided: one that says otherwise than the one before, or the only
   one of a message that had ended without it. */
static void write_reports(struct json_writer *json, const struct robase_view *view,
                          const struct store_recipient *story)
{
    for (size_t i = 0; i < story->attempt_count; i++) {
        const struct attempt *attempt = &story->attempts[i];
        bool came_late = attempt->segments == 1 && receipt_is_final(attempt->receipt) &&
                         attempt->receipt_at_ms > story->recipient.changed_at_ms;
        if (attempt->late_at_ms)
            write_report(json, view, story, attempt, attempt->late, attempt->late_at_ms);
        else if (came_late)
            write_report(json, view, story, attempt, attempt->receipt, attempt->receipt_at_ms);
    }
}

void robase_events_write(struct json_writer *json, const struct robase_view *view,
                         const struct store_recipient *story)
{
    const struct message *message = &story->message;
    const struct recipient *recipient = &story->recipient;
    struct robase_view now = *view;
    robase_view_now(&now, story);
    uint64_t sent_at_ms = robase_view_sent_at_ms(&now);
    enum event_type type;
    json_begin_array(json);
    if (recipient->state != RECIPIENT_SCHEDULED && recipient->state != RECIPIENT_CANCELLED)
        write_derived(json, view, story, EVENT_QUEUED,
                      message->send_at_ms ? message->send_at_ms : id_ms(message->id.v));
    if (sent_at_ms) write_derived(json, view, story, EVENT_SENT, sent_at_ms);
    if (recipient->state == RECIPIENT_CANCELLED)
        write_cancelled(json, view, story);
    else if (recipient_is_final(recipient->state) && event_of_state(recipient->state, &type))
        write_derived(json, view, story, type, recipient->changed_at_ms);
    if (recipient_is_final(recipient->state)) write_reports(json, view, story);
    json_end_array(json);
}

/* ---- The body of a delivery ---------------------------------------------------------------- */

bool robase_event_body(void *user, struct store_reader *reader, const struct event *event,
                       struct buf *out)
{
    struct robase *robase = user;
    struct arena arena = {0};
    struct store_recipient story;
    enum err err = store_story(reader, event->message, &arena, &story);
    if (!err) {
        struct robase_view view = robase_view_of(robase);
        struct json_writer json;
        json_writer_init(&json, out);
        robase_event_write(&json, &view, &story, event);
    }
    arena_done(&arena);
    return !err && !out->full;
}
