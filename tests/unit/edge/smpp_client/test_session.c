/* The client against a peer that does only what the test says: odd PDUs, silence, refused binds. */
#include "edge/smpp_client/client.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/sim/sim.h"
#include "support/carrier.h"
#include "support/puppet.h"

struct stage {
    struct carrier_world world;
    struct puppet puppet;
    struct arena arena;
};

static int open_stage(void **state)
{
    struct stage *stage = MEM_NEW(struct stage);
    world_open(&stage->world, 1);
    puppet_open(&stage->puppet, stage->world.there, CARRIER_ADDRESS);
    *state = stage;
    return 0;
}

static int close_stage(void **state)
{
    struct stage *stage = *state;
    puppet_close(&stage->puppet);
    arena_done(&stage->arena);
    world_close(&stage->world);
    mem_free(stage);
    return 0;
}

static struct session *first_session(struct stage *stage)
{
    struct link *link = stage->world.client->links[stage->world.provider.id.v];
    assert_non_null(link);
    assert_true(link->session_count > 0);
    return link->sessions[0];
}

static struct smpp_pdu take(struct stage *stage, uint32_t command_id)
{
    return puppet_expect(&stage->puppet, &stage->arena, command_id);
}

static void send_pdu(struct stage *stage, struct smpp_pdu pdu)
{
    puppet_send(&stage->puppet, &pdu);
    world_run(&stage->world, 10);
}

static void the_bind_says_what_the_provider_says(void **state)
{
    struct stage *stage = *state;
    struct provider *provider = &stage->world.provider;
    stage->puppet.binds_by_itself = false;
    memset(provider->system_id, 'n', 40); /* longer than the letter allows */
    memcpy(provider->password, "a long password", 16);
    memcpy(provider->system_type, "SMPP", 5);
    provider->quirks.interface_version = 0x33;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = take(stage, SMPP_BIND_TRANSCEIVER);
    assert_int_equal(bind.system_id.size, 40);
    assert_true(slice_eq(bind.password, SLICE("a long password")));
    assert_true(slice_eq(bind.system_type, SLICE("SMPP")));
    assert_int_equal(bind.interface_version, 0x33);
    assert_int_equal(bind.sequence, 1);
    assert_int_equal(stage->world.sessions, 0); /* not before the answer */
    puppet_answer(&stage->puppet, &bind, ESME_ROK, "");
    world_run(&stage->world, 10);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_bind_may_be_answered_with_another_kinds_response(void **state)
{
    struct stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = take(stage, SMPP_BIND_TRANSCEIVER);
    /* A header and nothing else, as some servers send it. */
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_BIND_TRANSMITTER | SMPP_RESPONSE,
                                      .sequence = bind.sequence,
                                      .no_body = true});
    assert_int_equal(stage->world.sessions, 1);
}

static void submits_are_answered_in_any_order(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempts[3];
    struct smpp_pdu pdus[3];
    for (size_t i = 0; i < 3; i++)
        attempts[i] = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    for (size_t i = 0; i < 3; i++)
        pdus[i] = take(stage, SMPP_SUBMIT_SM);
    puppet_answer(&stage->puppet, &pdus[2], ESME_ROK, "c");
    puppet_answer(&stage->puppet, &pdus[0], ESME_RTHROTTLED, "");
    puppet_answer(&stage->puppet, &pdus[1], ESME_RINVSRCADR, "");
    world_run(&stage->world, 10);
    assert_string_equal(world_answer(&stage->world, attempts[2])->carrier_id, "c");
    assert_int_equal(world_answer(&stage->world, attempts[0])->state, ATTEMPT_THROTTLED);
    assert_int_equal(world_answer(&stage->world, attempts[1])->state, ATTEMPT_REFUSED);
    world_assert_each_answered_once(&stage->world);
}

static void exactly_the_unanswered_submits_are_uncertain_after_a_cut(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempts[8];
    for (size_t i = 0; i < 8; i++)
        attempts[i] = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    for (size_t i = 0; i < 8; i++) {
        struct smpp_pdu pdu = take(stage, SMPP_SUBMIT_SM);
        if (i % 3 == 0) puppet_answer(&stage->puppet, &pdu, ESME_ROK, "id");
    }
    puppet_hang_up(&stage->puppet);
    world_run(&stage->world, 10);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(world_answer(&stage->world, attempts[i])->state,
                         i % 3 == 0 ? ATTEMPT_TAKEN : ATTEMPT_UNCERTAIN);
    world_assert_each_answered_once(&stage->world);
}

