/* From a receipt to the message it speaks of. */
#include "world.h"

#include <stdio.h>

/* A message that the carrier took under this id. */
static struct command *sent_as(struct world *world, const char *carrier_id)
{
    struct command *sent = world_send(world, "x");
    world_settle(world);
    world_take(world, world->submit_count - 1, carrier_id);
    return sent;
}

static enum err delivered(struct world *world, const char *carrier_id)
{
    return world_receipt(world, world->a, carrier_id, RECEIPT_DELIVERED);
}

static size_t parked_count(const struct world *world)
{
    return world->core->receipts.parked_count;
}

static void a_receipt_delivers_its_message_and_no_other(void **state)
{
    struct world *world = world_new();
    const struct command *one = sent_as(world, "id-1"), *two = sent_as(world, "id-2");
    world->wall_ms += 700;
    assert_int_equal(delivered(world, "id-2"), ERR_OK);
    assert_int_equal(world_state(world, one), RECIPIENT_SENT);
    struct store_recipient row = world_recipient(world, two);
    assert_int_equal(row.recipient.state, RECIPIENT_DELIVERED);
    assert_int_equal(row.attempts[0].receipt, RECEIPT_DELIVERED);
    assert_int_equal(row.attempts[0].receipt_at_ms, world->wall_ms);
    assert_string_equal(row.attempts[0].receipt_error, "000");
    assert_int_equal(parked_count(world), 0);
    assert_int_equal(world_status(world, world->a).receipts, 1);
    world_free(world);
}

static void a_verdict_is_never_taken_back(void **state)
{
    struct world *world = world_new();
    struct command send = world_send_command(world, "x");
    send.send.refund = REFUND_FAILED;
    const struct command *good = world_do(world, &send), *bad = world_do(world, &send);
    world_take(world, 0, "good");
    world_take(world, 1, "bad");
    delivered(world, "good");
    world_receipt(world, world->a, "bad", RECEIPT_UNDELIVERABLE);
    assert_int_equal(world_available(world), 999);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_receipt(world, world->a, "good", RECEIPT_EXPIRED), ERR_OK);
        assert_int_equal(delivered(world, "bad"), ERR_OK);
        assert_int_equal(world_receipt(world, world->a, "bad", RECEIPT_UNDELIVERABLE), ERR_OK);
    }
    world_settle(world);
    assert_int_equal(world_state(world, good), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, bad), RECIPIENT_FAILED);
    assert_int_equal(world_available(world), 999); /* once */
    world_free(world);
}

static void two_verdicts_in_one_tick_are_the_first(void **state)
{
    struct world *world = world_new();
    const struct command *sent = sent_as(world, "x");
    struct command receipt = {.kind = COMMAND_RECEIPT};
    receipt.receipt = (struct command_receipt){
        .provider = world->a, .carrier_id = SLICE("x"), .state = RECEIPT_REJECTED};
    const struct command *first = world_ask(world, &receipt);
    receipt.receipt.state = RECEIPT_DELIVERED;
    const struct command *second = world_ask(world, &receipt);
    world_tick(world);
    assert_int_equal(first->result, ERR_OK);
    assert_int_equal(second->result, ERR_OK);
    assert_int_equal(world_state(world, sent), RECIPIENT_FAILED);
    world_free(world);
}

static void what_is_no_verdict_is_noted_and_waits_on(void **state)
{
    struct world *world = world_new();
    const struct command *sent = sent_as(world, "x");
    static const enum receipt_state states[] = {RECEIPT_ENROUTE, RECEIPT_ACCEPTED,
                                                RECEIPT_UNKNOWN_WORD};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world_receipt(world, world->a, "x", states[i]), ERR_OK);
        assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
        assert_int_equal(world_attempt(world, 0).receipt, states[i]);
        assert_int_equal(world_receipt(world, world->a, "unknown", states[i]), ERR_OK);
    }
    assert_int_equal(parked_count(world), 0);
    delivered(world, "x");
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    world_free(world);
}

