#include "store/store.h"

#include <stdio.h>

#include "base/mem.h"
#include "store/apply.h"
#include "store/reader.h"

struct store {
    struct rows *rows;
    struct books books;
    struct store_reader own;
};

struct store *store_open(struct slice url, char *out_problem)
{
    struct rows *rows = NULL;
    if (slice_eq(url, SLICE("memory:")))
        rows = memory_rows_open();
    else if (slice_starts(url, SLICE("sqlite:")))
        rows = sqlite_rows_open(slice_from(url, sizeof "sqlite:" - 1), out_problem);
    else
        snprintf(out_problem, 256, "the store's url is \"%.*s\"; use sqlite:PATH",
                 (int)(url.size < 100 ? url.size : 100), url.size ? url.at : "");
    if (!rows) return NULL;
    struct store *store = MEM_NEW(struct store);
    store->rows = store->books.rows = store->own.rows = rows;
    return store;
}

void store_close(struct store *store)
{
    if (!store) return;
    books_done(&store->books);
    store->rows->kind->close(store->rows);
    mem_free(store);
}

static enum err write_group(struct store *store, struct store_op *ops, size_t count)
{
    enum err err = store->rows->kind->begin(store->rows);
    if (err) return err;
    for (size_t i = 0; !err && i < count; i++)
        err = apply_op(&store->books, &ops[i]);
    if (!err) err = books_flush(&store->books);
    if (err)
        store->rows->kind->rollback(store->rows);
    else
        err = store->rows->kind->commit(store->rows);
    return err;
}

enum err store_write(struct store *store, struct store_op *ops, size_t count)
{
    if (count == 0) return ERR_OK;
    if (write_group(store, ops, count) == ERR_OK) {
        books_settle(&store->books);
        return ERR_OK;
    }
    /* What memory assumed of this group is void, and the rows say what is true. */
    for (size_t i = 0; i < count; i++)
        ops[i].result = ERR_STORE_UNAVAILABLE;
    books_forget(&store->books);
    return ERR_STORE_UNAVAILABLE;
}

const char *store_problem(struct store *store)
{
    return store->rows->kind->problem(store->rows);
}

struct store_reader *store_own_reader(struct store *store)
{
    return &store->own;
}

struct store_reader *store_reader_open(struct store *store)
{
    struct rows *rows = store->rows->kind->open_reader(store->rows);
    if (!rows) return NULL;
    struct store_reader *reader = MEM_NEW(struct store_reader);
    reader->rows = rows;
    return reader;
}

void store_reader_close(struct store_reader *reader)
{
    if (!reader) return;
    reader->rows->kind->close(reader->rows);
    mem_free(reader);
}

/* A keeper is rows, seen as something that only tends. */
struct store_keeper *store_keeper_open(struct store *store)
{
    const struct rows_kind *kind = store->rows->kind;
    return (struct store_keeper *)(kind->open_keeper ? kind->open_keeper(store->rows) : NULL);
}

void store_keeper_tend(struct store_keeper *keeper)
{
    struct rows *rows = (struct rows *)keeper;
    rows->kind->tend(rows);
}

void store_keeper_close(struct store_keeper *keeper)
{
    struct rows *rows = (struct rows *)keeper;
    if (rows) rows->kind->close(rows);
}
