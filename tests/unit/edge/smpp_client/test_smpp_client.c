/* The client against the simulator: whole sessions on virtual time. */
#include "edge/smpp_client/smpp_client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/sim/sim.h"
#include "support/carrier.h"

static const char long_text[] =
    "Dear customer, your parcel with the tracking number 00340434292135100186 has left our depot "
    "in "
    "Leipzig this morning and will be brought to your door today between 14:00 and 16:00. If "
    "nobody "
    "is at home the driver leaves it with the neighbours at number 17, or takes it to the shop at "
    "the corner, where it waits for you for seven days. Have a good day, and thank you for "
    "choosing "
    "us once more!";

static int open_world(void **state)
{
    struct carrier_world *world = MEM_NEW(struct carrier_world);
    world_open(world, 1);
    *state = world;
    return 0;
}

static int close_world(void **state)
{
    world_close(*state);
    mem_free(*state);
    return 0;
}

static void a_transceiver_binds_and_a_message_is_taken(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    assert_int_equal(world->sessions, 1);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 100);
    const struct told_answer *answer = world_answer(world, attempt);
    assert_int_equal(answer->state, ATTEMPT_TAKEN);
    assert_string_equal(answer->carrier_id, "1000001");
    assert_int_equal(simulator_counts(world->simulator).sessions, 1);
}

static void a_transmitter_and_a_receiver_bind_on_two_connections(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "bind", "tx-rx");
    world->provider.bind = BIND_TX_RX;
    world->provider.quirks.session_count = 2;
    world_simulate(world);
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 4);
    assert_int_equal(world->sessions, 2); /* receivers cannot submit */
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 2000);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
    assert_int_equal(world->delivery_count, 1);
    assert_string_equal(world->deliveries[0].carrier_id, "1000001");
}

static void nothing_leaves_before_the_flush(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    sim_advance(1000);
    assert_int_equal(simulator_counts(world->simulator).submits, 0);
    world_run(world, 100);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
}

static void without_a_session_a_submit_is_not_sent(void **state)
{
    struct carrier_world *world = *state;
    struct attempt_id unknown = world_send(world, "nobody has heard of this provider");
    world_run(world, 10);
    assert_int_equal(world_answer(world, unknown)->state, ATTEMPT_NOT_SENT);

    world_provide(world, 100); /* nobody listens there */
    struct attempt_id unbound = world_send(world, "the carrier is down");
    world_run(world, 10);
    assert_int_equal(world_answer(world, unbound)->state, ATTEMPT_NOT_SENT);

    world_simulate(world);
    world->provider.enabled = false;
    world_provide(world, 5000);
    struct attempt_id disabled = world_send(world, "the operator has switched it off");
    world_run(world, 10);
    assert_int_equal(world_answer(world, disabled)->state, ATTEMPT_NOT_SENT);
    assert_int_equal(simulator_counts(world->simulator).binds, 0);
    assert_int_equal(world->link_count, 0);
}

static void refusals_and_throttling_come_back_with_their_status(void **state)
{
    static const struct {
        const char *status;
        enum attempt_state state;
        uint32_t value;
    } rows[] = {
        {"0x58", ATTEMPT_THROTTLED, 0x58},     {"0x14", ATTEMPT_THROTTLED, 0x14},
        {"RINVDSTADR", ATTEMPT_REFUSED, 0x0B}, {"RSYSERR", ATTEMPT_REFUSED, 0x08},
        {"0x45", ATTEMPT_REFUSED, 0x45},       {"0x401", ATTEMPT_REFUSED, 0x401},
    };
    struct carrier_world *world = *state;
    char list[256] = "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s00%zu=%s", i ? "," : "", i, rows[i].status);
    }
    world_set(world, "refuse-suffix", list);
    world_simulate(world);
    world_provide(world, 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct attempt_id attempt = world_send_to(world, "Hello", 447700900000 + i, "Godwit");
        world_run(world, 10);
        const struct told_answer *answer = world_answer(world, attempt);
        assert_int_equal(answer->state, rows[i].state);
        assert_int_equal(answer->status, rows[i].value);
        assert_string_equal(answer->carrier_id, "");
    }
}