static void all_segments_must_be_delivered(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, world_long_text(world, 400));
    world_take(world, 0, "one");
    world_take(world, 1, "two");
    delivered(world, "one");
    delivered(world, "two");
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    world_take(world, 2, "three");
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    delivered(world, "three");
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);

    const struct command *broken = world_send(world, world_long_text(world, 300));
    world_take(world, 3, "four");
    world_take(world, 4, "five");
    delivered(world, "four");
    world_receipt(world, world->a, "five", RECEIPT_EXPIRED);
    assert_int_equal(world_state(world, broken), RECIPIENT_FAILED);
    world_free(world);
}

/* One message is open under the first id; does a receipt that names the second mean it? */
static void an_id_is_known_in_the_forms_that_carriers_give_it(void **state)
{
    static const struct {
        const char *response, *receipt;
        bool known;
    } rows[] = {
        {"0042", "0042", true},
        {"0042", "42", true},
        {"42", "0000042", true},
        {"7F3a", "7f3A", true},
        {"007F3a", "7f3A", true},
        {"abc-DEF", "ABC-def", true},
        {" 42", "42", true},
        {"42", " 42\t", true},
        {"1a2b", "6699", true}, /* hex in the response, decimal in the receipt */
        {"00001A2B", "6699", true},
        {"6699", "1A2B", true}, /* and the other way */
        {"6699", "00001a2b", true},
        {"0", "000", true},
        {"ffffffffffffffffffffffffffffffff", "340282366920938463463374607431768211455", true},
        {"100000000000000000000000000000000", "340282366920938463463374607431768211456", false},
        {"6699", "6700", false},
        {"6699", "669", false},
        {"abc-def", "abcdef", false},
        {"1a2b", "1a2", false},
        {"g", "16", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *world = world_new();
        const struct command *sent = sent_as(world, rows[i].response);
        assert_int_equal(delivered(world, rows[i].receipt), ERR_OK);
        world_settle(world);
        enum recipient_state wanted = rows[i].known ? RECIPIENT_DELIVERED : RECIPIENT_SENT;
        if (world_state(world, sent) != wanted)
            fail_msg("%s for %s: %s", rows[i].receipt, rows[i].response,
                     recipient_state_names[world_state(world, sent)]);
        assert_int_equal(parked_count(world), !rows[i].known);
        world_free(world);
    }
}

static void the_carrier_s_own_bytes_win_over_any_other_form(void **state)
{
    struct world *world = world_new();
    const struct command *folded = sent_as(world, "0A"), *raw = sent_as(world, "a");
    const struct command *decimal = sent_as(world, "10");
    delivered(world, "a");
    assert_int_equal(world_state(world, raw), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, folded), RECIPIENT_SENT);
    assert_int_equal(world_state(world, decimal), RECIPIENT_SENT);
    world_free(world);
}

static void of_repeated_ids_the_newest_is_meant(void **state)
{
    struct world *world = world_new();
    const struct command *old = sent_as(world, "7"), *young = sent_as(world, "7");
    delivered(world, "7");
    assert_int_equal(world_state(world, young), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, old), RECIPIENT_SENT);
    delivered(world, "7");
    assert_int_equal(world_state(world, old), RECIPIENT_DELIVERED);
    world_free(world);
}

static void another_provider_s_ids_are_others(void **state)
{
    struct world *world = world_new();
    struct provider_id b = world_provider(world, "b", 10, 0, "");
    const struct command *sent = sent_as(world, "x");
    assert_int_equal(world_receipt(world, b, "x", RECEIPT_DELIVERED), ERR_OK);
    world_settle(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    assert_int_equal(parked_count(world), 1);
    world_free(world);
}

static void what_makes_no_sense_is_refused(void **state)
{
    struct world *world = world_new();
    char id[CARRIER_ID_MAX + 2];
    memset(id, 'x', sizeof id);
    id[CARRIER_ID_MAX + 1] = '\0';
    assert_int_equal(delivered(world, id), ERR_INVALID);
    id[CARRIER_ID_MAX] = '\0';
    assert_int_equal(delivered(world, id), ERR_OK);
    assert_int_equal(delivered(world, ""), ERR_INVALID);
    assert_int_equal(delivered(world, "  "), ERR_INVALID);
    static const uint16_t providers[] = {0, 2, 999};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            world_receipt(world, (struct provider_id){providers[i]}, "x", RECEIPT_DELIVERED),
            ERR_INVALID);
    world_free(world);
}

