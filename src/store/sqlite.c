#include "store/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* How long a commit waits for somebody's shell that holds the file. */
#define BUSY_MS 2000
/* How long it waits for readers to leave an overgrown log. */
#define READERS_MS 100
/* Frames in the log (pages of 4 KiB) from which on the writer copies them into the file, between
   two commits: some 10 ms once in 300 commits of 64 sends, less when a keeper has copied before. */
#define CHECKPOINT_FRAMES 4000

/* Settled recipients between two notes of where the waiting ones begin. */
#define QUEUE_STEP 65536

enum err sqlite_failed(struct sqlite *sqlite, const char *doing)
{
    snprintf(sqlite->problem, sizeof sqlite->problem, "%.120s: cannot %s: %.100s", sqlite->path,
             doing, sqlite->db ? sqlite3_errmsg(sqlite->db) : strerror(errno));
    return ERR_STORE_UNAVAILABLE;
}

sqlite3_stmt *sqlite_prepare(struct sqlite *sqlite, sqlite3_stmt **place, const char *sql)
{
    if (!*place && sqlite3_prepare_v3(sqlite->db, sql, -1, SQLITE_PREPARE_PERSISTENT, place, NULL))
        sqlite_failed(sqlite, "prepare");
    return *place;
}

/* ---- Connections --------------------------------------------------------------------------- */

static int note_frames(void *user, sqlite3 *db, const char *schema, int frames)
{
    atomic_store_explicit(&((struct sqlite *)user)->wal_frames, frames, memory_order_relaxed);
    return SQLITE_OK;
}

static const char writer_setup[] = "PRAGMA page_size = 4096;"
                                   "PRAGMA journal_mode = WAL;"
                                   "PRAGMA synchronous = FULL;"
                                   "PRAGMA cache_size = -32768;"
                                   "PRAGMA temp_store = MEMORY;";
static const char reader_setup[] = "PRAGMA query_only = 1;"
                                   "PRAGMA synchronous = FULL;" /* of a keeper's copies */
                                   "PRAGMA cache_size = -8192;"
                                   "PRAGMA temp_store = MEMORY;";

/* Some file systems cannot share memory between connections; SQLite then keeps another mode and
   says nothing. */
static bool is_wal(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    bool wal = sqlite3_prepare_v2(db, "PRAGMA journal_mode", -1, &statement, NULL) == SQLITE_OK &&
               sqlite3_step(statement) == SQLITE_ROW &&
               slice_eq(slice_cstr((const char *)sqlite3_column_text(statement, 0)), SLICE("wal"));
    sqlite3_finalize(statement);
    return wal;
}

static sqlite3 *connect(struct sqlite *sqlite)
{
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(sqlite->path, &db, flags, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, BUSY_MS) == SQLITE_OK &&
        sqlite3_exec(db, sqlite->is_writer ? writer_setup : reader_setup, NULL, NULL, NULL) ==
            SQLITE_OK &&
        is_wal(db)) {
        /* Also ends SQLite's own checkpoints inside of commits. */
        if (sqlite->is_writer) sqlite3_wal_hook(db, note_frames, sqlite);
        return db;
    }
    snprintf(sqlite->problem, sizeof sqlite->problem, "%.120s: cannot open: %.100s", sqlite->path,
             db ? sqlite3_errmsg(db) : "no memory");
    sqlite3_close(db);
    return NULL;
}

static void disconnect(struct sqlite *sqlite)
{
    sqlite_finalize_rows(sqlite);
    sqlite3_finalize(sqlite->begin);
    sqlite3_finalize(sqlite->commit);
    sqlite3_finalize(sqlite->rollback);
    sqlite3_finalize(sqlite->raise_floor);
    sqlite->begin = sqlite->commit = sqlite->rollback = sqlite->raise_floor = NULL;
    sqlite3_close(sqlite->db);
    sqlite->db = NULL;
}

static bool run(struct sqlite *sqlite, sqlite3_stmt **place, const char *sql)
{
    sqlite3_stmt *statement = sqlite_prepare(sqlite, place, sql);
    if (!statement) return false;
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_DONE) sqlite_failed(sqlite, sql);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE;
}

/* A failed commit may have left whole frames in the log that only lack their fsync. They must never
   count: the old connection stays open until the new one is, so that nobody reads the log anew, and
   a first commit of our own is written over them. From its fsync on they are gone for good. */
static enum err mend(struct sqlite *sqlite)
{
    if (!sqlite->is_suspect) return ERR_OK;
    sqlite3 *fresh = connect(sqlite);
    if (!fresh) return ERR_STORE_UNAVAILABLE;
    disconnect(sqlite);
    sqlite->db = fresh;
    if (sqlite3_exec(fresh, "REPLACE INTO meta VALUES('store.mended', randomblob(16))", NULL, NULL,
                     NULL) != SQLITE_OK)
        return sqlite_failed(sqlite, "write");
    enum err err = sqlite_queue_load(sqlite);
    sqlite->is_suspect = err != ERR_OK;
    return err;
}

