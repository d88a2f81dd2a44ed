#include "store/sqlite.h"

#include <assert.h>

#include "base/buf.h"

#define SQL_MAX 4096

/* ---- Statements from the columns ----------------------------------------------------------- */

static void sql_columns(struct buf *sql, const struct row_kind *kind)
{
    for (size_t i = 0; i < kind->column_count; i++)
        buf_printf(sql, "%s%s", i ? ", " : "", kind->columns[i].name);
}

static void sql_insert(struct buf *sql, const struct row_kind *kind, const char *verb)
{
    buf_printf(sql, "%s INTO %s(", verb, kind->table);
    sql_columns(sql, kind);
    buf_printf(sql, ") VALUES(");
    for (size_t i = 0; i < kind->column_count; i++)
        buf_printf(sql, "%s?", i ? ", " : "");
    buf_printf(sql, ")");
}

/* The filters in SQL; row_scan_takes says the same in C. Numbers of enums are part of the file
   format. */
static void sql_filter(struct buf *sql, enum row_filter filter)
{
    unsigned finals = 0;
    for (unsigned state = RECEIPT_UNKNOWN_WORD; state <= RECEIPT_SKIPPED; state++)
        if (receipt_is_final((enum receipt_state)state)) finals |= 1u << state;
    switch (filter) {
    case ROWS_WAITING:
        buf_printf(sql, " AND state = %d AND provider = ?4", RECIPIENT_QUEUED);
        break;
    case ROWS_OPEN:
        buf_printf(sql,
                   " AND (state = %d OR (state = %d AND (keeps_id OR (1 << receipt) & %u = 0)))",
                   ATTEMPT_INTENT, ATTEMPT_TAKEN, finals);
        break;
    case ROWS_TO_PUSH:
        buf_printf(sql, " AND push = %d", PUSH_PENDING);
        break;
    case ROWS_OF_ACCOUNT:
        buf_printf(sql, " AND account = ?4");
        break;
    default:
        break;
    }
}

static void sql_scan(struct buf *sql, const struct row_kind *kind, enum row_filter filter)
{
    const char *key = kind->columns[0].name;
    buf_printf(sql, "SELECT ");
    sql_columns(sql, kind);
    buf_printf(sql, " FROM %s WHERE %s > ?1", kind->table, key);
    if (!kind->key_is_word) buf_printf(sql, " AND %s <= ?2", key);
    sql_filter(sql, filter);
    buf_printf(sql, " ORDER BY %s LIMIT ?3", key);
}

static void sql_of(struct buf *sql, enum sqlite_verb verb, const struct row_kind *kind,
                   enum row_filter filter)
{
    const char *key = kind->columns[0].name;
    switch (verb) {
    case VERB_INSERT:
        sql_insert(sql, kind, "INSERT");
        break;
    case VERB_PUT:
        sql_insert(sql, kind, "REPLACE");
        break;
    case VERB_REMOVE:
        buf_printf(sql, "DELETE FROM %s WHERE %s = ?1", kind->table, key);
        break;
    case VERB_GET:
        buf_printf(sql, "SELECT ");
        sql_columns(sql, kind);
        buf_printf(sql, " FROM %s WHERE %s = ?1", kind->table, key);
        break;
    case VERB_LAST:
        buf_printf(sql, "SELECT max(%s) FROM %s", key, kind->table);
        break;
    default:
        sql_scan(sql, kind, filter);
    }
}

static sqlite3_stmt *statement_of(struct sqlite *sqlite, enum sqlite_verb verb, enum row_type type,
                                  enum row_filter filter)
{
    sqlite3_stmt **place = filter == ROWS_ALL ? &sqlite->statements.verbs[verb][type]
                                              : &sqlite->statements.scans[filter][type];
    sqlite3_stmt *made = *place;
    if (made) return made;
    struct buf sql;
    buf_init(&sql, SQL_MAX);
    sql_of(&sql, verb, &row_kinds[type], filter);
    buf_add_byte(&sql, '\0');
    assert(!sql.full);
    made = sqlite_prepare(sqlite, place, sql.at);
    buf_done(&sql);
    return made;
}

