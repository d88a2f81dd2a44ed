/* The file itself: who may open it, what it is called, who can read it, and what people see in it.
 */
#include "place.h"
#include "workload.h"
#include "world.h"

#include "store/reader.h"
#include "store/sqlite.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void path_in(const struct place *place, const char *name, char *out)
{
    snprintf(out, 256, "%s/%s", place->directory, name);
}

static void assert_refused(const char *url, const char *word)
{
    char problem[256] = "";
    assert_null(store_open(slice_cstr(url), problem));
    if (!strstr(problem, word)) fail_msg("\"%s\" does not say \"%s\"", problem, word);
}

static void a_second_store_is_kept_out_until_the_first_is_closed(void **state)
{
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    assert_refused(place.url, "in use");
    /* Another process. */
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char problem[256] = "";
        _exit(store_open(slice_cstr(place.url), problem) ? 1 : 0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    store_close(store);
    store_close(place_open(&place));
    place_done(&place);
}

static unsigned mode_of(const char *path)
{
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    return about.st_mode & 0777;
}

static void missing_directories_are_made_for_the_owner_only(void **state)
{
    struct place place;
    place_init(&place);
    char url[300], path[256];
    snprintf(url, sizeof url, "sqlite:%s/a/b/new.db", place.directory);
    char problem[256];
    mode_t mask = umask(0);
    struct store *store = store_open(slice_cstr(url), problem);
    umask(mask);
    assert_non_null(store);
    assert_int_equal(workload_begin(store), ERR_OK);
    static const struct {
        const char *name;
        unsigned mode;
    } rows[] = {{"a", 0700},
                {"a/b", 0700},
                {"a/b/new.db", 0600},
                {"a/b/new.db-wal", 0600},
                {"a/b/new.db-shm", 0600},
                {"a/b/new.db.lock", 0600}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        path_in(&place, rows[i].name, path);
        assert_int_equal(mode_of(path), rows[i].mode);
    }
    store_close(store);
    path_in(&place, "a/b", path);
    remove_directory(path);
    path_in(&place, "a", path);
    remove_directory(path);
    place_done(&place);
}

static void a_relative_path_is_a_path(void **state)
{
    struct place place;
    place_init(&place);
    int here = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(place.directory), 0);
    char problem[256] = "";
    struct store *store = store_open(SLICE("sqlite:plain.db"), problem);
    assert_string_equal(problem, "");
    assert_non_null(store);
    store_close(store);
    assert_int_equal(access("plain.db", R_OK), 0);
    assert_int_equal(fchdir(here), 0);
    close(here);
    place_done(&place);
}

