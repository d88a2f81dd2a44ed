#include "base/buf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

void buf_init(struct buf *buf, size_t limit)
{
    *buf = (struct buf){.limit = limit};
}

void buf_done(struct buf *buf)
{
    mem_free(buf->at);
    buf_init(buf, buf->limit);
}

void buf_clear(struct buf *buf)
{
    buf->size = 0;
    buf->full = false;
}

char *buf_reserve(struct buf *buf, size_t size)
{
    if (buf->full || size > buf->limit - buf->size) {
        buf->full = true;
        return NULL;
    }
    size_t need = buf->size + size;
    if (need > buf->capacity) {
        size_t capacity = buf->capacity ? buf->capacity : 64;
        while (capacity < need)
            capacity *= 2;
        if (capacity > buf->limit) capacity = buf->limit;
        buf->at = mem_resize(buf->at, capacity);
        buf->capacity = capacity;
    }
    return buf->at + buf->size;
}

void buf_grew(struct buf *buf, size_t size)
{
    assert(size <= buf->capacity - buf->size);
    buf->size += size;
}

void buf_add(struct buf *buf, struct slice bytes)
{
    if (bytes.size == 0) return;
    char *to = buf_reserve(buf, bytes.size);
    if (!to) return;
    memcpy(to, bytes.at, bytes.size);
    buf->size += bytes.size;
}

void buf_add_byte(struct buf *buf, char byte)
{
    buf_add(buf, slice_of(&byte, 1));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char small[256];
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(small, sizeof small, format, args);
    assert(size >= 0);
    if ((size_t)size < sizeof small) {
        buf_add(buf, slice_of(small, (size_t)size));
    } else {
        char *large = mem_alloc((size_t)size + 1);
        vsnprintf(large, (size_t)size + 1, format, again);
        buf_add(buf, slice_of(large, (size_t)size));
        mem_free(large);
    }
    va_end(again);
    va_end(args);
}

void buf_drop(struct buf *buf, size_t size)
{
    assert(size <= buf->size);
    buf->size -= size;
    if (size == 0 || buf->size == 0) return;
    memmove(buf->at, buf->at + size, buf->size);
}
