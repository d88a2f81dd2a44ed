/* Messages that are there: the list, one of them, and its cancelling. */
#include <stddef.h>

#include "edge/robase/robase_event.h"
#include "edge/robase/robase_internal.h"
#include "wire/form.h"
#include "wire/uuid.h"

#define LIST_USUAL 50
#define LIST_MAX   200

/* ---- The list ------------------------------------------------------------------------------ */

struct list_query {
    struct field limit, cursor;
};

static const struct field_spec list_fields[] = {
    {"limit", FIELD_TEXT, offsetof(struct list_query, limit)},
    {"cursor", FIELD_TEXT, offsetof(struct list_query, cursor)},
};
#define LIST_FIELD_COUNT (sizeof list_fields / sizeof *list_fields)

struct list {
    uint64_t limit;
    struct message_id before; /* 0: from the newest */
};

static bool is_own(const struct robase_call *call, const struct message *message)
{
    return message->account.v == call->caller.account.v && message->dialect == DIALECT_ROBASE &&
           message->test == call->caller.test;
}

/* A cursor is the last message of the page before. */
static bool cursor_is_own(struct robase_call *call, struct store_reader *reader,
                          struct message_id cursor, enum err *out_err)
{
    struct message message;
    enum err err = store_message(reader, cursor, &call->arena, &message);
    *out_err = err == ERR_NOT_FOUND ? ERR_OK : err;
    return !err && is_own(call, &message);
}

static void write_list(struct robase_call *call, const struct store_recipient *rows, size_t count,
                       bool more)
{
    struct json_writer *json = robase_reply(call, 200);
    struct robase_view view = robase_view_of(call->robase);
    json_begin_object(json);
    json_name(json, "data");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++) {
        robase_view_now(&view, &rows[i]);
        robase_sms_write(json, &view);
    }
    json_end_array(json);
    if (more) robase_put_id(json, "next_cursor", rows[count - 1].message.id.v, view.id_secret);
    json_end_object(json);
}

static enum err look_list(struct robase_call *call, struct store_reader *reader)
{
    const struct list *list = call->own;
    enum err err = ERR_OK;
    if (list->before.v && !cursor_is_own(call, reader, list->before, &err)) {
        robase_say(call, FAULT_CURSOR, SLICE(""));
        return err;
    }
    struct store_recipient *rows;
    size_t count = 0;
    err = store_door_page(reader, call->caller.account, DIALECT_ROBASE, call->caller.test,
                          list->before, &call->arena, list->limit + 1, &rows, &count);
    if (err) return err;
    bool more = count > list->limit;
    write_list(call, rows, more ? list->limit : count, more);
    return ERR_OK;
}

void robase_list(struct robase_call *call, struct slice body)
{
    struct list_query query;
    struct list *list = ARENA_NEW(&call->arena, struct list);
    list->limit = LIST_USUAL;
    form_read(call->query, list_fields, LIST_FIELD_COUNT, &call->arena, &query);
    if (query.limit.state == FIELD_SET && (!slice_u64(query.limit.text, &list->limit) ||
                                           list->limit == 0 || list->limit > LIST_MAX)) {
        robase_refuse(call, FAULT_LIMIT);
        return;
    }
    if (query.cursor.state == FIELD_SET &&
        !uuid_read(query.cursor.text, engine_id_secret(call->robase->engine), &list->before.v)) {
        robase_refuse(call, FAULT_CURSOR);
        return;
    }
    call->own = list;
    robase_look(call, look_list, NULL);
}

/* ---- One ----------------------------------------------------------------------------------- */

/* The message that the path names, if it is one of the caller's. */
static enum err look_story(struct robase_call *call, struct store_reader *reader,
                           struct store_recipient *out)
{
    struct message_id id;
    if (!robase_read_id(call, &id.v)) return ERR_NOT_FOUND;
    enum err err = store_story(reader, id, &call->arena, out);
    return !err && !is_own(call, &out->message) ? ERR_NOT_FOUND : err;
}

static enum err look_one(struct robase_call *call, struct store_reader *reader)
{
    struct store_recipient story;
    enum err err = look_story(call, reader, &story);
    if (err) return err;
    struct json_writer *json = robase_reply(call, 200);
    struct robase_view view = robase_view_of(call->robase);
    robase_view_now(&view, &story);
    json_begin_object(json);
    json_name(json, "sms");
    robase_sms_write(json, &view);
    json_name(json, "events");
    robase_events_write(json, &view, &story);
    json_end_object(json);
    return ERR_OK;
}

void robase_get(struct robase_call *call, struct slice body)
{
    robase_look(call, look_one, NULL);
}

/* ---- Cancelling ---------------------------------------------------------------------------- */

static enum err look_cancelled(struct robase_call *call, struct store_reader *reader)
{
    struct store_recipient *story = ARENA_NEW(&call->arena, struct store_recipient);
    call->own = story;
    return look_story(call, reader, story);
}

static void tell_cancelled(struct robase_call *call)
{
    struct robase_view view = robase_view_of(call->robase);
    robase_view_now(&view, call->own);
    view.state = RECIPIENT_CANCELLED;
    robase_sms_write(robase_reply(call, 200), &view);
}

/* The message's texts are read before, because the core tells only whether it was done. */
static void ask_cancel(struct robase_call *call)
{
    if (call->looked) {
        robase_refuse(call, FAULT_NOT_FOUND);
        return;
    }
    const struct store_recipient *story = call->own;
    call->call.command = (struct command){
        .kind = COMMAND_CANCEL,
        .cancel = {.key = call->caller.key,
                   .dialect = DIALECT_ROBASE,
                   .message = story->message.id},
    };
    robase_ask(call, tell_cancelled);
}

void robase_cancel(struct robase_call *call, struct slice body)
{
    robase_look(call, look_cancelled, ask_cancel);
}
