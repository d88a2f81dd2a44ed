#include "core/operate.h"

#include <stdio.h>

#include "core/core_state.h"
#include "core/operate_inside.h"

static void operated(struct tick *tick, const struct store_op *op, void *user);

struct store_op *operate_write(struct tick *tick, enum store_op_kind kind, struct command *command)
{
    return tick_op(tick, kind, operated, command);
}

/* ---- Accounts and credit ------------------------------------------------------------------- */

static enum err account_add(struct tick *tick, struct command *command)
{
    struct account *account = &command->account_add;
    if (account->name[0] == '\0') return ERR_INVALID;
    account->id.v = tick_id(tick);
    account->created_at_ms = tick->now_ms;
    operate_write(tick, STORE_PUT_ACCOUNT, command)->account = account;
    return ERR_OK;
}

static void account_added(struct tick *tick, struct command *command)
{
    catalog_put_account(&tick->core->catalog, &command->account_add);
}

static enum err account_set(struct tick *tick, struct command *command)
{
    struct command_account_set *set = &command->account_set;
    const struct account_row *row = catalog_account(&tick->core->catalog, set->account);
    if (!row) return ERR_NOT_FOUND;
    set->told = row->account;
    if (set->set_sms) set->told.sms_on = set->sms_on;
    if (set->set_plan) set->told.plan = set->plan;
    if (set->set_tier) set->told.tier = set->tier;
    operate_write(tick, STORE_PUT_ACCOUNT, command)->account = &set->told;
    return ERR_OK;
}

static void account_changed(struct tick *tick, struct command *command)
{
    catalog_put_account(&tick->core->catalog, &command->account_set.told);
}

static enum err grant(struct tick *tick, struct command *command)
{
    const struct command_grant *asked = &command->grant;
    struct account_row *row = catalog_account(&tick->core->catalog, asked->account);
    if (!row) return ERR_NOT_FOUND;
    if (asked->amount == 0) return ERR_INVALID;
    if (asked->asset == ASSET_QUOTA) quota_begin_month(tick, row);
    operate_write(tick, STORE_LEDGER, command)->ledger = (struct store_ledger){
        .id = {tick_id(tick)},
        .account = asked->account,
        .asset = asked->asset,
        .kind = LEDGER_GRANT,
        .amount = asked->amount,
    };
    return ERR_OK;
}

/* ---- Keys ---------------------------------------------------------------------------------- */

static enum err key_add(struct tick *tick, struct command *command)
{
    struct key *key = &command->key_add;
    struct gate_entry existing;
    if (!catalog_account(&tick->core->catalog, key->account)) return ERR_NOT_FOUND;
    if (gate_find(tick->core->config.gate, key->hash, &existing)) return ERR_ALREADY_EXISTS;
    key->id.v = tick_id(tick);
    key->created_at_ms = tick->now_ms;
    key->enabled = true;
    if (key->scopes[0] == '\0') memcpy(key->scopes, "*", 2);
    operate_write(tick, STORE_PUT_KEY, command)->key = key;
    return ERR_OK;
}

static void key_added(struct tick *tick, struct command *command)
{
    catalog_put_key(&tick->core->catalog, &command->key_add);
}

static struct key *key_named(struct core *core, const struct command_key_ref *ref)
{
    struct gate_entry entry;
    if (ref->id.v) return catalog_key(&core->catalog, ref->id);
    return gate_find(core->config.gate, ref->hash, &entry) ? catalog_key(&core->catalog, entry.key)
                                                           : NULL;
}

static enum err key_enable(struct tick *tick, struct command *command)
{
    const struct key *key = key_named(tick->core, &command->key_ref);
    if (!key) return ERR_NOT_FOUND;
    command->key_ref.told = *key;
    command->key_ref.told.enabled = command->key_ref.enable;
    operate_write(tick, STORE_PUT_KEY, command)->key = &command->key_ref.told;
    return ERR_OK;
}

static void key_changed(struct tick *tick, struct command *command)
{
    catalog_put_key(&tick->core->catalog, &command->key_ref.told);
}

static enum err key_delete(struct tick *tick, struct command *command)
{
    const struct key *key = key_named(tick->core, &command->key_ref);
    if (!key) return ERR_NOT_FOUND;
    command->key_ref.told = *key;
    operate_write(tick, STORE_DELETE_KEY, command)->key_id = key->id;
    return ERR_OK;
}

static void key_deleted(struct tick *tick, struct command *command)
{
    catalog_remove_key(&tick->core->catalog, command->key_ref.told.id);
}

/* ---- Shortcodes ---------------------------------------------------------------------------- */

