#include "contract.h"

#include <stdio.h>

/* What a visit gave, in its order. */
struct given {
    struct sender senders[4];
    struct template templates[4];
    struct plan_terms plans[8];
    struct rate rates[8];
    struct block blocks[8];
    uint64_t replays[8];
    size_t sender_count, template_count, webhook_count, plan_count, rate_count, block_count;
    size_t replay_count;
};

static void give_sender(void *user, const struct sender *sender)
{
    struct given *given = user;
    given->senders[given->sender_count++] = *sender;
}
static void give_template(void *user, const struct template *template)
{
    struct given *given = user;
    given->templates[given->template_count++] = *template;
}
static void give_webhook(void *user, const struct webhook *webhook)
{
    struct given *given = user;
    given->webhook_count += webhook->number;
}
static void give_plan(void *user, const struct plan_terms *plan)
{
    struct given *given = user;
    given->plans[given->plan_count++] = *plan;
}
static void give_rate(void *user, const struct rate *rate)
{
    struct given *given = user;
    given->rates[given->rate_count++] = *rate;
}
static void give_block(void *user, const struct block *block)
{
    struct given *given = user;
    given->blocks[given->block_count++] = *block;
}
static void give_replay(void *user, const struct replay *replay)
{
    struct given *given = user;
    given->replays[given->replay_count++] = replay->id;
}

static struct given *visit(struct world *world)
{
    struct given *given = ARENA_NEW(&world->arena, struct given);
    struct store_visitor visitor = {
        .user = given,
        .sender = give_sender,
        .template = give_template,
        .webhook = give_webhook,
        .plan = give_plan,
        .rate = give_rate,
        .block = give_block,
        .replay = give_replay,
    };
    assert_int_equal(store_visit(world->reader, &visitor), ERR_OK);
    return given;
}

static void assert_senders_equal(const struct sender *a, const struct sender *b)
{
    assert_int_equal(a->id.v, b->id.v);
    assert_int_equal(a->account.v, b->account.v);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->dnd, b->dnd);
    assert_int_equal(a->shared, b->shared);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->countries, b->countries);
    assert_slices_equal(a->papers.registered_entity, b->papers.registered_entity);
    assert_slices_equal(a->papers.registration_doc_url, b->papers.registration_doc_url);
    assert_slices_equal(a->papers.use_case, b->papers.use_case);
    assert_slices_equal(a->papers.sample_message, b->papers.sample_message);
    assert_slices_equal(a->papers.notes, b->papers.notes);
    assert_slices_equal(a->papers.rejection_reason, b->papers.rejection_reason);
}

