#include <stddef.h>

#include "base/mem.h"
#include "edge/hep/hep_internal.h"
#include "wire/json.h"

/* Contract section 6: one attempt, ten seconds, redirects not followed. */
#define PUSH_TIMEOUT_MS 10000
#define PUSH_BODY_MAX   (6 * TEXT_MAX_BYTES + 4096) /* every byte may become \u00XX */

struct hep_pusher {
    struct loop *loop;
    struct engine *engine;
    struct http_client *client;
    bool stopped;
};

/* One push, from the core's thread to the loop, to the customer, and back into the core. */
struct push {
    struct engine_call call;
    struct loop_task task;
    struct hep_pusher *pusher;
    struct inbound_id inbound;
    struct buf body;
    char url[URL_MAX_SIZE + 1];
};

static void push_recorded(struct engine_call *call)
{
    struct push *push = (struct push *)call;
    buf_done(&push->body);
    mem_free(push);
}

static void push_ended(struct push *push, uint32_t status)
{
    push->call.loop = push->pusher->loop;
    push->call.on_done = push_recorded;
    push->call.command = (struct command){
        .kind = COMMAND_PUSHED,
        .pushed = {.inbound = push->inbound, .status = status},
    };
    /* Only a customer's commands are ever refused. */
    if (engine_post(push->pusher->engine, &push->call)) push_recorded(&push->call);
}

static void push_answered(void *user, const struct http_result *result)
{
    struct push *push = user;
    bool answered = result->outcome == HTTP_ANSWERED;
    if (answered || !push->pusher->stopped)
        push_ended(push, answered ? result->status : 0);
    else
        push_recorded(&push->call); /* cut short by us: it stays pending */
}

static void push_start(struct loop_task *task)
{
    struct push *push = (struct push *)((char *)task - offsetof(struct push, task));
    if (push->pusher->stopped) {
        push_recorded(&push->call); /* its client may be gone: it stays pending */
        return;
    }
    struct http_header type = {SLICE("Content-Type"), SLICE("application/json")};
    struct http_call call = {
        .url = slice_cstr(push->url),
        .method = SLICE("POST"),
        .body = buf_slice(&push->body),
        .headers = &type,
        .header_count = 1,
        .timeout_ms = PUSH_TIMEOUT_MS,
    };
    struct hep_pusher *pusher = push->pusher;
    if (!http_client_send(pusher->client, pusher->loop, &call, push_answered, push))
        push_ended(push, 0);
}

void hep_push(void *user, const struct inbound *inbound, const struct shortcode *shortcode)
{
    struct hep_pusher *pusher = user;
    struct push *push = MEM_NEW(struct push);
    struct arena arena = {0};
    struct json_writer json;
    push->pusher = pusher;
    push->inbound = inbound->id;
    memcpy(push->url, shortcode->url, sizeof push->url);
    buf_init(&push->body, PUSH_BODY_MAX);
    json_writer_init(&json, &push->body);
    json_begin_object(&json);
    json_put_text(&json, "sender", hep_sender_text(inbound, &arena));
    json_put_text(&json, "auth", slice_cstr(shortcode->secret));
    json_put_text(&json, "shortcode", inbound->shortcode);
    json_put_text(&json, "messageContent", inbound->text);
    json_end_object(&json);
    arena_done(&arena);
    push->task.run = push_start;
    loop_post(pusher->loop, &push->task);
}

struct hep_pusher *hep_pusher_new(struct loop *loop, struct http_client *client)
{
    struct hep_pusher *pusher = MEM_NEW(struct hep_pusher);
    pusher->loop = loop;
    pusher->client = client;
    return pusher;
}

void hep_pusher_connect(struct hep_pusher *pusher, struct engine *engine)
{
    pusher->engine = engine;
}

void hep_pusher_stop(struct hep_pusher *pusher)
{
    pusher->stopped = true;
}

void hep_pusher_free(struct hep_pusher *pusher)
{
    mem_free(pusher);
}