static void a_second_answer_and_one_to_nothing_are_ignored(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu pdu = take(stage, SMPP_SUBMIT_SM);
    puppet_answer(&stage->puppet, &pdu, ESME_ROK, "one");
    puppet_answer(&stage->puppet, &pdu, ESME_RSYSERR, "");
    pdu.sequence = 4711;
    puppet_answer(&stage->puppet, &pdu, ESME_ROK, "two");
    pdu.sequence = 0;
    puppet_answer(&stage->puppet, &pdu, ESME_ROK, "three");
    world_run(&stage->world, 10);
    assert_int_equal(stage->world.answer_count, 1);
    assert_string_equal(stage->world.answers[0].carrier_id, "one");
    assert_int_equal(stage->world.sessions, 1);
}

static void a_nack_refuses_the_submit_it_names(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id first = world_send(&stage->world, "Hello");
    struct attempt_id second = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu pdu = take(stage, SMPP_SUBMIT_SM);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_GENERIC_NACK,
                                      .status = ESME_RINVCMDLEN,
                                      .sequence = pdu.sequence});
    pdu = take(stage, SMPP_SUBMIT_SM);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_GENERIC_NACK,
                                      .status = ESME_RTHROTTLED,
                                      .sequence = pdu.sequence});
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_GENERIC_NACK, .status = 3, .sequence = 0});
    assert_int_equal(world_answer(&stage->world, first)->state, ATTEMPT_REFUSED);
    assert_int_equal(world_answer(&stage->world, first)->status, ESME_RINVCMDLEN);
    assert_int_equal(world_answer(&stage->world, second)->state, ATTEMPT_THROTTLED);
    assert_int_equal(stage->world.sessions, 1);
}

static void an_id_out_of_all_bounds_still_means_taken(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu pdu = take(stage, SMPP_SUBMIT_SM);
    char bytes[4096] = {0, 0, 0x10, 0, (char)0x80, 0, 0, 4};
    memset(bytes + 16, 'x', sizeof bytes - 16);
    bytes[15] = (char)pdu.sequence;
    puppet_send_bytes(&stage->puppet, slice_of(bytes, sizeof bytes));
    world_run(&stage->world, 10);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_TAKEN);
    assert_string_equal(world_answer(&stage->world, attempt)->carrier_id, "");
    assert_int_equal(stage->world.sessions, 1);
}

static void what_a_carrier_may_not_send_is_refused_and_the_session_lives(void **state)
{
    static const struct {
        uint32_t command_id, response_id, status;
    } rows[] = {
        {SMPP_SUBMIT_SM, SMPP_SUBMIT_SM | SMPP_RESPONSE, ESME_RINVCMDID},
        {SMPP_BIND_RECEIVER, SMPP_BIND_RECEIVER | SMPP_RESPONSE, ESME_RINVCMDID},
        {SMPP_QUERY_SM, SMPP_QUERY_SM | SMPP_RESPONSE, ESME_RINVCMDID},
        {SMPP_ENQUIRE_LINK, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, ESME_ROK},
    };
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        send_pdu(stage, (struct smpp_pdu){.command_id = rows[i].command_id, .sequence = 70});
        struct smpp_pdu response = take(stage, rows[i].response_id);
        assert_int_equal(response.sequence, 70);
        assert_int_equal(response.status, rows[i].status);
    }
    /* 0x010A0005 is no command, and not a whole header's worth of sense. */
    static const char unknown[] = {0, 0, 0, 20, 1, 10, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4};
    puppet_send_bytes(&stage->puppet, slice_of(unknown, sizeof unknown));
    world_run(&stage->world, 10);
    struct smpp_pdu nack = take(stage, SMPP_GENERIC_NACK);
    assert_int_equal(nack.status, ESME_RINVCMDID);
    assert_int_equal(nack.sequence, 9);
    assert_int_equal(stage->world.sessions, 1);
}

