#include "edge/http_provider/http_provider.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "edge/http_provider/http_render.h"
#include "edge/http_provider/http_verdict.h"
#include "edge/http_provider/providers.h"

/* What the core handed out in one tick, in its order. */
struct record {
    struct record *next;
    const struct submit *submit;     /* or */
    const struct provider *provider; /* the other is NULL */
    bool removed;
};

struct batch {
    struct loop_task task;
    struct http_providers *providers;
    struct arena arena;
    struct record *first, **end;
};

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

static void take_submit(struct http_providers *providers, const struct submit *submit)
{
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

static void take_provider(struct http_providers *providers, const struct provider *provider,
                          bool removed)
{
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

static void batch_free(struct batch *batch)
{
    if (!batch) return;
    arena_done(&batch->arena);
    mem_free(batch);
}

static void batch_run(struct loop_task *task)
{
    struct batch *batch = (struct batch *)(void *)((char *)task - offsetof(struct batch, task));
    for (const struct record *record = batch->first; record; record = record->next) {
        if (record->submit)
            take_submit(batch->providers, record->submit);
        else
            take_provider(batch->providers, record->provider, record->removed);
    }
    batch_free(batch);
}

/* ---- The core's side ----------------------------------------------------------------------- */

static struct record *batch_add(struct http_providers *providers)
{
    if (!providers->batch) {
        providers->batch = MEM_NEW(struct batch);
        providers->batch->providers = providers;
        providers->batch->end = &providers->batch->first;
    }
    struct record *record = ARENA_NEW(&providers->batch->arena, struct record);
    *providers->batch->end = record;
    providers->batch->end = &record->next;
    return record;
}

void http_providers_submit(void *user, const struct submit *submit)
{
    struct http_providers *providers = user;
    struct record *record = batch_add(providers);
    struct arena *arena = &providers->batch->arena;
    struct submit *copy = ARENA_NEW(arena, struct submit);
    *copy = *submit;
    copy->sender = arena_copy(arena, submit->sender);
    copy->text = arena_copy(arena, submit->text);
    copy->segment = (struct segment){0}; /* the carrier cuts the text itself */
    record->submit = copy;
}

void http_providers_provider(void *user, const struct provider *provider, bool removed)
{
    struct http_providers *providers = user;
    struct record *record = batch_add(providers);
    struct provider *copy = ARENA_NEW(&providers->batch->arena, struct provider);
    *copy = *provider;
    copy->profile = arena_copy(&providers->batch->arena, provider->profile);
    record->provider = copy;
    record->removed = removed;
}

void http_providers_flush(void *user)
{
    struct http_providers *providers = user;
    struct batch *batch = providers->batch;
    if (!batch) return;
    providers->batch = NULL;
    batch->task.run = batch_run;
    loop_post(providers->loop, &batch->task);
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
    return providers;
}

void http_providers_free(struct http_providers *providers)
{
    if (!providers) return;
    assert(providers->flying == 0);
    loop_timer_stop(providers->loop, &providers->drained);
    for (size_t i = 0; i <= PROVIDERS_MAX; i++)
        if (providers->carriers[i]) carrier_free(providers->carriers[i]);
    batch_free(providers->batch);
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
