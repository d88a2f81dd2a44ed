/* Requests under the customer's own key. The world keeps 50 keys in memory and 8 in a page, so that
   runs reach the disk soon. */
#include "world.h"

#define ENDPOINT 7

static struct command *ask_once(struct world *world, const char *key)
{
    struct command send = world_send_command(world, "x");
    struct once *once = ARENA_NEW(&world->arena, struct once);
    once->account = world->account;
    once->endpoint = ENDPOINT;
    once->key = arena_copy(&world->arena, slice_cstr(key));
    send.arena = &world->arena;
    send.once = once;
    return world_ask(world, &send);
}

static struct command *send_once(struct world *world, const char *key)
{
    struct command *asked = ask_once(world, key);
    world_tick(world);
    return asked;
}

static const char *key_of(struct world *world, unsigned number)
{
    return arena_printf(&world->arena, "key-%u", number).at;
}

/* The message that a repetition tells; 0 when it was no repetition. */
static uint64_t replayed(const struct command *command)
{
    if (!command->once->replayed) return 0;
    assert_int_equal(command->result, ERR_OK);
    assert_int_equal(command->once->outcome_count, 1);
    return command->once->outcomes[0].message.v;
}

static void a_repeated_request_is_told_what_the_first_one_did(void **state)
{
    struct world *world = world_new();
    const struct command *first = send_once(world, "k");
    assert_int_equal(replayed(first), 0);
    uint64_t message = first->send.message.v;
    assert_int_equal(world_available(world), 999);
    assert_int_equal(replayed(send_once(world, "k")), message);
    world_crash(world);
    assert_int_equal(replayed(send_once(world, "k")), message);
    assert_int_equal(world_available(world), 999);
    assert_int_equal(replayed(send_once(world, "other")), 0);
    assert_int_equal(world_available(world), 998);
    world_free(world);
}

static void two_at_the_same_time_are_done_once(void **state)
{
    struct world *world = world_new();
    const struct command *first = ask_once(world, "k"), *second = ask_once(world, "k");
    world_tick(world);
    assert_int_equal(replayed(first), 0);
    assert_int_equal(replayed(second), first->send.message.v);
    assert_int_equal(world_available(world), 999);
    world_free(world);
}

static void what_the_store_could_not_write_is_not_remembered(void **state)
{
    struct world *world = world_new();
    const struct command *first = ask_once(world, "k"), *second = ask_once(world, "k");
    memory_fail_write(world->store, 1);
    world_tick(world);
    assert_int_equal(first->result, ERR_STORE_UNAVAILABLE);
    assert_int_equal(second->result, ERR_STORE_UNAVAILABLE);
    assert_int_equal(replayed(send_once(world, "k")), 0);
    assert_int_equal(world_available(world), 999);
    world_free(world);
}

static void a_key_is_forgotten_after_a_day(void **state)
{
    struct world *world = world_new();
    send_once(world, "k");
    world->wall_ms += ONCE_FOR_MS - 1000;
    assert_int_not_equal(replayed(send_once(world, "k")), 0);
    world->wall_ms += 1000;
    assert_int_equal(replayed(send_once(world, "k")), 0);
    assert_int_equal(world_available(world), 998);
    assert_int_not_equal(replayed(send_once(world, "k")), 0);
    world_free(world);
}

static void refusals_are_remembered_too_but_not_those_of_the_key(void **state)
{
    struct world *world = world_new();
    struct command none = world_send_command(world, "x");
    struct once *once = ARENA_NEW(&world->arena, struct once);
    *once = (struct once){.account = world->account, .endpoint = ENDPOINT, .key = SLICE("k")};
    none.arena = &world->arena;
    none.once = once;
    none.send.number = 0;
    assert_int_equal(world_do(world, &none)->result, ERR_NUMBER_INVALID);
    const struct command *again = send_once(world, "k");
    assert_true(again->once->replayed);
    assert_int_equal(again->once->outcomes[0].err, ERR_NUMBER_INVALID);
    assert_int_equal(world_available(world), 1000);

    struct command *unknown = ask_once(world, "u");
    unknown->send.key.v = 12345;
    world_tick(world);
    assert_int_equal(unknown->result, ERR_KEY_UNKNOWN);
    assert_int_equal(replayed(send_once(world, "u")), 0);
    world_free(world);
}