/* In the place of the core: keeps as much out as it was told there is room for. */
static void keep_the_windows_full(struct carrier_world *world, size_t total, const char *text)
{
    size_t capacity = (size_t)world->sessions * world->provider.window;
    while (world->answer_count < total) {
        while (world->submitted < total && world->submitted - world->answer_count < capacity)
            world_send(world, text);
        world_run(world, 1);
    }
}

static void the_window_of_a_session_is_filled_and_never_exceeded(void **state)
{
    static const uint32_t sessions[] = {1, 3};
    for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
        struct carrier_world world;
        world_open(&world, 5 + i);
        world_set(&world, "delay-ms", "20");
        world_set(&world, "delay-jitter-ms", "30");
        world.provider.window = 7;
        world.provider.quirks.session_count = sessions[i];
        world_simulate(&world);
        world_provide(&world, 100);
        keep_the_windows_full(&world, 500, "Hello");
        world_assert_each_answered_once(&world);
        assert_int_equal(world_count(&world, ATTEMPT_TAKEN), 500);
        assert_int_equal(simulator_counts(world.simulator).window_peak, 7);
        world_close(&world);
    }
}

/* The sessions that the simulator's log names for the messages of one destination. */
static void the_segments_of_a_message_go_to_one_session_in_order(void **state)
{
    struct carrier_world *world = *state;
    char *log = NULL;
    size_t size = 0;
    world->options.log = open_memstream(&log, &size);
    world_set(world, "delay-ms", "30");
    world_set(world, "delay-jitter-ms", "100");
    world->provider.window = 2;
    world->provider.quirks.session_count = 3;
    world_simulate(world);
    world_provide(world, 100);
    for (unsigned i = 0; i < 2; i++)
        world_send_to(world, long_text, 447700900100 + i, "Godwit");
    world_run(world, 3000);
    assert_int_equal(world_count(world, ATTEMPT_TAKEN), 6);
    assert_int_equal(simulator_counts(world->simulator).window_peak, 2);

    char session[2][24] = {"", ""};
    unsigned parts[2] = {0, 0};
    struct slice rest = slice_of(log, size), line;
    while (slice_cut(&rest, '\n', &line)) {
        char text[4096];
        snprintf(text, sizeof text, "%.*s", (int)line.size, line.at);
        unsigned which = strstr(text, "447700900101") != NULL;
        const char *at = strstr(text, "\"session\":");
        const char *data = strstr(text, "\"user_data\":\"050003");
        assert_true(at && data);
        char number[24];
        snprintf(number, sizeof number, "%.*s", (int)strcspn(at + 10, ","), at + 10);
        if (parts[which] == 0) memcpy(session[which], number, sizeof number);
        assert_string_equal(session[which], number);
        parts[which]++;
        char header[8];
        snprintf(header, sizeof header, "03%02x", parts[which]);
        assert_memory_equal(data + 21, header, 4); /* total and number */
    }
    assert_int_equal(parts[0], 3);
    assert_int_equal(parts[1], 3);
    assert_string_not_equal(session[0], session[1]);
    world_stop_simulator(world);
    fclose(world->options.log);
    free(log);
}

static void a_cut_makes_uncertain_exactly_what_was_written_and_not_answered(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "cut-after", "6");
    world_set(world, "receipts", "none");
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempts[9];
    for (size_t i = 0; i < 9; i++)
        attempts[i] = world_send(world, "Hello");
    world_run(world, 100);
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(world_answer(world, attempts[i])->state,
                         i < 5 ? ATTEMPT_TAKEN : ATTEMPT_UNCERTAIN);
    struct attempt_id late = world_send(world, "the session is gone");
    world_run(world, 10);
    assert_int_equal(world_answer(world, late)->state, ATTEMPT_NOT_SENT);
    world_assert_each_answered_once(world);
    world_run(world, 5000);
    assert_int_equal(world->sessions, 1); /* back again */
}

static void the_loss_of_a_session_is_told_before_its_submits_are(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    world_run(world, 100);
    assert_int_equal(world->answer_count, 0);
    world->link_count = 0;
    simulator_cut(world->simulator);
    while (world->answer_count == 0)
        assert_true(sim_step());
    assert_int_equal(world->link_count, 1);
    assert_int_equal(world->sessions, 0);
    assert_int_equal(world->answers[0].state, ATTEMPT_UNCERTAIN);
}

