#include "world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void remove_directory(const char *path)
{
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory));) {
        char name[512];
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.') assert_int_equal(unlink(name), 0);
    }
    closedir(directory);
    assert_int_equal(rmdir(path), 0);
}

static void world_open(struct world *world)
{
    char problem[256] = "";
    world->store = store_open(slice_cstr(world->url), problem);
    if (!world->store) fail_msg("%s", problem);
    world->reader = store_own_reader(world->store);
}

void world_init(struct world *world, bool sqlite)
{
    *world = (struct world){.now_ms = 1790000000000, .keeps_file = sqlite};
    snprintf(world->url, sizeof world->url, "memory:");
    if (sqlite) {
        const char *root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
        snprintf(world->directory, sizeof world->directory, "%s/store-test-XXXXXX", root);
        assert_non_null(mkdtemp(world->directory));
        snprintf(world->url, sizeof world->url, "sqlite:%s/godwit.db", world->directory);
    }
    world_open(world);
}

void world_done(struct world *world)
{
    store_close(world->store);
    arena_done(&world->arena);
    if (world->keeps_file) remove_directory(world->directory);
}

void world_restart(struct world *world)
{
    if (!world->keeps_file) return;
    store_close(world->store);
    world_open(world);
}

uint64_t world_id(struct world *world)
{
    return id_next(&world->ids, ++world->now_ms);
}

enum err world_write(struct world *world, struct store_op *op)
{
    assert_int_equal(store_write(world->store, op, 1), ERR_OK);
    return op->result;
}

struct store_keys world_keys(struct world *world)
{
    struct store_keys keys;
    keys.refund.v = world_id(world);
    keys.quota_refund.v = world_id(world);
    keys.event.v = world_id(world);
    return keys;
}

void write_ok(struct world *world, struct store_op op)
{
    assert_int_equal(world_write(world, &op), ERR_OK);
}

struct account_id world_account(struct world *world, int64_t credit)
{
    struct account account = {
        .id = {world_id(world)},
        .created_at_ms = world->now_ms,
        .plan = PLAN_PRO,
        .tier = TIER_PAID,
        .sms_on = true,
        .name = "Ada",
    };
    struct store_op ops[] = {
        {.kind = STORE_PUT_ACCOUNT, .account = &account},
        {.kind = STORE_LEDGER,
         .ledger = {{world_id(world)}, account.id, ASSET_CREDIT, LEDGER_GRANT, credit}},
    };
    assert_int_equal(store_write(world->store, ops, credit ? 2 : 1), ERR_OK);
    assert_int_equal(ops[0].result, ERR_OK);
    assert_int_equal(ops[1].result, ERR_OK);
    return account.id;
}

struct balance world_balance(struct world *world, struct account_id account, enum asset asset)
{
    struct balance balance;
    assert_int_equal(store_balance(world->reader, account, asset, &balance), ERR_OK);
    assert_true(balance_is_exact(&balance));
    return balance;
}

struct attempt sent_attempt(const struct sent *sent, unsigned number, uint8_t segment,
                            uint8_t segments)
{
    return (struct attempt){
        .id = attempt_id_of(sent->recipient.id, number),
        .provider = {3},
        .segment = segment,
        .segments = segments,
        .state = ATTEMPT_INTENT,
        .intent_at_ms = sent->recipient.changed_at_ms,
    };
}

