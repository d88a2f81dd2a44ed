#include "contract.h"

#define MANY 600 /* more than the store reads at once */

/* What a visit gave, in its order. */
struct seen {
    struct account accounts[MANY + 8];
    struct key keys[8];
    struct shortcode shortcodes[8];
    struct provider providers[8];
    struct route routes[8];
    struct parked_receipt parked[8];
    struct arena *arena;
    size_t account_count, key_count, shortcode_count, provider_count, route_count, parked_count;
};

static void see_account(void *user, const struct account *account)
{
    struct seen *seen = user;
    seen->accounts[seen->account_count++] = *account;
}
static void see_key(void *user, const struct key *key)
{
    struct seen *seen = user;
    seen->keys[seen->key_count++] = *key;
}
static void see_shortcode(void *user, const struct shortcode *shortcode)
{
    struct seen *seen = user;
    seen->shortcodes[seen->shortcode_count++] = *shortcode;
}
static void see_provider(void *user, const struct provider *provider)
{
    struct seen *seen = user;
    seen->providers[seen->provider_count++] = *provider;
}
static void see_route(void *user, const struct route *route)
{
    struct seen *seen = user;
    seen->routes[seen->route_count++] = *route;
}
static void see_parked(void *user, const struct parked_receipt *parked)
{
    struct seen *seen = user;
    struct parked_receipt copy = *parked;
    copy.carrier_id = arena_copy(seen->arena, parked->carrier_id);
    copy.error = arena_copy(seen->arena, parked->error);
    seen->parked[seen->parked_count++] = copy;
}

static struct seen *see(struct world *world)
{
    struct seen *seen = ARENA_NEW(&world->arena, struct seen);
    seen->arena = &world->arena;
    struct store_visitor visitor = {
        .user = seen,
        .account = see_account,
        .key = see_key,
        .shortcode = see_shortcode,
        .provider = see_provider,
        .route = see_route,
        .parked = see_parked,
    };
    assert_int_equal(store_visit(world->reader, &visitor), ERR_OK);
    return seen;
}

static void accounts_and_keys_come_back_as_they_were_put(void **state)
{
    struct world *world = *state;
    struct account account = {.id = {world_id(world)},
                              .created_at_ms = world->now_ms,
                              .plan = PLAN_SCALE,
                              .tier = TIER_PAID,
                              .sms_on = true};
    memset(account.name, 'n', NAME_MAX_SIZE);
    struct key key = {.id = {world_id(world)},
                      .account = account.id,
                      .created_at_ms = world->now_ms,
                      .enabled = true,
                      .test = true,
                      .hint = "z9Zq",
                      .scopes = "sms:send,balance:read"};
    for (size_t i = 0; i < KEY_HASH_SIZE; i++)
        key.hash[i] = (uint8_t)(i * 37); /* zeroes and high bits inside */
    write_ok(world, (struct store_op){.kind = STORE_PUT_ACCOUNT, .account = &account});
    write_ok(world, (struct store_op){.kind = STORE_PUT_KEY, .key = &key});
    world_restart(world);
    struct seen *seen = see(world);
    assert_int_equal(seen->account_count, 1);
    assert_accounts_equal(&seen->accounts[0], &account);
    assert_int_equal(seen->key_count, 1);
    assert_keys_equal(&seen->keys[0], &key);

    account.sms_on = false;
    key.enabled = false;
    write_ok(world, (struct store_op){.kind = STORE_PUT_ACCOUNT, .account = &account});
    write_ok(world, (struct store_op){.kind = STORE_PUT_KEY, .key = &key});
    seen = see(world);
    assert_int_equal(seen->account_count, 1);
    assert_accounts_equal(&seen->accounts[0], &account);
    assert_keys_equal(&seen->keys[0], &key);

    write_ok(world, (struct store_op){.kind = STORE_DELETE_KEY, .key_id = key.id});
    struct store_op again = {.kind = STORE_DELETE_KEY, .key_id = key.id};
    assert_int_equal(world_write(world, &again), ERR_NOT_FOUND);
    assert_int_equal(see(world)->key_count, 0);
}

static void changing_an_account_leaves_its_money_alone(void **state)
{
    struct world *world = *state;
    struct account_id id = world_account(world, 55);
    struct account account = {.id = id, .name = "renamed"};
    write_ok(world, (struct store_op){.kind = STORE_PUT_ACCOUNT, .account = &account});
    world_restart(world);
    assert_int_equal(world_balance(world, id, ASSET_CREDIT).available, 55);
}