static void a_submit_without_an_answer_in_time_ends_the_session(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "first");
    world_run(world, 5000);
    world_send(world, "second");
    world_run(world, 14900);
    assert_int_equal(world->answer_count, 0);
    assert_int_equal(world->sessions, 1);
    world_run(world, 200);
    assert_int_equal(world_count(world, ATTEMPT_UNCERTAIN), 2);
    assert_int_equal(world->sessions, 0);
    world_run(world, 3000);
    assert_int_equal(world->sessions, 1);
}

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
    {long_text, "udh8", 3},
    {long_text, "udh16", 3},
    {long_text, "sar", 3},
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
    world_set(&world, "inbound-text", long_text);
    world_set(&world, "inbound-after", "0");
    world_set(&world, "state-suffix", "7=EXPIRED");
    world_set(&world, "refuse-suffix", "3=0x0B");
    world_simulate(&world);
    world_provide(&world, 500);
    for (size_t i = 0; i < 10; i++)
        world_send_to(&world, i % 4 ? "Hello" : long_text, 447700900000 + i, "Godwit");
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

static void a_drain_waits_for_answers_and_unbinds(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "delay-ms", "2000");
    world_set(world, "receipts", "none");
    world->provider.quirks.session_count = 2;
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    world_drain(world);
    assert_false(world->is_drained);
    assert_int_equal(world->sessions, 0);
    struct attempt_id late = world_send(world, "too late");
    world_run(world, 1000);
    assert_false(world->is_drained);
    assert_int_equal(world_answer(world, late)->state, ATTEMPT_NOT_SENT);
    world_run(world, 1100);
    assert_true(world->is_drained);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
    assert_int_equal(simulator_counts(world->simulator).sessions, 0);
    assert_int_equal(simulator_counts(world->simulator).unanswered, 0);
    world_run(world, 120000); /* nobody connects again */
    assert_int_equal(simulator_counts(world->simulator).binds, 2);
}

static void a_drain_waits_for_what_is_being_recorded(void **state)
{
    struct carrier_world *world = *state;
    world->keep_replies = true;
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, "Hello");
    world_run(world, 2000);
    assert_int_equal(world->delivery_count, 1);
    world_drain(world);
    world_run(world, 5000);
    assert_false(world->is_drained);
    world_reply(world, 0, ERR_OK);
    world_run(world, 100);
    assert_true(world->is_drained);
    assert_int_equal(simulator_counts(world->simulator).receipts_done, 1);
}

static void a_drain_without_answers_is_over_in_bounded_time(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world->provider.quirks.response_timeout_s = 600;
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    world_drain(world);
    world_run(world, 16000);
    assert_true(world->is_drained);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_UNCERTAIN);
}

static void a_drain_of_nothing_is_done_at_once_but_not_inside_the_call(void **state)
{
    struct carrier_world *world = *state;
    world_drain(world);
    assert_false(world->is_drained);
    world_run(world, 1);
    assert_true(world->is_drained);
}

static void a_removed_provider_unbinds_and_may_come_back(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    world_remove_provider(world, 100);
    assert_int_equal(world->sessions, 0);
    assert_int_equal(simulator_counts(world->simulator).sessions, 0);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_NOT_SENT);
    world_provide(world, 100);
    assert_int_equal(world->sessions, 1);

    /* Removed and added within one tick: the old session drains, the new one follows. */
    smpp_client_provider(world->client, &world->provider, true);
    world_provide(world, 100);
    assert_int_equal(world->sessions, 1);
    assert_int_equal(simulator_counts(world->simulator).binds, 3);
}

static void a_change_of_the_bind_binds_again_and_other_changes_do_not(void **state)
{
    struct carrier_world *world = *state;
    world_simulate(world);
    world_provide(world, 100);
    world->provider.window = 3;
    world->provider.tps = 100;
    world->provider.quirks.enquire_link_s = 5;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).binds, 1);
    memcpy(world->provider.system_id, "other", 6);
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).binds, 2);
    world->provider.bind = BIND_TX_RX;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).binds, 4);
    assert_int_equal(simulator_counts(world->simulator).sessions, 2);
    world->provider.quirks.session_count = 3;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 6);
    assert_int_equal(world->sessions, 3);
    world->provider.quirks.session_count = 1;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 2);
    assert_int_equal(world->sessions, 1);
    world->provider.enabled = false;
    world_provide(world, 100);
    assert_int_equal(simulator_counts(world->simulator).sessions, 0);
}