void sqlite_finalize_rows(struct sqlite *sqlite)
{
    struct sqlite_statements *statements = &sqlite->statements;
    for (size_t verb = 0; verb < VERB_COUNT; verb++)
        for (size_t type = 0; type < ROW_TYPE_COUNT; type++)
            sqlite3_finalize(statements->verbs[verb][type]);
    for (size_t filter = 0; filter < ROW_FILTER_COUNT; filter++)
        for (size_t type = 0; type < ROW_TYPE_COUNT; type++)
            sqlite3_finalize(statements->scans[filter][type]);
    *statements = (struct sqlite_statements){0};
}

/* ---- Rows in and out ----------------------------------------------------------------------- */

static int bind_text(sqlite3_stmt *statement, int at, struct slice text)
{
    /* No pointer would bind NULL. */
    return sqlite3_bind_text64(statement, at, text.size ? text.at : "", text.size, SQLITE_STATIC,
                               SQLITE_UTF8);
}

static int bind_column(sqlite3_stmt *statement, int at, const struct column *column,
                       const void *row)
{
    struct slice bytes;
    switch (column->kind) {
    case COLUMN_UINT:
    case COLUMN_INT:
        return sqlite3_bind_int64(statement, at, (sqlite3_int64)column_uint(column, row));
    case COLUMN_CHARS:
    case COLUMN_TEXT:
        return bind_text(statement, at, column_bytes(column, row));
    default:
        bytes = column_bytes(column, row);
        return sqlite3_bind_blob64(statement, at, bytes.size ? bytes.at : "", bytes.size,
                                   SQLITE_STATIC);
    }
}

static void read_row(sqlite3_stmt *statement, const struct row_kind *kind, struct arena *arena,
                     void *out)
{
    for (size_t i = 0; i < kind->column_count; i++) {
        const struct column *column = &kind->columns[i];
        int at = (int)i;
        if (column->kind == COLUMN_UINT || column->kind == COLUMN_INT) {
            column_set_uint(column, out, (uint64_t)sqlite3_column_int64(statement, at));
            continue;
        }
        bool text = column->kind == COLUMN_CHARS || column->kind == COLUMN_TEXT;
        const void *bytes = text ? (const void *)sqlite3_column_text(statement, at)
                                 : sqlite3_column_blob(statement, at);
        size_t size = (size_t)sqlite3_column_bytes(statement, at);
        column_set_bytes(column, out, slice_of(bytes, bytes ? size : 0), arena);
    }
}

/* Ids above what SQLite can hold name nothing. */
static sqlite3_int64 sql_id(uint64_t id)
{
    return id > INT64_MAX ? INT64_MAX : (sqlite3_int64)id;
}

static int bind_key(sqlite3_stmt *statement, const struct row_kind *kind, struct row_key key)
{
    if (kind->key_is_word) return bind_text(statement, 1, key.word);
    return sqlite3_bind_int64(statement, 1, sql_id(key.id));
}

static enum err write_row(struct rows *rows, enum sqlite_verb verb, enum row_type type,
                          const void *row)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    const struct row_kind *kind = &row_kinds[type];
    sqlite3_stmt *statement = statement_of(sqlite, verb, type, ROWS_ALL);
    if (!statement) return ERR_STORE_UNAVAILABLE;
    int rc = SQLITE_OK;
    for (size_t i = 0; rc == SQLITE_OK && i < kind->column_count; i++)
        rc = bind_column(statement, (int)i + 1, &kind->columns[i], row);
    if (rc == SQLITE_OK) rc = sqlite3_step(statement);
    enum err err = ERR_OK;
    if (rc != SQLITE_DONE) {
        int extended = sqlite3_extended_errcode(sqlite->db);
        bool taken =
            extended == SQLITE_CONSTRAINT_PRIMARYKEY || extended == SQLITE_CONSTRAINT_ROWID;
        err = taken ? ERR_ALREADY_EXISTS : sqlite_failed(sqlite, "write");
    }
    sqlite3_reset(statement);
    if (err) return err;
    recent_put(&sqlite->recent, type, row);
    if (type == ROW_RECIPIENT) sqlite_queue_note(sqlite, row);
    return ERR_OK;
}

