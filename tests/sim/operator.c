/* What operators do, by the requests that the command line makes too. */
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "sim/world.h"
#include "wire/json.h"

#define POOR_CREDIT   5
#define RICH_CREDIT   500
#define RICH_SEGMENTS 200

struct reply {
    bool came;
    struct arena arena;
    struct field error, id, key, secret;
};
static const struct field_spec reply_specs[] = {
    {"error", FIELD_TEXT, offsetof(struct reply, error)},
    {"id", FIELD_TEXT, offsetof(struct reply, id)},
    {"key", FIELD_TEXT, offsetof(struct reply, key)},
    {"secret", FIELD_TEXT, offsetof(struct reply, secret)},
};

static void read_reply(void *user, struct slice answer)
{
    struct reply *reply = user;
    if (!json_read(answer, JSON_STRICT, reply_specs, 4, &reply->arena, reply, NULL, NULL))
        world_fail("an operator cannot read: %.*s", (int)answer.size, answer.at);
    reply->came = true;
}

/* Asks and waits; nothing may go wrong. */
static struct reply ask(const char *format, ...) __attribute__((format(printf, 1, 2)));
static struct reply ask(const char *format, ...)
{
    char request[1024];
    struct reply reply = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(request, sizeof request, format, args);
    va_end(args);
    control_execute(server_control(world.server), slice_cstr(request), read_reply, &reply);
    for (unsigned steps = 0; !reply.came; steps++) {
        if (steps > 100000) world_fail("an operator waits in vain: %s", request);
        world_step();
    }
    if (reply.error.state == FIELD_SET) world_fail("an operator is refused: %s", request);
    return reply;
}

/* ---- Before it begins ---------------------------------------------------------------------- */

static void add_key(struct customer *customer, const char *more, bool test)
{
    struct reply reply =
        ask("{\"do\":\"key.add\",\"account\":\"%s\"%s}", customer->account_text, more);
    snprintf(customer->keys[customer->key_count].text, sizeof customer->keys->text, "%.*s",
             (int)reply.key.text.size, reply.key.text.at);
    customer->keys[customer->key_count++].test = test;
    arena_done(&reply.arena);
}

static void grant(const struct customer *customer, enum asset asset, int64_t about)
{
    int64_t amount = model_grant(&world.model, customer->account, asset, about);
    if (!amount) return;
    struct reply reply =
        ask("{\"do\":\"credit.grant\",\"account\":\"%s\",\"amount\":\"%lld\",\"asset\":\"%s\"}",
            customer->account_text, (long long)amount, asset_names[asset]);
    arena_done(&reply.arena);
    if (!model_is_granted(&world.model, asset, amount))
        world_fail("a grant is confirmed and not there");
}

static void add_sender(const struct customer *customer)
{
    static const char *const steps[] = {"add", "approve"};
    for (size_t i = 0; i < 2; i++) {
        struct reply reply = ask("{\"do\":\"sender.%s\",\"account\":\"%s\",\"name\":\"ACME\"}",
                                 steps[i], customer->account_text);
        arena_done(&reply.arena);
    }
}

static void add_webhook(struct customer *customer)
{
    struct reply reply =
        ask("{\"do\":\"webhook.add\",\"account\":\"%s\",\"url\":\"" HOOKS_ROOT EVENTS_PATH "%u\"}",
            customer->account_text, customer->index);
    snprintf(customer->secret, sizeof customer->secret, "%.*s", (int)reply.secret.text.size,
             reply.secret.text.at);
    arena_done(&reply.arena);
}

static void note_account(void *user, const struct account *account)
{
    struct customer *customer = user;
    if (account->name[0] == (char)('A' + customer->index)) customer->account = account->id.v;
}

