/* The books of the accounts that write: kept in memory in front of their rows, written back once a
   group however many operations touched them. Also the high-water mark of keys whose rows are
   removed, so that the largest key ever used is known after a restart. */
#pragma once

#include "base/map.h"
#include "store/rows.h"

struct book_entry;
struct books {
    struct rows *rows;
    struct map by_account;    /* account + 1 -> struct book_entry * */
    struct book_entry *dirty; /* since the last flush */
    uint64_t removed_key;     /* the largest key of a removed row */
    uint64_t mark;            /* what of it is in the rows' meta */
};

#define META_REMOVED_KEY "store.removed_key"

/* Reads only on first use; a zeroed struct with `rows` set is ready. */
void books_done(struct books *books);
/* An account without a row has a zero book. The pointer is good until the group ends. */
enum err books_get(struct books *books, struct account_id account, struct book **out);
/* Says that the book was changed in this group. */
void books_touch(struct books *books, struct book *book);
void books_key_removed(struct books *books, uint64_t key);
/* Puts what changed into the rows, within the group's transaction. */
enum err books_flush(struct books *books);
/* The group is durable. */
void books_settle(struct books *books);
/* Drops everything: the rows alone know the truth. */
void books_forget(struct books *books);
