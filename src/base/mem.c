#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *mem_demand(void *at, size_t size)
{
    if (at) return at;
    fprintf(stderr, "godwit: out of memory (%zu bytes asked for)\n", size);
    abort();
}

void *mem_alloc(size_t size)
{
    return mem_demand(calloc(1, size ? size : 1), size);
}

void *mem_resize(void *old, size_t size)
{
    return mem_demand(realloc(old, size ? size : 1), size);
}

char *mem_copy(const void *at, size_t size)
{
    char *copy = mem_demand(malloc(size + 1), size);
    if (size) memcpy(copy, at, size);
    copy[size] = '\0';
    return copy;
}

void mem_free(void *at)
{
    free(at);
}
