#include <assert.h>

#include "store/apply_inside.h"

/* ---- Entries ------------------------------------------------------------------------------- */

struct posting {
    struct ledger_id id;
    struct account_id account;
    enum asset asset;
    enum ledger_kind kind;
    int64_t amount;
    struct message_id message;
};

/* How an entry shows its amount; a capture leaves `available` alone and shows what was spent. */
static int64_t posting_shown(const struct posting *posting)
{
    bool takes = posting->kind == LEDGER_CHARGE || posting->kind == LEDGER_HOLD ||
                 posting->kind == LEDGER_EXPIRE;
    return takes ? -posting->amount : posting->amount;
}

/* ERR_NO_CREDIT: nothing changed. */
static enum err post(struct books *books, const struct posting *posting, int64_t *out_available)
{
    struct book *book;
    enum err err = books_get(books, posting->account, &book);
    if (err) return err;
    struct balance *balance = &book->balances[posting->asset];
    if (!balance_apply(balance, posting->kind, posting->amount)) {
        *out_available = balance->available;
        return ERR_NO_CREDIT;
    }
    struct ledger_row row = {
        .entry = {.id = posting->id,
                  .account = posting->account,
                  .asset = posting->asset,
                  .kind = posting->kind,
                  .amount = posting_shown(posting),
                  .available = balance->available,
                  .message = posting->message},
        .prev = book->last_ledger,
    };
    book->last_ledger = posting->id.v;
    books_touch(books, book);
    *out_available = balance->available;
    return expect(insert(books, ROW_LEDGER, &row));
}

/* Two entries that cannot be refused, in the order of their ids, as pages of the chain need it.
   Those of nothing are left out. */
static enum err post_both(struct books *books, const struct posting *a, const struct posting *b)
{
    const struct posting *postings[] = {a, b};
    if (b->id.v < a->id.v) postings[0] = b, postings[1] = a;
    enum err err = ERR_OK;
    int64_t available;
    for (size_t i = 0; !err && i < 2; i++)
        if (postings[i]->amount != 0) err = expect(post(books, postings[i], &available));
    return err;
}

enum err apply_ledger(struct books *books, struct store_op *op)
{
    const struct store_ledger *ledger = &op->ledger;
    struct account account;
    enum err err = get(books, ROW_ACCOUNT, ledger->account.v, NULL, &account);
    if (err) return err;
    if (ledger->amount == 0 || (ledger->amount < 0 && ledger->kind != LEDGER_GRANT))
        return ERR_INVALID;
    struct posting posting = {
        .id = ledger->id,
        .account = ledger->account,
        .asset = ledger->asset,
        .kind = ledger->kind,
        .amount = ledger->amount,
    };
    return post(books, &posting, &op->available);
}

enum err apply_quota(struct books *books, struct store_op *op)
{
    const struct store_quota *quota = &op->quota;
    struct account account;
    struct book *book;
    enum err err = get(books, ROW_ACCOUNT, quota->account.v, NULL, &account);
    if (!err) err = books_get(books, quota->account, &book);
    if (err || book->quota_month >= quota->month) return err;
    book->quota_month = quota->month;
    books_touch(books, book);
    struct posting expire = {
        .id = quota->expire,
        .account = quota->account,
        .asset = ASSET_QUOTA,
        .kind = LEDGER_EXPIRE,
        .amount = book->balances[ASSET_QUOTA].available,
    };
    struct posting grant = {
        .id = quota->grant,
        .account = quota->account,
        .asset = ASSET_QUOTA,
        .kind = LEDGER_GRANT,
        .amount = quota->quota,
    };
    return post_both(books, &expire, &grant);
}

/* ---- Paying for a message ------------------------------------------------------------------ */

/* What a message's wallet asset and what the quota gives, or gets back. */
struct shares {
    int64_t wallet, quota;
    struct ledger_id wallet_id, quota_id;
};

