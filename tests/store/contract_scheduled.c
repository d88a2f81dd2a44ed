#include "contract.h"

/* A scheduled message of one segment's price 3, from an account with 3. */
static struct sent schedule(struct world *world, struct account_id account, uint64_t send_at_ms)
{
    struct sent sent = world_sent(world, account, 3);
    sent.message.refund = REFUND_NOT_TAKEN | REFUND_CANCELLED;
    sent.message.send_at_ms = send_at_ms;
    sent.message.first_provider.v = 0;
    sent.recipient.state = RECIPIENT_SCHEDULED;
    sent.recipient.provider.v = 0;
    write_ok(world, accept_op(&sent, false));
    return sent;
}

static size_t due_count(struct world *world, uint64_t until_ms)
{
    struct store_due *due;
    size_t count;
    assert_int_equal(store_due_page(world->reader, 0, until_ms, &world->arena, 100, &due, &count),
                     ERR_OK);
    return count;
}

static uint64_t due_key(struct world *world)
{
    struct store_due *due;
    size_t count;
    assert_int_equal(
        store_due_page(world->reader, 0, UINT32_MAX * 500ull, &world->arena, 1, &due, &count),
        ERR_OK);
    assert_int_equal(count, 1);
    return due[0].key;
}

static uint64_t next_due(struct world *world)
{
    uint64_t ms = 1;
    assert_int_equal(store_next_due(world->reader, &ms), ERR_OK);
    return ms;
}

static struct store_op release_op(struct world *world, const struct sent *sent, uint64_t due,
                                  enum recipient_state state)
{
    return (struct store_op){
        .kind = STORE_RELEASE,
        .release = {.due = due,
                    .message = sent->message.id,
                    .recipient = {++world->last_recipient},
                    .state = state,
                    .error_word = state == RECIPIENT_FAILED ? "no_route" : NULL,
                    .provider = {state == RECIPIENT_QUEUED ? 5 : 0},
                    .at_ms = ++world->now_ms,
                    .keys = world_keys(world),
                    .queued_event = {world_id(world)}}};
}

static struct store_op cancel_op(struct world *world, const struct sent *sent)
{
    return (struct store_op){.kind = STORE_CANCEL,
                             .cancel = {sent->message.id, ++world->now_ms, world_keys(world)}};
}

static struct store_recipient story_of(struct world *world, struct message_id message)
{
    struct store_recipient story;
    assert_int_equal(store_story(world->reader, message, &world->arena, &story), ERR_OK);
    assert_int_equal(story.recipient.id.v, message_recipient(&story.message).v);
    return story;
}

static void scheduled_messages_wait_in_the_order_of_their_time(void **state)
{
    struct world *world = *state;
    assert_int_equal(next_due(world), UINT64_MAX);
    struct account_id account = world_account(world, 100);
    static const uint64_t times[] = {1790000500000, 1790000100000, 1790000100001, 1790000300000,
                                     1790000100000};
    static const size_t order[] = {1, 4, 2, 3, 0}; /* 100.001 s waits for the next second */
    struct sent sent[5];
    for (size_t i = 0; i < 5; i++)
        sent[i] = schedule(world, account, times[i]);
    world_restart(world);
    assert_int_equal(next_due(world), 1790000100000);
    uint64_t after = 0;
    for (size_t i = 0; i < 5; i++) {
        struct store_due *due;
        size_t count;
        assert_int_equal(
            store_due_page(world->reader, after, 1790000500000, &world->arena, 1, &due, &count),
            ERR_OK);
        assert_int_equal(count, 1);
        assert_int_equal(due[0].message.v, sent[order[i]].message.id.v);
        after = due[0].key;
    }
    static const struct {
        uint64_t until_ms;
        size_t count;
    } rows[] = {{0, 0},
                {1790000099999, 0},
                {1790000100000, 2},
                {1790000100999, 2},
                {1790000101000, 3},
                {1790000300000, 4},
                {1790000499999, 4},
                {1790000500000, 5}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(due_count(world, rows[i].until_ms), rows[i].count);
    struct store_recipient *waiting;
    size_t count;
    assert_int_equal(store_waiting_page(world->reader, (struct provider_id){0},
                                        (struct recipient_id){0}, &world->arena, 10, &waiting,
                                        &count),
                     ERR_OK);
    assert_int_equal(count, 0);
}

static void a_released_message_goes_on_with_a_fresh_recipient(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 6);
    struct sent sent = schedule(world, account, 1790000100000);
    struct sent later = schedule(world, account, 1790000900000);
    struct store_op op = release_op(world, &sent, due_key(world), RECIPIENT_QUEUED);
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(op.state_before, RECIPIENT_SCHEDULED);
    assert_int_equal(op.state_after, RECIPIENT_QUEUED);

    for (int round = 0; round < 2; round++, world_restart(world)) {
        struct store_recipient story = story_of(world, sent.message.id);
        assert_int_equal(story.message.released.v, op.release.recipient.v);
        assert_int_equal(story.message.first_recipient.v, sent.recipient.id.v);
        assert_int_equal(story.message.first_provider.v, 5);
        struct recipient fresh = sent.recipient;
        fresh.id = op.release.recipient;
        fresh.state = RECIPIENT_QUEUED;
        fresh.provider.v = 5;
        fresh.changed_at_ms = op.release.at_ms;
        assert_recipients_equal(&story.recipient, &fresh);
        struct store_recipient gone;
        assert_int_equal(store_recipient(world->reader, sent.recipient.id, &world->arena, &gone),
                         ERR_NOT_FOUND);
        struct store_recipient *waiting;
        size_t count;
        assert_int_equal(store_waiting_page(world->reader, (struct provider_id){5},
                                            (struct recipient_id){0}, &world->arena, 10, &waiting,
                                            &count),
                         ERR_OK);
        assert_int_equal(count, 1);
        assert_int_equal(waiting[0].recipient.id.v, fresh.id.v);
        assert_int_equal(next_due(world), 1790000900000);
        assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 0);
        uint64_t key, recipient;
        assert_int_equal(store_last_ids(world->reader, &key, &recipient), ERR_OK);
        assert_int_equal(recipient, fresh.id.v);
    }
    assert_int_equal(world_state(world, later.recipient.id), RECIPIENT_SCHEDULED);
}