static void add_customer(struct customer *customer)
{
    struct reply reply = ask("{\"do\":\"account.add\",\"name\":\"%c\",\"plan\":\"Pro\"}",
                             (int)('A' + customer->index));
    snprintf(customer->account_text, sizeof customer->account_text, "%.*s", (int)reply.id.text.size,
             reply.id.text.at);
    arena_done(&reply.arena);
    struct store_visitor visitor = {.user = customer, .account = note_account};
    if (store_visit(store_own_reader(world.store), &visitor)) world_fail("no accounts");
    add_key(customer, "", false);
    add_key(customer, ",\"test\":\"on\"", true);
    add_key(customer, ",\"scopes\":\"sending\"", false);
    add_key(customer, ",\"scopes\":\"contacts:read\"", false);
    bool poor = sim_random(100) < world.script.poor_percent;
    grant(customer, ASSET_CREDIT, poor ? POOR_CREDIT : RICH_CREDIT);
    grant(customer, ASSET_NGN, (poor ? POOR_CREDIT : RICH_SEGMENTS) * NGN_RATE);
    add_sender(customer);
    add_webhook(customer);
}

/* How routes name the carriers, by the script's `chain`. A list names more carriers than some
   worlds have; the first ones count. */
static const struct route_row {
    uint32_t chain;
    const char *destination, *providers[CARRIERS_MAX];
} route_rows[] = {
    {0, "*", {"c0,c1,c2"}}, {1, "GB", {"c2,c1,c0"}}, /* nobody serves France */
    {2, "*", {"c1,c0"}},    {2, "+4479", {"c0,c2"}}, {3, "GB", {"c0"}}, {3, "+33", {"c2,c0,c1"}},
};

static void name_carriers(const struct route_row *row, char *out, size_t size)
{
    struct slice rest = slice_cstr(row->providers[0]), name;
    size_t used = 0;
    out[0] = '\0';
    while (slice_cut(&rest, ',', &name)) {
        if ((uint32_t)(name.at[1] - '0') >= world.script.carrier_count) continue;
        used += (size_t)snprintf(out + used, size - used, "%s%.*s", used ? "," : "", (int)name.size,
                                 name.at);
    }
}

static void set_routes(void)
{
    for (size_t i = 0; i < sizeof route_rows / sizeof *route_rows; i++) {
        char names[32];
        if (route_rows[i].chain != world.script.chain) continue;
        name_carriers(&route_rows[i], names, sizeof names);
        struct reply reply =
            ask("{\"do\":\"route.set\",\"destination\":\"%s\",\"providers\":\"%s\"}",
                route_rows[i].destination, names);
        arena_done(&reply.arena);
    }
}

void operator_set_up(void)
{
    for (uint32_t i = 0; i < world.script.carrier_count; i++) {
        const struct carrier_script *script = &world.script.carriers[i];
        struct reply reply = ask(
            "{\"do\":\"provider.add\",\"name\":\"c%u\",\"smpp\":\"%s\",\"system_id\":\"godwit\","
            "\"password\":\"secret\",\"bind\":\"%s\",\"window\":\"%s\",\"tps\":\"%s\","
            "\"set\":\"%s\"}",
            i, world.carriers[i].address, script->bind, script->window, script->tps,
            script->quirks);
        arena_done(&reply.arena);
    }
    set_routes();
    struct reply plan =
        ask("{\"do\":\"plan.set\",\"name\":\"Pro\",\"quota\":\"%u\"}", world.script.quota);
    arena_done(&plan.arena);
    for (uint32_t i = 0; i < world.script.customers; i++)
        add_customer(&world.customers[i]);
    static const char *const words[] = {"alpha", "beta"};
    for (uint32_t i = 0; i < 2 && i < world.script.customers; i++) {
        struct reply reply = ask("{\"do\":\"shortcode.add\",\"account\":\"%s\",\"word\":\"%s\","
                                 "\"webhook\":\"" HOOKS_URL "\"}",
                                 world.customers[i].account_text, words[i]);
        arena_done(&reply.arena);
    }
}

/* ---- While it goes on ---------------------------------------------------------------------- */

