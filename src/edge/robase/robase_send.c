#include <stddef.h>

#include "edge/robase/robase_compose.h"

struct send_body {
    struct robase_shared shared;
    struct robase_message message;
};

static const struct field_spec send_fields[] = {
    {"to", FIELD_TEXT, offsetof(struct send_body, message.to)},
    {"from", FIELD_TEXT, offsetof(struct send_body, shared.from)},
    {"body", FIELD_TEXT, offsetof(struct send_body, message.body)},
    {"template", FIELD_TEXT, offsetof(struct send_body, message.template)},
    {"variables", FIELD_OBJECT, offsetof(struct send_body, message.variables)},
    {"country", FIELD_TEXT, offsetof(struct send_body, shared.country)},
    {"send_at", FIELD_TEXT, offsetof(struct send_body, shared.send_at)},
};
#define SEND_FIELD_COUNT (sizeof send_fields / sizeof *send_fields)

/* What comes before the sender is refused here; of what comes behind it the core is told, which
   knows whether the sender is one. */
static enum robase_fault compose(const struct robase_call *call, const struct send_body *fields,
                                 struct command_send *out)
{
    bool test = call->caller.test;
    uint64_t now_ms = clock_wall_ms(engine_clock(call->robase->engine));
    enum robase_fault fault = robase_compose_to(&fields->message.to, test, out);
    if (!fault) fault = robase_compose_from(&fields->shared.from, out);
    if (fault) return fault;
    fault = robase_compose_text(engine_id_secret(call->robase->engine), &fields->message,
                                &fields->shared.template, out);
    if (!fault) fault = robase_compose_rest(&fields->shared, now_ms, out);
    if (!fault) fault = robase_compose_dnd(test, out);
    out->fault = (uint8_t)fault;
    robase_compose_end(&call->caller, out);
    return FAULT_NONE;
}

void robase_send(struct robase_call *call, struct slice body)
{
    struct send_body fields = {0};
    if (!robase_read_body(call, body, send_fields, SEND_FIELD_COUNT, &fields)) return;
    struct command *command = &call->call.command;
    *command = (struct command){.kind = COMMAND_SEND};
    enum robase_fault fault = compose(call, &fields, &command->send);
    if (fault)
        robase_refuse(call, fault);
    else
        robase_ask_send(call);
}

void robase_send_tell(struct robase_call *call)
{
    const struct robase_told *told = &call->told[0];
    const struct outcome *outcome = &told->outcome;
    if (outcome->fault) {
        robase_say(call, (enum robase_fault)outcome->fault, outcome->problem);
    } else if (outcome->err) {
        robase_say_err(call, outcome->err, outcome->problem);
    } else {
        struct robase_view view = robase_view_of(call->robase);
        robase_view_accepted(&view, told->message);
        robase_sms_write(robase_reply(call, 202), &view);
    }
}
