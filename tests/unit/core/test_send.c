/* Accepting a message: refusals, money, and the order of what happens in one tick. */
#include "world.h"

static void a_message_is_charged_stored_and_handed_to_its_carrier_in_one_tick(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "Parcel at the door");
    assert_int_equal(sent->result, ERR_OK);
    assert_int_equal(sent->send.price, 1);
    assert_int_equal(sent->send.account.v, world->account.v);
    assert_int_equal(world_available(world), 999);

    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_QUEUED);
    assert_int_equal(row.recipient.number, 447700900123);
    assert_int_equal(row.recipient.provider.v, world->a.v);
    assert_int_equal(row.message.account.v, world->account.v);
    assert_int_equal(row.message.key.v, world->key.v);
    assert_int_equal(row.message.dialect, DIALECT_HEP);
    assert_int_equal(row.message.recipient_count, 1);
    assert_int_equal(row.message.segments, 1);
    assert_true(slice_eq(row.message.text, SLICE("Parcel at the door")));
    assert_true(slice_eq(row.message.supplied_recipient, SLICE("+44 7700 900123")));

    assert_int_equal(world->submit_count, 1);
    const struct submit *submit = &world->submits[0].submit;
    assert_int_equal(submit->provider.v, world->a.v);
    assert_int_equal(submit->number, 447700900123);
    assert_true(slice_eq(submit->sender, SLICE("+2899682626")));
    assert_string_equal(world_text(world, 0), "Parcel at the door");
    assert_int_equal(submit->expires_at_ms, world->wall_ms + world->retry_window_ms);
    assert_true(world->flushes > 0);
    world_free(world);
}

/* What makes a send impossible, one at a time. */
enum obstacle {
    NOTHING,
    UNKNOWN_KEY,
    DELETED_KEY,
    DISABLED_KEY,
    KEY_WITHOUT_SCOPE,
    KEY_THAT_SENDS,
    ACCOUNT_OFF,
    NO_MONEY,
    NO_MONEY_FOR_ALL_OF_IT,
    EXACTLY_ENOUGH,
    NO_TEXT,
    LONGEST_TEXT,
    TEXT_OVER_THE_LIMIT,
    NO_NUMBER,
    SENDER_OVER_THE_LIMIT,
};

static void set_key(struct world *world, enum command_kind kind, bool enable)
{
    struct command set = {.kind = kind};
    set.key_ref = (struct command_key_ref){.id = world->key, .enable = enable};
    assert_int_equal(world_do(world, &set)->result, ERR_OK);
}

static void set_sms(struct world *world, bool on)
{
    struct command set = {.kind = COMMAND_ACCOUNT_SET};
    set.account_set =
        (struct command_account_set){.account = world->account, .set_sms = true, .sms_on = on};
    assert_int_equal(world_do(world, &set)->result, ERR_OK);
}

static void leave_credit(struct world *world, int64_t credit)
{
    struct command grant = {.kind = COMMAND_GRANT};
    grant.grant = (struct command_grant){.account = world->account,
                                         .amount = credit - world_available(world)};
    assert_int_equal(world_do(world, &grant)->result, ERR_OK);
    assert_int_equal(world_available(world), credit);
}

static void put_obstacle(struct world *world, enum obstacle obstacle, struct command *send)
{
    switch (obstacle) {
    case NOTHING:
        break;
    case UNKNOWN_KEY:
        send->send.key.v = 12345;
        break;
    case DELETED_KEY:
        set_key(world, COMMAND_KEY_DELETE, false);
        break;
    case DISABLED_KEY:
        set_key(world, COMMAND_KEY_ENABLE, false);
        break;
    case KEY_WITHOUT_SCOPE:
        send->send.key = world_key(world, world->account, 9, false, "sms:read,sms:sender");
        break;
    case KEY_THAT_SENDS:
        send->send.key = world_key(world, world->account, 9, false, "sms:read,sms:send");
        break;
    case ACCOUNT_OFF:
        set_sms(world, false);
        break;
    case NO_MONEY:
        leave_credit(world, 0);
        break;
    case NO_MONEY_FOR_ALL_OF_IT:
    case EXACTLY_ENOUGH:
        leave_credit(world, obstacle == EXACTLY_ENOUGH ? 5 : 4);
        send->send.text = slice_cstr(world_long_text(world, 799));
        break;
    case NO_TEXT:
        send->send.text = (struct slice){0};
        break;
    case LONGEST_TEXT:
    case TEXT_OVER_THE_LIMIT:
        send->send.text =
            slice_cstr(world_long_text(world, TEXT_MAX_BYTES + (obstacle == TEXT_OVER_THE_LIMIT)));
        break;
    case NO_NUMBER:
        send->send.number = 0;
        break;
    case SENDER_OVER_THE_LIMIT:
        send->send.sender = slice_cstr(world_long_text(world, SENDER_MAX_SIZE + 1));
        break;
    }
}

