#include "core/once.h"

#include "base/hash.h"
#include "base/mem.h"
#include "core/core_state.h"

/* How often old replays are looked for, and how many pages of them go in one round of chores. */
#define FORGET_EVERY_MS 60000
#define FORGET_PAGES    8
/* Keys that share all 64 bits of their hash: two is a wonder. */
#define SAME_HASH_MAX 8

/* Whose key it is, whether a command's or a row's. */
struct claim {
    struct account_id account;
    uint16_t endpoint;
    struct slice key;
};

struct waiter {
    struct waiter *next;
    struct command *command;
    struct command_send *row; /* NULL: the command itself */
};

struct once_open {
    struct claim claim;
    uint64_t hash, id;
    struct command *command;
    struct command_send *row;
    const struct outcome *const *outcomes;
    size_t count;
    struct waiter *waiting;
};

static struct claim claim_of(const struct core *core, const struct command *command,
                             const struct command_send *row)
{
    const struct once *once = command->once;
    if (!row) return (struct claim){once->account, once->endpoint, once->key};
    const struct key *key = catalog_key(&core->catalog, command->many.key);
    return (struct claim){key->account, command->many.row_endpoint, row->once_key};
}

static uint64_t claim_hash(const struct claim *claim)
{
    return hash_slice(claim->key, hash_u64(claim->account.v) ^ claim->endpoint);
}

static bool claim_same(const struct claim *a, const struct claim *b)
{
    return a->account.v == b->account.v && a->endpoint == b->endpoint && slice_eq(a->key, b->key);
}

/* ---- Telling again ------------------------------------------------------------------------- */

static void tell_row(struct command_send *row, const struct outcome *outcome, struct arena *arena)
{
    row->replayed = true;
    row->result = outcome->err;
    row->outcome = *outcome;
    row->outcome.problem = arena_copy(arena, outcome->problem);
    row->outcome.replayed = true;
}

static void tell_outcomes(struct command *command, const struct outcome *const *outcomes,
                          size_t count)
{
    struct once *once = command->once;
    once->outcomes = ARENA_ARRAY(command->arena, struct outcome, count);
    once->outcome_count = count;
    for (size_t i = 0; i < count; i++) {
        once->outcomes[i] = *outcomes[i];
        once->outcomes[i].problem = arena_copy(command->arena, outcomes[i]->problem);
    }
}

static void tell_stored(struct command *command, struct command_send *row,
                        const struct replay *replay)
{
    struct outcome *outcomes = NULL;
    size_t count = 0;
    bool is_send = replay->status == 0;
    if (is_send && !outcomes_read(replay->body, command->arena, &outcomes, &count)) count = 0;
    if (row) {
        const struct outcome none = {.err = ERR_STORE_UNAVAILABLE};
        tell_row(row, count ? outcomes : &none, command->arena);
        return;
    }
    struct once *once = command->once;
    once->replayed = true;
    once->status = replay->status;
    once->body = replay->body;
    once->outcomes = outcomes;
    once->outcome_count = count;
    if (is_send && count == 0) command->result = ERR_STORE_UNAVAILABLE;
}

/* Whether one of these replays is that of the claim. */
static bool is_among(struct tick *tick, const uint64_t *ids, size_t count,
                     const struct claim *claim, struct arena *arena, struct replay *out)
{
    for (size_t i = 0; i < count; i++) {
        if (id_ms(ids[i]) + ONCE_FOR_MS <= tick->now_ms) continue;
        if (store_replay(core_reader(tick->core), ids[i], arena, out)) continue;
        struct claim stored = {out->account, (uint16_t)out->endpoint, out->key};
        if (claim_same(&stored, claim)) return true;
    }
    return false;
}

/* ERR_NOT_FOUND: nobody asked so before. */
static enum err find_replay(struct tick *tick, uint64_t hash, const struct claim *claim,
                            struct arena *arena, struct replay *out)
{
    const struct onces *onces = &tick->core->onces;
    uint64_t ids[SAME_HASH_MAX];
    size_t count = 0;
    for (size_t cursor = 0; count < SAME_HASH_MAX;)
        if (map_each_of(&onces->known, hash, &cursor, &ids[count]))
            count++;
        else
            break;
    if (is_among(tick, ids, count, claim, arena, out)) return ERR_OK;
    enum err err =
        key_runs_find(&onces->runs, core_reader(tick->core), hash, ids, SAME_HASH_MAX, &count);
    if (err) return err;
    return is_among(tick, ids, count, claim, arena, out) ? ERR_OK : ERR_NOT_FOUND;
}

bool once_meets(struct tick *tick, struct command *command, struct command_send *row)
{
    struct onces *onces = &tick->core->onces;
    struct claim claim = claim_of(tick->core, command, row);
    uint64_t hash = claim_hash(&claim);
    struct once_open *open = map_get_pointer(&onces->open, hash);
    if (open && claim_same(&open->claim, &claim)) {
        struct waiter *waiter = ARENA_NEW(&tick->arena, struct waiter);
        *waiter = (struct waiter){open->waiting, command, row};
        open->waiting = waiter;
        if (row) row->outcome_at = open->outcomes[0];
        return true;
    }
    struct replay replay;
    enum err err = find_replay(tick, hash, &claim, command->arena, &replay);
    if (err == ERR_NOT_FOUND) return false;
    if (!err)
        tell_stored(command, row, &replay);
    else if (row)
        row->result = err;
    else
        command->result = err; /* better no answer than a second time */
    return true;
}

