#include <stdio.h>

#include "edge/control/control_job.h"
#include "net/machine.h"
#include "wire/secret.h"

#define LEDGER_USUAL 1000
#define LEDGER_MOST  100000

static const char *on_off(bool on)
{
    return on ? "on" : "off";
}

/* ---- Accounts ------------------------------------------------------------------------------ */

static void put_account(struct control_job *job, const struct account *account)
{
    control_put_id(job, "id", account->id.v);
    json_put_text(&job->json, "name", slice_cstr(account->name));
    json_put_text(&job->json, "plan", slice_cstr(plan_names[account->plan]));
    json_put_text(&job->json, "tier", slice_cstr(tier_names[account->tier]));
    json_put_text(&job->json, "sms", slice_cstr(on_off(account->sms_on)));
    control_put_time(job, "created_at", account->created_at_ms);
}

/* --plan, --tier and --sms, where given. */
static enum err read_settings(struct control_job *job, enum plan *plan, enum tier *tier,
                              bool *sms_on)
{
    const struct control_args *args = &job->args;
    if (control_given(&args->plan) && !plan_of(args->plan.text, plan))
        return control_refuse(job, ERR_INVALID, "the plans are Free, Starter, Pro and Scale");
    if (control_given(&args->tier) && !tier_of(args->tier.text, tier))
        return control_refuse(job, ERR_INVALID, "the tiers are free and paid");
    if (control_given(&args->sms)) return control_switch(job, &args->sms, "sms", sms_on);
    return ERR_OK;
}

static enum err ask_account_add(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_ACCOUNT_ADD;
    struct account *account = &command->account_add;
    account->sms_on = true;
    enum err err = control_text(job, &job->args.name, "the name", NAME_MAX_SIZE, account->name);
    return err ? err : read_settings(job, &account->plan, &account->tier, &account->sms_on);
}

static void tell_account_add(struct control_job *job)
{
    put_account(job, &job->call.command.account_add);
}

static enum err ask_account_set(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_ACCOUNT_SET;
    struct command_account_set *set = &command->account_set;
    enum err err = control_account_id(job, &set->account);
    if (err) return err;
    set->set_plan = control_given(&job->args.plan);
    set->set_tier = control_given(&job->args.tier);
    set->set_sms = control_given(&job->args.sms);
    return read_settings(job, &set->plan, &set->tier, &set->sms_on);
}

static void tell_account_set(struct control_job *job)
{
    put_account(job, &job->call.command.account_set.told);
}

/* ---- Reading the catalogue ----------------------------------------------------------------- */

static void list_account(void *user, const struct account *account)
{
    struct control_listing *listing = user;
    if (listing->account.v && listing->account.v != account->id.v) return;
    listing->count++;
    if (!listing->account.v) json_begin_object(&listing->job->json);
    put_account(listing->job, account);
    if (!listing->account.v) json_end_object(&listing->job->json);
}

static enum err read_account_list(struct control_job *job, struct store_reader *reader)
{
    struct control_listing listing = {.job = job};
    struct store_visitor visitor = {.user = &listing, .account = list_account};
    return control_visit(job, reader, &visitor, "accounts");
}

