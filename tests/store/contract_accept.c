#include "contract.h"

#include "store/memory.h"

static void an_accepted_message_is_there_whole(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 100);
    struct sent sent = world_sent(world, account, 3);
    sent.message.refund = REFUND_NOT_TAKEN | REFUND_CANCELLED;
    struct store_op op = accept_op(&sent, true);
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(op.available, 97);
    assert_int_equal(op.state_before, RECIPIENT_NEW);
    assert_int_equal(op.state_after, RECIPIENT_QUEUED);

    for (int round = 0; round < 2; round++, world_restart(world)) {
        struct store_recipient got = world_recipient(world, sent.recipient.id);
        assert_messages_equal(&got.message, &sent.message);
        assert_recipients_equal(&got.recipient, &sent.recipient);
        assert_int_equal(got.attempt_count, 1);
        assert_attempts_equal(&got.attempts[0], &sent.attempt);
        struct message message;
        assert_int_equal(store_message(world->reader, sent.message.id, &world->arena, &message),
                         ERR_OK);
        assert_messages_equal(&message, &sent.message);

        struct balance balance = world_balance(world, account, ASSET_CREDIT);
        assert_int_equal(balance.available, 97);
        assert_int_equal(balance.spent, 3);
        struct ledger_entry *entries;
        size_t count;
        assert_int_equal(store_ledger_page(world->reader, account, (struct ledger_id){0},
                                           &world->arena, 10, &entries, &count),
                         ERR_OK);
        assert_int_equal(count, 2);
        struct ledger_entry charge = {.id = sent.ledger,
                                      .account = account,
                                      .asset = ASSET_CREDIT,
                                      .kind = LEDGER_CHARGE,
                                      .amount = -3,
                                      .available = 97,
                                      .message = sent.message.id};
        assert_entries_equal(&entries[0], &charge);
    }
}

static void a_message_beyond_the_balance_leaves_nothing(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 2);
    struct sent sent = world_sent(world, account, 3);
    struct store_op op = accept_op(&sent, true);
    assert_int_equal(world_write(world, &op), ERR_NO_CREDIT);
    assert_int_equal(op.available, 2);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 2);
    struct message message;
    struct attempt attempt;
    struct store_recipient recipient;
    assert_int_equal(store_message(world->reader, sent.message.id, &world->arena, &message),
                     ERR_NOT_FOUND);
    assert_int_equal(store_recipient(world->reader, sent.recipient.id, &world->arena, &recipient),
                     ERR_NOT_FOUND);
    assert_int_equal(store_attempt(world->reader, sent.attempt.id, &attempt), ERR_NOT_FOUND);
    struct message *messages;
    size_t count;
    assert_int_equal(store_message_page(world->reader, account, (struct message_id){0},
                                        &world->arena, 10, &messages, &count),
                     ERR_OK);
    assert_int_equal(count, 0);
}

static void the_last_credit_buys_one_of_two_sends_in_the_same_group(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 5);
    struct sent first = world_sent(world, account, 3), second = world_sent(world, account, 3),
                third = world_sent(world, account, 2);
    struct store_op ops[] = {accept_op(&first, false), accept_op(&second, false),
                             accept_op(&third, false)};
    assert_int_equal(store_write(world->store, ops, 3), ERR_OK);
    assert_int_equal(ops[0].result, ERR_OK);
    assert_int_equal(ops[1].result, ERR_NO_CREDIT);
    assert_int_equal(ops[2].result, ERR_OK);
    assert_int_equal(ops[0].available, 2);
    assert_int_equal(ops[1].available, 2);
    assert_int_equal(ops[2].available, 0);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).spent, 5);
}

static void a_grant_pays_for_the_send_behind_it_in_the_group(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    struct sent before = world_sent(world, account, 4), after = world_sent(world, account, 4);
    struct store_op ops[] = {
        accept_op(&before, false),
        {.kind = STORE_LEDGER,
         .ledger = {{world_id(world)}, account, ASSET_CREDIT, LEDGER_GRANT, 4}},
        accept_op(&after, false),
    };
    assert_int_equal(store_write(world->store, ops, 3), ERR_OK);
    assert_int_equal(ops[0].result, ERR_NO_CREDIT);
    assert_int_equal(ops[1].result, ERR_OK);
    assert_int_equal(ops[1].available, 4);
    assert_int_equal(ops[2].result, ERR_OK);
    assert_int_equal(ops[2].available, 0);
}