/* So many keys that most of them are in runs on disk. */
#define MANY 500

static void send_many_keys(struct world *world, uint64_t *out_messages)
{
    struct command *sent[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        sent[i] = ask_once(world, key_of(world, i));
        if (i % 10 == 9) world_tick(world);
    }
    for (unsigned i = 0; i < MANY; i++)
        out_messages[i] = sent[i]->send.message.v;
}

static void assert_all_known(struct world *world, const uint64_t *messages)
{
    for (unsigned i = 0; i < MANY; i++)
        assert_int_equal(replayed(send_once(world, key_of(world, i))), messages[i]);
    assert_int_equal(world_available(world), 1000 - MANY);
}

static void more_keys_than_memory_holds_are_known_and_stay_so_over_a_restart(void **state)
{
    struct world *world = world_new();
    uint64_t messages[MANY];
    send_many_keys(world, messages);
    world_settle(world);
    const struct onces *onces = &world->core->onces;
    assert_true(onces->known.count < ONCE_HOT_MAX + 10);
    assert_true(onces->runs.newest && onces->runs.newest->next);
    assert_null(onces->runs.newest->pairs); /* it is on disk and nowhere else */
    assert_all_known(world, messages);
    world_crash(world);
    assert_true(world->core->onces.known.count < ONCE_HOT_MAX + 10);
    assert_all_known(world, messages);
    assert_int_equal(replayed(send_once(world, "none")), 0);
    world_free(world);
}

static void a_crash_or_a_failing_store_while_a_run_is_written_forgets_no_key(void **state)
{
    for (unsigned fails = 1; fails < 60; fails++) {
        struct world *world = world_new();
        uint64_t messages[60];
        for (unsigned i = 0; i < 60; i++) {
            if (i == 49 && fails % 2) memory_fail_write(world->store, fails / 2 + 1);
            struct command *sent;
            do
                sent = send_once(world, key_of(world, i));
            while (sent->result);
            messages[i] = sent->send.message.v;
            if (i == 49 + fails % 10) world_crash(world);
        }
        memory_fail_write(world->store, 0);
        for (unsigned i = 0; i < 60; i++)
            assert_int_equal(replayed(send_once(world, key_of(world, i))), messages[i]);
        world_free(world);
    }
}

static size_t count_runs(const struct world *world)
{
    size_t count = 0;
    for (const struct key_run *run = world->core->onces.runs.newest; run; run = run->next)
        count++;
    return count;
}

static void count_page(void *user, const struct key_page *page)
{
    ++*(size_t *)user;
}

static void count_replay(void *user, const struct replay *replay)
{
    ++*(size_t *)user;
}

static void old_runs_and_replays_leave_the_disk(void **state)
{
    struct world *world = world_new();
    uint64_t messages[MANY];
    send_many_keys(world, messages);
    world_settle(world);
    assert_true(count_runs(world) > 1);
    world->wall_ms += ONCE_FOR_MS;
    world_pass(world, 5000);
    world_settle(world);
    assert_int_equal(count_runs(world), 0);
    size_t pages = 0, replays = 0;
    struct store_visitor visitor = {.user = &pages, .key_page = count_page};
    assert_int_equal(store_visit(core_reader(world->core), &visitor), ERR_OK);
    visitor = (struct store_visitor){.user = &replays, .replay = count_replay};
    assert_int_equal(store_visit(core_reader(world->core), &visitor), ERR_OK);
    assert_int_equal(pages, 0);
    assert_int_equal(replays, 0);
    assert_int_equal(replayed(send_once(world, key_of(world, 0))), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_repeated_request_is_told_what_the_first_one_did),
        cmocka_unit_test(two_at_the_same_time_are_done_once),
        cmocka_unit_test(what_the_store_could_not_write_is_not_remembered),
        cmocka_unit_test(a_key_is_forgotten_after_a_day),
        cmocka_unit_test(refusals_are_remembered_too_but_not_those_of_the_key),
        cmocka_unit_test(more_keys_than_memory_holds_are_known_and_stay_so_over_a_restart),
        cmocka_unit_test(a_crash_or_a_failing_store_while_a_run_is_written_forgets_no_key),
        cmocka_unit_test(old_runs_and_replays_leave_the_disk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
