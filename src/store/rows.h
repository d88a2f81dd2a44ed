/* What a back end is: a set of rows with one transaction at a time. It knows how to keep rows and
   nothing of what they mean; apply.c and read.c know that, once, for every back end. */
#pragma once

#include "store/row.h"

struct rows {
    const struct rows_kind *kind;
};

enum row_filter {
    ROWS_ALL,
    ROWS_WAITING,    /* recipients: RECIPIENT_QUEUED with provider `argument` */
    ROWS_OPEN,       /* attempts: intents, and taken ones without a final receipt */
    ROWS_TO_PUSH,    /* inbound: PUSH_PENDING */
    ROWS_OF_ACCOUNT, /* senders, templates, webhooks: of account `argument` */
    ROW_FILTER_COUNT
};

/* Rows in the order of their keys. */
struct row_scan {
    enum row_type type;
    enum row_filter filter;
    uint64_t argument;
    struct row_key after; /* exclusive; zero or empty: from the first */
    uint64_t until;       /* inclusive, 0: to the last */
    size_t max;
};

/* Every function fails with ERR_STORE_UNAVAILABLE when the storage does. */
struct rows_kind {
    /* One transaction around everything that changes rows. When commit fails nothing of it
       happened, as after rollback; the back end mends itself at the next begin or read_begin. */
    enum err (*begin)(struct rows *rows);
    enum err (*commit)(struct rows *rows);
    void (*rollback)(struct rows *rows);

    enum err (*insert)(struct rows *rows, enum row_type type, const void *row); /* ALREADY_EXISTS */
    enum err (*put)(struct rows *rows, enum row_type type, const void *row);    /* or replaces */
    enum err (*remove)(struct rows *rows, enum row_type type, struct row_key key); /* NOT_FOUND */

    /* Slices are copied into the arena. ERR_NOT_FOUND. */
    enum err (*get)(struct rows *rows, enum row_type type, struct row_key key, struct arena *arena,
                    void *out);
    enum err (*scan)(struct rows *rows, const struct row_scan *scan, struct arena *arena,
                     struct row_list *out);
    /* The largest id; 0 without rows. */
    enum err (*last)(struct rows *rows, enum row_type type, uint64_t *out_id);

    /* Between the two every read sees the same moment. */
    enum err (*read_begin)(struct rows *rows);
    void (*read_end)(struct rows *rows);
    /* Rows for another thread: only read. */
    struct rows *(*open_reader)(struct rows *rows);
    /* For one more thread: rows of which nothing is asked but to `tend` the files, again and again.
       NULL: the back end has nothing to tend. */
    struct rows *(*open_keeper)(struct rows *rows);
    void (*tend)(struct rows *keeper);
    void (*close)(struct rows *rows);
    /* What went wrong last, "" if nothing has. */
    const char *(*problem)(struct rows *rows);
};

/* Back ends. NULL: `out_problem` (256 bytes). */
struct rows *memory_rows_open(void);
struct rows *sqlite_rows_open(struct slice path, char *out_problem);

/* Whether a row passes a scan's filter, for back ends that decide it in C. */
bool row_scan_takes(const struct row_scan *scan, const void *row);
