/* Providers that come and go while messages wait for them. */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>

/* Providers a and b on the route *, none bound. */
static struct world *two_providers(struct provider_id *b, const char *quirks_a,
                                   const char *quirks_b)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 10, 0, quirks_a);
    *b = world_provider(world, "b", 10, 0, quirks_b);
    assert_int_equal(world_route(world, "*", "a,b"), ERR_OK);
    return world;
}

static void assert_from(const struct world *world, size_t first, struct provider_id provider)
{
    assert_true(world->submit_count > first);
    for (size_t i = first; i < world->submit_count; i++)
        assert_int_equal(world->submits[i].submit.provider.v, provider.v);
}

static void the_first_of_the_chain_that_is_bound_gets_it(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_link(world, b, 1);
    world_send(world, "x");
    assert_from(world, 0, b);
    world_link(world, world->a, 1);
    world_send(world, "y");
    assert_from(world, 1, world->a);
    world_free(world);
}

static void with_none_bound_it_waits_and_goes_when_one_is(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    const struct command *sent = world_send(world, "x");
    world_pass(world, 60000);
    assert_int_equal(world->submit_count, 0);
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    world_link(world, b, 1);
    world_settle(world);
    assert_from(world, 0, b);
    world_free(world);
}

static void a_provider_that_loses_its_last_session_loses_its_queue(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_link(world, world->a, 1);
    world_link(world, b, 1);
    world_send_many(world, 25);
    assert_from(world, 0, world->a);
    world_link(world, world->a, 0);
    world_settle(world);
    assert_int_equal(world->submit_count, 20);
    assert_from(world, 10, b);
    assert_string_equal(world_text(world, 10), "10");
    /* what was not written comes back and goes before the younger ones */
    for (size_t i = 0; i < 10; i++)
        world_ask_answer(world, i, ATTEMPT_NOT_SENT, 0, "");
    world_tick(world);
    world_take(world, 10, "x");
    world_settle(world);
    assert_from(world, 10, b);
    assert_string_equal(world_text(world, 20), "0");
    world_free(world);
}

static void from_disk_they_go_to_whom_is_bound_and_memory_stays_bounded(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_send_many(world, 400); /* all on a's account */
    assert_true(world_lane(world, world->a)->more_on_disk);
    world_link(world, b, 1);
    for (int i = 0; i < 20; i++) {
        world_pass(world, 1000); /* b takes nothing */
        assert_true(world->core->dispatch.pendings.count <= 2 * LOADED_MAX + 10);
    }
    assert_int_equal(world->submit_count, 10);
    for (int i = 0; i < 100 && world->submit_count < 400; i++) {
        world_take_all(world);
        world_pass(world, 1000);
        assert_true(world->core->dispatch.pendings.count <= 2 * LOADED_MAX + 10);
    }
    assert_int_equal(world->submit_count, 400);
    assert_from(world, 0, b);
    for (size_t i = 0; i < 400; i++)
        assert_int_equal(strtoul(world_text(world, i), NULL, 10), i);
    world_free(world);
}

static void what_a_fast_provider_refuses_waits_on_disk_for_a_slow_one(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_link(world, world->a, 1);
    world_link(world, b, 1);
    struct command **sent = world_send_many(world, 300);
    for (int i = 0; i < 100; i++) {
        for (size_t k = 0; k < world->submit_count; k++)
            if (!world->submits[k].answered && world->submits[k].submit.provider.v == world->a.v)
                world_ask_answer(world, k, ATTEMPT_REFUSED, ESME_RSUBMITFAIL, "");
        world_tick(world);
        world_settle(world);
        assert_true(world->core->dispatch.pendings.count <= 2 * LOADED_MAX + 20);
    }
    assert_int_equal(world->submit_count, 310);
    assert_int_equal(world_recipient(world, sent[200]).recipient.provider.v, b.v);
    world_take_all(world);
    for (size_t i = 0; i < 300; i++) {
        assert_int_equal(world_state(world, sent[i]), RECIPIENT_SENT);
        assert_int_equal(world_recipient(world, sent[i]).recipient.provider.v, b.v);
        assert_int_equal(world_recipient(world, sent[i]).attempt_count, 2);
    }
    world_free(world);
}

static void a_disabled_provider_gets_nothing_and_holds_nothing(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_link(world, world->a, 1);
    world_link(world, b, 1);
    world_send_many(world, 15);
    struct provider off = {.enabled = false}, on = {.enabled = true};
    assert_int_equal(world_set_provider(world, "a", PROVIDER_ENABLED, off), ERR_OK);
    world_settle(world);
    assert_int_equal(world->submit_count, 15);
    assert_from(world, 10, b);
    world_send(world, "x");
    assert_from(world, 10, b);
    world_link(world, world->a, 1); /* said before the edge knew */
    world_send(world, "y");
    assert_from(world, 10, b);
    world_link(world, world->a, 0);
    assert_int_equal(world_set_provider(world, "a", PROVIDER_ENABLED, on), ERR_OK);
    world_send(world, "z");
    assert_from(world, 10, b);
    world_link(world, world->a, 1);
    for (size_t i = 0; i < 10; i++)
        world_take(world, i, "x");
    size_t before = world->submit_count;
    world_send(world, "a again");
    assert_from(world, before, world->a);
    world_free(world);
}

