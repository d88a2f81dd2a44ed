/* The few things that are always in memory, as the store has them: accounts with what they own
   (keys, shortcodes, sender ids, templates, webhooks), providers, routes, prices, the blocklist. It
   is changed by the commands of operate.h; every change is committed before it is put here. */
#pragma once

#include "base/map.h"
#include "core/account.h"
#include "core/blocklist.h"
#include "core/command.h"
#include "core/gate.h"
#include "core/inbound.h"
#include "core/pricing.h"
#include "core/provider.h"
#include "core/tick.h"
#include "wire/gotemplate.h"

#define SHORTCODES_FREE 1
#define SHORTCODES_PAID 5

struct account_row {
    struct account account;
    struct shortcode *shortcodes[SHORTCODES_PAID]; /* oldest first */
    size_t shortcode_count;
    struct webhook *webhooks[WEBHOOKS_PER_ACCOUNT]; /* oldest first */
    size_t webhook_count;
    size_t sender_count, template_count;
    uint32_t month; /* whose quota it has, as far as this run has seen; 0: not yet */
};

struct template_row {
    struct template template; /* without the body */
    struct gotemplate *compiled;
};

struct catalog {
    struct gate *gate;
    struct map accounts;       /* id -> struct account_row * */
    struct map keys;           /* id -> struct key * */
    struct map shortcodes;     /* hash of the word -> struct shortcode * */
    struct map senders;        /* id -> struct sender *, without its papers */
    struct map sender_names;   /* hash of account (0: shared) and name -> struct sender * */
    struct map templates;      /* id -> struct template_row * */
    struct map template_slugs; /* hash of account and slug -> struct template_row * */
    struct map webhooks;       /* id -> struct webhook * */
    uint32_t template_limit, webhook_limit; /* numbers below it have been used */
    struct pricing pricing;
    struct blocklist blocklist;
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

/* One of the account's own, the newest that was not rejected before one that was; else a shared
   one; NULL. */
struct sender *catalog_sender(const struct catalog *catalog, struct account_id account,
                              struct slice name);
struct sender *catalog_sender_by_id(const struct catalog *catalog, struct sender_id id);
/* NULL: none, or another account's. */
struct template_row *catalog_template(const struct catalog *catalog, struct account_id account,
                                      struct template_id id);
struct template_row *catalog_template_slug(const struct catalog *catalog, struct account_id account,
                                           struct slice slug);
struct webhook *catalog_webhook(const struct catalog *catalog, struct webhook_id id);

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
void catalog_put_sender(struct catalog *catalog, const struct sender *sender);
/* False: its body cannot be read (no account can use it then). */
bool catalog_put_template(struct catalog *catalog, const struct template *template);
void catalog_remove_template(struct catalog *catalog, struct template_id id);
void catalog_put_webhook(struct catalog *catalog, const struct webhook *webhook);
void catalog_remove_webhook(struct catalog *catalog, struct webhook_id id);
/* catalog_owned.c: frees what accounts own. */
void catalog_owned_done(struct catalog *catalog);
