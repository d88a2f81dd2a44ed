/* What several tests of src/wire need: cmocka, the files of tests/vectors, and a small random
   generator whose seed is fixed, so that a failure comes back. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/arena.h"
#include "base/slice.h"

/* cmocka's memory check reports the lengths too. */
#define assert_slice_equal(got, wanted)                                                            \
    do {                                                                                           \
        struct slice got_ = (got), wanted_ = (wanted);                                             \
        assert_int_equal(got_.size, wanted_.size);                                                 \
        if (wanted_.size > 0) assert_memory_equal(got_.at, wanted_.at, wanted_.size);              \
    } while (0)

static inline struct slice vectors_read(const char *name, struct arena *arena)
{
    struct slice path = arena_printf(arena, "%s/%s", VECTORS_FOLDER, name);
    FILE *file = fopen(path.at, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    char *bytes = arena_alloc(arena, (size_t)size);
    assert_int_equal(fread(bytes, 1, (size_t)size, file), (size_t)size);
    fclose(file);
    return slice_of(bytes, (size_t)size);
}

/* xorshift64*; below `limit`. */
static inline uint32_t random_below(uint64_t *seed, uint32_t limit)
{
    *seed ^= *seed >> 12;
    *seed ^= *seed << 25;
    *seed ^= *seed >> 27;
    return (uint32_t)((*seed * 0x2545F4914F6CDD1Du) >> 33) % limit;
}
