#include "workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#define ACCOUNTS 2
#define SENDS    4
#define START_MS 1790000000000ULL
#define CREDIT   1000000

/* Keys of group n lie in millisecond START_MS + 1 + n; 0 is for the beginning. */
static uint64_t key_of(size_t group, unsigned place)
{
    return id_first_at(START_MS + 1 + group) + place;
}

static struct account_id account_of(size_t whose)
{
    return (struct account_id){id_first_at(START_MS) + 1 + whose};
}

enum {
    PLACE_MESSAGE = 0,
    PLACE_LEDGER = 100,
    PLACE_REFUND = 200,
    PLACE_EVENT = 210,
    PLACE_INBOUND = 300,
    PLACE_PARK
};

static struct message_id message_of(size_t group, unsigned send)
{
    return (struct message_id){key_of(group, PLACE_MESSAGE + send)};
}

static struct recipient_id recipient_of(size_t group, unsigned send)
{
    return (struct recipient_id){group * SENDS + send + 1};
}

static int64_t price_of(size_t group, unsigned send)
{
    return 1 + (int64_t)((group + send) % 3);
}

static bool fails(unsigned send)
{
    return send == 3;
}

/* What a send of the group is told as by the group that many groups later. */
static struct event_id event_of(size_t group, unsigned send, unsigned later)
{
    return (struct event_id){key_of(group + later, PLACE_EVENT + later * SENDS + send)};
}

/* The first account has a webhook. */
static bool is_told(unsigned send)
{
    return send % ACCOUNTS == 0;
}

enum err workload_begin(struct store *store)
{
    struct account accounts[ACCOUNTS];
    struct store_op ops[2 * ACCOUNTS + 1];
    struct webhook webhook = {
        .id = {id_first_at(START_MS) + 90}, .account = account_of(0), .number = 1, .enabled = true};
    for (size_t i = 0; i < ACCOUNTS; i++) {
        accounts[i] = (struct account){.id = account_of(i), .sms_on = true, .name = "workload"};
        ops[2 * i] = (struct store_op){.kind = STORE_PUT_ACCOUNT, .account = &accounts[i]};
        ops[2 * i + 1] = (struct store_op){.kind = STORE_LEDGER,
                                           .ledger = {{id_first_at(START_MS) + 50 + i},
                                                      account_of(i),
                                                      ASSET_CREDIT,
                                                      LEDGER_GRANT,
                                                      CREDIT}};
    }
    ops[2 * ACCOUNTS] = (struct store_op){.kind = STORE_PUT_WEBHOOK, .webhook = &webhook};
    return store_write(store, ops, 2 * ACCOUNTS + 1);
}

struct parts {
    struct message messages[SENDS];
    struct recipient recipients[SENDS];
    struct attempt attempts[SENDS];
    struct inbound inbound;
    struct parked_receipt parked;
    struct store_op ops[3 * SENDS + 2];
    size_t count;
};

static void add_send(struct parts *parts, size_t group, unsigned send)
{
    parts->messages[send] = (struct message){
        .id = message_of(group, send),
        .account = account_of(send % ACCOUNTS),
        .dialect = DIALECT_HEP,
        .refund = REFUND_FAILED,
        .sender = SLICE("+2899682626"),
        .text = SLICE("a text of middling length that fills a page in some dozens of groups"),
        .segments = 1,
        .price = price_of(group, send),
        .first_recipient = recipient_of(group, send),
        .recipient_count = 1,
    };
    parts->recipients[send] = (struct recipient){.id = recipient_of(group, send),
                                                 .message = message_of(group, send),
                                                 .number = 447700900000 + group,
                                                 .state = RECIPIENT_QUEUED,
                                                 .tells = true,
                                                 .provider = {1}};
    parts->attempts[send] = (struct attempt){.id = attempt_id_of(recipient_of(group, send), 1),
                                             .provider = {1},
                                             .segment = 1,
                                             .segments = 1};
    parts->ops[parts->count++] =
        (struct store_op){.kind = STORE_ACCEPT,
                          .accept = {.message = &parts->messages[send],
                                     .recipient = &parts->recipients[send],
                                     .ledger = {key_of(group, PLACE_LEDGER + send)},
                                     .queued_event = event_of(group, send, 0),
                                     .attempts = &parts->attempts[send],
                                     .attempt_count = 1}};
}

static void add_answer(struct parts *parts, size_t group, unsigned send)
{
    parts->ops[parts->count++] =
        (struct store_op){.kind = STORE_ANSWER,
                          .answer = {.attempt = attempt_id_of(recipient_of(group - 1, send), 1),
                                     .state = ATTEMPT_TAKEN,
                                     .carrier_id = SLICE("0123456789"),
                                     .recipient_state = RECIPIENT_SENT,
                                     .keys.event = event_of(group - 1, send, 1),
                                     .provider = {1}}};
}

static void add_receipt(struct parts *parts, size_t group, unsigned send)
{
    parts->ops[parts->count++] = (struct store_op){
        .kind = STORE_RECEIPT,
        .receipt = {.attempt = attempt_id_of(recipient_of(group - 2, send), 1),
                    .state = fails(send) ? RECEIPT_UNDELIVERABLE : RECEIPT_DELIVERED,
                    .keys = {.refund = {key_of(group, PLACE_REFUND + send)},
                             .event = event_of(group - 2, send, 2)}}};
}

