/* The SQLite back end: one file in WAL mode, a connection of the writer's and one for each reader.
   Inside of the back end only; the rest of the store sees struct rows. */
#pragma once

#include <sqlite3.h>
#include <stdatomic.h>

#include "store/recent.h"
#include "store/rows.h"

#define SQLITE_PROBLEM_SIZE 256

enum sqlite_verb { VERB_INSERT, VERB_PUT, VERB_REMOVE, VERB_GET, VERB_LAST, VERB_SCAN, VERB_COUNT };

struct sqlite_statements {
    sqlite3_stmt *verbs[VERB_COUNT][ROW_TYPE_COUNT];
    sqlite3_stmt *scans[ROW_FILTER_COUNT][ROW_TYPE_COUNT]; /* the filtered ones */
};

struct sqlite {
    struct rows rows;
    char *path;
    sqlite3 *db;
    struct sqlite_statements statements;
    sqlite3_stmt *begin, *commit, *rollback;
    char problem[SQLITE_PROBLEM_SIZE]; /* what failed last */
    /* The writer's. */
    bool is_writer;
    bool is_suspect;       /* something failed: reopen before the next use */
    int lock;              /* descriptor of the lock file */
    atomic_int wal_frames; /* in the log after the last commit; a keeper reads it */
    int checkpoint_frames; /* as many copy them into the file ... */
    int checkpoint_next;   /* ... or so many, after readers were in the way */
    struct recent recent;
    uint64_t queue_floor, queue_saved; /* sqlite_queue.c; in memory, and in the file */
    uint64_t queue_step;               /* it is written down when it rose by so much */
    sqlite3_stmt *raise_floor;
    /* A keeper's. */
    struct sqlite *writer;
    int tended_frames;
};

/* Notes what SQLite says went wrong, and returns the error for it. */
enum err sqlite_failed(struct sqlite *sqlite, const char *doing);
/* A statement of the connection, prepared on first use; NULL when that fails. */
sqlite3_stmt *sqlite_prepare(struct sqlite *sqlite, sqlite3_stmt **place, const char *sql);
void sqlite_finalize_rows(struct sqlite *sqlite);

/* sqlite_rows.c: the seven row calls of struct rows_kind. */
enum err sqlite_insert(struct rows *rows, enum row_type type, const void *row);
enum err sqlite_put(struct rows *rows, enum row_type type, const void *row);
enum err sqlite_remove(struct rows *rows, enum row_type type, struct row_key key);
enum err sqlite_get(struct rows *rows, enum row_type type, struct row_key key, struct arena *arena,
                    void *out);
enum err sqlite_scan(struct rows *rows, const struct row_scan *scan, struct arena *arena,
                     struct row_list *out);
enum err sqlite_last(struct rows *rows, enum row_type type, uint64_t *out_id);

/* sqlite_queue.c: below which recipient nobody waits. Each of them is for the writer. */
enum err sqlite_queue_load(struct sqlite *sqlite);
/* A recipient is written. */
void sqlite_queue_note(struct sqlite *sqlite, const struct recipient *recipient);
/* Where a scan for waiting recipients behind `after` may begin. */
uint64_t sqlite_queue_skip(struct sqlite *sqlite, uint64_t after);
/* Within the transaction, at its end. */
enum err sqlite_queue_save(struct sqlite *sqlite);

/* sqlite_schema.c: brings the file to the newest schema, one transaction a step. False:
   `out_problem` says what to do. */
bool sqlite_migrate(sqlite3 *db, const char *path, char *out_problem);
