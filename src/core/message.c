#include "core/message.h"

#include <assert.h>

#include "base/words.h"

const char *const recipient_state_names[RECIPIENT_STATE_COUNT] = {
    [RECIPIENT_NEW] = "new",
    [RECIPIENT_QUEUED] = "queued",
    [RECIPIENT_SENT] = "sent",
    [RECIPIENT_DELIVERED] = "delivered",
    [RECIPIENT_FAILED] = "failed",
    [RECIPIENT_REJECTED] = "rejected",
    [RECIPIENT_EXPIRED] = "expired",
    [RECIPIENT_TIMEOUT] = "timeout",
    [RECIPIENT_CANCELLED] = "cancelled",
    [RECIPIENT_SCHEDULED] = "scheduled",
};

const char *const attempt_state_names[ATTEMPT_STATE_COUNT] = {
    [ATTEMPT_INTENT] = "intent",     [ATTEMPT_TAKEN] = "taken",
    [ATTEMPT_REFUSED] = "refused",   [ATTEMPT_THROTTLED] = "throttled",
    [ATTEMPT_NOT_SENT] = "not_sent", [ATTEMPT_UNCERTAIN] = "uncertain",
};

#define BIT(state) (1u << (state))
#define FINAL                                                                                      \
    (BIT(RECIPIENT_DELIVERED) | BIT(RECIPIENT_FAILED) | BIT(RECIPIENT_REJECTED) |                  \
     BIT(RECIPIENT_EXPIRED) | BIT(RECIPIENT_CANCELLED))

static const unsigned recipient_moves[RECIPIENT_STATE_COUNT] = {
    [RECIPIENT_NEW] =
        BIT(RECIPIENT_QUEUED) | BIT(RECIPIENT_SCHEDULED) | BIT(RECIPIENT_SENT) | FINAL,
    [RECIPIENT_SCHEDULED] = BIT(RECIPIENT_QUEUED) | BIT(RECIPIENT_FAILED) |
                            BIT(RECIPIENT_REJECTED) | BIT(RECIPIENT_CANCELLED),
    /* To itself: into another provider's queue. To a verdict: a receipt can overtake the answer
       that it belongs to. */
    [RECIPIENT_QUEUED] = BIT(RECIPIENT_QUEUED) | BIT(RECIPIENT_SENT) | FINAL,
    [RECIPIENT_SENT] = BIT(RECIPIENT_DELIVERED) | BIT(RECIPIENT_FAILED) | BIT(RECIPIENT_TIMEOUT),
    /* The report window only says how long we wait; a verdict that comes later is still true. */
    [RECIPIENT_TIMEOUT] = BIT(RECIPIENT_DELIVERED) | BIT(RECIPIENT_FAILED),
};

bool recipient_may_move(enum recipient_state from, enum recipient_state to)
{
    assert(from < RECIPIENT_STATE_COUNT && to < RECIPIENT_STATE_COUNT);
    return (recipient_moves[from] & BIT(to)) != 0;
}

bool recipient_is_final(enum recipient_state state)
{
    return state >= RECIPIENT_DELIVERED && state != RECIPIENT_SCHEDULED;
}

bool refusal_stops(struct slice error)
{
    static const char *const words[] = {"phone_invalid", "dnd_blocked", "sender_id_invalid"};
    return words_find(error, words, sizeof words / sizeof *words) >= 0;
}

/* SMPP 3.4 5.2.28 counts ACCEPTED as final; carriers send it ahead of DELIVRD, so it decides
   nothing here and the report window ends the waiting. */
enum verdict { VERDICT_NONE, VERDICT_GOOD, VERDICT_BAD };
static const enum verdict receipt_verdicts[] = {
    [RECEIPT_UNKNOWN_WORD] = VERDICT_NONE, [RECEIPT_ENROUTE] = VERDICT_NONE,
    [RECEIPT_DELIVERED] = VERDICT_GOOD,    [RECEIPT_EXPIRED] = VERDICT_BAD,
    [RECEIPT_DELETED] = VERDICT_BAD,       [RECEIPT_UNDELIVERABLE] = VERDICT_BAD,
    [RECEIPT_ACCEPTED] = VERDICT_NONE,     [RECEIPT_UNKNOWN] = VERDICT_BAD,
    [RECEIPT_REJECTED] = VERDICT_BAD,      [RECEIPT_SKIPPED] = VERDICT_BAD,
};

static enum verdict receipt_verdict(enum receipt_state state)
{
    assert(state < sizeof receipt_verdicts / sizeof *receipt_verdicts);
    return receipt_verdicts[state];
}

bool receipt_is_final(enum receipt_state state)
{
    return receipt_verdict(state) != VERDICT_NONE;
}

/* Others will never have a verdict, so nobody waits for one. */
static bool attempt_may_be_taken(enum attempt_state state)
{
    return state == ATTEMPT_INTENT || state == ATTEMPT_TAKEN || state == ATTEMPT_UNCERTAIN;
}

/* What is known of one segment; bits. */
enum { SEEN_GOOD = 1, SEEN_BAD = 2, SEEN_OPEN = 4 };

/* The fold over those attempts that cut the text into `total` segments. */
static enum recipient_state recipient_fold_cut(const struct attempt *attempts, size_t count,
                                               unsigned total)
{
    uint8_t seen[UINT8_MAX + 1] = {0};
    for (size_t i = 0; i < count; i++) {
        const struct attempt *attempt = &attempts[i];
        if (attempt->segments != total) continue;
        switch (receipt_verdict(attempt->receipt)) {
        case VERDICT_GOOD:
            seen[attempt->segment] |= SEEN_GOOD;
            break;
        case VERDICT_BAD:
            seen[attempt->segment] |= SEEN_BAD;
            break;
        case VERDICT_NONE:
            if (attempt_may_be_taken(attempt->state)) seen[attempt->segment] |= SEEN_OPEN;
            break;
        }
    }
    bool all_good = total > 0, one_bad = false;
    for (unsigned segment = 1; segment <= total; segment++) {
        all_good = all_good && (seen[segment] & SEEN_GOOD);
        one_bad = one_bad || seen[segment] == SEEN_BAD;
    }
    return all_good ? RECIPIENT_DELIVERED : one_bad ? RECIPIENT_FAILED : RECIPIENT_SENT;
}

enum recipient_state recipient_fold(const struct attempt *attempts, size_t count)
{
    /* Providers cut a text differently, so each way of cutting is judged by itself: one that is
       whole on the handset is a delivery, and it failed only when no way is left open. */
    bool done[UINT8_MAX + 1] = {false};
    bool failed = false, open = false;
    for (size_t i = 0; i < count; i++) {
        const struct attempt *attempt = &attempts[i];
        bool counts = attempt_may_be_taken(attempt->state) || receipt_is_final(attempt->receipt);
        if (!counts || done[attempt->segments]) continue;
        done[attempt->segments] = true;
        switch (recipient_fold_cut(attempts, count, attempt->segments)) {
        case RECIPIENT_DELIVERED:
            return RECIPIENT_DELIVERED;
        case RECIPIENT_FAILED:
            failed = true;
            break;
        default:
            open = true;
        }
    }
    return failed && !open ? RECIPIENT_FAILED : RECIPIENT_SENT;
}
