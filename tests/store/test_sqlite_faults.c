/* The disk fails once, at every place where it can: what was acknowledged stays, what was not is
   gone, and the store goes on by itself. */
#include "place.h"
#include "shim.h"
#include "workload.h"
#include "world.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define GROUPS 5

/* Group -1 is the beginning. */
static enum err write_group(struct store *store, size_t number)
{
    return number == 0 ? workload_begin(store) : workload_write(store, number - 1);
}

struct run {
    unsigned long failed;  /* calls of the disk */
    size_t refused_groups; /* told to the writer */
};

/* The first read after a failure mends the store, and may meet the next fault itself. */
static void mend(struct store *store)
{
    uint64_t key, recipient;
    enum err err = ERR_STORE_UNAVAILABLE;
    for (int tries = 0; err && tries < 3; tries++)
        err = store_last_ids(store_own_reader(store), &key, &recipient);
    assert_int_equal(err, ERR_OK);
}

/* A whole life with one fault in it, or with none when it lies behind the end. */
static struct run life_with(struct shim_fault fault, bool kept)
{
    struct run run = {0};
    struct place place;
    place_init(&place);
    shim_fail(fault);
    char problem[256] = "";
    struct store *store = NULL;
    for (int tries = 0; !store && tries < 4; tries++) {
        store = store_open(slice_cstr(place.url), problem);
        if (store) break;
        assert_true(shim_failed() > 0);
        assert_true(problem[0]);
    }
    assert_non_null(store);
    place_checkpoint_at(store, 12);
    struct store_keeper *keeper = kept ? store_keeper_open(store) : NULL;
    assert_int_equal(keeper != NULL, kept);
    for (size_t number = 0; number <= GROUPS; number++) {
        enum err err = write_group(store, number);
        for (int tries = 0; err && tries < 3; tries++) {
            assert_int_equal(err, ERR_STORE_UNAVAILABLE);
            assert_true(shim_failed() > 0);
            assert_true(store_problem(store)[0]);
            run.refused_groups++;
            mend(store);
            if (number > 0) assert_int_equal(workload_check(store), number - 1);
            place_checkpoint_at(store, 12);
            err = write_group(store, number);
        }
        assert_int_equal(err, ERR_OK);
        if (keeper) store_keeper_tend(keeper);
    }
    assert_int_equal(workload_check(store), GROUPS);
    store_keeper_close(keeper);
    store_close(store);
    run.failed = shim_failed();
    shim_fail((struct shim_fault){0});
    store = place_open(&place);
    assert_int_equal(workload_check(store), GROUPS);
    store_close(store);
    place_done(&place);
    return run;
}

/* The fault at the first, second, third ... call, until a life passes untouched. */
static void live_through(struct shim_fault fault, bool kept)
{
    size_t refused = 0, lives = 0;
    for (fault.nth = 1;; fault.nth++, lives++) {
        struct run run = life_with(fault, kept);
        refused += run.refused_groups;
        if (run.failed == 0) break;
    }
    /* Enough places were hit, and most of them were inside a commit. */
    assert_true(lives > GROUPS);
    assert_true(refused >= GROUPS);
}

static void any_one_write_may_fail(void **state)
{
    live_through((struct shim_fault){.only = {[SHIM_WRITE] = true}}, false);
}

static void any_one_sync_may_fail(void **state)
{
    live_through((struct shim_fault){.only = {[SHIM_SYNC] = true}}, false);
}

static void the_disk_may_be_full_at_any_write(void **state)
{
    live_through((struct shim_fault){.disk_full = true, .only = {[SHIM_WRITE] = true}}, false);
}

static void two_calls_in_a_row_may_fail(void **state)
{
    live_through((struct shim_fault){.more = 1}, false);
}

static void any_one_call_may_fail_beside_a_keeper(void **state)
{
    live_through((struct shim_fault){0}, true);
}

