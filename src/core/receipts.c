#include "core/receipts.h"

#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/core_state.h"
#include "core/dispatch_inside.h"

/* After this long nothing will claim it: every submit of then has its answer or its time-out. */
#define PARKED_FOR_MS (10 * 60 * 1000)
/* So long after a submit its receipt may come before its answer has been written. */
#define EARLY_FOR_MS (5 * 60 * 1000)

/* Who is asked for: a receipt that has just come, or one that is parked. */
struct claim {
    struct provider_id provider;
    struct slice id;
    uint64_t order; /* submits of the provider before it: their answers may bring its id */
    bool counted;   /* its form has been seen */
};

struct parked {
    struct parked *previous, *next; /* by age */
    struct parked *next_due, *next_watched;
    bool is_due, is_watched; /* in that list */
    bool leaving;            /* its removal is being written */
    bool gone;               /* only a list still names it */
    struct claim claim;
    uint64_t since_mono_ms; /* in this run; jumps of the wall clock lose no receipt */
    struct parked_receipt receipt;
};

static uint64_t index_key(struct provider_id provider, const struct carrier_id *id)
{
    return hash_slice(slice_of(id->text, id->size), provider.v);
}

/* ---- Matching ------------------------------------------------------------------------------ */

struct match {
    struct attempt_id attempt;
    uint64_t key;
    enum receipt_form form;
    size_t candidates; /* in this form */
};

/* An open attempt whose key is that of `wanted`: is it meant? */
static void match_attempt(struct core *core, const struct claim *claim,
                          const struct carrier_id *wanted, uint64_t id, struct match *match)
{
    struct attempt attempt;
    if (store_attempt(core_reader(core), (struct attempt_id){id}, &attempt)) return;
    struct slice stored = slice_cstr(attempt.carrier_id);
    struct carrier_id folded = carrier_id_fold(stored);
    if (attempt.provider.v != claim->provider.v || folded.size != wanted->size ||
        memcmp(folded.text, wanted->text, wanted->size) != 0)
        return;
    bool is_raw = match->form == RECEIPT_FORM_FOLDED && slice_eq(stored, claim->id);
    if (match->form == RECEIPT_FORM_RAW) {
        /* A carrier that repeats its ids means the newest. */
        if (slice_eq(stored, claim->id) && id > match->attempt.v) match->attempt.v = id;
    } else if (is_raw) {
        *match = (struct match){{id}, match->key, RECEIPT_FORM_RAW, 1};
    } else if (match->attempt.v != id) {
        match->attempt.v = id;
        match->candidates++;
    }
}

/* The attempts whose stored id is the claim's in this form; its own bytes win over folded ones. */
static struct match match_form(struct core *core, const struct claim *claim, enum receipt_form form)
{
    struct match match = {.form = form};
    struct carrier_id wanted = carrier_id_in(claim->id, form);
    if (wanted.size == 0) return match;
    match.key = index_key(claim->provider, &wanted);
    const struct map *maps[] = {&core->receipts.open, &core->receipts.open_before};
    uint64_t id;
    for (size_t i = 0; i < 2; i++)
        for (size_t cursor = 0; map_each_of(maps[i], match.key, &cursor, &id);)
            match_attempt(core, claim, &wanted, id, &match);
    return match;
}

/* The form that a provider's receipts have had more often than any other; COUNT: none. */
static enum receipt_form leading_form(const struct receipts *receipts, struct provider_id provider)
{
    const uint32_t *seen = receipts->seen[provider.v];
    enum receipt_form best = RECEIPT_FORM_COUNT;
    uint32_t most = 0;
    for (enum receipt_form form = RECEIPT_FORM_RAW; form < RECEIPT_FORM_COUNT; form++) {
        if (seen[form] == most) best = RECEIPT_FORM_COUNT;
        if (seen[form] <= most) continue;
        most = seen[form];
        best = form;
    }
    return best;
}

static void make_due(struct receipts *receipts, struct parked *parked)
{
    if (parked->is_due || parked->leaving || parked->gone) return;
    parked->is_due = true;
    parked->next_due = receipts->due;
    receipts->due = parked;
}

static void count_form(struct receipts *receipts, struct claim *claim, enum receipt_form form)
{
    uint32_t *seen = &receipts->seen[claim->provider.v][form];
    if (claim->counted || *seen == UINT32_MAX) return;
    claim->counted = true;
    enum receipt_form before = leading_form(receipts, claim->provider);
    ++*seen;
    if (leading_form(receipts, claim->provider) == before) return;
    /* What could not be decided before may be decided now. */
    for (struct parked *parked = receipts->parked_first; parked; parked = parked->next)
        if (parked->claim.provider.v == claim->provider.v) make_due(receipts, parked);
}

