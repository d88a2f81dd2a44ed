#include "contract.h"

#define MAX_ROWS 40

/* Two accounts whose messages and entries lie between each other's. */
struct mixed {
    struct account_id accounts[2];
    struct message_id messages[2][MAX_ROWS];
    size_t counts[2];
};

static struct mixed mixed_messages(struct world *world)
{
    struct mixed mixed = {.accounts = {world_account(world, 1000), world_account(world, 1000)}};
    for (size_t i = 0; i < MAX_ROWS; i++) {
        size_t whose = i % 3 == 0;
        struct sent sent = world_sent(world, mixed.accounts[whose], 1);
        struct store_op op = accept_op(&sent, false);
        assert_int_equal(world_write(world, &op), ERR_OK);
        mixed.messages[whose][mixed.counts[whose]++] = sent.message.id;
    }
    return mixed;
}

static void messages_of_an_account_come_newest_first_in_pages(void **state)
{
    struct world *world = *state;
    struct mixed mixed = mixed_messages(world);
    world_restart(world);
    for (size_t whose = 0; whose < 2; whose++) {
        struct message_id before = {0};
        size_t left = mixed.counts[whose];
        while (left > 0) {
            struct message *page;
            size_t count;
            assert_int_equal(store_message_page(world->reader, mixed.accounts[whose], before,
                                                &world->arena, 7, &page, &count),
                             ERR_OK);
            assert_int_equal(count, left < 7 ? left : 7);
            for (size_t i = 0; i < count; i++)
                assert_int_equal(page[i].id.v, mixed.messages[whose][--left].v);
            before = page[count - 1].id;
        }
        struct message *page;
        size_t count = 99;
        assert_int_equal(store_message_page(world->reader, mixed.accounts[whose], before,
                                            &world->arena, 7, &page, &count),
                         ERR_OK);
        assert_int_equal(count, 0);
    }
}

static void a_cursor_that_is_no_row_of_the_account_still_cuts_by_its_key(void **state)
{
    struct world *world = *state;
    struct mixed mixed = mixed_messages(world);
    struct message_id foreign = mixed.messages[1][5], nobody = {foreign.v + 1};
    size_t older = 0;
    while (mixed.messages[0][older].v < foreign.v)
        older++;
    const struct message_id cursors[] = {foreign, nobody};
    for (size_t i = 0; i < 2; i++) {
        struct message *page;
        size_t count;
        assert_int_equal(store_message_page(world->reader, mixed.accounts[0], cursors[i],
                                            &world->arena, 3, &page, &count),
                         ERR_OK);
        assert_int_equal(count, 3);
        assert_int_equal(page[0].id.v, mixed.messages[0][older - 1].v);
    }
}

static void entries_of_an_account_come_newest_first_in_pages(void **state)
{
    struct world *world = *state;
    struct mixed mixed = mixed_messages(world);
    struct ledger_id before = {0};
    int64_t available = 1000 - (int64_t)mixed.counts[0];
    size_t seen = 0;
    for (size_t count = 1; count > 0; seen += count) {
        struct ledger_entry *page;
        assert_int_equal(store_ledger_page(world->reader, mixed.accounts[0], before, &world->arena,
                                           10, &page, &count),
                         ERR_OK);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(page[i].account.v, mixed.accounts[0].v);
            assert_int_equal(page[i].available, available);
            assert_true(before.v == 0 || page[i].id.v < before.v);
            before = page[i].id;
            available -= page[i].amount;
        }
    }
    assert_int_equal(available, 0);
    assert_int_equal(seen, mixed.counts[0] + 1);
}

static void a_new_account_and_an_unknown_one_have_empty_pages(void **state)
{
    struct world *world = *state;
    const struct account_id accounts[] = {world_account(world, 0), {4711}};
    for (size_t i = 0; i < 2; i++) {
        struct message *messages;
        struct ledger_entry *entries;
        struct inbound *inbounds;
        size_t count = 9;
        assert_int_equal(store_message_page(world->reader, accounts[i], (struct message_id){0},
                                            &world->arena, 5, &messages, &count),
                         ERR_OK);
        assert_int_equal(count, 0);
        count = 9;
        assert_int_equal(store_ledger_page(world->reader, accounts[i], (struct ledger_id){0},
                                           &world->arena, 5, &entries, &count),
                         ERR_OK);
        assert_int_equal(count, 0);
        count = 9;
        assert_int_equal(store_inbound_page(world->reader, accounts[i], (struct inbound_id){0},
                                            &world->arena, 5, &inbounds, &count),
                         ERR_OK);
        assert_int_equal(count, 0);
    }
}