static void on_granted(void *user, struct slice answer)
{
    struct reply reply = {0};
    uintptr_t promise = (uintptr_t)user;
    read_reply(&reply, answer);
    if (reply.error.state != FIELD_SET &&
        !model_is_granted(&world.model, promise % ASSET_COUNT, (int64_t)(promise / ASSET_COUNT)))
        world_fail("a grant is confirmed and not there");
    arena_done(&reply.arena);
}

static void on_other(void *user, struct slice answer)
{
}

static void tell(void (*reply)(void *user, struct slice answer), uintptr_t user, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));
static void tell(void (*reply)(void *user, struct slice answer), uintptr_t user, const char *format,
                 ...)
{
    char request[512];
    va_list args;
    va_start(args, format);
    vsnprintf(request, sizeof request, format, args);
    va_end(args);
    control_execute(server_control(world.server), slice_cstr(request), reply, (void *)user);
}

static void act_grant(const struct customer *customer)
{
    enum asset asset = sim_random(2) ? ASSET_CREDIT : ASSET_NGN;
    int64_t about = (3 + (int64_t)sim_random(20)) * (asset == ASSET_NGN ? NGN_RATE : 1);
    int64_t amount = model_grant(&world.model, customer->account, asset, about);
    if (amount)
        tell(on_granted, (uintptr_t)amount * ASSET_COUNT + asset,
             "{\"do\":\"credit.grant\",\"account\":\"%s\",\"amount\":\"%lld\",\"asset\":\"%s\"}",
             customer->account_text, (long long)amount, asset_names[asset]);
}

static void act_reroute(void)
{
    const struct route_row *row = &route_rows[sim_random(sizeof route_rows / sizeof *route_rows)];
    char names[32];
    name_carriers(row, names, sizeof names);
    if (!names[0]) return;
    world.model.rerouted = true;
    tell(on_other, 0, "{\"do\":\"route.set\",\"destination\":\"%s\",\"providers\":\"%s\"}",
         row->destination, names);
}

void operator_act(void)
{
    static const char *const switches[] = {"on", "off"};
    if (world.state != SERVER_UP) return;
    const struct customer *customer = &world.customers[sim_random(world.script.customers)];
    const char *on_off = switches[sim_random(2)];
    if (sim_random(100) < world.script.reroute_percent) {
        act_reroute();
        return;
    }
    switch (sim_random(6)) {
    case 0:
    case 1:
        act_grant(customer);
        break;
    case 2:
        tell(on_other, 0, "{\"do\":\"key.%s\",\"key\":\"%s\"}",
             on_off[1] == 'n' ? "enable" : "disable", customer->keys[0].text);
        break;
    case 3:
        tell(on_other, 0, "{\"do\":\"account.set\",\"account\":\"%s\",\"sms\":\"%s\"}",
             customer->account_text, on_off);
        break;
    case 4:
        tell(on_other, 0, "{\"do\":\"provider.set\",\"name\":\"c%u\",\"enabled\":\"%s\"}",
             (unsigned)sim_random(world.script.carrier_count), on_off);
        break;
    default:
        tell(on_other, 0, "{\"do\":\"status\"}");
    }
}

/* ---- When all shall be well ---------------------------------------------------------------- */

void operator_heal(void)
{
    for (uint32_t i = 0; i < world.script.carrier_count; i++) {
        struct reply reply =
            ask("{\"do\":\"provider.set\",\"name\":\"c%u\",\"enabled\":\"on\"}", i);
        arena_done(&reply.arena);
    }
    set_routes();
    for (uint32_t i = 0; i < world.script.customers; i++) {
        const struct customer *customer = &world.customers[i];
        struct reply reply = ask("{\"do\":\"key.enable\",\"key\":\"%s\"}", customer->keys[0].text);
        arena_done(&reply.arena);
        reply = ask("{\"do\":\"account.set\",\"account\":\"%s\",\"sms\":\"on\"}",
                    customer->account_text);
        arena_done(&reply.arena);
        grant(customer, ASSET_CREDIT, 50);
        grant(customer, ASSET_NGN, 10 * NGN_RATE);
    }
}
