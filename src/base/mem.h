/* Heap memory that is there or the program ends: running out is not an error that any caller can
   mend, and a half-done message is worse than a restart. Everything that grows with what
   strangers send has a ceiling of its own (base/limits.h). */
#pragma once

#include <stddef.h>

void *mem_alloc(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_resize(void *old, size_t size) __attribute__((returns_nonnull));
char *mem_copy(const void *at, size_t size) __attribute__((returns_nonnull)); /* NUL added */
void mem_free(void *at);

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))
