/* What a start finds of an earlier run. */
#include "world.h"

static void what_was_out_is_uncertain_and_sent_again_once(void **state)
{
    struct world *world = world_new();
    struct command **sent = world_send_many(world, 12);
    world_take(world, 0, "x");
    world_settle(world);
    assert_int_equal(world->submit_count, 11); /* one more left when there was room */
    world_crash(world);
    assert_int_equal(world_attempt(world, 0).state, ATTEMPT_TAKEN);
    for (size_t i = 1; i < 11; i++)
        assert_int_equal(world_attempt(world, i).state, ATTEMPT_UNCERTAIN);
    world_settle(world);
    assert_int_equal(world->submit_count, 11);
    world_link(world, world->a, 2);
    world_settle(world);
    assert_int_equal(world->submit_count, 11 + 11);
    for (size_t i = 11; i < 21; i++) {
        assert_int_equal(world_submit_of(world, sent[i - 10], 1), i);
        assert_true(world_attempt(world, i).possible_duplicate);
    }
    assert_false(world_attempt(world, 21).possible_duplicate);
    world_crash(world);
    world_settle(world);
    for (size_t i = 1; i < 11; i++)
        assert_int_equal(world_state(world, sent[i]), RECIPIENT_SENT); /* not a third time */
    assert_int_equal(world_state(world, sent[11]), RECIPIENT_QUEUED);
    world_link(world, world->a, 2);
    world_settle(world);
    assert_int_equal(world->submit_count, 23);
    world_free(world);
}

static void under_another_policy_nothing_is_sent_again(void **state)
{
    static const struct {
        const char *quirks;
        enum recipient_state state;
        int64_t available;
    } rows[] = {{"uncertain=wait", RECIPIENT_SENT, 997},
                {"uncertain=fail", RECIPIENT_FAILED, 1000}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *world = world_new();
        struct provider quirks = {0};
        memcpy(quirks.quirks_text, rows[i].quirks, strlen(rows[i].quirks));
        world_set_provider(world, "a", PROVIDER_QUIRKS, quirks);
        struct command **sent = world_send_many(world, 3);
        world_crash(world);
        world_link(world, world->a, 1);
        world_settle(world);
        assert_int_equal(world->submit_count, 3);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(world_state(world, sent[k]), rows[i].state);
        assert_int_equal(world_available(world), rows[i].available);
        world_free(world);
    }
}

static void lost_answers_that_cannot_be_written_are_not_read_as_open_again(void **state)
{
    struct world *world = world_new();
    struct provider wait = {.quirks_text = "uncertain=wait"};
    world_set_provider(world, "a", PROVIDER_QUIRKS, wait);
    struct command **sent = world_send_many(world, 100);
    memory_fail_write(world->store, 1);
    world_crash(world);
    assert_non_null(world->core->dispatch.kept);
    world_link(world, world->a, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 20);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(world_submit_of(world, sent[i], 1), -1);
        assert_int_equal(world_state(world, sent[i]), RECIPIENT_SENT);
    }
    world_free(world);
}

/* A message of three segments in every state a crash can find it in: what each segment's last
   attempt was (as in a table of the store), and how many submits the next run makes of it. */
