#include "core/account.h"

#include "base/words.h"

const char *const plan_names[PLAN_COUNT] = {"Free", "Starter", "Pro", "Scale"};
const char *const tier_names[TIER_COUNT] = {"free", "paid"};

bool plan_of(struct slice name, enum plan *out)
{
    int index = words_find(name, plan_names, PLAN_COUNT);
    if (index >= 0) *out = (enum plan)index;
    return index >= 0;
}

bool tier_of(struct slice name, enum tier *out)
{
    int index = words_find(name, tier_names, TIER_COUNT);
    if (index >= 0) *out = (enum tier)index;
    return index >= 0;
}

bool key_has_scope(const struct key *key, struct slice scope)
{
    struct slice rest = slice_cstr(key->scopes), head;
    while (slice_cut(&rest, ',', &head))
        if (slice_eq(head, scope)) return true;
    return false;
}

bool key_may_send(const struct key *key)
{
    return key_has_scope(key, SLICE("*")) || key_has_scope(key, SLICE("sms:send"));
}
