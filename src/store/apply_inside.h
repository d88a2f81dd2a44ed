/* What the files of apply share. Every function returns the operation's result; among them
   ERR_STORE_UNAVAILABLE ends the group. */
#pragma once

#include "store/apply.h"

static inline enum err insert(struct books *books, enum row_type type, const void *row)
{
    return books->rows->kind->insert(books->rows, type, row);
}

static inline enum err put(struct books *books, enum row_type type, const void *row)
{
    return books->rows->kind->put(books->rows, type, row);
}

static inline enum err get(struct books *books, enum row_type type, uint64_t id,
                           struct arena *arena, void *out)
{
    return books->rows->kind->get(books->rows, type, row_id(id), arena, out);
}

/* Rows that other rows stand upon cannot be missing or double: the file would be damaged. */
static inline enum err expect(enum err err)
{
    return err ? ERR_STORE_UNAVAILABLE : ERR_OK;
}

/* apply_money.c */
enum err apply_ledger(struct books *books, struct store_op *op);
enum err apply_quota(struct books *books, struct store_op *op);
/* How an accepted message is paid: by `quota` segments, and by `price` for the rest. */
struct payment {
    uint32_t quota;
    int64_t price;
};
/* Changes nothing. ERR_NO_CREDIT. */
enum err payment_of(const struct store_accept *accept, const struct book *book,
                    struct payment *out);
/* Charges what the message, as it is written now, says. */
enum err payment_take(struct books *books, const struct store_accept *accept,
                      int64_t *out_available);
/* Pays back what the recipient's final state asks for, given its attempts. */
struct ended {
    const struct message *message;
    const struct recipient *recipient;
    const struct attempt *attempts;
    size_t attempt_count;
    const struct store_keys *keys;
};
enum err refund(struct books *books, const struct ended *ended, int64_t *out_available);

/* apply_plain.c: what is kept as it is given, and what says nothing about a message. */
enum err apply_plain(struct books *books, struct store_op *op);
enum err apply_put_account(struct books *books, struct store_op *op);
enum err apply_put_route(struct books *books, struct store_op *op);
enum err apply_put_plan(struct books *books, struct store_op *op);
enum err apply_put_rate(struct books *books, struct store_op *op);
enum err apply_delete_rate(struct books *books, struct store_op *op);
enum err apply_put_block(struct books *books, struct store_op *op);
enum err apply_delete_block(struct books *books, struct store_op *op);
enum err apply_put_meta(struct books *books, struct store_op *op);
enum err apply_inbound(struct books *books, struct store_op *op);
enum err apply_pushed(struct books *books, struct store_op *op);
enum err apply_replay(struct books *books, struct store_op *op);
enum err apply_forget_replays(struct books *books, struct store_op *op);

/* apply_webhook.c */
enum err apply_put_webhook(struct books *books, struct store_op *op);
enum err apply_delete_webhook(struct books *books, struct store_op *op);
enum err apply_delivery(struct books *books, struct store_op *op);
enum err apply_delivered(struct books *books, struct store_op *op);
/* An event for a recipient that tells, when its account has webhooks and the state is something to
   tell. */
struct news {
    struct event_id id;
    struct account_id account;
    enum recipient_state state;
};
enum err tell(struct books *books, struct store_op *op, const struct recipient *recipient,
              struct news news);
