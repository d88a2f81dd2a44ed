#include "edge/http_provider/http_provider.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "edge/http_provider/http_render.h"
#include "edge/http_provider/http_verdict.h"
#include "edge/http_provider/providers.h"

/* ---- The loop's side: requests ------------------------------------------------------------- */

struct request {
    struct http_providers *providers;
    struct carrier *carrier;
    struct attempt_id attempt;
};

static void carrier_free(struct carrier *carrier)
{
    assert(carrier->flying == 0);
    http_profile_done(&carrier->profile);
    mem_free(carrier);
}

static void request_answered(void *user, const struct http_result *result)
{
    struct request *request = user;
    struct http_providers *providers = request->providers;
    struct carrier *carrier = request->carrier;
    struct command_answer answer;
    struct arena arena = {0};
    http_verdict(&carrier->profile, request->attempt, result, &arena, &answer);
    providers->ports.answer(providers->ports.user, &answer);
    arena_done(&arena);
    mem_free(request);
    if (--carrier->flying == 0 && carrier->replaced) carrier_free(carrier);
    if (--providers->flying == 0 && providers->on_drained)
        loop_timer_start(providers->loop, &providers->drained, 0);
}

static bool request_send(struct http_providers *providers, struct carrier *carrier,
                         struct attempt_id attempt, const struct http_call *call)
{
    struct request *request = MEM_NEW(struct request);
    *request = (struct request){providers, carrier, attempt};
    if (!http_client_send(providers->client, providers->loop, call, request_answered, request)) {
        mem_free(request);
        return false;
    }
    carrier->flying++;
    providers->flying++;
    return true;
}

static bool carrier_can_submit(const struct carrier *carrier)
{
    return carrier && carrier->enabled && carrier->readable;
}

static void take_submit(void *user, const struct submit *submit)
{
    struct http_providers *providers = user;
    bool known = submit->provider.v <= PROVIDERS_MAX && !providers->stopped;
    struct carrier *carrier = known ? providers->carriers[submit->provider.v] : NULL;
    struct command_answer answer = {.attempt = submit->attempt, .state = ATTEMPT_NOT_SENT};
    if (carrier_can_submit(carrier)) {
        struct arena arena = {0};
        struct http_call call;
        bool fits = http_render(&carrier->profile, submit, &arena, &call);
        bool sent = fits && request_send(providers, carrier, submit->attempt, &call);
        arena_done(&arena);
        if (sent) return;
        if (!fits) {
            answer.state = ATTEMPT_REFUSED;
            answer.error = SLICE("request_too_long");
        }
    }
    providers->ports.answer(providers->ports.user, &answer);
}

/* ---- The loop's side: providers ------------------------------------------------------------ */

static struct carrier *carrier_new(struct http_providers *providers,
                                   const struct provider *provider)
{
    struct carrier *carrier = MEM_NEW(struct carrier);
    carrier->id = provider->id;
    carrier->enabled = provider->enabled;
    memcpy(carrier->name, provider->name, sizeof carrier->name);
    char problem[256];
    carrier->readable = http_profile_read(provider->profile, slice_cstr(provider->name),
                                          &carrier->profile, problem);
    if (!carrier->readable && providers->ports.note) {
        char text[300];
        snprintf(text, sizeof text, "its profile cannot be used: %s", problem);
        providers->ports.note(providers->ports.user, provider->id, text);
    }
    return carrier;
}

static void take_provider(void *user, const struct provider *provider, bool removed)
{
    struct http_providers *providers = user;
    assert(provider->id.v > 0 && provider->id.v <= PROVIDERS_MAX);
    struct carrier **place = &providers->carriers[provider->id.v], *old = *place;
    removed = removed || provider->kind != PROVIDER_HTTP;
    *place = removed ? NULL : carrier_new(providers, provider);
    bool can_now = carrier_can_submit(*place);
    if (carrier_can_submit(old) != can_now) {
        struct command_link link = {.provider = provider->id, .sessions = can_now};
        providers->ports.link(providers->ports.user, &link);
    }
    if (!old) return;
    old->replaced = true;
    if (old->flying == 0) carrier_free(old);
}

/* ---- The core's side ----------------------------------------------------------------------- */

void http_providers_submit(void *user, const struct submit *submit)
{
    /* The carrier cuts the text itself. */
    outbox_submit(&((struct http_providers *)user)->outbox, submit, true);
}

void http_providers_provider(void *user, const struct provider *provider, bool removed)
{
    outbox_provider(&((struct http_providers *)user)->outbox, provider, removed);
}

void http_providers_flush(void *user)
{
    outbox_flush(&((struct http_providers *)user)->outbox);
}

/* ---- Life ---------------------------------------------------------------------------------- */

static void on_drained(struct loop_timer *timer)
{
    struct http_providers *providers =
        (struct http_providers *)(void *)((char *)timer - offsetof(struct http_providers, drained));
    void (*drained)(void *user) = providers->on_drained;
    providers->on_drained = NULL;
    if (drained) drained(providers->on_drained_user);
}

struct http_providers *http_providers_new(struct loop *loop, struct http_client *client,
                                          struct clock *clock,
                                          const struct http_provider_ports *ports)
{
    struct http_providers *providers = MEM_NEW(struct http_providers);
    providers->loop = loop;
    providers->client = client;
    providers->clock = clock;
    providers->ports = *ports;
    providers->drained.fire = on_drained;
    struct outbox_taker taker = {providers, take_submit, take_provider};
    outbox_init(&providers->outbox, loop, &taker);
    return providers;
}

void http_providers_free(struct http_providers *providers)
{
    if (!providers) return;
    assert(providers->flying == 0);
    loop_timer_stop(providers->loop, &providers->drained);
    for (size_t i = 0; i <= PROVIDERS_MAX; i++)
        if (providers->carriers[i]) carrier_free(providers->carriers[i]);
    outbox_done(&providers->outbox);
    mem_free(providers);
}

void http_providers_stop(struct http_providers *providers)
{
    providers->stopped = true;
    providers->server = NULL;
}

void http_providers_drain(struct http_providers *providers, void (*done)(void *user), void *user)
{
    providers->stopped = true;
    providers->on_drained = done;
    providers->on_drained_user = user;
    if (providers->flying == 0) loop_timer_start(providers->loop, &providers->drained, 0);
}
