#include "store/row.h"

#include <assert.h>
#include <stdio.h>

struct route_row route_row_of(const struct route *route)
{
    assert(route->chain_count <= CHAIN_MAX);
    struct route_row row = {0};
    memcpy(row.destination, route->destination, sizeof row.destination);
    size_t size = 0;
    for (uint32_t i = 0; i < route->chain_count; i++)
        size += (size_t)snprintf(row.chain + size, sizeof row.chain - size, i ? ",%u" : "%u",
                                 route->chain[i].v);
    return row;
}

struct route route_of_row(const struct route_row *row)
{
    struct route route = {0};
    memcpy(route.destination, row->destination, sizeof route.destination);
    struct slice rest = slice_cstr(row->chain), number;
    uint64_t id;
    while (route.chain_count < CHAIN_MAX && slice_cut(&rest, ',', &number))
        if (slice_u64(number, &id)) route.chain[route.chain_count++].v = (uint16_t)id;
    return route;
}

struct plan_row plan_row_of(const struct plan_terms *terms)
{
    struct plan_row row = {.quota = terms->quota};
    snprintf(row.name, sizeof row.name, "%s", plan_names[terms->plan]);
    return row;
}

struct plan_terms plan_of_row(const struct plan_row *row)
{
    struct plan_terms terms = {.quota = row->quota};
    plan_of(slice_cstr(row->name), &terms.plan);
    return terms;
}

struct rate_row rate_row_of(const struct rate *rate)
{
    struct rate_row row = {.amount = rate->amount};
    snprintf(row.name, sizeof row.name, "%s/%s", plan_names[rate->plan], rate->country);
    memcpy(row.currency, rate->currency, sizeof row.currency);
    return row;
}

struct rate rate_of_row(const struct rate_row *row)
{
    struct rate rate = {.amount = row->amount};
    struct slice rest = slice_cstr(row->name), name;
    if (slice_cut(&rest, '/', &name)) plan_of(name, &rate.plan);
    if (rest.size < sizeof rate.country && rest.size) memcpy(rate.country, rest.at, rest.size);
    memcpy(rate.currency, row->currency, sizeof rate.currency);
    return rate;
}

struct block_row block_row_of(const struct block *block)
{
    struct block_row row = {.dnd = block->dnd};
    int size = snprintf(row.name, sizeof row.name, "%llu", (unsigned long long)block->number);
    if (block->account.v)
        snprintf(row.name + size, sizeof row.name - (size_t)size, "/%llu",
                 (unsigned long long)block->account.v);
    return row;
}

struct block block_of_row(const struct block_row *row)
{
    struct block block = {.dnd = row->dnd};
    struct slice rest = slice_cstr(row->name), number;
    if (slice_cut(&rest, '/', &number)) slice_u64(number, &block.number);
    slice_u64(rest, &block.account.v);
    return block;
}

/* SQLite's keys have a sign: with 31 bits for each half they hold until 2106. */
#define DUE_SHIFT 31

uint64_t due_key_of(uint64_t send_at_ms, struct recipient_id recipient)
{
    uint64_t second = (send_at_ms + 999) / 1000;
    return second << DUE_SHIFT | (recipient.v & ((1ull << DUE_SHIFT) - 1));
}

uint64_t due_key_ms(uint64_t key)
{
    return (key >> DUE_SHIFT) * 1000;
}

uint64_t due_key_after(uint64_t until_ms)
{
    return (until_ms / 1000 + 1) << DUE_SHIFT;
}