static void what_cannot_be_sent_is_refused_and_leaves_nothing(void **state)
{
    static const struct {
        enum obstacle obstacle;
        enum err result;
        int64_t price;
    } rows[] = {
        {NOTHING, ERR_OK, 1},
        {UNKNOWN_KEY, ERR_KEY_UNKNOWN, 0},
        {DELETED_KEY, ERR_KEY_UNKNOWN, 0},
        {DISABLED_KEY, ERR_KEY_DISABLED, 0},
        {KEY_WITHOUT_SCOPE, ERR_KEY_SCOPE, 0},
        {KEY_THAT_SENDS, ERR_OK, 1},
        {ACCOUNT_OFF, ERR_ACCOUNT_DISABLED, 0},
        {NO_MONEY, ERR_NO_CREDIT, 0},
        {NO_MONEY_FOR_ALL_OF_IT, ERR_NO_CREDIT, 0},
        {EXACTLY_ENOUGH, ERR_OK, 5},
        {NO_TEXT, ERR_TEXT_MISSING, 0},
        {LONGEST_TEXT, ERR_OK, 52},
        {TEXT_OVER_THE_LIMIT, ERR_TEXT_TOO_LONG, 0},
        {NO_NUMBER, ERR_NUMBER_INVALID, 0},
        {SENDER_OVER_THE_LIMIT, ERR_INVALID, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *world = world_new();
        struct command send = world_send_command(world, "hi");
        put_obstacle(world, rows[i].obstacle, &send);
        int64_t before = world_available(world);
        const struct command *sent = world_do(world, &send);
        if (sent->result != rows[i].result) fail_msg("row %zu: %s", i, err_name(sent->result));
        assert_int_equal(world_available(world), before - rows[i].price);
        world_settle(world); /* more segments than the window has room for leave with the next */
        assert_int_equal(world->submit_count > 0, rows[i].result == ERR_OK);
        struct message *messages;
        size_t count;
        assert_int_equal(store_message_page(core_reader(world->core), world->account,
                                            (struct message_id){0}, &world->arena, 10, &messages,
                                            &count),
                         ERR_OK);
        assert_int_equal(count, rows[i].result == ERR_OK);
        assert_int_equal(world->core->dispatch.pendings.count, rows[i].result == ERR_OK);
        world_free(world);
    }
}

static void the_key_s_state_counts_before_the_account_s_and_the_money(void **state)
{
    struct world *world = world_new();
    leave_credit(world, 0);
    assert_int_equal(world_send(world, "x")->result, ERR_NO_CREDIT);
    set_sms(world, false);
    assert_int_equal(world_send(world, "x")->result, ERR_ACCOUNT_DISABLED);
    set_key(world, COMMAND_KEY_ENABLE, false);
    assert_int_equal(world_send(world, "x")->result, ERR_KEY_DISABLED);
    set_key(world, COMMAND_KEY_DELETE, false);
    assert_int_equal(world_send(world, "x")->result, ERR_KEY_UNKNOWN);
    world_free(world);
}

static void without_a_route_it_fails_at_once_and_the_money_is_back(void **state)
{
    struct world *world = world_new_bare();
    const struct command *sent = world_send(world, "x");
    assert_int_equal(sent->result, ERR_NO_ROUTE);
    assert_int_equal(world_available(world), 1000);
    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_FAILED);
    assert_string_equal(row.recipient.error_word, "no_route");

    struct ledger_entry *entries;
    size_t count;
    assert_int_equal(store_ledger_page(core_reader(world->core), world->account,
                                       (struct ledger_id){0}, &world->arena, 10, &entries, &count),
                     ERR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(entries[0].kind, LEDGER_REFUND);
    assert_int_equal(entries[0].message.v, sent->send.message.v);
    assert_int_equal(entries[1].kind, LEDGER_CHARGE);
    assert_int_equal(entries[1].available, 999);
    world_free(world);
}

static void without_a_route_and_without_money_it_is_the_money_that_is_missing(void **state)
{
    struct world *world = world_new_bare();
    leave_credit(world, 0);
    assert_int_equal(world_send(world, "x")->result, ERR_NO_CREDIT);
    world_free(world);
}

static void a_test_key_reaches_no_carrier_and_no_money(void **state)
{
    struct world *world = world_new();
    struct command send = world_send_command(world, "x");
    send.send.key = world_key(world, world->account, 2, true, "*");
    leave_credit(world, 0);
    const struct command *sent = world_do(world, &send);
    assert_int_equal(sent->result, ERR_OK);
    assert_int_equal(sent->send.price, 0);
    assert_int_equal(world->submit_count, 0);
    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_DELIVERED);
    assert_true(row.message.test);
    world_free(world);
}

