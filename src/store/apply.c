#include "store/apply.h"

#include <assert.h>

/* Every function here returns the operation's result; ERR_STORE_UNAVAILABLE among them ends the
   group. */

static enum err insert(struct books *books, enum row_type type, const void *row)
{
    return books->rows->kind->insert(books->rows, type, row);
}

static enum err put(struct books *books, enum row_type type, const void *row)
{
    return books->rows->kind->put(books->rows, type, row);
}

static enum err get(struct books *books, enum row_type type, uint64_t id, void *out)
{
    return books->rows->kind->get(books->rows, type, row_id(id), NULL, out);
}

/* Rows that other rows stand upon cannot be missing or double: the file would be damaged. */
static enum err expect(enum err err)
{
    return err ? ERR_STORE_UNAVAILABLE : ERR_OK;
}

/* ---- Money  */

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

static enum err apply_ledger(struct books *books, struct store_op *op)
{
    const struct store_ledger *ledger = &op->ledger;
    struct account account;
    enum err err = get(books, ROW_ACCOUNT, ledger->account.v, &account);
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

/* ---- Moving a recipient -------------------------------------------------------------------- */

static enum err attempts_of(struct books *books, struct recipient_id recipient, struct arena *arena,
                            struct row_list *out)
{
    struct row_scan scan = {
        .type = ROW_ATTEMPT,
        .after = row_id(attempt_id_of(recipient, 0).v),
        .until = attempt_id_of(recipient, ATTEMPTS_MAX).v,
        .max = ATTEMPTS_MAX,
    };
    return books->rows->kind->scan(books->rows, &scan, arena, out);
}

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
    case RECIPIENT_EXPIRED:
        return taken ? REFUND_NEVER : REFUND_NOT_TAKEN;
    case RECIPIENT_FAILED:
        return !taken ? REFUND_NOT_TAKEN : failed ? REFUND_FAILED : REFUND_NEVER;
    default:
        return REFUND_NEVER;
    }
}

static enum err refund(struct books *books, const struct message *message, struct ledger_id id,
                       int64_t *out_available)
{
    struct posting posting = {
        .id = id,
        .account = message->account,
        .asset = message->asset,
        .kind = LEDGER_REFUND,
        .amount = message->price,
        .message = message->id,
    };
    return expect(post(books, &posting, out_available));
}

/* Pays back what the new state of the recipient asks for. */
static enum err refund_moved(struct books *books, const struct recipient *recipient,
                             struct ledger_id id, struct arena *arena)
{
    if (!recipient_is_final(recipient->state) || recipient->state == RECIPIENT_DELIVERED ||
        recipient->state == RECIPIENT_TIMEOUT)
        return ERR_OK;
    struct message_row row;
    enum err err = expect(books->rows->kind->get(books->rows, ROW_MESSAGE,
                                                 row_id(recipient->message.v), arena, &row));
    if (err || row.message.price == 0 || row.message.refund == REFUND_NEVER) return err;
    struct row_list list = {.type = ROW_ATTEMPT};
    err = attempts_of(books, recipient->id, arena, &list);
    if (err) return err;
    unsigned reason =
        refund_reason(recipient->state, (const struct attempt *)(void *)list.at, list.count);
    int64_t available;
    return row.message.refund & reason ? refund(books, &row.message, id, &available) : ERR_OK;
}

/* ERR_STALE: the state table has no such move, and the recipient is as it was. */
static enum err move(struct books *books, struct recipient *recipient, enum recipient_state state,
                     uint64_t at_ms, struct ledger_id refund_id)
{
    if (!recipient_may_move(recipient->state, state)) return ERR_STALE;
    recipient->state = state;
    recipient->changed_at_ms = at_ms;
    enum err err = put(books, ROW_RECIPIENT, recipient);
    if (err) return err;
    struct arena arena = {0};
    err = refund_moved(books, recipient, refund_id, &arena);
    arena_done(&arena);
    return err;
}

static enum err get_recipient(struct books *books, struct recipient_id id, struct store_op *op,
                              struct recipient *out)
{
    enum err err = get(books, ROW_RECIPIENT, id.v, out);
    if (!err) op->state_before = op->state_after = out->state;
    return err;
}

