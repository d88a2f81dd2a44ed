/* What a segment costs: rates by plan and country, and the quota that a plan brings each month. The
   table of the contract is built in; what an operator sets goes before it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "core/account.h"

struct rate {
    enum plan plan;
    char country[3];
    char currency[4];
    int64_t amount; /* of one segment, in the currency's smallest unit; 0: this country has none */
};

struct plan_terms {
    enum plan plan;
    int64_t quota; /* segments a month */
};

/* What a send to `country` shows, and what the wallet pays (always NGN at the plan's NG rate). */
struct price {
    struct rate shown;
    int64_t wallet; /* of one segment, in kobo */
};

struct pricing {
    struct rate *set; /* the operator's */
    size_t set_count;
    int64_t quotas[PLAN_COUNT];
};

struct price pricing_of(const struct pricing *pricing, enum plan plan, const char *country);
/* All rates there are now, in the order of plans; returns how many (at most `max` are written). */
size_t pricing_list(const struct pricing *pricing, struct rate *out, size_t max);
void pricing_put(struct pricing *pricing, const struct rate *rate);
bool pricing_remove(struct pricing *pricing, enum plan plan, const char *country);
void pricing_done(struct pricing *pricing);

/* Months since 1970 of a wall time in UTC: quotas begin with the first of one. */
uint32_t month_of(uint64_t wall_ms);
