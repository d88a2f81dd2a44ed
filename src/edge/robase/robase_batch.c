#include <stddef.h>

#include "edge/robase/robase_compose.h"
#include "wire/json_view.h"

struct batch_body {
    struct robase_shared shared;
    struct field messages;
};

static const struct field_spec batch_fields[] = {
    {"from", FIELD_TEXT, offsetof(struct batch_body, shared.from)},
    {"template", FIELD_TEXT, offsetof(struct batch_body, shared.template)},
    {"country", FIELD_TEXT, offsetof(struct batch_body, shared.country)},
    {"send_at", FIELD_TEXT, offsetof(struct batch_body, shared.send_at)},
    {"messages", FIELD_ARRAY, offsetof(struct batch_body, messages)},
};
#define BATCH_FIELD_COUNT (sizeof batch_fields / sizeof *batch_fields)

struct row_body {
    struct robase_message message;
    struct field key;
};

static const struct field_spec row_fields[] = {
    {"to", FIELD_TEXT, offsetof(struct row_body, message.to)},
    {"body", FIELD_TEXT, offsetof(struct row_body, message.body)},
    {"template", FIELD_TEXT, offsetof(struct row_body, message.template)},
    {"variables", FIELD_OBJECT, offsetof(struct row_body, message.variables)},
    {"idempotency_key", FIELD_TEXT, offsetof(struct row_body, key)},
};
#define ROW_FIELD_COUNT (sizeof row_fields / sizeof *row_fields)

/* ---- Asking -------------------------------------------------------------------------------- */

static enum robase_fault compose_row(struct robase_call *call, const struct batch_body *batch,
                                     struct slice json, struct command_send *out)
{
    struct row_body row = {0};
    bool test = call->caller.test;
    if (!json_read(json, JSON_STRICT, row_fields, ROW_FIELD_COUNT, &call->arena, &row, NULL, NULL))
        return FAULT_ROW;
    if (robase_is_given(&row.key)) {
        if (row.key.state != FIELD_SET || !robase_key_is_valid(row.key.text)) return FAULT_ROW_KEY;
        out->once_key = row.key.text;
    }
    enum robase_fault fault = robase_compose_to(&row.message.to, test, out);
    if (!fault)
        fault = robase_compose_text(engine_id_secret(call->robase->engine), &row.message,
                                    &batch->shared.template, out);
    if (!fault) fault = robase_compose_dnd(test, out);
    return fault;
}

/* What concerns the whole call; the rows begin as copies of `out`. */
static enum robase_fault compose_envelope(const struct robase_call *call,
                                          const struct batch_body *batch, struct command_send *out)
{
    uint64_t now_ms = clock_wall_ms(engine_clock(call->robase->engine));
    enum robase_fault fault = robase_compose_from(&batch->shared.from, out);
    const struct field *template = &batch->shared.template;
    if (!fault && robase_is_given(template) &&
        (template->state != FIELD_SET || template->text.size == 0))
        fault = FAULT_TEMPLATE_TYPE;
    if (!fault) fault = robase_compose_rest(&batch->shared, now_ms, out);
    if (!fault && batch->messages.state != FIELD_SET) fault = FAULT_MESSAGES;
    return fault;
}

/* False: there are too many, or none. */
static bool compose_rows(struct robase_call *call, const struct batch_body *batch,
                         const struct command_send *shared, struct command_many *out)
{
    struct json_walk walk;
    struct json_view row;
    out->rows = ARENA_ARRAY(&call->arena, struct command_send, BATCH_ROWS_MAX);
    if (!json_walk_begin(&walk, batch->messages.text)) return false;
    while (json_walk_next(&walk, NULL, &row)) {
        if (out->count == BATCH_ROWS_MAX) return false;
        struct command_send *send = &out->rows[out->count++];
        *send = *shared;
        send->fault = (uint8_t)(row.kind == JSON_OBJECT ? compose_row(call, batch, row.raw, send)
                                                        : FAULT_ROW);
        robase_compose_end(&call->caller, send);
    }
    return out->count > 0;
}

void robase_batch(struct robase_call *call, struct slice body)
{
    struct batch_body fields = {0};
    struct command_send shared = {0};
    if (!robase_read_body(call, body, batch_fields, BATCH_FIELD_COUNT, &fields)) return;
    struct command *command = &call->call.command;
    *command = (struct command){
        .kind = COMMAND_SEND_MANY,
        .many = {.key = call->caller.key, .row_endpoint = ENDPOINT_ROWS},
    };
    enum robase_fault fault = compose_envelope(call, &fields, &shared);
    if (!fault && !compose_rows(call, &fields, &shared, &command->many)) fault = FAULT_MESSAGES;
    if (fault)
        robase_refuse(call, fault);
    else
        robase_ask_send(call);
}

/* ---- Telling ------------------------------------------------------------------------------- */

static bool told_is_error(const struct robase_told *told)
{
    return told->outcome.fault || told->outcome.err;
}

/* Flat, and nested once more: the vendor's pages show both (contract section 5). */
static void write_row_error(struct json_writer *json, const struct outcome *outcome)
{
    enum robase_fault fault =
        outcome->fault ? (enum robase_fault)outcome->fault : robase_fault_of(outcome->err);
    json_name(json, "error");
    json_begin_object(json);
    robase_error_put(json, fault, outcome->problem);
    json_name(json, "error");
    json_begin_object(json);
    robase_error_put(json, fault, outcome->problem);
    json_end_object(json);
    json_end_object(json);
}

static void write_row(struct robase_call *call, size_t index)
{
    const struct robase_told *told = &call->told[index];
    struct json_writer *json = &call->json;
    json_begin_object(json);
    json_put_integer(json, "index", (int64_t)index);
    if (told->outcome.replayed) json_put_bool(json, "replayed", true);
    if (told_is_error(told)) {
        write_row_error(json, &told->outcome);
    } else {
        struct robase_view view = robase_view_of(call->robase);
        robase_view_accepted(&view, told->message);
        json_name(json, "sms");
        robase_sms_write(json, &view);
    }
    json_end_object(json);
}

void robase_batch_tell(struct robase_call *call)
{
    size_t failed = 0;
    for (size_t i = 0; i < call->told_count; i++)
        failed += told_is_error(&call->told[i]);
    struct json_writer *json = robase_reply(call, 200);
    json_begin_object(json);
    json_put_integer(json, "accepted", (int64_t)(call->told_count - failed));
    json_put_integer(json, "failed", (int64_t)failed);
    json_put_bool(json, "success", failed == 0);
    json_name(json, "data");
    json_begin_array(json);
    for (size_t i = 0; i < call->told_count; i++)
        write_row(call, i);
    json_end_array(json);
    json_end_object(json);
}
