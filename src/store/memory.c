#include "store/memory.h"

#include <assert.h>

#include "base/mem.h"
#include "store/reader.h"

/* Rows in the order of their keys. Almost every insert is at the end. A put makes a new copy of the
   row and keeps the old one until the commit, so undoing is putting the old pointers back. */
struct table {
    void **rows; /* each one allocation: the struct, and what its slices point at */
    size_t count, capacity;
};

/* What a change did: `old` is NULL for an insert, and the key is that of `old` or of the row now
   in its place. */
struct change {
    enum row_type type;
    void *old, *now;
};

struct memory {
    struct rows rows;
    struct table tables[ROW_TYPE_COUNT];
    struct change *changes;
    size_t change_count, change_capacity;
    unsigned fail_in; /* commits until one fails */
    bool is_open;     /* a transaction */
    size_t readers;
};

static void *row_keep(enum row_type type, const void *row)
{
    char *kept = mem_alloc(row_kinds[type].size + row_slices_size(type, row));
    row_copy_into(type, row, kept, kept + row_kinds[type].size);
    return kept;
}

static int key_compare(const struct row_key *a, const struct row_key *b)
{
    if (a->id != b->id) return a->id < b->id ? -1 : 1;
    size_t shorter = a->word.size < b->word.size ? a->word.size : b->word.size;
    int order = shorter ? memcmp(a->word.at, b->word.at, shorter) : 0;
    if (order) return order;
    return a->word.size < b->word.size ? -1 : a->word.size > b->word.size;
}

/* The first place whose key is not before `key`; says whether it is the key's own. */
static size_t table_find(const struct memory *memory, enum row_type type, struct row_key key,
                         bool *out_found)
{
    const struct table *table = &memory->tables[type];
    size_t low = 0, high = table->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        struct row_key here = row_key_of(type, table->rows[middle]);
        int order = key_compare(&here, &key);
        if (order == 0) {
            *out_found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *out_found = false;
    return low;
}

static void table_insert(struct table *table, size_t at, void *kept)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 64;
        table->rows = mem_resize(table->rows, table->capacity * sizeof *table->rows);
    }
    memmove(&table->rows[at + 1], &table->rows[at], (table->count - at) * sizeof *table->rows);
    table->rows[at] = kept;
    table->count++;
}

static void table_remove(struct table *table, size_t at)
{
    table->count--;
    memmove(&table->rows[at], &table->rows[at + 1], (table->count - at) * sizeof *table->rows);
}

static void memory_note(struct memory *memory, struct change change)
{
    assert(memory->is_open);
    if (memory->change_count == memory->change_capacity) {
        memory->change_capacity = memory->change_capacity ? memory->change_capacity * 2 : 64;
        memory->changes =
            mem_resize(memory->changes, memory->change_capacity * sizeof *memory->changes);
    }
    memory->changes[memory->change_count++] = change;
}

static enum err memory_begin(struct rows *rows)
{
    struct memory *memory = (struct memory *)rows;
    assert(!memory->is_open);
    memory->is_open = true;
    return ERR_OK;
}

static void memory_rollback(struct rows *rows)
{
    struct memory *memory = (struct memory *)rows;
    while (memory->change_count > 0) {
        struct change *change = &memory->changes[--memory->change_count];
        struct table *table = &memory->tables[change->type];
        const void *named = change->now ? change->now : change->old;
        bool found;
        size_t at = table_find(memory, change->type, row_key_of(change->type, named), &found);
        assert(found == (change->now != NULL));
        if (change->now && change->old)
            table->rows[at] = change->old;
        else if (change->now)
            table_remove(table, at);
        else
            table_insert(table, at, change->old);
        mem_free(change->now);
    }
    memory->is_open = false;
}

static enum err memory_commit(struct rows *rows)
{
    struct memory *memory = (struct memory *)rows;
    if (memory->fail_in > 0 && --memory->fail_in == 0) {
        memory_rollback(rows);
        return ERR_STORE_UNAVAILABLE;
    }
    for (size_t i = 0; i < memory->change_count; i++)
        mem_free(memory->changes[i].old);
    memory->change_count = 0;
    memory->is_open = false;
    return ERR_OK;
}

