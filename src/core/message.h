/* A message is what a customer asked once; a recipient is one number of it and its state; an
   attempt is one try to hand one segment to one provider. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/limits.h"
#include "base/slice.h"
#include "core/ledger.h"
#include "wire/receipt_text.h"
#include "wire/segment.h"

enum dialect { DIALECT_NONE, DIALECT_HEP, DIALECT_MESMS, DIALECT_ROBASE }; /* NONE: our own */

/* Every accepted recipient is in exactly one of these and moves only along recipient_moves. */
enum recipient_state {
    RECIPIENT_NEW,       /* before acceptance; never stored */
    RECIPIENT_QUEUED,    /* waits for a carrier, or with one that has not answered yet */
    RECIPIENT_SENT,      /* a carrier took all of it, or may have (an uncertain attempt) */
    RECIPIENT_DELIVERED, /* final, as are all below */
    RECIPIENT_FAILED,    /* not delivered: after hand-over, or no way to hand over at all */
    RECIPIENT_REJECTED,  /* every provider refused it before taking it */
    RECIPIENT_EXPIRED,   /* the retry window went by */
    RECIPIENT_TIMEOUT,   /* handed over, and no receipt came in the report window */
    RECIPIENT_CANCELLED,
    RECIPIENT_STATE_COUNT,
};
extern const char *const recipient_state_names[RECIPIENT_STATE_COUNT]; /* "queued" ... */
bool recipient_may_move(enum recipient_state from, enum recipient_state to);
bool recipient_is_final(enum recipient_state state);

/* When the price of a recipient comes back; bits. */
enum refund_policy {
    REFUND_NEVER = 0,
    REFUND_NOT_TAKEN = 1, /* no carrier took it: no route, rejected, expired */
    REFUND_FAILED = 2,    /* a carrier took it and its receipt says it failed */
    REFUND_CANCELLED = 4,
};

struct message {
    struct message_id id;
    struct account_id account; /* 0: our own, such as an automatic reply */
    struct key_id key;
    enum dialect dialect;
    bool test;
    unsigned refund;     /* enum refund_policy bits */
    struct slice sender; /* as shown on the handset */
    struct slice text;   /* UTF-8 */
    enum encoding encoding;
    uint32_t segments; /* on the air */
    enum asset asset;
    int64_t price; /* of one recipient; the message costs price * recipient_count */
    struct recipient_id first_recipient;
    uint32_t recipient_count;
    struct slice supplied_recipient; /* as the customer wrote it (single sends) */
};

struct recipient {
    struct recipient_id id;
    struct message_id message;
    uint64_t number; /* E.164 digits */
    enum recipient_state state;
    struct provider_id provider; /* in whose queue it waits, or who took it */
    uint64_t changed_at_ms;
    uint32_t error;                      /* the carrier's command_status or 0 */
    char error_word[ERROR_WORD_MAX + 1]; /* "no_route", or the receipt's error as written */
};

enum attempt_state {
    ATTEMPT_INTENT,    /* may be on its way: committed before the PDU is written */
    ATTEMPT_TAKEN,     /* the carrier gave it an id */
    ATTEMPT_REFUSED,   /* the carrier answered no */
    ATTEMPT_THROTTLED, /* the carrier asked to slow down; the same attempt is made again */
    ATTEMPT_NOT_SENT,  /* the link was gone before the PDU was written; made again */
    ATTEMPT_UNCERTAIN, /* written, never answered: it may or may not have been taken */
    ATTEMPT_STATE_COUNT,
};
extern const char *const attempt_state_names[ATTEMPT_STATE_COUNT];

struct attempt {
    struct attempt_id id;
    struct provider_id provider;
    uint8_t segment, segments; /* number from 1, of how many */
    bool possible_duplicate;   /* an earlier attempt at this segment is uncertain */
    enum attempt_state state;
    uint64_t intent_at_ms, answered_at_ms;
    uint32_t status;                     /* command_status of the answer */
    char carrier_id[CARRIER_ID_MAX + 1]; /* as the carrier wrote it */
    enum receipt_state receipt;          /* RECEIPT_UNKNOWN_WORD: none yet */
    uint64_t receipt_at_ms;
    char receipt_error[ERROR_WORD_MAX + 1];
};

/* What the receipts so far make of a recipient whose attempts are given: RECIPIENT_DELIVERED when
   every segment has a delivered attempt; RECIPIENT_FAILED when one segment has only failed ones
   (and none without a verdict); else RECIPIENT_SENT. Intermediate receipts decide nothing. */
enum recipient_state recipient_fold(const struct attempt *attempts, size_t count);
bool receipt_is_final(enum receipt_state state);
