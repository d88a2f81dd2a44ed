/* kill -9: a child writes groups and says so after each; it is killed at no particular moment, and
   the next one goes on where the file ends. */
#include "place.h"
#include "workload.h"
#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS         20
#define GROUPS_A_ROUND 40 /* at most, before the kill */

static void child(const struct place *place, size_t group, int acknowledge)
{
    char problem[256];
    struct store *store = store_open(slice_cstr(place->url), problem);
    if (!store) _exit(2);
    place_checkpoint_at(store, 50);
    for (;; group++)
        if (workload_write(store, group) || write(acknowledge, "+", 1) != 1) _exit(3);
}

/* Returns how many groups the child acknowledged. */
static size_t kill_one(const struct place *place, size_t group, size_t patience)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) child(place, group, ends[1]);
    close(ends[1]);
    size_t acknowledged = 0;
    char bytes[1024];
    while (acknowledged < patience && read(ends[0], bytes, 1) == 1)
        acknowledged++;
    kill(pid, SIGKILL);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    for (ssize_t more; (more = read(ends[0], bytes, sizeof bytes)) > 0;)
        acknowledged += (size_t)more;
    close(ends[0]);
    return acknowledged;
}

static void what_was_acknowledged_survives_kill_9(void **state)
{
    struct place place;
    place_init(&place);
    struct store *store = place_open(&place);
    assert_int_equal(workload_begin(store), ERR_OK);
    store_close(store);
    unsigned long long random = 3;
    size_t groups = 0;
    for (size_t round = 0; round < ROUNDS; round++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        size_t acknowledged = kill_one(&place, groups, (random >> 33) % GROUPS_A_ROUND);
        store = place_open(&place);
        size_t there = workload_check(store);
        if (there < groups + acknowledged || there > groups + acknowledged + 1)
            fail_msg("%zu groups before, %zu acknowledged, %zu there", groups, acknowledged, there);
        groups = there;
        store_close(store);
    }
    assert_true(groups > ROUNDS);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_acknowledged_survives_kill_9),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