static enum err shortcode_add(struct tick *tick, struct command *command)
{
    struct shortcode *shortcode = command->shortcode_add;
    const struct catalog *catalog = &tick->core->catalog;
    const struct account_row *row = catalog_account(catalog, shortcode->account);
    if (!row) return ERR_NOT_FOUND;
    if (!shortcode_word_is_valid(slice_cstr(shortcode->word))) return ERR_INVALID;
    if (catalog_shortcode(catalog, shortcode->word)) return ERR_ALREADY_EXISTS;
    size_t limit = row->account.tier == TIER_PAID ? SHORTCODES_PAID : SHORTCODES_FREE;
    if (row->shortcode_count >= limit) {
        snprintf(command->problem, sizeof command->problem,
                 "the %s tier has %zu shortcode%s, and the account has %zu",
                 tier_names[row->account.tier], limit, limit == 1 ? "" : "s", row->shortcode_count);
        return ERR_LIMIT_REACHED;
    }
    shortcode->created_at_ms = tick->now_ms;
    operate_write(tick, STORE_PUT_SHORTCODE, command)->shortcode = shortcode;
    return ERR_OK;
}

static void shortcode_added(struct tick *tick, struct command *command)
{
    catalog_put_shortcode(&tick->core->catalog, command->shortcode_add);
}

static enum err shortcode_remove(struct tick *tick, struct command *command)
{
    const struct command_shortcode_remove *asked = &command->shortcode_remove;
    const struct shortcode *shortcode = catalog_shortcode(&tick->core->catalog, asked->word);
    if (!shortcode || shortcode->account.v != asked->account.v) return ERR_NOT_FOUND;
    operate_write(tick, STORE_DELETE_SHORTCODE, command)->word = slice_cstr(asked->word);
    return ERR_OK;
}

static void shortcode_removed(struct tick *tick, struct command *command)
{
    catalog_remove_shortcode(&tick->core->catalog, command->shortcode_remove.word);
}

/* ---- Providers and routes ------------------------------------------------------------------ */

static bool provider_is_valid(struct provider *provider, char *problem)
{
    if (provider->window == 0 || provider->window > WINDOW_MAX) {
        snprintf(problem, 256, "the window must be 1 to %d", WINDOW_MAX);
        return false;
    }
    if (provider->profile.size > PROFILE_MAX_SIZE) {
        snprintf(problem, 256, "the profile has more than %d bytes", PROFILE_MAX_SIZE);
        return false;
    }
    if (!strchr(provider->address, ':')) {
        snprintf(problem, 256, "the address must be HOST:PORT");
        return false;
    }
    return provider->name[0] != '\0' && provider_read_quirks(provider, problem);
}

static void write_provider(struct tick *tick, struct command *command)
{
    operate_write(tick, STORE_PUT_PROVIDER, command)->provider = command->provider.provider;
}

static enum err provider_add(struct tick *tick, struct command *command)
{
    struct catalog *catalog = &tick->core->catalog;
    struct provider *provider = command->provider.provider;
    if (catalog_provider_named(catalog, provider->name)) return ERR_ALREADY_EXISTS;
    if (!provider_is_valid(provider, command->problem)) return ERR_INVALID;
    if (catalog->provider_limit > PROVIDERS_MAX) return ERR_LIMIT_REACHED;
    provider->id.v = (uint16_t)catalog->provider_limit;
    provider->enabled = true;
    /* Ids are not used twice: attempts and queues on disk name them. */
    struct store_op *op = tick_op(tick, STORE_PUT_META, NULL, NULL);
    op->meta.name = SLICE("provider_limit");
    op->meta.value = arena_printf(&tick->arena, "%u", catalog->provider_limit + 1);
    write_provider(tick, command);
    return ERR_OK;
}

/* Its profile is copied into memory that outlives the catalogue's. */
static struct provider provider_told(struct tick *tick, struct command *command,
                                     const struct provider *provider)
{
    struct provider told = *provider;
    struct arena *arena = command->arena ? command->arena : &tick->arena;
    told.profile = arena_copy(arena, provider->profile);
    return told;
}