static void waiting_recipients_come_by_provider_behind_the_cursor(void **state)
{
    struct world *world = *state;
    struct sent sent[12];
    struct store_op ops[12];
    for (size_t i = 0; i < 12; i++) {
        sent[i] = world_sent(world, (struct account_id){0}, 0);
        sent[i].recipient.provider.v = i % 2 ? 5 : 6;
        ops[i] = accept_op(&sent[i], i == 3);
    }
    assert_int_equal(store_write(world->store, ops, 12), ERR_OK);
    struct store_op op = finish_op(world, sent[5].recipient.id, RECIPIENT_CANCELLED);
    assert_int_equal(world_write(world, &op), ERR_OK);
    op = answer_op(world, sent[3].attempt.id, ATTEMPT_NOT_SENT, RECIPIENT_NEW);
    assert_int_equal(world_write(world, &op), ERR_OK);
    world_restart(world);

    static const size_t expected[] = {1, 3, 7, 9, 11};
    struct recipient_id after = {0};
    for (size_t done = 0; done < 5;) {
        struct store_recipient *page;
        size_t count;
        assert_int_equal(store_waiting_page(world->reader, (struct provider_id){5}, after,
                                            &world->arena, 2, &page, &count),
                         ERR_OK);
        assert_int_equal(count, done < 4 ? 2 : 1);
        for (size_t i = 0; i < count; i++, done++) {
            assert_recipients_equal(&page[i].recipient, &sent[expected[done]].recipient);
            assert_messages_equal(&page[i].message, &sent[expected[done]].message);
            assert_int_equal(page[i].attempt_count, expected[done] == 3);
            after = page[i].recipient.id;
        }
    }
    struct store_recipient *page;
    size_t count;
    assert_int_equal(store_waiting_page(world->reader, (struct provider_id){9},
                                        (struct recipient_id){0}, &world->arena, 2, &page, &count),
                     ERR_OK);
    assert_int_equal(count, 0);
}

static void attempts_are_open_until_their_receipt(void **state)
{
    static const struct {
        enum attempt_state state;
        enum receipt_state receipt;
        bool open;
    } rows[] = {
        {ATTEMPT_INTENT, RECEIPT_UNKNOWN_WORD, true},
        {ATTEMPT_TAKEN, RECEIPT_UNKNOWN_WORD, true},
        {ATTEMPT_TAKEN, RECEIPT_ENROUTE, true},
        {ATTEMPT_TAKEN, RECEIPT_ACCEPTED, true},
        {ATTEMPT_TAKEN, RECEIPT_DELIVERED, false},
        {ATTEMPT_TAKEN, RECEIPT_EXPIRED, false},
        {ATTEMPT_TAKEN, RECEIPT_DELETED, false},
        {ATTEMPT_TAKEN, RECEIPT_UNDELIVERABLE, false},
        {ATTEMPT_TAKEN, RECEIPT_UNKNOWN, false},
        {ATTEMPT_TAKEN, RECEIPT_REJECTED, false},
        {ATTEMPT_TAKEN, RECEIPT_SKIPPED, false},
        {ATTEMPT_REFUSED, RECEIPT_UNKNOWN_WORD, false},
        {ATTEMPT_THROTTLED, RECEIPT_UNKNOWN_WORD, false},
        {ATTEMPT_NOT_SENT, RECEIPT_UNKNOWN_WORD, false},
        {ATTEMPT_UNCERTAIN, RECEIPT_UNKNOWN_WORD, false},
    };
    enum { COUNT = sizeof rows / sizeof *rows };
    struct world *world = *state;
    struct sent sent[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        sent[i] = world_sent(world, (struct account_id){0}, 0);
        sent[i].attempt.state = rows[i].state;
        sent[i].attempt.receipt = rows[i].receipt;
        struct store_op op = accept_op(&sent[i], true);
        assert_int_equal(world_write(world, &op), ERR_OK);
    }
    world_restart(world);
    struct attempt_id after = {0};
    size_t row = 0;
    for (;;) {
        struct attempt *page;
        size_t count;
        assert_int_equal(
            store_open_attempts(world->reader, 0, after, &world->arena, 2, &page, &count), ERR_OK);
        if (count == 0) break;
        for (size_t i = 0; i < count; i++, row++) {
            while (!rows[row].open)
                row++;
            assert_attempts_equal(&page[i], &sent[row].attempt);
        }
        after = page[count - 1].id;
    }
    while (row < COUNT && !rows[row].open)
        row++;
    assert_int_equal(row, COUNT);
}

static void open_attempts_begin_with_the_messages_of_that_time(void **state)
{
    struct world *world = *state;
    struct sent sent[4];
    for (size_t i = 0; i < 4; i++) {
        world->now_ms += 1000;
        sent[i] = world_sent(world, (struct account_id){0}, 0);
        struct store_op op = accept_op(&sent[i], true);
        assert_int_equal(world_write(world, &op), ERR_OK);
    }
    for (size_t i = 0; i <= 4; i++) {
        uint64_t since_ms = i < 4 ? id_ms(sent[i].message.id.v) : world->now_ms + 1000;
        struct attempt *page = NULL;
        size_t count = 9;
        assert_int_equal(store_open_attempts(world->reader, since_ms, (struct attempt_id){0},
                                             &world->arena, 10, &page, &count),
                         ERR_OK);
        assert_int_equal(count, 4 - i);
        if (count) assert_int_equal(page[0].id.v, sent[i].attempt.id.v);
    }
}