static void outbind_alerts_and_stray_responses_are_ignored(void **state)
{
    static const uint32_t ids[] = {
        SMPP_OUTBIND,
        SMPP_ALERT_NOTIFICATION,
        SMPP_QUERY_SM | SMPP_RESPONSE,
        SMPP_DELIVER_SM | SMPP_RESPONSE,
        SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE,
        SMPP_UNBIND | SMPP_RESPONSE,
    };
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        send_pdu(stage, (struct smpp_pdu){.command_id = ids[i], .sequence = 1, .status = 5});
    puppet_expect_nothing(&stage->puppet);
    assert_int_equal(stage->world.sessions, 1);
}

static void an_impossible_length_ends_the_connection_with_an_answer(void **state)
{
    static const char lengths[][16] = {
        {0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3},
        {0x7F, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3},
    };
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    for (size_t i = 0; i < 2; i++) {
        puppet_send_bytes(&stage->puppet, slice_of(lengths[i], 16));
        world_run(&stage->world, 10);
        struct smpp_pdu answer;
        assert_true(puppet_take(&stage->puppet, &stage->arena, &answer));
        assert_int_equal(answer.status, ESME_RINVCMDLEN);
        assert_true(smpp_is_response(answer.command_id));
        assert_null(stage->puppet.peers[i].tcp);
        assert_int_equal(stage->world.sessions, 0);
        world_run(&stage->world, 10000);
        assert_int_equal(stage->world.sessions, 1);
    }
}

static void an_unbind_of_the_carrier_is_answered_and_the_client_comes_back(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    take(stage, SMPP_SUBMIT_SM);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_UNBIND, .sequence = 8});
    assert_int_equal(take(stage, SMPP_UNBIND | SMPP_RESPONSE).sequence, 8);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_UNCERTAIN);
    assert_int_equal(stage->world.sessions, 0);
    world_run(&stage->world, 3000);
    assert_int_equal(stage->world.sessions, 1);
}

static void nothing_is_delivered_before_the_bind_is_answered(void **state)
{
    struct stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    take(stage, SMPP_BIND_TRANSCEIVER);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_DELIVER_SM, .sequence = 5});
    assert_int_equal(take(stage, SMPP_DELIVER_SM | SMPP_RESPONSE).status, ESME_RINVBNDSTS);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_ENQUIRE_LINK, .sequence = 6});
    assert_int_equal(take(stage, SMPP_ENQUIRE_LINK | SMPP_RESPONSE).status, ESME_ROK);
    assert_int_equal(stage->world.delivery_count, 0);
}

static void the_response_to_a_delivery_is_bare_and_waits_for_the_reply(void **state)
{
    static const uint32_t ids[] = {SMPP_DELIVER_SM, SMPP_DATA_SM};
    struct stage *stage = *state;
    stage->world.keep_replies = true;
    world_provide(&stage->world, 10);
    for (uint32_t i = 0; i < 4; i++) {
        send_pdu(stage, (struct smpp_pdu){.command_id = ids[i % 2],
                                          .sequence = 90 + i,
                                          .source = {1, 1, SLICE("447700900001")}});
        puppet_expect_nothing(&stage->puppet);
        world_reply(&stage->world, i, i < 2 ? ERR_OK : ERR_STORE_UNAVAILABLE);
        world_run(&stage->world, 10);
        struct smpp_pdu response = take(stage, ids[i % 2] | SMPP_RESPONSE);
        assert_int_equal(response.sequence, 90 + i);
        assert_int_equal(response.status, i < 2 ? ESME_ROK : ESME_RX_T_APPN);
        assert_int_equal(response.message_id.size, 0);
    }
}

static void a_receipt_that_names_no_message_is_answered_and_dropped(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_DELIVER_SM,
                                      .sequence = 4,
                                      .esm_class = SMPP_ESM_RECEIPT,
                                      .short_message = SLICE("it has arrived")});
    assert_int_equal(take(stage, SMPP_DELIVER_SM | SMPP_RESPONSE).status, ESME_ROK);
    assert_int_equal(stage->world.delivery_count, 0);
}

static const char spoof[] = "id:42 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 "
                            "stat:DELIVRD err:000 text:";

