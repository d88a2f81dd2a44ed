#include "contract.h"

static void grant(struct world *world, struct account_id account, enum asset asset, int64_t amount)
{
    if (amount == 0) return;
    write_ok(world, (struct store_op){
                        .kind = STORE_LEDGER,
                        .ledger = {{world_id(world)}, account, asset, LEDGER_GRANT, amount}});
}

/* An account with money and a quota of this month. */
static struct account_id account_with(struct world *world, int64_t credit, int64_t quota)
{
    struct account_id account = world_account(world, credit);
    grant(world, account, ASSET_QUOTA, quota);
    return account;
}

/* Two segments at 4 each, priced as if the quota had nothing. */
static struct store_op by_plan(struct world *world, struct account_id account, struct sent *sent)
{
    *sent = world_sent(world, account, 8);
    struct store_op op = accept_op(sent, false);
    op.accept.quota_rate = 4;
    return op;
}

static void the_quota_pays_its_segments_and_the_wallet_the_rest(void **state)
{
    struct world *world = *state;
    static const struct {
        int64_t quota, credit;
        enum err result;
        int64_t paid_quota, paid;
    } rows[] = {
        {0, 8, ERR_OK, 0, 8},        {0, 7, ERR_NO_CREDIT, 0, 0}, {1, 4, ERR_OK, 1, 4},
        {1, 3, ERR_NO_CREDIT, 0, 0}, {2, 0, ERR_OK, 2, 0},        {9, 9, ERR_OK, 2, 0},
        {1, 100, ERR_OK, 1, 4},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct account_id account = account_with(world, rows[i].credit, rows[i].quota);
        struct sent sent;
        struct store_op op = by_plan(world, account, &sent);
        enum err told = ERR_COUNT;
        uint64_t told_message = sent.message.id.v;
        op.accept.told = &told;
        op.accept.told_message = &told_message;
        assert_int_equal(world_write(world, &op), rows[i].result);
        assert_int_equal(told, rows[i].result);
        assert_int_equal(told_message, rows[i].result ? 0 : sent.message.id.v);
        assert_int_equal(op.available, rows[i].credit - rows[i].paid);
        world_restart(world);
        assert_int_equal(world_balance(world, account, ASSET_QUOTA).available,
                         rows[i].quota - rows[i].paid_quota);
        assert_int_equal(world_balance(world, account, ASSET_CREDIT).available,
                         rows[i].credit - rows[i].paid);
        struct message message;
        enum err err = store_message(world->reader, sent.message.id, &world->arena, &message);
        assert_int_equal(err, rows[i].result ? ERR_NOT_FOUND : ERR_OK);
        if (err) {
            assert_int_equal(sent.message.price, 8);
            assert_int_equal(sent.message.quota, 0);
            continue;
        }
        assert_int_equal(sent.message.price, rows[i].paid);
        assert_int_equal(sent.message.quota, rows[i].paid_quota);
        assert_messages_equal(&message, &sent.message);
    }
}

static void both_charges_stand_in_the_order_of_their_ids(void **state)
{
    struct world *world = *state;
    for (int swapped = 0; swapped < 2; swapped++) {
        struct account_id account = account_with(world, 4, 1);
        struct sent sent;
        struct store_op op = by_plan(world, account, &sent);
        if (swapped) {
            op.accept.ledger = sent.quota_ledger;
            op.accept.quota_ledger = sent.ledger;
        }
        assert_int_equal(world_write(world, &op), ERR_OK);
        uint64_t before = 0;
        for (size_t i = 0; i < 2; i++) {
            struct ledger_entry *entry;
            size_t count;
            assert_int_equal(store_ledger_page(world->reader, account, (struct ledger_id){before},
                                               &world->arena, 1, &entry, &count),
                             ERR_OK);
            assert_int_equal(count, 1);
            bool of_quota = entry->id.v == op.accept.quota_ledger.v;
            struct ledger_entry charge = {
                .id = of_quota ? op.accept.quota_ledger : op.accept.ledger,
                .account = account,
                .asset = of_quota ? ASSET_QUOTA : ASSET_CREDIT,
                .kind = LEDGER_CHARGE,
                .amount = of_quota ? -1 : -4,
                .message = sent.message.id,
            };
            assert_entries_equal(entry, &charge);
            assert_true(before == 0 || entry->id.v < before);
            before = entry->id.v;
        }
    }
}