static struct inbound inbound_of(struct world *world, struct account_id account)
{
    return (struct inbound){
        .id = {world_id(world)},
        .account = account,
        .sender = 2348031112222,
        .sender_text = SLICE(""),
        .destination = SLICE("+447700900001"),
        .shortcode = SLICE("godwit"),
        .text = SLICE("STOP \0 it"),
        .provider = {12},
        .push = PUSH_PENDING,
    };
}

static void inbound_messages_are_kept_paged_and_pushed(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    struct inbound inbounds[6];
    struct store_op ops[6];
    for (size_t i = 0; i < 6; i++) {
        inbounds[i] = inbound_of(world, i % 2 ? account : (struct account_id){0});
        if (i == 4) {
            inbounds[i].sender = 0;
            inbounds[i].sender_text = SLICE("BANK-UK");
            inbounds[i].push = PUSH_NONE;
        }
        ops[i] = (struct store_op){.kind = STORE_INBOUND, .inbound = &inbounds[i]};
    }
    assert_int_equal(store_write(world->store, ops, 6), ERR_OK);
    struct store_op again = {.kind = STORE_INBOUND, .inbound = &inbounds[0]};
    assert_int_equal(world_write(world, &again), ERR_ALREADY_EXISTS);
    world_restart(world);

    struct inbound *page, got;
    size_t count;
    assert_int_equal(store_inbound_page(world->reader, account, (struct inbound_id){0},
                                        &world->arena, 2, &page, &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    assert_inbounds_equal(&page[0], &inbounds[5]);
    assert_inbounds_equal(&page[1], &inbounds[3]);
    assert_int_equal(
        store_inbound_page(world->reader, account, page[1].id, &world->arena, 2, &page, &count),
        ERR_OK);
    assert_int_equal(count, 1);
    assert_inbounds_equal(&page[0], &inbounds[1]);
    assert_int_equal(store_inbound_page(world->reader, (struct account_id){0},
                                        (struct inbound_id){0}, &world->arena, 9, &page, &count),
                     ERR_OK);
    assert_int_equal(count, 3);
    assert_inbounds_equal(&page[0], &inbounds[4]);

    struct store_op op = {.kind = STORE_PUSHED, .pushed = {inbounds[1].id, 204}};
    assert_int_equal(world_write(world, &op), ERR_OK);
    op = (struct store_op){.kind = STORE_PUSHED, .pushed = {{999}, 204}};
    assert_int_equal(world_write(world, &op), ERR_NOT_FOUND);
    assert_int_equal(store_inbound(world->reader, inbounds[1].id, &world->arena, &got), ERR_OK);
    inbounds[1].push = PUSH_DONE;
    inbounds[1].push_status = 204;
    assert_inbounds_equal(&got, &inbounds[1]);
    assert_int_equal(store_inbound(world->reader, (struct inbound_id){999}, &world->arena, &got),
                     ERR_NOT_FOUND);

    static const size_t pending[] = {0, 2, 3, 5};
    struct inbound_id after = {0};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(store_push_page(world->reader, after, &world->arena, 1, &page, &count),
                         ERR_OK);
        assert_int_equal(count, 1);
        assert_inbounds_equal(&page[0], &inbounds[pending[i]]);
        after = page[0].id;
    }
    assert_int_equal(store_push_page(world->reader, after, &world->arena, 1, &page, &count),
                     ERR_OK);
    assert_int_equal(count, 0);
}

static void another_reader_sees_what_is_committed(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 10);
    struct store_reader *reader = store_reader_open(world->store);
    assert_non_null(reader);
    for (int64_t i = 1; i <= 3; i++) {
        struct sent sent = world_sent(world, account, 1);
        struct store_op op = accept_op(&sent, true);
        assert_int_equal(world_write(world, &op), ERR_OK);
        struct balance balance;
        assert_int_equal(store_balance(reader, account, ASSET_CREDIT, &balance), ERR_OK);
        assert_int_equal(balance.available, 10 - i);
        struct message *page;
        size_t count;
        assert_int_equal(store_message_page(reader, account, (struct message_id){0}, &world->arena,
                                            9, &page, &count),
                         ERR_OK);
        assert_int_equal(count, i);
        assert_messages_equal(&page[0], &sent.message);
    }
    store_reader_close(reader);
    store_reader_close(NULL);
}

struct contract_tests contract_pages(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(messages_of_an_account_come_newest_first_in_pages),
        CONTRACT_TEST(a_cursor_that_is_no_row_of_the_account_still_cuts_by_its_key),
        CONTRACT_TEST(entries_of_an_account_come_newest_first_in_pages),
        CONTRACT_TEST(a_new_account_and_an_unknown_one_have_empty_pages),
        CONTRACT_TEST(waiting_recipients_come_by_provider_behind_the_cursor),
        CONTRACT_TEST(attempts_are_open_until_their_receipt),
        CONTRACT_TEST(open_attempts_begin_with_the_messages_of_that_time),
        CONTRACT_TEST(inbound_messages_are_kept_paged_and_pushed),
        CONTRACT_TEST(another_reader_sees_what_is_committed),
    };
    return CONTRACT_TESTS(tests);
}