static void what_has_no_route_when_its_time_comes_fails_and_is_paid_back(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 3);
    struct sent sent = schedule(world, account, 1790000100000);
    write_ok(world, release_op(world, &sent, due_key(world), RECIPIENT_FAILED));
    world_restart(world);
    struct store_recipient story = story_of(world, sent.message.id);
    assert_int_equal(story.recipient.state, RECIPIENT_FAILED);
    assert_string_equal(story.recipient.error_word, "no_route");
    assert_int_equal(story.message.first_provider.v, 0);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).refunded, 3);
    assert_int_equal(next_due(world), UINT64_MAX);
}

static void a_cancelled_message_is_paid_back_and_never_due(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 3);
    struct sent sent = schedule(world, account, 1790000100500);
    assert_int_equal(next_due(world), 1790000101000);
    struct store_op op = cancel_op(world, &sent);
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(op.state_before, RECIPIENT_SCHEDULED);
    assert_int_equal(op.state_after, RECIPIENT_CANCELLED);
    world_restart(world);
    assert_int_equal(world_state(world, sent.recipient.id), RECIPIENT_CANCELLED);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 3);
    assert_int_equal(next_due(world), UINT64_MAX);

    struct store_op again = cancel_op(world, &sent);
    assert_int_equal(world_write(world, &again), ERR_STALE);
    assert_int_equal(again.state_before, RECIPIENT_CANCELLED);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 3);
    struct sent at_once = world_sent(world, account, 1);
    struct store_op unknown = cancel_op(world, &at_once);
    assert_int_equal(world_write(world, &unknown), ERR_NOT_FOUND);
    write_ok(world, accept_op(&at_once, false));
    struct store_op not_scheduled = cancel_op(world, &at_once);
    assert_int_equal(world_write(world, &not_scheduled), ERR_STALE);
    assert_int_equal(not_scheduled.state_before, RECIPIENT_QUEUED);
}

static void of_release_and_cancel_the_first_one_wins(void **state)
{
    struct world *world = *state;
    for (int cancel_first = 0; cancel_first < 2; cancel_first++) {
        struct account_id account = world_account(world, 3);
        struct sent sent = schedule(world, account, 1790000100000);
        struct store_op cancel = cancel_op(world, &sent);
        struct store_op release = release_op(world, &sent, due_key(world), RECIPIENT_QUEUED);
        struct store_op ops[] = {cancel_first ? cancel : release, cancel_first ? release : cancel};
        assert_int_equal(store_write(world->store, ops, 2), ERR_OK);
        assert_int_equal(ops[0].result, ERR_OK);
        assert_int_equal(ops[1].result, ERR_STALE);
        world_restart(world);
        struct store_recipient story = story_of(world, sent.message.id);
        assert_int_equal(story.recipient.state,
                         cancel_first ? RECIPIENT_CANCELLED : RECIPIENT_QUEUED);
        assert_int_equal(story.message.released.v, cancel_first ? 0 : release.release.recipient.v);
        assert_int_equal(world_balance(world, account, ASSET_CREDIT).available,
                         cancel_first ? 3 : 0);
        assert_int_equal(next_due(world), UINT64_MAX);
    }
}

static void a_place_without_its_message_goes_when_it_is_due(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 3);
    struct sent sent = schedule(world, account, 1790000100000);
    /* Moved past the order of time. */
    write_ok(world, finish_op(world, sent.recipient.id, RECIPIENT_FAILED));
    struct store_op op = release_op(world, &sent, due_key(world), RECIPIENT_QUEUED);
    assert_int_equal(world_write(world, &op), ERR_STALE);
    assert_int_equal(next_due(world), UINT64_MAX);
    struct store_op nothing = release_op(world, &(struct sent){0}, 7, RECIPIENT_QUEUED);
    assert_int_equal(world_write(world, &nothing), ERR_STALE);
}