static void a_free_message_touches_no_money_and_needs_no_account(void **state)
{
    struct world *world = *state;
    struct sent own = world_sent(world, (struct account_id){0}, 0);
    own.message.dialect = DIALECT_NONE;
    struct store_op op = accept_op(&own, false);
    assert_int_equal(world_write(world, &op), ERR_OK);
    struct message *messages;
    struct ledger_entry *entries;
    size_t count;
    assert_int_equal(store_message_page(world->reader, (struct account_id){0},
                                        (struct message_id){0}, &world->arena, 10, &messages,
                                        &count),
                     ERR_OK);
    assert_int_equal(count, 1);
    assert_messages_equal(&messages[0], &own.message);
    assert_int_equal(store_ledger_page(world->reader, (struct account_id){0}, (struct ledger_id){0},
                                       &world->arena, 10, &entries, &count),
                     ERR_OK);
    assert_int_equal(count, 0);

    struct sent priced = world_sent(world, (struct account_id){0}, 1);
    op = accept_op(&priced, false);
    assert_int_equal(world_write(world, &op), ERR_NO_CREDIT);
}

static void a_message_comes_once(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 10);
    struct sent sent = world_sent(world, account, 1);
    struct store_op op = accept_op(&sent, false);
    assert_int_equal(world_write(world, &op), ERR_OK);
    op = accept_op(&sent, false);
    assert_int_equal(world_write(world, &op), ERR_ALREADY_EXISTS);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 9);
}

static void what_fails_at_birth_is_refunded_at_once_if_its_policy_says_so(void **state)
{
    static const struct {
        unsigned refund;
        enum recipient_state birth;
        bool refunded;
    } rows[] = {
        {REFUND_NEVER, RECIPIENT_FAILED, false},
        {REFUND_NOT_TAKEN, RECIPIENT_FAILED, true},
        {REFUND_NOT_TAKEN | REFUND_CANCELLED, RECIPIENT_FAILED, true},
        {REFUND_FAILED | REFUND_CANCELLED, RECIPIENT_FAILED, false},
        {REFUND_NOT_TAKEN, RECIPIENT_REJECTED, true},
        {REFUND_NOT_TAKEN, RECIPIENT_DELIVERED, false},
        {REFUND_NOT_TAKEN, RECIPIENT_QUEUED, false},
    };
    struct world *world = *state;
    struct account_id account = world_account(world, 1000);
    int64_t available = 1000;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sent sent = world_sent(world, account, 7);
        sent.message.refund = rows[i].refund;
        sent.recipient.state = rows[i].birth;
        struct store_op op = accept_op(&sent, false);
        assert_int_equal(world_write(world, &op), ERR_OK);
        assert_int_equal(op.state_after, rows[i].birth);
        if (!rows[i].refunded) available -= 7;
        assert_int_equal(op.available, available);
        struct ledger_entry *entries;
        size_t count;
        assert_int_equal(store_ledger_page(world->reader, account, (struct ledger_id){0},
                                           &world->arena, 2, &entries, &count),
                         ERR_OK);
        assert_int_equal(count, 2);
        assert_int_equal(entries[0].kind, rows[i].refunded ? LEDGER_REFUND : LEDGER_CHARGE);
        assert_int_equal(entries[0].amount, rows[i].refunded ? 7 : -7);
        assert_int_equal(entries[0].message.v, sent.message.id.v);
        assert_int_equal(entries[0].id.v, rows[i].refunded ? sent.keys.refund.v : sent.ledger.v);
    }
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, available);
}

static void every_kind_of_entry_moves_its_own_asset(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 100);
    static const struct {
        enum asset asset;
        enum ledger_kind kind;
        int64_t amount, shown;
        enum err result;
        int64_t available;
    } rows[] = {
        {ASSET_NGN, LEDGER_GRANT, 50, 50, ERR_OK, 50},
        {ASSET_NGN, LEDGER_HOLD, 30, -30, ERR_OK, 20},
        {ASSET_NGN, LEDGER_CHARGE, 21, 0, ERR_NO_CREDIT, 20},
        {ASSET_NGN, LEDGER_CAPTURE, 10, 10, ERR_OK, 20},
        {ASSET_NGN, LEDGER_CAPTURE, 21, 0, ERR_NO_CREDIT, 20},
        {ASSET_NGN, LEDGER_RELEASE, 20, 20, ERR_OK, 40},
        {ASSET_NGN, LEDGER_RELEASE, 1, 0, ERR_NO_CREDIT, 40},
        {ASSET_NGN, LEDGER_EXPIRE, 5, -5, ERR_OK, 35},
        {ASSET_NGN, LEDGER_REFUND, 2, 2, ERR_OK, 37},
        {ASSET_NGN, LEDGER_GRANT, -37, -37, ERR_OK, 0},
        {ASSET_NGN, LEDGER_GRANT, -1, 0, ERR_NO_CREDIT, 0},
        {ASSET_NGN, LEDGER_GRANT, 0, 0, ERR_INVALID, 0},
        {ASSET_NGN, LEDGER_CHARGE, -1, 0, ERR_INVALID, 0},
        {ASSET_CREDIT, LEDGER_CHARGE, 100, -100, ERR_OK, 0},
        {ASSET_QUOTA, LEDGER_GRANT, INT64_MAX, INT64_MAX, ERR_OK, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct store_op op = {
            .kind = STORE_LEDGER,
            .ledger = {{world_id(world)}, account, rows[i].asset, rows[i].kind, rows[i].amount}};
        assert_int_equal(world_write(world, &op), rows[i].result);
        if (rows[i].result != ERR_INVALID) assert_int_equal(op.available, rows[i].available);
        assert_int_equal(world_balance(world, account, rows[i].asset).available, rows[i].available);
        if (rows[i].result) continue;
        struct ledger_entry *entries;
        size_t count;
        assert_int_equal(store_ledger_page(world->reader, account, (struct ledger_id){0},
                                           &world->arena, 1, &entries, &count),
                         ERR_OK);
        assert_int_equal(entries[0].id.v, op.ledger.id.v);
        assert_int_equal(entries[0].kind, rows[i].kind);
        assert_int_equal(entries[0].amount, rows[i].shown);
        assert_int_equal(entries[0].message.v, 0);
    }
    world_restart(world);
    assert_int_equal(world_balance(world, account, ASSET_NGN).available, 0);
    assert_int_equal(world_balance(world, account, ASSET_QUOTA).granted, INT64_MAX);
}

