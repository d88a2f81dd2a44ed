#include "core/pricing.h"

#include <string.h>

#include "base/mem.h"

/* Rates per segment by plan and country, in the smallest unit; a CFA franc has none below it.
   Source: the Robase contract, section 3. What is not here costs the plan's NG rate. */
static const struct rate built_in[] = {
    {PLAN_FREE, "NG", "NGN", 500},   {PLAN_STARTER, "NG", "NGN", 450},
    {PLAN_STARTER, "GH", "GHS", 17}, {PLAN_STARTER, "KE", "KES", 140},
    {PLAN_STARTER, "CI", "XOF", 28}, {PLAN_PRO, "NG", "NGN", 400},
    {PLAN_PRO, "GH", "GHS", 15},     {PLAN_PRO, "KE", "KES", 120},
    {PLAN_PRO, "CI", "XOF", 25},     {PLAN_SCALE, "NG", "NGN", 350},
    {PLAN_SCALE, "GH", "GHS", 12},   {PLAN_SCALE, "KE", "KES", 100},
    {PLAN_SCALE, "CI", "XOF", 22},
};
#define BUILT_IN_COUNT (sizeof built_in / sizeof *built_in)

static const struct rate *rate_find(const struct rate *rates, size_t count, enum plan plan,
                                    const char *country)
{
    for (size_t i = 0; i < count; i++)
        if (rates[i].plan == plan && strcmp(rates[i].country, country) == 0) return &rates[i];
    return NULL;
}

static const struct rate *rate_of(const struct pricing *pricing, enum plan plan,
                                  const char *country)
{
    const struct rate *rate = rate_find(pricing->set, pricing->set_count, plan, country);
    return rate ? rate : rate_find(built_in, BUILT_IN_COUNT, plan, country);
}

struct price pricing_of(const struct pricing *pricing, enum plan plan, const char *country)
{
    const struct rate *home = rate_of(pricing, plan, "NG");
    const struct rate *rate = rate_of(pricing, plan, country);
    if (!rate || rate->amount == 0) rate = home;
    return (struct price){.shown = *rate, .wallet = home->amount};
}

size_t pricing_list(const struct pricing *pricing, struct rate *out, size_t max)
{
    size_t count = 0;
    for (enum plan plan = 0; plan < PLAN_COUNT; plan++) {
        for (size_t i = 0; i < BUILT_IN_COUNT; i++) {
            if (built_in[i].plan != plan) continue;
            if (count < max) out[count] = *rate_of(pricing, plan, built_in[i].country);
            count++;
        }
        for (size_t i = 0; i < pricing->set_count; i++) {
            const struct rate *rate = &pricing->set[i];
            if (rate->plan != plan || rate_find(built_in, BUILT_IN_COUNT, plan, rate->country))
                continue;
            if (count < max) out[count] = *rate;
            count++;
        }
    }
    return count;
}

void pricing_put(struct pricing *pricing, const struct rate *rate)
{
    pricing_remove(pricing, rate->plan, rate->country);
    pricing->set = mem_resize(pricing->set, (pricing->set_count + 1) * sizeof *pricing->set);
    pricing->set[pricing->set_count++] = *rate;
}

bool pricing_remove(struct pricing *pricing, enum plan plan, const char *country)
{
    for (size_t i = 0; i < pricing->set_count; i++) {
        struct rate *rate = &pricing->set[i];
        if (rate->plan != plan || strcmp(rate->country, country) != 0) continue;
        *rate = pricing->set[--pricing->set_count];
        return true;
    }
    return false;
}

void pricing_done(struct pricing *pricing)
{
    mem_free(pricing->set);
    *pricing = (struct pricing){0};
}

/* Days to a civil date in eras of 400 years that begin with March, so that the leap day is the last
   of its year. */
uint32_t month_of(uint64_t wall_ms)
{
    uint64_t days = wall_ms / 86400000 + 719468; /* since 0000-03-01 */
    uint64_t era = days / 146097, day = days % 146097;
    uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint64_t day_of_year = day - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * day_of_year + 2) / 153; /* 0: March */
    uint64_t months = (era * 400 + year) * 12 + month + 2;
    return (uint32_t)(months - 1970 * 12);
}