static void each_door_has_pages_of_its_own(void **state)
{
    struct world *world = *state;
    static const struct {
        enum dialect dialect;
        bool test;
    } doors[] = {{DIALECT_HEP, false},   {DIALECT_MESMS, false}, {DIALECT_ROBASE, false},
                 {DIALECT_ROBASE, true}, {DIALECT_HEP, true},    {DIALECT_MESMS, true}};
    enum { DOORS = sizeof doors / sizeof *doors, EACH = 5 };
    struct account_id account = world_account(world, 100), other = world_account(world, 100);
    struct sent sent[DOORS][EACH];
    for (size_t i = 0; i < (size_t)DOORS * EACH; i++) {
        /* Interleaved, and not evenly. */
        size_t door = (i * i + i / DOORS) % DOORS, at = 0;
        static size_t counts[DOORS];
        if (i == 0) memset(counts, 0, sizeof counts);
        while (counts[door] == EACH)
            door = (door + 1) % DOORS;
        at = counts[door]++;
        sent[door][at] = world_sent(world, account, 1);
        sent[door][at].message.dialect = doors[door].dialect;
        sent[door][at].message.test = doors[door].test;
        write_ok(world, accept_op(&sent[door][at], at % 2));
        struct sent foreign = world_sent(world, other, 1);
        foreign.message.dialect = doors[door].dialect;
        write_ok(world, accept_op(&foreign, false));
    }
    world_restart(world);
    for (size_t door = 0; door < DOORS; door++) {
        struct message_id before = {0};
        for (size_t at = EACH; at > 0;) {
            struct store_recipient *page;
            size_t count;
            assert_int_equal(store_door_page(world->reader, account, doors[door].dialect,
                                             doors[door].test, before, &world->arena, 2, &page,
                                             &count),
                             ERR_OK);
            assert_int_equal(count, at < 2 ? at : 2);
            for (size_t i = 0; i < count; i++) {
                at--;
                assert_messages_equal(&page[i].message, &sent[door][at].message);
                assert_recipients_equal(&page[i].recipient, &sent[door][at].recipient);
                assert_int_equal(page[i].attempt_count, at % 2);
                before = page[i].message.id;
            }
        }
        /* A cursor of another door finds its place in this one. */
        struct store_recipient *page;
        size_t count, expected = 0;
        struct message_id foreign = sent[(door + 1) % DOORS][3].message.id;
        for (size_t at = 0; at < EACH; at++)
            expected += sent[door][at].message.id.v < foreign.v;
        assert_int_equal(store_door_page(world->reader, account, doors[door].dialect,
                                         doors[door].test, foreign, &world->arena, 9, &page,
                                         &count),
                         ERR_OK);
        assert_int_equal(count, expected);
    }
}

static void a_door_shows_a_released_message_with_its_fresh_recipient(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 3);
    struct sent sent = schedule(world, account, 1790000100000);
    struct store_op op = release_op(world, &sent, due_key(world), RECIPIENT_QUEUED);
    write_ok(world, op);
    struct store_recipient *page;
    size_t count;
    assert_int_equal(store_door_page(world->reader, account, DIALECT_ROBASE, false,
                                     (struct message_id){0}, &world->arena, 9, &page, &count),
                     ERR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(page[0].recipient.id.v, op.release.recipient.v);
    struct store_recipient story;
    assert_int_equal(store_story(world->reader, (struct message_id){99}, &world->arena, &story),
                     ERR_NOT_FOUND);
}

/* A message from before the window that was released within it has attempts within it too. */
static void open_attempts_of_released_messages_are_found(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 9);
    struct sent old = schedule(world, account, 1790000100000);
    world->now_ms += 1000000;
    struct sent young = world_sent(world, account, 1);
    write_ok(world, accept_op(&young, true));
    struct store_op release = release_op(world, &old, due_key(world), RECIPIENT_QUEUED);
    write_ok(world, release);
    struct attempt attempt = old.attempt;
    attempt.id = attempt_id_of(release.release.recipient, 1);
    write_ok(world, (struct store_op){.kind = STORE_ATTEMPT, .attempt = {&attempt}});
    struct attempt *open;
    size_t count;
    assert_int_equal(store_open_attempts(world->reader, world->now_ms - 500000,
                                         (struct attempt_id){0}, &world->arena, 9, &open, &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(open[0].id.v, young.attempt.id.v);
    assert_int_equal(open[1].id.v, attempt.id.v);
}

struct contract_tests contract_scheduled(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(scheduled_messages_wait_in_the_order_of_their_time),
        CONTRACT_TEST(a_released_message_goes_on_with_a_fresh_recipient),
        CONTRACT_TEST(what_has_no_route_when_its_time_comes_fails_and_is_paid_back),
        CONTRACT_TEST(a_cancelled_message_is_paid_back_and_never_due),
        CONTRACT_TEST(of_release_and_cancel_the_first_one_wins),
        CONTRACT_TEST(a_place_without_its_message_goes_when_it_is_due),
        CONTRACT_TEST(each_door_has_pages_of_its_own),
        CONTRACT_TEST(a_door_shows_a_released_message_with_its_fresh_recipient),
        CONTRACT_TEST(open_attempts_of_released_messages_are_found),
    };
    return CONTRACT_TESTS(tests);
}
