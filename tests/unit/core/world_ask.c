#include "world.h"

#include <stdio.h>

#define NUMBER 447700900123u

static void copy_text(char *to, size_t size, const char *from)
{
    assert_true(strlen(from) < size);
    memcpy(to, from, strlen(from) + 1);
}

struct account_id world_account(struct world *world, int64_t credit)
{
    struct command add = {.kind = COMMAND_ACCOUNT_ADD};
    add.account_add = (struct account){.name = "Ada", .plan = PLAN_FREE, .sms_on = true};
    const struct command *added = world_do(world, &add);
    assert_int_equal(added->result, ERR_OK);
    struct account_id id = added->account_add.id;
    if (world->account.v == 0) world->account = id;
    if (credit == 0) return id;
    struct command grant = {.kind = COMMAND_GRANT};
    grant.grant = (struct command_grant){.account = id, .asset = ASSET_CREDIT, .amount = credit};
    assert_int_equal(world_do(world, &grant)->result, ERR_OK);
    return id;
}

struct key_id world_key(struct world *world, struct account_id account, uint8_t seed, bool test,
                        const char *scopes)
{
    struct command add = {.kind = COMMAND_KEY_ADD};
    add.key_add = (struct key){.account = account, .test = test};
    memset(add.key_add.hash, seed, KEY_HASH_SIZE);
    copy_text(add.key_add.scopes, sizeof add.key_add.scopes, scopes);
    const struct command *added = world_do(world, &add);
    assert_int_equal(added->result, ERR_OK);
    return added->key_add.id;
}

struct provider_id world_provider(struct world *world, const char *name, uint32_t window,
                                  uint32_t tps, const char *quirks)
{
    struct command add = {.kind = COMMAND_PROVIDER_ADD};
    struct provider *provider = ARENA_NEW(&world->arena, struct provider);
    *provider = (struct provider){
        .kind = PROVIDER_SMPP, .window = window, .tps = tps, .address = "127.0.0.1:2775"};
    copy_text(provider->name, sizeof provider->name, name);
    copy_text(provider->quirks_text, sizeof provider->quirks_text, quirks);
    add.provider.provider = provider;
    assert_int_equal(world_do(world, &add)->result, ERR_OK);
    return provider->id;
}

enum err world_set_provider(struct world *world, const char *name, unsigned parts,
                            struct provider change)
{
    struct command set = {.kind = COMMAND_PROVIDER_SET};
    set.provider.parts = parts;
    set.provider.provider = &change;
    copy_text(change.name, sizeof change.name, name);
    return world_do(world, &set)->result;
}

enum err world_remove_provider(struct world *world, const char *name)
{
    struct command remove = {.kind = COMMAND_PROVIDER_REMOVE};
    struct provider named = {0};
    copy_text(named.name, sizeof named.name, name);
    remove.provider.provider = &named;
    return world_do(world, &remove)->result;
}

enum err world_route(struct world *world, const char *destination, const char *chain)
{
    struct command set = {.kind = COMMAND_ROUTE_SET};
    copy_text(set.route.destination, sizeof set.route.destination, destination);
    struct slice rest = slice_cstr(chain), name;
    while (slice_cut(&rest, ',', &name))
        memcpy(set.route.chain[set.route.chain_count++], name.at, name.size);
    return world_do(world, &set)->result;
}

void world_link(struct world *world, struct provider_id provider, uint32_t sessions)
{
    struct command link = {.kind = COMMAND_LINK, .link = {provider, sessions}};
    assert_int_equal(world_do(world, &link)->result, ERR_OK);
}

/* ---- Messages ----------------------------------------------------------------------------------
 */

struct command world_send_command(struct world *world, const char *text)
{
    struct command send = {.kind = COMMAND_SEND};
    send.send = (struct command_send){
        .key = world->key,
        .dialect = DIALECT_HEP,
        .bill = SEGMENT_BILL_UTF16_160,
        .refund = REFUND_NOT_TAKEN,
        .sender = SLICE("+2899682626"),
        .text = arena_copy(&world->arena, slice_cstr(text)),
        .supplied_recipient = SLICE("+44 7700 900123"),
        .number = NUMBER,
        .iso2 = "GB",
    };
    return send;
}

