/* What a session makes of each PDU, the odd ones above all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "edge/smpp_client/client.h"
#include "support/carrier_stage.h"

static struct session *first_session(struct carrier_stage *stage)
{
    struct link *link = stage->world.client->links[stage->world.provider.id.v];
    assert_non_null(link);
    assert_true(link->session_count > 0);
    return link->sessions[0];
}

static void the_bind_says_what_the_provider_says(void **state)
{
    struct carrier_stage *stage = *state;
    struct provider *provider = &stage->world.provider;
    stage->puppet.binds_by_itself = false;
    memset(provider->system_id, 'n', 40); /* longer than the letter allows */
    memcpy(provider->password, "a long password", 16);
    memcpy(provider->system_type, "SMPP", 5);
    provider->quirks.interface_version = 0x33;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = carrier_take(stage, SMPP_BIND_TRANSCEIVER);
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
    struct carrier_stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    struct smpp_pdu bind = carrier_take(stage, SMPP_BIND_TRANSCEIVER);
    /* A header and nothing else, as some servers send it. */
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_BIND_TRANSMITTER | SMPP_RESPONSE,
                                          .sequence = bind.sequence,
                                          .no_body = true});
    assert_int_equal(stage->world.sessions, 1);
}

static void submits_are_answered_in_any_order(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempts[3];
    struct smpp_pdu pdus[3];
    for (size_t i = 0; i < 3; i++)
        attempts[i] = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    for (size_t i = 0; i < 3; i++)
        pdus[i] = carrier_take(stage, SMPP_SUBMIT_SM);
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
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempts[8];
    for (size_t i = 0; i < 8; i++)
        attempts[i] = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    for (size_t i = 0; i < 8; i++) {
        struct smpp_pdu pdu = carrier_take(stage, SMPP_SUBMIT_SM);
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
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu pdu = carrier_take(stage, SMPP_SUBMIT_SM);
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
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id first = world_send(&stage->world, "Hello");
    struct attempt_id second = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu pdu = carrier_take(stage, SMPP_SUBMIT_SM);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_GENERIC_NACK,
                                          .status = ESME_RINVCMDLEN,
                                          .sequence = pdu.sequence});
    pdu = carrier_take(stage, SMPP_SUBMIT_SM);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_GENERIC_NACK,
                                          .status = ESME_RTHROTTLED,
                                          .sequence = pdu.sequence});
    carrier_send(stage,
                 (struct smpp_pdu){.command_id = SMPP_GENERIC_NACK, .status = 3, .sequence = 0});
    assert_int_equal(world_answer(&stage->world, first)->state, ATTEMPT_REFUSED);
    assert_int_equal(world_answer(&stage->world, first)->status, ESME_RINVCMDLEN);
    assert_int_equal(world_answer(&stage->world, second)->state, ATTEMPT_THROTTLED);
    assert_int_equal(stage->world.sessions, 1);
}

static void an_id_out_of_all_bounds_still_means_taken(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempt = world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    struct smpp_pdu pdu = carrier_take(stage, SMPP_SUBMIT_SM);
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
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        carrier_send(stage, (struct smpp_pdu){.command_id = rows[i].command_id, .sequence = 70});
        struct smpp_pdu response = carrier_take(stage, rows[i].response_id);
        assert_int_equal(response.sequence, 70);
        assert_int_equal(response.status, rows[i].status);
    }
    /* 0x010A0005 is no command, and not a whole header's worth of sense. */
    static const char unknown[] = {0, 0, 0, 20, 1, 10, 0, 5, 0, 0, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4};
    puppet_send_bytes(&stage->puppet, slice_of(unknown, sizeof unknown));
    world_run(&stage->world, 10);
    struct smpp_pdu nack = carrier_take(stage, SMPP_GENERIC_NACK);
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
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++)
        carrier_send(stage, (struct smpp_pdu){.command_id = ids[i], .sequence = 1, .status = 5});
    puppet_expect_nothing(&stage->puppet);
    assert_int_equal(stage->world.sessions, 1);
}

static void an_impossible_length_ends_the_connection_with_an_answer(void **state)
{
    static const char lengths[][16] = {
        {0, 0, 0, 5, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3},
        {0x7F, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3},
    };
    struct carrier_stage *stage = *state;
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

static void nothing_is_delivered_before_the_bind_is_answered(void **state)
{
    struct carrier_stage *stage = *state;
    stage->puppet.binds_by_itself = false;
    world_provide(&stage->world, 10);
    carrier_take(stage, SMPP_BIND_TRANSCEIVER);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_DELIVER_SM, .sequence = 5});
    assert_int_equal(carrier_take(stage, SMPP_DELIVER_SM | SMPP_RESPONSE).status, ESME_RINVBNDSTS);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_ENQUIRE_LINK, .sequence = 6});
    assert_int_equal(carrier_take(stage, SMPP_ENQUIRE_LINK | SMPP_RESPONSE).status, ESME_ROK);
    assert_int_equal(stage->world.delivery_count, 0);
}

