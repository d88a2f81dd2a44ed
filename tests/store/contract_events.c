#include "contract.h"

#include <stdio.h>

static struct webhook webhook_of(struct world *world, struct account_id account, uint32_t number)
{
    struct webhook webhook = {
        .id = {world_id(world)},
        .account = account,
        .created_at_ms = world->now_ms,
        .number = number,
        .enabled = true,
        .events = 1 << EVENT_FAILED | 1 << EVENT_SENT,
        .url = SLICE("https://example.test/h"),
        .description = SLICE("caf\xc3\xa9"),
    };
    snprintf(webhook.secret, sizeof webhook.secret, "whsec_%048d", (int)number);
    return webhook;
}

static void put_webhook(struct world *world, const struct webhook *webhook)
{
    write_ok(world, (struct store_op){.kind = STORE_PUT_WEBHOOK, .webhook = webhook});
}

static void assert_webhooks_equal(const struct webhook *a, const struct webhook *b)
{
    assert_int_equal(a->id.v, b->id.v);
    assert_int_equal(a->account.v, b->account.v);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
    assert_int_equal(a->number, b->number);
    assert_int_equal(a->enabled, b->enabled);
    assert_int_equal(a->events, b->events);
    assert_string_equal(a->secret, b->secret);
    assert_slices_equal(a->url, b->url);
    assert_slices_equal(a->description, b->description);
}

static void webhooks_are_read_by_account(void **state)
{
    struct world *world = *state;
    struct account_id ada = world_account(world, 0), bob = world_account(world, 0);
    struct webhook all[] = {webhook_of(world, ada, 1), webhook_of(world, bob, 2),
                            webhook_of(world, ada, 3)};
    for (size_t i = 0; i < 3; i++)
        put_webhook(world, &all[i]);
    world_restart(world);
    struct webhook *page;
    size_t count;
    assert_int_equal(store_webhooks(world->reader, ada, &world->arena, &page, &count), ERR_OK);
    assert_int_equal(count, 2);
    assert_webhooks_equal(&page[0], &all[0]);
    assert_webhooks_equal(&page[1], &all[2]);
    assert_int_equal(
        store_webhooks(world->reader, (struct account_id){0}, &world->arena, &page, &count),
        ERR_OK);
    assert_int_equal(count, 3);
    struct store_op op = {.kind = STORE_DELETE_WEBHOOK, .webhook_id = all[0].id};
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(world_write(world, &op), ERR_NOT_FOUND);
    assert_int_equal(store_webhooks(world->reader, ada, &world->arena, &page, &count), ERR_OK);
    assert_int_equal(count, 1);
    assert_webhooks_equal(&page[0], &all[2]);
}

static struct event *events_after(struct world *world, uint64_t after, size_t *out_count)
{
    struct event *events;
    assert_int_equal(store_event_page(world->reader, (struct event_id){after}, &world->arena, 100,
                                      &events, out_count),
                     ERR_OK);
    return events;
}

static void assert_told(struct world *world, uint64_t after, const enum event_type *types,
                        size_t count)
{
    size_t got;
    struct event *events = events_after(world, after, &got);
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(events[i].type, types[i]);
}

