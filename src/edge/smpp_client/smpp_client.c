#include "edge/smpp_client/smpp_client.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "edge/smpp_client/client.h"

#define OUT_LIMIT  SMPP_SIZE_MAX
#define TEXT_LIMIT (4u * 65536) /* a message_payload, each octet a character of three bytes */

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

static void client_take_provider(void *user, const struct provider *provider, bool removed)
{
    struct smpp_client *client = user;
    assert(provider->id.v > 0 && provider->id.v <= PROVIDERS_MAX);
    struct link **link = &client->links[provider->id.v];
    removed = removed || provider->kind != PROVIDER_SMPP;
    if (*link)
        link_change(*link, provider, removed);
    else if (!removed)
        *link = link_new(client, provider);
}

static void client_take_submit(void *user, const struct submit *submit)
{
    struct smpp_client *client = user;
    bool known = submit->provider.v <= PROVIDERS_MAX && client->links[submit->provider.v];
    if (known) {
        link_submit(client->links[submit->provider.v], submit);
    } else {
        struct command_answer answer = {.attempt = submit->attempt, .state = ATTEMPT_NOT_SENT};
        client->ports.answer(client->ports.user, &answer);
    }
}

struct smpp_client *smpp_client_new(struct loop *loop, const struct smpp_client_ports *ports)
{
    struct smpp_client *client = MEM_NEW(struct smpp_client);
    client->loop = loop;
    client->ports = *ports;
    client->random = ports->seed;
    client->sweep.fire = client_sweep;
    struct outbox_taker taker = {client, client_take_submit, client_take_provider};
    outbox_init(&client->outbox, loop, &taker);
    buf_init(&client->out, OUT_LIMIT);
    buf_init(&client->text, TEXT_LIMIT);
    return client;
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
    outbox_done(&client->outbox);
    mem_free(client);
}

/* The core's side */

void smpp_client_submit(void *user, const struct submit *submit)
{
    outbox_submit(&((struct smpp_client *)user)->outbox, submit, false);
}

void smpp_client_provider(void *user, const struct provider *provider, bool removed)
{
    outbox_provider(&((struct smpp_client *)user)->outbox, provider, removed);
}

void smpp_client_flush(void *user)
{
    outbox_flush(&((struct smpp_client *)user)->outbox);
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
