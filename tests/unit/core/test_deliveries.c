/* What is told to webhooks, when, and again. The world makes deliveries of four events in a tick.
 */
#include "world.h"

#include "base/mem.h"

static struct webhook *add_webhook(struct world *world, uint32_t events)
{
    struct command add = {.kind = COMMAND_WEBHOOK_ADD};
    struct webhook *webhook = ARENA_NEW(&world->arena, struct webhook);
    *webhook = (struct webhook){
        .account = world->account,
        .enabled = true,
        .events = events,
        .secret = "whsec_",
        .url = SLICE("http://hook.example/"),
    };
    add.webhook.webhook = webhook;
    assert_int_equal(world_do(world, &add)->result, ERR_OK);
    return webhook;
}

#define ALL ((1u << EVENT_TYPE_COUNT) - 1)

static struct world *hooked_world(void)
{
    struct world *world = world_new();
    world_grant(world, ASSET_NGN, 1000000);
    return world;
}

/* The receiver's answer to the delivery of that index. */
static void end(struct world *world, size_t index, uint32_t status)
{
    struct command ended = {.kind = COMMAND_DELIVERED};
    struct command_delivered *delivered = ARENA_NEW(&world->arena, struct command_delivered);
    *delivered = (struct command_delivered){.delivery = world->deliveries[index], .status = status};
    ended.delivered = delivered;
    assert_int_equal(world_do(world, &ended)->result, ERR_OK);
    world_settle(world);
}

static size_t count_of(const struct world *world, const struct webhook *webhook)
{
    size_t count = 0;
    for (size_t i = 0; i < world->delivery_count; i++)
        count += world->deliveries[i].webhook.v == webhook->id.v;
    return count;
}

static size_t tries_of(struct world *world, const struct webhook *webhook,
                       struct delivery_try **out)
{
    size_t count;
    assert_int_equal(
        store_try_page(core_reader(world->core), webhook->id, &world->arena, 1000, out, &count),
        ERR_OK);
    return count;
}

static void each_webhook_is_told_what_it_subscribed_to(void **state)
{
    struct world *world = hooked_world();
    struct webhook *all = add_webhook(world, ALL);
    struct webhook *sent = add_webhook(world, 1u << EVENT_SENT);
    const struct command *message = world_hurried(world, "x");
    world_send(world, "of another dialect");
    world_take(world, 0, "id");
    world_settle(world);
    assert_int_equal(world_receipt(world, world->a, "id", RECEIPT_DELIVERED), ERR_OK);
    world_settle(world);
    assert_int_equal(count_of(world, all), 3);
    assert_int_equal(count_of(world, sent), 1);
    const enum event_type types[] = {EVENT_QUEUED, EVENT_SENT, EVENT_DELIVERED};
    for (size_t i = 0, told = 0; i < world->delivery_count; i++) {
        assert_int_equal(world->deliveries[i].event.message.v, message->send.message.v);
        if (world->deliveries[i].webhook.v == all->id.v)
            assert_int_equal(world->deliveries[i].event.type, types[told++]);
    }
    world_free(world);
}

static void one_that_fails_is_tried_again_along_the_table(void **state)
{
    struct world *world = hooked_world();
    struct webhook *webhook = add_webhook(world, 1u << EVENT_QUEUED);
    world_hurried(world, "x");
    world_settle(world);
    for (size_t i = 0; i < WEBHOOK_TRIES; i++) {
        assert_int_equal(world->delivery_count, i + 1);
        assert_int_equal(world->deliveries[i].tries, i);
        assert_int_equal(world->deliveries[i].event.id.v, world->deliveries[0].event.id.v);
        end(world, i, 500);
        if (i + 1 == WEBHOOK_TRIES) break;
        uint64_t gap_ms = webhook_gaps_s[i] * 1000ull;
        world->wall_ms += gap_ms - 1;
        world_tick(world);
        world_settle(world);
        assert_int_equal(world->delivery_count, i + 1);
        world->wall_ms += 1;
        world_tick(world);
        world_settle(world);
    }
    world->wall_ms += 48ull * 60 * 60 * 1000;
    world_tick(world);
    world_settle(world);
    assert_int_equal(world->delivery_count, WEBHOOK_TRIES);
    struct delivery_try *tries;
    assert_int_equal(tries_of(world, webhook, &tries), WEBHOOK_TRIES);
    assert_true(tries[0].last);
    assert_false(tries[1].last);
    assert_int_equal(tries[0].status, 500);
    world_free(world);
}