static void run_sql(const struct place *place, const char *sql)
{
    char path[256];
    path_in(place, "godwit.db", path);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void a_file_of_a_newer_version_is_refused_and_left_alone(void **state)
{
    struct place place;
    place_init(&place);
    store_close(place_open(&place));
    run_sql(&place, "PRAGMA user_version = 1000");
    assert_refused(place.url, "newer version");
    run_sql(&place, "PRAGMA user_version = 2");
    store_close(place_open(&place));
    place_done(&place);
}

static void a_file_that_is_not_ours_is_refused(void **state)
{
    struct place place;
    char path[256];
    place_init(&place);
    run_sql(&place, "CREATE TABLE theirs(x)");
    assert_refused(place.url, "another program");
    path_in(&place, "godwit.db", path);
    FILE *file = fopen(path, "w");
    for (int i = 0; i < 2000; i++)
        fputs("not a database, ", file);
    fclose(file);
    assert_refused(place.url, "not a database");
    place_done(&place);
}

static void urls_that_name_no_store_are_refused_with_a_reason(void **state)
{
    static const struct {
        const char *url, *word;
    } rows[] = {
        {"", "use sqlite:PATH"},
        {"postgres://x", "use sqlite:PATH"},
        {"sqlite:", "names no file"},
        {"sqlite::memory:", "names no file"},
        {"memory", "use sqlite:PATH"},
        {"sqlite:/proc/none/x.db", "/proc/none"},
        {"sqlite:/dev/null/x.db", "/dev/null"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_refused(rows[i].url, rows[i].word);
}

/* The first column of a query's first row, as text; "" for NULL. */
static void ask(const struct place *place, const char *sql, char *out, size_t size)
{
    char path[256];
    path_in(place, "godwit.db", path);
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const unsigned char *text = sqlite3_column_text(statement, 0);
    snprintf(out, size, "%s", text ? (const char *)text : "");
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void assert_answer(const struct place *place, const char *sql, const char *expected)
{
    char answer[256];
    ask(place, sql, answer, sizeof answer);
    if (strcmp(answer, expected) != 0)
        fail_msg("%s: \"%s\", expected \"%s\"", sql, answer, expected);
}

/* A word for every number of an enum, in the order of the numbers: the format of the file. */
static void assert_words(const struct place *place, const char *view, const char *table,
                         const char *column, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = %zu", table, column, i);
        run_sql(place, sql);
        snprintf(sql, sizeof sql, "SELECT %s FROM %s LIMIT 1", column, view);
        assert_answer(place, sql, words[i]);
    }
}

static void views_speak_in_the_words_of_the_domain(void **state)
{
    static const char *const dialects[] = {"own", "hep", "mesms", "robase"};
    static const char *const receipts[] = {"",         "enroute",       "delivered", "expired",
                                           "deleted",  "undeliverable", "accepted",  "unknown",
                                           "rejected", "skipped"};
    static const char *const encodings[] = {"GSM-7", "UCS-2"};
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    workload_begin(store);
    for (size_t i = 0; i < 3; i++)
        workload_write(store, i);
    struct provider provider = {.id = {1}, .name = "uk-one"};
    struct store_op op = {.kind = STORE_PUT_PROVIDER, .provider = &provider};
    assert_int_equal(store_write(store, &op, 1), ERR_OK);
    store_close(store);

    assert_answer(&place, "SELECT count(*) FROM messages", "12");
    assert_answer(&place, "SELECT accepted_at FROM messages ORDER BY id",
                  "2026-09-21T14:13:20.001Z");
    assert_answer(&place, "SELECT account_name FROM messages", "workload");
    assert_answer(&place, "SELECT group_concat(state) FROM recipients",
                  "delivered,delivered,delivered,failed,sent,sent,sent,sent,"
                  "queued,queued,queued,queued");
    assert_answer(&place, "SELECT number FROM recipients", "+447700900000");
    assert_answer(&place, "SELECT provider FROM recipients", "uk-one");
    assert_answer(&place, "SELECT carrier_id FROM attempts WHERE recipient = 1 AND number = 1",
                  "0123456789");
    assert_answer(&place,
                  "SELECT available FROM entries WHERE account_name = 'workload'"
                  " ORDER BY id DESC LIMIT 1",
                  "999989");
    assert_answer(&place,
                  "SELECT count(*) FROM balances WHERE granted"
                  " = available + held + spent - refunded + expired AND available > 0",
                  "2");

    assert_words(&place, "recipients", "recipient", "state", recipient_state_names,
                 RECIPIENT_STATE_COUNT);
    assert_words(&place, "attempts", "attempt", "state", attempt_state_names, ATTEMPT_STATE_COUNT);
    assert_words(&place, "attempts", "attempt", "receipt", receipts, 10);
    assert_words(&place, "entries", "ledger", "kind", ledger_kind_names, LEDGER_KIND_COUNT);
    assert_words(&place, "entries", "ledger", "asset", asset_names, ASSET_COUNT);
    assert_words(&place, "messages", "message", "asset", asset_names, ASSET_COUNT);
    assert_words(&place, "messages", "message", "dialect", dialects, 4);
    assert_words(&place, "messages", "message", "encoding", encodings, 2);
    place_done(&place);
}

static void balances_are_those_that_the_rows_say(void **state)
{
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    workload_begin(store);
    for (size_t i = 0; i < 40; i++)
        workload_write(store, i);
    /* While the store is open: people may look at any time. */
    assert_answer(&place,
                  "SELECT count(*) FROM book b WHERE b.credit_available <> coalesce((SELECT"
                  " sum(amount) FROM ledger l WHERE l.account = b.account AND l.asset = 0), 0)",
                  "0");
    assert_int_equal(workload_check(store), 40);
    store_close(store);
    place_done(&place);
}

static void a_reader_never_waits_for_a_checkpoint_nor_holds_one_up(void **state)
{
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    struct store_reader *reader = store_reader_open(store);
    place_checkpoint_at(store, 20);
    workload_begin(store);
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(workload_write(store, i), ERR_OK);
        uint64_t key, recipient;
        assert_int_equal(store_last_ids(reader, &key, &recipient), ERR_OK);
        assert_int_equal(recipient, 4 * (i + 1));
    }
    char path[256];
    path_in(&place, "godwit.db-wal", path);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    /* The log began again from its start each time: some 60 groups of 10 pages did not add up. */
    assert_true(about.st_size < 60 * 4200);
    store_reader_close(reader);
    store_close(store);
    place_done(&place);
}

/* Reads until it is told to stop; counts what does not fit together. Entries of one page are one
   moment of the ledger, whatever the writer does meanwhile. */
struct reading {
    struct store_reader *reader;
    struct account_id account;
    atomic_bool stop;
    size_t pages, mistakes;
};

static void *read_on(void *user)
{
    struct reading *reading = user;
    while (!atomic_load(&reading->stop)) {
        struct arena arena = {0};
        struct ledger_entry *entries;
        struct balance balance;
        size_t count;
        if (store_ledger_page(reading->reader, reading->account, (struct ledger_id){0}, &arena, 20,
                              &entries, &count) ||
            store_balance(reading->reader, reading->account, ASSET_CREDIT, &balance) ||
            !balance_is_exact(&balance) || balance.available > entries[0].available)
            reading->mistakes++;
        for (size_t i = 0; i + 1 < count; i++)
            if (entries[i].available - entries[i].amount != entries[i + 1].available)
                reading->mistakes++;
        reading->pages++;
        arena_done(&arena);
    }
    return NULL;
}

static void a_reader_on_another_thread_sees_whole_commits(void **state)
{
    struct world world;
    world_init(&world, true);
    place_checkpoint_at(world.store, 40);
    struct reading reading = {.account = world_account(&world, 100000)};
    reading.reader = store_reader_open(world.store);
    assert_non_null(reading.reader);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, read_on, &reading), 0);
    for (size_t i = 0; i < 300; i++) {
        struct sent sent[3];
        struct store_op ops[3];
        for (size_t j = 0; j < 3; j++) {
            sent[j] = world_sent(&world, reading.account, 1 + (int64_t)j);
            ops[j] = accept_op(&sent[j], true);
        }
        assert_int_equal(store_write(world.store, ops, 3), ERR_OK);
    }
    atomic_store(&reading.stop, true);
    pthread_join(thread, NULL);
    assert_int_equal(reading.mistakes, 0);
    assert_true(reading.pages > 0);
    store_reader_close(reading.reader);
    world_done(&world);
}

