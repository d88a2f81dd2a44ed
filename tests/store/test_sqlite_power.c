/* The power goes: one life of the store is written down call by call, and the disk is made again as
   it would be after a cut at many moments of it, with unsynced writes lost, kept or torn. */
#include "place.h"
#include "shim.h"
#include "workload.h"
#include "world.h"

#include <stdio.h>

#define GROUPS 120
#define CUTS   200

static size_t acknowledged_before(const size_t *marks, size_t cut)
{
    size_t count = 0;
    while (count < GROUPS && marks[count] <= cut)
        count++;
    return count;
}

static void what_was_acknowledged_survives_any_power_cut(void **state)
{
    struct place place;
    place_init(&place);
    shim_record();
    struct store *store = place_open(&place);
    place_checkpoint_at(store, 60);
    assert_int_equal(workload_begin(store), ERR_OK);
    size_t begun = shim_mark(), marks[GROUPS];
    for (size_t group = 0; group < GROUPS; group++) {
        assert_int_equal(workload_write(store, group), ERR_OK);
        marks[group] = shim_mark();
    }
    /* The close itself can be cut too. */
    store_close(store);
    size_t end = shim_mark();
    assert_true(end - begun > 10 * GROUPS);

    unsigned long long random = 7;
    size_t in_flight = 0;
    for (size_t i = 0; i < CUTS; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        size_t cut = begun + (size_t)((random >> 33) % (end - begun + 1));
        struct place after;
        place_init(&after);
        shim_replay(cut, random, after.directory);
        store = place_open(&after);
        size_t acknowledged = acknowledged_before(marks, cut);
        size_t there = workload_check(store);
        if (there < acknowledged || there > acknowledged + 1)
            fail_msg("cut %zu: %zu groups acknowledged, %zu there", cut, acknowledged, there);
        in_flight += there > acknowledged;
        /* And life goes on. */
        if (there < GROUPS) assert_int_equal(workload_write(store, there), ERR_OK);
        store_close(store);
        place_done(&after);
    }
    print_message("%d cuts, %zu of them kept the group in flight\n", CUTS, in_flight);
    shim_forget();
    place_done(&place);
}

/* Otherwise the test above would prove nothing: without the syncs the same cuts lose groups. */
static void the_replay_loses_what_was_never_synced(void **state)
{
    struct place place;
    place_init(&place);
    shim_record();
    struct store *store = place_open(&place);
    assert_int_equal(workload_begin(store), ERR_OK);
    for (size_t group = 0; group < 10; group++)
        assert_int_equal(workload_write(store, group), ERR_OK);
    size_t end = shim_mark();
    shim_forget_syncs();
    size_t lost = 0;
    for (unsigned long long random = 1; random <= 10; random++) {
        struct place after;
        place_init(&after);
        shim_replay(end, random * 1000003, after.directory);
        char problem[256];
        struct store *found = store_open(slice_cstr(after.url), problem);
        uint64_t key, recipient = 0;
        if (!found || store_last_ids(store_own_reader(found), &key, &recipient) || recipient < 40)
            lost++;
        store_close(found);
        place_done(&after);
    }
    assert_true(lost >= 8);
    store_close(store);
    shim_forget();
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
        cmocka_unit_test(what_was_acknowledged_survives_any_power_cut),
        cmocka_unit_test(the_replay_loses_what_was_never_synced),
    };
    return cmocka_run_group_tests(tests, install, uninstall);
}