static void shortcodes_come_back_and_go_by_their_word(void **state)
{
    struct world *world = *state;
    struct shortcode codes[] = {
        {.word = "zebra", .account = {5}, .created_at_ms = 7, .url = "https://x/y", .secret = "s"},
        {.word = "a", .account = {6}, .created_at_ms = 8},
        {.word = "ab", .account = {6}, .created_at_ms = 9},
    };
    memset(codes[0].url, 'u', URL_MAX_SIZE);
    for (size_t i = 0; i < 3; i++)
        write_ok(world, (struct store_op){.kind = STORE_PUT_SHORTCODE, .shortcode = &codes[i]});
    world_restart(world);
    struct seen *seen = see(world);
    assert_int_equal(seen->shortcode_count, 3);
    assert_shortcodes_equal(&seen->shortcodes[0], &codes[1]);
    assert_shortcodes_equal(&seen->shortcodes[1], &codes[2]);
    assert_shortcodes_equal(&seen->shortcodes[2], &codes[0]);

    codes[1].account.v = 10;
    write_ok(world, (struct store_op){.kind = STORE_PUT_SHORTCODE, .shortcode = &codes[1]});
    write_ok(world, (struct store_op){.kind = STORE_DELETE_SHORTCODE, .word = SLICE("ab")});
    struct store_op missing = {.kind = STORE_DELETE_SHORTCODE, .word = SLICE("abc")};
    assert_int_equal(world_write(world, &missing), ERR_NOT_FOUND);
    seen = see(world);
    assert_int_equal(seen->shortcode_count, 2);
    assert_int_equal(seen->shortcodes[0].account.v, 10);
}

