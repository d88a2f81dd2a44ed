#include <stddef.h>

#include "base/mem.h"
#include "edge/robase/robase_internal.h"
#include "wire/uuid.h"

static const struct slice json_type = {"application/json; charset=utf-8", 31};

static struct robase_call *call_of(struct command *command)
{
    struct engine_call *call =
        (struct engine_call *)((char *)command - offsetof(struct engine_call, command));
    return (struct robase_call *)call;
}

struct robase_view robase_view_of(struct robase *robase)
{
    return (struct robase_view){
        .id_secret = engine_id_secret(robase->engine),
        .names = &robase->names,
    };
}

/* ---- The answer ---------------------------------------------------------------------------- */

struct json_writer *robase_reply(struct robase_call *call, unsigned status)
{
    call->status = status;
    buf_clear(&call->body);
    call->body.full = false;
    json_writer_init(&call->json, &call->body);
    return &call->json;
}

struct json_writer *robase_begin_list(struct robase_call *call)
{
    struct json_writer *json = robase_reply(call, 200);
    json_begin_object(json);
    json_name(json, "data");
    json_begin_array(json);
    return json;
}

void robase_end_list(struct json_writer *json)
{
    json_end_array(json);
    json_end_object(json);
}

void robase_say(struct robase_call *call, enum robase_fault fault, struct slice problem)
{
    robase_error_write(robase_reply(call, robase_error(fault).status), fault, problem);
}

void robase_say_err(struct robase_call *call, enum err err, struct slice problem)
{
    robase_say(call, robase_fault_of(err), problem);
}

void robase_finish(struct robase_call *call)
{
    struct http_request *request = http_find(call->robase->server, call->request);
    if (call->body.full) robase_say(call, FAULT_INTERNAL, SLICE(""));
    struct http_header replay = {SLICE("Idempotent-Replay"), SLICE("true")};
    if (request)
        http_answer(request, &(struct http_answer){
                                 .status = call->status,
                                 .content_type = call->body.size ? json_type : SLICE(""),
                                 .body = buf_slice(&call->body),
                                 .headers = &replay,
                                 .header_count = call->once.replayed ? 1 : 0,
                             });
    buf_done(&call->body);
    arena_done(&call->arena);
    mem_free(call);
}

/* ---- Asking the core ----------------------------------------------------------------------- */

/* Neither is remembered: the same request may well succeed a moment later. */
static bool is_unavailable(enum err err)
{
    return err == ERR_STORE_UNAVAILABLE || err == ERR_OVERLOADED;
}

static void write_told(struct robase_call *call)
{
    const struct command *command = &call->call.command;
    if (command->result)
        robase_say_err(call, command->result, slice_cstr(command->problem));
    else
        call->tell(call);
}

/* On the core's thread, before the commit. */
static void call_respond(struct command *command)
{
    struct robase_call *call = call_of(command);
    write_told(call);
    call->once.status = call->status;
    call->once.body = buf_slice(&call->body);
}

static void repeat_answer(struct robase_call *call)
{
    robase_reply(call, call->once.status);
    buf_add(&call->body, call->once.body);
}

static void call_done(struct engine_call *engine_call)
{
    struct robase_call *call = (struct robase_call *)engine_call;
    const struct command *command = &engine_call->command;
    if (is_unavailable(command->result)) {
        robase_say_err(call, command->result, SLICE(""));
    } else if (call->once.outcome_count > 0 || (!call->once.replayed && !call->tell)) {
        robase_tell_outcomes(call);
        return;
    } else if (call->once.replayed) {
        repeat_answer(call);
    } else if (call->status == 0) {
        write_told(call);
    }
    robase_finish(call);
}

static void call_post(struct robase_call *call)
{
    struct command *command = &call->call.command;
    command->arena = &call->arena;
    if (call->once.key.size) command->once = &call->once;
    call->call.loop = call->robase->loop;
    call->call.on_done = call_done;
    enum err err = engine_post(call->robase->engine, &call->call);
    if (!err) return;
    robase_say_err(call, err, SLICE(""));
    robase_finish(call);
}

static void tell_refusal(struct robase_call *call)
{
    call->status = call->once.status; /* the body is there */
}

void robase_refuse(struct robase_call *call, enum robase_fault fault)
{
    robase_say(call, fault, SLICE(""));
    if (call->once.key.size == 0) {
        robase_finish(call);
        return;
    }
    call->once.status = call->status;
    call->once.body = arena_copy(&call->arena, buf_slice(&call->body));
    call->status = 0; /* the core may know an earlier answer, or nothing of the key any more */
    call->tell = tell_refusal;
    call->call.command = (struct command){
        .kind = COMMAND_REFUSE,
        .refuse = {.key = call->caller.key},
    };
    call_post(call);
}

void robase_ask(struct robase_call *call, void (*tell)(struct robase_call *call))
{
    call->tell = tell;
    call->once.respond = call_respond;
    call_post(call);
}

void robase_ask_send(struct robase_call *call)
{
    call->tell = NULL;
    call->once.respond = call_respond; /* of a batch that is refused as a whole */
    call_post(call);
}

/* ---- Reading the store --------------------------------------------------------------------- */

static struct robase_call *call_of_read(struct engine_read *read)
{
    return (struct robase_call *)((char *)read - offsetof(struct robase_call, read));
}

static void look_run(struct engine_read *read, struct store_reader *reader)
{
    struct robase_call *call = call_of_read(read);
    call->looked = call->look(call, reader);
}

static void look_done(struct engine_read *read)
{
    struct robase_call *call = call_of_read(read);
    if (call->then && (!call->looked || call->looked == ERR_NOT_FOUND)) {
        call->then(call);
        return;
    }
    if (call->looked) robase_say_err(call, call->looked, SLICE(""));
    robase_finish(call);
}

void robase_look(struct robase_call *call,
                 enum err (*look)(struct robase_call *call, struct store_reader *reader),
                 void (*then)(struct robase_call *call))
{
    call->look = look;
    call->then = then;
    call->read.loop = call->robase->loop;
    call->read.run = look_run;
    call->read.on_done = look_done;
    engine_read(call->robase->engine, &call->read);
}

/* ---- Reading requests ---------------------------------------------------------------------- */

bool robase_read_body(struct robase_call *call, struct slice body, const struct field_spec *table,
                      size_t count, void *out)
{
    /* Objects and arrays are left where they stand, which must be there as long as the call. */
    struct slice own = arena_copy(&call->arena, body);
    if (json_read(own, JSON_STRICT, table, count, &call->arena, out, NULL, NULL)) return true;
    robase_refuse(call, FAULT_JSON);
    return false;
}

bool robase_read_id(const struct robase_call *call, uint64_t *out)
{
    return uuid_read(call->id, engine_id_secret(call->robase->engine), out);
}

bool robase_key_is_valid(struct slice key)
{
    if (key.size == 0 || key.size > ONCE_KEY_MAX) return false;
    for (size_t i = 0; i < key.size; i++)
        if (key.at[i] < ' ' || key.at[i] > '~') return false;
    return true;
}