static void one_that_is_taken_is_over(void **state)
{
    struct world *world = hooked_world();
    struct webhook *webhook = add_webhook(world, 1u << EVENT_QUEUED);
    world_hurried(world, "x");
    world_settle(world);
    end(world, 0, 503);
    world_pass(world, 2000);
    end(world, 1, 204);
    world->wall_ms += 48ull * 60 * 60 * 1000;
    world_pass(world, 2000);
    assert_int_equal(world->delivery_count, 2);
    struct delivery_try *tries;
    assert_int_equal(tries_of(world, webhook, &tries), 2);
    assert_true(tries[0].last);
    world_free(world);
}

static void a_receiver_that_hangs_holds_nobody_else_up(void **state)
{
    struct world *world = hooked_world();
    struct webhook *dead = add_webhook(world, 1u << EVENT_QUEUED);
    struct webhook *alive = add_webhook(world, 1u << EVENT_QUEUED);
    size_t ended = 0;
    for (unsigned i = 0; i < 100; i++) {
        world_hurried(world, "x");
        world_settle(world);
        for (; ended < world->delivery_count; ended++)
            if (world->deliveries[ended].webhook.v == alive->id.v) end(world, ended, 200);
        world_take_all(world);
    }
    assert_int_equal(count_of(world, alive), 100);
    assert_int_equal(count_of(world, dead), DELIVERIES_FIRST);
    world_free(world);
}

static void a_backlog_is_told_whole_over_a_restart(void **state)
{
    struct world *world = hooked_world();
    struct webhook *webhook = add_webhook(world, 1u << EVENT_QUEUED);
    for (unsigned i = 0; i < 50; i++)
        world_hurried(world, "x");
    world_settle(world);
    world_take_all(world);
    assert_int_equal(world->delivery_count, DELIVERIES_FIRST);
    end(world, 0, 200);
    size_t before = world->delivery_count;
    world_crash(world);
    world_settle(world);
    /* What was on its way is told again; what had its answer is not. */
    size_t next = before;
    for (unsigned rounds = 0; rounds < 200 && next < world->delivery_count; rounds++)
        end(world, next++, 200);
    assert_int_equal(next - before, 49);
    struct delivery_try *tries;
    assert_int_equal(tries_of(world, webhook, &tries), 50);
    world_free(world);
}

static void a_failing_store_loses_no_event(void **state)
{
    for (unsigned nth = 1; nth < 30; nth++) {
        struct world *world = hooked_world();
        struct webhook *webhook = add_webhook(world, ALL);
        memory_fail_write(world->store, nth);
        struct map seen = {0};
        size_t ended = 0;
        unsigned accepted = 0;
        for (unsigned i = 0; i < 6; i++)
            accepted += world_hurried(world, "x")->result == ERR_OK;
        for (unsigned rounds = 0; rounds < 50; rounds++) {
            world_take_all(world);
            for (; ended < world->delivery_count; ended++) {
                map_set(&seen, world->deliveries[ended].event.id.v, 1);
                struct command done = {.kind = COMMAND_DELIVERED};
                struct command_delivered *delivered =
                    ARENA_NEW(&world->arena, struct command_delivered);
                *delivered =
                    (struct command_delivered){.delivery = world->deliveries[ended], .status = 200};
                done.delivered = delivered;
                world_do(world, &done);
            }
            world_pass(world, 1000);
        }
        assert_int_equal(seen.count, accepted * 2); /* queued, sent */
        struct delivery_try *tries;
        assert_int_equal(tries_of(world, webhook, &tries), accepted * 2);
        map_done(&seen);
        world_free(world);
    }
}