static struct store_op month_op(struct world *world, struct account_id account, uint32_t month,
                                int64_t quota)
{
    return (struct store_op){
        .kind = STORE_QUOTA,
        .quota = {account, month, quota, {world_id(world)}, {world_id(world)}}};
}

static void a_quota_lapses_with_its_month(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    static const struct {
        uint32_t month;
        int64_t quota, available, granted, expired;
    } rows[] = {
        {680, 10, 10, 10, 0}, {680, 99, 10, 10, 0}, {681, 7, 7, 17, 10}, {679, 5, 7, 17, 10},
        {683, 0, 0, 17, 17},  {684, 0, 0, 17, 17},  {685, 3, 3, 20, 17},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_ok(world, month_op(world, account, rows[i].month, rows[i].quota));
        world_restart(world);
        struct balance balance = world_balance(world, account, ASSET_QUOTA);
        assert_int_equal(balance.available, rows[i].available);
        assert_int_equal(balance.granted, rows[i].granted);
        assert_int_equal(balance.expired, rows[i].expired);
    }
    struct ledger_entry *entries;
    size_t count;
    assert_int_equal(store_ledger_page(world->reader, account, (struct ledger_id){0}, &world->arena,
                                       9, &entries, &count),
                     ERR_OK);
    assert_int_equal(count, 5); /* newest first: +3, -7, +7, -10, +10 */
    assert_int_equal(entries[1].kind, LEDGER_EXPIRE);
    assert_int_equal(entries[1].amount, -7);
    assert_int_equal(entries[2].kind, LEDGER_GRANT);
    assert_int_equal(entries[3].amount, -10);

    struct store_op nobody = month_op(world, (struct account_id){4}, 680, 1);
    assert_int_equal(world_write(world, &nobody), ERR_NOT_FOUND);
}

static void the_first_send_of_a_month_uses_its_quota(void **state)
{
    struct world *world = *state;
    struct account_id account = account_with(world, 0, 1);
    struct sent sent;
    struct store_op ops[] = {month_op(world, account, 680, 2), by_plan(world, account, &sent)};
    assert_int_equal(store_write(world->store, ops, 2), ERR_OK);
    assert_int_equal(ops[1].result, ERR_OK);
    struct balance balance = world_balance(world, account, ASSET_QUOTA);
    assert_int_equal(balance.available, 0);
    assert_int_equal(balance.expired, 1);
    assert_int_equal(balance.spent, 2);
}