/* The one attempt that could be meant: in the form that leads, else in any. */
static bool match_derived(struct core *core, const struct claim *claim, const struct match *folded,
                          struct match *out)
{
    enum receipt_form leading = leading_form(&core->receipts, claim->provider);
    struct match matches[] = {*folded, match_form(core, claim, RECEIPT_FORM_HEX),
                              match_form(core, claim, RECEIPT_FORM_DECIMAL)};
    const struct match *only = NULL;
    for (size_t i = 0; i < sizeof matches / sizeof *matches; i++) {
        const struct match *match = &matches[i];
        if (match->candidates == 0) continue;
        if (match->form == leading) {
            *out = *match;
            return match->candidates == 1;
        }
        if (match->candidates > 1 || (only && only->attempt.v != match->attempt.v)) return false;
        if (!only) only = match;
    }
    if (only) *out = *only;
    return only != NULL;
}

/* A single digit reads the same in every form. */
static bool is_telling(struct slice id)
{
    struct carrier_id plain = carrier_id_fold(id), hex = carrier_id_in(id, RECEIPT_FORM_HEX);
    return plain.size != hex.size || memcmp(plain.text, hex.text, hex.size) != 0;
}

/* True when the receipt belongs to `out->attempt`. Otherwise `*out_wait` says whether answers that
   are still out could change that. Carriers send receipts again, and for what others sent over the
   same link; on a link whose receipts have been raw so far, the hex or decimal reading of such an
   id is somebody else's. */
static bool match_receipt(struct core *core, struct claim *claim, struct match *out, bool *out_wait)
{
    struct receipts *receipts = &core->receipts;
    *out_wait = false;
    struct match folded = match_form(core, claim, RECEIPT_FORM_FOLDED);
    if (folded.form == RECEIPT_FORM_RAW) {
        if (is_telling(claim->id)) count_form(receipts, claim, RECEIPT_FORM_RAW);
        *out = folded;
        return true;
    }
    if (!match_derived(core, claim, &folded, out)) return false;
    *out_wait = !dispatch_answered_before(core, claim->provider, claim->order);
    if (*out_wait) return false;
    if (!is_telling(claim->id)) return true;
    count_form(receipts, claim, out->form);
    enum receipt_form leading = leading_form(receipts, claim->provider);
    return leading == out->form ||
           (out->form == RECEIPT_FORM_FOLDED && leading == RECEIPT_FORM_RAW);
}

enum receipt_form receipts_form(const struct receipts *receipts, struct provider_id provider)
{
    enum receipt_form leading = leading_form(receipts, provider);
    return leading == RECEIPT_FORM_COUNT ? RECEIPT_FORM_RAW : leading;
}

/* ---- Parking ------------------------------------------------------------------------------- */

static void watch(struct receipts *receipts, struct parked *parked)
{
    if (parked->is_watched) return;
    parked->is_watched = true;
    parked->next_watched = receipts->watched;
    receipts->watched = parked;
}

static struct parked *parked_new(const struct parked_receipt *receipt)
{
    size_t texts = receipt->carrier_id.size + receipt->error.size;
    struct parked *parked = mem_alloc(sizeof *parked + texts);
    char *at = (char *)(parked + 1);
    parked->receipt = *receipt;
    if (receipt->carrier_id.size) memcpy(at, receipt->carrier_id.at, receipt->carrier_id.size);
    parked->receipt.carrier_id = slice_of(at, receipt->carrier_id.size);
    at += receipt->carrier_id.size;
    if (receipt->error.size) memcpy(at, receipt->error.at, receipt->error.size);
    parked->receipt.error = slice_of(at, receipt->error.size);
    return parked;
}

static void parked_index(struct receipts *receipts, struct parked *parked, bool add)
{
    for (enum receipt_form form = RECEIPT_FORM_FOLDED; form < RECEIPT_FORM_COUNT; form++) {
        struct carrier_id folded = carrier_id_in(parked->receipt.carrier_id, form);
        if (folded.size == 0) continue;
        uint64_t key = index_key(parked->receipt.provider, &folded);
        uint64_t value = (uint64_t)(uintptr_t)parked;
        if (add)
            map_add(&receipts->parked_index, key, value);
        else
            map_remove_value(&receipts->parked_index, key, value);
    }
}