static void each_move_of_a_recipient_that_tells_is_an_event(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 100);
    struct webhook webhook = webhook_of(world, account, 1);
    put_webhook(world, &webhook);
    world_restart(world);
    struct sent sent = world_sent(world, account, 1);
    struct store_op accept = accept_op(&sent, true);
    assert_int_equal(world_write(world, &accept), ERR_OK);
    assert_true(accept.told_events);
    /* Into another provider's queue: nothing to tell. */
    struct store_op again = answer_op(world, sent.attempt.id, ATTEMPT_REFUSED, RECIPIENT_QUEUED);
    assert_int_equal(world_write(world, &again), ERR_OK);
    assert_false(again.told_events);
    struct store_op answer = answer_op(world, sent.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT);
    assert_int_equal(world_write(world, &answer), ERR_OK);
    assert_true(answer.told_events);
    struct store_op receipt = receipt_op(world, sent.attempt.id, RECEIPT_DELIVERED);
    assert_int_equal(world_write(world, &receipt), ERR_OK);
    assert_true(receipt.told_events);
    struct store_op late = finish_op(world, sent.recipient.id, RECIPIENT_FAILED);
    assert_int_equal(world_write(world, &late), ERR_STALE);
    assert_false(late.told_events);
    world_restart(world);

    size_t count;
    struct event *events = events_after(world, 0, &count);
    const struct event expected[] = {
        {.id = sent.queued_event, .type = EVENT_QUEUED, .at_ms = sent.recipient.changed_at_ms},
        {.id = answer.answer.keys.event, .type = EVENT_SENT, .at_ms = answer.answer.at_ms},
        {.id = receipt.receipt.keys.event, .type = EVENT_DELIVERED, .at_ms = receipt.receipt.at_ms},
    };
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(events[i].id.v, expected[i].id.v);
        assert_int_equal(events[i].type, expected[i].type);
        assert_int_equal(events[i].at_ms, expected[i].at_ms);
        assert_int_equal(events[i].account.v, account.v);
        assert_int_equal(events[i].message.v, sent.message.id.v);
        assert_int_equal(events[i].recipient.v, sent.recipient.id.v);
    }
    assert_int_equal(events_after(world, events[0].id.v, &count)[0].id.v, events[1].id.v);
    assert_int_equal(count, 2);
    uint64_t key, recipient;
    assert_int_equal(store_last_ids(world->reader, &key, &recipient), ERR_OK);
    assert_int_equal(key, receipt.receipt.keys.event.v);
}

static void what_is_final_at_birth_is_told_as_queued_and_as_that(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 100);
    struct webhook webhook = webhook_of(world, account, 1);
    put_webhook(world, &webhook);
    static const struct {
        enum recipient_state state;
        enum event_type types[2];
        size_t count;
    } rows[] = {
        {RECIPIENT_FAILED, {EVENT_QUEUED, EVENT_FAILED}, 2},
        {RECIPIENT_REJECTED, {EVENT_QUEUED, EVENT_REJECTED}, 2},
        {RECIPIENT_EXPIRED, {EVENT_QUEUED, EVENT_FAILED}, 2},
        {RECIPIENT_QUEUED, {EVENT_QUEUED}, 1},
        {RECIPIENT_SCHEDULED, {0}, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t before = world_id(world);
        struct sent sent = world_sent(world, account, 1);
        sent.message.send_at_ms = world->now_ms;
        sent.recipient.state = rows[i].state;
        struct store_op op = accept_op(&sent, false);
        assert_int_equal(world_write(world, &op), ERR_OK);
        assert_int_equal(op.told_events, rows[i].count > 0);
        assert_told(world, before, rows[i].types, rows[i].count);
    }
}

static void a_scheduled_message_tells_when_its_time_comes(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 100);
    struct webhook webhook = webhook_of(world, account, 1);
    put_webhook(world, &webhook);
    static const struct {
        enum recipient_state state; /* CANCELLED: it never comes */
        enum event_type types[2];
        size_t count;
    } rows[] = {{RECIPIENT_QUEUED, {EVENT_QUEUED}, 1},
                {RECIPIENT_FAILED, {EVENT_QUEUED, EVENT_FAILED}, 2},
                {RECIPIENT_CANCELLED, {0}, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sent sent = world_sent(world, account, 1);
        sent.recipient.state = RECIPIENT_SCHEDULED;
        write_ok(world, accept_op(&sent, false));
        uint64_t before = world_id(world);
        struct event_id queued = {world_id(world)};
        struct store_op op = {.kind = STORE_RELEASE,
                              .release = {.message = sent.message.id,
                                          .recipient = {++world->last_recipient},
                                          .state = rows[i].state,
                                          .at_ms = world->now_ms,
                                          .queued_event = queued,
                                          .keys = world_keys(world)}};
        if (rows[i].state == RECIPIENT_CANCELLED)
            op = (struct store_op){.kind = STORE_CANCEL,
                                   .cancel = {sent.message.id, world->now_ms, world_keys(world)}};
        assert_int_equal(world_write(world, &op), ERR_OK);
        assert_int_equal(op.told_events, rows[i].count > 0);
        assert_told(world, before, rows[i].types, rows[i].count);
    }
}

