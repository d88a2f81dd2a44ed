#include "core/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"

void catalog_init(struct catalog *catalog, struct gate *gate)
{
    *catalog = (struct catalog){
        .gate = gate, .provider_limit = 1, .template_limit = 1, .webhook_limit = 1};
}

static void free_all(struct map *map)
{
    struct map_entry entry;
    for (size_t cursor = 0; map_each(map, &cursor, &entry);)
        mem_free((void *)(uintptr_t)entry.value);
    map_done(map);
}

void catalog_done(struct catalog *catalog)
{
    catalog_owned_done(catalog);
    pricing_done(&catalog->pricing);
    blocklist_done(&catalog->blocklist);
    free_all(&catalog->accounts);
    free_all(&catalog->keys);
    free_all(&catalog->shortcodes);
    for (uint32_t id = 1; id < catalog->provider_limit; id++)
        catalog_remove_provider(catalog, (struct provider_id){(uint16_t)id});
    mem_free(catalog->routes);
    catalog_init(catalog, NULL);
}

/* ---- Looking up ---------------------------------------------------------------------------- */

struct account_row *catalog_account(const struct catalog *catalog, struct account_id id)
{
    return map_get_pointer(&catalog->accounts, id.v);
}

struct key *catalog_key(const struct catalog *catalog, struct key_id id)
{
    return map_get_pointer(&catalog->keys, id.v);
}

struct shortcode *catalog_shortcode(const struct catalog *catalog, const char *word)
{
    uint64_t value;
    uint64_t key = hash_slice(slice_cstr(word), 0);
    for (size_t cursor = 0; map_each_of(&catalog->shortcodes, key, &cursor, &value);) {
        struct shortcode *shortcode = (struct shortcode *)(uintptr_t)value;
        if (strcmp(shortcode->word, word) == 0) return shortcode;
    }
    return NULL;
}

struct provider *catalog_provider(const struct catalog *catalog, struct provider_id id)
{
    return id.v < catalog->provider_limit ? catalog->providers[id.v] : NULL;
}

struct provider *catalog_provider_named(const struct catalog *catalog, const char *name)
{
    for (uint32_t id = 1; id < catalog->provider_limit; id++)
        if (catalog->providers[id] && strcmp(catalog->providers[id]->name, name) == 0)
            return catalog->providers[id];
    return NULL;
}

static size_t shortcode_limit(enum tier tier)
{
    return tier == TIER_PAID ? SHORTCODES_PAID : SHORTCODES_FREE;
}

bool catalog_shortcode_is_active(const struct catalog *catalog, const struct shortcode *shortcode)
{
    const struct account_row *row = catalog_account(catalog, shortcode->account);
    size_t limit = shortcode_limit(row->account.tier);
    for (size_t i = 0; i < row->shortcode_count && i < limit; i++)
        if (row->shortcodes[i] == shortcode) return true;
    return false;
}

/* ---- Changing what is remembered ----------------------------------------------------------- */

static void put_gate(struct catalog *catalog, const struct key *key)
{
    struct gate_entry entry = {
        .key = key->id,
        .account = key->account,
        .enabled = key->enabled,
        .sms_on = catalog_account(catalog, key->account)->account.sms_on,
        .test = key->test,
        .may_send = key_may_send(key),
        .full = key_has_scope(key, SLICE("*")),
    };
    gate_put(catalog->gate, key->hash, &entry);
}

void catalog_put_account(struct catalog *catalog, const struct account *account)
{
    struct account_row *row = catalog_account(catalog, account->id);
    if (!row) {
        row = MEM_NEW(struct account_row);
        map_set_pointer(&catalog->accounts, account->id.v, row);
    }
    row->account = *account;
    gate_set_account(catalog->gate, account->id, account->sms_on);
}

void catalog_put_key(struct catalog *catalog, const struct key *key)
{
    struct key *own = catalog_key(catalog, key->id);
    if (!own) {
        own = MEM_NEW(struct key);
        map_set_pointer(&catalog->keys, key->id.v, own);
    }
    *own = *key;
    put_gate(catalog, own);
}

void catalog_remove_key(struct catalog *catalog, struct key_id id)
{
    struct key *key = catalog_key(catalog, id);
    gate_remove(catalog->gate, key->hash);
    map_remove(&catalog->keys, id.v);
    mem_free(key);
}

static int by_age(const void *a, const void *b)
{
    const struct shortcode *x = *(struct shortcode *const *)a, *y = *(struct shortcode *const *)b;
    if (x->created_at_ms != y->created_at_ms) return x->created_at_ms < y->created_at_ms ? -1 : 1;
    return strcmp(x->word, y->word);
}