static struct parked *parked_add(struct core *core, const struct parked_receipt *receipt,
                                 const struct claim *claim)
{
    struct receipts *receipts = &core->receipts;
    struct parked *parked = parked_new(receipt);
    parked->claim = *claim;
    parked->claim.id = parked->receipt.carrier_id;
    parked->since_mono_ms = clock_mono_ms(core->config.clock);
    parked->previous = receipts->parked_last;
    *(receipts->parked_last ? &receipts->parked_last->next : &receipts->parked_first) = parked;
    receipts->parked_last = parked;
    receipts->parked_count++;
    parked_index(receipts, parked, true);
    make_due(receipts, parked);
    return parked;
}

/* Leaves the age list and the index; the memory goes when no list names it any more. */
static void parked_remove(struct receipts *receipts, struct parked *parked)
{
    *(parked->previous ? &parked->previous->next : &receipts->parked_first) = parked->next;
    *(parked->next ? &parked->next->previous : &receipts->parked_last) = parked->previous;
    receipts->parked_count--;
    parked_index(receipts, parked, false);
    parked->gone = true;
    if (!parked->is_due && !parked->is_watched) mem_free(parked);
}

static void unparked(struct tick *tick, const struct store_op *op, void *user)
{
    struct parked *parked = user;
    struct receipts *receipts = &tick->core->receipts;
    parked->leaving = false;
    if (op->result == ERR_STORE_UNAVAILABLE)
        make_due(receipts, parked);
    else
        parked_remove(receipts, parked);
}

static void parked_leave(struct tick *tick, struct parked *parked)
{
    parked->leaving = true;
    tick_op(tick, STORE_UNPARK, unparked, parked)->unpark = parked->receipt.id;
}

/* ---- Commands ------------------------------------------------------------------------------ */

struct receipt_step {
    struct command *command; /* NULL: it was parked */
    uint64_t key;            /* of the open entry */
    struct claim claim;
    struct parked_receipt parked;
};

static void receipt_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct receipt_step *step = user;
    if (step->command && op->result == ERR_STORE_UNAVAILABLE) step->command->result = op->result;
    if (op->result == ERR_STORE_UNAVAILABLE) return;
    tick->core->receipts.count[step->claim.provider.v]++;
    if (dispatch_keeps_id(tick->core, step->claim.provider)) return;
    struct receipts *receipts = &tick->core->receipts;
    if (receipt_is_final(op->receipt.state) &&
        !map_remove_value(&receipts->open, step->key, op->receipt.attempt.v))
        map_remove_value(&receipts->open_before, step->key, op->receipt.attempt.v);
}

static struct slice cut(struct slice text, size_t max)
{
    return slice_of(text.at, text.size < max ? text.size : max);
}

static void write_receipt(struct tick *tick, struct receipt_step *step, const struct match *match,
                          const struct command_receipt *receipt)
{
    step->key = match->key;
    struct store_op *op = tick_op(tick, STORE_RECEIPT, receipt_written, step);
    op->receipt = (struct store_receipt){
        .attempt = match->attempt,
        .state = receipt->state,
        .at_ms = tick->now_ms,
        .error = cut(receipt->error, ERROR_WORD_MAX),
        .error_text = cut(receipt->error_text, ERROR_TEXT_MAX),
        .network = cut(receipt->network, ERROR_WORD_MAX),
        .keys = tick_keys(tick),
    };
}

static void receipt_parked(struct tick *tick, const struct store_op *op, void *user)
{
    struct receipt_step *step = user;
    step->command->result = op->result;
    if (!op->result) parked_add(tick->core, &step->parked, &step->claim);
}

/* The answer with the id may not have come yet, or its commit: requests that are open, or were made
   a short time ago. */
static bool may_be_early(struct tick *tick, struct provider_id provider)
{
    const struct lane *lane = &tick->core->dispatch.lanes[provider.v];
    return lane->flying > 0 || tick->now_ms < lane->last_submit_ms + EARLY_FOR_MS;
}

void receipts_decide(struct tick *tick, struct command *command)
{
    struct core *core = tick->core;
    const struct command_receipt *receipt = &command->receipt;
    struct slice id = slice_trim(receipt->carrier_id, " \t");
    if (id.size == 0 || id.size > CARRIER_ID_MAX || receipt->provider.v == 0 ||
        receipt->provider.v >= core->catalog.provider_limit) {
        command->result = ERR_INVALID;
        return;
    }
    struct receipt_step *step = ARENA_NEW(&tick->arena, struct receipt_step);
    step->command = command;
    step->claim = (struct claim){
        .provider = receipt->provider,
        .id = id,
        .order = dispatch_next_order(core, receipt->provider),
    };
    struct match match;
    bool wait;
    if (match_receipt(core, &step->claim, &match, &wait)) {
        write_receipt(tick, step, &match, receipt);
        return;
    }
    if (receipt->must_match && !may_be_early(tick, receipt->provider)) {
        command->result = ERR_NOT_FOUND;
        return;
    }
    if (!receipt_is_final(receipt->state)) return; /* "on its way" is no loss */
    if (core->receipts.parked_count >= PARKED_MAX) {
        command->result = ERR_OVERLOADED;
        return;
    }
    step->parked = (struct parked_receipt){
        .id = tick_id(tick),
        .provider = receipt->provider,
        .state = receipt->state,
        .at_ms = tick->now_ms,
        .carrier_id = id,
        .error = receipt->error,
    };
    tick_op(tick, STORE_PARK, receipt_parked, step)->park = &step->parked;
}