struct sent world_sent(struct world *world, struct account_id account, int64_t price)
{
    struct sent sent = {0};
    struct message_id id = {world_id(world)};
    struct recipient_id recipient = {++world->last_recipient};
    sent.message = (struct message){
        .id = id,
        .account = account,
        .key = {77},
        .dialect = DIALECT_ROBASE,
        .impatient = true,
        .sender = SLICE("GODWIT"),
        .text = SLICE("Hello \xc3\xa9\xf0\x9f\x90\xa6"),
        .encoding = ENCODING_UCS2,
        .segments = 2,
        .asset = ASSET_CREDIT,
        .price = price,
        .rate = 17,
        .currency = "GHS",
        .country = "GH",
        .first_provider = {3},
        .first_recipient = recipient,
        .recipient_count = 1,
        .supplied_recipient = SLICE("07700 900000"),
    };
    sent.recipient = (struct recipient){
        .id = recipient,
        .message = id,
        .number = 447700900000,
        .state = RECIPIENT_QUEUED,
        .tells = true,
        .provider = {3},
        .changed_at_ms = world->now_ms,
    };
    sent.attempt = sent_attempt(&sent, 1, 1, 1);
    sent.ledger.v = world_id(world);
    sent.quota_ledger.v = world_id(world);
    sent.queued_event.v = world_id(world);
    sent.keys = world_keys(world);
    return sent;
}

struct store_op accept_op(struct sent *sent, bool with_attempt)
{
    return (struct store_op){
        .kind = STORE_ACCEPT,
        .accept = {.message = &sent->message,
                   .recipient = &sent->recipient,
                   .ledger = sent->ledger,
                   .quota_ledger = sent->quota_ledger,
                   .keys = sent->keys,
                   .queued_event = sent->queued_event,
                   .attempts = &sent->attempt,
                   .attempt_count = with_attempt},
    };
}

struct store_op answer_op(struct world *world, struct attempt_id attempt, enum attempt_state state,
                          enum recipient_state recipient_state)
{
    return (struct store_op){
        .kind = STORE_ANSWER,
        .answer = {.attempt = attempt,
                   .state = state,
                   .keys = world_keys(world),
                   .at_ms = world->now_ms,
                   .status = state == ATTEMPT_TAKEN ? 0 : 0x45,
                   .carrier_id = state == ATTEMPT_TAKEN ? SLICE("1a2B-77") : SLICE(""),
                   .error = state == ATTEMPT_TAKEN ? SLICE("") : SLICE("http_502"),
                   .error_text = state == ATTEMPT_TAKEN ? SLICE("") : SLICE("bad gateway"),
                   .recipient_state = recipient_state,
                   .provider = {4}},
    };
}

struct store_op receipt_op(struct world *world, struct attempt_id attempt, enum receipt_state state)
{
    return (struct store_op){
        .kind = STORE_RECEIPT,
        .receipt = {.attempt = attempt,
                    .state = state,
                    .keys = world_keys(world),
                    .at_ms = world->now_ms,
                    .error = SLICE("0x1F"),
                    .network = SLICE("mtn_ng")},
    };
}

struct store_op finish_op(struct world *world, struct recipient_id recipient,
                          enum recipient_state state)
{
    return (struct store_op){
        .kind = STORE_FINISH,
        .finish = {.recipient = recipient,
                   .state = state,
                   .keys = world_keys(world),
                   .at_ms = world->now_ms,
                   .error_word = "because"},
    };
}

struct store_recipient world_recipient(struct world *world, struct recipient_id id)
{
    struct store_recipient out;
    assert_int_equal(store_recipient(world->reader, id, &world->arena, &out), ERR_OK);
    return out;
}

enum recipient_state world_state(struct world *world, struct recipient_id id)
{
    return world_recipient(world, id).recipient.state;
}

struct attempt world_attempt(struct world *world, struct attempt_id id)
{
    struct attempt attempt;
    assert_int_equal(store_attempt(world->reader, id, &attempt), ERR_OK);
    return attempt;
}

void assert_slices_equal(struct slice a, struct slice b)
{
    assert_int_equal(a.size, b.size);
    if (a.size) assert_memory_equal(a.at, b.at, a.size);
}

#define SAME(field)       assert_int_equal(a->field, b->field)
#define SAME_TEXT(field)  assert_string_equal(a->field, b->field)
#define SAME_SLICE(field) assert_slices_equal(a->field, b->field)