struct command *world_ask_send(struct world *world, const char *text)
{
    struct command send = world_send_command(world, text);
    return world_ask(world, &send);
}

struct command world_hurried_command(struct world *world, const char *text)
{
    struct command send = world_send_command(world, text);
    send.send.dialect = DIALECT_ROBASE;
    send.send.rules = SEND_BY_PLAN | SEND_IMPATIENT | SEND_TELLS;
    send.send.bill = SEGMENT_BILL_AIR;
    send.send.refund = REFUND_NOT_TAKEN | REFUND_FAILED | REFUND_CANCELLED;
    send.send.number = 2348031112222;
    send.send.iso2 = "NG";
    return send;
}

struct command *world_hurried(struct world *world, const char *text)
{
    struct command send = world_hurried_command(world, text);
    return world_do(world, &send);
}

void world_grant(struct world *world, enum asset asset, int64_t amount)
{
    struct command grant = {.kind = COMMAND_GRANT};
    grant.grant = (struct command_grant){world->account, asset, amount, 0};
    assert_int_equal(world_do(world, &grant)->result, ERR_OK);
}

int64_t world_balance(struct world *world, enum asset asset)
{
    struct balance balance = {0};
    assert_int_equal(store_balance(core_reader(world->core), world->account, asset, &balance),
                     ERR_OK);
    assert_true(balance_is_exact(&balance));
    return balance.available;
}

struct command **world_send_many(struct world *world, size_t count)
{
    struct command **sent = ARENA_ARRAY(&world->arena, struct command *, count);
    for (size_t i = 0; i < count; i++) {
        sent[i] = world_ask_send(world, arena_printf(&world->arena, "%zu", i).at);
        if ((i + 1) % TICK_COMMANDS_MAX == 0) world_tick(world);
    }
    world_tick(world);
    return sent;
}

const char *world_long_text(struct world *world, size_t size)
{
    char *text = arena_alloc(&world->arena, size + 1);
    for (size_t i = 0; i < size; i++)
        text[i] = (char)('a' + i % 26);
    return text;
}

struct command *world_send(struct world *world, const char *text)
{
    struct command *send = world_ask_send(world, text);
    world_tick(world);
    return send;
}

struct command *world_ask_answer(struct world *world, size_t index, enum attempt_state state,
                                 uint32_t status, const char *carrier_id)
{
    assert_in_range(index, 0, world->submit_count - 1);
    struct handed *handed = &world->submits[index];
    assert_false(handed->answered);
    handed->answered = true;
    world->out[handed->submit.provider.v]--;
    struct command answer = {.kind = COMMAND_ANSWER};
    answer.answer = (struct command_answer){
        .attempt = handed->submit.attempt,
        .state = state,
        .status = status,
        .carrier_id = arena_copy(&world->arena, slice_cstr(carrier_id)),
    };
    return world_ask(world, &answer);
}

void world_answer(struct world *world, size_t index, enum attempt_state state, uint32_t status,
                  const char *carrier_id)
{
    struct command *answer = world_ask_answer(world, index, state, status, carrier_id);
    world_tick(world);
    assert_int_equal(answer->result, ERR_OK);
}

void world_take(struct world *world, size_t index, const char *carrier_id)
{
    world_answer(world, index, ATTEMPT_TAKEN, 0, carrier_id);
}

void world_take_all(struct world *world)
{
    size_t before;
    do {
        before = world->submit_count;
        for (size_t i = 0; i < before; i++)
            if (!world->submits[i].answered)
                world_ask_answer(world, i, ATTEMPT_TAKEN, 0,
                                 arena_printf(&world->arena, "id-%zu", i).at);
        world_tick(world);
        world_settle(world);
    } while (world->submit_count > before);
}

enum err world_receipt(struct world *world, struct provider_id provider, const char *carrier_id,
                       enum receipt_state state)
{
    struct command receipt = {.kind = COMMAND_RECEIPT};
    receipt.receipt = (struct command_receipt){
        .provider = provider,
        .carrier_id = slice_cstr(carrier_id),
        .state = state,
        .error = SLICE("000"),
    };
    return world_do(world, &receipt)->result;
}