enum err workload_write(struct store *store, size_t group)
{
    struct parts parts = {.count = 0};
    for (unsigned send = 0; send < SENDS; send++) {
        add_send(&parts, group, send);
        if (group >= 1) add_answer(&parts, group, send);
        if (group >= 2) add_receipt(&parts, group, send);
    }
    parts.inbound = (struct inbound){.id = {key_of(group, PLACE_INBOUND)}, .text = SLICE("hi")};
    parts.parked =
        (struct parked_receipt){.id = key_of(group, PLACE_PARK), .carrier_id = SLICE("42")};
    parts.ops[parts.count++] = (struct store_op){.kind = STORE_INBOUND, .inbound = &parts.inbound};
    parts.ops[parts.count++] = (struct store_op){.kind = STORE_PARK, .park = &parts.parked};
    enum err err = store_write(store, parts.ops, parts.count);
    for (size_t i = 0; !err && i < parts.count; i++)
        assert_int_equal(parts.ops[i].result, ERR_OK);
    return err;
}

static enum recipient_state state_after(size_t groups, size_t group, unsigned send)
{
    if (group + 1 == groups) return RECIPIENT_QUEUED;
    if (group + 2 == groups) return RECIPIENT_SENT;
    return fails(send) ? RECIPIENT_FAILED : RECIPIENT_DELIVERED;
}

static void check_recipients(struct store_reader *reader, size_t groups)
{
    struct arena arena = {0};
    for (size_t group = 0; group < groups; group++) {
        for (unsigned send = 0; send < SENDS; send++) {
            struct store_recipient story;
            assert_int_equal(store_recipient(reader, recipient_of(group, send), &arena, &story),
                             ERR_OK);
            assert_int_equal(story.message.id.v, message_of(group, send).v);
            assert_int_equal(story.message.price, price_of(group, send));
            assert_int_equal(story.recipient.state, state_after(groups, group, send));
            assert_int_equal(story.attempt_count, 1);
        }
        struct inbound inbound;
        assert_int_equal(store_inbound(reader, (struct inbound_id){key_of(group, PLACE_INBOUND)},
                                       &arena, &inbound),
                         ERR_OK);
    }
    uint64_t key, recipient;
    assert_int_equal(store_last_ids(reader, &key, &recipient), ERR_OK);
    assert_int_equal(recipient, groups * SENDS);
    if (groups) assert_int_equal(key, key_of(groups - 1, PLACE_PARK));
    arena_done(&arena);
}

static void check_money(struct store_reader *reader, size_t groups, size_t whose)
{
    int64_t spent = 0, refunded = 0;
    size_t entries_expected = 1;
    for (size_t group = 0; group < groups; group++) {
        for (unsigned send = 0; send < SENDS; send++) {
            if (send % ACCOUNTS != whose) continue;
            spent += price_of(group, send);
            entries_expected++;
            if (state_after(groups, group, send) != RECIPIENT_FAILED) continue;
            refunded += price_of(group, send);
            entries_expected++;
        }
    }
    struct balance balance;
    assert_int_equal(store_balance(reader, account_of(whose), ASSET_CREDIT, &balance), ERR_OK);
    assert_true(balance_is_exact(&balance));
    assert_int_equal(balance.granted, CREDIT);
    assert_int_equal(balance.spent, spent);
    assert_int_equal(balance.refunded, refunded);

    struct arena arena = {0};
    struct ledger_entry *entries;
    struct message *messages;
    size_t count;
    assert_int_equal(store_ledger_page(reader, account_of(whose), (struct ledger_id){0}, &arena,
                                       SIZE_MAX, &entries, &count),
                     ERR_OK);
    assert_int_equal(count, entries_expected);
    int64_t sum = 0;
    for (size_t i = count; i-- > 0;) {
        sum += entries[i].amount;
        assert_int_equal(entries[i].available, sum);
    }
    assert_int_equal(sum, balance.available);
    assert_int_equal(store_message_page(reader, account_of(whose), (struct message_id){0}, &arena,
                                        SIZE_MAX, &messages, &count),
                     ERR_OK);
    assert_int_equal(count, groups * SENDS / ACCOUNTS);
    arena_done(&arena);
}

/* Each state is told once, with the commit that brings it. */
static void check_events(struct store_reader *reader, size_t groups)
{
    struct arena arena = {0};
    struct event *events;
    size_t count, expected = 0;
    assert_int_equal(
        store_event_page(reader, (struct event_id){0}, &arena, SIZE_MAX, &events, &count), ERR_OK);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(events[i].account.v, account_of(0).v);
    for (size_t group = 0; group < groups; group++)
        for (unsigned send = 0; send < SENDS; send++)
            if (is_told(send)) expected += groups - group < 3 ? groups - group : 3;
    assert_int_equal(count, expected);
    arena_done(&arena);
}

static void count_one(void *user, const struct parked_receipt *parked)
{
    ++*(size_t *)user;
}

size_t workload_check(struct store *store)
{
    struct store_reader *reader = store_own_reader(store);
    struct message message;
    struct arena arena = {0};
    size_t groups = 0, parked = 0;
    while (store_message(reader, message_of(groups, 0), &arena, &message) == ERR_OK)
        groups++;
    arena_done(&arena);
    check_recipients(reader, groups);
    check_events(reader, groups);
    for (size_t whose = 0; whose < ACCOUNTS; whose++)
        check_money(reader, groups, whose);
    struct store_visitor visitor = {.user = &parked, .parked = count_one};
    assert_int_equal(store_visit(reader, &visitor), ERR_OK);
    assert_int_equal(parked, groups);
    return groups;
}