static void the_response_to_a_delivery_is_bare_and_waits_for_the_reply(void **state)
{
    static const uint32_t ids[] = {SMPP_DELIVER_SM, SMPP_DATA_SM};
    struct carrier_stage *stage = *state;
    stage->world.keep_replies = true;
    world_provide(&stage->world, 10);
    for (uint32_t i = 0; i < 4; i++) {
        carrier_send(stage, (struct smpp_pdu){.command_id = ids[i % 2],
                                              .sequence = 90 + i,
                                              .source = {1, 1, SLICE("447700900001")}});
        puppet_expect_nothing(&stage->puppet);
        world_reply(&stage->world, i, i < 2 ? ERR_OK : ERR_STORE_UNAVAILABLE);
        world_run(&stage->world, 10);
        struct smpp_pdu response = carrier_take(stage, ids[i % 2] | SMPP_RESPONSE);
        assert_int_equal(response.sequence, 90 + i);
        assert_int_equal(response.status, i < 2 ? ESME_ROK : ESME_RX_T_APPN);
        assert_int_equal(response.message_id.size, 0);
    }
}

static void a_receipt_that_names_no_message_is_answered_and_dropped(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    carrier_send(stage, (struct smpp_pdu){.command_id = SMPP_DELIVER_SM,
                                          .sequence = 4,
                                          .esm_class = SMPP_ESM_RECEIPT,
                                          .short_message = SLICE("it has arrived")});
    assert_int_equal(carrier_take(stage, SMPP_DELIVER_SM | SMPP_RESPONSE).status, ESME_ROK);
    assert_int_equal(stage->world.delivery_count, 0);
}

static const char spoof[] = "id:42 sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 "
                            "stat:DELIVRD err:000 text:";

static void a_text_is_no_receipt_where_the_carrier_marks_them(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    struct smpp_pdu bare = {.command_id = SMPP_DELIVER_SM,
                            .sequence = 4,
                            .data_coding = SMPP_CODING_LATIN1,
                            .short_message = slice_cstr(spoof)};
    struct smpp_pdu marked = bare;
    marked.esm_class = SMPP_ESM_RECEIPT;
    carrier_send(stage, bare);
    carrier_send(stage, marked);
    carrier_send(stage, bare);
    assert_int_equal(stage->world.delivery_count, 3);
    assert_true(stage->world.deliveries[0].is_receipt);
    assert_true(stage->world.deliveries[1].is_receipt);
    assert_false(stage->world.deliveries[2].is_receipt);
    assert_string_equal(stage->world.deliveries[2].text, spoof);
}

static void sequence_numbers_wrap_to_one(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    first_session(stage)->sequence = SMPP_SEQUENCE_MAX - 1;
    for (size_t i = 0; i < 3; i++)
        world_send(&stage->world, "Hello");
    world_run(&stage->world, 10);
    static const uint32_t expected[] = {SMPP_SEQUENCE_MAX, 1, 2};
    for (size_t i = 0; i < 3; i++) {
        struct smpp_pdu pdu = carrier_take(stage, SMPP_SUBMIT_SM);
        assert_int_equal(pdu.sequence, expected[i]);
        puppet_answer(&stage->puppet, &pdu, ESME_ROK, "id");
    }
    world_run(&stage->world, 10);
    assert_int_equal(world_count(&stage->world, ATTEMPT_TAKEN), 3);
}

static void a_sender_that_does_not_fit_is_refused_here(void **state)
{
    struct carrier_stage *stage = *state;
    world_provide(&stage->world, 10);
    struct attempt_id attempt =
        world_send_to(&stage->world, "Hello", 447700900001, "a sender longer than twenty octets");
    world_run(&stage->world, 10);
    puppet_expect_nothing(&stage->puppet);
    assert_int_equal(world_answer(&stage->world, attempt)->state, ATTEMPT_REFUSED);
    assert_int_equal(world_answer(&stage->world, attempt)->status, ESME_RINVSRCADR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, carrier_stage_open, carrier_stage_close)

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
        TEST(nothing_is_delivered_before_the_bind_is_answered),
        TEST(the_response_to_a_delivery_is_bare_and_waits_for_the_reply),
        TEST(a_receipt_that_names_no_message_is_answered_and_dropped),
        TEST(a_text_is_no_receipt_where_the_carrier_marks_them),
        TEST(sequence_numbers_wrap_to_one),
        TEST(a_sender_that_does_not_fit_is_refused_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
