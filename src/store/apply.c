#include <assert.h>

#include "store/apply_inside.h"

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

static bool may_pay_back(const struct recipient *recipient)
{
    return recipient_is_final(recipient->state) && recipient->state != RECIPIENT_DELIVERED &&
           recipient->state != RECIPIENT_TIMEOUT;
}

static enum err refund_moved(struct books *books, const struct message *message,
                             const struct recipient *recipient, const struct store_keys *keys,
                             struct arena *arena)
{
    bool is_paid = message->price != 0 || message->quota != 0;
    if (!is_paid || message->refund == REFUND_NEVER) return ERR_OK;
    struct row_list list = {.type = ROW_ATTEMPT};
    enum err err = attempts_of(books, recipient->id, arena, &list);
    if (err) return err;
    struct ended ended = {
        .message = message,
        .recipient = recipient,
        .attempts = (const struct attempt *)(void *)list.at,
        .attempt_count = list.count,
        .keys = keys,
    };
    int64_t available;
    return refund(books, &ended, &available);
}

/* What the recipient's new state brings: money back, and an event. */
static enum err settle(struct books *books, struct store_op *op, const struct recipient *recipient,
                       const struct store_keys *keys)
{
    bool pays = may_pay_back(recipient);
    if (!pays && !recipient->tells) return ERR_OK;
    struct arena arena = {0};
    struct message_row row;
    enum err err = expect(get(books, ROW_MESSAGE, recipient->message.v, &arena, &row));
    if (!err && pays) err = refund_moved(books, &row.message, recipient, keys, &arena);
    struct news news = {keys->event, row.message.account, recipient->state};
    if (!err) err = tell(books, op, recipient, news);
    arena_done(&arena);
    return err;
}

struct move {
    enum recipient_state state;
    uint64_t at_ms;
    const struct store_keys *keys;
};

/* ERR_STALE: the state table has no such move, and the recipient is as it was. */
static enum err move(struct books *books, struct store_op *op, struct recipient *recipient,
                     struct move move)
{
    enum recipient_state before = recipient->state;
    if (!recipient_may_move(before, move.state)) return ERR_STALE;
    recipient->state = op->state_after = move.state;
    recipient->changed_at_ms = move.at_ms;
    enum err err = put(books, ROW_RECIPIENT, recipient);
    if (err || before == move.state) return err;
    return settle(books, op, recipient, move.keys);
}

static enum err get_recipient(struct books *books, struct recipient_id id, struct store_op *op,
                              struct recipient *out)
{
    enum err err = get(books, ROW_RECIPIENT, id.v, NULL, out);
    if (!err) op->state_before = op->state_after = out->state;
    return err;
}

/* As much of the text as an array of `size` bytes holds. */
static void set_text(char *out, size_t size, struct slice text)
{
    if (text.size > size - 1) text.size = size - 1;
    memset(out, 0, size);
    if (text.size) memcpy(out, text.at, text.size);
}
#define SET_TEXT(array, text) set_text((array), sizeof(array), (text))

/* ---- Accepting ----------------------------------------------------------------------------- */

/* The message with its recipient, in front of its account's chains. */
static enum err insert_message(struct books *books, const struct store_accept *accept,
                               struct book *book)
{
    const struct message *message = accept->message;
    uint64_t *door = &book->doors[door_of(message->dialect, message->test)];
    struct message_row row = {.message = *message, .prev = book->last_message, .prev_door = *door};
    enum err err = insert(books, ROW_MESSAGE, &row);
    if (err) return err;
    book->last_message = *door = message->id.v;
    books_touch(books, book);
    err = expect(insert(books, ROW_RECIPIENT, accept->recipient));
    for (size_t i = 0; !err && i < accept->attempt_count; i++)
        err = expect(insert(books, ROW_ATTEMPT, &accept->attempts[i]));
    if (err || accept->recipient->state != RECIPIENT_SCHEDULED) return err;
    struct store_due due = {due_key_of(message->send_at_ms, accept->recipient->id), message->id};
    return expect(insert(books, ROW_DUE, &due));
}

/* What follows for one that is final at birth, and who is told. */
static enum err accept_settle(struct books *books, struct store_op *op)
{
    const struct store_accept *accept = &op->accept;
    const struct message *message = accept->message;
    const struct recipient *recipient = accept->recipient;
    enum err err = ERR_OK;
    if (recipient->state != RECIPIENT_SCHEDULED)
        err = tell(books, op, recipient,
                   (struct news){accept->queued_event, message->account, RECIPIENT_QUEUED});
    if (err || !recipient_is_final(recipient->state)) return err;
    struct ended ended = {
        .message = message,
        .recipient = recipient,
        .attempts = accept->attempts,
        .attempt_count = accept->attempt_count,
        .keys = &accept->keys,
    };
    err = refund(books, &ended, &op->available);
    if (err) return err;
    return tell(books, op, recipient,
                (struct news){accept->keys.event, message->account, recipient->state});
}