void catalog_put_shortcode(struct catalog *catalog, const struct shortcode *shortcode)
{
    struct account_row *row = catalog_account(catalog, shortcode->account);
    assert(row->shortcode_count < SHORTCODES_PAID);
    struct shortcode *own = MEM_NEW(struct shortcode);
    *own = *shortcode;
    map_add(&catalog->shortcodes, hash_slice(slice_cstr(own->word), 0), (uint64_t)(uintptr_t)own);
    row->shortcodes[row->shortcode_count++] = own;
    qsort(row->shortcodes, row->shortcode_count, sizeof *row->shortcodes, by_age);
}

void catalog_remove_shortcode(struct catalog *catalog, const char *word)
{
    struct shortcode *shortcode = catalog_shortcode(catalog, word);
    struct account_row *row = catalog_account(catalog, shortcode->account);
    for (size_t i = 0; i < row->shortcode_count; i++) {
        if (row->shortcodes[i] != shortcode) continue;
        row->shortcodes[i] = row->shortcodes[--row->shortcode_count];
        break;
    }
    qsort(row->shortcodes, row->shortcode_count, sizeof *row->shortcodes, by_age);
    map_remove_value(&catalog->shortcodes, hash_slice(slice_cstr(word), 0),
                     (uint64_t)(uintptr_t)shortcode);
    mem_free(shortcode);
}

void catalog_put_provider(struct catalog *catalog, const struct provider *provider)
{
    struct provider **slot = &catalog->providers[provider->id.v];
    char *profile = mem_copy(provider->profile.at, provider->profile.size);
    if (!*slot) *slot = MEM_NEW(struct provider);
    mem_free((void *)(uintptr_t)(*slot)->profile.at);
    **slot = *provider;
    (*slot)->profile = slice_of(profile, provider->profile.size);
    char problem[256];
    if (!provider_read_quirks(*slot, problem)) {
        /* Written by a newer version: better the usual values than no link. */
        (*slot)->quirks_text[0] = '\0';
        provider_read_quirks(*slot, problem);
    }
    if (provider->id.v >= catalog->provider_limit) catalog->provider_limit = provider->id.v + 1u;
}

void catalog_remove_provider(struct catalog *catalog, struct provider_id id)
{
    struct provider *provider = catalog->providers[id.v];
    if (provider) mem_free((void *)(uintptr_t)provider->profile.at);
    mem_free(provider);
    catalog->providers[id.v] = NULL;
}

static struct route *find_route(struct catalog *catalog, const char *destination)
{
    for (size_t i = 0; i < catalog->route_count; i++)
        if (strcmp(catalog->routes[i].destination, destination) == 0) return &catalog->routes[i];
    return NULL;
}

void catalog_put_route(struct catalog *catalog, const struct route *route)
{
    struct route *slot = find_route(catalog, route->destination);
    if (!slot) {
        catalog->routes =
            mem_resize(catalog->routes, (catalog->route_count + 1) * sizeof *catalog->routes);
        slot = &catalog->routes[catalog->route_count++];
    }
    *slot = *route;
}

bool catalog_remove_route(struct catalog *catalog, const char *destination)
{
    struct route *slot = find_route(catalog, destination);
    if (!slot) return false;
    *slot = catalog->routes[--catalog->route_count];
    return true;
}

bool catalog_has_route(struct catalog *catalog, const char *destination)
{
    return find_route(catalog, destination) != NULL;
}

/* ---- Loading ------------------------------------------------------------------------------- */

static void visit_account(void *user, const struct account *account)
{
    catalog_put_account(user, account);
}
static void visit_key(void *user, const struct key *key)
{
    catalog_put_key(user, key);
}
static void visit_shortcode(void *user, const struct shortcode *shortcode)
{
    catalog_put_shortcode(user, shortcode);
}
static void visit_provider(void *user, const struct provider *provider)
{
    catalog_put_provider(user, provider);
}
static void visit_route(void *user, const struct route *route)
{
    catalog_put_route(user, route);
}
static void visit_sender(void *user, const struct sender *sender)
{
    catalog_put_sender(user, sender);
}
static void visit_template(void *user, const struct template *template)
{
    catalog_put_template(user, template);
}
static void visit_webhook(void *user, const struct webhook *webhook)
{
    catalog_put_webhook(user, webhook);
}
static void visit_plan(void *user, const struct plan_terms *plan)
{
    ((struct catalog *)user)->pricing.quotas[plan->plan] = plan->quota;
}
static void visit_rate(void *user, const struct rate *rate)
{
    pricing_put(&((struct catalog *)user)->pricing, rate);
}
static void visit_block(void *user, const struct block *block)
{
    blocklist_put(&((struct catalog *)user)->blocklist, block);
}

struct store_visitor catalog_visitor(struct catalog *catalog)
{
    return (struct store_visitor){
        .user = catalog,
        .account = visit_account,
        .key = visit_key,
        .shortcode = visit_shortcode,
        .provider = visit_provider,
        .route = visit_route,
        .sender = visit_sender,
        .template = visit_template,
        .webhook = visit_webhook,
        .plan = visit_plan,
        .rate = visit_rate,
        .block = visit_block,
    };
}
