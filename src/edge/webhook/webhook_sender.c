#include "edge/webhook/webhook_sender.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "wire/sign.h"

#define TRY_TIMEOUT_MS 10000
#define BODY_MAX       (6 * TEXT_MAX_BYTES + 16384) /* every byte may become \u00XX */
#define STAMP_MAX      (sizeof "t=18446744073709551615,v1=" + SIGN_HEX_SIZE)

struct webhook_sender {
    struct webhook_sender_config config;
    struct engine *engine;
    bool stopped;
};

/* One try: from the core's thread to the loop, to the reading thread for its body, to the customer,
   and back into the core. */
struct post {
    struct engine_call call;
    struct engine_read read;
    struct loop_task task;
    struct webhook_sender *sender;
    struct command_delivered delivered;
    struct buf body;
    bool has_body;
    char secret[WEBHOOK_SECRET_SIZE + 1];
    size_t url_size;
    char url[];
};

static void post_recorded(struct engine_call *call)
{
    struct post *post = (struct post *)call;
    buf_done(&post->body);
    mem_free(post);
}

static void post_end(struct post *post, uint32_t status, bool cut_short)
{
    post->delivered.status = status;
    post->delivered.cut_short = cut_short;
    post->call.loop = post->sender->config.loop;
    post->call.on_done = post_recorded;
    post->call.command.kind = COMMAND_DELIVERED;
    post->call.command.delivered = &post->delivered;
    /* Only a customer's commands are ever refused. */
    if (engine_post(post->sender->engine, &post->call)) post_recorded(&post->call);
}

static void post_answered(void *user, const struct http_result *result)
{
    struct post *post = user;
    bool answered = result->outcome == HTTP_ANSWERED;
    post_end(post, answered ? result->status : 0, !answered && post->sender->stopped);
}

static bool post_send(struct post *post)
{
    const struct webhook_sender_config *config = &post->sender->config;
    uint64_t now_s = clock_wall_ms(engine_clock(post->sender->engine)) / 1000;
    struct slice body = buf_slice(&post->body);
    char hex[SIGN_HEX_SIZE + 1], stamp[STAMP_MAX];
    sign_stamped(slice_cstr(post->secret), now_s, body, hex);
    snprintf(stamp, sizeof stamp, "t=%" PRIu64 ",v1=%s", now_s, hex);
    const struct http_header headers[] = {
        {SLICE("Content-Type"), SLICE("application/json")},
        {config->event_header, slice_cstr(event_type_names[post->delivered.delivery.event.type])},
        {config->signature_header, slice_cstr(stamp)},
    };
    struct http_call call = {
        .url = slice_of(post->url, post->url_size),
        .method = SLICE("POST"),
        .body = body,
        .headers = headers,
        .header_count = sizeof headers / sizeof *headers,
        .timeout_ms = TRY_TIMEOUT_MS,
    };
    return http_client_send(config->client, config->loop, &call, post_answered, post);
}

static void post_rendered(struct engine_read *read)
{
    struct post *post = (struct post *)((char *)read - offsetof(struct post, read));
    if (post->sender->stopped)
        post_end(post, 0, true);
    else if (!post->has_body || !post_send(post))
        post_end(post, 0, false);
}

static void post_render(struct engine_read *read, struct store_reader *reader)
{
    struct post *post = (struct post *)((char *)read - offsetof(struct post, read));
    const struct webhook_sender_config *config = &post->sender->config;
    post->has_body =
        config->render(config->user, reader, &post->delivered.delivery.event, &post->body) &&
        !post->body.full;
}

static void post_begin(struct loop_task *task)
{
    struct post *post = (struct post *)((char *)task - offsetof(struct post, task));
    post->read.loop = post->sender->config.loop;
    post->read.run = post_render;
    post->read.on_done = post_rendered;
    engine_read(post->sender->engine, &post->read);
}

void webhook_deliver(void *user, const struct delivery *delivery, const struct webhook *webhook)
{
    struct webhook_sender *sender = user;
    struct post *post = mem_alloc(sizeof *post + webhook->url.size);
    post->sender = sender;
    post->delivered.delivery = *delivery;
    memcpy(post->secret, webhook->secret, sizeof post->secret);
    post->url_size = webhook->url.size;
    if (post->url_size) memcpy(post->url, webhook->url.at, post->url_size);
    buf_init(&post->body, BODY_MAX);
    post->task.run = post_begin;
    loop_post(sender->config.loop, &post->task);
}

struct webhook_sender *webhook_sender_new(const struct webhook_sender_config *config)
{
    struct webhook_sender *sender = MEM_NEW(struct webhook_sender);
    sender->config = *config;
    return sender;
}

void webhook_sender_connect(struct webhook_sender *sender, struct engine *engine)
{
    sender->engine = engine;
}

void webhook_sender_stop(struct webhook_sender *sender)
{
    sender->stopped = true;
}

void webhook_sender_free(struct webhook_sender *sender)
{
    mem_free(sender);
}