static void try_parked(struct tick *tick, struct parked *parked)
{
    const struct parked_receipt *receipt = &parked->receipt;
    struct match match;
    bool wait;
    if (match_receipt(tick->core, &parked->claim, &match, &wait)) {
        struct receipt_step *step = ARENA_NEW(&tick->arena, struct receipt_step);
        step->claim = parked->claim;
        write_receipt(tick, step, &match,
                      &(struct command_receipt){.state = receipt->state, .error = receipt->error});
        parked_leave(tick, parked);
    } else if (wait) {
        watch(&tick->core->receipts, parked);
    }
}

void receipts_begin(struct tick *tick)
{
    struct receipts *receipts = &tick->core->receipts;
    struct parked **link = &receipts->watched;
    while (*link) {
        struct parked *parked = *link;
        if (!parked->gone &&
            !dispatch_answered_before(tick->core, parked->claim.provider, parked->claim.order)) {
            link = &parked->next_watched;
            continue;
        }
        *link = parked->next_watched;
        parked->is_watched = false;
        if (parked->gone && !parked->is_due)
            mem_free(parked);
        else
            make_due(receipts, parked);
    }
    struct parked *due = receipts->due;
    receipts->due = NULL;
    while (due) {
        struct parked *parked = due;
        due = parked->next_due;
        parked->is_due = false;
        if (!parked->gone)
            try_parked(tick, parked);
        else if (!parked->is_watched)
            mem_free(parked);
    }
}

static void turn_maps(struct receipts *receipts, uint64_t now_ms)
{
    if (now_ms < receipts->turned_ms + RECEIPT_WINDOW_MS) return;
    map_done(&receipts->open_before);
    receipts->open_before = receipts->open;
    receipts->open = (struct map){0};
    receipts->turned_ms = now_ms;
}

void receipts_chores(struct tick *tick)
{
    turn_maps(&tick->core->receipts, tick->now_ms);
    for (struct parked *parked = tick->core->receipts.parked_first; parked; parked = parked->next) {
        if (parked->since_mono_ms + PARKED_FOR_MS > tick->mono_ms) break;
        if (!parked->leaving && !parked->is_due) parked_leave(tick, parked);
    }
}

void receipts_taken(struct core *core, struct provider_id provider, struct attempt_id attempt,
                    struct slice carrier_id)
{
    if (carrier_id.size == 0) return;
    struct receipts *receipts = &core->receipts;
    struct carrier_id folded = carrier_id_fold(carrier_id);
    uint64_t key = index_key(provider, &folded), value;
    map_add(&receipts->open, key, attempt.v);
    for (size_t cursor = 0; map_each_of(&receipts->parked_index, key, &cursor, &value);)
        make_due(receipts, (struct parked *)(uintptr_t)value);
}

void receipts_load_open(struct core *core, const struct attempt *attempt)
{
    receipts_taken(core, attempt->provider, attempt->id, slice_cstr(attempt->carrier_id));
}

void receipts_load_parked(struct core *core, const struct parked_receipt *parked)
{
    struct claim claim = {.provider = parked->provider};
    parked_add(core, parked, &claim);
}

bool receipts_are_due(const struct core *core)
{
    return core->receipts.due != NULL;
}

/* What only the two lists still name. */
static void lists_done(struct receipts *receipts)
{
    for (struct parked *next, *parked = receipts->watched; parked; parked = next) {
        next = parked->next_watched;
        parked->is_watched = false;
        if (parked->gone && !parked->is_due) mem_free(parked);
    }
    for (struct parked *next, *parked = receipts->due; parked; parked = next) {
        next = parked->next_due;
        if (parked->gone) mem_free(parked);
    }
}

void receipts_done(struct receipts *receipts)
{
    lists_done(receipts);
    while (receipts->parked_first) {
        struct parked *parked = receipts->parked_first;
        receipts->parked_first = parked->next;
        mem_free(parked);
    }
    map_done(&receipts->open);
    map_done(&receipts->open_before);
    map_done(&receipts->parked_index);
    *receipts = (struct receipts){0};
}