static enum err post_shares(struct books *books, const struct message *message,
                            enum ledger_kind kind, const struct shares *shares,
                            int64_t *out_available)
{
    struct posting of_wallet = {
        .id = shares->wallet_id,
        .account = message->account,
        .asset = message->asset,
        .kind = kind,
        .amount = shares->wallet,
        .message = message->id,
    };
    struct posting of_quota = of_wallet;
    of_quota.id = shares->quota_id;
    of_quota.asset = ASSET_QUOTA;
    of_quota.amount = shares->quota;
    enum err err = post_both(books, &of_wallet, &of_quota);
    struct book *book;
    if (!err) err = books_get(books, message->account, &book);
    if (!err) *out_available = book->balances[message->asset].available;
    return err;
}

enum err payment_of(const struct store_accept *accept, const struct book *book, struct payment *out)
{
    const struct message *message = accept->message;
    struct payment payment = {0, message->price};
    if (accept->quota_rate > 0) {
        assert(message->recipient_count == 1);
        int64_t available = book->balances[ASSET_QUOTA].available;
        payment.quota = available < message->segments ? (uint32_t)available : message->segments;
        payment.price -= payment.quota * accept->quota_rate;
        assert(payment.price >= 0);
    }
    *out = payment;
    if (payment.price == 0) return ERR_OK;
    int64_t cost;
    struct balance balance = book->balances[message->asset];
    bool covered =
        !__builtin_mul_overflow(payment.price, (int64_t)message->recipient_count, &cost) &&
        balance_apply(&balance, LEDGER_CHARGE, cost);
    return covered ? ERR_OK : ERR_NO_CREDIT;
}

enum err payment_take(struct books *books, const struct store_accept *accept,
                      int64_t *out_available)
{
    const struct message *message = accept->message;
    if (message->price == 0 && message->quota == 0) return ERR_OK;
    struct shares shares = {
        .wallet = message->price * message->recipient_count,
        .quota = message->quota,
        .wallet_id = accept->ledger,
        .quota_id = accept->quota_ledger,
    };
    return post_shares(books, message, LEDGER_CHARGE, &shares, out_available);
}

/* ---- Paying back --------------------------------------------------------------------------- */

/* The bit of the message's policy under which this state pays back. What a carrier took, even in
   part, comes back only when a receipt says that it failed. */
static unsigned refund_reason(enum recipient_state state, const struct attempt *attempts,
                              size_t count)
{
    bool taken = false, failed = false;
    for (size_t i = 0; i < count; i++) {
        bool reported = attempts[i].receipt != RECEIPT_UNKNOWN_WORD;
        taken = taken || reported || attempts[i].state == ATTEMPT_TAKEN;
        failed = failed || (receipt_is_final(attempts[i].receipt) &&
                            attempts[i].receipt != RECEIPT_DELIVERED);
    }
    switch (state) {
    case RECIPIENT_CANCELLED:
        return REFUND_CANCELLED;
    case RECIPIENT_REJECTED:
        return taken ? REFUND_NEVER : REFUND_NOT_TAKEN;
    case RECIPIENT_EXPIRED:
    case RECIPIENT_FAILED:
        return !taken ? REFUND_NOT_TAKEN : failed ? REFUND_FAILED : REFUND_NEVER;
    default:
        return REFUND_NEVER;
    }
}

/* A quota lapses with its month, and what failed on its way has used it. */
static bool quota_returns(const struct message *message, const struct recipient *recipient)
{
    return (recipient->state == RECIPIENT_CANCELLED || recipient->state == RECIPIENT_REJECTED) &&
           month_of(id_ms(message->id.v)) == month_of(recipient->changed_at_ms);
}

enum err refund(struct books *books, const struct ended *ended, int64_t *out_available)
{
    const struct message *message = ended->message;
    unsigned reason = refund_reason(ended->recipient->state, ended->attempts, ended->attempt_count);
    if (!(message->refund & reason)) return ERR_OK;
    struct shares shares = {
        .wallet = message->price,
        .quota = quota_returns(message, ended->recipient) ? message->quota : 0,
        .wallet_id = ended->keys->refund,
        .quota_id = ended->keys->quota_refund,
    };
    return post_shares(books, message, LEDGER_REFUND, &shares, out_available);
}