static void one_that_is_switched_off_waits_and_one_that_is_gone_is_told_nothing(void **state)
{
    struct world *world = hooked_world();
    struct webhook *webhook = add_webhook(world, 1u << EVENT_QUEUED);
    world_hurried(world, "x");
    world_settle(world);
    end(world, 0, 500);
    struct command set = {.kind = COMMAND_WEBHOOK_SET};
    struct webhook change = {.id = webhook->id, .account = world->account};
    set.webhook = (struct command_webhook){WEBHOOK_ENABLED, &change};
    assert_int_equal(world_do(world, &set)->result, ERR_OK);
    world_pass(world, 10000);
    assert_int_equal(world->delivery_count, 1);
    change = (struct webhook){.id = webhook->id, .account = world->account, .enabled = true};
    assert_int_equal(world_do(world, &set)->result, ERR_OK);
    world_settle(world);
    assert_int_equal(world->delivery_count, 2);

    struct command remove = {.kind = COMMAND_WEBHOOK_REMOVE};
    change = (struct webhook){.id = webhook->id, .account = world->account};
    remove.webhook = (struct command_webhook){0, &change};
    assert_int_equal(world_do(world, &remove)->result, ERR_OK);
    struct command late = {.kind = COMMAND_DELIVERED};
    struct command_delivered delivered = {.delivery = world->deliveries[1], .status = 500};
    late.delivered = &delivered;
    assert_int_equal(world_do(world, &late)->result, ERR_OK);
    world_pass(world, 60000);
    assert_int_equal(world->delivery_count, 2);
    assert_int_equal(world->core->deliveries.flying, 0);
    assert_int_equal(world->core->deliveries.flying_failed, 0);
    world_free(world);
}

static size_t waiting(struct world *world, const struct webhook *webhook)
{
    struct delivery *rows;
    size_t count;
    assert_int_equal(store_delivery_page(core_reader(world->core), webhook->number, NULL,
                                         &world->arena, 1000, &rows, &count),
                     ERR_OK);
    return count;
}

static void what_waits_for_one_that_is_gone_leaves_the_disk(void **state)
{
    struct world *world = hooked_world();
    struct webhook *first = add_webhook(world, 1u << EVENT_QUEUED);
    struct webhook *second = add_webhook(world, 1u << EVENT_QUEUED);
    for (unsigned i = 0; i < 20; i++)
        world_hurried(world, "x");
    world_pass(world, 3000);
    assert_int_equal(waiting(world, first), 20);
    struct command remove = {.kind = COMMAND_WEBHOOK_REMOVE};
    struct webhook gone = {.id = first->id, .account = world->account};
    remove.webhook = (struct command_webhook){0, &gone};
    assert_int_equal(world_do(world, &remove)->result, ERR_OK);
    world_crash(world);
    world_pass(world, 5000);
    assert_int_equal(waiting(world, first), 0);
    assert_int_equal(waiting(world, second), 20);
    world_free(world);
}

static void what_our_own_stop_cut_short_is_not_counted(void **state)
{
    struct world *world = hooked_world();
    struct webhook *webhook = add_webhook(world, 1u << EVENT_QUEUED);
    world_hurried(world, "x");
    world_settle(world);
    struct command cut = {.kind = COMMAND_DELIVERED};
    struct command_delivered delivered = {.delivery = world->deliveries[0], .cut_short = true};
    cut.delivered = &delivered;
    assert_int_equal(world_do(world, &cut)->result, ERR_OK);
    struct delivery_try *tries;
    assert_int_equal(tries_of(world, webhook, &tries), 0);
    world_crash(world);
    world_settle(world);
    assert_int_equal(world->delivery_count, 2);
    assert_int_equal(world->deliveries[1].tries, 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_webhook_is_told_what_it_subscribed_to),
        cmocka_unit_test(one_that_fails_is_tried_again_along_the_table),
        cmocka_unit_test(one_that_is_taken_is_over),
        cmocka_unit_test(a_receiver_that_hangs_holds_nobody_else_up),
        cmocka_unit_test(a_backlog_is_told_whole_over_a_restart),
        cmocka_unit_test(a_failing_store_loses_no_event),
        cmocka_unit_test(one_that_is_switched_off_waits_and_one_that_is_gone_is_told_nothing),
        cmocka_unit_test(what_waits_for_one_that_is_gone_leaves_the_disk),
        cmocka_unit_test(what_our_own_stop_cut_short_is_not_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