/* ---- Transactions -------------------------------------------------------------------------- */

static enum err sqlite_begin(struct rows *rows)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    enum err err = mend(sqlite);
    if (err) return err;
    if (run(sqlite, &sqlite->begin, "BEGIN IMMEDIATE")) return ERR_OK;
    sqlite->is_suspect = true;
    return ERR_STORE_UNAVAILABLE;
}

static void sqlite_rollback(struct rows *rows)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    /* Some failures have rolled back by themselves. */
    if (!sqlite3_get_autocommit(sqlite->db)) run(sqlite, &sqlite->rollback, "ROLLBACK");
    recent_done(&sqlite->recent);
    sqlite->is_suspect = true;
}

/* Copies the log into the file. What was not copied stays in the log, and is copied whole the next
   time; so a failure takes back no commit, and after one the connection is not used again. */
static void checkpoint(struct sqlite *sqlite, int mode)
{
    int rc = sqlite3_wal_checkpoint_v2(sqlite->db, NULL, mode, NULL, NULL);
    if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) return;
    sqlite_failed(sqlite, "checkpoint");
    sqlite->is_suspect = true;
}

/* The log begins again from its start with the next commit when all of it is copied and no reader
   is in it. Readers leave within moments; when some were always there and the log has grown eight
   times too large, the writer waits for them, because nothing else would ever shrink it. */
static void shorten_log(struct sqlite *sqlite, int frames)
{
    bool waits = frames / 8 >= sqlite->checkpoint_frames;
    if (waits) sqlite3_busy_timeout(sqlite->db, READERS_MS);
    checkpoint(sqlite, waits ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE);
    if (waits) sqlite3_busy_timeout(sqlite->db, BUSY_MS);
    sqlite->checkpoint_next = frames + sqlite->checkpoint_frames / 4;
}

static enum err sqlite_commit(struct rows *rows)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    if (sqlite_queue_save(sqlite) || !run(sqlite, &sqlite->commit, "COMMIT")) {
        sqlite_rollback(rows);
        return ERR_STORE_UNAVAILABLE;
    }
    int frames = atomic_load_explicit(&sqlite->wal_frames, memory_order_relaxed);
    if (frames < sqlite->checkpoint_frames)
        sqlite->checkpoint_next = sqlite->checkpoint_frames;
    else if (frames >= sqlite->checkpoint_next)
        shorten_log(sqlite, frames);
    return ERR_OK;
}

static enum err sqlite_read_begin(struct rows *rows)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    /* The writer reads between its own commits: nothing can change in the middle. */
    if (sqlite->is_writer) return mend(sqlite);
    return run(sqlite, &sqlite->begin, "BEGIN") ? ERR_OK : ERR_STORE_UNAVAILABLE;
}

static void sqlite_read_end(struct rows *rows)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    if (!sqlite->is_writer) run(sqlite, &sqlite->commit, "COMMIT");
}

/* The keeper copies most of the log while the writer goes on; the writer's own turn, which it needs
   to begin the log again, then finds little left. */
static void sqlite_tend(struct rows *rows)
{
    struct sqlite *keeper = (struct sqlite *)rows;
    int frames = atomic_load_explicit(&keeper->writer->wal_frames, memory_order_relaxed);
    if (frames < keeper->tended_frames) keeper->tended_frames = 0;
    if (frames - keeper->tended_frames < keeper->writer->checkpoint_frames / 8) return;
    if (keeper->is_suspect || !keeper->db) {
        disconnect(keeper);
        keeper->db = connect(keeper);
        keeper->is_suspect = false;
        if (!keeper->db) return;
    }
    checkpoint(keeper, SQLITE_CHECKPOINT_PASSIVE);
    keeper->tended_frames = frames;
}

static const char *sqlite_problem(struct rows *rows)
{
    return ((struct sqlite *)rows)->problem;
}

/* ---- Opening ------------------------------------------------------------------------------- */

static void sqlite_close(struct rows *rows)
{
    struct sqlite *sqlite = (struct sqlite *)rows;
    disconnect(sqlite);
    recent_done(&sqlite->recent);
    /* The lock file stays: removing it would let two others lock two different files. */
    if (sqlite->lock >= 0) close(sqlite->lock);
    mem_free(sqlite->path);
    mem_free(sqlite);
}

static struct rows *sqlite_open_reader(struct rows *rows);
static struct rows *sqlite_open_keeper(struct rows *rows);

static const struct rows_kind sqlite_rows = {
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .insert = sqlite_insert,
    .put = sqlite_put,
    .remove = sqlite_remove,
    .get = sqlite_get,
    .scan = sqlite_scan,
    .last = sqlite_last,
    .read_begin = sqlite_read_begin,
    .read_end = sqlite_read_end,
    .open_reader = sqlite_open_reader,
    .open_keeper = sqlite_open_keeper,
    .tend = sqlite_tend,
    .close = sqlite_close,
    .problem = sqlite_problem,
};