/* `change` becomes the existing provider with its marked parts replaced. */
static enum err merge_provider(const struct provider *existing, unsigned parts,
                               struct provider *change, char *problem)
{
    struct provider merged = *existing;
    if (parts & PROVIDER_ADDRESS) memcpy(merged.address, change->address, sizeof merged.address);
    if (parts & PROVIDER_SYSTEM_ID)
        memcpy(merged.system_id, change->system_id, sizeof merged.system_id);
    if (parts & PROVIDER_PASSWORD)
        memcpy(merged.password, change->password, sizeof merged.password);
    if (parts & PROVIDER_SYSTEM_TYPE)
        memcpy(merged.system_type, change->system_type, sizeof merged.system_type);
    if (parts & PROVIDER_BIND) merged.bind = change->bind;
    if (parts & PROVIDER_WINDOW) merged.window = change->window;
    if (parts & PROVIDER_TPS) merged.tps = change->tps;
    if (parts & PROVIDER_ENABLED) merged.enabled = change->enabled;
    if (parts & PROVIDER_PROFILE) merged.profile = change->profile;
    if (parts & PROVIDER_QUIRKS) {
        int size =
            snprintf(merged.quirks_text, sizeof merged.quirks_text, "%s%s%s", existing->quirks_text,
                     existing->quirks_text[0] ? "," : "", change->quirks_text);
        if (size < 0 || (size_t)size >= sizeof merged.quirks_text) {
            snprintf(problem, 256, "too many quirks: at most %d characters", QUIRKS_TEXT_MAX);
            return ERR_INVALID;
        }
    }
    *change = merged;
    return provider_is_valid(change, problem) ? ERR_OK : ERR_INVALID;
}

static enum err provider_set(struct tick *tick, struct command *command)
{
    struct provider *change = command->provider.provider;
    const struct provider *existing = catalog_provider_named(&tick->core->catalog, change->name);
    if (!existing) return ERR_NOT_FOUND;
    struct provider told = provider_told(tick, command, existing);
    enum err err = merge_provider(&told, command->provider.parts, change, command->problem);
    if (err) return err;
    write_provider(tick, command);
    return ERR_OK;
}

static void provider_changed(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    catalog_put_provider(&core->catalog, command->provider.provider);
    const struct provider *provider =
        catalog_provider(&core->catalog, command->provider.provider->id);
    dispatch_provider(core, provider, false);
    core->config.ports->provider(core->config.ports->user, provider, false);
}

static enum err provider_remove(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    const struct catalog *catalog = &core->catalog;
    const struct provider *provider =
        catalog_provider_named(catalog, command->provider.provider->name);
    if (!provider) return ERR_NOT_FOUND;
    for (size_t i = 0; i < catalog->route_count; i++) {
        const struct route *route = &catalog->routes[i];
        for (uint32_t k = 0; k < route->chain_count; k++) {
            if (route->chain[k].v != provider->id.v) continue;
            snprintf(command->problem, sizeof command->problem, "the route for %s still uses it",
                     route->destination);
            return ERR_STALE;
        }
    }
    *command->provider.provider = provider_told(tick, command, provider);
    operate_write(tick, STORE_DELETE_PROVIDER, command)->provider_id = provider->id;
    return ERR_OK;
}

static void provider_removed(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    const struct provider *provider = command->provider.provider;
    dispatch_provider(core, provider, true);
    core->config.ports->provider(core->config.ports->user, provider, true);
    catalog_remove_provider(&core->catalog, provider->id);
    dispatch_routes_changed(core);
}

static enum err route_of(struct tick *tick, struct command *command, struct route *out)
{
    const struct command_route *asked = &command->route;
    *out = (struct route){.chain_count = asked->chain_count};
    memcpy(out->destination, asked->destination, sizeof out->destination);
    if (!route_destination_is_valid(slice_cstr(asked->destination)) || asked->chain_count == 0) {
        snprintf(command->problem, sizeof command->problem,
                 "a destination is a country such as GB, a +prefix, or *");
        return ERR_INVALID;
    }
    for (uint32_t i = 0; i < asked->chain_count; i++) {
        const struct provider *provider =
            catalog_provider_named(&tick->core->catalog, asked->chain[i]);
        if (!provider) {
            snprintf(command->problem, sizeof command->problem, "there is no provider %s",
                     asked->chain[i]);
            return ERR_NOT_FOUND;
        }
        out->chain[i] = provider->id;
    }
    return ERR_OK;
}

static enum err route_set(struct tick *tick, struct command *command)
{
    struct route *route = ARENA_NEW(&tick->arena, struct route);
    enum err err = route_of(tick, command, route);
    if (err) return err;
    operate_write(tick, STORE_PUT_ROUTE, command)->route = route;
    return ERR_OK;
}

static void route_changed(struct tick *tick, struct command *command)
{
    struct route route;
    if (route_of(tick, command, &route)) return;
    catalog_put_route(&tick->core->catalog, &route);
    dispatch_routes_changed(tick->core);
}

static enum err route_remove(struct tick *tick, struct command *command)
{
    if (!catalog_has_route(&tick->core->catalog, command->route.destination)) return ERR_NOT_FOUND;
    operate_write(tick, STORE_DELETE_ROUTE, command)->destination =
        slice_cstr(command->route.destination);
    return ERR_OK;
}

