/* Receipts and inbound messages of the simulator, in every form that it has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "net/sim/sim.h"
#include "support/carrier.h"

static const struct {
    const char *form, *pdu, *id_form;
    const char *carrier_id;
} receipt_rows[] = {
    {"both", "deliver_sm", "decimal", "1000001"}, {"text", "deliver_sm", "decimal", "1000001"},
    {"tlv", "deliver_sm", "decimal", "1000001"},  {"bare", "deliver_sm", "decimal", "1000001"},
    {"both", "data_sm", "decimal", "1000001"},    {"text", "data_sm", "hex", "f4241"},
    {"tlv", "data_sm", "hex-upper", "F4241"},     {"both", "deliver_sm", "padded", "0001000001"},
};

static void receipts_are_known_in_every_form(void **state)
{
    for (size_t i = 0; i < sizeof receipt_rows / sizeof *receipt_rows; i++) {
        struct carrier_world world;
        world_open(&world, i);
        world_set(&world, "receipt-form", receipt_rows[i].form);
        world_set(&world, "receipt-pdu", receipt_rows[i].pdu);
        world_set(&world, "receipt-id-form", receipt_rows[i].id_form);
        world_set(&world, "state-suffix", "009=UNDELIV");
        world_set(&world, "fail-error", "69");
        world_simulate(&world);
        world_provide(&world, 100);
        world_send_to(&world, "Hello", 447700900001, "Godwit");
        world_send_to(&world, "Hello", 447700900009, "Godwit");
        world_run(&world, 3000);
        assert_int_equal(world.delivery_count, 2);
        assert_true(world.deliveries[0].is_receipt && world.deliveries[1].is_receipt);
        assert_string_equal(world.deliveries[0].carrier_id, receipt_rows[i].carrier_id);
        assert_int_equal(world.deliveries[0].state, RECEIPT_DELIVERED);
        assert_int_equal(world.deliveries[1].state, RECEIPT_UNDELIVERABLE);
        bool has_text = strcmp(receipt_rows[i].form, "tlv") != 0;
        assert_string_equal(world.deliveries[1].error, has_text ? "069" : "");
        assert_int_equal(simulator_counts(world.simulator).receipts_done, 2);
        world_close(&world);
    }
}

static void long_ids_come_through_whole_both_ways(void **state)
{
    static const char *const forms[] = {"long", "uuid"};
    for (size_t i = 0; i < 2; i++) {
        struct carrier_world world;
        world_open(&world, i);
        world_set(&world, "id-form", forms[i]);
        world_set(&world, "receipt-id-form", forms[i]);
        world_simulate(&world);
        world_provide(&world, 100);
        struct attempt_id attempt = world_send(&world, "Hello");
        world_run(&world, 3000);
        const struct told_answer *answer = world_answer(&world, attempt);
        assert_int_equal(strlen(answer->carrier_id), i == 0 ? 64 : 36);
        assert_int_equal(world.delivery_count, 1);
        assert_string_equal(world.deliveries[0].carrier_id, answer->carrier_id);
        world_close(&world);
    }
}

static void a_receipt_may_come_before_the_answer(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "receipt-first", "on");
    world_set(world, "receipt-ms", "50");
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    while (world->delivery_count == 0)
        world_run(world, 1);
    assert_int_equal(world->answer_count, 0);
    world_run(world, 100);
    assert_string_equal(world_answer(world, attempt)->carrier_id, world->deliveries[0].carrier_id);
}

static void both_receipts_of_a_talkative_carrier_are_told(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "receipt-twice", "on");
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    world_run(world, 5000);
    assert_int_equal(world->delivery_count, 2);
    assert_int_equal(world->deliveries[0].state, RECEIPT_ACCEPTED);
    assert_int_equal(world->deliveries[1].state, RECEIPT_DELIVERED);
    assert_string_equal(world->deliveries[0].carrier_id, world->deliveries[1].carrier_id);
}

static void a_receipt_is_answered_when_it_is_recorded_and_not_before(void **state)
{
    struct carrier_world *world = *state;
    world->keep_replies = true;
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    world_run(world, 5000);
    assert_int_equal(world->delivery_count, 1);
    assert_int_equal(simulator_counts(world->simulator).receipts_done, 0);
    world_reply(world, 0, ERR_OK);
    world_run(world, 10);
    assert_int_equal(simulator_counts(world->simulator).receipts_done, 1);
}

static void what_the_store_could_not_take_comes_again(void **state)
{
    struct carrier_world *world = *state;
    world->reply = ERR_STORE_UNAVAILABLE;
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    struct simulator_inbound inbound = {SLICE("+447700900005"), SLICE("32323"), SLICE("Hi")};
    assert_true(simulator_inject(world->simulator, &inbound));
    world_run(world, 3500);
    struct simulator_counts counts = simulator_counts(world->simulator);
    assert_true(counts.receipts_again >= 2 && counts.inbound_again >= 2);
    assert_int_equal(counts.receipts_done + counts.inbound_done, 0);
    world->reply = ERR_OK;
    world_run(world, 2000);
    counts = simulator_counts(world->simulator);
    assert_int_equal(counts.receipts_done, 1);
    assert_int_equal(counts.inbound_done, 1);
    assert_int_equal(counts.waiting, 0);
}

static void a_reply_to_a_session_that_has_ended_is_dropped(void **state)
{
    struct carrier_world *world = *state;
    world->keep_replies = true;
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    world_run(world, 2000);
    assert_int_equal(world->delivery_count, 1);
    simulator_cut(world->simulator);
    world_run(world, 5000);
    assert_int_equal(world->sessions, 1);
    assert_int_equal(world->delivery_count, 2); /* sent again on the new session */
    world_reply(world, 0, ERR_OK);
    world_run(world, 100);
    assert_int_equal(simulator_counts(world->simulator).receipts_done, 0);
    world_reply(world, 1, ERR_OK);
    world_run(world, 100);
    assert_int_equal(simulator_counts(world->simulator).receipts_done, 1);
}