static void a_text_is_no_receipt_where_the_carrier_marks_them(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    struct smpp_pdu bare = {.command_id = SMPP_DELIVER_SM,
                            .sequence = 4,
                            .data_coding = SMPP_CODING_LATIN1,
                            .short_message = slice_cstr(spoof)};
    struct smpp_pdu marked = bare;
    marked.esm_class = SMPP_ESM_RECEIPT;
    send_pdu(stage, bare);
    send_pdu(stage, marked);
    send_pdu(stage, bare);
    assert_int_equal(stage->world.delivery_count, 3);
    assert_true(stage->world.deliveries[0].is_receipt);
    assert_true(stage->world.deliveries[1].is_receipt);
    assert_false(stage->world.deliveries[2].is_receipt);
    assert_string_equal(stage->world.deliveries[2].text, spoof);
}

static void a_session_is_probed_only_when_it_is_silent(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    world_run(&stage->world, 29900);
    puppet_expect_nothing(&stage->puppet);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_ALERT_NOTIFICATION, .sequence = 1});
    world_run(&stage->world, 29900); /* anything that came counts as life */
    puppet_expect_nothing(&stage->puppet);
    world_run(&stage->world, 200);
    struct smpp_pdu probe = take(stage, SMPP_ENQUIRE_LINK);
    struct smpp_pdu response = smpp_response(&probe, ESME_ROK);
    send_pdu(stage, response);
    world_run(&stage->world, 29900);
    puppet_expect_nothing(&stage->puppet);
    world_run(&stage->world, 200);
    take(stage, SMPP_ENQUIRE_LINK);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_session_that_answers_no_probe_is_closed(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    sim_black_hole(SLICE(CARRIER_ADDRESS), true);
    world_run(&stage->world, 59000);
    assert_int_equal(stage->world.sessions, 1);
    world_run(&stage->world, 2000);
    assert_int_equal(stage->world.sessions, 0);
    assert_int_equal(stage->world.sent_pdus, 1 + 3); /* the bind, and a probe three times */
    sim_black_hole(SLICE(CARRIER_ADDRESS), false);
    world_run(&stage->world, 60000);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_bind_that_is_not_answered_is_given_up(void **state)
{
    struct stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    take(stage, SMPP_BIND_TRANSCEIVER);
    world_run(&stage->world, 29000);
    assert_int_equal(stage->puppet.peer_count, 1);
    world_run(&stage->world, 3000);
    assert_int_equal(stage->puppet.peer_count, 2);
    puppet_expect(&stage->puppet, &stage->arena, SMPP_BIND_TRANSCEIVER);
    puppet_expect_nothing(&stage->puppet); /* no enquire_link before the bind */
}

static void reconnects_come_slower_and_slower_up_to_the_bound(void **state)
{
    struct stage *stage = *state;
    stage->puppet.hangs_up = true;
    stage->world.provider.quirks.reconnect_max_s = 20;
    world_provide(&stage->world, 200000);
    assert_in_range(stage->puppet.peer_count, 12, 20);
    for (size_t i = 1; i < stage->puppet.peer_count; i++) {
        uint64_t pause = stage->puppet.accepted_at_ms[i] - stage->puppet.accepted_at_ms[i - 1];
        uint64_t least = i > 4 ? 15000 : 1000ull << (i - 1);
        uint64_t most = i > 4 ? 20010 : (1334ull << (i - 1)) + 10;
        assert_in_range(pause, least, most);
    }
}

static void a_good_session_starts_the_backoff_over(void **state)
{
    struct stage *stage = *state;
    stage->puppet.hangs_up = true;
    world_provide(&stage->world, 30000);
    size_t tries = stage->puppet.peer_count;
    assert_true(tries >= 4);
    stage->puppet.hangs_up = false;
    world_run(&stage->world, 60000);
    assert_int_equal(stage->world.sessions, 1);
    puppet_hang_up(&stage->puppet);
    world_run(&stage->world, 1500);
    assert_int_equal(stage->world.sessions, 1);
}

static void a_refused_bind_waits_as_its_reason_demands(void **state)
{
    static const struct {
        uint32_t status;
        uint64_t least_ms, most_ms;
    } rows[] = {
        {ESME_RBINDFAIL, 1000, 1400},   {ESME_RSYSERR, 1000, 1400},
        {ESME_RINVPASWD, 60000, 80100}, {ESME_RINVSYSID, 60000, 80100},
        {ESME_RALYBND, 30000, 40100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct stage stage = {0};
        world_open(&stage.world, i);
        puppet_open(&stage.puppet, stage.world.there, CARRIER_ADDRESS);
        stage.puppet.binds_by_itself = false;
        world_provide(&stage.world, 10);
        struct smpp_pdu bind = take(&stage, SMPP_BIND_TRANSCEIVER);
        puppet_answer(&stage.puppet, &bind, rows[i].status, "");
        world_run(&stage.world, rows[i].least_ms - 20);
        assert_int_equal(stage.puppet.peer_count, 1);
        world_run(&stage.world, rows[i].most_ms - rows[i].least_ms + 40);
        assert_int_equal(stage.puppet.peer_count, 2);
        puppet_close(&stage.puppet);
        arena_done(&stage.arena);
        world_close(&stage.world);
    }
}

static void a_new_password_is_tried_at_once(void **state)
{
    struct stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = take(stage, SMPP_BIND_TRANSCEIVER);
    puppet_answer(&stage->puppet, &bind, ESME_RINVPASWD, "");
    world_run(&stage->world, 10);
    memcpy(stage->world.provider.password, "better", 7);
    world_provide(&stage->world, 20);
    bind = take(stage, SMPP_BIND_TRANSCEIVER);
    assert_true(slice_eq(bind.password, SLICE("better")));
}

static void sequence_numbers_wrap_to_one(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    first_session(stage)->sequence = SMPP_SEQUENCE_MAX - 1;
    for (size_t i = 0; i < 3; i++)
        world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    static const uint32_t expected[] = {SMPP_SEQUENCE_MAX, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        struct smpp_pdu pdu = take(stage, SMPP_SUBMIT_SM);
        assert_int_equal(pdu.sequence, expected[i]);
        puppet_answer(&stage->puppet, &pdu, ESME_ROK, "id");
    }
    world_run(&stage->world, 10);
    assert_int_equal(world_count(&stage->world, ATTEMPT_TAKEN), 3);
}

static void too_many_unanswered_deliveries_stop_the_reading(void **state)
{
    struct stage *stage = *state;
    stage->world.keep_replies = true;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu submit = take(stage, SMPP_SUBMIT_SM);
    for (uint32_t i = 1; i <= 5000; i++) {
        struct smpp_pdu pdu = {.command_id = SMPP_DELIVER_SM,
                               .sequence = i,
                               .source = {1, 1, SLICE("447700900001")},
                               .short_message =
                                   SLICE("a text of forty bytes, more or less, is it")};
        puppet_send(&stage->puppet, &pdu);
    }
    puppet_answer(&stage->puppet, &submit, ESME_ROK, "id");
    world_run(&stage->world, 60000);
    size_t stopped_at = stage->world.delivery_count;
    assert_in_range(stopped_at, 1000, 2000); /* and what one read had brought more */
    assert_int_equal(stage->world.sessions,
                     1); /* silence that is our own doing counts for nothing */
    assert_int_equal(stage->world.answer_count, 0);
    for (size_t i = 0; i < stage->world.delivery_count; i++) {
        world_reply(&stage->world, i, ERR_OK);
        world_run(&stage->world, 1);
    }
    assert_int_equal(stage->world.delivery_count, 5000);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_TAKEN);
}

static void silence_while_nobody_listened_is_not_the_carriers(void **state)
{
    struct stage *stage = *state;
    stage->world.keep_replies = true;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu submit = take(stage, SMPP_SUBMIT_SM);
    for (uint32_t i = 1; i <= 1000; i++)
        puppet_send(&stage->puppet,
                    &(struct smpp_pdu){.command_id = SMPP_DELIVER_SM, .sequence = i});
    world_run(&stage->world, 60000);
    assert_int_equal(stage->world.delivery_count, 1000);
    for (size_t i = 0; i < 1000; i++)
        world_reply(&stage->world, i, ERR_OK);
    world_run(&stage->world, 15000);
    assert_int_equal(stage->world.sessions, 1);
    puppet_answer(&stage->puppet, &submit, ESME_ROK, "id");
    world_run(&stage->world, 10);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_TAKEN);
}

