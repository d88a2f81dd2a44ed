/* A file that the first schema left, brought to the newest one with everything in it. */
#include "place.h"
#include "world.h"

#include <sqlite3.h>
#include <stdio.h>

#define ADA ((struct account_id){1876953948160000001})

static void write_old_file(const struct place *place)
{
    static char sql[32768];
    FILE *file = fopen(SCHEMA_1, "r");
    assert_non_null(file);
    size_t size = fread(sql, 1, sizeof sql - 1, file);
    fclose(file);
    assert_in_range(size, 1, sizeof sql - 2);
    sql[size] = '\0';
    char path[256];
    snprintf(path, sizeof path, "%s/godwit.db", place->directory);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    char *problem = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK) fail_msg("%s", problem);
    sqlite3_close(db);
}

static void see_provider(void *user, const struct provider *provider)
{
    assert_string_equal(provider->name, "alpha");
    assert_string_equal(provider->quirks_text, "dcs0=latin1");
    assert_int_equal(provider->profile.size, 0);
    ++*(size_t *)user;
}

/* The ids of a door's messages, newest first. */
static void assert_door(struct store *store, enum dialect dialect, bool test, const uint64_t *ids,
                        size_t expected)
{
    struct arena arena = {0};
    struct store_recipient *page;
    size_t count;
    assert_int_equal(store_door_page(store_own_reader(store), ADA, dialect, test,
                                     (struct message_id){0}, &arena, 9, &page, &count),
                     ERR_OK);
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(page[i].message.id.v, ids[i]);
    arena_done(&arena);
}

static void assert_old_rows(struct store *store)
{
    struct store_reader *reader = store_own_reader(store);
    struct arena arena = {0};
    size_t providers = 0;
    struct store_visitor visitor = {.user = &providers, .provider = see_provider};
    assert_int_equal(store_visit(reader, &visitor), ERR_OK);
    assert_int_equal(providers, 1);

    struct store_recipient story;
    assert_int_equal(store_story(reader, (struct message_id){11}, &arena, &story), ERR_OK);
    assert_slices_equal(story.message.text, SLICE("one"));
    assert_slices_equal(story.message.supplied_recipient, SLICE("077"));
    assert_int_equal(story.message.price, 1);
    assert_int_equal(story.message.quota, 0);
    assert_string_equal(story.message.currency, "");
    assert_int_equal(story.recipient.state, RECIPIENT_DELIVERED);
    assert_false(story.recipient.tells);
    assert_int_equal(story.attempt_count, 1);
    assert_string_equal(story.attempts[0].carrier_id, "c1");
    assert_string_equal(story.attempts[0].error, "");

    struct balance balance;
    assert_int_equal(store_balance(reader, ADA, ASSET_CREDIT, &balance), ERR_OK);
    assert_int_equal(balance.available, 92);
    assert_true(balance_is_exact(&balance));
    struct message *messages;
    size_t count;
    assert_int_equal(
        store_message_page(reader, ADA, (struct message_id){0}, &arena, 9, &messages, &count),
        ERR_OK);
    assert_int_equal(count, 5);
    struct store_recipient *waiting;
    assert_int_equal(store_waiting_page(reader, (struct provider_id){1}, (struct recipient_id){0},
                                        &arena, 9, &waiting, &count),
                     ERR_OK);
    assert_int_equal(count, 2);
    arena_done(&arena);
}

static void an_old_file_goes_on_with_everything_in_it(void **state)
{
    struct place place;
    place_init(&place);
    write_old_file(&place);
    for (int round = 0; round < 2; round++) {
        struct store *store = place_open(&place);
        assert_old_rows(store);
        assert_door(store, DIALECT_HEP, false, (const uint64_t[]){17, 13, 11}, 3);
        assert_door(store, DIALECT_HEP, true, (const uint64_t[]){14}, 1);
        assert_door(store, DIALECT_MESMS, false, (const uint64_t[]){12}, 1);
        assert_door(store, DIALECT_ROBASE, false, NULL, 0);
        store_close(store);
    }
    place_done(&place);
}

static void a_new_message_follows_the_old_ones(void **state)
{
    struct place place;
    place_init(&place);
    write_old_file(&place);
    struct store *store = place_open(&place);
    struct message message = {.id = {100},
                              .account = ADA,
                              .dialect = DIALECT_HEP,
                              .segments = 1,
                              .price = 2,
                              .first_recipient = {7},
                              .recipient_count = 1};
    struct recipient recipient = {.id = {7}, .message = {100}, .state = RECIPIENT_QUEUED};
    struct store_op op = {
        .kind = STORE_ACCEPT,
        .accept = {.message = &message, .recipient = &recipient, .ledger = {101}}};
    assert_int_equal(store_write(store, &op, 1), ERR_OK);
    assert_int_equal(op.result, ERR_OK);
    assert_int_equal(op.available, 90);
    assert_door(store, DIALECT_HEP, false, (const uint64_t[]){100, 17, 13, 11}, 4);
    store_close(store);
    place_done(&place);
}

static int64_t count_of(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t count = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

static void every_view_can_be_read_and_none_shows_a_secret(void **state)
{
    struct place place;
    place_init(&place);
    write_old_file(&place);
    store_close(place_open(&place));
    char path[256];
    snprintf(path, sizeof path, "%s/godwit.db", place.directory);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    static const struct {
        const char *sql;
        int64_t count;
    } rows[] = {
        {"SELECT count(*) FROM messages WHERE quota = 0 AND send_at IS NULL", 6},
        {"SELECT count(*) FROM recipients WHERE state IS NOT NULL", 6},
        {"SELECT count(*) FROM attempts WHERE error = '' AND network = ''", 2},
        {"SELECT count(*) FROM entries", 2},
        {"SELECT count(*) FROM balances", 3},
        {"SELECT count(*) FROM senders", 0},
        {"SELECT count(*) FROM templates", 0},
        {"SELECT count(*) FROM webhooks", 0},
        {"SELECT count(*) FROM webhook_tries", 0},
        {"SELECT count(*) FROM pragma_table_info('webhooks') WHERE name = 'secret'", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(count_of(db, rows[i].sql), rows[i].count);
    sqlite3_close(db);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_old_file_goes_on_with_everything_in_it),
        cmocka_unit_test(a_new_message_follows_the_old_ones),
        cmocka_unit_test(every_view_can_be_read_and_none_shows_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
