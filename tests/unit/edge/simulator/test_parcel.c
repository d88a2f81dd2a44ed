#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "edge/simulator/inside.h"

static void parcels_come_due_in_order_of_time_and_then_of_arrival(void **state)
{
    struct parcel_pool pool;
    parcel_pool_init(&pool, 5000);
    uint64_t random = 5, due_ms[5001], last_ms = 0;
    for (uint32_t i = 0; i < 5000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        uint32_t parcel = parcel_new(&pool, PARCEL_RECEIPT);
        assert_int_equal(parcel, i + 1);
        due_ms[parcel] = 100 + (random >> 54);
        parcel_wait(&pool, parcel, due_ms[parcel]);
    }
    uint64_t first_ms = 0;
    assert_true(parcel_next_due(&pool, &first_ms));
    assert_int_equal(parcel_due_now(&pool, first_ms - 1), 0);
    uint32_t last = 0, parcel;
    size_t count = 0;
    for (; (parcel = parcel_due_now(&pool, 600)) != 0;
         count++, last = parcel, last_ms = due_ms[last])
        assert_true(due_ms[parcel] > last_ms || (due_ms[parcel] == last_ms && parcel > last));
    assert_true(count > 0 && count < 5000);
    for (; (parcel = parcel_due_now(&pool, UINT64_MAX)) != 0; count++)
        assert_true(due_ms[parcel] > 600);
    assert_int_equal(count, 5000);
    assert_false(parcel_next_due(&pool, &first_ms));
    parcel_pool_done(&pool);
}

static void the_pool_has_a_bound_and_uses_its_places_again(void **state)
{
    struct parcel_pool pool;
    parcel_pool_init(&pool, 300);
    uint32_t parcels[300];
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < 300; i++) {
            parcels[i] = parcel_new(&pool, PARCEL_INBOUND);
            assert_true(parcels[i] > 0 && parcels[i] <= 512);
        }
        assert_int_equal(parcel_new(&pool, PARCEL_INBOUND), 0);
        for (size_t i = 0; i < 300; i++)
            parcel_free(&pool, parcels[i]);
        assert_int_equal(pool.count, 0);
    }
    parcel_pool_done(&pool);
}

static void queues_keep_their_order_from_both_ends_and_the_middle(void **state)
{
    struct parcel_pool pool;
    struct parcel_queue queue = {0};
    uint32_t at[5];
    parcel_pool_init(&pool, 10);
    for (size_t i = 0; i < 5; i++)
        at[i] = parcel_new(&pool, PARCEL_RECEIPT);
    parcel_push(&pool, &queue, at[1]);
    parcel_push(&pool, &queue, at[2]);
    parcel_push_front(&pool, &queue, at[0]);
    parcel_push(&pool, &queue, at[3]);
    parcel_push(&pool, &queue, at[4]);
    parcel_remove(&pool, &queue, at[2]);
    assert_int_equal(queue.count, 4);
    assert_int_equal(parcel_pop(&pool, &queue), at[0]);
    parcel_remove(&pool, &queue, at[4]);
    assert_int_equal(parcel_pop(&pool, &queue), at[1]);
    assert_int_equal(parcel_pop(&pool, &queue), at[3]);
    assert_int_equal(parcel_pop(&pool, &queue), 0);
    assert_int_equal(queue.first + queue.last + queue.count, 0);
    parcel_pool_done(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parcels_come_due_in_order_of_time_and_then_of_arrival),
        cmocka_unit_test(the_pool_has_a_bound_and_uses_its_places_again),
        cmocka_unit_test(queues_keep_their_order_from_both_ends_and_the_middle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