static void nobody_is_told_without_an_enabled_webhook_or_a_recipient_that_tells(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 100), other = world_account(world, 0);
    struct webhook webhooks[] = {webhook_of(world, account, 1), webhook_of(world, account, 2)};
    struct webhook foreign = webhook_of(world, other, 3);
    put_webhook(world, &foreign);
    enum { PUT, PUT_OFF, DELETE, NOTHING };
    static const struct {
        int what;
        size_t which;
        bool tells, told;
    } rows[] = {
        {NOTHING, 0, true, false}, {PUT, 0, true, true},      {PUT, 0, true, true},
        {PUT_OFF, 0, true, false}, {PUT_OFF, 0, true, false}, {PUT_OFF, 1, true, false},
        {PUT, 1, true, true},      {PUT, 0, true, true},      {NOTHING, 0, false, false},
        {DELETE, 0, true, true},   {PUT_OFF, 1, true, false}, {DELETE, 1, true, false},
        {PUT, 1, true, true},      {DELETE, 1, true, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct webhook *webhook = &webhooks[rows[i].which];
        webhook->enabled = rows[i].what == PUT;
        if (rows[i].what == DELETE)
            write_ok(world,
                     (struct store_op){.kind = STORE_DELETE_WEBHOOK, .webhook_id = webhook->id});
        else if (rows[i].what != NOTHING)
            put_webhook(world, webhook);
        world_restart(world);
        struct sent sent = world_sent(world, account, 1);
        sent.recipient.tells = rows[i].tells;
        struct store_op op = accept_op(&sent, false);
        assert_int_equal(world_write(world, &op), ERR_OK);
        assert_int_equal(op.told_events, rows[i].told);
        op = finish_op(world, sent.recipient.id, RECIPIENT_FAILED);
        assert_int_equal(world_write(world, &op), ERR_OK);
        assert_int_equal(op.told_events, rows[i].told);
    }
    /* A refused one tells nothing. */
    put_webhook(world, &webhooks[0]);
    struct sent sent = world_sent(world, account, 1000);
    struct store_op op = accept_op(&sent, false);
    assert_int_equal(world_write(world, &op), ERR_NO_CREDIT);
    assert_false(op.told_events);
}

static struct delivery delivery_of(const struct webhook *webhook, uint64_t due_ms, uint64_t event)
{
    struct delivery delivery = {
        .webhook = webhook->id,
        .event = {.id = {event},
                  .account = webhook->account,
                  .message = {event + 1},
                  .recipient = {event + 2},
                  .type = EVENT_DELIVERED,
                  .at_ms = due_ms},
        .tries = 2,
    };
    delivery_key(webhook->number, due_ms, delivery.event.id, delivery.key);
    return delivery;
}

static struct delivery *deliveries(struct world *world, uint32_t number, const char *after,
                                   size_t max, size_t *out_count)
{
    struct delivery *page;
    assert_int_equal(
        store_delivery_page(world->reader, number, after, &world->arena, max, &page, out_count),
        ERR_OK);
    return page;
}

static void deliveries_wait_in_their_webhooks_queue_by_time(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    struct webhook first = webhook_of(world, account, 9), second = webhook_of(world, account, 10);
    struct delivery all[] = {
        delivery_of(&first, 1790000005000, 50),  delivery_of(&second, 1790000001000, 51),
        delivery_of(&first, 1790000001000, 53),  delivery_of(&first, 1790000001999, 52),
        delivery_of(&second, 1790000000000, 54),
    };
    for (size_t i = 0; i < 5; i++)
        write_ok(world, (struct store_op){.kind = STORE_DELIVERY, .delivery = &all[i]});
    /* It is there already. */
    write_ok(world, (struct store_op){.kind = STORE_DELIVERY, .delivery = &all[0]});
    world_restart(world);
    static const size_t order[] = {2, 3, 0};
    const char *after = NULL;
    size_t count;
    for (size_t i = 0; i < 3; i++) {
        struct delivery *page = deliveries(world, 9, after, 1, &count);
        assert_int_equal(count, 1);
        const struct delivery *expected = &all[order[i]];
        assert_string_equal(page[0].key, expected->key);
        assert_int_equal(page[0].webhook.v, expected->webhook.v);
        assert_int_equal(page[0].tries, 2);
        assert_memory_equal(&page[0].event, &expected->event, sizeof expected->event);
        assert_int_equal(delivery_due_ms(&page[0]), expected->event.at_ms);
        after = page[0].key;
    }
    deliveries(world, 9, after, 1, &count);
    assert_int_equal(count, 0);
    deliveries(world, 9, NULL, 10, &count);
    assert_int_equal(count, 3);
    assert_string_equal(deliveries(world, 10, NULL, 10, &count)[0].key, all[4].key);
    assert_int_equal(count, 2);
    deliveries(world, 8, NULL, 10, &count);
    assert_int_equal(count, 0);
}