static enum err accept_message(struct books *books, struct store_op *op)
{
    const struct store_accept *accept = &op->accept;
    struct message *message = accept->message;
    struct book *book;
    enum err err = books_get(books, message->account, &book);
    if (err) return err;
    op->available = book->balances[message->asset].available;
    struct payment payment, asked = {message->quota, message->price};
    err = payment_of(accept, book, &payment);
    if (err) return err;

    message->quota = payment.quota;
    message->price = payment.price;
    err = insert_message(books, accept, book);
    if (err) {
        message->quota = asked.quota;
        message->price = asked.price;
        return err;
    }
    err = payment_take(books, accept, &op->available);
    op->state_after = accept->recipient->state;
    return err ? err : accept_settle(books, op);
}

static enum err apply_accept(struct books *books, struct store_op *op)
{
    enum err err = accept_message(books, op);
    if (op->accept.told) *op->accept.told = err;
    if (op->accept.told_message && err) *op->accept.told_message = 0;
    return err;
}

/* ---- Messages that wait for their time ----------------------------------------------------- */

static enum err remove_due(struct books *books, uint64_t key)
{
    enum err err = books->rows->kind->remove(books->rows, ROW_DUE, row_id(key));
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* The fresh recipient takes the place of the scheduled one, which is `old`. */
static enum err release(struct books *books, struct store_op *op, struct message_row *row,
                        const struct recipient *old)
{
    const struct store_release *release = &op->release;
    struct recipient fresh = {
        .id = release->recipient,
        .message = old->message,
        .number = old->number,
        .state = release->state,
        .tells = old->tells,
        .provider = release->provider,
        .changed_at_ms = release->at_ms,
    };
    SET_TEXT(fresh.error_word, slice_cstr(release->error_word));
    row->message.released = fresh.id;
    if (fresh.state == RECIPIENT_QUEUED) row->message.first_provider = fresh.provider;
    op->state_after = fresh.state;
    enum err err = expect(books->rows->kind->remove(books->rows, ROW_RECIPIENT, row_id(old->id.v)));
    if (!err) err = expect(insert(books, ROW_RECIPIENT, &fresh));
    if (!err) err = put(books, ROW_MESSAGE, row);
    struct news queued = {release->queued_event, row->message.account, RECIPIENT_QUEUED};
    if (!err) err = tell(books, op, &fresh, queued);
    return err || fresh.state == RECIPIENT_QUEUED ? err : settle(books, op, &fresh, &release->keys);
}

static enum err apply_release(struct books *books, struct store_op *op)
{
    struct arena arena = {0};
    struct message_row row;
    struct recipient old;
    enum err err = remove_due(books, op->release.due);
    if (!err) err = get(books, ROW_MESSAGE, op->release.message.v, &arena, &row);
    if (!err) err = get_recipient(books, message_recipient(&row.message), op, &old);
    if (err == ERR_NOT_FOUND || (!err && old.state != RECIPIENT_SCHEDULED)) err = ERR_STALE;
    if (!err) err = release(books, op, &row, &old);
    arena_done(&arena);
    return err;
}

static enum err apply_cancel(struct books *books, struct store_op *op)
{
    const struct store_cancel *cancel = &op->cancel;
    struct arena arena = {0};
    struct message_row row;
    struct recipient recipient;
    enum err err = get(books, ROW_MESSAGE, cancel->message.v, &arena, &row);
    if (!err) err = get_recipient(books, message_recipient(&row.message), op, &recipient);
    if (!err && recipient.state != RECIPIENT_SCHEDULED) err = ERR_STALE;
    if (!err) err = remove_due(books, due_key_of(row.message.send_at_ms, recipient.id));
    if (!err)
        err = move(books, op, &recipient,
                   (struct move){RECIPIENT_CANCELLED, cancel->at_ms, &cancel->keys});
    arena_done(&arena);
    return err;
}

/* ---- On its way ---------------------------------------------------------------------------- */

static enum err apply_answer(struct books *books, struct store_op *op)
{
    const struct store_answer *answer = &op->answer;
    struct attempt attempt;
    enum err err = get(books, ROW_ATTEMPT, answer->attempt.v, NULL, &attempt);
    if (err) return err;
    attempt.state = answer->state;
    attempt.answered_at_ms = answer->at_ms;
    attempt.status = answer->status;
    SET_TEXT(attempt.carrier_id, answer->carrier_id);
    SET_TEXT(attempt.error, answer->error);
    SET_TEXT(attempt.error_text, answer->error_text);
    err = put(books, ROW_ATTEMPT, &attempt);
    if (err || answer->recipient_state == RECIPIENT_NEW) return err;

