/* Numbers and pieces of text: what slice_u64 takes must print back as it was, and the pieces that
   slice_cut gives must lie in the input, in order, with nothing but separators between them. */
#include "base/slice.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void number_agrees(struct slice text)
{
    uint64_t value = 0;
    char printed[32];
    if (!slice_u64(text, &value)) return;
    while (text.size > 1 && text.at[0] == '0')
        text = slice_from(text, 1);
    snprintf(printed, sizeof printed, "%" PRIu64, value);
    assert(slice_eq(text, slice_cstr(printed)));
}

static void signed_agrees(struct slice text)
{
    int64_t value = 0;
    uint64_t magnitude = 0;
    bool negative = slice_starts(text, SLICE("-"));
    if (!slice_i64(text, &value)) return;
    assert(slice_u64(slice_from(text, negative), &magnitude));
    assert(negative ? value <= 0 : value >= 0);
    assert(magnitude == (negative ? 0 - (uint64_t)value : (uint64_t)value));
}

/* Letters that are equal but for their case differ in one bit, every other byte in none. */
static void nocase_agrees(struct slice a, struct slice b)
{
    bool same = a.size == b.size;
    for (size_t i = 0; same && i < a.size; i++) {
        unsigned char upper = (unsigned char)(a.at[i] & ~0x20);
        int differs = a.at[i] ^ b.at[i];
        same = differs == 0 || (differs == 0x20 && upper >= 'A' && upper <= 'Z');
    }
    assert(slice_eq_nocase(a, b) == same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of(data, size);
    struct slice rest = text, piece, before = {0};
    const char *next = text.at;
    while (slice_cut(&rest, ',', &piece)) {
        assert(piece.at == next);
        assert(piece.at + piece.size <= text.at + text.size);
        assert(piece.size == 0 || !memchr(piece.at, ',', piece.size));
        next = piece.at + piece.size + 1;

        struct slice trimmed = slice_trim(piece, " \t");
        assert(trimmed.size <= piece.size);
        nocase_agrees(piece, before);
        before = piece;
        number_agrees(trimmed);
        signed_agrees(trimmed);
    }
    return 0;
}