static void set_error_word(struct recipient *recipient, struct slice word)
{
    size_t size = word.size < ERROR_WORD_MAX ? word.size : ERROR_WORD_MAX;
    memset(recipient->error_word, 0, sizeof recipient->error_word);
    if (size) memcpy(recipient->error_word, word.at, size);
}

/* ---- The life of a message ----------------------------------------------------------------- */

static enum err accept_money(struct books *books, struct store_op *op)
{
    const struct message *message = op->accept.message;
    const struct recipient *recipient = op->accept.recipient;
    if (message->price == 0) return ERR_OK;
    struct posting posting = {
        .id = op->accept.ledger,
        .account = message->account,
        .asset = message->asset,
        .kind = LEDGER_CHARGE,
        .amount = message->price * message->recipient_count,
        .message = message->id,
    };
    enum err err = expect(post(books, &posting, &op->available));
    if (err || !recipient_is_final(recipient->state)) return err;
    unsigned reason =
        refund_reason(recipient->state, op->accept.attempts, op->accept.attempt_count);
    if (!(message->refund & reason)) return ERR_OK;
    return refund(books, message, op->accept.refund_ledger, &op->available);
}

/* Whether the price would be covered; changes nothing. */
static bool accept_is_covered(const struct message *message, const struct book *book)
{
    if (message->price == 0) return true;
    int64_t cost;
    struct balance balance = book->balances[message->asset];
    return !__builtin_mul_overflow(message->price, (int64_t)message->recipient_count, &cost) &&
           balance_apply(&balance, LEDGER_CHARGE, cost);
}

static enum err apply_accept(struct books *books, struct store_op *op)
{
    const struct store_accept *accept = &op->accept;
    const struct message *message = accept->message;
    struct book *book;
    enum err err = books_get(books, message->account, &book);
    if (err) return err;
    op->available = book->balances[message->asset].available;
    if (!accept_is_covered(message, book)) return ERR_NO_CREDIT;

    struct message_row row = {.message = *message, .prev = book->last_message};
    err = insert(books, ROW_MESSAGE, &row);
    if (err) return err;
    book->last_message = message->id.v;
    books_touch(books, book);
    err = expect(insert(books, ROW_RECIPIENT, accept->recipient));
    for (size_t i = 0; !err && i < accept->attempt_count; i++)
        err = expect(insert(books, ROW_ATTEMPT, &accept->attempts[i]));
    if (!err) err = accept_money(books, op);
    op->state_before = RECIPIENT_NEW;
    op->state_after = accept->recipient->state;
    return err;
}

static enum err apply_attempt(struct books *books, struct store_op *op)
{
    return put(books, ROW_ATTEMPT, op->attempt.attempt);
}

static enum err apply_answer(struct books *books, struct store_op *op)
{
    const struct store_answer *answer = &op->answer;
    struct attempt attempt;
    enum err err = get(books, ROW_ATTEMPT, answer->attempt.v, &attempt);
    if (err) return err;
    attempt.state = answer->state;
    attempt.answered_at_ms = answer->at_ms;
    attempt.status = answer->status;
    size_t size = answer->carrier_id.size;
    if (size > CARRIER_ID_MAX) size = CARRIER_ID_MAX;
    memset(attempt.carrier_id, 0, sizeof attempt.carrier_id);
    if (size) memcpy(attempt.carrier_id, answer->carrier_id.at, size);
    err = put(books, ROW_ATTEMPT, &attempt);
    if (err || answer->recipient_state == RECIPIENT_NEW) return err;

    struct recipient recipient;
    err = get_recipient(books, attempt_recipient(answer->attempt), op, &recipient);
    if (err) return err;
    recipient.provider = answer->provider;
    recipient.error = answer->status;
    err = move(books, &recipient, answer->recipient_state, answer->at_ms, answer->refund_ledger);
    if (!err) op->state_after = recipient.state;
    return err;
}

