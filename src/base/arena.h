/* Memory of one request, PDU or job: taken piece by piece, dropped whole. */
#pragma once

#include "base/slice.h"

struct arena_block;
struct arena {
    struct arena_block *blocks;
    char *next;
    char *end;
};

/* A zeroed arena is ready for use. */
void arena_done(struct arena *arena); /* frees everything; ready for use again */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull)); /* zeroed */
/* The copy has a NUL behind its end. */
struct slice arena_copy(struct arena *arena, struct slice bytes);
struct slice arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))