static void an_account_that_is_not_there_owns_nothing(void **state)
{
    struct world *world = *state;
    struct store_op op = {.kind = STORE_LEDGER,
                          .ledger = {{world_id(world)}, {12345}, ASSET_CREDIT, LEDGER_GRANT, 5}};
    assert_int_equal(world_write(world, &op), ERR_NOT_FOUND);
    struct balance balance;
    assert_int_equal(
        store_balance(world->reader, (struct account_id){12345}, ASSET_CREDIT, &balance),
        ERR_NOT_FOUND);
    struct account_id account = world_account(world, 0);
    balance = world_balance(world, account, ASSET_QUOTA);
    assert_int_equal(balance.granted, 0);
}

static void a_group_that_cannot_commit_leaves_no_trace_and_the_next_one_can(void **state)
{
    struct world *world = *state;
    if (world->keeps_file) return; /* the same with injected faults in test_sqlite_faults.c */
    struct account_id account = world_account(world, 10);
    struct sent kept = world_sent(world, account, 1), lost = world_sent(world, account, 2);
    struct store_op op = accept_op(&kept, true);
    assert_int_equal(world_write(world, &op), ERR_OK);

    memory_fail_write(world->store, 2);
    struct store_op ops[] = {
        answer_op(world, kept.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT),
        accept_op(&lost, true),
        {.kind = STORE_PUT_META, .meta = {SLICE("color"), SLICE("blue")}},
    };
    struct store_op first = {.kind = STORE_PUT_META, .meta = {SLICE("color"), SLICE("red")}};
    assert_int_equal(world_write(world, &first), ERR_OK);
    assert_int_equal(store_write(world->store, ops, 3), ERR_STORE_UNAVAILABLE);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ops[i].result, ERR_STORE_UNAVAILABLE);
    assert_int_equal(world_state(world, kept.recipient.id), RECIPIENT_QUEUED);
    assert_int_equal(world_attempt(world, kept.attempt.id).state, ATTEMPT_INTENT);
    struct message message;
    assert_int_equal(store_message(world->reader, lost.message.id, &world->arena, &message),
                     ERR_NOT_FOUND);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 9);
    struct slice color;
    assert_int_equal(store_meta(world->reader, SLICE("color"), &world->arena, &color), ERR_OK);
    assert_slices_equal(color, SLICE("red"));

    assert_int_equal(store_write(world->store, ops, 3), ERR_OK);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(ops[i].result, ERR_OK);
    assert_int_equal(world_state(world, kept.recipient.id), RECIPIENT_SENT);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 7);
}

static void an_empty_group_is_nothing(void **state)
{
    struct world *world = *state;
    assert_int_equal(store_write(world->store, NULL, 0), ERR_OK);
}

struct contract_tests contract_accept(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(an_accepted_message_is_there_whole),
        CONTRACT_TEST(a_message_beyond_the_balance_leaves_nothing),
        CONTRACT_TEST(the_last_credit_buys_one_of_two_sends_in_the_same_group),
        CONTRACT_TEST(a_grant_pays_for_the_send_behind_it_in_the_group),
        CONTRACT_TEST(a_free_message_touches_no_money_and_needs_no_account),
        CONTRACT_TEST(a_message_comes_once),
        CONTRACT_TEST(what_fails_at_birth_is_refunded_at_once_if_its_policy_says_so),
        CONTRACT_TEST(every_kind_of_entry_moves_its_own_asset),
        CONTRACT_TEST(an_account_that_is_not_there_owns_nothing),
        CONTRACT_TEST(a_group_that_cannot_commit_leaves_no_trace_and_the_next_one_can),
        CONTRACT_TEST(an_empty_group_is_nothing),
    };
    return CONTRACT_TESTS(tests);
}