static enum err memory_insert(struct rows *rows, enum row_type type, const void *row)
{
    struct memory *memory = (struct memory *)rows;
    bool found;
    size_t at = table_find(memory, type, row_key_of(type, row), &found);
    if (found) return ERR_ALREADY_EXISTS;
    void *kept = row_keep(type, row);
    table_insert(&memory->tables[type], at, kept);
    memory_note(memory, (struct change){type, NULL, kept});
    return ERR_OK;
}

static enum err memory_put(struct rows *rows, enum row_type type, const void *row)
{
    struct memory *memory = (struct memory *)rows;
    bool found;
    size_t at = table_find(memory, type, row_key_of(type, row), &found);
    if (!found) return memory_insert(rows, type, row);
    void *kept = row_keep(type, row);
    memory_note(memory, (struct change){type, memory->tables[type].rows[at], kept});
    memory->tables[type].rows[at] = kept;
    return ERR_OK;
}

static enum err memory_remove(struct rows *rows, enum row_type type, struct row_key key)
{
    struct memory *memory = (struct memory *)rows;
    bool found;
    size_t at = table_find(memory, type, key, &found);
    if (!found) return ERR_NOT_FOUND;
    memory_note(memory, (struct change){type, memory->tables[type].rows[at], NULL});
    table_remove(&memory->tables[type], at);
    return ERR_OK;
}

static enum err memory_get(struct rows *rows, enum row_type type, struct row_key key,
                           struct arena *arena, void *out)
{
    struct memory *memory = (struct memory *)rows;
    bool found;
    size_t at = table_find(memory, type, key, &found);
    if (!found) return ERR_NOT_FOUND;
    row_copy(type, memory->tables[type].rows[at], arena, out);
    return ERR_OK;
}

static enum err memory_scan(struct rows *rows, const struct row_scan *scan, struct arena *arena,
                            struct row_list *out)
{
    struct memory *memory = (struct memory *)rows;
    const struct table *table = &memory->tables[scan->type];
    bool found;
    size_t at = table_find(memory, scan->type, scan->after, &found);
    for (at += found; at < table->count && out->count < scan->max; at++) {
        const void *row = table->rows[at];
        if (scan->until && row_key_of(scan->type, row).id > scan->until) break;
        if (row_scan_takes(scan, row)) row_copy(scan->type, row, arena, row_list_add(out, arena));
    }
    return ERR_OK;
}

static enum err memory_last(struct rows *rows, enum row_type type, uint64_t *out_id)
{
    const struct table *table = &((struct memory *)rows)->tables[type];
    *out_id = table->count ? row_key_of(type, table->rows[table->count - 1]).id : 0;
    return ERR_OK;
}

static enum err memory_read_begin(struct rows *rows)
{
    return ERR_OK;
}

static void memory_read_end(struct rows *rows)
{
}

/* Readers see the tables themselves: there is one thread. */
static struct rows *memory_open_reader(struct rows *rows)
{
    ((struct memory *)rows)->readers++;
    return rows;
}

static void memory_close(struct rows *rows)
{
    struct memory *memory = (struct memory *)rows;
    if (memory->readers > 0) {
        memory->readers--;
        return;
    }
    for (size_t type = 0; type < ROW_TYPE_COUNT; type++) {
        for (size_t i = 0; i < memory->tables[type].count; i++)
            mem_free(memory->tables[type].rows[i]);
        mem_free(memory->tables[type].rows);
    }
    mem_free(memory->changes);
    mem_free(memory);
}

static const char *memory_problem(struct rows *rows)
{
    return "";
}

static const struct rows_kind memory_rows = {
    .begin = memory_begin,
    .commit = memory_commit,
    .rollback = memory_rollback,
    .insert = memory_insert,
    .put = memory_put,
    .remove = memory_remove,
    .get = memory_get,
    .scan = memory_scan,
    .last = memory_last,
    .read_begin = memory_read_begin,
    .read_end = memory_read_end,
    .open_reader = memory_open_reader,
    .close = memory_close,
    .problem = memory_problem,
};

struct rows *memory_rows_open(void)
{
    struct memory *memory = MEM_NEW(struct memory);
    memory->rows.kind = &memory_rows;
    return &memory->rows;
}

void memory_fail_write(struct store *store, unsigned nth)
{
    struct rows *rows = store_own_reader(store)->rows;
    assert(rows->kind == &memory_rows);
    ((struct memory *)rows)->fail_in = nth;
}
