#include "core/key_runs.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/tick.h"

#define PAGE_BITS     16
#define FILTER_BITS   10 /* a pair */
#define FILTER_PROBES 7
#define PAGES_A_TICK  8

/* ---- The filter ---------------------------------------------------------------------------- */

/* Two halves of one hash make as many probes as are wanted (Kirsch and Mitzenmacher). */
static uint64_t probe(const struct key_run *run, uint64_t hash, unsigned i)
{
    uint64_t mixed = hash_u64(hash);
    return ((mixed & UINT32_MAX) + i * (mixed >> 32)) % run->filter_bits;
}

static void filter_make(struct key_run *run, uint64_t pairs)
{
    run->filter_bits = pairs * FILTER_BITS + 64;
    run->filter = mem_alloc(run->filter_bits / 8 + 1);
}

static void filter_add(struct key_run *run, uint64_t hash)
{
    for (unsigned i = 0; i < FILTER_PROBES; i++) {
        uint64_t bit = probe(run, hash, i);
        run->filter[bit / 8] |= (uint8_t)(1u << bit % 8);
    }
}

static bool filter_may_have(const struct key_run *run, uint64_t hash)
{
    for (unsigned i = 0; i < FILTER_PROBES; i++) {
        uint64_t bit = probe(run, hash, i);
        if (!(run->filter[bit / 8] & 1u << bit % 8)) return false;
    }
    return true;
}

/* ---- Runs ---------------------------------------------------------------------------------- */

static void run_free(struct key_run *run)
{
    mem_free(run->firsts);
    mem_free(run->filter);
    mem_free(run->pairs);
    mem_free(run);
}

void key_runs_done(struct key_runs *runs)
{
    for (struct key_run *next, *run = runs->newest; run; run = next) {
        next = run->next;
        run_free(run);
    }
    *runs = (struct key_runs){0};
}

