/* Outcomes as they are remembered: what is read lies within the bytes and is written the same. */
#include "core/once.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct outcome *outcomes;
    size_t count;
    if (outcomes_read(slice_of(data, size), &arena, &outcomes, &count)) {
        const struct outcome **list = ARENA_ARRAY(&arena, const struct outcome *, count + 1);
        for (size_t i = 0; i < count; i++)
            list[i] = &outcomes[i];
        struct slice bytes = outcomes_write(list, count, &arena);
        struct outcome *again;
        size_t again_count;
        assert(bytes.size == size);
        assert(outcomes_read(bytes, &arena, &again, &again_count) && again_count == count);
        for (size_t i = 0; i < count; i++)
            assert(again[i].message.v == outcomes[i].message.v && again[i].err == outcomes[i].err &&
                   again[i].fault == outcomes[i].fault &&
                   slice_eq(again[i].problem, outcomes[i].problem));
    }
    arena_done(&arena);
    return 0;
}
