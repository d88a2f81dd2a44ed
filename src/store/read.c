#include "store/book.h"
#include "store/read_inside.h"

/* Rows fetched at once by the visits at start. */
#define VISIT_PAGE 256

/* ---- The catalogue ------------------------------------------------------------------------- */

static void visit_row(const struct store_visitor *visitor, enum row_type type, const void *row)
{
    void *user = visitor->user;
    union {
        struct route route;
        struct plan_terms plan;
        struct rate rate;
        struct block block;
    } made;
    switch (type) {
    case ROW_ACCOUNT:
        visitor->account(user, row);
        break;
    case ROW_KEY:
        visitor->key(user, row);
        break;
    case ROW_SHORTCODE:
        visitor->shortcode(user, row);
        break;
    case ROW_PROVIDER:
        visitor->provider(user, row);
        break;
    case ROW_ROUTE:
        made.route = route_of_row(row);
        visitor->route(user, &made.route);
        break;
    case ROW_PARKED:
        visitor->parked(user, row);
        break;
    case ROW_SENDER:
        visitor->sender(user, row);
        break;
    case ROW_TEMPLATE:
        visitor->template(user, row);
        break;
    case ROW_WEBHOOK:
        visitor->webhook(user, row);
        break;
    case ROW_PLAN:
        made.plan = plan_of_row(row);
        visitor->plan(user, &made.plan);
        break;
    case ROW_RATE:
        made.rate = rate_of_row(row);
        visitor->rate(user, &made.rate);
        break;
    case ROW_BLOCK:
        made.block = block_of_row(row);
        visitor->block(user, &made.block);
        break;
    case ROW_KEY_PAGE:
        visitor->key_page(user, row);
        break;
    case ROW_REPLAY:
        visitor->replay(user, row);
        break;
    default:
        visitor->part(user, row);
    }
}

static enum err visit_type(struct store_reader *reader, const struct store_visitor *visitor,
                           enum row_type type)
{
    size_t size = row_kinds[type].size;
    struct arena arena = {0};
    struct row_list list;
    struct row_scan next = {.type = type, .max = VISIT_PAGE};
    enum err err;
    do {
        struct arena page = {0};
        err = scan(reader, &next, &page, &list);
        if (err) list.count = 0;
        for (size_t i = 0; i < list.count; i++)
            visit_row(visitor, type, list.at + i * size);
        /* The cursor may point into the page, so this page lives until the next one is read. */
        if (list.count) next.after = row_key_of(type, list.at + (list.count - 1) * size);
        arena_done(&arena);
        arena = page;
    } while (!err && list.count == VISIT_PAGE);
    arena_done(&arena);
    return err;
}

enum err store_visit(struct store_reader *reader, const struct store_visitor *visitor)
{
    const struct {
        enum row_type type;
        bool wanted;
    } visits[] = {
        {ROW_ACCOUNT, visitor->account != NULL},     {ROW_KEY, visitor->key != NULL},
        {ROW_SHORTCODE, visitor->shortcode != NULL}, {ROW_PROVIDER, visitor->provider != NULL},
        {ROW_ROUTE, visitor->route != NULL},         {ROW_PARKED, visitor->parked != NULL},
        {ROW_PART, visitor->part != NULL},           {ROW_SENDER, visitor->sender != NULL},
        {ROW_TEMPLATE, visitor->template != NULL},   {ROW_WEBHOOK, visitor->webhook != NULL},
        {ROW_PLAN, visitor->plan != NULL},           {ROW_RATE, visitor->rate != NULL},
        {ROW_BLOCK, visitor->block != NULL},         {ROW_KEY_PAGE, visitor->key_page != NULL},
        {ROW_REPLAY, visitor->replay != NULL},
    };
    enum err err = read_begin(reader);
    if (err) return err;
    for (size_t i = 0; !err && i < sizeof visits / sizeof *visits; i++)
        if (visits[i].wanted) err = visit_type(reader, visitor, visits[i].type);
    read_end(reader);
    return err;
}

