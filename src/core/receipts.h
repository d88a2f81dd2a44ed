/* From a carrier's message id to the attempt it speaks of. The carrier's own bytes win; a derived
   form (case and zeros, decimal of hex, hex of decimal) counts only when it is the one candidate,
   agrees with what this provider has shown before, and no submit from before the receipt is still
   without its answer. What matches nothing is parked, durably, and tried again when an answer
   brings a new id. */
#pragma once

#include "base/map.h"
#include "core/carrier_id.h"
#include "core/command.h"
#include "core/tick.h"

/* Receipts that are still out after this long are not waited for any more. */
#define RECEIPT_WINDOW_MS (72ull * 60 * 60 * 1000)

struct receipts {
    /* Provider and folded id -> attempt (several when ids repeat). Carriers keep some receipts for
       ever: what is still open after two turns of the maps is forgotten, so memory holds days. */
    struct map open, open_before;
    uint64_t turned_ms;
    struct map parked_index;                   /* provider and folded form -> struct parked * */
    struct parked *parked_first, *parked_last; /* oldest first */
    size_t parked_count;
    struct parked *due;                                   /* to be tried in the next tick */
    struct parked *watched;                               /* wait for answers that are still out */
    uint32_t seen[PROVIDERS_MAX + 1][RECEIPT_FORM_COUNT]; /* receipts that told their form */
    uint64_t count[PROVIDERS_MAX + 1];
};

void receipts_done(struct receipts *receipts);
/* At start: an attempt that waits for its receipt, or a receipt parked by an earlier run. */
void receipts_load_open(struct core *core, const struct attempt *attempt);
void receipts_load_parked(struct core *core, const struct parked_receipt *parked);
/* An answer brought a carrier's id (committed). */
void receipts_taken(struct core *core, struct provider_id provider, struct attempt_id attempt,
                    struct slice carrier_id);
void receipts_decide(struct tick *tick, struct command *command);
void receipts_begin(struct tick *tick);
void receipts_chores(struct tick *tick);
/* The form that the provider's receipts name its messages in; RAW as long as none has been seen. */
enum receipt_form receipts_form(const struct receipts *receipts, struct provider_id provider);
bool receipts_are_due(const struct core *core);
