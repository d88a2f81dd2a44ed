/* What came of the messages of a send: of a fresh one from the command, of a repeated one from what
   is remembered, with the messages themselves read back as they were accepted. */
#include "edge/robase/robase_internal.h"

static struct robase_told told_of_row(const struct command_send *row)
{
    if (row->replayed) return (struct robase_told){.outcome = row->outcome, .replayed = true};
    struct robase_told told = {.outcome = {.err = row->result,
                                           .fault = row->outcome.fault,
                                           .problem = row->outcome.problem}};
    if (row->result) return told;
    told.outcome.message = row->message;
    told.message = &row->accepted;
    return told;
}

static void gather_fresh(struct robase_call *call)
{
    const struct command *command = &call->call.command;
    bool many = command->kind == COMMAND_SEND_MANY;
    const struct command_send *rows = many ? command->many.rows : &command->send;
    call->told_count = many ? command->many.count : 1;
    call->told = ARENA_ARRAY(&call->arena, struct robase_told, call->told_count);
    for (size_t i = 0; i < call->told_count; i++)
        call->told[i] = told_of_row(&rows[i]);
}

static void gather_remembered(struct robase_call *call)
{
    call->told_count = call->once.outcome_count;
    call->told = ARENA_ARRAY(&call->arena, struct robase_told, call->told_count);
    for (size_t i = 0; i < call->told_count; i++)
        call->told[i] = (struct robase_told){.outcome = call->once.outcomes[i],
                                             .replayed = call->once.outcomes[i].replayed};
}

static bool told_lacks_message(const struct robase_told *told)
{
    return told->outcome.message.v && !told->message;
}

static enum err look_messages(struct robase_call *call, struct store_reader *reader)
{
    for (size_t i = 0; i < call->told_count; i++) {
        struct robase_told *told = &call->told[i];
        if (!told_lacks_message(told)) continue;
        struct message *message = ARENA_NEW(&call->arena, struct message);
        enum err err = store_message(reader, told->outcome.message, &call->arena, message);
        if (err) return err;
        told->message = message;
    }
    return ERR_OK;
}

static void tell(struct robase_call *call)
{
    if (call->looked)
        robase_say_err(call, call->looked, SLICE(""));
    else
        call->route->tell_outcomes(call);
    robase_finish(call);
}

void robase_tell_outcomes(struct robase_call *call)
{
    const struct command *command = &call->call.command;
    if (!call->once.replayed && command->result && command->kind == COMMAND_SEND_MANY) {
        robase_say_err(call, command->result, slice_cstr(command->problem));
        robase_finish(call);
        return;
    }
    if (call->once.replayed)
        gather_remembered(call);
    else
        gather_fresh(call);
    for (size_t i = 0; i < call->told_count; i++) {
        if (!told_lacks_message(&call->told[i])) continue;
        robase_look(call, look_messages, tell);
        return;
    }
    tell(call);
}