static enum err read_meta(struct store_reader *reader, struct slice name, struct arena *arena,
                          struct slice *out_value)
{
    struct meta_row row;
    enum err err = reader->rows->kind->get(reader->rows, ROW_META, row_word(name), arena, &row);
    if (!err) *out_value = row.value;
    return err;
}

enum err store_meta(struct store_reader *reader, struct slice name, struct arena *arena,
                    struct slice *out_value)
{
    enum err err = read_begin(reader);
    if (err) return err;
    err = read_meta(reader, name, arena, out_value);
    read_end(reader);
    return err;
}

/* The largest key among the rows there are and those that were removed. */
static enum err read_last_key(struct store_reader *reader, uint64_t *out)
{
    static const enum row_type types[] = {
        ROW_ACCOUNT, ROW_KEY,      ROW_MESSAGE, ROW_LEDGER, ROW_INBOUND, ROW_PARKED, ROW_PART,
        ROW_SENDER,  ROW_TEMPLATE, ROW_WEBHOOK, ROW_REPLAY, ROW_EVENT,   ROW_TRY,
    };
    uint64_t last = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        uint64_t id = 0;
        enum err err = reader->rows->kind->last(reader->rows, types[i], &id);
        if (err) return err;
        if (id > last) last = id;
    }
    struct arena arena = {0};
    struct slice text = {0};
    uint64_t removed = 0;
    enum err err = read_meta(reader, SLICE(META_REMOVED_KEY), &arena, &text);
    if (!err && slice_u64(text, &removed) && removed > last) last = removed;
    arena_done(&arena);
    if (err && err != ERR_NOT_FOUND) return err;
    *out = last;
    return ERR_OK;
}

enum err store_last_ids(struct store_reader *reader, uint64_t *out_key, uint64_t *out_recipient)
{
    uint64_t key = 0, recipient = 0;
    enum err err = read_begin(reader);
    if (err) return err;
    err = read_last_key(reader, &key);
    if (!err) err = reader->rows->kind->last(reader->rows, ROW_RECIPIENT, &recipient);
    read_end(reader);
    if (err) return err;
    *out_key = key;
    *out_recipient = recipient;
    return ERR_OK;
}

/* ---- Money -------------------------------------------------------------------------------- */

enum err store_balance(struct store_reader *reader, struct account_id account, enum asset asset,
                       struct balance *out)
{
    struct book book;
    enum err err = read_one(reader, ROW_BOOK, account.v, NULL, &book);
    if (!err) *out = book.balances[asset];
    return err;
}

/* ---- Messages, recipients, attempts -------------------------------------------------------- */

enum err store_message(struct store_reader *reader, struct message_id id, struct arena *arena,
                       struct message *out)
{
    struct message_row row;
    enum err err = read_one(reader, ROW_MESSAGE, id.v, arena, &row);
    if (!err) *out = row.message;
    return err;
}

enum err store_attempt(struct store_reader *reader, struct attempt_id id, struct attempt *out)
{
    return read_one(reader, ROW_ATTEMPT, id.v, NULL, out);
}

static enum err read_attempts(struct store_reader *reader, struct arena *arena,
                              struct store_recipient *out)
{
    struct row_scan attempts = {
        .type = ROW_ATTEMPT,
        .after = row_id(attempt_id_of(out->recipient.id, 0).v),
        .until = attempt_id_of(out->recipient.id, ATTEMPTS_MAX).v,
        .max = ATTEMPTS_MAX,
    };
    struct row_list list;
    enum err err = scan(reader, &attempts, arena, &list);
    if (err) return err;
    out->attempts = (struct attempt *)(void *)list.at;
    out->attempt_count = list.count;
    return ERR_OK;
}

/* The message and the attempts that belong to `out->recipient`. */
static enum err read_story(struct store_reader *reader, struct arena *arena,
                           struct store_recipient *out)
{
    struct message_row row;
    enum err err = get(reader, ROW_MESSAGE, out->recipient.message.v, arena, &row);
    if (err) return ERR_STORE_UNAVAILABLE;
    out->message = row.message;
    return read_attempts(reader, arena, out);
}

