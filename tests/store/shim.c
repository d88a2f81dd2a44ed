#include "shim.h"

#include <assert.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

#define SECTOR    512
#define NAME_SIZE 192

struct call {
    enum shim_call kind;
    char name[NAME_SIZE]; /* of the file, without its directory */
    sqlite3_int64 offset; /* of a write; the size of a truncate */
    char *bytes;
    size_t size;
    bool directory; /* a sync, or a delete, that syncs the directory too */
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct shim_fault fault;
    unsigned long seen, failed;
    bool recording;
    struct call *calls;
    size_t call_count, call_capacity;
} shim;

struct shim_file {
    sqlite3_file base;
    char name[NAME_SIZE];
    sqlite3_file *real;
};

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct shim_file *)file)->real;
}

/* ---- Faults -------------------------------------------------------------------------------- */

void shim_fail(struct shim_fault fault)
{
    shim.fault = fault;
    shim.seen = shim.failed = 0;
}

unsigned long shim_failed(void)
{
    return shim.failed;
}

static bool call_fails(enum shim_call kind)
{
    bool all = true;
    for (size_t i = 0; i < SHIM_CALL_COUNT; i++)
        all = all && !shim.fault.only[i];
    if (shim.fault.nth == 0 || !(all || shim.fault.only[kind])) return false;
    shim.seen++;
    if (shim.seen < shim.fault.nth || shim.seen > shim.fault.nth + shim.fault.more) return false;
    shim.failed++;
    return true;
}

/* ---- The record ---------------------------------------------------------------------------- */

void shim_record(void)
{
    shim_forget();
    shim.recording = true;
}

size_t shim_mark(void)
{
    return shim.call_count;
}

void shim_forget(void)
{
    for (size_t i = 0; i < shim.call_count; i++)
        mem_free(shim.calls[i].bytes);
    mem_free(shim.calls);
    shim.calls = NULL;
    shim.call_count = shim.call_capacity = 0;
    shim.recording = false;
}

void shim_forget_syncs(void)
{
    for (size_t i = 0; i < shim.call_count; i++)
        if (shim.calls[i].kind == SHIM_SYNC) {
            shim.calls[i].name[0] = '\0';
            shim.calls[i].directory = false;
        }
}

/* SQLite's unix VFS syncs the directory with the first sync of a journal or log that it made. */
static bool sync_is_first(const char *name)
{
    if (!strstr(name, "-wal") && !strstr(name, "-journal")) return false;
    for (size_t i = shim.call_count; i-- > 0;) {
        const struct call *call = &shim.calls[i];
        if (strcmp(call->name, name) != 0) continue;
        if (call->kind == SHIM_SYNC) return false;
        if (call->kind == SHIM_DELETE) return true;
    }
    return true;
}

static void note(struct call call, const char *name, const void *bytes)
{
    if (!shim.recording) return;
    if (shim.call_count == shim.call_capacity) {
        shim.call_capacity = shim.call_capacity ? shim.call_capacity * 2 : 256;
        shim.calls = mem_resize(shim.calls, shim.call_capacity * sizeof *shim.calls);
    }
    const char *slash = strrchr(name, '/');
    snprintf(call.name, sizeof call.name, "%s", slash ? slash + 1 : name);
    if (call.size) call.bytes = mem_copy(bytes, call.size);
    if (call.kind == SHIM_SYNC) call.directory = sync_is_first(call.name);
    shim.calls[shim.call_count++] = call;
}

/* Whether the call is on the disk for sure when the power goes: its file was synced behind it, or
   for a delete the directory. */
static bool call_is_synced(size_t at, size_t cut)
{
    const struct call *call = &shim.calls[at];
    bool is_delete = call->kind == SHIM_DELETE;
    if (is_delete && call->directory) return true;
    for (size_t i = at + 1; i < cut; i++) {
        const struct call *sync = &shim.calls[i];
        if (sync->kind != SHIM_SYNC) continue;
        if (is_delete ? sync->directory : strcmp(sync->name, call->name) == 0) return true;
    }
    return false;
}

static unsigned long long random_next(unsigned long long *random)
{
    *random = *random * 6364136223846793005ULL + 1442695040888963407ULL;
    return *random >> 33;
}

static void replay_bytes(int file, const struct call *call, size_t from, size_t size)
{
    ssize_t written = pwrite(file, call->bytes + from, size, (off_t)call->offset + (off_t)from);
    assert(written == (ssize_t)size);
}

/* An unsynced write: whole, or nothing, or some of its sectors. */
static void replay_torn(int file, const struct call *call, unsigned long long *random)
{
    unsigned long long fate = random_next(random) % 3;
    if (fate == 0) replay_bytes(file, call, 0, call->size);
    if (fate != 1) return;
    for (size_t from = 0; from < call->size; from += SECTOR) {
        size_t size = call->size - from < SECTOR ? call->size - from : SECTOR;
        if (random_next(random) % 2) replay_bytes(file, call, from, size);
    }
}