enum err sqlite_insert(struct rows *rows, enum row_type type, const void *row)
{
    return write_row(rows, VERB_INSERT, type, row);
}

enum err sqlite_put(struct rows *rows, enum row_type type, const void *row)
{
    return write_row(rows, VERB_PUT, type, row);
}

enum err sqlite_remove(struct rows *rows, enum row_type type, struct row_key key)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    sqlite3_stmt *statement = statement_of(sqlite, VERB_REMOVE, type, ROWS_ALL);
    if (!statement) return ERR_STORE_UNAVAILABLE;
    recent_drop(&sqlite->recent, type, key.id);
    enum err err = ERR_OK;
    if (bind_key(statement, &row_kinds[type], key) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_DONE)
        err = sqlite_failed(sqlite, "remove");
    else if (sqlite3_changes(sqlite->db) == 0)
        err = ERR_NOT_FOUND;
    sqlite3_reset(statement);
    return err;
}

enum err sqlite_get(struct rows *rows, enum row_type type, struct row_key key, struct arena *arena,
                    void *out)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    if (recent_get(&sqlite->recent, type, key.id, out)) return ERR_OK;
    sqlite3_stmt *statement = statement_of(sqlite, VERB_GET, type, ROWS_ALL);
    if (!statement) return ERR_STORE_UNAVAILABLE;
    enum err err = ERR_OK;
    int rc = bind_key(statement, &row_kinds[type], key);
    if (rc == SQLITE_OK) rc = sqlite3_step(statement);
    if (rc == SQLITE_ROW) {
        memset(out, 0, row_kinds[type].size);
        read_row(statement, &row_kinds[type], arena, out);
    } else {
        err = rc == SQLITE_DONE ? ERR_NOT_FOUND : sqlite_failed(sqlite, "read");
    }
    sqlite3_reset(statement);
    return err;
}

enum err sqlite_scan(struct rows *rows, const struct row_scan *scan, struct arena *arena,
                     struct row_list *out)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    const struct row_kind *kind = &row_kinds[scan->type];
    sqlite3_stmt *statement = statement_of(sqlite, VERB_SCAN, scan->type, scan->filter);
    if (!statement) return ERR_STORE_UNAVAILABLE;
    struct row_key after = scan->after;
    if (scan->filter == ROWS_WAITING) after.id = sqlite_queue_skip(sqlite, after.id);
    int rc = bind_key(statement, kind, after);
    if (rc == SQLITE_OK && !kind->key_is_word)
        rc = sqlite3_bind_int64(statement, 2, scan->until ? sql_id(scan->until) : INT64_MAX);
    if (rc == SQLITE_OK) rc = sqlite3_bind_int64(statement, 3, sql_id(scan->max));
    if (rc == SQLITE_OK && (scan->filter == ROWS_WAITING || scan->filter == ROWS_OF_ACCOUNT))
        rc = sqlite3_bind_int64(statement, 4, sql_id(scan->argument));
    while (rc == SQLITE_OK || rc == SQLITE_ROW) {
        rc = sqlite3_step(statement);
        if (rc == SQLITE_ROW) read_row(statement, kind, arena, row_list_add(out, arena));
    }
    enum err err = rc == SQLITE_DONE ? ERR_OK : sqlite_failed(sqlite, "read");
    sqlite3_reset(statement);
    return err;
}

enum err sqlite_last(struct rows *rows, enum row_type type, uint64_t *out_id)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    sqlite3_stmt *statement = statement_of(sqlite, VERB_LAST, type, ROWS_ALL);
    if (!statement) return ERR_STORE_UNAVAILABLE;
    enum err err = ERR_OK;
    if (sqlite3_step(statement) == SQLITE_ROW)
        *out_id = (uint64_t)sqlite3_column_int64(statement, 0);
    else
        err = sqlite_failed(sqlite, "read");
    sqlite3_reset(statement);
    return err;
}
