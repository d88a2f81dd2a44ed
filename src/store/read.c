#include "store/book.h"
#include "store/reader.h"

/* Rows fetched at once by the visits at start. */
#define VISIT_PAGE 256

static enum err read_begin(struct store_reader *reader)
{
    return reader->rows->kind->read_begin(reader->rows);
}

static void read_end(struct store_reader *reader)
{
    reader->rows->kind->read_end(reader->rows);
}

static enum err get(struct store_reader *reader, enum row_type type, uint64_t id,
                    struct arena *arena, void *out)
{
    return reader->rows->kind->get(reader->rows, type, row_id(id), arena, out);
}

static enum err scan(struct store_reader *reader, const struct row_scan *scan, struct arena *arena,
                     struct row_list *out)
{
    *out = (struct row_list){.type = scan->type};
    return reader->rows->kind->scan(reader->rows, scan, arena, out);
}

/* One row by its id, as a whole read. */
static enum err read_one(struct store_reader *reader, enum row_type type, uint64_t id,
                         struct arena *arena, void *out)
{
    enum err err = read_begin(reader);
    if (err) return err;
    err = get(reader, type, id, arena, out);
    read_end(reader);
    return err;
}

/* ---- The catalogue ------------------------------------------------------------------------- */

static void visit_row(const struct store_visitor *visitor, enum row_type type, const void *row)
{
    struct route route;
    switch (type) {
    case ROW_ACCOUNT:
        visitor->account(visitor->user, row);
        break;
    case ROW_KEY:
        visitor->key(visitor->user, row);
        break;
    case ROW_SHORTCODE:
        visitor->shortcode(visitor->user, row);
        break;
    case ROW_PROVIDER:
        visitor->provider(visitor->user, row);
        break;
    case ROW_ROUTE:
        route = route_of_row(row);
        visitor->route(visitor->user, &route);
        break;
    case ROW_PARKED:
        visitor->parked(visitor->user, row);
        break;
    default:
        visitor->part(visitor->user, row);
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
        {ROW_PART, visitor->part != NULL},
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
    static const enum row_type types[] = {ROW_ACCOUNT, ROW_KEY,    ROW_MESSAGE, ROW_LEDGER,
                                          ROW_INBOUND, ROW_PARKED, ROW_PART};
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

/* ---- An account's chains ------------------------------------------------------------------- */

/* Where the three chains differ. */
struct chain {
    enum row_type type;
    size_t head;              /* of the newest id in struct book */
    size_t id, account, prev; /* in the row */
};
static const struct chain message_chain = {
    ROW_MESSAGE, offsetof(struct book, last_message), offsetof(struct message_row, message.id),
    offsetof(struct message_row, message.account), offsetof(struct message_row, prev)};
static const struct chain ledger_chain = {
    ROW_LEDGER, offsetof(struct book, last_ledger), offsetof(struct ledger_row, entry.id),
    offsetof(struct ledger_row, entry.account), offsetof(struct ledger_row, prev)};
static const struct chain inbound_chain = {
    ROW_INBOUND, offsetof(struct book, last_inbound), offsetof(struct inbound_row, inbound.id),
    offsetof(struct inbound_row, inbound.account), offsetof(struct inbound_row, prev)};

static uint64_t u64_at(const void *base, size_t offset)
{
    return *(const uint64_t *)(const void *)((const char *)base + offset);
}

/* Large enough for a row of any chain. */
union chain_row {
    struct message_row message;
    struct ledger_row ledger;
    struct inbound_row inbound;
};

/* The first id of the page: behind the cursor when that is a row of the chain, else the head. */
static enum err chain_start(struct store_reader *reader, const struct chain *chain,
                            struct account_id account, uint64_t before, uint64_t *out)
{
    struct arena arena = {0};
    union chain_row row;
    enum err err = before ? get(reader, chain->type, before, &arena, &row) : ERR_NOT_FOUND;
    arena_done(&arena);
    if (!err && u64_at(&row, chain->account) == account.v) {
        *out = u64_at(&row, chain->prev);
        return ERR_OK;
    }
    if (err && err != ERR_NOT_FOUND) return err;
    struct book book = {0};
    err = get(reader, ROW_BOOK, account.v, NULL, &book);
    if (err && err != ERR_NOT_FOUND) return err;
    *out = u64_at(&book, chain->head);
    return ERR_OK;
}

static enum err chain_page(struct store_reader *reader, const struct chain *chain,
                           struct account_id account, uint64_t before, struct arena *arena,
                           size_t max, struct row_list *out)
{
    *out = (struct row_list){.type = chain->type};
    enum err err = read_begin(reader);
    if (err) return err;
    uint64_t id = 0;
    err = chain_start(reader, chain, account, before, &id);
    while (!err && id && out->count < max) {
        union chain_row row;
        err = get(reader, chain->type, id, arena, &row);
        if (err) break;
        id = u64_at(&row, chain->prev);
        if (before && u64_at(&row, chain->id) >= before) continue;
        memcpy(row_list_add(out, arena), &row, row_kinds[chain->type].size);
    }
    read_end(reader);
    /* A chain that names a row that is not there: the file is damaged. */
    return err ? ERR_STORE_UNAVAILABLE : ERR_OK;
}

/* The domain's structs stand first in their rows, so a list of rows becomes an array of them. */
static void *unchain(const struct row_list *list, struct arena *arena, size_t size)
{
    if (list->count == 0) return NULL;
    char *at = arena_alloc(arena, size * list->count);
    for (size_t i = 0; i < list->count; i++)
        memcpy(at + i * size, list->at + i * row_kinds[list->type].size, size);
    return at;
}

enum err store_ledger_page(struct store_reader *reader, struct account_id account,
                           struct ledger_id before, struct arena *arena, size_t max,
                           struct ledger_entry **out_entries, size_t *out_count)
{
    struct row_list list;
    enum err err = chain_page(reader, &ledger_chain, account, before.v, arena, max, &list);
    if (err) return err;
    *out_entries = unchain(&list, arena, sizeof **out_entries);
    *out_count = list.count;
    return ERR_OK;
}

enum err store_message_page(struct store_reader *reader, struct account_id account,
                            struct message_id before, struct arena *arena, size_t max,
                            struct message **out_messages, size_t *out_count)
{
    struct row_list list;
    enum err err = chain_page(reader, &message_chain, account, before.v, arena, max, &list);
    if (err) return err;
    *out_messages = unchain(&list, arena, sizeof **out_messages);
    *out_count = list.count;
    return ERR_OK;
}

enum err store_inbound_page(struct store_reader *reader, struct account_id account,
                            struct inbound_id before, struct arena *arena, size_t max,
                            struct inbound **out, size_t *out_count)
{
    struct row_list list;
    enum err err = chain_page(reader, &inbound_chain, account, before.v, arena, max, &list);
    if (err) return err;
    *out = unchain(&list, arena, sizeof **out);
    *out_count = list.count;
    return ERR_OK;
}

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

/* The message and the attempts that belong to `out->recipient`. */
static enum err read_story(struct store_reader *reader, struct arena *arena,
                           struct store_recipient *out)
{
    struct message_row row;
    enum err err = get(reader, ROW_MESSAGE, out->recipient.message.v, arena, &row);
    if (err) return ERR_STORE_UNAVAILABLE;
    struct row_scan attempts = {
        .type = ROW_ATTEMPT,
        .after = row_id(attempt_id_of(out->recipient.id, 0).v),
        .until = attempt_id_of(out->recipient.id, ATTEMPTS_MAX).v,
        .max = ATTEMPTS_MAX,
    };
    struct row_list list;
    err = scan(reader, &attempts, arena, &list);
    if (err) return err;
    out->message = row.message;
    out->attempts = (struct attempt *)(void *)list.at;
    out->attempt_count = list.count;
    return ERR_OK;
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

enum err store_push_page(struct store_reader *reader, struct inbound_id after, struct arena *arena,
                         size_t max, struct inbound **out, size_t *out_count)
{
    struct row_scan pending = {
        .type = ROW_INBOUND,
        .filter = ROWS_TO_PUSH,
        .after = row_id(after.v),
        .max = max,
    };
    struct row_list list;
    enum err err = read_begin(reader);
    if (err) return err;
    err = scan(reader, &pending, arena, &list);
    read_end(reader);
    if (err) return err;
    *out = unchain(&list, arena, sizeof **out);
    *out_count = list.count;
    return ERR_OK;
}