static void providers_and_routes_come_back_as_they_were_put(void **state)
{
    struct world *world = *state;
    struct provider provider = {
        .id = {1023},
        .kind = PROVIDER_HTTP,
        .bind = BIND_TX_RX,
        .enabled = true,
        .window = 10000,
        .tps = 4000000000,
        .name = "beem",
        .address = "127.0.0.1:2775",
        .system_id = "godwit",
        .password = "p \xc3\xa9 \"quoted\"",
        .system_type = "VMA",
        .quirks_text = "long=udh16,dcs0=latin1",
    };
    struct route routes[] = {
        {.destination = "*", .chain = {{1}}, .chain_count = 1},
        {.destination = "+447700900000000", .chain = {{65535}, {2}}, .chain_count = 2},
        {.destination = "GB", .chain_count = CHAIN_MAX},
    };
    for (uint16_t i = 0; i < CHAIN_MAX; i++)
        routes[2].chain[i].v = (uint16_t)(65528 + i);
    write_ok(world, (struct store_op){.kind = STORE_PUT_PROVIDER, .provider = &provider});
    for (size_t i = 0; i < 3; i++)
        write_ok(world, (struct store_op){.kind = STORE_PUT_ROUTE, .route = &routes[i]});
    world_restart(world);
    struct seen *seen = see(world);
    assert_int_equal(seen->provider_count, 1);
    assert_providers_equal(&seen->providers[0], &provider);
    assert_int_equal(seen->route_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_routes_equal(&seen->routes[i], &routes[i]);

    routes[0].chain[0].v = 9;
    write_ok(world, (struct store_op){.kind = STORE_PUT_ROUTE, .route = &routes[0]});
    write_ok(world, (struct store_op){.kind = STORE_DELETE_ROUTE, .destination = SLICE("GB")});
    write_ok(world, (struct store_op){.kind = STORE_DELETE_PROVIDER, .provider_id = provider.id});
    struct store_op missing[] = {
        {.kind = STORE_DELETE_ROUTE, .destination = SLICE("GB")},
        {.kind = STORE_DELETE_PROVIDER, .provider_id = provider.id},
    };
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(world_write(world, &missing[i]), ERR_NOT_FOUND);
    seen = see(world);
    assert_int_equal(seen->provider_count, 0);
    assert_int_equal(seen->route_count, 2);
    assert_routes_equal(&seen->routes[0], &routes[0]);
}

static void parked_receipts_wait_oldest_first(void **state)
{
    struct world *world = *state;
    struct parked_receipt parked[3];
    for (size_t i = 0; i < 3; i++) {
        parked[i] = (struct parked_receipt){.id = world_id(world),
                                            .provider = {2},
                                            .state = RECEIPT_UNDELIVERABLE,
                                            .at_ms = world->now_ms,
                                            .carrier_id = SLICE("00\xff-Ab"),
                                            .error = SLICE("000")};
        write_ok(world, (struct store_op){.kind = STORE_PARK, .park = &parked[i]});
    }
    world_restart(world);
    struct seen *seen = see(world);
    assert_int_equal(seen->parked_count, 3);
    for (size_t i = 0; i < 3; i++)
        assert_parked_equal(&seen->parked[i], &parked[i]);
    write_ok(world, (struct store_op){.kind = STORE_UNPARK, .unpark = parked[1].id});
    struct store_op again = {.kind = STORE_UNPARK, .unpark = parked[1].id};
    assert_int_equal(world_write(world, &again), ERR_NOT_FOUND);
    seen = see(world);
    assert_int_equal(seen->parked_count, 2);
    assert_parked_equal(&seen->parked[1], &parked[2]);
}

static void a_visit_gives_every_row_of_a_large_catalogue_once(void **state)
{
    struct world *world = *state;
    struct account_id ids[MANY];
    for (size_t i = 0; i < MANY; i++)
        ids[i] = world_account(world, 0);
    struct seen *seen = see(world);
    assert_int_equal(seen->account_count, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(seen->accounts[i].id.v, ids[i].v);
    struct store_visitor nobody = {0};
    assert_int_equal(store_visit(world->reader, &nobody), ERR_OK);
}

static void meta_values_are_bytes_by_name(void **state)
{
    struct world *world = *state;
    struct slice value = SLICE("untouched");
    assert_int_equal(store_meta(world->reader, SLICE("secret"), &world->arena, &value),
                     ERR_NOT_FOUND);
    assert_slices_equal(value, SLICE("untouched"));
    static const struct slice values[] = {SLICE("\0\xff\x01 binary"), SLICE(""), SLICE("third")};
    for (size_t i = 0; i < 3; i++) {
        write_ok(world,
                 (struct store_op){.kind = STORE_PUT_META, .meta = {SLICE("secret"), values[i]}});
        write_ok(world,
                 (struct store_op){.kind = STORE_PUT_META, .meta = {SLICE("other"), SLICE("x")}});
        world_restart(world);
        assert_int_equal(store_meta(world->reader, SLICE("secret"), &world->arena, &value), ERR_OK);
        assert_slices_equal(value, values[i]);
    }
}

/* What a core does at its start. */
static void assert_last_ids(struct world *world, uint64_t key, uint64_t recipient)
{
    for (int round = 0; round < 2; round++, world_restart(world)) {
        uint64_t got_key = 1, got_recipient = 1;
        assert_int_equal(store_last_ids(world->reader, &got_key, &got_recipient), ERR_OK);
        assert_int_equal(got_key, key);
        assert_int_equal(got_recipient, recipient);
    }
}

static void the_largest_ids_survive_a_restart_and_their_rows(void **state)
{
    struct world *world = *state;
    assert_last_ids(world, 0, 0);
    struct account_id account = world_account(world, 10);
    assert_last_ids(world, world->ids.last, 0);

    struct sent sent = world_sent(world, account, 1);
    write_ok(world, accept_op(&sent, true));
    assert_last_ids(world, sent.ledger.v, sent.recipient.id.v);
    struct sent free_one = world_sent(world, account, 0);
    write_ok(world, accept_op(&free_one, false));
    assert_last_ids(world, free_one.message.id.v, free_one.recipient.id.v);

    struct inbound inbound = {.id = {world_id(world)}, .account = account};
    write_ok(world, (struct store_op){.kind = STORE_INBOUND, .inbound = &inbound});
    assert_last_ids(world, inbound.id.v, free_one.recipient.id.v);

    struct key key = {.id = {world_id(world)}, .account = account};
    write_ok(world, (struct store_op){.kind = STORE_PUT_KEY, .key = &key});
    assert_last_ids(world, key.id.v, free_one.recipient.id.v);
    write_ok(world, (struct store_op){.kind = STORE_DELETE_KEY, .key_id = key.id});
    assert_last_ids(world, key.id.v, free_one.recipient.id.v);

    struct parked_receipt parked[] = {{.id = world_id(world)}, {.id = world_id(world)}};
    for (size_t i = 0; i < 2; i++)
        write_ok(world, (struct store_op){.kind = STORE_PARK, .park = &parked[i]});
    assert_last_ids(world, parked[1].id, free_one.recipient.id.v);
    for (size_t i = 2; i-- > 0;)
        write_ok(world, (struct store_op){.kind = STORE_UNPARK, .unpark = parked[i].id});
    assert_last_ids(world, parked[1].id, free_one.recipient.id.v);
}

struct contract_tests contract_catalog(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(accounts_and_keys_come_back_as_they_were_put),
        CONTRACT_TEST(changing_an_account_leaves_its_money_alone),
        CONTRACT_TEST(shortcodes_come_back_and_go_by_their_word),
        CONTRACT_TEST(providers_and_routes_come_back_as_they_were_put),
        CONTRACT_TEST(parked_receipts_wait_oldest_first),
        CONTRACT_TEST(a_visit_gives_every_row_of_a_large_catalogue_once),
        CONTRACT_TEST(meta_values_are_bytes_by_name),
        CONTRACT_TEST(the_largest_ids_survive_a_restart_and_their_rows),
    };
    return CONTRACT_TESTS(tests);
}
