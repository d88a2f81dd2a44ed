/* Pairs of a hash and an id, too many for memory: sorted runs on disk. Of each run memory keeps the
   first hash of every page and a Bloom filter (10 bits a pair), so that looking for what is not
   there reads nothing 99 times in 100. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/limits.h"
#include "base/slice.h"

struct store_reader;
struct tick;

struct key_pair {
    uint64_t hash, id;
};

/* How the store keeps a page of a run. Page 0 is written last: a run without it is not whole. */
struct key_page {
    uint64_t id;        /* run << 16 | page */
    struct slice pairs; /* struct key_pair in the order of their hashes */
};

struct key_run {
    struct key_run *next; /* older */
    uint64_t number, newest_id;
    uint64_t *firsts; /* of each page */
    uint32_t page_count;
    uint8_t *filter;
    uint64_t filter_bits;
    /* While it is written, from the last page to the first; then on disk only. */
    struct key_pair *pairs;
    size_t pair_count;
    uint32_t pages_left; /* to be written, or of a run that is forgotten to be removed */
    bool forgotten;
};

struct key_runs {
    struct key_run *newest;
    uint64_t last_number;
    struct key_run *loading;
};

void key_runs_done(struct key_runs *runs);
/* Becomes a run; the pairs (on the heap) are the runs' from now on, in any order. */
void key_runs_add(struct key_runs *runs, struct key_pair *pairs, size_t count);
/* A run is still being written: another one would have to wait. */
bool key_runs_is_writing(const struct key_runs *runs);
/* Writes some pages of a new run, removes some of a forgotten one. */
void key_runs_work(struct tick *tick, struct key_runs *runs);
bool key_runs_has_work(const struct key_runs *runs);
/* Up to `max` ids of a hash, the newest runs' first. Fails when a page cannot be read. */
enum err key_runs_find(const struct key_runs *runs, struct store_reader *reader, uint64_t hash,
                       uint64_t *out_ids, size_t max, size_t *out_count);
/* Runs whose newest id is below this one are not needed any more. */
void key_runs_forget(struct key_runs *runs, uint64_t id);
/* At start, every page in the order of ids, then the end. What is not whole is removed later. */
void key_runs_load(struct key_runs *runs, const struct key_page *page);
void key_runs_loaded(struct key_runs *runs);
/* The largest id in any whole run; 0 without one. */
uint64_t key_runs_newest_id(const struct key_runs *runs);