static void a_receipt_before_its_answer_is_kept_and_counts_when_that_comes(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    assert_int_equal(delivered(world, "id-7"), ERR_OK);
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    assert_int_equal(parked_count(world), 1);
    world_pass(world, 5 * 60 * 1000);
    world_take(world, 0, "id-7");
    world_settle(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    assert_int_equal(parked_count(world), 0);
    world_free(world);
}

static void both_in_one_tick_in_either_order_are_enough(void **state)
{
    for (int order = 0; order < 2; order++) {
        struct world *world = world_new();
        const struct command *sent = world_send(world, "x");
        struct command receipt = {.kind = COMMAND_RECEIPT};
        receipt.receipt = (struct command_receipt){
            .provider = world->a, .carrier_id = SLICE("7"), .state = RECEIPT_DELIVERED};
        if (order) world_ask(world, &receipt);
        world_ask_answer(world, 0, ATTEMPT_TAKEN, 0, "7");
        if (!order) world_ask(world, &receipt);
        world_tick(world);
        world_settle(world);
        assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
        assert_int_equal(parked_count(world), 0);
        world_free(world);
    }
}

static void an_early_receipt_in_another_form_counts_too(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    delivered(world, "6699");
    world_take(world, 0, "1a2b");
    world_settle(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_DELIVERED);
    world_free(world);
}

static void another_form_waits_for_answers_that_are_still_out(void **state)
{
    struct world *world = world_new();
    const struct command *hex = sent_as(world, "1a2b");
    const struct command *open = world_send(world, "y"); /* its answer may yet say 6699 */
    assert_int_equal(delivered(world, "6699"), ERR_OK);
    world_settle(world);
    assert_int_equal(world_state(world, hex), RECIPIENT_SENT);
    world_send(world, "z"); /* left after the receipt came */
    world_take(world, 1, "6699");
    world_settle(world);
    assert_int_equal(world_state(world, open), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, hex), RECIPIENT_SENT);

    world_free(world);
}

static void an_answer_that_never_comes_ends_that_waiting(void **state)
{
    struct world *world = world_new();
    const struct command *hex = sent_as(world, "1a2b");
    world_send(world, "y");
    delivered(world, "6699");
    world_settle(world);
    struct command down = {.kind = COMMAND_LINK, .link = {world->a, 0}};
    world_do(world, &down);
    world_answer(world, 1, ATTEMPT_UNCERTAIN, 0, "");
    world_pass(world, 1000);
    assert_int_equal(world_state(world, hex), RECIPIENT_DELIVERED);
    world_free(world);
}

static void two_that_could_be_meant_leave_it_parked(void **state)
{
    struct world *world = world_new();
    const struct command *hex = sent_as(world, "10"), *decimal = sent_as(world, "22");
    assert_int_equal(delivered(world, "16"), ERR_OK); /* 0x10, or the hex of 22 */
    world_settle(world);
    assert_int_equal(world_state(world, hex), RECIPIENT_SENT);
    assert_int_equal(world_state(world, decimal), RECIPIENT_SENT);
    assert_int_equal(parked_count(world), 1);
    world_free(world);
}

static void the_form_that_a_carrier_has_shown_decides_between_them(void **state)
{
    struct world *world = world_new();
    sent_as(world, "1a2b");
    delivered(world, "6699");
    world_settle(world);
    assert_string_equal(world_status(world, world->a).receipt_form, "decimal of hex");
    const struct command *hex = sent_as(world, "10"), *decimal = sent_as(world, "22");
    delivered(world, "16");
    world_settle(world);
    assert_int_equal(world_state(world, hex), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, decimal), RECIPIENT_SENT);
    /* and against a lone one of another form */
    delivered(world, "16");
    world_settle(world);
    assert_int_equal(world_state(world, decimal), RECIPIENT_SENT);
    world_free(world);
}

