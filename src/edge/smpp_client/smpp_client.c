#include "edge/smpp_client/smpp_client.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "edge/smpp_client/client.h"

#define OUT_LIMIT  SMPP_SIZE_MAX
#define TEXT_LIMIT (4u * 65536) /* a message_payload, each octet a character of three bytes */

/* What the core handed out in one tick, in its order. */
struct record {
    struct record *next;
    const struct submit *submit;     /* or */
    const struct provider *provider; /* the other is NULL */
    bool removed;
};

struct batch {
    struct loop_task task;
    struct smpp_client *client;
    struct arena arena;
    struct record *first, **end;
};

void client_note(struct smpp_client *client, struct provider_id provider, const char *format, ...)
{
    if (!client->ports.note) return;
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    client->ports.note(client->ports.user, provider, text);
}

/* SplitMix64 */
uint64_t client_random(struct smpp_client *client)
{
    uint64_t x = client->random += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

void client_sweep_soon(struct smpp_client *client)
{
    loop_timer_start(client->loop, &client->sweep, 0);
}

static void client_sweep(struct loop_timer *timer)
{
    struct smpp_client *client =
        (struct smpp_client *)(void *)((char *)timer - offsetof(struct smpp_client, sweep));
    bool quiet = true;
    for (size_t i = 0; i <= PROVIDERS_MAX; i++) {
        struct link *link = client->links[i];
        if (!link) continue;
        link_sweep(link);
        if (link->session_count > 0) {
            quiet = false;
        } else if (link->removed) {
            link_free(link);
            client->links[i] = NULL;
        }
    }
    if (quiet && client->drained) {
        void (*drained)(void *user) = client->drained;
        client->drained = NULL;
        drained(client->drained_user);
    }
}

struct smpp_client *smpp_client_new(struct loop *loop, const struct smpp_client_ports *ports)
{
    struct smpp_client *client = MEM_NEW(struct smpp_client);
    client->loop = loop;
    client->ports = *ports;
    client->random = ports->seed;
    client->sweep.fire = client_sweep;
    buf_init(&client->out, OUT_LIMIT);
    buf_init(&client->text, TEXT_LIMIT);
    return client;
}

static void batch_free(struct batch *batch)
{
    if (!batch) return;
    arena_done(&batch->arena);
    mem_free(batch);
}

void smpp_client_free(struct smpp_client *client)
{
    if (!client) return;
    client->draining = true;
    for (size_t i = 0; i <= PROVIDERS_MAX; i++) {
        struct link *link = client->links[i];
        if (!link) continue;
        for (uint32_t j = 0; j < link->session_count; j++) {
            link->sessions[j]->unwanted = true;
            if (link->sessions[j]->state != SESSION_CLOSED) session_close(link->sessions[j], true);
        }
        link_free(link);
    }
    loop_timer_stop(client->loop, &client->sweep);
    mem_free(client->sessions);
    buf_done(&client->out);
    buf_done(&client->text);
    batch_free(client->batch);
    mem_free(client);
}

/* The core's side */

static struct record *batch_add(struct smpp_client *client)
{
    if (!client->batch) {
        client->batch = MEM_NEW(struct batch);
        client->batch->client = client;
        client->batch->end = &client->batch->first;
    }
    struct record *record = ARENA_NEW(&client->batch->arena, struct record);
    *client->batch->end = record;
    client->batch->end = &record->next;
    return record;
}

void smpp_client_submit(void *user, const struct submit *submit)
{
    struct smpp_client *client = user;
    struct record *record = batch_add(client);
    struct arena *arena = &client->batch->arena;
    struct submit *copy = ARENA_NEW(arena, struct submit);
    *copy = *submit;
    copy->sender = arena_copy(arena, submit->sender);
    struct slice bytes = slice_of(submit->segment.bytes, submit->segment.size);
    copy->segment.bytes = (const uint8_t *)arena_copy(arena, bytes).at;
    record->submit = copy;
}

void smpp_client_provider(void *user, const struct provider *provider, bool removed)
{
    struct smpp_client *client = user;
    struct record *record = batch_add(client);
    struct provider *copy = ARENA_NEW(&client->batch->arena, struct provider);
    *copy = *provider;
    record->provider = copy;
    record->removed = removed;
}

static void client_take_provider(struct smpp_client *client, const struct provider *provider,
                                 bool removed)
{
    assert(provider->id.v > 0 && provider->id.v <= PROVIDERS_MAX);
    struct link **link = &client->links[provider->id.v];
    removed = removed || provider->kind != PROVIDER_SMPP;
    if (*link)
        link_change(*link, provider, removed);
    else if (!removed)
        *link = link_new(client, provider);
}

static void client_take_submit(struct smpp_client *client, const struct submit *submit)
{
    bool known = submit->provider.v <= PROVIDERS_MAX && client->links[submit->provider.v];
    if (known) {
        link_submit(client->links[submit->provider.v], submit);
    } else {
        struct command_answer answer = {.attempt = submit->attempt, .state = ATTEMPT_NOT_SENT};
        client->ports.answer(client->ports.user, &answer);
    }
}

static void batch_run(struct loop_task *task)
{
    struct batch *batch = (struct batch *)(void *)((char *)task - offsetof(struct batch, task));
    for (const struct record *record = batch->first; record; record = record->next) {
        if (record->submit)
            client_take_submit(batch->client, record->submit);
        else
            client_take_provider(batch->client, record->provider, record->removed);
    }
    batch_free(batch);
}

void smpp_client_flush(void *user)
{
    struct smpp_client *client = user;
    struct batch *batch = client->batch;
    if (!batch) return;
    client->batch = NULL;
    batch->task.run = batch_run;
    loop_post(client->loop, &batch->task);
}

/* The loop's side */

void smpp_client_reply(struct smpp_client *client, struct smpp_reply reply, enum err err)
{
    if (reply.session >= client->session_capacity) return;
    struct session *session = client->sessions[reply.session];
    if (!session || session->generation != reply.generation || !session->tcp) return;
    session_reply(session, &reply, err);
}

void smpp_client_drain(struct smpp_client *client, void (*done)(void *user), void *user)
{
    client->draining = true;
    client->drained = done;
    client->drained_user = user;
    for (size_t i = 0; i <= PROVIDERS_MAX; i++)
        if (client->links[i]) link_stop(client->links[i]);
    client_sweep_soon(client);
}