static void a_provider_in_a_route_cannot_be_removed(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    assert_int_equal(world_remove_provider(world, "b"), ERR_STALE);
    assert_int_equal(world_remove_provider(world, "c"), ERR_NOT_FOUND);
    assert_int_equal(world->removed_providers, 0);
    world_free(world);
}

static void what_waited_for_a_removed_provider_takes_the_route_of_now(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_route(world, "*", "a");
    world_link(world, world->a, 1);
    struct command **sent = world_send_many(world, 80); /* out, in memory and on disk */
    world_route(world, "*", "b");
    assert_int_equal(world_remove_provider(world, "a"), ERR_OK);
    assert_int_equal(world->removed_providers, 1);
    /* its session ends: the edge tells so of a provider that nobody knows any more */
    struct command gone = {.kind = COMMAND_LINK, .link = {world->a, 0}};
    assert_int_equal(world_do(world, &gone)->result, ERR_NOT_FOUND);
    for (size_t i = 0; i < 5; i++)
        world_ask_answer(world, i, ATTEMPT_TAKEN, 0, "x");
    for (size_t i = 5; i < 10; i++)
        world_ask_answer(world, i, ATTEMPT_NOT_SENT, 0, "");
    world_tick(world);
    world_settle(world);
    assert_in_range(core_wait_ms(world->core), 1, 1000);
    world_link(world, b, 1);
    world_settle(world);
    world_take_all(world);
    world_pass(world, 2000);
    world_take_all(world);
    assert_from(world, 10, b);
    for (size_t i = 0; i < 80; i++)
        assert_int_equal(world_state(world, sent[i]), RECIPIENT_SENT);
    assert_int_equal(world->submit_count, 85);
    world_free(world);
}

static void a_new_route_counts_for_those_who_wait(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_route(world, "*", "a");
    world_link(world, b, 1);
    world_send_many(world, 5);
    world_pass(world, 5000);
    assert_int_equal(world->submit_count, 0);
    world_route(world, "+447", "b");
    world_settle(world);
    assert_int_equal(world->submit_count, 5);
    assert_from(world, 0, b);
    world_free(world);
}

/* Another way to cut long texts, set while some of it waits, flies, or has been taken. */
static void another_long_form_counts_for_what_no_carrier_has(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "", "");
    world_link(world, world->a, 1);
    const struct command *first = world_send(world, world_long_text(world, 799)); /* 6 segments */
    const struct command *second = world_send(world, world_long_text(world, 700));
    world_settle(world);
    assert_int_equal(world->submit_count, 10); /* 4 of the second's 5 */
    struct provider payload = {.quirks_text = "long=payload"};
    assert_int_equal(world_set_provider(world, "a", PROVIDER_QUIRKS, payload), ERR_OK);
    const struct command *third = world_send(world, world_long_text(world, 600));
    /* the first came back as it was, the second is as good as taken */
    for (size_t i = 0; i < 6; i++)
        world_ask_answer(world, i, ATTEMPT_NOT_SENT, 0, "");
    for (size_t i = 6; i < 10; i++)
        world_ask_answer(world, i, ATTEMPT_TAKEN, 0, "x");
    world_tick(world);
    world_settle(world);
    world_take_all(world);
    assert_int_equal(world_state(world, first), RECIPIENT_SENT);
    assert_int_equal(world_state(world, second), RECIPIENT_SENT);
    assert_int_equal(world_state(world, third), RECIPIENT_SENT);
    assert_int_equal(world->submits[world_submit_of(world, first, 6)].submit.segment.total, 1);
    assert_int_equal(world->submits[world_submit_of(world, first, 6)].submit.form, SEGMENT_PAYLOAD);
    assert_int_equal(world->submits[world_submit_of(world, second, 4)].submit.segment.total, 5);
    assert_int_equal(world->submits[world_submit_of(world, second, 4)].submit.form, SEGMENT_UDH8);
    assert_int_equal(world->submits[world_submit_of(world, third, 0)].submit.segment.total, 1);
    assert_int_equal(world_submit_of(world, second, 5), -1);
    world_free(world);
}

static void each_provider_gets_its_own_form(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "long=udh8", "long=payload");
    const struct command *sent = world_send(world, world_long_text(world, 700));
    world_link(world, b, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 1);
    assert_int_equal(world->submits[0].submit.segment.size, 700);
    world_link(world, world->a, 1);
    world_answer(world, 0, ATTEMPT_REFUSED, ESME_RSUBMITFAIL, "");
    world_settle(world);
    assert_int_equal(world->submit_count, 6);
    assert_from(world, 1, world->a);
    world_take_all(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_of_the_chain_that_is_bound_gets_it),
        cmocka_unit_test(with_none_bound_it_waits_and_goes_when_one_is),
        cmocka_unit_test(a_provider_that_loses_its_last_session_loses_its_queue),
        cmocka_unit_test(from_disk_they_go_to_whom_is_bound_and_memory_stays_bounded),
        cmocka_unit_test(what_a_fast_provider_refuses_waits_on_disk_for_a_slow_one),
        cmocka_unit_test(a_disabled_provider_gets_nothing_and_holds_nothing),
        cmocka_unit_test(a_provider_in_a_route_cannot_be_removed),
        cmocka_unit_test(what_waited_for_a_removed_provider_takes_the_route_of_now),
        cmocka_unit_test(a_new_route_counts_for_those_who_wait),
        cmocka_unit_test(another_long_form_counts_for_what_no_carrier_has),
        cmocka_unit_test(each_provider_gets_its_own_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