static void a_long_message_goes_on_where_it_was(void **state)
{
    static const struct {
        const char
            *answers; /* of the three: T taken, H throttled, N not sent, '-' none, '.' not out */
        size_t again; /* submits after the crash */
        const char *marked;         /* which of the three may come twice */
        enum recipient_state state; /* in the end, all taken */
    } rows[] = {
        {"---", 3, "ddd", RECIPIENT_SENT}, {"T--", 2, " dd", RECIPIENT_SENT},
        {"TT-", 1, "  d", RECIPIENT_SENT}, {"T-.", 2, " d ", RECIPIENT_SENT},
        {"TH-", 2, "  d", RECIPIENT_SENT}, {"NN-", 3, "  d", RECIPIENT_SENT},
        {"T..", 2, "   ", RECIPIENT_SENT}, {"H..", 3, "   ", RECIPIENT_SENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *world = world_new_bare();
        size_t out = strcspn(rows[i].answers, ".");
        world->a = world_provider(world, "a", (uint32_t)out, 0, "");
        world_route(world, "*", "a");
        world_link(world, world->a, 1);
        const struct command *sent = world_send(world, world_long_text(world, 400));
        world_settle(world);
        assert_int_equal(world->submit_count, out);
        for (size_t k = 0; k < out; k++) {
            char c = rows[i].answers[k];
            if (c == '-') continue;
            world_ask_answer(world, k,
                             c == 'T'   ? ATTEMPT_TAKEN
                             : c == 'H' ? ATTEMPT_THROTTLED
                                        : ATTEMPT_NOT_SENT,
                             c == 'H' ? ESME_RTHROTTLED : 0, "x");
        }
        world_tick(world);
        world_crash(world);
        size_t before = world->submit_count;
        struct provider wide = {.window = 10};
        world_set_provider(world, "a", PROVIDER_WINDOW, wide);
        world_link(world, world->a, 1);
        world_settle(world);
        if (world->submit_count - before != rows[i].again)
            fail_msg("%s: %zu", rows[i].answers, world->submit_count - before);
        for (size_t k = before; k < world->submit_count; k++) {
            unsigned segment = world->submits[k].submit.segment.number;
            assert_int_equal(world_attempt(world, k).possible_duplicate,
                             rows[i].marked[segment - 1] == 'd');
        }
        world_take_all(world);
        assert_int_equal(world_state(world, sent), rows[i].state);
        world_free(world);
    }
}

/* The operator changes what the message was cut by, or where it goes, while nothing runs. */
static void a_change_while_closed_loses_nobody(void **state)
{
    static const struct {
        const char *taken; /* segments of three that were taken */
        const char *quirks, *chain;
        enum recipient_state state;
    } rows[] = {
        {"", "long=payload", "a", RECIPIENT_SENT},  {"", "", "b", RECIPIENT_SENT},
        {"", "long=payload", "b", RECIPIENT_SENT},  {"12", "", "b", RECIPIENT_SENT},
        {"12", "long=udh16", "a", RECIPIENT_SENT},  {"12", "long=payload", "a", RECIPIENT_SENT},
        {"1", "long=payload", "b", RECIPIENT_SENT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *world = world_new();
        struct provider_id b = world_provider(world, "b", 10, 0, "");
        const struct command *sent = world_send(world, world_long_text(world, 400));
        for (const char *at = rows[i].taken; *at; at++)
            world_take(world, (size_t)(*at - '1'), "x");
        world_crash_stopped(world);
        struct provider change = {0};
        memcpy(change.quirks_text, rows[i].quirks, strlen(rows[i].quirks));
        if (rows[i].quirks[0]) world_set_provider(world, "a", PROVIDER_QUIRKS, change);
        world_route(world, "*", rows[i].chain);
        world_crash(world);
        world_link(world, world->a, 1);
        world_link(world, b, 1);
        world_settle(world);
        world_take_all(world);
        if (world_state(world, sent) != rows[i].state)
            fail_msg("row %zu: %s", i, recipient_state_names[world_state(world, sent)]);
        assert_int_equal(world->core->dispatch.pendings.count, 0);
        world_free(world);
    }
}

static void a_rest_ends_with_the_run(void **state)
{
    struct world *world = world_new();
    const struct command *sent = world_send(world, "x");
    world_answer(world, 0, ATTEMPT_REFUSED, ESME_RSYSERR, "");
    world_crash(world);
    world_link(world, world->a, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 2);
    assert_false(world_attempt(world, 1).possible_duplicate);
    world_answer(world, 1, ATTEMPT_REFUSED, ESME_RSYSERR, "");
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    world_free(world);
}

static void a_refusal_is_remembered(void **state)
{
    struct world *world = world_new();
    struct provider_id b = world_provider(world, "b", 10, 0, "");
    world_route(world, "*", "a,b");
    const struct command *sent = world_send(world, "x");
    world_answer(world, 0, ATTEMPT_REFUSED, ESME_RINVDSTADR, "");
    world_crash(world);
    world_link(world, world->a, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 1);
    world_link(world, b, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 2);
    assert_int_equal(world->submits[1].submit.provider.v, b.v);
    world_answer(world, 1, ATTEMPT_REFUSED, ESME_RINVDSTADR, "");
    assert_int_equal(world_state(world, sent), RECIPIENT_REJECTED);
    world_free(world);
}

static void ids_and_the_catalogue_go_on(void **state)
{
    struct world *world = world_new();
    const struct command *before = world_send(world, "x");
    world->wall_ms -= 60000; /* the machine's clock is set back */
    world_crash(world);
    assert_int_equal(world->told_providers, 2);
    const struct command *after = world_send(world, "y");
    assert_true(after->send.message.v > before->send.message.v);
    assert_int_equal(world_recipient(world, after).recipient.id.v,
                     world_recipient(world, before).recipient.id.v + 1);
    struct provider_id b = world_provider(world, "b", 10, 0, "");
    assert_int_equal(world_remove_provider(world, "b"), ERR_OK);
    world_crash(world);
    struct provider_id c = world_provider(world, "c", 10, 0, "");
    assert_true(c.v > b.v); /* ids are not used twice */
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_out_is_uncertain_and_sent_again_once),
        cmocka_unit_test(under_another_policy_nothing_is_sent_again),
        cmocka_unit_test(lost_answers_that_cannot_be_written_are_not_read_as_open_again),
        cmocka_unit_test(a_long_message_goes_on_where_it_was),
        cmocka_unit_test(a_change_while_closed_loses_nobody),
        cmocka_unit_test(a_rest_ends_with_the_run),
        cmocka_unit_test(a_refusal_is_remembered),
        cmocka_unit_test(ids_and_the_catalogue_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