static enum err apply_finish(struct books *books, struct store_op *op)
{
    const struct store_finish *finish = &op->finish;
    struct recipient recipient;
    enum err err = get_recipient(books, finish->recipient, op, &recipient);
    if (err) return err;
    if (finish->error_word) set_error_word(&recipient, slice_cstr(finish->error_word));
    err = move(books, &recipient, finish->state, finish->at_ms, finish->refund_ledger);
    if (!err) op->state_after = recipient.state;
    return err;
}

/* What the recipient's attempts add up to, given the one that just had its receipt. */
static enum err receipt_verdict(struct books *books, const struct attempt *attempt,
                                struct arena *arena, enum recipient_state *out)
{
    /* What one attempt delivers by itself, no other attempt can undo; so most receipts need no
       look at the others. */
    *out = recipient_fold(attempt, 1);
    if (*out == RECIPIENT_DELIVERED || !receipt_is_final(attempt->receipt)) return ERR_OK;
    struct row_list list = {.type = ROW_ATTEMPT};
    enum err err = attempts_of(books, attempt_recipient(attempt->id), arena, &list);
    if (!err) *out = recipient_fold((const struct attempt *)(void *)list.at, list.count);
    return err;
}

static enum err receipt_move(struct books *books, struct store_op *op,
                             const struct attempt *attempt)
{
    const struct store_receipt *receipt = &op->receipt;
    struct recipient recipient;
    enum err err = get_recipient(books, attempt_recipient(receipt->attempt), op, &recipient);
    if (err) return err;
    struct arena arena = {0};
    enum recipient_state verdict;
    err = receipt_verdict(books, attempt, &arena, &verdict);
    arena_done(&arena);
    if (err || verdict == RECIPIENT_SENT || !recipient_may_move(recipient.state, verdict))
        return err;
    if (verdict == RECIPIENT_FAILED) set_error_word(&recipient, receipt->error);
    err = move(books, &recipient, verdict, receipt->at_ms, receipt->refund_ledger);
    if (!err) op->state_after = recipient.state;
    return err;
}

static enum err apply_receipt(struct books *books, struct store_op *op)
{
    const struct store_receipt *receipt = &op->receipt;
    struct attempt attempt;
    enum err err = get(books, ROW_ATTEMPT, receipt->attempt.v, &attempt);
    if (err) return err;
    if (receipt_is_final(attempt.receipt)) {
        struct recipient recipient;
        err = get_recipient(books, attempt_recipient(receipt->attempt), op, &recipient);
        return err ? err : ERR_STALE;
    }
    attempt.receipt = receipt->state;
    attempt.receipt_at_ms = receipt->at_ms;
    size_t size = receipt->error.size < ERROR_WORD_MAX ? receipt->error.size : ERROR_WORD_MAX;
    memset(attempt.receipt_error, 0, sizeof attempt.receipt_error);
    if (size) memcpy(attempt.receipt_error, receipt->error.at, size);
    err = put(books, ROW_ATTEMPT, &attempt);
    return err ? err : receipt_move(books, op, &attempt);
}

/* ---- Receipts that wait, inbound ----------------------------------------------------------- */

static enum err apply_park(struct books *books, struct store_op *op)
{
    return insert(books, ROW_PARKED, op->park);
}

static enum err remove_id(struct books *books, enum row_type type, uint64_t id)
{
    enum err err = books->rows->kind->remove(books->rows, type, row_id(id));
    if (!err && type != ROW_PROVIDER) books_key_removed(books, id);
    return err;
}

static enum err apply_unpark(struct books *books, struct store_op *op)
{
    return remove_id(books, ROW_PARKED, op->unpark);
}

static enum err apply_inbound(struct books *books, struct store_op *op)
{
    struct book *book;
    enum err err = books_get(books, op->inbound->account, &book);
    if (err) return err;
    struct inbound_row row = {.inbound = *op->inbound, .prev = book->last_inbound};
    err = insert(books, ROW_INBOUND, &row);
    if (err) return err;
    book->last_inbound = op->inbound->id.v;
    books_touch(books, book);
    return ERR_OK;
}

static enum err apply_part(struct books *books, struct store_op *op)
{
    return insert(books, ROW_PART, op->part);
}

static enum err apply_delete_part(struct books *books, struct store_op *op)
{
    return remove_id(books, ROW_PART, op->part_id);
}