enum err store_recipient(struct store_reader *reader, struct recipient_id id, struct arena *arena,
                         struct store_recipient *out)
{
    struct store_recipient story = {0};
    enum err err = read_begin(reader);
    if (err) return err;
    err = get(reader, ROW_RECIPIENT, id.v, NULL, &story.recipient);
    if (!err) err = read_story(reader, arena, &story);
    read_end(reader);
    if (!err) *out = story;
    return err;
}

enum err read_message_story(struct store_reader *reader, struct arena *arena,
                            struct store_recipient *out)
{
    enum err err =
        get(reader, ROW_RECIPIENT, message_recipient(&out->message).v, NULL, &out->recipient);
    /* A message without its recipient: the file is damaged. */
    return err ? ERR_STORE_UNAVAILABLE : read_attempts(reader, arena, out);
}

enum err store_story(struct store_reader *reader, struct message_id id, struct arena *arena,
                     struct store_recipient *out)
{
    struct message_row row = {0};
    enum err err = read_begin(reader);
    if (err) return err;
    err = get(reader, ROW_MESSAGE, id.v, arena, &row);
    struct store_recipient story = {.message = row.message};
    if (!err) err = read_message_story(reader, arena, &story);
    read_end(reader);
    if (!err) *out = story;
    return err;
}

enum err store_waiting_page(struct store_reader *reader, struct provider_id provider,
                            struct recipient_id after, struct arena *arena, size_t max,
                            struct store_recipient **out, size_t *out_count)
{
    struct row_scan waiting = {
        .type = ROW_RECIPIENT,
        .filter = ROWS_WAITING,
        .argument = provider.v,
        .after = row_id(after.v),
        .max = max,
    };
    struct row_list list;
    struct store_recipient *stories = NULL;
    enum err err = read_begin(reader);
    if (err) return err;
    err = scan(reader, &waiting, arena, &list);
    if (!err && list.count) stories = ARENA_ARRAY(arena, struct store_recipient, list.count);
    for (size_t i = 0; !err && i < list.count; i++) {
        stories[i].recipient = ((const struct recipient *)(void *)list.at)[i];
        err = read_story(reader, arena, &stories[i]);
    }
    read_end(reader);
    if (err) return err;
    *out = stories;
    *out_count = list.count;
    return ERR_OK;
}

/* Ids of recipients grow with those of messages, so the first message of the time names the first
   attempt of interest. */
static enum err first_attempt_since(struct store_reader *reader, uint64_t since_ms, uint64_t *out)
{
    struct row_scan messages = {
        .type = ROW_MESSAGE,
        .after = row_id(since_ms ? id_first_at(since_ms) - 1 : 0),
        .max = 1,
    };
    struct arena arena = {0};
    struct row_list list;
    enum err err = scan(reader, &messages, &arena, &list);
    if (!err && list.count == 0) err = ERR_NOT_FOUND;
    if (!err) {
        const struct message_row *row = (const struct message_row *)(void *)list.at;
        *out = attempt_id_of(row->message.first_recipient, 0).v;
    }
    arena_done(&arena);
    return err;
}

enum err store_open_attempts(struct store_reader *reader, uint64_t since_ms,
                             struct attempt_id after, struct arena *arena, size_t max,
                             struct attempt **out, size_t *out_count)
{
    uint64_t from = 0;
    struct row_list list = {0};
    enum err err = read_begin(reader);
    if (err) return err;
    err = first_attempt_since(reader, since_ms, &from);
    if (!err) {
        struct row_scan open = {
            .type = ROW_ATTEMPT,
            .filter = ROWS_OPEN,
            .after = row_id(after.v > from ? after.v : from),
            .max = max,
        };
        err = scan(reader, &open, arena, &list);
    }
    read_end(reader);
    if (err && err != ERR_NOT_FOUND) return err;
    *out = (struct attempt *)(void *)list.at;
    *out_count = list.count;
    return ERR_OK;
}

/* ---- Inbound ------------------------------------------------------------------------------- */

enum err store_inbound(struct store_reader *reader, struct inbound_id id, struct arena *arena,
                       struct inbound *out)
{
    struct inbound_row row;
    enum err err = read_one(reader, ROW_INBOUND, id.v, arena, &row);
    if (!err) *out = row.inbound;
    return err;
}
