/* Messages in a hurry: one round over the chain, no long wait, and money that comes back. */
#include "world.h"

#define WALLET 100000
#define RATE   500

/* Providers a and b; the route of NG is a, everything else goes to b. */
static struct world *two_providers(struct provider_id *out_b)
{
    struct world *world = world_new();
    *out_b = world_provider(world, "b", 10, 0, "");
    assert_int_equal(world_route(world, "NG", "a"), ERR_OK);
    assert_int_equal(world_route(world, "*", "b"), ERR_OK);
    world_link(world, *out_b, 1);
    world_grant(world, ASSET_NGN, WALLET);
    return world;
}

static void refuse(struct world *world, size_t index, uint32_t status, const char *error)
{
    struct command *answer = world_ask_answer(world, index, ATTEMPT_REFUSED, status, "");
    answer->answer.error = slice_cstr(error);
    world_tick(world);
    world_settle(world);
}

static void assert_ended(struct world *world, const struct command *sent,
                         enum recipient_state state, const char *word, int64_t wallet)
{
    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, state);
    assert_string_equal(row.recipient.error_word, word);
    assert_int_equal(world_balance(world, ASSET_NGN), wallet);
}

static void the_providers_of_the_country_come_before_those_of_all(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b);
    const struct command *sent = world_hurried(world, "x");
    assert_int_equal(world->submits[0].submit.provider.v, world->a.v);
    assert_int_equal(world_balance(world, ASSET_NGN), WALLET - RATE);
    refuse(world, 0, 502, "http_502");
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world->submits[1].submit.provider.v, b.v);
    world_take(world, 1, "id");
    assert_ended(world, sent, RECIPIENT_SENT, "", WALLET - RATE);
    struct store_recipient row = world_recipient(world, sent);
    assert_string_equal(row.attempts[0].error, "http_502");
    assert_false(row.attempts[1].possible_duplicate);
    world_free(world);
}

static void when_all_refuse_it_has_failed_at_once_and_is_paid_back(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b);
    const struct command *sent = world_hurried(world, "x");
    refuse(world, 0, ESME_RSYSERR, "");
    refuse(world, 1, 503, "http_503");
    assert_ended(world, sent, RECIPIENT_FAILED, "provider_unavailable", WALLET);
    assert_int_equal(world->core->dispatch.pendings.count, 0);
    world_pass(world, 60000);
    assert_int_equal(world->submit_count, 2);
    world_free(world);
}

static void a_refusal_of_the_message_itself_stops_the_chain(void **state)
{
    static const struct {
        uint32_t status;
        const char *error, *word;
    } rows[] = {
        {400, "phone_invalid", "phone_invalid"},
        {400, "dnd_blocked", "dnd_blocked"},
        {ESME_RINVSRCADR, "", "sender_id_invalid"},
        {ESME_RINVDSTADR, "", "phone_invalid"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct provider_id b;
        struct world *world = two_providers(&b);
        const struct command *sent = world_hurried(world, "x");
        refuse(world, 0, rows[i].status, rows[i].error);
        assert_ended(world, sent, RECIPIENT_REJECTED, rows[i].word, WALLET);
        assert_int_equal(world->submit_count, 1);
        world_free(world);
    }
}

static void a_lost_answer_goes_to_another_provider_once_and_marked(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b);
    const struct command *sent = world_hurried(world, "x");
    world_answer(world, 0, ATTEMPT_UNCERTAIN, 0, "");
    world_settle(world);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world->submits[1].submit.provider.v, b.v);
    assert_true(world_attempt(world, 1).possible_duplicate);
    world_answer(world, 1, ATTEMPT_UNCERTAIN, 0, "");
    world_settle(world);
    assert_int_equal(world->submit_count, 2);
    assert_ended(world, sent, RECIPIENT_SENT, "", WALLET - RATE);
    world_free(world);
}

static void throttling_is_no_refusal(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b);
    const struct command *sent = world_hurried(world, "x");
    world_answer(world, 0, ATTEMPT_THROTTLED, ESME_RTHROTTLED, "");
    world_pass(world, 3000);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world->submits[1].submit.provider.v, world->a.v);
    world_take(world, 1, "id");
    assert_int_equal(world_recipient(world, sent).attempt_count, 1);
    world_free(world);
}

static void one_that_nobody_is_bound_for_waits_30_seconds(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b);
    world_link(world, world->a, 0);
    world_link(world, b, 0);
    world_pass(world, 60000);
    const struct command *first = world_hurried(world, "x"), *own = world_send(world, "patient");
    world_pass(world, 28000);
    assert_int_equal(world_state(world, first), RECIPIENT_QUEUED);
    world_pass(world, 4000);
    assert_ended(world, first, RECIPIENT_FAILED, "provider_unavailable", WALLET);
    assert_int_equal(world_state(world, own), RECIPIENT_QUEUED);

    const struct command *second = world_hurried(world, "y");
    world_pass(world, 20000);
    world_link(world, b, 1);
    world_take_all(world);
    assert_ended(world, second, RECIPIENT_SENT, "", WALLET - RATE);
    world_free(world);
}

static void a_carrier_that_has_a_part_keeps_the_rest(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b);
    const struct command *sent = world_hurried(world, world_long_text(world, 200));
    world_take(world, 0, "one");
    refuse(world, 1, 400, "phone_invalid");
    assert_ended(world, sent, RECIPIENT_FAILED, "phone_invalid", WALLET - 2 * RATE);
    assert_int_equal(world->submit_count, 2);
    world_free(world);
}

static void without_any_route_it_is_accepted_and_has_failed(void **state)
{
    struct world *world = world_new_bare();
    world_grant(world, ASSET_NGN, WALLET);
    const struct command *sent = world_hurried(world, "x");
    assert_int_equal(sent->result, ERR_OK);
    assert_ended(world, sent, RECIPIENT_FAILED, "provider_unavailable", WALLET);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_providers_of_the_country_come_before_those_of_all),
        cmocka_unit_test(when_all_refuse_it_has_failed_at_once_and_is_paid_back),
        cmocka_unit_test(a_refusal_of_the_message_itself_stops_the_chain),
        cmocka_unit_test(a_lost_answer_goes_to_another_provider_once_and_marked),
        cmocka_unit_test(throttling_is_no_refusal),
        cmocka_unit_test(one_that_nobody_is_bound_for_waits_30_seconds),
        cmocka_unit_test(a_carrier_that_has_a_part_keeps_the_rest),
        cmocka_unit_test(without_any_route_it_is_accepted_and_has_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