static void a_disk_that_stays_full_refuses_every_group_until_it_is_not(void **state)
{
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    assert_int_equal(workload_begin(store), ERR_OK);
    assert_int_equal(workload_write(store, 0), ERR_OK);
    shim_fail((struct shim_fault){
        .nth = 1, .more = 1000000, .disk_full = true, .only = {[SHIM_WRITE] = true}});
    for (int i = 0; i < 5; i++) {
        assert_int_equal(workload_write(store, 1), ERR_STORE_UNAVAILABLE);
        assert_non_null(strstr(store_problem(store), "full"));
    }
    shim_fail((struct shim_fault){0});
    assert_int_equal(workload_write(store, 1), ERR_OK);
    assert_int_equal(workload_check(store), 2);
    store_close(store);
    place_done(&place);
}

static void readers_go_on_while_nothing_can_be_written(void **state)
{
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    struct store_reader *reader = store_reader_open(store);
    assert_non_null(reader);
    assert_int_equal(workload_begin(store), ERR_OK);
    shim_fail((struct shim_fault){.nth = 1, .more = 1000000, .only = {[SHIM_SYNC] = true}});
    assert_int_equal(workload_write(store, 0), ERR_STORE_UNAVAILABLE);
    uint64_t key, recipient = 7;
    assert_int_equal(store_last_ids(reader, &key, &recipient), ERR_OK);
    assert_int_equal(recipient, 0);
    /* The writer's own reader waits for the mending, which is a write. */
    assert_int_equal(store_last_ids(store_own_reader(store), &key, &recipient),
                     ERR_STORE_UNAVAILABLE);
    shim_fail((struct shim_fault){0});
    assert_int_equal(store_last_ids(store_own_reader(store), &key, &recipient), ERR_OK);
    assert_int_equal(workload_write(store, 0), ERR_OK);
    assert_int_equal(store_last_ids(reader, &key, &recipient), ERR_OK);
    assert_int_equal(recipient, 4);
    store_reader_close(reader);
    store_close(store);
    place_done(&place);
}

static void copy_file(const struct place *from, const struct place *to, const char *name)
{
    char path[256], bytes[65536];
    snprintf(path, sizeof path, "%s/%s", from->directory, name);
    int source = open(path, O_RDONLY);
    assert_true(source >= 0);
    snprintf(path, sizeof path, "%s/%s", to->directory, name);
    int target = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(target >= 0);
    for (ssize_t size; (size = read(source, bytes, sizeof bytes)) > 0;)
        assert_int_equal(write(target, bytes, (size_t)size), size);
    close(source);
    close(target);
}

/* The group's frames are all in the log, and only its fsync failed. Whoever reads the log anew, as
   after a crash, would find a whole commit there. */
static void a_group_that_lacked_only_its_fsync_stays_away_after_a_crash(void **state)
{
    struct place place, copy;
    place_init(&place);
    struct store *store = place_open(&place);
    assert_int_equal(workload_begin(store), ERR_OK);
    assert_int_equal(workload_write(store, 0), ERR_OK);
    shim_fail((struct shim_fault){.nth = 1, .only = {[SHIM_SYNC] = true}});
    assert_int_equal(workload_write(store, 1), ERR_STORE_UNAVAILABLE);
    /* The first use mends, whatever it is. */
    assert_int_equal(workload_check(store), 1);
    place_init(&copy);
    copy_file(&place, &copy, "godwit.db");
    copy_file(&place, &copy, "godwit.db-wal");
    struct store *after = place_open(&copy);
    assert_int_equal(workload_check(after), 1);
    store_close(after);
    place_done(&copy);
    store_close(store);
    store = place_open(&place);
    assert_int_equal(workload_check(store), 1);
    store_close(store);
    place_done(&place);
}

static int install(void **state)
{
    shim_install();
    return 0;
}

static int uninstall(void **state)
{
    shim_remove();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_one_write_may_fail),
        cmocka_unit_test(any_one_sync_may_fail),
        cmocka_unit_test(the_disk_may_be_full_at_any_write),
        cmocka_unit_test(two_calls_in_a_row_may_fail),
        cmocka_unit_test(any_one_call_may_fail_beside_a_keeper),
        cmocka_unit_test(a_disk_that_stays_full_refuses_every_group_until_it_is_not),
        cmocka_unit_test(readers_go_on_while_nothing_can_be_written),
        cmocka_unit_test(a_group_that_lacked_only_its_fsync_stays_away_after_a_crash),
    };
    return cmocka_run_group_tests(tests, install, uninstall);
}
