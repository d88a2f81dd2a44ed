#include "core/receipts.h"

#include <assert.h>

#include "base/hash.h"
#include "base/mem.h"
#include "core/core_state.h"

/* After this long nothing will claim it: every submit of then has its answer or its time-out. */
#define PARKED_FOR_MS (10 * 60 * 1000)

const char *const receipt_form_names[RECEIPT_FORM_COUNT] = {"raw", "case and zeros differ",
                                                            "decimal of hex", "hex of decimal"};

struct parked {
    struct parked *previous, *next; /* by age */
    struct parked *next_due, *next_watched;
    bool is_due, is_watched; /* in that list */
    bool leaving;            /* its removal is being written */
    bool gone;               /* only a list still names it */
    uint64_t order;          /* submits of the provider before it: their answers may bring its id */
    uint64_t since_mono_ms;  /* in this run; jumps of the wall clock lose no receipt */
    struct parked_receipt receipt;
};

struct folded {
    char text[CARRIER_ID_MAX * 2 + 1];
    size_t size;
};

static struct folded fold(struct slice id)
{
    struct folded folded = {.size = 0};
    id = slice_trim(id, " \t");
    while (id.size > 1 && id.at[0] == '0')
        id = slice_from(id, 1);
    if (id.size > CARRIER_ID_MAX) id.size = CARRIER_ID_MAX;
    for (size_t i = 0; i < id.size; i++) {
        char c = id.at[i];
        folded.text[folded.size++] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
    return folded;
}

/* The number `id` written in `from`, written in `to` (10 and 16); empty when it is none or does not
   fit 128 bits. */
static struct folded rebase(struct slice id, unsigned from, unsigned to)
{
    struct folded out = {.size = 0};
    unsigned __int128 value = 0;
    for (size_t i = 0; i < id.size; i++) {
        char c = id.at[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                : 99;
        if (digit >= from || value > (~(unsigned __int128)0 - digit) / from) return out;
        value = value * from + digit;
    }
    char reversed[64];
    size_t size = 0;
    do {
        reversed[size++] = "0123456789abcdef"[(unsigned)(value % to)];
        value /= to;
    } while (value);
    while (size)
        out.text[out.size++] = reversed[--size];
    return out;
}

/* What the response may have said when the receipt says `id`. */
static struct folded form_of_id(struct slice id, enum receipt_form form)
{
    struct folded folded = fold(id);
    struct slice text = slice_of(folded.text, folded.size);
    if (form == RECEIPT_FORM_HEX) return rebase(text, 10, 16);
    if (form == RECEIPT_FORM_DECIMAL) return rebase(text, 16, 10);
    return folded;
}

static uint64_t index_key(struct provider_id provider, const struct folded *id)
{
    return hash_slice(slice_of(id->text, id->size), provider.v);
}

/* ---- Matching ------------------------------------------------------------------------------ */

struct match {
    struct attempt_id attempt;
    uint64_t key;
    enum receipt_form form;
    size_t candidates; /* derived ones */
    bool found;        /* raw */
};

/* An open attempt whose key is that of `wanted`: is it meant? */
static void match_attempt(struct core *core, struct provider_id provider, struct slice raw,
                          enum receipt_form form, uint64_t key, uint64_t id, struct match *match)
{
    struct attempt attempt;
    struct folded wanted = form_of_id(raw, form);
    if (store_attempt(core_reader(core), (struct attempt_id){id}, &attempt)) return;
    struct slice stored = slice_cstr(attempt.carrier_id);
    struct folded folded = fold(stored);
    if (attempt.provider.v != provider.v ||
        !slice_eq(slice_of(folded.text, folded.size), slice_of(wanted.text, wanted.size)))
        return;
    if (form == RECEIPT_FORM_FOLDED && slice_eq(stored, raw)) {
        /* A carrier that repeats its ids means the newest. */
        if (!match->found || attempt.id.v > match->attempt.v)
            *match = (struct match){attempt.id, key, RECEIPT_FORM_RAW, 0, true};
    } else if (!match->found) {
        if (match->candidates == 0 || match->attempt.v != attempt.id.v) match->candidates++;
        match->attempt = attempt.id;
        match->key = key;
        match->form = form;
    }
}

static void match_form(struct core *core, struct provider_id provider, struct slice raw,
                       enum receipt_form form, struct match *match)
{
    struct folded wanted = form_of_id(raw, form);
    if (wanted.size == 0) return;
    const struct map *maps[] = {&core->receipts.open, &core->receipts.open_before};
    uint64_t key = index_key(provider, &wanted), id;
    for (size_t i = 0; i < 2; i++)
        for (size_t cursor = 0; map_each_of(maps[i], key, &cursor, &id);)
            match_attempt(core, provider, raw, form, key, id, match);
}

/* True when the receipt belongs to `out->attempt`. Otherwise `*out_wait` says whether answers that
   are still out could change that. */
static bool match_receipt(struct core *core, struct provider_id provider, struct slice id,
                          uint64_t order, struct match *out, bool *out_wait)
{
    *out = (struct match){0};
    *out_wait = false;
    match_form(core, provider, id, RECEIPT_FORM_FOLDED, out);
    if (out->found) return true;
    match_form(core, provider, id, RECEIPT_FORM_HEX, out);
    match_form(core, provider, id, RECEIPT_FORM_DECIMAL, out);
    enum receipt_form learned = core->receipts.learned[provider.v];
    if (out->candidates != 1 || (learned != RECEIPT_FORM_RAW && learned != out->form)) return false;
    *out_wait = !dispatch_answered_before(core, provider, order);
    if (*out_wait) return false;
    core->receipts.learned[provider.v] = out->form;
    return true;
}

/* ---- Parking ------------------------------------------------------------------------------- */

static void make_due(struct receipts *receipts, struct parked *parked)
{
    if (parked->is_due || parked->leaving || parked->gone) return;
    parked->is_due = true;
    parked->next_due = receipts->due;
    receipts->due = parked;
}

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
        struct folded folded = form_of_id(parked->receipt.carrier_id, form);
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
                                 uint64_t order)
{
    struct receipts *receipts = &core->receipts;
    struct parked *parked = parked_new(receipt);
    parked->order = order;
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
    struct provider_id provider;
    struct parked_receipt parked;
    uint64_t order;
};

static void receipt_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct receipt_step *step = user;
    if (step->command && op->result == ERR_STORE_UNAVAILABLE) step->command->result = op->result;
    if (op->result == ERR_STORE_UNAVAILABLE) return;
    tick->core->receipts.count[step->provider.v]++;
    struct receipts *receipts = &tick->core->receipts;
    if (receipt_is_final(op->receipt.state) &&
        !map_remove_value(&receipts->open, step->key, op->receipt.attempt.v))
        map_remove_value(&receipts->open_before, step->key, op->receipt.attempt.v);
}