static void a_carrier_that_cuts_after_each_message_is_reached_again_quickly(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    for (size_t i = 0; i < 6; i++) {
        world_send(&stage->world, "Hello");
        world_run(&stage->world, 10);
        struct smpp_pdu submit = take(stage, SMPP_SUBMIT_SM);
        puppet_answer(&stage->puppet, &submit, ESME_ROK, "id");
        world_run(&stage->world, 10);
        puppet_hang_up(&stage->puppet);
        world_run(&stage->world, 1400);
        assert_int_equal(stage->world.sessions, 1);
    }
    assert_int_equal(world_count(&stage->world, ATTEMPT_TAKEN), 6);
}

static void a_sender_that_does_not_fit_is_refused_here(void **state)
{
    struct stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempt =
        world_send_to(&stage->world, "Hello", 447700900001, "a sender longer than twenty octets");
    world_run(&stage->world, 10);
    puppet_expect_nothing(&stage->puppet);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_REFUSED);
    assert_int_equal(world_answer(&stage->world, attempt)->status, ESME_RINVSRCADR);
}

static void a_delivery_during_the_unbind_is_sent_back(void **state)
{
    struct stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = take(stage, SMPP_BIND_TRANSCEIVER);
    puppet_answer(&stage->puppet, &bind, ESME_ROK, "");
    world_run(&stage->world, 10);
    world_drain(&stage->world);
    world_run(&stage->world, 10);
    struct smpp_pdu unbind = take(stage, SMPP_UNBIND);
    send_pdu(stage, (struct smpp_pdu){.command_id = SMPP_DELIVER_SM, .sequence = 4});
    assert_int_equal(take(stage, SMPP_DELIVER_SM | SMPP_RESPONSE).status, ESME_RX_T_APPN);
    assert_int_equal(stage->world.delivery_count, 0);
    struct smpp_pdu response = smpp_response(&unbind, ESME_ROK);
    send_pdu(stage, response);
    assert_true(stage->world.is_drained);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_bind_says_what_the_provider_says),
        TEST(a_bind_may_be_answered_with_another_kinds_response),
        TEST(submits_are_answered_in_any_order),
        TEST(exactly_the_unanswered_submits_are_uncertain_after_a_cut),
        TEST(a_second_answer_and_one_to_nothing_are_ignored),
        TEST(a_nack_refuses_the_submit_it_names),
        TEST(an_id_out_of_all_bounds_still_means_taken),
        TEST(what_a_carrier_may_not_send_is_refused_and_the_session_lives),
        TEST(outbind_alerts_and_stray_responses_are_ignored),
        TEST(an_impossible_length_ends_the_connection_with_an_answer),
        TEST(an_unbind_of_the_carrier_is_answered_and_the_client_comes_back),
        TEST(nothing_is_delivered_before_the_bind_is_answered),
        TEST(the_response_to_a_delivery_is_bare_and_waits_for_the_reply),
        TEST(a_receipt_that_names_no_message_is_answered_and_dropped),
        TEST(a_text_is_no_receipt_where_the_carrier_marks_them),
        TEST(a_session_is_probed_only_when_it_is_silent),
        TEST(a_session_that_answers_no_probe_is_closed),
        TEST(a_bind_that_is_not_answered_is_given_up),
        TEST(reconnects_come_slower_and_slower_up_to_the_bound),
        TEST(a_good_session_starts_the_backoff_over),
        cmocka_unit_test(a_refused_bind_waits_as_its_reason_demands),
        TEST(a_new_password_is_tried_at_once),
        TEST(sequence_numbers_wrap_to_one),
        TEST(too_many_unanswered_deliveries_stop_the_reading),
        TEST(silence_while_nobody_listened_is_not_the_carriers),
        TEST(a_carrier_that_cuts_after_each_message_is_reached_again_quickly),
        TEST(a_sender_that_does_not_fit_is_refused_here),
        TEST(a_delivery_during_the_unbind_is_sent_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
