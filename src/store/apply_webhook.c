#include "store/apply_inside.h"

/* How many enabled webhooks an account has stands in its book, so that a message whose account has
   none costs nothing to tell. */
static enum err count_webhook(struct books *books, struct account_id account, int change)
{
    if (change == 0) return ERR_OK;
    struct book *book;
    enum err err = books_get(books, account, &book);
    if (err) return err;
    book->webhooks += (uint32_t)change;
    books_touch(books, book);
    return ERR_OK;
}

enum err apply_put_webhook(struct books *books, struct store_op *op)
{
    struct arena arena = {0};
    struct webhook_row old = {0};
    enum err err = get(books, ROW_WEBHOOK, op->webhook->id.v, &arena, &old);
    struct webhook_row row = {.webhook = *op->webhook, .last_try = old.last_try};
    arena_done(&arena);
    if (err && err != ERR_NOT_FOUND) return err;
    err = put(books, ROW_WEBHOOK, &row);
    if (err) return err;
    return count_webhook(books, row.webhook.account, row.webhook.enabled - old.webhook.enabled);
}

enum err apply_delete_webhook(struct books *books, struct store_op *op)
{
    struct arena arena = {0};
    struct webhook_row row;
    enum err err = get(books, ROW_WEBHOOK, op->webhook_id.v, &arena, &row);
    arena_done(&arena);
    if (!err) err = books->rows->kind->remove(books->rows, ROW_WEBHOOK, row_id(op->webhook_id.v));
    if (err) return err;
    books_key_removed(books, op->webhook_id.v);
    return count_webhook(books, row.webhook.account, -row.webhook.enabled);
}

enum err tell(struct books *books, struct store_op *op, const struct recipient *recipient,
              struct news news)
{
    struct event event = {
        .id = news.id,
        .account = news.account,
        .message = recipient->message,
        .recipient = recipient->id,
        .at_ms = recipient->changed_at_ms,
    };
    if (!recipient->tells || !event_of_state(news.state, &event.type)) return ERR_OK;
    struct book *book;
    enum err err = books_get(books, news.account, &book);
    if (err || book->webhooks == 0) return err;
    op->told_events = true;
    return expect(insert(books, ROW_EVENT, &event));
}

enum err apply_delivery(struct books *books, struct store_op *op)
{
    enum err err = insert(books, ROW_DELIVERY, op->delivery);
    return err == ERR_ALREADY_EXISTS ? ERR_OK : err;
}

/* The tries of a webhook that is gone are kept, and nobody asks for them. */
static enum err keep_try(struct books *books, const struct delivery_try *made)
{
    struct arena arena = {0};
    struct webhook_row webhook;
    struct try_row row = {.made = *made};
    enum err err = get(books, ROW_WEBHOOK, made->webhook.v, &arena, &webhook);
    if (!err) {
        row.prev = webhook.last_try;
        webhook.last_try = made->id;
        err = put(books, ROW_WEBHOOK, &webhook);
    } else if (err == ERR_NOT_FOUND) {
        err = ERR_OK;
    }
    arena_done(&arena);
    return err ? err : expect(insert(books, ROW_TRY, &row));
}

enum err apply_delivered(struct books *books, struct store_op *op)
{
    const struct store_delivered *delivered = &op->delivered;
    enum err err =
        books->rows->kind->remove(books->rows, ROW_DELIVERY, row_word(slice_cstr(delivered->key)));
    if (!err && delivered->made) err = keep_try(books, delivered->made);
    if (!err && delivered->next) err = put(books, ROW_DELIVERY, delivered->next);
    return err;
}
