/* What came of the messages of a send: of a fresh one from the command, of a repeated one from what
   is remembered, with the messages themselves read back as they were accepted. */
#include "edge/robase/robase_internal.h"

static struct robase_told told_of(const struct command_send *row, enum err err)
{
    struct robase_told told = {.outcome = row->outcome};
    if (row->replayed) return told;
    told.outcome.err = err; /* also of a commit that failed, which is no outcome */
    if (err)
        told.outcome.message.v = 0;
    else
        told.message = &row->accepted;
    return told;
}

static void gather_fresh(struct robase_call *call)
{
    const struct command *command = &call->call.command;
    const struct command_many *many = &command->many;
    bool is_one = command->kind == COMMAND_SEND;
    call->told_count = is_one ? 1 : many->count;
    call->told = ARENA_ARRAY(&call->arena, struct robase_told, call->told_count);
    if (is_one) call->told[0] = told_of(&command->send, command->result);
    for (size_t i = 0; !is_one && i < many->count; i++)
        call->told[i] = told_of(&many->rows[i], many->rows[i].result);
}

static void gather_remembered(struct robase_call *call)
{
    call->told_count = call->once.outcome_count;
    call->told = ARENA_ARRAY(&call->arena, struct robase_told, call->told_count);
    for (size_t i = 0; i < call->told_count; i++)
        call->told[i].outcome = call->once.outcomes[i];
}

/* One commit has all of them: what it lost is asked for again as a whole. */
static bool is_lost(const struct robase_call *call)
{
    for (size_t i = 0; i < call->told_count; i++)
        if (call->told[i].outcome.err == ERR_STORE_UNAVAILABLE) return true;
    return false;
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
    else if (is_lost(call))
        robase_say_err(call, ERR_STORE_UNAVAILABLE, SLICE(""));
    else
        call->route->tell_outcomes(call);
    robase_finish(call);
}

void robase_tell_outcomes(struct robase_call *call)
{
    const struct command *command = &call->call.command;
    if (command->kind == COMMAND_SEND_MANY && command->result) {
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