    struct recipient recipient;
    err = get_recipient(books, attempt_recipient(answer->attempt), op, &recipient);
    if (err) return err;
    recipient.provider = answer->provider;
    recipient.error = answer->status;
    if (answer->recipient_state == RECIPIENT_FAILED ||
        answer->recipient_state == RECIPIENT_REJECTED)
        SET_TEXT(recipient.error_word,
                 slice_cstr(answer->error_word ? answer->error_word : attempt.error));
    return move(books, op, &recipient,
                (struct move){answer->recipient_state, answer->at_ms, &answer->keys});
}

static enum err apply_finish(struct books *books, struct store_op *op)
{
    const struct store_finish *finish = &op->finish;
    struct recipient recipient;
    enum err err = get_recipient(books, finish->recipient, op, &recipient);
    if (err) return err;
    if (finish->error_word) SET_TEXT(recipient.error_word, slice_cstr(finish->error_word));
    return move(books, op, &recipient, (struct move){finish->state, finish->at_ms, &finish->keys});
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
    if (verdict == RECIPIENT_FAILED) SET_TEXT(recipient.error_word, receipt->error);
    return move(books, op, &recipient, (struct move){verdict, receipt->at_ms, &receipt->keys});
}

/* The verdict stands; one that says otherwise is noted beside it. */
static enum err late_receipt(struct books *books, struct store_op *op, struct attempt *attempt)
{
    const struct store_receipt *receipt = &op->receipt;
    struct recipient recipient;
    enum err err = get_recipient(books, attempt_recipient(attempt->id), op, &recipient);
    if (!err && receipt->state != attempt->receipt && receipt_is_final(receipt->state)) {
        attempt->late = receipt->state;
        attempt->late_at_ms = receipt->at_ms;
        err = put(books, ROW_ATTEMPT, attempt);
    }
    return err ? err : ERR_STALE;
}

static enum err apply_receipt(struct books *books, struct store_op *op)
{
    const struct store_receipt *receipt = &op->receipt;
    struct attempt attempt;
    enum err err = get(books, ROW_ATTEMPT, receipt->attempt.v, NULL, &attempt);
    if (err) return err;
    if (receipt_is_final(attempt.receipt)) return late_receipt(books, op, &attempt);
    attempt.receipt = receipt->state;
    attempt.receipt_at_ms = receipt->at_ms;
    SET_TEXT(attempt.receipt_error, receipt->error);
    if (receipt->error_text.size) SET_TEXT(attempt.error_text, receipt->error_text);
    /* An earlier receipt may have named it. */
    if (receipt->network.size) SET_TEXT(attempt.network, receipt->network);
    err = put(books, ROW_ATTEMPT, &attempt);
    return err ? err : receipt_move(books, op, &attempt);
}

/* Those that are not here are plain rows. */
typedef enum err (*apply_one)(struct books *books, struct store_op *op);
static const apply_one applies[] = {
    [STORE_ACCEPT] = apply_accept,
    [STORE_LEDGER] = apply_ledger,
    [STORE_QUOTA] = apply_quota,
    [STORE_RELEASE] = apply_release,
    [STORE_CANCEL] = apply_cancel,
    [STORE_ANSWER] = apply_answer,
    [STORE_FINISH] = apply_finish,
    [STORE_RECEIPT] = apply_receipt,
    [STORE_INBOUND] = apply_inbound,
    [STORE_PUSHED] = apply_pushed,
    [STORE_REPLAY] = apply_replay,
    [STORE_FORGET_REPLAYS] = apply_forget_replays,
    [STORE_DELIVERY] = apply_delivery,
    [STORE_DELIVERED] = apply_delivered,
    [STORE_PUT_ACCOUNT] = apply_put_account,
    [STORE_PUT_ROUTE] = apply_put_route,
    [STORE_PUT_WEBHOOK] = apply_put_webhook,
    [STORE_DELETE_WEBHOOK] = apply_delete_webhook,
    [STORE_PUT_PLAN] = apply_put_plan,
    [STORE_PUT_RATE] = apply_put_rate,
    [STORE_DELETE_RATE] = apply_delete_rate,
    [STORE_PUT_BLOCK] = apply_put_block,
    [STORE_DELETE_BLOCK] = apply_delete_block,
    [STORE_PUT_META] = apply_put_meta,
};

enum err apply_op(struct books *books, struct store_op *op)
{
    assert(op->kind < sizeof applies / sizeof *applies);
    op->available = 0;
    op->state_before = op->state_after = RECIPIENT_NEW;
    op->told_events = false;
    op->result = (applies[op->kind] ? applies[op->kind] : apply_plain)(books, op);
    return op->result == ERR_STORE_UNAVAILABLE ? ERR_STORE_UNAVAILABLE : ERR_OK;
}
