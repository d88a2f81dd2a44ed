/* A growing byte buffer with a ceiling. Going over the ceiling does not grow it: the buffer turns
   `full`, keeps what it has and takes nothing more, so a writer checks once, at the end. */
#pragma once

#include "base/slice.h"

struct buf {
    char *at;
    size_t size;
    size_t capacity;
    size_t limit;
    bool full;
};

void buf_init(struct buf *buf, size_t limit);
void buf_done(struct buf *buf);  /* frees; the buffer is as after buf_init */
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_add(struct buf *buf, struct slice bytes);
void buf_add_byte(struct buf *buf, char byte);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Room for `size` more bytes behind the end, NULL over the ceiling; buf_grew says how many came. */
char *buf_reserve(struct buf *buf, size_t size);
void buf_grew(struct buf *buf, size_t size);
/* Drops the first `size` bytes. */
void buf_drop(struct buf *buf, size_t size);

static inline struct slice buf_slice(const struct buf *buf)
{
    return slice_of(buf->at, buf->size);
}
