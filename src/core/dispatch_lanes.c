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

const struct route *dispatch_route(const struct core *core, uint64_t number)
{
    return route_choose(core->catalog.routes, core->catalog.route_count, number,
                        phone_iso2(number));
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
    const struct route *route = dispatch_route(core, pending->number);
    if (route) pending_set_chain(pending, route->chain, route->chain_count);
}

void dispatch_enqueue(struct core *core, struct pending *pending)
{
    if (pending->queued) return;
    dispatch_take_route(core, pending);
    if (!pending_is_tied(pending)) dispatch_turn_to(core, pending, dispatch_best(core, pending));
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

void dispatch_provider(struct core *core, const struct provider *provider, bool removed)
{
    struct lane *lane = dispatch_lane(core, provider->id);
    lane_configure(lane, provider, clock_mono_ms(core->config.clock));
    /* Its sessions end soon; nothing more is for them. */
    if (removed || !provider->enabled) lane->sessions = 0;
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
    dispatch_lane(core, provider->id)->sessions = sessions;
    dispatch_rebalance(core);
}
