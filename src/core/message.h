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
    RECIPIENT_SCHEDULED, /* waits for its time; not final */
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
/* What the month's quota paid returns with cancelled and rejected ones, within its month. */

/* The words of refusals that no other provider would decide otherwise: phone_invalid, dnd_blocked,
   sender_id_invalid. */
bool refusal_stops(struct slice error);

struct message {
    struct message_id id;
    struct account_id account; /* 0: our own, such as an automatic reply */
    struct key_id key;
    enum dialect dialect;
    bool test;
    bool impatient;  /* one round over the chain, and no long wait for a provider that is away */
    unsigned refund; /* enum refund_policy bits */
    struct slice sender; /* as shown on the handset */
    struct slice text;   /* UTF-8 */
    enum encoding encoding;
    uint32_t segments; /* on the air */
    enum asset asset;
    int64_t price;       /* of one recipient; the message costs price * recipient_count */
    uint32_t quota;      /* segments that the month's quota paid instead */
    int64_t rate;        /* of a segment as it is shown, in `currency` */
    char currency[4];    /* "": the price is all there is to show */
    char country[3];     /* that priced it and routes it; "": its number alone does */
    uint64_t send_at_ms; /* when it became, or becomes, due; 0: at once */
    struct provider_id first_provider; /* whose queue it entered first */
    struct recipient_id first_recipient;
    struct recipient_id released; /* took the first one's place when its time came; 0: none */
    uint32_t recipient_count;
    struct slice supplied_recipient; /* as the customer wrote it (single sends) */
};

/* The one recipient of a single send. */
static inline struct recipient_id message_recipient(const struct message *message)
{
    return message->released.v ? message->released : message->first_recipient;
}

/* The provider of test messages: the core itself, which delivers them to nobody. */
#define PROVIDER_REHEARSAL ((struct provider_id){UINT16_MAX})

struct recipient {
    struct recipient_id id;
    struct message_id message;
    uint64_t number; /* E.164 digits */
    enum recipient_state state;
    bool tells;                  /* its moves are events for the account's webhooks */
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
    bool keeps_id;             /* its carrier asks whether a repeated receipt is known */
    uint8_t segment, segments; /* number from 1, of how many */
    bool possible_duplicate;   /* an earlier attempt at this segment is uncertain */
    enum attempt_state state;
    uint64_t intent_at_ms, answered_at_ms;
    uint32_t status;                     /* command_status of the answer */
    char error[ERROR_WORD_MAX + 1];      /* of a refusal: "phone_invalid", "http_502"; "" */
    char carrier_id[CARRIER_ID_MAX + 1]; /* as the carrier wrote it */
    enum receipt_state receipt;          /* RECEIPT_UNKNOWN_WORD: none yet */
    uint64_t receipt_at_ms;
    char receipt_error[ERROR_WORD_MAX + 1];
    enum receipt_state late; /* a receipt behind the final one that says otherwise */
    uint64_t late_at_ms;
    char error_text[ERROR_TEXT_MAX + 1]; /* the carrier's sentence on a refusal or failure */
    char network[ERROR_WORD_MAX + 1];    /* of the handset, where the receipt names it: "mtn_ng" */
};

/* What the receipts so far make of a recipient whose attempts are given: RECIPIENT_DELIVERED when
   every segment has a delivered attempt; RECIPIENT_FAILED when one segment has only failed ones
   (and none without a verdict); else RECIPIENT_SENT. Intermediate receipts decide nothing. */
enum recipient_state recipient_fold(const struct attempt *attempts, size_t count);
bool receipt_is_final(enum receipt_state state);