/* Most carriers count binds, and would refuse a second one. */
static void the_new_session_waits_until_the_old_one_is_gone(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "delay-ms", "1000");
    world_simulate(world);
    world_provide(world, 100);
    struct attempt_id attempt = world_send(world, "Hello");
    world_run(world, 10);
    world->provider.bind = BIND_TX_RX;
    world_provide(world, 900);
    assert_int_equal(simulator_counts(world->simulator).binds, 1);
    assert_int_equal(world->sessions, 0);
    world_run(world, 200);
    assert_int_equal(simulator_counts(world->simulator).binds, 3);
    assert_int_equal(world->sessions, 1);
    assert_int_equal(world_answer(world, attempt)->state, ATTEMPT_TAKEN);
}

static void more_than_the_sessions_can_hold_is_not_sent(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "delay-ms", "100");
    world_simulate(world);
    world_provide(world, 100);
    for (size_t i = 0; i < 14; i++)
        world_send(world, "Hello");
    world_run(world, 1000);
    assert_int_equal(world_count(world, ATTEMPT_TAKEN), 10);
    assert_int_equal(world_count(world, ATTEMPT_NOT_SENT), 4);
}

static void freeing_the_client_answers_what_is_open(void **state)
{
    struct carrier_world *world = *state;
    world_set(world, "silent-percent", "100");
    world->provider.quirks.session_count = 2;
    world->provider.window = 2;
    world_simulate(world);
    world_provide(world, 100);
    world_send(world, long_text); /* two written, one waits for its session */
    world_run(world, 100);
    assert_int_equal(world->answer_count, 0);
    smpp_client_free(world->client);
    world->client = NULL;
    assert_int_equal(world_count(world, ATTEMPT_UNCERTAIN), 2);
    assert_int_equal(world_count(world, ATTEMPT_NOT_SENT), 1);
    world_assert_each_answered_once(world);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_transceiver_binds_and_a_message_is_taken),
        TEST(a_transmitter_and_a_receiver_bind_on_two_connections),
        TEST(nothing_leaves_before_the_flush),
        TEST(without_a_session_a_submit_is_not_sent),
        TEST(refusals_and_throttling_come_back_with_their_status),
        cmocka_unit_test(the_window_of_a_session_is_filled_and_never_exceeded),
        TEST(the_segments_of_a_message_go_to_one_session_in_order),
        TEST(a_cut_makes_uncertain_exactly_what_was_written_and_not_answered),
        TEST(the_loss_of_a_session_is_told_before_its_submits_are),
        TEST(a_submit_without_an_answer_in_time_ends_the_session),
        cmocka_unit_test(receipts_are_known_in_every_form),
        cmocka_unit_test(long_ids_come_through_whole_both_ways),
        TEST(a_receipt_may_come_before_the_answer),
        TEST(both_receipts_of_a_talkative_carrier_are_told),
        TEST(a_receipt_is_answered_when_it_is_recorded_and_not_before),
        TEST(what_the_store_could_not_take_comes_again),
        TEST(a_reply_to_a_session_that_has_ended_is_dropped),
        cmocka_unit_test(inbound_messages_come_with_text_numbers_and_parts),
        cmocka_unit_test(how_the_stream_is_cut_into_packets_makes_no_difference),
        TEST(a_drain_waits_for_answers_and_unbinds),
        TEST(a_drain_waits_for_what_is_being_recorded),
        TEST(a_drain_without_answers_is_over_in_bounded_time),
        TEST(a_drain_of_nothing_is_done_at_once_but_not_inside_the_call),
        TEST(a_removed_provider_unbinds_and_may_come_back),
        TEST(a_change_of_the_bind_binds_again_and_other_changes_do_not),
        TEST(the_new_session_waits_until_the_old_one_is_gone),
        TEST(more_than_the_sessions_can_hold_is_not_sent),
        TEST(freeing_the_client_answers_what_is_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
