/* Which provider a recipient waits for. */
#include <assert.h>

#include "core/core_state.h"
#include "core/dispatch_inside.h"

struct lane *dispatch_lane(struct core *core, struct provider_id provider)
{
    assert(provider.v > 0 && provider.v <= PROVIDERS_MAX);
    return &core->dispatch.lanes[provider.v];
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

void dispatch_enqueue(struct core *core, struct pending *pending)
{
    if (pending->queued) return;
    if (!pending_is_tied(pending)) dispatch_turn_to(core, pending, dispatch_best(core, pending));
    lane_queue(dispatch_lane(core, pending_provider(pending)), pending);
}

void dispatch_rebalance(struct core *core, struct lane *lane)
{
    if (lane->sessions > 0) return;
    struct pending *next;
    for (struct pending *pending = lane->first; pending; pending = next) {
        next = pending->next;
        uint8_t better = dispatch_best(core, pending);
        if (pending_is_tied(pending) || dispatch_lane(core, pending->chain[better])->sessions == 0)
            continue;
        lane_unqueue(lane, pending);
        dispatch_turn_to(core, pending, better);
        lane_queue(dispatch_lane(core, pending_provider(pending)), pending);
    }
}

void dispatch_provider(struct core *core, const struct provider *provider, bool removed)
{
    struct lane *lane = dispatch_lane(core, provider->id);
    lane_configure(lane, provider, clock_mono_ms(core->config.clock));
    if (removed || !provider->enabled) dispatch_rebalance(core, lane);
}

void dispatch_link(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    /* A provider that was removed while it was bound tells of its end too. */
    if (command->link.provider.v == 0 || command->link.provider.v >= core->catalog.provider_limit) {
        command->result = ERR_NOT_FOUND;
        return;
    }
    struct lane *lane = dispatch_lane(core, command->link.provider);
    lane->sessions = command->link.sessions;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++)
        dispatch_rebalance(core, &core->dispatch.lanes[id]);
}
