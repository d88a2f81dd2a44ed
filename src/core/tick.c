#include "core/tick.h"

#include "base/mem.h"
#include "core/core_state.h"

struct store_reader *core_reader(const struct core *core)
{
    return store_own_reader(core->config.store);
}

struct store_op *tick_op(struct tick *tick, enum store_op_kind kind, tick_then then, void *user)
{
    if (tick->count == tick->capacity) {
        tick->capacity = tick->capacity ? tick->capacity * 2 : 256;
        tick->ops = mem_resize(tick->ops, tick->capacity * sizeof *tick->ops);
        tick->steps = mem_resize(tick->steps, tick->capacity * sizeof *tick->steps);
    }
    struct store_op *op = &tick->ops[tick->count];
    *op = (struct store_op){.kind = kind};
    tick->steps[tick->count++] = (struct tick_step){then, user};
    return op;
}

uint64_t tick_id(struct tick *tick)
{
    return id_next(&tick->core->ids, tick->now_ms);
}

struct store_keys tick_keys(struct tick *tick)
{
    return (struct store_keys){
        .refund = {tick_id(tick)},
        .quota_refund = {tick_id(tick)},
        .event = {tick_id(tick)},
    };
}