void assert_messages_equal(const struct message *a, const struct message *b)
{
    SAME(id.v);
    SAME(account.v);
    SAME(key.v);
    SAME(dialect);
    SAME(test);
    SAME(impatient);
    SAME(refund);
    SAME_SLICE(sender);
    SAME_SLICE(text);
    SAME(encoding);
    SAME(segments);
    SAME(asset);
    SAME(price);
    SAME(quota);
    SAME(rate);
    SAME_TEXT(currency);
    SAME_TEXT(country);
    SAME(send_at_ms);
    SAME(first_provider.v);
    SAME(first_recipient.v);
    SAME(released.v);
    SAME(recipient_count);
    SAME_SLICE(supplied_recipient);
}

void assert_recipients_equal(const struct recipient *a, const struct recipient *b)
{
    SAME(id.v);
    SAME(message.v);
    SAME(number);
    SAME(state);
    SAME(tells);
    SAME(provider.v);
    SAME(changed_at_ms);
    SAME(error);
    SAME_TEXT(error_word);
}

void assert_attempts_equal(const struct attempt *a, const struct attempt *b)
{
    SAME(id.v);
    SAME(provider.v);
    SAME(segment);
    SAME(segments);
    SAME(possible_duplicate);
    SAME(state);
    SAME(intent_at_ms);
    SAME(answered_at_ms);
    SAME(status);
    SAME_TEXT(error);
    SAME_TEXT(carrier_id);
    SAME(receipt);
    SAME(receipt_at_ms);
    SAME_TEXT(receipt_error);
    SAME_TEXT(error_text);
    SAME_TEXT(network);
}

void assert_entries_equal(const struct ledger_entry *a, const struct ledger_entry *b)
{
    SAME(id.v);
    SAME(account.v);
    SAME(asset);
    SAME(kind);
    SAME(amount);
    SAME(available);
    SAME(message.v);
}

void assert_inbounds_equal(const struct inbound *a, const struct inbound *b)
{
    SAME(id.v);
    SAME(account.v);
    SAME(sender);
    SAME_SLICE(sender_text);
    SAME_SLICE(destination);
    SAME_SLICE(shortcode);
    SAME_SLICE(text);
    SAME(provider.v);
    SAME(push);
    SAME(push_status);
}

void assert_accounts_equal(const struct account *a, const struct account *b)
{
    SAME(id.v);
    SAME(created_at_ms);
    SAME(plan);
    SAME(tier);
    SAME(sms_on);
    SAME_TEXT(name);
}

void assert_keys_equal(const struct key *a, const struct key *b)
{
    SAME(id.v);
    SAME(account.v);
    SAME(created_at_ms);
    SAME(enabled);
    SAME(test);
    assert_memory_equal(a->hash, b->hash, sizeof a->hash);
    SAME_TEXT(hint);
    SAME_TEXT(scopes);
}

void assert_shortcodes_equal(const struct shortcode *a, const struct shortcode *b)
{
    SAME_TEXT(word);
    SAME(account.v);
    SAME(created_at_ms);
    SAME_TEXT(url);
    SAME_TEXT(secret);
}

void assert_providers_equal(const struct provider *a, const struct provider *b)
{
    SAME(id.v);
    SAME(kind);
    SAME(bind);
    SAME(enabled);
    SAME(window);
    SAME(tps);
    SAME_TEXT(name);
    SAME_TEXT(address);
    SAME_TEXT(system_id);
    SAME_TEXT(password);
    SAME_TEXT(system_type);
    SAME_TEXT(quirks_text);
    SAME_SLICE(profile);
}

void assert_routes_equal(const struct route *a, const struct route *b)
{
    SAME_TEXT(destination);
    SAME(chain_count);
    for (uint32_t i = 0; i < a->chain_count; i++)
        SAME(chain[i].v);
}

void assert_parked_equal(const struct parked_receipt *a, const struct parked_receipt *b)
{
    SAME(id);
    SAME(provider.v);
    SAME(state);
    SAME(at_ms);
    SAME_SLICE(carrier_id);
    SAME_SLICE(error);
}