static void a_test_key_needs_no_route(void **state)
{
    struct world *world = world_new_bare();
    struct command send = world_send_command(world, "x");
    send.send.key = world_key(world, world->account, 2, true, "*");
    const struct command *sent = world_do(world, &send);
    assert_int_equal(sent->result, ERR_OK);
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    world_free(world);
}

static void a_balance_that_covers_some_of_a_tick_covers_the_first(void **state)
{
    struct world *world = world_new();
    leave_credit(world, 3);
    struct command *sent[6];
    for (size_t i = 0; i < 6; i++)
        sent[i] =
            world_ask_send(world, i == 1 ? world_long_text(world, 161) : "x"); /* one costs 2 */
    world_tick(world);
    static const enum err wanted[] = {ERR_OK,        ERR_OK,        ERR_NO_CREDIT,
                                      ERR_NO_CREDIT, ERR_NO_CREDIT, ERR_NO_CREDIT};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(sent[i]->result, wanted[i]);
    assert_int_equal(world_available(world), 0);
    assert_int_equal(world->submit_count, 3); /* the long one has two segments */
    assert_int_equal(world->core->dispatch.pendings.count, 2);
    world_free(world);
}

static void a_cheaper_message_may_still_fit_behind_one_that_does_not(void **state)
{
    struct world *world = world_new();
    leave_credit(world, 1);
    struct command *first = world_ask_send(world, world_long_text(world, 161));
    struct command *second = world_ask_send(world, "x");
    world_tick(world);
    assert_int_equal(first->result, ERR_NO_CREDIT);
    assert_int_equal(second->result, ERR_OK);
    assert_int_equal(world->submit_count, 1);
    world_free(world);
}

static void a_change_in_a_tick_counts_from_its_place_on(void **state)
{
    struct world *world = world_new();
    leave_credit(world, 1);
    struct command disable = {.kind = COMMAND_KEY_ENABLE, .key_ref = {.id = world->key}};
    struct command enable = disable;
    enable.key_ref.enable = true;
    struct command grant = {.kind = COMMAND_GRANT,
                            .grant = {.account = world->account, .amount = 1}};
    struct command *before = world_ask_send(world, "a");
    world_ask(world, &disable);
    struct command *between = world_ask_send(world, "b");
    world_ask(world, &enable);
    struct command *poor = world_ask_send(world, "c");
    struct command *granted = world_ask(world, &grant);
    struct command *after = world_ask_send(world, "d");
    world_tick(world);
    assert_int_equal(before->result, ERR_OK);
    assert_int_equal(between->result, ERR_KEY_DISABLED);
    assert_int_equal(poor->result, ERR_NO_CREDIT);
    assert_int_equal(granted->grant.available, 1);
    assert_int_equal(after->result, ERR_OK);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world_available(world), 0);
    world_free(world);
}

static void the_order_of_a_tick_is_the_order_of_ids_and_submits(void **state)
{
    struct world *world = world_new();
    const struct command *sent[8];
    for (size_t i = 0; i < 8; i++)
        sent[i] =
            world_ask_send(world, (const char *[]){"0", "1", "2", "3", "4", "5", "6", "7"}[i]);
    world_tick(world);
    for (size_t i = 0; i < 8; i++) {
        if (i) assert_true(sent[i]->send.message.v > sent[i - 1]->send.message.v);
        assert_int_equal(*world_text(world, i), '0' + (int)i);
    }
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_charged_stored_and_handed_to_its_carrier_in_one_tick),
        cmocka_unit_test(what_cannot_be_sent_is_refused_and_leaves_nothing),
        cmocka_unit_test(the_key_s_state_counts_before_the_account_s_and_the_money),
        cmocka_unit_test(without_a_route_it_fails_at_once_and_the_money_is_back),
        cmocka_unit_test(without_a_route_and_without_money_it_is_the_money_that_is_missing),
        cmocka_unit_test(a_test_key_reaches_no_carrier_and_no_money),
        cmocka_unit_test(a_test_key_needs_no_route),
        cmocka_unit_test(a_balance_that_covers_some_of_a_tick_covers_the_first),
        cmocka_unit_test(a_cheaper_message_may_still_fit_behind_one_that_does_not),
        cmocka_unit_test(a_change_in_a_tick_counts_from_its_place_on),
        cmocka_unit_test(the_order_of_a_tick_is_the_order_of_ids_and_submits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