static const struct {
    const char *text, *form;
    size_t parts;
} inbound_rows[] = {
    {"Hello", "udh8", 1},
    {"news \xC3\xA9t\xC3\xA9 @ \xE2\x82\xAC [5]", "udh8", 1},
    {"\xF0\x9F\x90\xB3 \xD0\xBF\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82", "udh8", 1},
    {world_long_text, "udh8", 3},
    {world_long_text, "udh16", 3},
    {world_long_text, "sar", 3},
};

static void inbound_messages_come_with_text_numbers_and_parts(void **state)
{
    for (size_t i = 0; i < sizeof inbound_rows / sizeof *inbound_rows; i++) {
        struct carrier_world world;
        world_open(&world, i);
        world_set(&world, "inbound-text", inbound_rows[i].text);
        world_set(&world, "inbound-from", "+447700900123");
        world_set(&world, "long-form", inbound_rows[i].form);
        world_simulate(&world);
        world_provide(&world, 3000);
        assert_int_equal(world.delivery_count, inbound_rows[i].parts);
        char whole[2048] = "";
        for (size_t part = 0; part < world.delivery_count; part++) {
            const struct told_delivery *told = &world.deliveries[part];
            assert_false(told->is_receipt);
            assert_string_equal(told->source, "447700900123");
            assert_string_equal(told->destination, "32323");
            assert_int_equal(told->part.total, inbound_rows[i].parts);
            assert_int_equal(told->part.number, part + 1);
            assert_int_equal(told->part.reference, world.deliveries[0].part.reference);
            snprintf(whole + strlen(whole), sizeof whole - strlen(whole), "%s", told->text);
        }
        assert_string_equal(whole, inbound_rows[i].text);
        assert_int_equal(simulator_counts(world.simulator).inbound_done, inbound_rows[i].parts);
        world_close(&world);
    }
}

/* Everything that happens in a day of a link, with a digest of what was told. */
static uint64_t digest_of_a_day(const struct sim_faults *faults)
{
    struct carrier_world world;
    world_open(&world, 9);
    if (faults) sim_set_faults(faults);
    world_set(&world, "inbound-text", world_long_text);
    world_set(&world, "inbound-after", "0");
    world_set(&world, "state-suffix", "7=EXPIRED");
    world_set(&world, "refuse-suffix", "3=0x0B");
    world_simulate(&world);
    world_provide(&world, 500);
    for (size_t i = 0; i < 10; i++)
        world_send_to(&world, i % 4 ? "Hello" : world_long_text, 447700900000 + i, "Godwit");
    world_run(&world, 10000);
    uint64_t digest = world.delivery_count;
    for (size_t i = 0; i < world.answer_count; i++)
        digest = digest * 31 + world.answers[i].attempt.v + world.answers[i].state * 7 +
                 strlen(world.answers[i].carrier_id);
    for (size_t i = 0; i < world.delivery_count; i++)
        digest = digest * 31 + world.deliveries[i].state + strlen(world.deliveries[i].text);
    world_assert_each_answered_once(&world);
    world_close(&world);
    return digest;
}

static void how_the_stream_is_cut_into_packets_makes_no_difference(void **state)
{
    struct sim_faults bytewise = sim_faults_none, merged = sim_faults_none;
    bytewise.piece_max = 1;
    merged.latency_max_ms = merged.latency_min_ms = 20;
    merged.merge_percent = 60;
    merged.split_percent = 60;
    uint64_t whole = digest_of_a_day(NULL);
    assert_int_equal(digest_of_a_day(&bytewise), whole);
    assert_int_equal(digest_of_a_day(&merged), whole);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_are_known_in_every_form),
        cmocka_unit_test(long_ids_come_through_whole_both_ways),
        TEST(a_receipt_may_come_before_the_answer),
        TEST(both_receipts_of_a_talkative_carrier_are_told),
        TEST(a_receipt_is_answered_when_it_is_recorded_and_not_before),
        TEST(what_the_store_could_not_take_comes_again),
        TEST(a_reply_to_a_session_that_has_ended_is_dropped),
        cmocka_unit_test(inbound_messages_come_with_text_numbers_and_parts),
        cmocka_unit_test(how_the_stream_is_cut_into_packets_makes_no_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