static void route_removed(struct tick *tick, struct command *command)
{
    catalog_remove_route(&tick->core->catalog, command->route.destination);
    dispatch_routes_changed(tick->core);
}

/* ---- The test clock ------------------------------------------------------------------------ */

/* Time that jumps must not meet a real carrier. */
static bool is_loopback(const char *address)
{
    return slice_starts(slice_cstr(address), SLICE("127.")) ||
           slice_starts(slice_cstr(address), SLICE("[::1]")) ||
           slice_starts(slice_cstr(address), SLICE("localhost:"));
}

static enum err clock_advance(struct tick *tick, struct command *command)
{
    const struct catalog *catalog = &tick->core->catalog;
    for (uint32_t id = 1; id < catalog->provider_limit; id++) {
        const struct provider *provider = catalog->providers[id];
        if (!provider || is_loopback(provider->address)) continue;
        snprintf(command->problem, sizeof command->problem,
                 "provider %s is not on loopback: only a test may move the clock", provider->name);
        return ERR_INVALID;
    }
    struct store_op *op = operate_write(tick, STORE_PUT_META, command);
    op->meta.name = SLICE("clock_offset_ms");
    op->meta.value = arena_printf(
        &tick->arena, "%llu",
        (unsigned long long)(tick->core->config.clock->offset_ms + command->advance_ms));
    return ERR_OK;
}

static void clock_advanced(struct tick *tick, struct command *command)
{
    tick->core->config.clock->offset_ms += command->advance_ms;
}

/* ---- The table ----------------------------------------------------------------------------- */

static const struct {
    operate_check check;
    operate_put put;
} operations[COMMAND_KIND_COUNT] = {
    [COMMAND_ACCOUNT_ADD] = {account_add, account_added},
    [COMMAND_ACCOUNT_SET] = {account_set, account_changed},
    [COMMAND_GRANT] = {grant, NULL},
    [COMMAND_KEY_ADD] = {key_add, key_added},
    [COMMAND_KEY_ENABLE] = {key_enable, key_changed},
    [COMMAND_KEY_DELETE] = {key_delete, key_deleted},
    [COMMAND_SHORTCODE_ADD] = {shortcode_add, shortcode_added},
    [COMMAND_SHORTCODE_REMOVE] = {shortcode_remove, shortcode_removed},
    [COMMAND_PROVIDER_ADD] = {provider_add, provider_changed},
    [COMMAND_PROVIDER_SET] = {provider_set, provider_changed},
    [COMMAND_PROVIDER_REMOVE] = {provider_remove, provider_removed},
    [COMMAND_ROUTE_SET] = {route_set, route_changed},
    [COMMAND_ROUTE_REMOVE] = {route_remove, route_removed},
    [COMMAND_CLOCK_ADVANCE] = {clock_advance, clock_advanced},
    [COMMAND_SENDER_ADD] = {operate_sender_add, operate_sender_changed},
    [COMMAND_SENDER_SET] = {operate_sender_set, operate_sender_changed},
    [COMMAND_TEMPLATE_ADD] = {operate_template_add, operate_template_changed},
    [COMMAND_TEMPLATE_SET] = {operate_template_set, operate_template_changed},
    [COMMAND_TEMPLATE_REMOVE] = {operate_template_remove, operate_template_removed},
    [COMMAND_WEBHOOK_ADD] = {operate_webhook_add, operate_webhook_changed},
    [COMMAND_WEBHOOK_SET] = {operate_webhook_set, operate_webhook_changed},
    [COMMAND_WEBHOOK_REMOVE] = {operate_webhook_remove, operate_webhook_removed},
    [COMMAND_PLAN_SET] = {operate_plan_set, operate_plan_changed},
    [COMMAND_RATE_SET] = {operate_rate_set, operate_rate_changed},
    [COMMAND_RATE_REMOVE] = {operate_rate_remove, operate_rate_removed},
    [COMMAND_BLOCK_ADD] = {operate_block_add, operate_block_added},
    [COMMAND_BLOCK_REMOVE] = {operate_block_remove, operate_block_removed},
};

bool operate_is(enum command_kind kind)
{
    return operations[kind].check != NULL;
}

void operate_decide(struct tick *tick, struct command *command)
{
    if (command->once && once_meets(tick, command, NULL)) return;
    command->result = operations[command->kind].check(tick, command);
    if (command->once) once_keep(tick, command, NULL, NULL, 0);
}

static void operated(struct tick *tick, const struct store_op *op, void *user)
{
    struct command *command = user;
    command->result = op->result;
    if (command->kind == COMMAND_GRANT) command->grant.available = op->available;
    if (!op->result && operations[command->kind].put) operations[command->kind].put(tick, command);
}