struct command *world_ask_inbound(struct world *world, const char *source, const char *text)
{
    struct command inbound = {.kind = COMMAND_INBOUND};
    inbound.inbound = (struct command_inbound){
        .provider = world->a,
        .source = arena_copy(&world->arena, slice_cstr(source)),
        .destination = SLICE("2899682626"),
        .text = arena_copy(&world->arena, slice_cstr(text)),
        .part = {.total = 1, .number = 1},
    };
    return world_ask(world, &inbound);
}

enum err world_inbound(struct world *world, const char *source, const char *text)
{
    struct command *inbound = world_ask_inbound(world, source, text);
    world_tick(world);
    return inbound->result;
}

enum err world_pushed(struct world *world, size_t index, uint32_t status)
{
    assert_in_range(index, 0, world->push_count - 1);
    assert_false(world->pushes[index].answered);
    world->pushes[index].answered = true;
    struct command pushed = {.kind = COMMAND_PUSHED};
    pushed.pushed = (struct command_pushed){world->pushes[index].inbound, status};
    return world_do(world, &pushed)->result;
}

enum err world_shortcode(struct world *world, struct account_id account, const char *word,
                         const char *url)
{
    struct command add = {.kind = COMMAND_SHORTCODE_ADD};
    struct shortcode shortcode = {.account = account, .secret = "s3cr3t"};
    copy_text(shortcode.word, sizeof shortcode.word, word);
    copy_text(shortcode.url, sizeof shortcode.url, url);
    add.shortcode_add = &shortcode;
    return world_do(world, &add)->result;
}

/* ---- What has become of it ---------------------------------------------------------------------
 */

struct store_recipient world_recipient(struct world *world, const struct command *sent)
{
    struct store_reader *reader = core_reader(world->core);
    struct message message;
    struct store_recipient out;
    assert_int_equal(store_message(reader, sent->send.message, &world->arena, &message), ERR_OK);
    assert_int_equal(store_recipient(reader, message.first_recipient, &world->arena, &out), ERR_OK);
    return out;
}

enum recipient_state world_state(struct world *world, const struct command *sent)
{
    return world_recipient(world, sent).recipient.state;
}

int64_t world_available(struct world *world)
{
    struct balance balance;
    assert_int_equal(
        store_balance(core_reader(world->core), world->account, ASSET_CREDIT, &balance), ERR_OK);
    return balance.available;
}

struct attempt world_attempt(struct world *world, size_t index)
{
    struct attempt attempt;
    assert_in_range(index, 0, world->submit_count - 1);
    assert_int_equal(
        store_attempt(core_reader(world->core), world->submits[index].submit.attempt, &attempt),
        ERR_OK);
    return attempt;
}

const char *world_text(const struct world *world, size_t index)
{
    assert_in_range(index, 0, world->submit_count - 1);
    return (const char *)world->submits[index].submit.segment.bytes;
}

const struct lane *world_lane(const struct world *world, struct provider_id provider)
{
    return &world->core->dispatch.lanes[provider.v];
}

struct provider_status world_status(struct world *world, struct provider_id provider)
{
    struct provider_status rows[16], found = {0};
    struct command status = {.kind = COMMAND_STATUS};
    status.status.providers = rows;
    status.status.capacity = 16;
    const struct command *told = world_do(world, &status);
    for (size_t i = 0; i < told->status.count; i++)
        if (rows[i].provider.id.v == provider.v) found = rows[i];
    assert_int_equal(found.provider.id.v, provider.v);
    return found;
}

int world_submit_of(const struct world *world, const struct command *sent, size_t nth)
{
    struct arena arena = {0};
    struct message message;
    assert_int_equal(store_message(core_reader(world->core), sent->send.message, &arena, &message),
                     ERR_OK);
    arena_done(&arena);
    for (size_t i = 0; i < world->submit_count; i++) {
        uint64_t recipient = attempt_recipient(world->submits[i].submit.attempt).v;
        if (recipient == message.first_recipient.v && nth-- == 0) return (int)i;
    }
    return -1;
}