static enum err put_balances(struct control_job *job, struct store_reader *reader,
                             struct account_id account)
{
    json_name(&job->json, "balances");
    json_begin_array(&job->json);
    enum err err = ERR_OK;
    for (enum asset asset = 0; asset < ASSET_COUNT && !err; asset++) {
        struct balance balance = {0};
        err = store_balance(reader, account, asset, &balance);
        if (err == ERR_NOT_FOUND) err = ERR_OK;
        json_begin_object(&job->json);
        json_put_text(&job->json, "asset", slice_cstr(asset_names[asset]));
        json_put_integer(&job->json, "available", balance.available);
        json_put_integer(&job->json, "held", balance.held);
        json_put_integer(&job->json, "granted", balance.granted);
        json_put_integer(&job->json, "spent", balance.spent);
        json_put_integer(&job->json, "refunded", balance.refunded);
        json_put_integer(&job->json, "expired", balance.expired);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
    return err;
}

static enum err read_account_show(struct control_job *job, struct store_reader *reader)
{
    struct control_listing listing = {.job = job};
    enum err err = control_account_id(job, &listing.account);
    if (err) return err;
    struct store_visitor visitor = {.user = &listing, .account = list_account};
    err = store_visit(reader, &visitor);
    if (!err && listing.count == 0) err = ERR_NOT_FOUND;
    return err ? err : put_balances(job, reader, listing.account);
}

/* ---- Credit -------------------------------------------------------------------------------- */

static enum err ask_credit_grant(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_GRANT;
    struct command_grant *grant = &command->grant;
    enum err err = control_account_id(job, &grant->account);
    if (err) return err;
    grant->asset = ASSET_CREDIT;
    if (control_given(&job->args.asset) && !asset_of(job->args.asset.text, &grant->asset))
        return control_refuse(job, ERR_INVALID, "the assets are CREDIT, NGN and QUOTA");
    if (!slice_i64(job->args.amount.text, &grant->amount) || grant->amount == 0)
        return control_refuse(job, ERR_INVALID, "the amount is a whole number other than 0");
    return ERR_OK;
}

static void tell_credit_grant(struct control_job *job)
{
    const struct command_grant *grant = &job->call.command.grant;
    control_put_id(job, "account", grant->account.v);
    json_put_text(&job->json, "asset", slice_cstr(asset_names[grant->asset]));
    json_put_integer(&job->json, "amount", grant->amount);
    json_put_integer(&job->json, "available", grant->available);
}

static void put_entry(struct control_job *job, const struct ledger_entry *entry)
{
    json_begin_object(&job->json);
    json_put_text(&job->json, "kind", slice_cstr(ledger_kind_names[entry->kind]));
    json_put_integer(&job->json, "amount", entry->amount);
    json_put_integer(&job->json, "balance", entry->available);
    json_put_text(&job->json, "asset", slice_cstr(asset_names[entry->asset]));
    if (entry->message.v)
        control_put_id(job, "message", entry->message.v);
    else
        json_put_null(&job->json, "message");
    control_put_time(job, "at", id_ms(entry->id.v));
    json_end_object(&job->json);
}

static enum err read_credit_show(struct control_job *job, struct store_reader *reader)
{
    struct control_listing listing = {.job = job};
    enum err err = control_account_id(job, &listing.account);
    if (err) return err;
    control_put_id(job, "account", listing.account.v);
    err = put_balances(job, reader, listing.account);
    if (err) return err;
    struct ledger_entry *entries;
    size_t count = 0;
    err = store_ledger_page(reader, listing.account, (struct ledger_id){0}, &job->arena,
                            control_limit(job, LEDGER_USUAL, LEDGER_MOST), &entries, &count);
    if (err) return err;
    json_name(&job->json, "ledger");
    json_begin_array(&job->json);
    for (size_t i = 0; i < count; i++)
        put_entry(job, &entries[i]);
    json_end_array(&job->json);
    return ERR_OK;
}

/* ---- Keys ---------------------------------------------------------------------------------- */

static void put_key(struct control_job *job, const struct key *key)
{
    control_put_id(job, "id", key->id.v);
    control_put_id(job, "account", key->account.v);
    json_put_text(&job->json, "hint", slice_cstr(key->hint));
    json_put_bool(&job->json, "test", key->test);
    json_put_text(&job->json, "scopes", slice_cstr(key->scopes));
    json_put_bool(&job->json, "enabled", key->enabled);
    control_put_time(job, "created_at", key->created_at_ms);
}

/* "full" and "sending" are Robase's words for "*" and "sms:send". */
static enum err read_scopes(struct control_job *job, char *out)
{
    if (!control_given(&job->args.scopes)) return ERR_OK;
    struct slice rest = job->args.scopes.text, scope;
    size_t size = 0;
    while (slice_cut(&rest, ',', &scope)) {
        if (slice_eq(scope, SLICE("full"))) scope = SLICE("*");
        if (slice_eq(scope, SLICE("sending"))) scope = SLICE("sms:send");
        if (size + scope.size + 1 > SCOPES_MAX_SIZE)
            return control_refuse(job, ERR_INVALID, "too many scopes");
        if (size) out[size++] = ',';
        memcpy(out + size, scope.at, scope.size);
        size += scope.size;
    }
    out[size] = '\0';
    return ERR_OK;
}

static enum err ask_key_add(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_KEY_ADD;
    struct key *key = &command->key_add;
    enum err err = control_account_id(job, &key->account);
    if (!err) err = read_scopes(job, key->scopes);
    if (err) return err;
    key->test = slice_eq_nocase(job->args.test.text, SLICE("on"));
    char text[SECRET_KEY_TEXT_SIZE + 1];
    uint8_t random[SECRET_RANDOM_SIZE];
    do {
        machine_random(random, sizeof random);
    } while (!secret_key_make(random, key->test, text));
    secret_hash(slice_cstr(text), key->hash);
    memcpy(key->hint, text + SECRET_KEY_TEXT_SIZE - 4, 5);
    job->args.key.text = arena_copy(&job->arena, slice_cstr(text)); /* told once, below */
    return ERR_OK;
}

static void tell_key_add(struct control_job *job)
{
    json_put_text(&job->json, "key", job->args.key.text);
    put_key(job, &job->call.command.key_add);
}

static enum err ask_key(struct control_job *job, enum command_kind kind, bool enable)
{
    struct command *command = &job->call.command;
    struct command_key_ref *ref = &command->key_ref;
    command->kind = kind;
    ref->enable = enable;
    if (!control_given(&job->args.key)) return control_refuse(job, ERR_INVALID, "key is missing");
    if (!slice_starts(job->args.key.text, SLICE("rb_")))
        return control_id(job, &job->args.key, "key", &ref->id.v);
    secret_hash(job->args.key.text, ref->hash);
    return ERR_OK;
}

static enum err ask_key_enable(struct control_job *job)
{
    return ask_key(job, COMMAND_KEY_ENABLE, true);
}

static enum err ask_key_disable(struct control_job *job)
{
    return ask_key(job, COMMAND_KEY_ENABLE, false);
}

static enum err ask_key_delete(struct control_job *job)
{
    return ask_key(job, COMMAND_KEY_DELETE, false);
}

static void tell_key(struct control_job *job)
{
    put_key(job, &job->call.command.key_ref.told);
}

static void list_key(void *user, const struct key *key)
{
    struct control_listing *listing = user;
    if (listing->account.v && listing->account.v != key->account.v) return;
    json_begin_object(&listing->job->json);
    put_key(listing->job, key);
    json_end_object(&listing->job->json);
}

static enum err read_key_list(struct control_job *job, struct store_reader *reader)
{
    struct control_listing listing = {.job = job};
    enum err err = control_owner(job, &listing.account);
    struct store_visitor visitor = {.user = &listing, .key = list_key};
    return err ? err : control_visit(job, reader, &visitor, "keys");
}

/* ---- Shortcodes ---------------------------------------------------------------------------- */

static void put_shortcode(struct control_job *job, const struct shortcode *shortcode)
{
    json_put_text(&job->json, "word", slice_cstr(shortcode->word));
    control_put_id(job, "account", shortcode->account.v);
    json_put_text(&job->json, "webhook", slice_cstr(shortcode->url));
    control_put_time(job, "created_at", shortcode->created_at_ms);
}

static void lower(char *word)
{
    for (; *word; word++)
        if (*word >= 'A' && *word <= 'Z') *word = (char)(*word + 'a' - 'A');
}

static enum err ask_shortcode_add(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_SHORTCODE_ADD;
    struct shortcode *shortcode = ARENA_NEW(&job->arena, struct shortcode);
    command->shortcode_add = shortcode;
    const struct control_args *args = &job->args;
    enum err err = control_account_id(job, &shortcode->account);
    if (!err) err = control_text(job, &args->word, "the word", SHORTCODE_MAX_SIZE, shortcode->word);
    if (!err && control_given(&args->webhook)) {
        struct slice url;
        err = control_url(job, &args->webhook, &url);
        if (!err) memcpy(shortcode->url, url.at, url.size);
    }
    if (!err && control_given(&args->secret))
        err = control_text(job, &args->secret, "the secret", SECRET_MAX_SIZE, shortcode->secret);
    lower(shortcode->word);
    return err;
}

static void tell_shortcode_add(struct control_job *job)
{
    put_shortcode(job, job->call.command.shortcode_add);
}

static enum err ask_shortcode_remove(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_SHORTCODE_REMOVE;
    struct command_shortcode_remove *remove = &command->shortcode_remove;
    enum err err = control_account_id(job, &remove->account);
    if (!err)
        err = control_text(job, &job->args.word, "the word", SHORTCODE_MAX_SIZE, remove->word);
    lower(remove->word);
    return err;
}

static void tell_shortcode_remove(struct control_job *job)
{
    json_put_text(&job->json, "word", slice_cstr(job->call.command.shortcode_remove.word));
}

static void list_shortcode(void *user, const struct shortcode *shortcode)
{
    struct control_listing *listing = user;
    if (listing->account.v && listing->account.v != shortcode->account.v) return;
    json_begin_object(&listing->job->json);
    put_shortcode(listing->job, shortcode);
    json_end_object(&listing->job->json);
}

static enum err read_shortcode_list(struct control_job *job, struct store_reader *reader)
{
    struct control_listing listing = {.job = job};
    enum err err = control_owner(job, &listing.account);
    struct store_visitor visitor = {.user = &listing, .shortcode = list_shortcode};
    return err ? err : control_visit(job, reader, &visitor, "shortcodes");
}

const struct control_verb control_account_verbs[] = {
    {"account.add", ask_account_add, tell_account_add, NULL},
    {"account.set", ask_account_set, tell_account_set, NULL},
    {"account.list", NULL, NULL, read_account_list},
    {"account.show", NULL, NULL, read_account_show},
    {"credit.grant", ask_credit_grant, tell_credit_grant, NULL},
    {"credit.show", NULL, NULL, read_credit_show},
    {"key.add", ask_key_add, tell_key_add, NULL},
    {"key.enable", ask_key_enable, tell_key, NULL},
    {"key.disable", ask_key_disable, tell_key, NULL},
    {"key.delete", ask_key_delete, tell_key, NULL},
    {"key.list", NULL, NULL, read_key_list},
    {"shortcode.add", ask_shortcode_add, tell_shortcode_add, NULL},
    {"shortcode.remove", ask_shortcode_remove, tell_shortcode_remove, NULL},
    {"shortcode.list", NULL, NULL, read_shortcode_list},
    {0},
};
