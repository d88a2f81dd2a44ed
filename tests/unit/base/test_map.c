#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/hash.h"
#include "base/map.h"

/* A reproducible stream of numbers. */
static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15ull;
    return hash_u64(*state);
}

static void an_empty_map_has_nothing(void **state)
{
    struct map map = {0};
    uint64_t value = 7;
    struct map_entry entry;
    size_t cursor = 0;
    assert_false(map_get(&map, 1, &value));
    assert_int_equal(value, 7);
    assert_false(map_remove(&map, 1));
    assert_false(map_remove_value(&map, 1, 1));
    assert_false(map_each(&map, &cursor, &entry));
    assert_false(map_each_of(&map, 1, &cursor, &value));
    assert_null(map_get_pointer(&map, 1));
    map_done(&map);
    assert_int_equal(map.count, 0);
}

static void nothing_is_found_under_the_key_0(void **state)
{
    struct map map = {0};
    uint64_t value;
    size_t cursor = 0;
    map_set(&map, 1, 2);
    assert_false(map_get(&map, 0, &value));
    assert_false(map_remove(&map, 0));
    assert_false(map_each_of(&map, 0, &cursor, &value));
    map_done(&map);
}

static void the_last_value_set_counts(void **state)
{
    struct map map = {0};
    uint64_t value;
    map_set(&map, 5, 50);
    map_set(&map, 5, 51);
    assert_int_equal(map.count, 1);
    assert_true(map_get(&map, 5, &value));
    assert_int_equal(value, 51);
    map_done(&map);
}

static void every_key_of_many_is_found_and_no_other(void **state)
{
    struct map map = {0};
    for (uint64_t key = 1; key <= 10000; key++)
        map_set(&map, key * 3, key);
    assert_int_equal(map.count, 10000);
    for (uint64_t key = 1; key <= 30000; key++) {
        uint64_t value = 0;
        assert_int_equal(map_get(&map, key, &value), key % 3 == 0);
        assert_int_equal(value, key % 3 ? 0 : key / 3);
    }
    map_done(&map);
    assert_false(map_get(&map, 3, &(uint64_t){0}));
}

static void one_key_can_have_several_values(void **state)
{
    struct map map = {0};
    for (uint64_t value = 1; value <= 40; value++) {
        map_add(&map, 9, value);
        map_add(&map, value + 100, 1);
    }
    assert_true(map_remove_value(&map, 9, 17));
    assert_false(map_remove_value(&map, 9, 17));
    assert_false(map_remove_value(&map, 9, 41));
    uint64_t value, sum = 0, count = 0;
    for (size_t cursor = 0; map_each_of(&map, 9, &cursor, &value); count++)
        sum += value;
    assert_int_equal(count, 39);
    assert_int_equal(sum, 40 * 41 / 2 - 17);
    assert_true(map_remove(&map, 9)); /* one of them */
    count = 0;
    for (size_t cursor = 0; map_each_of(&map, 9, &cursor, &value);)
        count++;
    assert_int_equal(count, 38);
    map_done(&map);
}

static void a_walk_sees_every_pair_once(void **state)
{
    struct map map = {0};
    for (uint64_t key = 1; key <= 1000; key++)
        map_set(&map, key, key * 2);
    bool seen[1001] = {false};
    struct map_entry entry;
    size_t count = 0;
    for (size_t cursor = 0; map_each(&map, &cursor, &entry); count++) {
        assert_in_range(entry.key, 1, 1000);
        assert_false(seen[entry.key]);
        assert_int_equal(entry.value, entry.key * 2);
        seen[entry.key] = true;
    }
    assert_int_equal(count, 1000);
    map_done(&map);
}

static void pointers_come_back_as_they_went_in(void **state)
{
    struct map map = {0};
    int here;
    map_set_pointer(&map, 3, &here);
    assert_ptr_equal(map_get_pointer(&map, 3), &here);
    assert_null(map_get_pointer(&map, 4));
    map_done(&map);
}

/* Keys from a small range collide, fill runs that wrap around the end of the table, and come and go
   all the time: what removal by moving back has to get right. */
static void after_a_million_random_changes_it_agrees_with_an_array(void **state)
{
    enum { KEYS = 600 };
    static uint64_t model[KEYS + 1];
    struct map map = {0};
    size_t count = 0;
    uint64_t random = 1;
    for (unsigned i = 0; i < 1000000; i++) {
        uint64_t draw = next_random(&random);
        uint64_t key = 1 + draw % KEYS, value;
        if (draw >> 32 & 1) {
            count += model[key] == 0;
            model[key] = i + 1;
            map_set(&map, key, i + 1);
        } else {
            assert_int_equal(map_remove(&map, key), model[key] != 0);
            count -= model[key] != 0;
            model[key] = 0;
        }
        assert_int_equal(map.count, count);
        uint64_t other = 1 + (draw >> 40) % KEYS;
        assert_int_equal(map_get(&map, other, &value), model[other] != 0);
        if (model[other]) assert_int_equal(value, model[other]);
    }
    map_done(&map);
}

static void pairs_of_repeated_keys_agree_with_a_table(void **state)
{
    enum { KEYS = 40, VALUES = 12 };
    static unsigned model[KEYS + 1][VALUES];
    struct map map = {0};
    uint64_t random = 2;
    for (unsigned i = 0; i < 200000; i++) {
        uint64_t draw = next_random(&random);
        uint64_t key = 1 + draw % KEYS, value = (draw >> 20) % VALUES;
        if (draw >> 60 < 8 && model[key][value] < 3) {
            map_add(&map, key, value);
            model[key][value]++;
        } else {
            assert_int_equal(map_remove_value(&map, key, value), model[key][value] > 0);
            if (model[key][value]) model[key][value]--;
        }
        unsigned seen[VALUES] = {0};
        key = 1 + (draw >> 40) % KEYS;
        for (size_t cursor = 0; map_each_of(&map, key, &cursor, &value);)
            seen[value]++;
        assert_memory_equal(seen, model[key], sizeof seen);
    }
    map_done(&map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_map_has_nothing),
        cmocka_unit_test(nothing_is_found_under_the_key_0),
        cmocka_unit_test(the_last_value_set_counts),
        cmocka_unit_test(every_key_of_many_is_found_and_no_other),
        cmocka_unit_test(one_key_can_have_several_values),
        cmocka_unit_test(a_walk_sees_every_pair_once),
        cmocka_unit_test(pointers_come_back_as_they_went_in),
        cmocka_unit_test(after_a_million_random_changes_it_agrees_with_an_array),
        cmocka_unit_test(pairs_of_repeated_keys_agree_with_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
