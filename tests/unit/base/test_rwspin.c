#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rwspin.h"
#include "net/thread.h"

/* Two numbers that a writer keeps equal and a reader must never see otherwise. The numbers are
   plain on purpose: the lock alone keeps them together. */
struct shared {
    struct rwspin lock;
    uint64_t left, right;
    _Atomic uint64_t torn, reads;
    _Atomic int writers_left;
};

enum { WRITES = 20000, WRITERS = 2, READERS = 3 };

static void write_many(void *user)
{
    struct shared *shared = user;
    for (int i = 0; i < WRITES; i++) {
        rwspin_write(&shared->lock);
        shared->left++;
        shared->right++;
        rwspin_write_done(&shared->lock);
    }
    shared->writers_left--;
}

static void read_many(void *user)
{
    struct shared *shared = user;
    do {
        rwspin_read(&shared->lock);
        if (shared->left != shared->right) shared->torn++;
        rwspin_read_done(&shared->lock);
        shared->reads++;
    } while (shared->writers_left > 0);
}

static void readers_see_no_half_of_a_write_and_no_write_is_lost(void **state)
{
    struct shared shared = {.writers_left = WRITERS};
    struct thread *threads[WRITERS + READERS];
    for (int i = 0; i < WRITERS + READERS; i++)
        threads[i] = thread_start("test", i < READERS ? read_many : write_many, &shared);
    for (int i = 0; i < WRITERS + READERS; i++)
        thread_join(threads[i]);
    assert_int_equal(shared.left, WRITERS * WRITES);
    assert_int_equal(shared.right, WRITERS * WRITES);
    assert_int_equal(shared.torn, 0);
    assert_true(shared.reads >= READERS);
    assert_int_equal(shared.lock.holders, 0);
}

static void readers_share_it(void **state)
{
    struct rwspin lock = {0};
    rwspin_read(&lock);
    rwspin_read(&lock); /* would never return if readers kept readers out */
    assert_int_equal(lock.holders, 2);
    rwspin_read_done(&lock);
    rwspin_read_done(&lock);
    rwspin_write(&lock);
    assert_int_equal(lock.holders, -1);
    rwspin_write_done(&lock);
    assert_int_equal(lock.holders, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_share_it),
        cmocka_unit_test(readers_see_no_half_of_a_write_and_no_write_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
