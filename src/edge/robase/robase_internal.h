/* What the files of the Robase dialect share: the routes, and one request on its way. */
#pragma once

#include "base/buf.h"
#include "edge/robase/robase.h"
#include "edge/robase/robase_error.h"
#include "edge/robase/robase_rate.h"
#include "edge/robase/robase_sms.h"
#include "wire/field.h"

struct robase {
    struct loop *loop;
    struct engine *engine;
    struct http_server *server;
    struct robase_rate rate;
    struct robase_names names;
};

/* Endpoints by number: idempotency keys and rate limits are of one each. They are remembered, so
   rows may be added at the end only. */
enum robase_endpoint {
    ENDPOINT_ROWS = 1, /* keys of a batch's rows, apart from those of requests */
    ENDPOINT_SEND,
    ENDPOINT_BATCH,
    ENDPOINT_LIST,
    ENDPOINT_GET,
    ENDPOINT_CANCEL,
    ENDPOINT_TEMPLATE_ADD,
    ENDPOINT_TEMPLATE_LIST,
    ENDPOINT_TEMPLATE_GET,
    ENDPOINT_TEMPLATE_SET,
    ENDPOINT_TEMPLATE_REMOVE,
    ENDPOINT_TEMPLATE_RENDER,
    ENDPOINT_SENDER_ADD,
    ENDPOINT_SENDER_LIST,
    ENDPOINT_SENDER_GET,
    ENDPOINT_SENDER_SET,
    ENDPOINT_WEBHOOK_ADD,
    ENDPOINT_WEBHOOK_LIST,
    ENDPOINT_WEBHOOK_GET,
    ENDPOINT_WEBHOOK_SET,
    ENDPOINT_WEBHOOK_REMOVE,
    ENDPOINT_WEBHOOK_ROTATE,
};

struct robase_call;

struct robase_route {
    const char *method, *path; /* ":id" stands for one segment */
    enum robase_endpoint endpoint;
    bool sending; /* a key that may only send passes */
    size_t body_max;
    void (*handle)(struct robase_call *call, struct slice body);
    /* Sends: the answer from call->told, also for a request that repeats an earlier one. */
    void (*tell_outcomes)(struct robase_call *call);
};

/* What came of one message that was asked for. */
struct robase_told {
    struct outcome outcome;
    const struct message *message; /* NULL when refused, and until it is read back */
};

/* One request. It outlives its connection, so everything it needs is in its own arena. */
struct robase_call {
    struct engine_call call; /* first */
    struct engine_read read;
    struct robase *robase;
    struct http_ref request;
    const struct robase_route *route;
    struct gate_entry caller;
    struct slice id;    /* of the path, as written */
    struct slice query; /* of the path */
    struct once once;   /* its key is empty when there is none */
    struct arena arena;
    unsigned status; /* of the answer; 0: there is none yet */
    struct buf body; /* of the answer */
    struct json_writer json;
    void (*tell)(struct robase_call *call);
    enum err (*look)(struct robase_call *call, struct store_reader *reader);
    void (*then)(struct robase_call *call);
    enum err looked;
    struct robase_told *told;
    size_t told_count;
    void *own; /* the handler's, in the arena */
};

/* ---- The answer ---------------------------------------------------------------------------- */

/* Begins the answer anew; write its JSON into what is returned. */
struct json_writer *robase_reply(struct robase_call *call, unsigned status);
/* {"data":[ ... ]} around the rows */
struct json_writer *robase_begin_list(struct robase_call *call);
void robase_end_list(struct json_writer *json);
/* Makes the answer this error. */
void robase_say(struct robase_call *call, enum robase_fault fault, struct slice problem);
void robase_say_err(struct robase_call *call, enum err err, struct slice problem);
/* Sends the answer that is there; the call is gone. */
void robase_finish(struct robase_call *call);

/* ---- What a handler ends with -------------------------------------------------------------- */

/* The edge itself refuses: remembered under the idempotency key, if there is one. */
void robase_refuse(struct robase_call *call, enum robase_fault fault);
/* Asks the core (call.command is filled) and answers with what `tell` writes, which must not wait:
   with an idempotency key it runs on the core's thread. Errors are told without it. */
void robase_ask(struct robase_call *call, void (*tell)(struct robase_call *call));
/* Asks the core for messages; answers by route->tell_outcomes. */
void robase_ask_send(struct robase_call *call);
/* Runs `look` on the reading thread, then on the loop `then`, which ends the call in one of these
   ways; NULL: `look` has written the answer. An error is told without it, when there is no `then`
   or it is no ERR_NOT_FOUND: that is for `then` to see in call->looked. */
void robase_look(struct robase_call *call,
                 enum err (*look)(struct robase_call *call, struct store_reader *reader),
                 void (*then)(struct robase_call *call));
/* What robase_ask_send ends with (robase_told.c). */
void robase_tell_outcomes(struct robase_call *call);

/* ---- Reading requests ---------------------------------------------------------------------- */

/* Reads the body, which stays valid as long as the call. False: it was refused, the call is gone.
 */
bool robase_read_body(struct robase_call *call, struct slice body, const struct field_spec *table,
                      size_t count, void *out);
/* The id of the path. */
bool robase_read_id(const struct robase_call *call, uint64_t *out);
static inline bool robase_is_given(const struct field *field)
{
    return field->state != FIELD_ABSENT && field->state != FIELD_NULL;
}
/* 1 to ONCE_KEY_MAX printable ASCII characters. */
bool robase_key_is_valid(struct slice key);

/* A view that lacks the message. */
struct robase_view robase_view_of(struct robase *robase);

/* ---- Handlers ------------------------------------------------------------------------------ */

void robase_send(struct robase_call *call, struct slice body);
void robase_send_tell(struct robase_call *call);
void robase_batch(struct robase_call *call, struct slice body);
void robase_batch_tell(struct robase_call *call);
void robase_list(struct robase_call *call, struct slice body);
void robase_get(struct robase_call *call, struct slice body);
void robase_cancel(struct robase_call *call, struct slice body);
void robase_template_add(struct robase_call *call, struct slice body);
void robase_template_list(struct robase_call *call, struct slice body);
void robase_template_get(struct robase_call *call, struct slice body);
void robase_template_set(struct robase_call *call, struct slice body);
void robase_template_remove(struct robase_call *call, struct slice body);
void robase_template_render(struct robase_call *call, struct slice body);
void robase_sender_add(struct robase_call *call, struct slice body);
void robase_sender_list(struct robase_call *call, struct slice body);
void robase_sender_get(struct robase_call *call, struct slice body);
void robase_sender_set(struct robase_call *call, struct slice body);
void robase_webhook_add(struct robase_call *call, struct slice body);
void robase_webhook_list(struct robase_call *call, struct slice body);
void robase_webhook_get(struct robase_call *call, struct slice body);
void robase_webhook_set(struct robase_call *call, struct slice body);
void robase_webhook_remove(struct robase_call *call, struct slice body);
void robase_webhook_rotate(struct robase_call *call, struct slice body);
