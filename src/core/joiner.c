#include "core/joiner.h"

#include "base/hash.h"
#include "base/mem.h"
#include "core/core_state.h"

/* Handsets send all segments within seconds; carriers that store and forward need longer. */
#define JOIN_FOR_MS (30 * 60 * 1000)
/* Beyond it segments are taken for whole messages: better torn than lost. */
#define JOINS_MAX 20000

struct join {
    struct join *previous, *next; /* by age */
    uint64_t key, since_ms;
    struct provider_id provider;
    char *source, *destination;
    size_t source_size, destination_size;
    uint16_t reference;
    uint8_t total, have;
    struct join_part {
        uint64_t id;
        char *text; /* NULL: not here yet */
        size_t size;
    } parts[];
};

static uint64_t join_key(const struct inbound_part *part)
{
    uint64_t key = hash_slice(part->source, part->provider.v);
    key = hash_slice(part->destination, key);
    return hash_slice(slice_of(&part->reference, sizeof part->reference), key + part->total);
}

static bool join_is(const struct join *join, const struct inbound_part *part)
{
    return join->provider.v == part->provider.v && join->reference == part->reference &&
           join->total == part->total &&
           slice_eq(slice_of(join->source, join->source_size), part->source) &&
           slice_eq(slice_of(join->destination, join->destination_size), part->destination);
}

static struct join *find(const struct joiner *joiner, const struct inbound_part *part)
{
    uint64_t value;
    uint64_t key = join_key(part);
    for (size_t cursor = 0; map_each_of(&joiner->joins, key, &cursor, &value);)
        if (join_is((struct join *)(uintptr_t)value, part)) return (struct join *)(uintptr_t)value;
    return NULL;
}

static struct join *join_new(struct joiner *joiner, const struct inbound_part *part)
{
    struct join *join = mem_alloc(sizeof *join + part->total * sizeof *join->parts);
    join->key = join_key(part);
    join->since_ms = id_ms(part->id);
    join->provider = part->provider;
    join->source = mem_copy(part->source.at, part->source.size);
    join->source_size = part->source.size;
    join->destination = mem_copy(part->destination.at, part->destination.size);
    join->destination_size = part->destination.size;
    join->reference = part->reference;
    join->total = part->total;
    map_add(&joiner->joins, join->key, (uint64_t)(uintptr_t)join);
    join->previous = joiner->newest;
    *(joiner->newest ? &joiner->newest->next : &joiner->oldest) = join;
    joiner->newest = join;
    joiner->count++;
    return join;
}

static void join_free(struct joiner *joiner, struct join *join)
{
    map_remove_value(&joiner->joins, join->key, (uint64_t)(uintptr_t)join);
    *(join->previous ? &join->previous->next : &joiner->oldest) = join->next;
    *(join->next ? &join->next->previous : &joiner->newest) = join->previous;
    joiner->count--;
    for (unsigned i = 0; i < join->total; i++)
        mem_free(join->parts[i].text);
    mem_free(join->source);
    mem_free(join->destination);
    mem_free(join);
}

static void join_add(struct join *join, const struct inbound_part *part)
{
    struct join_part *slot = &join->parts[part->number - 1];
    slot->id = part->id;
    slot->text = mem_copy(part->text.at, part->text.size);
    slot->size = part->text.size;
    join->have++;
}

static void join_drop(struct joiner *joiner, struct join *join, unsigned number)
{
    mem_free(join->parts[number - 1].text);
    join->parts[number - 1] = (struct join_part){0};
    if (--join->have == 0) join_free(joiner, join);
}

void joiner_load(struct joiner *joiner, const struct inbound_part *part)
{
    if (part->total < 2 || part->number < 1 || part->number > part->total) return;
    struct join *join = find(joiner, part);
    if (!join) join = join_new(joiner, part);
    if (!join->parts[part->number - 1].text) join_add(join, part);
}

void joiner_done(struct joiner *joiner)
{
    while (joiner->oldest)
        join_free(joiner, joiner->oldest);
    map_done(&joiner->joins);
}

/* ---- In a tick ----------------------------------------------------------------------------- */

struct part_step {
    struct command *command;
    struct inbound_part part;
};

static void part_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct part_step *step = user;
    struct joiner *joiner = &tick->core->intake.joiner;
    step->command->result = op->result;
    struct join *join = op->result ? find(joiner, &step->part) : NULL;
    if (join && join->parts[step->part.number - 1].id == step->part.id)
        join_drop(joiner, join, step->part.number);
}

/* All texts in order; what is missing is left out. Every kept segment's removal joins the tick. */
static struct slice compose(struct tick *tick, const struct join *join)
{
    size_t size = 0;
    for (unsigned i = 0; i < join->total; i++)
        size += join->parts[i].size;
    char *text = arena_alloc(&tick->arena, size + 1);
    size_t at = 0;
    for (unsigned i = 0; i < join->total; i++) {
        const struct join_part *part = &join->parts[i];
        if (!part->text) continue;
        memcpy(text + at, part->text, part->size);
        at += part->size;
        tick_op(tick, STORE_DELETE_PART, NULL, NULL)->part_id = part->id;
    }
    return slice_of(text, size);
}

bool joiner_take(struct tick *tick, struct command *command, struct joined *out)
{
    const struct command_inbound *asked = &command->inbound;
    struct joiner *joiner = &tick->core->intake.joiner;
    *out = (struct joined){.text = asked->text};
    if (asked->part.total < 2 || asked->part.number < 1 || asked->part.number > asked->part.total)
        return true;
    struct part_step *step = ARENA_NEW(&tick->arena, struct part_step);
    step->command = command;
    step->part = (struct inbound_part){
        .id = tick_id(tick),
        .provider = asked->provider,
        .reference = asked->part.reference,
        .total = asked->part.total,
        .number = asked->part.number,
        .source = asked->source,
        .destination = asked->destination,
        .text = asked->text,
    };
    struct join *join = find(joiner, &step->part);
    if (join && join->parts[step->part.number - 1].text) return false; /* said twice */
    if (!join && joiner->count >= JOINS_MAX) return true;
    if (!join) join = join_new(joiner, &step->part);
    join_add(join, &step->part);
    tick_op(tick, STORE_PART, part_written, step)->part = &step->part;
    if (join->have < join->total) return false;
    *out = (struct joined){join, compose(tick, join)};
    return true;
}

void joiner_forget(struct joiner *joiner, struct join *join)
{
    if (join) join_free(joiner, join);
}

bool joiner_overdue(struct tick *tick, struct command_inbound *out_inbound, struct joined *out)
{
    struct joiner *joiner = &tick->core->intake.joiner;
    struct join *join = joiner->oldest;
    if (!join || tick->now_ms < join->since_ms + JOIN_FOR_MS) return false;
    *out_inbound = (struct command_inbound){
        .provider = join->provider,
        .source = arena_copy(&tick->arena, slice_of(join->source, join->source_size)),
        .destination =
            arena_copy(&tick->arena, slice_of(join->destination, join->destination_size)),
    };
    *out = (struct joined){join, compose(tick, join)};
    out_inbound->text = out->text;
    return true;
}