static void a_try_takes_its_place_and_is_kept(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    struct webhook webhook = webhook_of(world, account, 9);
    put_webhook(world, &webhook);
    struct delivery delivery = delivery_of(&webhook, 1790000001000, 50);
    write_ok(world, (struct store_op){.kind = STORE_DELIVERY, .delivery = &delivery});
    struct delivery_try tries[3];
    size_t count;
    for (uint32_t i = 0; i < 3; i++) {
        tries[i] = (struct delivery_try){.id = world_id(world),
                                         .webhook = webhook.id,
                                         .event = delivery.event.id,
                                         .type = delivery.event.type,
                                         .number = i + 1,
                                         .status = i == 1 ? 0 : 500 + i,
                                         .last = i == 2};
        struct delivery next = delivery_of(&webhook, 1790000001000 + 1000 * (i + 1), 50);
        struct store_op op = {.kind = STORE_DELIVERED,
                              .delivered = {delivery.key, &tries[i], i < 2 ? &next : NULL}};
        assert_int_equal(world_write(world, &op), ERR_OK);
        world_restart(world);
        struct delivery *page = deliveries(world, 9, NULL, 10, &count);
        assert_int_equal(count, i < 2);
        if (count) assert_string_equal(page[0].key, next.key);
        delivery = next;
        /* Its changes leave the tries alone. */
        webhook.enabled = !webhook.enabled;
        put_webhook(world, &webhook);
    }
    struct delivery_try *made;
    assert_int_equal(store_try_page(world->reader, webhook.id, &world->arena, 2, &made, &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    for (size_t i = 0; i < 2; i++) {
        const struct delivery_try *expected = &tries[2 - i];
        assert_int_equal(made[i].id, expected->id);
        assert_int_equal(made[i].webhook.v, expected->webhook.v);
        assert_int_equal(made[i].event.v, expected->event.v);
        assert_int_equal(made[i].type, expected->type);
        assert_int_equal(made[i].number, expected->number);
        assert_int_equal(made[i].status, expected->status);
        assert_int_equal(made[i].last, expected->last);
    }
    /* The place is gone, so this one has been told before. */
    struct store_op again = {.kind = STORE_DELIVERED, .delivered = {delivery.key, &tries[0], NULL}};
    assert_int_equal(world_write(world, &again), ERR_NOT_FOUND);
    assert_int_equal(store_try_page(world->reader, webhook.id, &world->arena, 9, &made, &count),
                     ERR_OK);
    assert_int_equal(count, 3);
}

static void a_delivery_outlives_its_webhook(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 0);
    struct webhook webhook = webhook_of(world, account, 9);
    put_webhook(world, &webhook);
    struct delivery delivery = delivery_of(&webhook, 1790000001000, 50);
    write_ok(world, (struct store_op){.kind = STORE_DELIVERY, .delivery = &delivery});
    write_ok(world, (struct store_op){.kind = STORE_DELETE_WEBHOOK, .webhook_id = webhook.id});
    size_t count;
    deliveries(world, 9, NULL, 10, &count);
    assert_int_equal(count, 1);
    struct delivery_try made = {.id = world_id(world), .webhook = webhook.id, .last = true};
    write_ok(world,
             (struct store_op){.kind = STORE_DELIVERED, .delivered = {delivery.key, &made, NULL}});
    deliveries(world, 9, NULL, 10, &count);
    assert_int_equal(count, 0);
    uint64_t key, recipient;
    assert_int_equal(store_last_ids(world->reader, &key, &recipient), ERR_OK);
    assert_int_equal(key, made.id);
}

struct contract_tests contract_events(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(webhooks_are_read_by_account),
        CONTRACT_TEST(each_move_of_a_recipient_that_tells_is_an_event),
        CONTRACT_TEST(what_is_final_at_birth_is_told_as_queued_and_as_that),
        CONTRACT_TEST(a_scheduled_message_tells_when_its_time_comes),
        CONTRACT_TEST(nobody_is_told_without_an_enabled_webhook_or_a_recipient_that_tells),
        CONTRACT_TEST(deliveries_wait_in_their_webhooks_queue_by_time),
        CONTRACT_TEST(a_try_takes_its_place_and_is_kept),
        CONTRACT_TEST(a_delivery_outlives_its_webhook),
    };
    return CONTRACT_TESTS(tests);
}