/* Another connection to the same file. */
static struct sqlite *open_beside(const struct sqlite *writer)
{
    struct sqlite *beside = MEM_NEW(struct sqlite);
    beside->rows.kind = &sqlite_rows;
    beside->lock = -1;
    beside->path = mem_copy(writer->path, strlen(writer->path));
    beside->db = connect(beside);
    if (beside->db) return beside;
    sqlite_close(&beside->rows);
    return NULL;
}

static struct rows *sqlite_open_reader(struct rows *rows)
{
    struct sqlite *reader = open_beside((struct sqlite *)rows);
    return reader ? &reader->rows : NULL;
}

static struct rows *sqlite_open_keeper(struct rows *rows)
{
    struct sqlite *keeper = open_beside((struct sqlite *)rows);
    if (!keeper) return NULL;
    keeper->writer = (struct sqlite *)rows;
    return &keeper->rows;
}

/* The directories above the file that are missing, for the owner only. */
static bool make_directories(char *path)
{
    for (char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
        *at = '\0';
        bool there = mkdir(path, 0700) == 0 || errno == EEXIST;
        *at = '/';
        if (!there) return false;
    }
    return true;
}

static bool sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? mem_copy(path, (size_t)(slash - path) + 1) : mem_copy(".", 1);
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    mem_free(directory);
    if (descriptor < 0) return false;
    bool done = fsync(descriptor) == 0;
    close(descriptor);
    return done;
}

/* An empty file is a new database. SQLite gives its log the same permissions. */
static bool make_file(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return errno == EEXIST;
    close(descriptor);
    return sync_directory(path);
}

/* Two writers would each believe their own balances. The lock is on the open file, so it holds
   between two stores of one process too, and ends with the process however that ends. */
static bool take_lock(struct sqlite *sqlite, char *out_problem)
{
    size_t size = strlen(sqlite->path);
    char *name = mem_alloc(size + sizeof ".lock");
    snprintf(name, size + sizeof ".lock", "%s.lock", sqlite->path);
    sqlite->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    mem_free(name);
    bool taken = sqlite->lock >= 0 && flock(sqlite->lock, LOCK_EX | LOCK_NB) == 0;
    if (!taken)
        snprintf(out_problem, SQLITE_PROBLEM_SIZE,
                 errno == EWOULDBLOCK ? "%.160s is in use by another process; stop that one first"
                                      : "%.160s.lock cannot be opened; check its permissions",
                 sqlite->path);
    return taken;
}

static bool prepare_path(struct sqlite *sqlite, char *out_problem)
{
    if (!make_directories(sqlite->path)) {
        snprintf(out_problem, SQLITE_PROBLEM_SIZE, "the directory of %.120s cannot be made: %.60s",
                 sqlite->path, strerror(errno));
        return false;
    }
    if (!take_lock(sqlite, out_problem)) return false;
    if (make_file(sqlite->path)) return true;
    snprintf(out_problem, SQLITE_PROBLEM_SIZE, "%.120s cannot be made: %.60s", sqlite->path,
             strerror(errno));
    return false;
}

static bool start(struct sqlite *sqlite, char *out_problem)
{
    sqlite->db = connect(sqlite);
    if (sqlite->db && !sqlite_migrate(sqlite->db, sqlite->path, out_problem)) return false;
    /* A rollback journal of the first steps that came back after a power cut would take everything
       with it, so its removal is made durable before the first use. */
    if (sqlite->db && sqlite_queue_load(sqlite) == ERR_OK && sync_directory(sqlite->path))
        return true;
    snprintf(out_problem, SQLITE_PROBLEM_SIZE, "%s",
             sqlite->problem[0] ? sqlite->problem : "the store's directory cannot be synced");
    return false;
}

struct rows *sqlite_rows_open(struct slice path, char *out_problem)
{
    if (path.size == 0 || path.at[0] == ':') {
        snprintf(out_problem, SQLITE_PROBLEM_SIZE,
                 "the store's url names no file; use sqlite:PATH");
        return NULL;
    }
    /* Statistics that nobody reads cost a lock in every allocation, and there are several in each
       statement. Refused once SQLite is in use, which is as well. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    struct sqlite *sqlite = MEM_NEW(struct sqlite);
    sqlite->rows.kind = &sqlite_rows;
    sqlite->path = mem_copy(path.at, path.size);
    sqlite->lock = -1;
    sqlite->is_writer = true;
    sqlite->checkpoint_frames = CHECKPOINT_FRAMES;
    sqlite->queue_step = QUEUE_STEP;
    if (prepare_path(sqlite, out_problem) && start(sqlite, out_problem)) return &sqlite->rows;
    sqlite_close(&sqlite->rows);
    return NULL;
}