static off_t log_size(const struct place *place)
{
    char path[256];
    struct stat about;
    path_in(place, "godwit.db-wal", path);
    assert_int_equal(stat(path, &about), 0);
    return about.st_size;
}

struct keeping {
    struct store_keeper *keeper;
    atomic_bool stop;
};

static void *keep_on(void *user)
{
    struct keeping *keeping = user;
    while (!atomic_load(&keeping->stop))
        store_keeper_tend(keeping->keeper);
    return NULL;
}

static void a_keeper_copies_while_the_writer_writes(void **state)
{
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    place_checkpoint_at(store, 64);
    struct keeping keeping = {.keeper = store_keeper_open(store)};
    assert_non_null(keeping.keeper);
    workload_begin(store);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, keep_on, &keeping), 0);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(workload_write(store, i), ERR_OK);
    atomic_store(&keeping.stop, true);
    pthread_join(thread, NULL);
    store_keeper_close(keeping.keeper);
    assert_int_equal(workload_check(store), 300);
    assert_true(log_size(&place) < 300 * 10 * 4096);
    store_close(store);
    store = place_open(&place);
    assert_int_equal(workload_check(store), 300);
    store_close(store);
    place_done(&place);
}

static void a_store_in_memory_needs_no_keeper(void **state)
{
    struct world world;
    world_init(&world, false);
    assert_null(store_keeper_open(world.store));
    store_keeper_close(NULL);
    world_done(&world);
}