static enum err apply_pushed(struct books *books, struct store_op *op)
{
    struct arena arena = {0};
    struct inbound_row row;
    enum err err = books->rows->kind->get(books->rows, ROW_INBOUND, row_id(op->pushed.inbound.v),
                                          &arena, &row);
    if (!err) {
        row.inbound.push = PUSH_DONE;
        row.inbound.push_status = op->pushed.status;
        err = put(books, ROW_INBOUND, &row);
    }
    arena_done(&arena);
    return err;
}

/* ---- The catalogue ------------------------------------------------------------------------- */

static enum err apply_put_account(struct books *books, struct store_op *op)
{
    /* An account has a book from the start: that it has one says that it exists. */
    struct book *book;
    enum err err = books_get(books, op->account->id, &book);
    if (err) return err;
    books_touch(books, book);
    return put(books, ROW_ACCOUNT, op->account);
}

static enum err apply_put_key(struct books *books, struct store_op *op)
{
    return put(books, ROW_KEY, op->key);
}

static enum err apply_delete_key(struct books *books, struct store_op *op)
{
    return remove_id(books, ROW_KEY, op->key_id.v);
}

static enum err apply_put_shortcode(struct books *books, struct store_op *op)
{
    return put(books, ROW_SHORTCODE, op->shortcode);
}

static enum err apply_delete_shortcode(struct books *books, struct store_op *op)
{
    return books->rows->kind->remove(books->rows, ROW_SHORTCODE, row_word(op->word));
}

static enum err apply_put_provider(struct books *books, struct store_op *op)
{
    return put(books, ROW_PROVIDER, op->provider);
}

static enum err apply_delete_provider(struct books *books, struct store_op *op)
{
    return remove_id(books, ROW_PROVIDER, op->provider_id.v);
}

static enum err apply_put_route(struct books *books, struct store_op *op)
{
    struct route_row row = route_row_of(op->route);
    return put(books, ROW_ROUTE, &row);
}

static enum err apply_delete_route(struct books *books, struct store_op *op)
{
    return books->rows->kind->remove(books->rows, ROW_ROUTE, row_word(op->destination));
}

static enum err apply_put_meta(struct books *books, struct store_op *op)
{
    struct meta_row row = {op->meta.name, op->meta.value};
    return put(books, ROW_META, &row);
}

typedef enum err (*apply_one)(struct books *books, struct store_op *op);
static const apply_one applies[] = {
    [STORE_ACCEPT] = apply_accept,
    [STORE_LEDGER] = apply_ledger,
    [STORE_ATTEMPT] = apply_attempt,
    [STORE_ANSWER] = apply_answer,
    [STORE_FINISH] = apply_finish,
    [STORE_RECEIPT] = apply_receipt,
    [STORE_PARK] = apply_park,
    [STORE_UNPARK] = apply_unpark,
    [STORE_INBOUND] = apply_inbound,
    [STORE_PUSHED] = apply_pushed,
    [STORE_PART] = apply_part,
    [STORE_DELETE_PART] = apply_delete_part,
    [STORE_PUT_ACCOUNT] = apply_put_account,
    [STORE_PUT_KEY] = apply_put_key,
    [STORE_DELETE_KEY] = apply_delete_key,
    [STORE_PUT_SHORTCODE] = apply_put_shortcode,
    [STORE_DELETE_SHORTCODE] = apply_delete_shortcode,
    [STORE_PUT_PROVIDER] = apply_put_provider,
    [STORE_DELETE_PROVIDER] = apply_delete_provider,
    [STORE_PUT_ROUTE] = apply_put_route,
    [STORE_DELETE_ROUTE] = apply_delete_route,
    [STORE_PUT_META] = apply_put_meta,
};

enum err apply_op(struct books *books, struct store_op *op)
{
    assert(op->kind < sizeof applies / sizeof *applies);
    op->available = 0;
    op->state_before = op->state_after = RECIPIENT_NEW;
    op->result = applies[op->kind](books, op);
    return op->result == ERR_STORE_UNAVAILABLE ? ERR_STORE_UNAVAILABLE : ERR_OK;
}
