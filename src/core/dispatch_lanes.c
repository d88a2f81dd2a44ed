/* Which provider a recipient waits for. */
#include <assert.h>

#include "core/core_state.h"
#include "core/dispatch_inside.h"
#include "wire/phone.h"

struct lane *dispatch_lane(struct core *core, struct provider_id provider)
{
    assert(provider.v > 0 && provider.v <= PROVIDERS_MAX);
    return &core->dispatch.lanes[provider.v];
}

static void chain_add(struct chain *chain, const struct route *route)
{
    for (uint32_t i = 0; i < route->chain_count; i++) {
        bool there = chain->count == CHAIN_MAX;
        for (uint32_t k = 0; k < chain->count; k++)
            there = there || chain->at[k].v == route->chain[i].v;
        if (!there) chain->at[chain->count++] = route->chain[i];
    }
}

struct chain dispatch_chain(const struct core *core, const char *country, bool impatient,
                            uint64_t number)
{
    const struct route *routes = core->catalog.routes;
    size_t count = core->catalog.route_count;
    struct chain chain = {0};
    const struct route *best =
        route_choose(routes, count, number, country[0] ? country : phone_iso2(number));
    if (best) chain_add(&chain, best);
    for (size_t i = 0; best && impatient && i < count; i++)
        if (slice_eq(slice_cstr(routes[i].destination), SLICE("*"))) chain_add(&chain, &routes[i]);
    return chain;
}

static struct chain chain_of(const struct core *core, const struct pending *pending)
{
    return dispatch_chain(core, pending->country, pending->impatient, pending->number);
}

bool dispatch_keeps_id(const struct core *core, struct provider_id id)
{
    const struct provider *provider = catalog_provider(&core->catalog, id);
    return provider && provider->kind == PROVIDER_HTTP;
}

enum segment_form dispatch_form(const struct core *core, struct provider_id id)
{
    const struct provider *provider = catalog_provider(&core->catalog, id);
    return provider ? provider->quirks.long_form : SEGMENT_UDH8;
}

uint8_t dispatch_best(struct core *core, const struct pending *pending)
{
    int first = -1;
    for (uint8_t at = 0; at < pending->chain_count; at++) {
        if (pending->refused & (1u << at)) continue;
        if (dispatch_lane(core, pending->chain[at])->sessions > 0) return at;
        if (first < 0) first = at;
    }
    return first < 0 ? pending->chain_at : (uint8_t)first;
}

void dispatch_turn_to(struct core *core, struct pending *pending, uint8_t chain_at)
{
    pending->chain_at = chain_at;
    enum segment_form form = dispatch_form(core, pending_provider(pending));
    if (!pending->flights || pending->form != form) pending_cut(pending, form);
}

void dispatch_take_route(struct core *core, struct pending *pending)
{
    if (pending->routes_seen == core->dispatch.routes || pending_is_tied(pending)) return;
    pending->routes_seen = core->dispatch.routes;
    struct chain chain = chain_of(core, pending);
    if (chain.count) pending_set_chain(pending, chain.at, chain.count);
}

void dispatch_enqueue(struct core *core, struct pending *pending)
{
    if (pending->queued) return;
    dispatch_take_route(core, pending);
    if (!pending_is_tied(pending)) dispatch_turn_to(core, pending, dispatch_best(core, pending));
    pending->queued_at_ms = clock_wall_ms(core->config.clock);
    lane_queue(dispatch_lane(core, pending_provider(pending)), pending);
}

/* A lane without sessions gives its recipients to lanes that have some, and room. */
static void rebalance(struct core *core, struct lane *lane)
{
    if (lane->sessions > 0) return;
    struct pending *next;
    for (struct pending *pending = lane->first; pending; pending = next) {
        next = pending->next;
        const struct lane *better =
            dispatch_lane(core, pending->chain[dispatch_best(core, pending)]);
        if (pending_is_tied(pending) || better->sessions == 0 || better->queued >= LOADED_MAX)
            continue;
        lane_unqueue(lane, pending);
        dispatch_enqueue(core, pending);
    }
}

void dispatch_rebalance(struct core *core)
{
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++)
        rebalance(core, &core->dispatch.lanes[id]);
}

void dispatch_routes_changed(struct core *core)
{
    core->dispatch.routes++;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        struct lane *lane = &core->dispatch.lanes[id];
        struct pending *next;
        for (struct pending *pending = lane->first; pending; pending = next) {
            next = pending->next;
            if (pending_is_tied(pending) || pending->routes_seen == core->dispatch.routes) continue;
            lane_unqueue(lane, pending);
            dispatch_enqueue(core, pending);
        }
    }
}

static void dispatch_sessions(struct core *core, struct lane *lane, uint32_t sessions)
{
    if (sessions == 0 && (lane->sessions > 0 || lane->away_since_ms == 0))
        lane->away_since_ms = clock_wall_ms(core->config.clock);
    lane->sessions = sessions;
}

void dispatch_provider(struct core *core, const struct provider *provider, bool removed)
{
    struct lane *lane = dispatch_lane(core, provider->id);
    lane_configure(lane, provider, clock_mono_ms(core->config.clock));
    /* Its sessions end soon; nothing more is for them. */
    dispatch_sessions(core, lane, removed || !provider->enabled ? 0 : lane->sessions);
    dispatch_rebalance(core);
}

void dispatch_link(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    const struct provider *provider = catalog_provider(&core->catalog, command->link.provider);
    if (!provider) {
        command->result = ERR_NOT_FOUND;
        return;
    }
    uint32_t sessions = provider->enabled ? command->link.sessions : 0;
    dispatch_sessions(core, dispatch_lane(core, provider->id), sessions);
    dispatch_rebalance(core);
}