static void write_receipt(struct tick *tick, struct receipt_step *step, const struct match *match,
                          enum receipt_state state, struct slice error)
{
    step->key = match->key;
    if (error.size > ERROR_WORD_MAX) error.size = ERROR_WORD_MAX;
    struct store_op *op = tick_op(tick, STORE_RECEIPT, receipt_written, step);
    op->receipt = (struct store_receipt){
        .attempt = match->attempt,
        .state = state,
        .at_ms = tick->now_ms,
        .error = error,
        .refund_ledger = {tick_id(tick)},
    };
}

static void receipt_parked(struct tick *tick, const struct store_op *op, void *user)
{
    struct receipt_step *step = user;
    step->command->result = op->result;
    if (!op->result) parked_add(tick->core, &step->parked, step->order);
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
    step->provider = receipt->provider;
    step->order = dispatch_next_order(core, receipt->provider);
    struct match match;
    bool wait;
    if (match_receipt(core, receipt->provider, id, step->order, &match, &wait)) {
        write_receipt(tick, step, &match, receipt->state, receipt->error);
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
    if (match_receipt(tick->core, receipt->provider, receipt->carrier_id, parked->order, &match,
                      &wait)) {
        struct receipt_step *step = ARENA_NEW(&tick->arena, struct receipt_step);
        step->provider = receipt->provider;
        write_receipt(tick, step, &match, receipt->state, receipt->error);
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
            !dispatch_answered_before(tick->core, parked->receipt.provider, parked->order)) {
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
    struct folded folded = fold(carrier_id);
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
    parked_add(core, parked, 0);
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