void shim_replay(size_t cut, unsigned long long random, const char *directory)
{
    for (size_t i = 0; i < cut; i++) {
        const struct call *call = &shim.calls[i];
        bool synced = call_is_synced(i, cut);
        if (call->kind == SHIM_SYNC) continue;
        if (!synced && call->kind != SHIM_WRITE && random_next(&random) % 2) continue;
        char path[2 * NAME_SIZE];
        snprintf(path, sizeof path, "%s/%s", directory, call->name);
        if (call->kind == SHIM_DELETE) {
            unlink(path);
            continue;
        }
        int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        assert(file >= 0);
        if (call->kind == SHIM_TRUNCATE)
            assert(ftruncate(file, (off_t)call->offset) == 0);
        else if (synced)
            replay_bytes(file, call, 0, call->size);
        else
            replay_torn(file, call, &random);
        close(file);
    }
}

/* ---- Files --------------------------------------------------------------------------------- */

static int file_close(sqlite3_file *file)
{
    sqlite3_file *real = real_of(file);
    int rc = real->pMethods ? real->pMethods->xClose(real) : SQLITE_OK;
    sqlite3_free(real);
    return rc;
}

static int file_read(sqlite3_file *file, void *to, int size, sqlite3_int64 offset)
{
    return real_of(file)->pMethods->xRead(real_of(file), to, size, offset);
}

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    const struct shim_file *own = (struct shim_file *)file;
    bool fails = call_fails(SHIM_WRITE);
    int written = fails ? size / 2 : size;
    int rc = SQLITE_OK;
    if (written) rc = own->real->pMethods->xWrite(own->real, bytes, written, offset);
    if (rc == SQLITE_OK && written)
        note((struct call){.kind = SHIM_WRITE, .offset = offset, .size = (size_t)written},
             own->name, bytes);
    if (fails) return shim.fault.disk_full ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    return rc;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    const struct shim_file *own = (struct shim_file *)file;
    if (call_fails(SHIM_TRUNCATE)) return SQLITE_IOERR_TRUNCATE;
    int rc = own->real->pMethods->xTruncate(own->real, size);
    if (rc == SQLITE_OK)
        note((struct call){.kind = SHIM_TRUNCATE, .offset = size}, own->name, NULL);
    return rc;
}

static int file_sync(sqlite3_file *file, int flags)
{
    const struct shim_file *own = (struct shim_file *)file;
    if (call_fails(SHIM_SYNC)) return SQLITE_IOERR_FSYNC;
    int rc = own->real->pMethods->xSync(own->real, flags);
    if (rc == SQLITE_OK) note((struct call){.kind = SHIM_SYNC}, own->name, NULL);
    return rc;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    return real_of(file)->pMethods->xFileSize(real_of(file), size);
}

static int file_lock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xLock(real_of(file), level);
}

static int file_unlock(sqlite3_file *file, int level)
{
    return real_of(file)->pMethods->xUnlock(real_of(file), level);
}

static int file_check_reserved(sqlite3_file *file, int *out)
{
    return real_of(file)->pMethods->xCheckReservedLock(real_of(file), out);
}

static int file_control(sqlite3_file *file, int code, void *argument)
{
    return real_of(file)->pMethods->xFileControl(real_of(file), code, argument);
}

static int file_sector_size(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int file_characteristics(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int file_shm_map(sqlite3_file *file, int region, int size, int extend, void volatile **out)
{
    return real_of(file)->pMethods->xShmMap(real_of(file), region, size, extend, out);
}

static int file_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags);
}

static void file_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int file_shm_unmap(sqlite3_file *file, int remove)
{
    return real_of(file)->pMethods->xShmUnmap(real_of(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- The file system ----------------------------------------------------------------------- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                    int *out_flags)
{
    struct shim_file *own = (struct shim_file *)file;
    own->base.pMethods = NULL;
    own->real = sqlite3_malloc(shim.real->szOsFile);
    if (!own->real) return SQLITE_NOMEM;
    memset(own->real, 0, (size_t)shim.real->szOsFile);
    snprintf(own->name, sizeof own->name, "%s", name ? name : "temporary");
    int rc = shim.real->xOpen(shim.real, name, own->real, flags, out_flags);
    if (rc == SQLITE_OK)
        own->base.pMethods = &methods;
    else
        sqlite3_free(own->real);
    return rc;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_directory)
{
    if (call_fails(SHIM_DELETE)) return SQLITE_IOERR_DELETE;
    int rc = shim.real->xDelete(shim.real, name, sync_directory);
    if (rc == SQLITE_OK)
        note((struct call){.kind = SHIM_DELETE, .directory = sync_directory != 0}, name, NULL);
    return rc;
}

void shim_install(void)
{
    shim.real = sqlite3_vfs_find(NULL);
    shim.vfs = *shim.real;
    shim.vfs.pNext = NULL;
    shim.vfs.zName = "shim";
    shim.vfs.szOsFile = sizeof(struct shim_file);
    shim.vfs.xOpen = vfs_open;
    shim.vfs.xDelete = vfs_delete;
    sqlite3_vfs_register(&shim.vfs, 1);
}

void shim_remove(void)
{
    shim_forget();
    shim_fail((struct shim_fault){0});
    sqlite3_vfs_unregister(&shim.vfs);
    sqlite3_vfs_register(shim.real, 1);
}
