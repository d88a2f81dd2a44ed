#include "store/sqlite.h"

#include <stdio.h>

/* The waiting recipients are few and young, the settled ones many and old, and no index tells them
   apart. So the writer remembers a floor: no recipient up to it waits. A start then looks through
   those that came since the floor was last written down, once, whatever the number of providers. */
#define META_QUEUE_FLOOR "store.queue_floor"

enum err sqlite_queue_load(struct sqlite *sqlite)
{
    struct arena arena = {0};
    struct meta_row row;
    uint64_t floor = 0;
    enum err err =
        sqlite_get(&sqlite->rows, ROW_META, row_word(SLICE(META_QUEUE_FLOOR)), &arena, &row);
    if (!err) slice_u64(row.value, &floor);
    arena_done(&arena);
    sqlite->queue_floor = sqlite->queue_saved = floor;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

void sqlite_queue_note(struct sqlite *sqlite, const struct recipient *recipient)
{
    if (recipient->state == RECIPIENT_QUEUED && recipient->id.v <= sqlite->queue_floor)
        sqlite->queue_floor = recipient->id.v - 1;
}

uint64_t sqlite_queue_skip(struct sqlite *sqlite, uint64_t after)
{
    if (!sqlite->is_writer || after >= sqlite->queue_floor + sqlite->queue_step) return after;
    /* The largest of all stands in when none waits. */
    _Static_assert(RECIPIENT_QUEUED == 1, "part of the file's format");
    sqlite3_stmt *statement = sqlite_prepare(
        sqlite, &sqlite->raise_floor,
        "SELECT coalesce((SELECT id - 1 FROM recipient WHERE id > ?1 AND state = 1 ORDER BY id"
        " LIMIT 1), (SELECT max(id) FROM recipient))");
    if (!statement) return after;
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)sqlite->queue_floor);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        uint64_t floor = (uint64_t)sqlite3_column_int64(statement, 0);
        if (floor > sqlite->queue_floor) sqlite->queue_floor = floor;
    }
    sqlite3_reset(statement);
    return after > sqlite->queue_floor ? after : sqlite->queue_floor;
}

enum err sqlite_queue_save(struct sqlite *sqlite)
{
    uint64_t floor = sqlite->queue_floor;
    /* Rising is a help and can wait; sinking must be on disk with the row that it makes room for.
     */
    if (floor >= sqlite->queue_saved && floor < sqlite->queue_saved + sqlite->queue_step)
        return ERR_OK;
    char text[24];
    int size = snprintf(text, sizeof text, "%llu", (unsigned long long)floor);
    struct meta_row row = {SLICE(META_QUEUE_FLOOR), slice_of(text, (size_t)size)};
    enum err err = sqlite_put(&sqlite->rows, ROW_META, &row);
    if (!err) sqlite->queue_saved = floor;
    return err;
}