/* A carrier that counts in decimal and says so in its receipts: most do. */
static void a_repeated_receipt_of_a_plain_carrier_delivers_nobody_else(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 50);
    for (unsigned id = 1000; id < 1020; id++) {
        char text[16];
        snprintf(text, sizeof text, "%u", id);
        sent_as(world, text);
        delivered(world, text);
    }
    const struct command *other = sent_as(world, "4096");  /* 0x1000 */
    const struct command *another = sent_as(world, "3e9"); /* 1001 in hex */
    for (int i = 0; i < 3; i++) {
        assert_int_equal(delivered(world, "1000"), ERR_OK);
        assert_int_equal(delivered(world, "1001"), ERR_OK);
    }
    world_settle(world);
    assert_int_equal(world_state(world, other), RECIPIENT_SENT);
    assert_int_equal(world_state(world, another), RECIPIENT_SENT);
    assert_string_equal(world_status(world, world->a).receipt_form, "raw");
    world_free(world);
}

static void a_carrier_whose_form_was_taken_for_another_is_learned_in_the_end(void **state)
{
    struct world *world = world_new();
    /* By its letters it names the second; what looks plain at first is not. */
    sent_as(world, "10");
    sent_as(world, "16");
    delivered(world, "16");
    assert_string_equal(world_status(world, world->a).receipt_form, "raw");
    const struct command *third = sent_as(world, "1a2b"), *fourth = sent_as(world, "1a2c");
    delivered(world, "6699");
    world_settle(world);
    assert_int_equal(world_state(world, third), RECIPIENT_SENT);
    delivered(world, "6700");
    world_settle(world);
    assert_string_equal(world_status(world, world->a).receipt_form, "decimal of hex");
    assert_int_equal(world_state(world, third), RECIPIENT_DELIVERED);
    assert_int_equal(world_state(world, fourth), RECIPIENT_DELIVERED);
    world_free(world);
}

static void zeros_alone_teach_nothing(void **state)
{
    struct world *world = world_new();
    const struct command *small = sent_as(world, "00000005");
    delivered(world, "5");
    world_settle(world);
    assert_int_equal(world_state(world, small), RECIPIENT_DELIVERED);
    const struct command *hex = sent_as(world, "0000001A");
    delivered(world, "26");
    world_settle(world);
    assert_int_equal(world_state(world, hex), RECIPIENT_DELIVERED);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_delivers_its_message_and_no_other),
        cmocka_unit_test(a_verdict_is_never_taken_back),
        cmocka_unit_test(two_verdicts_in_one_tick_are_the_first),
        cmocka_unit_test(what_is_no_verdict_is_noted_and_waits_on),
        cmocka_unit_test(all_segments_must_be_delivered),
        cmocka_unit_test(an_id_is_known_in_the_forms_that_carriers_give_it),
        cmocka_unit_test(the_carrier_s_own_bytes_win_over_any_other_form),
        cmocka_unit_test(of_repeated_ids_the_newest_is_meant),
        cmocka_unit_test(another_provider_s_ids_are_others),
        cmocka_unit_test(what_makes_no_sense_is_refused),
        cmocka_unit_test(a_receipt_before_its_answer_is_kept_and_counts_when_that_comes),
        cmocka_unit_test(both_in_one_tick_in_either_order_are_enough),
        cmocka_unit_test(an_early_receipt_in_another_form_counts_too),
        cmocka_unit_test(another_form_waits_for_answers_that_are_still_out),
        cmocka_unit_test(an_answer_that_never_comes_ends_that_waiting),
        cmocka_unit_test(two_that_could_be_meant_leave_it_parked),
        cmocka_unit_test(the_form_that_a_carrier_has_shown_decides_between_them),
        cmocka_unit_test(a_repeated_receipt_of_a_plain_carrier_delivers_nobody_else),
        cmocka_unit_test(a_carrier_whose_form_was_taken_for_another_is_learned_in_the_end),
        cmocka_unit_test(zeros_alone_teach_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
