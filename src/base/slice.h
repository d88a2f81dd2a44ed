/* A view of bytes that somebody else owns: pointer and length, not NUL-terminated. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *at;
    size_t size;
};

/* For string literals only: the size is taken at compile time. */
#define SLICE(literal) ((struct slice){"" literal, sizeof(literal) - 1})

static inline struct slice slice_of(const void *at, size_t size)
{
    return (struct slice){at, size};
}

/* NULL gives the empty slice. */
static inline struct slice slice_cstr(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

/* ASCII letters only. */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_starts(struct slice text, struct slice prefix);
/* Without leading and trailing bytes of `set`. */
struct slice slice_trim(struct slice text, const char *set);
/* `text` from `offset` on; empty when the offset lies behind the end. */
struct slice slice_from(struct slice text, size_t offset);
/* Cuts the text before the first `separator` off `*rest`; false when nothing is left.
   "a,b" gives "a", "b"; an empty rest gives nothing. */
bool slice_cut(struct slice *rest, char separator, struct slice *out_head);
/* Decimal digits only, no sign, no overflow; false leaves `*out` alone. */
bool slice_u64(struct slice text, uint64_t *out);
/* As slice_u64 with an optional leading minus. */
bool slice_i64(struct slice text, int64_t *out);
