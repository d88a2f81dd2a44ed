/* Delivery receipt texts: "id:... sub:... dlvrd:... submit date:... done date:... stat:... err:...
   text:..." (SMPP 3.4 appendix B) in all the forms that carriers really send. */
#pragma once

#include "base/slice.h"

/* The verdicts of SMPP 3.4 5.2.28, with ours for what tells nothing. */
enum receipt_state {
    RECEIPT_UNKNOWN_WORD, /* no usable state */
    RECEIPT_ENROUTE,
    RECEIPT_DELIVERED,
    RECEIPT_EXPIRED,
    RECEIPT_DELETED,
    RECEIPT_UNDELIVERABLE,
    RECEIPT_ACCEPTED,
    RECEIPT_UNKNOWN,
    RECEIPT_REJECTED,
    RECEIPT_SKIPPED,
};

struct receipt_text {
    struct slice id; /* empty when missing */
    enum receipt_state state;
    struct slice error;           /* as written, may be letters; empty when missing */
    struct slice submitted, done; /* dates as written */
};

/* Any order, any case, missing fields, NULs, odd spacing, misspelt states ("DELIVERED", "UNDELIVRD"
   ...). The slices point into `text`. False when there is neither an id nor a state. */
bool receipt_text_read(struct slice text, struct receipt_text *out);
/* message_state TLV 0x0427 (SMPP 3.4 5.2.28): 1..8, and 9 for SKIPPED of SMPP 5. */
enum receipt_state receipt_state_of_code(uint8_t message_state);
const char *receipt_state_word(enum receipt_state state); /* "DELIVRD" ... */
/* The seven-letter form that the simulator sends; dates are yyMMddhhmm in UTC. Returns the length,
   never more than capacity. */
struct receipt_write {
    struct slice id;
    enum receipt_state state;
    unsigned error;
    uint64_t submitted_at_ms, done_at_ms;
    struct slice text; /* first 20 bytes are used */
};
size_t receipt_text_write(const struct receipt_write *receipt, char *out, size_t capacity);