static int by_hash(const void *a, const void *b)
{
    const struct key_pair *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void run_note(struct key_run *run, const struct key_pair *pair)
{
    filter_add(run, pair->hash);
    if (pair->id > run->newest_id) run->newest_id = pair->id;
}

void key_runs_add(struct key_runs *runs, struct key_pair *pairs, size_t count)
{
    assert(count > 0 && !key_runs_is_writing(runs));
    struct key_run *run = MEM_NEW(struct key_run);
    qsort(pairs, count, sizeof *pairs, by_hash);
    run->number = ++runs->last_number;
    run->pairs = pairs;
    run->pair_count = count;
    run->page_count = (uint32_t)((count + KEY_PAGE_PAIRS - 1) / KEY_PAGE_PAIRS);
    assert(run->page_count < 1u << PAGE_BITS);
    run->pages_left = run->page_count;
    run->firsts = mem_alloc(run->page_count * sizeof *run->firsts);
    filter_make(run, count);
    for (size_t i = 0; i < count; i++) {
        if (i % KEY_PAGE_PAIRS == 0) run->firsts[i / KEY_PAGE_PAIRS] = pairs[i].hash;
        run_note(run, &pairs[i]);
    }
    run->next = runs->newest;
    runs->newest = run;
}

bool key_runs_is_writing(const struct key_runs *runs)
{
    return runs->newest && runs->newest->pairs;
}

uint64_t key_runs_newest_id(const struct key_runs *runs)
{
    uint64_t newest = 0;
    for (const struct key_run *run = runs->newest; run; run = run->next)
        if (!run->forgotten && run->newest_id > newest) newest = run->newest_id;
    return newest;
}

/* ---- Looking ------------------------------------------------------------------------------- */

/* The first pair whose hash is not below. */
static size_t lower_bound(const struct key_pair *pairs, size_t count, uint64_t hash)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pairs[middle].hash < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void take_ids(const struct key_pair *pairs, size_t count, uint64_t hash, uint64_t *ids,
                     size_t max, size_t *found)
{
    for (size_t i = lower_bound(pairs, count, hash); i < count && pairs[i].hash == hash; i++)
        if (*found < max) ids[(*found)++] = pairs[i].id;
}

/* Pages that may hold the hash: equal ones can stand on both sides of a border. */
static bool page_may_have(const struct key_run *run, uint32_t page, uint64_t hash)
{
    return run->firsts[page] <= hash &&
           (page + 1 == run->page_count || run->firsts[page + 1] >= hash);
}

static uint32_t first_page_of(const struct key_run *run, uint64_t hash)
{
    uint32_t low = 0, high = run->page_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (run->firsts[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? low - 1 : 0;
}

static enum err find_on_disk(const struct key_run *run, struct store_reader *reader, uint64_t hash,
                             uint64_t *ids, size_t max, size_t *found)
{
    enum err err = ERR_OK;
    for (uint32_t page = first_page_of(run, hash);
         !err && page < run->page_count && run->firsts[page] <= hash; page++) {
        if (!page_may_have(run, page, hash)) continue;
        struct arena arena = {0};
        struct slice pairs;
        err = store_key_page(reader, run->number << PAGE_BITS | page, &arena, &pairs);
        if (!err)
            take_ids((const struct key_pair *)(const void *)pairs.at,
                     pairs.size / sizeof(struct key_pair), hash, ids, max, found);
        arena_done(&arena);
    }
    return err;
}

enum err key_runs_find(const struct key_runs *runs, struct store_reader *reader, uint64_t hash,
                       uint64_t *out_ids, size_t max, size_t *out_count)
{
    *out_count = 0;
    for (const struct key_run *run = runs->newest; run; run = run->next) {
        if (run->forgotten || !filter_may_have(run, hash)) continue;
        enum err err = ERR_OK;
        if (run->pairs)
            take_ids(run->pairs, run->pair_count, hash, out_ids, max, out_count);
        else
            err = find_on_disk(run, reader, hash, out_ids, max, out_count);
        if (err) return err;
    }
    return ERR_OK;
}

/* ---- Writing and removing ------------------------------------------------------------------ */

struct page_step {
    struct key_run *run;
    uint32_t page;
    struct key_page row;
};

/* A page that failed, and with it all behind it, is done again. */
static void page_done(struct tick *tick, const struct store_op *op, void *user)
{
    const struct page_step *step = user;
    struct key_run *run = step->run;
    if (op->result && op->result != ERR_NOT_FOUND) {
        if (run->pages_left <= step->page) run->pages_left = step->page + 1;
        return;
    }
    if (step->page > 0 || run->pages_left > 0 || !run->pairs) return;
    mem_free(run->pairs);
    run->pairs = NULL;
}

static struct page_step *next_page(struct tick *tick, struct key_run *run)
{
    struct page_step *step = ARENA_NEW(&tick->arena, struct page_step);
    step->run = run;
    step->page = --run->pages_left;
    step->row.id = run->number << PAGE_BITS | step->page;
    return step;
}

static void write_page(struct tick *tick, struct key_run *run)
{
    struct page_step *step = next_page(tick, run);
    size_t first = (size_t)step->page * KEY_PAGE_PAIRS;
    size_t count =
        run->pair_count - first < KEY_PAGE_PAIRS ? run->pair_count - first : KEY_PAGE_PAIRS;
    step->row.pairs = slice_of(run->pairs + first, count * sizeof *run->pairs);
    tick_op(tick, STORE_PUT_KEY_PAGE, page_done, step)->key_page = &step->row;
}

/* From the last: what a crash leaves of it is a smaller run, as old as before. */
static void remove_page(struct tick *tick, struct key_run *run)
{
    struct page_step *step = next_page(tick, run);
    tick_op(tick, STORE_DELETE_KEY_PAGE, page_done, step)->key_page_id = step->row.id;
}

bool key_runs_has_work(const struct key_runs *runs)
{
    for (const struct key_run *run = runs->newest; run; run = run->next)
        if (run->pages_left > 0) return true;
    return false;
}

void key_runs_work(struct tick *tick, struct key_runs *runs)
{
    struct key_run **link = &runs->newest;
    unsigned pages = PAGES_A_TICK;
    while (*link) {
        struct key_run *run = *link;
        if (run->forgotten && run->pages_left == 0) {
            *link = run->next;
            run_free(run);
            continue;
        }
        for (; pages > 0 && run->pages_left > 0; pages--) {
            if (run->pairs)
                write_page(tick, run);
            else
                remove_page(tick, run);
        }
        link = &run->next;
    }
}

void key_runs_forget(struct key_runs *runs, uint64_t id)
{
    for (struct key_run *run = runs->newest; run; run = run->next) {
        if (run->forgotten || run->pairs || run->newest_id >= id) continue;
        run->forgotten = true;
        run->pages_left = run->page_count;
    }
}

/* ---- Loading ------------------------------------------------------------------------------- */

static struct key_run *run_begin(struct key_runs *runs, uint64_t number, bool whole)
{
    struct key_run *run = MEM_NEW(struct key_run);
    run->number = number;
    run->forgotten = !whole;
    run->next = runs->newest;
    runs->newest = run;
    if (number > runs->last_number) runs->last_number = number;
    return run;
}

static void run_add_page(struct key_run *run, const struct key_page *page)
{
    size_t count = page->pairs.size / sizeof(struct key_pair);
    size_t had = run->pair_count;
    run->pairs = mem_resize(run->pairs, (had + count + 1) * sizeof *run->pairs);
    if (count) memcpy(run->pairs + had, page->pairs.at, count * sizeof *run->pairs);
    run->pair_count += count;
    run->firsts = mem_resize(run->firsts, (run->page_count + 1) * sizeof *run->firsts);
    run->firsts[run->page_count++] = count ? run->pairs[had].hash : UINT64_MAX;
}

/* All its pages have come: memory keeps what it needs to know of them. */
static void run_end(struct key_run *run)
{
    filter_make(run, run->pair_count);
    for (size_t i = 0; i < run->pair_count; i++)
        run_note(run, &run->pairs[i]);
    mem_free(run->pairs);
    run->pairs = NULL;
}

void key_runs_load(struct key_runs *runs, const struct key_page *page)
{
    uint64_t number = page->id >> PAGE_BITS;
    uint32_t index = (uint32_t)(page->id & ((1u << PAGE_BITS) - 1));
    if (!runs->loading || runs->loading->number != number) {
        key_runs_loaded(runs);
        runs->loading = run_begin(runs, number, index == 0);
    }
    struct key_run *run = runs->loading;
    if (run->forgotten)
        run->pages_left = index + 1;
    else
        run_add_page(run, page);
}

void key_runs_loaded(struct key_runs *runs)
{
    if (runs->loading && !runs->loading->forgotten) run_end(runs->loading);
    runs->loading = NULL;
}
