#include "store/book.h"

#include <stdio.h>

#include "base/mem.h"

/* Accounts in memory before it is emptied: 350 bytes each. */
#define BOOKS_MAX 65536

struct book_entry {
    struct book book; /* first: a book's pointer is its entry's */
    struct book_entry *next_dirty;
    bool is_dirty;
};

void books_forget(struct books *books)
{
    struct map_entry entry;
    for (size_t cursor = 0; map_each(&books->by_account, &cursor, &entry);)
        mem_free((void *)(uintptr_t)entry.value);
    map_done(&books->by_account);
    books->dirty = NULL;
    books->removed_key = books->mark = 0;
}

void books_done(struct books *books)
{
    books_forget(books);
}

enum err books_get(struct books *books, struct account_id account, struct book **out)
{
    struct book_entry *entry = map_get_pointer(&books->by_account, account.v + 1);
    if (!entry) {
        struct book_entry fresh = {.book.account = account};
        enum err err =
            books->rows->kind->get(books->rows, ROW_BOOK, row_id(account.v), NULL, &fresh.book);
        if (err && err != ERR_NOT_FOUND) return err;
        entry = MEM_NEW(struct book_entry);
        *entry = fresh;
        map_set_pointer(&books->by_account, account.v + 1, entry);
    }
    *out = &entry->book;
    return ERR_OK;
}

void books_touch(struct books *books, struct book *book)
{
    struct book_entry *entry = (struct book_entry *)book;
    if (entry->is_dirty) return;
    entry->is_dirty = true;
    entry->next_dirty = books->dirty;
    books->dirty = entry;
}

void books_key_removed(struct books *books, uint64_t key)
{
    if (key > books->removed_key) books->removed_key = key;
}

static enum err books_flush_mark(struct books *books)
{
    if (books->removed_key <= books->mark) return ERR_OK;
    char text[24];
    int size = snprintf(text, sizeof text, "%llu", (unsigned long long)books->removed_key);
    struct meta_row row = {SLICE(META_REMOVED_KEY), slice_of(text, (size_t)size)};
    return books->rows->kind->put(books->rows, ROW_META, &row);
}

enum err books_flush(struct books *books)
{
    for (struct book_entry *entry = books->dirty; entry; entry = entry->next_dirty) {
        enum err err = books->rows->kind->put(books->rows, ROW_BOOK, &entry->book);
        if (err) return err;
    }
    return books_flush_mark(books);
}

void books_settle(struct books *books)
{
    while (books->dirty) {
        struct book_entry *entry = books->dirty;
        books->dirty = entry->next_dirty;
        entry->is_dirty = false;
    }
    books->mark = books->removed_key;
    if (books->by_account.count > BOOKS_MAX) books_forget(books);
}
