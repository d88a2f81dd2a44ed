#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

#define ARENA_BLOCK_SIZE 4096

struct arena_block {
    struct arena_block *previous;
    alignas(max_align_t) char bytes[];
};

void arena_done(struct arena *arena)
{
    while (arena->blocks) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->previous;
        mem_free(block);
    }
    *arena = (struct arena){0};
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!arena->next || size > (size_t)(arena->end - arena->next)) {
        size_t room = size > ARENA_BLOCK_SIZE ? size : ARENA_BLOCK_SIZE;
        struct arena_block *block = mem_resize(NULL, sizeof *block + room);
        block->previous = arena->blocks;
        arena->blocks = block;
        arena->next = block->bytes;
        arena->end = block->bytes + room;
    }
    void *at = arena->next;
    arena->next += size;
    /* Here and not when the block was taken: most blocks are left half empty. */
    return memset(at, 0, size);
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
    char *copy = arena_alloc(arena, bytes.size + 1);
    if (bytes.size) memcpy(copy, bytes.at, bytes.size);
    return slice_of(copy, bytes.size);
}

struct slice arena_printf(struct arena *arena, const char *format, ...)
{
    assert(format);
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    assert(size >= 0);
    char *text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(args);
    return slice_of(text, (size_t)size);
}