/* ---- Remembering --------------------------------------------------------------------------- */

static void tell_waiter(const struct waiter *waiter, const struct once_open *open, enum err err)
{
    struct command *command = waiter->command;
    struct arena *arena = command->arena;
    if (waiter->row) {
        const struct outcome lost = {.err = err};
        tell_row(waiter->row, err ? &lost : open->outcomes[0], arena);
        waiter->row->replayed = err == ERR_OK;
        return;
    }
    command->result = err;
    if (err) return;
    const struct once *first = open->command->once;
    command->once->replayed = true;
    command->once->status = open->count ? 0 : first->status;
    command->once->body = arena_copy(arena, first->body);
    tell_outcomes(command, open->outcomes, open->count);
}

static void once_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct once_open *open = user;
    if (!op->result) map_add(&tick->core->onces.known, open->hash, open->id);
    for (const struct waiter *waiter = open->waiting; waiter; waiter = waiter->next)
        tell_waiter(waiter, open, op->result);
}

/* What was refused without a look at the request may be another time's yes. */
static bool says_nothing(enum err err)
{
    return err == ERR_KEY_UNKNOWN || err == ERR_KEY_DISABLED || err == ERR_KEY_SCOPE ||
           err == ERR_ACCOUNT_DISABLED || err == ERR_STORE_UNAVAILABLE || err == ERR_OVERLOADED;
}

void once_keep(struct tick *tick, struct command *command, struct command_send *row,
               const struct outcome *const *outcomes, size_t count)
{
    if (says_nothing(row ? row->result : command->result)) return;
    struct once_open *open = ARENA_NEW(&tick->arena, struct once_open);
    *open = (struct once_open){
        .claim = claim_of(tick->core, command, row),
        .id = tick_id(tick),
        .command = command,
        .row = row,
        .outcomes = outcomes,
        .count = count,
    };
    open->hash = claim_hash(&open->claim);
    map_set_pointer(&tick->core->onces.open, open->hash, open);
    struct store_op *op = tick_op(tick, STORE_REPLAY, once_written, open);
    struct replay *replay = &op->replay.row;
    *replay = (struct replay){
        .id = open->id,
        .account = open->claim.account,
        .endpoint = open->claim.endpoint,
        .key = open->claim.key,
    };
    op->replay.outcomes = outcomes;
    op->replay.outcome_count = count;
    if (count > 0) return;
    struct once *once = command->once;
    if (once->respond) once->respond(command);
    replay->status = once->status;
    replay->body = once->body;
}

void onces_committed(struct onces *onces)
{
    if (onces->open.count) map_done(&onces->open);
}

/* ---- Forgetting ---------------------------------------------------------------------------- */

static void forgotten(struct tick *tick, const struct store_op *op, void *user)
{
    if (!op->result && op->available > 0) tick->core->onces.forgetting = true;
}

void onces_chores(struct tick *tick)
{
    struct onces *onces = &tick->core->onces;
    bool is_empty = onces->known.count == 0 && !onces->runs.newest;
    bool is_time = tick->now_ms >= onces->forgot_ms + FORGET_EVERY_MS;
    if (tick->now_ms < ONCE_FOR_MS || is_empty || !(is_time || onces->forgetting)) return;
    unsigned pages = onces->forgetting ? FORGET_PAGES : 1;
    onces->forgetting = false;
    onces->forgot_ms = tick->now_ms;
    key_runs_forget(&onces->runs, id_first_at(tick->now_ms - ONCE_FOR_MS));
    for (unsigned i = 0; i < pages; i++)
        tick_op(tick, STORE_FORGET_REPLAYS, forgotten, NULL)->forget_replays =
            id_first_at(tick->now_ms - ONCE_FOR_MS);
}

/* ---- Memory -------------------------------------------------------------------------------- */

void onces_run(struct tick *tick)
{
    struct onces *onces = &tick->core->onces;
    if (tick->core->config.stopped) return;
    if (onces->known.count >= ONCE_HOT_MAX && !key_runs_is_writing(&onces->runs)) {
        struct key_pair *pairs = mem_alloc(onces->known.count * sizeof *pairs);
        struct map_entry entry;
        size_t count = 0;
        for (size_t cursor = 0; map_each(&onces->known, &cursor, &entry);)
            pairs[count++] = (struct key_pair){entry.key, entry.value};
        key_runs_add(&onces->runs, pairs, count);
        map_done(&onces->known);
    }
    key_runs_work(tick, &onces->runs);
}

uint64_t onces_wait_ms(const struct core *core)
{
    return !core->config.stopped && key_runs_has_work(&core->onces.runs) ? 0 : UINT64_MAX;
}

void onces_load_page(struct onces *onces, const struct key_page *page)
{
    key_runs_load(&onces->runs, page);
}

void onces_load(struct onces *onces, const struct replay *replay)
{
    key_runs_loaded(&onces->runs);
    /* A run has all that there was when it was made. */
    if (replay->id <= key_runs_newest_id(&onces->runs)) return;
    struct claim claim = {replay->account, (uint16_t)replay->endpoint, replay->key};
    map_add(&onces->known, claim_hash(&claim), replay->id);
}

void onces_done(struct onces *onces)
{
    map_done(&onces->known);
    map_done(&onces->open);
    key_runs_done(&onces->runs);
    *onces = (struct onces){0};
}
