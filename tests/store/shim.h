/* A disk that can fail: a VFS above the system's, the default one while it is installed. It fails
   the nth call that changes the disk, and it can write down every such call, so that the disk as it
   would be after a power cut at any moment can be made again and again. One thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum shim_call { SHIM_WRITE, SHIM_TRUNCATE, SHIM_SYNC, SHIM_DELETE, SHIM_CALL_COUNT };

void shim_install(void);
void shim_remove(void);

/* Calls from now on: the nth fails (1: the next; 0: none will), and `more` behind it. A failing
   write of a page leaves its first half. */
struct shim_fault {
    unsigned long nth, more;
    bool disk_full;             /* SQLITE_FULL for writes instead of an I/O error */
    bool only[SHIM_CALL_COUNT]; /* which calls count; none set: all */
};
void shim_fail(struct shim_fault fault);
/* Calls failed since then. */
unsigned long shim_failed(void);

/* Writes calls down from now on, beginning with no files at all. */
void shim_record(void);
/* A point in the record: what is called from now on lies behind it. */
size_t shim_mark(void);
void shim_forget(void);
/* Takes the syncs out of the record, as if nobody had asked for them. */
void shim_forget_syncs(void);
/* Makes the files below `directory` as a power cut before the call `cut` of the record would leave
   them: what was synced is there; of the rest, `random` decides what is, in sectors of 512 bytes.
 */
void shim_replay(size_t cut, unsigned long long random, const char *directory);