static void a_recipient_below_all_settled_ones_is_found_waiting(void **state)
{
    struct world world;
    world_init(&world, true);
    struct sqlite *sqlite = (struct sqlite *)world.reader->rows;
    sqlite->queue_step = 3;
    struct sent sent[12];
    struct recipient_id left_out = {6};
    for (uint64_t i = 0; i < 12; i++) {
        sent[i] = world_sent(&world, (struct account_id){0}, 0);
        if (i + 1 == left_out.v) continue;
        struct store_op ops[] = {accept_op(&sent[i], false),
                                 finish_op(&world, sent[i].recipient.id, RECIPIENT_CANCELLED)};
        assert_int_equal(store_write(world.store, ops, 2), ERR_OK);
    }
    struct store_recipient *page;
    size_t count;
    const struct provider_id provider = {3};
    const struct recipient_id first = {0};
    assert_int_equal(
        store_waiting_page(world.reader, provider, first, &world.arena, 9, &page, &count), ERR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(sqlite->queue_floor, 12);
    struct store_op op = {.kind = STORE_PUT_META, .meta = {SLICE("any"), SLICE("write")}};
    assert_int_equal(world_write(&world, &op), ERR_OK);
    assert_int_equal(sqlite->queue_saved, 12);

    op = accept_op(&sent[left_out.v - 1], false);
    assert_int_equal(world_write(&world, &op), ERR_OK);
    for (int round = 0; round < 2; round++, world_restart(&world)) {
        assert_int_equal(
            store_waiting_page(world.reader, provider, first, &world.arena, 9, &page, &count),
            ERR_OK);
        assert_int_equal(count, 1);
        assert_int_equal(page[0].recipient.id.v, left_out.v);
    }
    world_done(&world);
}

static void somebody_who_keeps_looking_only_makes_the_log_longer(void **state)
{
    struct place place;
    char path[256];
    place_init(&place);
    struct store *store = place_open(&place);
    place_checkpoint_at(store, 8);
    workload_begin(store);
    sqlite3 *shell;
    path_in(&place, "godwit.db", path);
    assert_int_equal(sqlite3_open(path, &shell), SQLITE_OK);
    assert_int_equal(sqlite3_exec(shell, "BEGIN; SELECT count(*) FROM message", NULL, NULL, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(workload_write(store, i), ERR_OK);
    off_t held = log_size(&place);
    assert_true(held > 64 * 4096);
    sqlite3_exec(shell, "COMMIT", NULL, NULL, NULL);
    sqlite3_close(shell);
    for (size_t i = 12; i < 40; i++)
        assert_int_equal(workload_write(store, i), ERR_OK);
    assert_true(log_size(&place) < held + 40 * 4096);
    assert_int_equal(workload_check(store), 40);
    store_close(store);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_second_store_is_kept_out_until_the_first_is_closed),
        cmocka_unit_test(missing_directories_are_made_for_the_owner_only),
        cmocka_unit_test(a_relative_path_is_a_path),
        cmocka_unit_test(a_file_of_a_newer_version_is_refused_and_left_alone),
        cmocka_unit_test(a_file_that_is_not_ours_is_refused),
        cmocka_unit_test(urls_that_name_no_store_are_refused_with_a_reason),
        cmocka_unit_test(views_speak_in_the_words_of_the_domain),
        cmocka_unit_test(balances_are_those_that_the_rows_say),
        cmocka_unit_test(a_reader_on_another_thread_sees_whole_commits),
        cmocka_unit_test(a_keeper_copies_while_the_writer_writes),
        cmocka_unit_test(a_store_in_memory_needs_no_keeper),
        cmocka_unit_test(a_recipient_below_all_settled_ones_is_found_waiting),
        cmocka_unit_test(a_reader_never_waits_for_a_checkpoint_nor_holds_one_up),
        cmocka_unit_test(somebody_who_keeps_looking_only_makes_the_log_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