/* One segment of the two was the quota's; the other cost 4. */
static void what_comes_back_depends_on_the_state_and_the_month(void **state)
{
    struct world *world = *state;
    enum { ALL = REFUND_NOT_TAKEN | REFUND_FAILED | REFUND_CANCELLED, NEVER = REFUND_NEVER };
    static const struct {
        enum recipient_state to;
        unsigned policy;
        bool taken, later;
        int64_t quota, credit;
    } rows[] = {
        {RECIPIENT_CANCELLED, ALL, false, false, 1, 4},
        {RECIPIENT_CANCELLED, ALL, false, true, 0, 4},
        {RECIPIENT_CANCELLED, REFUND_NOT_TAKEN, false, false, 0, 0},
        {RECIPIENT_REJECTED, ALL, false, false, 1, 4},
        {RECIPIENT_REJECTED, ALL, false, true, 0, 4},
        {RECIPIENT_REJECTED, ALL, true, false, 0, 0},
        {RECIPIENT_REJECTED, NEVER, false, false, 0, 0},
        {RECIPIENT_FAILED, ALL, false, false, 0, 4},
        {RECIPIENT_EXPIRED, ALL, false, false, 0, 4},
        {RECIPIENT_DELIVERED, ALL, false, false, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct account_id account = account_with(world, 4, 1);
        struct sent sent;
        struct store_op op = by_plan(world, account, &sent);
        sent.message.refund = rows[i].policy;
        sent.attempt.state = ATTEMPT_TAKEN;
        op.accept.attempt_count = rows[i].taken;
        write_ok(world, op);
        struct store_op finish = finish_op(world, sent.recipient.id, rows[i].to);
        if (rows[i].later) finish.finish.at_ms += 31 * 24 * 60 * 60 * 1000ull;
        write_ok(world, finish);
        world_restart(world);
        struct balance quota = world_balance(world, account, ASSET_QUOTA);
        struct balance credit = world_balance(world, account, ASSET_CREDIT);
        assert_int_equal(quota.available, rows[i].quota);
        assert_int_equal(quota.refunded, rows[i].quota);
        assert_int_equal(credit.available, rows[i].credit);
        assert_int_equal(credit.refunded, rows[i].credit);
    }
}

static void a_message_that_the_quota_paid_whole_comes_back_whole(void **state)
{
    struct world *world = *state;
    struct account_id account = account_with(world, 0, 5);
    struct sent sent;
    struct store_op op = by_plan(world, account, &sent);
    sent.message.refund = REFUND_NOT_TAKEN;
    write_ok(world, op);
    assert_int_equal(world_balance(world, account, ASSET_QUOTA).available, 3);
    write_ok(world, finish_op(world, sent.recipient.id, RECIPIENT_REJECTED));
    assert_int_equal(world_balance(world, account, ASSET_QUOTA).available, 5);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).spent, 0);

    /* Rejected at birth. */
    op = by_plan(world, account, &sent);
    sent.message.refund = REFUND_NOT_TAKEN;
    sent.recipient.state = RECIPIENT_REJECTED;
    write_ok(world, op);
    struct balance balance = world_balance(world, account, ASSET_QUOTA);
    assert_int_equal(balance.available, 5);
    assert_int_equal(balance.spent, 4);
    assert_int_equal(balance.refunded, 4);
}

static void an_answer_says_why_and_a_receipt_where(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 9);
    static const struct {
        enum recipient_state to;
        const char *word, *kept;
    } rows[] = {{RECIPIENT_REJECTED, NULL, "http_502"},
                {RECIPIENT_FAILED, "provider_unavailable", "provider_unavailable"},
                {RECIPIENT_QUEUED, NULL, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sent sent = world_sent(world, account, 1);
        write_ok(world, accept_op(&sent, true));
        struct store_op op = answer_op(world, sent.attempt.id, ATTEMPT_REFUSED, rows[i].to);
        op.answer.error_word = rows[i].word;
        write_ok(world, op);
        assert_string_equal(world_attempt(world, sent.attempt.id).error, "http_502");
        assert_string_equal(world_recipient(world, sent.recipient.id).recipient.error_word,
                            rows[i].kept);
    }
    struct sent sent = world_sent(world, account, 1);
    write_ok(world, accept_op(&sent, true));
    write_ok(world, answer_op(world, sent.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT));
    write_ok(world, receipt_op(world, sent.attempt.id, RECEIPT_ENROUTE));
    struct store_op last = receipt_op(world, sent.attempt.id, RECEIPT_DELIVERED);
    last.receipt.network = SLICE("");
    write_ok(world, last);
    world_restart(world);
    assert_string_equal(world_attempt(world, sent.attempt.id).network, "mtn_ng");
}

struct contract_tests contract_quota(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(the_quota_pays_its_segments_and_the_wallet_the_rest),
        CONTRACT_TEST(both_charges_stand_in_the_order_of_their_ids),
        CONTRACT_TEST(a_quota_lapses_with_its_month),
        CONTRACT_TEST(the_first_send_of_a_month_uses_its_quota),
        CONTRACT_TEST(what_comes_back_depends_on_the_state_and_the_month),
        CONTRACT_TEST(a_message_that_the_quota_paid_whole_comes_back_whole),
        CONTRACT_TEST(an_answer_says_why_and_a_receipt_where),
    };
    return CONTRACT_TESTS(tests);
}
