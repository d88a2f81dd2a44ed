#include <assert.h>

#include "store/apply_inside.h"

/* ---- Rows as they are given ---------------------------------------------------------------- */

enum plain_verb { PLAIN_NONE, PLAIN_INSERT, PLAIN_PUT, PLAIN_REMOVE };

/* Where the operation has its row, or to remove it its id or word. */
struct plain {
    enum plain_verb verb;
    enum row_type type;
    size_t at;
};
#define AT(field) offsetof(struct store_op, field)
static const struct plain plains[] = {
    [STORE_ATTEMPT] = {PLAIN_PUT, ROW_ATTEMPT, AT(attempt.attempt)},
    [STORE_PARK] = {PLAIN_INSERT, ROW_PARKED, AT(park)},
    [STORE_UNPARK] = {PLAIN_REMOVE, ROW_PARKED, AT(unpark)},
    [STORE_PART] = {PLAIN_INSERT, ROW_PART, AT(part)},
    [STORE_DELETE_PART] = {PLAIN_REMOVE, ROW_PART, AT(part_id)},
    [STORE_PUT_KEY_PAGE] = {PLAIN_PUT, ROW_KEY_PAGE, AT(key_page)},
    [STORE_DELETE_KEY_PAGE] = {PLAIN_REMOVE, ROW_KEY_PAGE, AT(key_page_id)},
    [STORE_PUT_KEY] = {PLAIN_PUT, ROW_KEY, AT(key)},
    [STORE_DELETE_KEY] = {PLAIN_REMOVE, ROW_KEY, AT(key_id)},
    [STORE_PUT_SHORTCODE] = {PLAIN_PUT, ROW_SHORTCODE, AT(shortcode)},
    [STORE_DELETE_SHORTCODE] = {PLAIN_REMOVE, ROW_SHORTCODE, AT(word)},
    [STORE_PUT_PROVIDER] = {PLAIN_PUT, ROW_PROVIDER, AT(provider)},
    [STORE_DELETE_PROVIDER] = {PLAIN_REMOVE, ROW_PROVIDER, AT(provider_id)},
    [STORE_DELETE_ROUTE] = {PLAIN_REMOVE, ROW_ROUTE, AT(destination)},
    [STORE_PUT_SENDER] = {PLAIN_PUT, ROW_SENDER, AT(sender)},
    [STORE_PUT_TEMPLATE] = {PLAIN_PUT, ROW_TEMPLATE, AT(template)},
    [STORE_DELETE_TEMPLATE] = {PLAIN_REMOVE, ROW_TEMPLATE, AT(template_id)},
};

static enum err plain_remove(struct books *books, enum row_type type, const void *at)
{
    const struct rows_kind *kind = books->rows->kind;
    if (row_kinds[type].key_is_word)
        return kind->remove(books->rows, type, row_word(*(const struct slice *)at));
    struct column id = row_kinds[type].columns[0];
    id.offset = 0;
    uint64_t key = column_uint(&id, at);
    enum err err = kind->remove(books->rows, type, row_id(key));
    if (!err && type != ROW_PROVIDER) books_key_removed(books, key);
    return err;
}

enum err apply_plain(struct books *books, struct store_op *op)
{
    assert(op->kind < sizeof plains / sizeof *plains);
    const struct plain *plain = &plains[op->kind];
    const void *at = (const char *)op + plain->at, *row;
    if (plain->verb == PLAIN_REMOVE) return plain_remove(books, plain->type, at);
    memcpy(&row, at, sizeof row);
    if (plain->verb == PLAIN_INSERT) return insert(books, plain->type, row);
    assert(plain->verb == PLAIN_PUT);
    return put(books, plain->type, row);
}

/* ---- The catalogue's others ---------------------------------------------------------------- */

enum err apply_put_account(struct books *books, struct store_op *op)
{
    /* An account has a book from the start: that it has one says that it exists. */
    struct book *book;
    enum err err = books_get(books, op->account->id, &book);
    if (err) return err;
    books_touch(books, book);
    return put(books, ROW_ACCOUNT, op->account);
}

enum err apply_put_route(struct books *books, struct store_op *op)
{
    struct route_row row = route_row_of(op->route);
    return put(books, ROW_ROUTE, &row);
}

enum err apply_put_plan(struct books *books, struct store_op *op)
{
    struct plan_row row = plan_row_of(op->plan);
    return put(books, ROW_PLAN, &row);
}

static enum err remove_word(struct books *books, enum row_type type, const char *word)
{
    return books->rows->kind->remove(books->rows, type, row_word(slice_cstr(word)));
}

enum err apply_put_rate(struct books *books, struct store_op *op)
{
    struct rate_row row = rate_row_of(op->rate);
    return put(books, ROW_RATE, &row);
}

enum err apply_delete_rate(struct books *books, struct store_op *op)
{
    return remove_word(books, ROW_RATE, rate_row_of(op->rate).name);
}

enum err apply_put_block(struct books *books, struct store_op *op)
{
    struct block_row row = block_row_of(op->block);
    return put(books, ROW_BLOCK, &row);
}

enum err apply_delete_block(struct books *books, struct store_op *op)
{
    return remove_word(books, ROW_BLOCK, block_row_of(op->block).name);
}

enum err apply_put_meta(struct books *books, struct store_op *op)
{
    struct meta_row row = {op->meta.name, op->meta.value};
    return put(books, ROW_META, &row);
}

/* ---- Inbound ------------------------------------------------------------------------------- */

enum err apply_inbound(struct books *books, struct store_op *op)
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

enum err apply_pushed(struct books *books, struct store_op *op)
{
    struct arena arena = {0};
    struct inbound_row row;
    enum err err = get(books, ROW_INBOUND, op->pushed.inbound.v, &arena, &row);
    if (!err) {
        row.inbound.push = PUSH_DONE;
        row.inbound.push_status = op->pushed.status;
        err = put(books, ROW_INBOUND, &row);
    }
    arena_done(&arena);
    return err;
}

/* ---- What is done once --------------------------------------------------------------------- */

enum err apply_replay(struct books *books, struct store_op *op)
{
    struct arena arena = {0};
    struct replay row = op->replay.row;
    if (op->replay.outcome_count > 0)
        row.body = outcomes_write(op->replay.outcomes, op->replay.outcome_count, &arena);
    enum err err = insert(books, ROW_REPLAY, &row);
    arena_done(&arena);
    return err;
}

/* Bodies are read with their rows, so a few rows at a time. */
#define FORGET_PAGE  256
#define FORGET_PAGES 16

static enum err forget_page(struct books *books, uint64_t until, struct arena *arena,
                            size_t *out_count)
{
    struct row_scan scan = {.type = ROW_REPLAY, .until = until, .max = FORGET_PAGE};
    struct row_list list = {.type = ROW_REPLAY};
    enum err err = books->rows->kind->scan(books->rows, &scan, arena, &list);
    const struct replay *replays = (const struct replay *)(void *)list.at;
    for (size_t i = 0; !err && i < list.count; i++)
        err = expect(plain_remove(books, ROW_REPLAY, &replays[i].id));
    *out_count = list.count;
    return err;
}

enum err apply_forget_replays(struct books *books, struct store_op *op)
{
    size_t count = op->forget_replays ? FORGET_PAGE : 0;
    enum err err = ERR_OK;
    for (size_t page = 0; !err && count == FORGET_PAGE && page < FORGET_PAGES; page++) {
        struct arena arena = {0};
        err = forget_page(books, op->forget_replays, &arena, &count);
        op->available += (int64_t)count;
        arena_done(&arena);
    }
    return err;
}
