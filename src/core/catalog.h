/* The few things that are always in memory, as the store has them: accounts, keys, shortcodes,
   providers, routes. Operators change it by the
   commands of operate.h; every change is committed before it is put here. */
#pragma once

#include "base/map.h"
#include "core/account.h"
#include "core/command.h"
#include "core/gate.h"
#include "core/inbound.h"
#include "core/provider.h"
#include "core/tick.h"

#define SHORTCODES_FREE 1
#define SHORTCODES_PAID 5

struct account_row {
    struct account account;
    struct shortcode *shortcodes[SHORTCODES_PAID]; /* oldest first */
    size_t shortcode_count;
};

struct catalog {
    struct gate *gate;
    struct map accounts;                           /* id -> struct account_row * */
    struct map keys;                               /* id -> struct key * */
    struct map shortcodes;                         /* hash of the word -> struct shortcode * */
    struct provider *providers[PROVIDERS_MAX + 1]; /* by id; NULL: none */
    uint32_t provider_limit;                       /* ids below it have been used */
    struct route *routes;
    size_t route_count;
};

void catalog_init(struct catalog *catalog, struct gate *gate);
void catalog_done(struct catalog *catalog);
/* A visitor that fills a catalog; its user is the catalog. */
struct store_visitor catalog_visitor(struct catalog *catalog);

struct account_row *catalog_account(const struct catalog *catalog, struct account_id id);
struct key *catalog_key(const struct catalog *catalog, struct key_id id);
struct shortcode *catalog_shortcode(const struct catalog *catalog, const char *word);
struct provider *catalog_provider(const struct catalog *catalog, struct provider_id id);
/* False for the shortcodes that a free account has beyond its one: stored for, but not pushed. */
bool catalog_shortcode_is_active(const struct catalog *catalog, const struct shortcode *shortcode);

struct provider *catalog_provider_named(const struct catalog *catalog, const char *name);
bool catalog_has_route(struct catalog *catalog, const char *destination);

/* What has been committed. */
void catalog_put_account(struct catalog *catalog, const struct account *account);
void catalog_put_key(struct catalog *catalog, const struct key *key);
void catalog_remove_key(struct catalog *catalog, struct key_id id);
void catalog_put_shortcode(struct catalog *catalog, const struct shortcode *shortcode);
void catalog_remove_shortcode(struct catalog *catalog, const char *word);
void catalog_put_provider(struct catalog *catalog, const struct provider *provider);
void catalog_remove_provider(struct catalog *catalog, struct provider_id id);
void catalog_put_route(struct catalog *catalog, const struct route *route);
bool catalog_remove_route(struct catalog *catalog, const char *destination);
