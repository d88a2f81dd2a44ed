#include "store/row.h"

#include <assert.h>

uint64_t column_uint(const struct column *column, const void *row)
{
    const char *at = (const char *)row + column->offset;
    switch (column->size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return *(const uint16_t *)at;
    case 4:
        return *(const uint32_t *)at;
    default:
        assert(column->size == 8);
        return *(const uint64_t *)at;
    }
}

void column_set_uint(const struct column *column, void *row, uint64_t value)
{
    char *at = (char *)row + column->offset;
    switch (column->size) {
    case 1:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        assert(column->size == 8);
        *(uint64_t *)at = value;
    }
}

struct slice column_bytes(const struct column *column, const void *row)
{
    const char *at = (const char *)row + column->offset;
    switch (column->kind) {
    case COLUMN_CHARS:
        return slice_of(at, strnlen(at, column->size));
    case COLUMN_BYTES:
        return slice_of(at, column->size);
    default:
        assert(column->kind == COLUMN_TEXT || column->kind == COLUMN_BLOB);
        return *(const struct slice *)(const void *)at;
    }
}

void column_set_bytes(const struct column *column, void *row, struct slice value,
                      struct arena *arena)
{
    char *at = (char *)row + column->offset;
    size_t room = column->kind == COLUMN_CHARS ? column->size - 1u : column->size;
    switch (column->kind) {
    case COLUMN_CHARS:
    case COLUMN_BYTES:
        if (value.size < room) room = value.size;
        memset(at, 0, column->size);
        if (room) memcpy(at, value.at, room);
        break;
    default:
        assert(column->kind == COLUMN_TEXT || column->kind == COLUMN_BLOB);
        *(struct slice *)(void *)at = arena_copy(arena, value);
    }
}

struct row_key row_key_of(enum row_type type, const void *row)
{
    const struct row_kind *kind = &row_kinds[type];
    if (kind->key_is_word) return row_word(column_bytes(&kind->columns[0], row));
    return row_id(column_uint(&kind->columns[0], row));
}

static bool column_is_slice(const struct column *column)
{
    return column->kind == COLUMN_TEXT || column->kind == COLUMN_BLOB;
}

size_t row_slices_size(enum row_type type, const void *row)
{
    const struct row_kind *kind = &row_kinds[type];
    size_t size = 0;
    for (size_t i = 0; i < kind->column_count; i++)
        if (column_is_slice(&kind->columns[i]))
            size += column_bytes(&kind->columns[i], row).size + 1;
    return size;
}

void row_copy_into(enum row_type type, const void *row, void *out, char *space)
{
    const struct row_kind *kind = &row_kinds[type];
    memcpy(out, row, kind->size);
    for (size_t i = 0; i < kind->column_count; i++) {
        const struct column *column = &kind->columns[i];
        if (!column_is_slice(column)) continue;
        assert(space);
        struct slice bytes = column_bytes(column, row);
        if (bytes.size) memcpy(space, bytes.at, bytes.size);
        space[bytes.size] = '\0';
        *(struct slice *)(void *)((char *)out + column->offset) = slice_of(space, bytes.size);
        space += bytes.size + 1;
    }
}

void row_copy(enum row_type type, const void *row, struct arena *arena, void *out)
{
    size_t size = row_slices_size(type, row);
    row_copy_into(type, row, out, size ? arena_alloc(arena, size) : NULL);
}

void *row_list_add(struct row_list *list, struct arena *arena)
{
    size_t size = row_kinds[list->type].size;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        char *at = arena_alloc(arena, capacity * size);
        if (list->count) memcpy(at, list->at, list->count * size);
        list->at = at;
        list->capacity = capacity;
    }
    return list->at + size * list->count++;
}