static void senders_come_back_with_their_papers(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    struct sender ours = {.id = {world_id(world)},
                          .account = account,
                          .created_at_ms = world->now_ms,
                          .status = SENDER_REJECTED,
                          .dnd = true,
                          .name = "ACME",
                          .countries = "NG,GH",
                          .papers = {SLICE("Acme Ltd"), SLICE("https://d"), SLICE("codes"),
                                     SLICE("Your code is 1"), SLICE("n\xc3\xb6te"),
                                     SLICE("impersonates a bank")}};
    struct sender all = {.id = {world_id(world)}, .shared = true, .name = "GODWIT"};
    write_ok(world, (struct store_op){.kind = STORE_PUT_SENDER, .sender = &ours});
    write_ok(world, (struct store_op){.kind = STORE_PUT_SENDER, .sender = &all});
    world_restart(world);
    struct sender *page, one;
    size_t count;
    assert_int_equal(store_senders(world->reader, account, &world->arena, &page, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_senders_equal(&page[0], &ours);
    assert_int_equal(
        store_senders(world->reader, (struct account_id){0}, &world->arena, &page, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_senders_equal(&page[1], &all);
    assert_int_equal(store_sender(world->reader, ours.id, &world->arena, &one), ERR_OK);
    assert_senders_equal(&one, &ours);
    assert_int_equal(store_sender(world->reader, (struct sender_id){1}, &world->arena, &one),
                     ERR_NOT_FOUND);
    ours.status = SENDER_ACTIVE;
    ours.papers.notes = SLICE("");
    write_ok(world, (struct store_op){.kind = STORE_PUT_SENDER, .sender = &ours});
    struct given *given = visit(world);
    assert_int_equal(given->sender_count, 2);
    assert_int_equal(given->senders[0].status, SENDER_ACTIVE);
    assert_string_equal(given->senders[1].name, "GODWIT");
}

static void templates_come_back_and_go(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    struct template template = {.id = {world_id(world)},
                                .account = account,
                                .created_at_ms = world->now_ms,
                                .number = 4,
                                .name = "Ride arriving",
                                .slug = "ride-arriving-2",
                                .body = SLICE("Hi {{.name}}, {{.eta}} min")};
    write_ok(world, (struct store_op){.kind = STORE_PUT_TEMPLATE, .template = &template});
    world_restart(world);
    struct template *page;
    size_t count;
    assert_int_equal(store_templates(world->reader, account, &world->arena, &page, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(page[0].id.v, template.id.v);
    assert_int_equal(page[0].account.v, account.v);
    assert_int_equal(page[0].created_at_ms, template.created_at_ms);
    assert_int_equal(page[0].number, 4);
    assert_string_equal(page[0].name, template.name);
    assert_string_equal(page[0].slug, template.slug);
    assert_slices_equal(page[0].body, template.body);
    assert_int_equal(
        store_templates(world->reader, (struct account_id){5}, &world->arena, &page, &count),
        ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(visit(world)->template_count, 1);
    struct store_op op = {.kind = STORE_DELETE_TEMPLATE, .template_id = template.id};
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(world_write(world, &op), ERR_NOT_FOUND);
    assert_int_equal(visit(world)->template_count, 0);
    uint64_t key, recipient;
    assert_int_equal(store_last_ids(world->reader, &key, &recipient), ERR_OK);
    assert_int_equal(key, template.id.v);
}

static void plans_rates_and_blocks_are_found_by_what_they_are_of(void **state)
{
    struct world *world = *state;
    for (int plan = 0; plan < PLAN_COUNT; plan++) {
        struct plan_terms terms = {(enum plan)plan, 100 - plan};
        struct rate rate = {(enum plan)plan, "GH", "GHS", 10 + plan};
        write_ok(world, (struct store_op){.kind = STORE_PUT_PLAN, .plan = &terms});
        write_ok(world, (struct store_op){.kind = STORE_PUT_RATE, .rate = &rate});
    }
    struct plan_terms pro = {PLAN_PRO, INT64_MAX};
    struct rate none = {PLAN_PRO, "NG", "NGN", 0};
    struct block blocks[] = {{2348031112222, {0}, false},
                             {2348031112222, {UINT64_MAX / 2}, true},
                             {447700900000, {0}, true}};
    write_ok(world, (struct store_op){.kind = STORE_PUT_PLAN, .plan = &pro});
    write_ok(world, (struct store_op){.kind = STORE_PUT_RATE, .rate = &none});
    for (size_t i = 0; i < 3; i++)
        write_ok(world, (struct store_op){.kind = STORE_PUT_BLOCK, .block = &blocks[i]});
    world_restart(world);

    struct given *given = visit(world);
    assert_int_equal(given->plan_count, PLAN_COUNT);
    for (size_t i = 0; i < PLAN_COUNT; i++)
        assert_int_equal(given->plans[i].quota,
                         given->plans[i].plan == PLAN_PRO ? INT64_MAX : 100 - given->plans[i].plan);
    assert_int_equal(given->rate_count, PLAN_COUNT + 1);
    for (size_t i = 0; i < given->rate_count; i++) {
        bool ghana = given->rates[i].country[0] == 'G';
        assert_string_equal(given->rates[i].country, ghana ? "GH" : "NG");
        assert_string_equal(given->rates[i].currency, ghana ? "GHS" : "NGN");
        assert_int_equal(given->rates[i].amount, ghana ? 10 + (int)given->rates[i].plan : 0);
    }
    assert_int_equal(given->block_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(given->blocks[i].number, blocks[i].number);
        assert_int_equal(given->blocks[i].account.v, blocks[i].account.v);
        assert_int_equal(given->blocks[i].dnd, blocks[i].dnd);
    }
    struct store_op gone[] = {{.kind = STORE_DELETE_RATE, .rate = &none},
                              {.kind = STORE_DELETE_RATE, .rate = &none},
                              {.kind = STORE_DELETE_BLOCK, .block = &blocks[1]},
                              {.kind = STORE_DELETE_BLOCK, .block = &blocks[1]}};
    assert_int_equal(store_write(world->store, gone, 4), ERR_OK);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(gone[i].result, i % 2 ? ERR_NOT_FOUND : ERR_OK);
    given = visit(world);
    assert_int_equal(given->rate_count, PLAN_COUNT);
    assert_int_equal(given->block_count, 2);
    assert_int_equal(given->blocks[0].account.v, 0);
}

static void what_was_answered_is_remembered(void **state)
{
    struct world *world = *state;
    struct replay row = {.id = world_id(world),
                         .account = {42},
                         .endpoint = 7,
                         .status = 402,
                         .key = SLICE("order-1"),
                         .body = SLICE("{\"a\":\0"
                                       "1}")};
    struct store_op op = {.kind = STORE_REPLAY, .replay = {.row = row}};
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(world_write(world, &op), ERR_ALREADY_EXISTS);
    world_restart(world);
    struct replay got;
    assert_int_equal(store_replay(world->reader, row.id, &world->arena, &got), ERR_OK);
    assert_int_equal(got.id, row.id);
    assert_int_equal(got.account.v, 42);
    assert_int_equal(got.endpoint, 7);
    assert_int_equal(got.status, 402);
    assert_slices_equal(got.key, row.key);
    assert_slices_equal(got.body, row.body);
    assert_int_equal(store_replay(world->reader, 9, &world->arena, &got), ERR_NOT_FOUND);
}

/* The outcomes are written as they are behind the sends of the same group. */
static void a_batch_is_remembered_as_it_came_out(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 5);
    struct sent sent[3];
    struct outcome outcomes[4] = {0};
    const struct outcome *told[4];
    struct store_op ops[4];
    for (size_t i = 0; i < 3; i++) {
        sent[i] = world_sent(world, account, 2);
        outcomes[i] = (struct outcome){.message = sent[i].message.id};
        ops[i] = accept_op(&sent[i], false);
        ops[i].accept.told = &outcomes[i].err;
        ops[i].accept.told_message = &outcomes[i].message.v;
    }
    outcomes[3] = (struct outcome){.fault = 9, .problem = SLICE("no such number")};
    ops[3] = (struct store_op){.kind = STORE_REPLAY,
                               .replay = {.row = {.id = world_id(world), .key = SLICE("k")},
                                          .outcomes = told,
                                          .outcome_count = 4}};
    for (size_t i = 0; i < 4; i++)
        told[i] = &outcomes[i];
    assert_int_equal(store_write(world->store, ops, 4), ERR_OK);
    world_restart(world);
    struct replay got;
    assert_int_equal(store_replay(world->reader, ops[3].replay.row.id, &world->arena, &got),
                     ERR_OK);
    struct outcome *back;
    size_t count;
    assert_true(outcomes_read(got.body, &world->arena, &back, &count));
    assert_int_equal(count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(back[i].message.v, i < 2 ? sent[i].message.id.v : 0);
        assert_int_equal(back[i].err, i == 2 ? ERR_NO_CREDIT : ERR_OK);
        assert_int_equal(back[i].fault, i == 3 ? 9 : 0);
        assert_slices_equal(back[i].problem, i == 3 ? SLICE("no such number") : SLICE(""));
    }
}

static void old_replays_are_forgotten_some_at_a_time(void **state)
{
    struct world *world = *state;
    enum { MANY = 4100, GROUP = 410 };
    struct store_op *ops = ARENA_ARRAY(&world->arena, struct store_op, GROUP);
    uint64_t middle = 0, last = 0;
    for (size_t i = 0; i < MANY; i += GROUP) {
        for (size_t j = 0; j < GROUP; j++) {
            last = world_id(world);
            ops[j] = (struct store_op){.kind = STORE_REPLAY,
                                       .replay.row = {.id = last, .key = SLICE("k")}};
            if (i + j == MANY - 3) middle = last;
        }
        assert_int_equal(store_write(world->store, ops, GROUP), ERR_OK);
    }
    write_ok(world, (struct store_op){.kind = STORE_FORGET_REPLAYS, .forget_replays = 0});
    struct replay got;
    assert_int_equal(store_replay(world->reader, middle, &world->arena, &got), ERR_OK);
    write_ok(world, (struct store_op){.kind = STORE_FORGET_REPLAYS, .forget_replays = middle});
    world_restart(world);
    /* 4,096 of 4,098. */
    struct given *given = visit(world);
    assert_int_equal(given->replay_count, 4);
    assert_int_equal(given->replays[1], middle);
    assert_int_equal(given->replays[3], last);
    write_ok(world, (struct store_op){.kind = STORE_FORGET_REPLAYS, .forget_replays = middle});
    given = visit(world);
    assert_int_equal(given->replay_count, 2);
    write_ok(world, (struct store_op){.kind = STORE_FORGET_REPLAYS, .forget_replays = last});
    world_restart(world);
    assert_int_equal(visit(world)->replay_count, 0);
    uint64_t key, recipient;
    assert_int_equal(store_last_ids(world->reader, &key, &recipient), ERR_OK);
    assert_int_equal(key, last);
}

static void assert_same_provider(void *user, const struct provider *got)
{
    assert_providers_equal(got, user);
}

static void a_providers_profile_is_kept_whole(void **state)
{
    struct world *world = *state;
    char text[PROFILE_MAX_SIZE];
    memset(text, 'p', sizeof text);
    struct provider provider = {
        .id = {3}, .kind = PROVIDER_HTTP, .name = "beem", .profile = slice_of(text, sizeof text)};
    write_ok(world, (struct store_op){.kind = STORE_PUT_PROVIDER, .provider = &provider});
    world_restart(world);
    struct store_visitor visitor = {.user = &provider, .provider = assert_same_provider};
    assert_int_equal(store_visit(world->reader, &visitor), ERR_OK);
}

struct contract_tests contract_kept(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(senders_come_back_with_their_papers),
        CONTRACT_TEST(templates_come_back_and_go),
        CONTRACT_TEST(plans_rates_and_blocks_are_found_by_what_they_are_of),
        CONTRACT_TEST(what_was_answered_is_remembered),
        CONTRACT_TEST(a_batch_is_remembered_as_it_came_out),
        CONTRACT_TEST(old_replays_are_forgotten_some_at_a_time),
        CONTRACT_TEST(a_providers_profile_is_kept_whole),
    };
    return CONTRACT_TESTS(tests);
}
