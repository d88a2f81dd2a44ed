#include "store/book.h"
#include "store/read_inside.h"

/* Where the chains differ. */
struct chain {
    enum row_type type;
    enum row_type head_type; /* of the row that names the newest, by the owner's id */
    size_t head;             /* in that row */
    size_t id, owner, prev;  /* in the chain's rows */
    bool is_door;            /* only messages of this one */
    size_t door;
};
static const struct chain message_chain = {
    .type = ROW_MESSAGE,
    .head_type = ROW_BOOK,
    .head = offsetof(struct book, last_message),
    .id = offsetof(struct message_row, message.id),
    .owner = offsetof(struct message_row, message.account),
    .prev = offsetof(struct message_row, prev),
};
static const struct chain ledger_chain = {
    .type = ROW_LEDGER,
    .head_type = ROW_BOOK,
    .head = offsetof(struct book, last_ledger),
    .id = offsetof(struct ledger_row, entry.id),
    .owner = offsetof(struct ledger_row, entry.account),
    .prev = offsetof(struct ledger_row, prev),
};
static const struct chain inbound_chain = {
    .type = ROW_INBOUND,
    .head_type = ROW_BOOK,
    .head = offsetof(struct book, last_inbound),
    .id = offsetof(struct inbound_row, inbound.id),
    .owner = offsetof(struct inbound_row, inbound.account),
    .prev = offsetof(struct inbound_row, prev),
};
static const struct chain try_chain = {
    .type = ROW_TRY,
    .head_type = ROW_WEBHOOK,
    .head = offsetof(struct webhook_row, last_try),
    .id = offsetof(struct try_row, made.id),
    .owner = offsetof(struct try_row, made.webhook),
    .prev = offsetof(struct try_row, prev),
};

static struct chain door_chain(enum dialect dialect, bool test)
{
    struct chain chain = message_chain;
    chain.is_door = true;
    chain.door = door_of(dialect, test);
    chain.head = offsetof(struct book, doors) + chain.door * sizeof(uint64_t);
    chain.prev = offsetof(struct message_row, prev_door);
    return chain;
}

static uint64_t u64_at(const void *base, size_t offset)
{
    return *(const uint64_t *)(const void *)((const char *)base + offset);
}

/* Large enough for a row of any chain, or with its head. */
union chain_row {
    struct message_row message;
    struct ledger_row ledger;
    struct inbound_row inbound;
    struct try_row try;
    struct book book;
    struct webhook_row webhook;
};

static bool chain_has(const struct chain *chain, const union chain_row *row, uint64_t owner)
{
    if (u64_at(row, chain->owner) != owner) return false;
    const struct message *message = &row->message.message;
    return !chain->is_door || door_of(message->dialect, message->test) == chain->door;
}

/* The first id of the page: behind the cursor when that is a row of the chain, else the head. */
static enum err chain_start(struct store_reader *reader, const struct chain *chain, uint64_t owner,
                            uint64_t before, uint64_t *out)
{
    struct arena arena = {0};
    union chain_row row, head = {0};
    enum err err = before ? get(reader, chain->type, before, &arena, &row) : ERR_NOT_FOUND;
    if (!err && chain_has(chain, &row, owner)) {
        *out = u64_at(&row, chain->prev);
    } else if (!err || err == ERR_NOT_FOUND) {
        err = get(reader, chain->head_type, owner, &arena, &head);
        if (err == ERR_NOT_FOUND) err = ERR_OK;
        *out = u64_at(&head, chain->head);
    }
    arena_done(&arena);
    return err;
}

struct chain_page {
    uint64_t owner, before; /* before 0: from the newest */
    size_t max;
};

/* Within a read. */
static enum err chain_walk(struct store_reader *reader, const struct chain *chain,
                           struct chain_page page, struct arena *arena, struct row_list *out)
{
    *out = (struct row_list){.type = chain->type};
    uint64_t id = 0;
    enum err err = chain_start(reader, chain, page.owner, page.before, &id);
    while (!err && id && out->count < page.max) {
        union chain_row row;
        err = get(reader, chain->type, id, arena, &row);
        if (err) break;
        id = u64_at(&row, chain->prev);
        if (page.before && u64_at(&row, chain->id) >= page.before) continue;
        memcpy(row_list_add(out, arena), &row, row_kinds[chain->type].size);
    }
    /* A chain that names a row that is not there: the file is damaged. */
    return err ? ERR_STORE_UNAVAILABLE : ERR_OK;
}

/* As a whole read; gives an array of the domain's structs. */
static enum err chain_read(struct store_reader *reader, const struct chain *chain,
                           struct chain_page page, struct arena *arena, struct row_list *out)
{
    enum err err = read_begin(reader);
    if (err) return err;
    err = chain_walk(reader, chain, page, arena, out);
    read_end(reader);
    return err;
}

enum err store_ledger_page(struct store_reader *reader, struct account_id account,
                           struct ledger_id before, struct arena *arena, size_t max,
                           struct ledger_entry **out_entries, size_t *out_count)
{
    struct row_list list;
    struct chain_page page = {account.v, before.v, max};
    enum err err = chain_read(reader, &ledger_chain, page, arena, &list);
    if (err) return err;
    *out_entries = unlist(&list, arena, sizeof **out_entries);
    *out_count = list.count;
    return ERR_OK;
}

enum err store_message_page(struct store_reader *reader, struct account_id account,
                            struct message_id before, struct arena *arena, size_t max,
                            struct message **out_messages, size_t *out_count)
{
    struct row_list list;
    struct chain_page page = {account.v, before.v, max};
    enum err err = chain_read(reader, &message_chain, page, arena, &list);
    if (err) return err;
    *out_messages = unlist(&list, arena, sizeof **out_messages);
    *out_count = list.count;
    return ERR_OK;
}

enum err store_inbound_page(struct store_reader *reader, struct account_id account,
                            struct inbound_id before, struct arena *arena, size_t max,
                            struct inbound **out, size_t *out_count)
{
    struct row_list list;
    struct chain_page page = {account.v, before.v, max};
    enum err err = chain_read(reader, &inbound_chain, page, arena, &list);
    if (err) return err;
    *out = unlist(&list, arena, sizeof **out);
    *out_count = list.count;
    return ERR_OK;
}

enum err store_try_page(struct store_reader *reader, struct webhook_id webhook, struct arena *arena,
                        size_t max, struct delivery_try **out, size_t *out_count)
{
    struct row_list list;
    struct chain_page page = {.owner = webhook.v, .max = max};
    enum err err = chain_read(reader, &try_chain, page, arena, &list);
    if (err) return err;
    *out = unlist(&list, arena, sizeof **out);
    *out_count = list.count;
    return ERR_OK;
}

enum err store_door_page(struct store_reader *reader, struct account_id account,
                         enum dialect dialect, bool test, struct message_id before,
                         struct arena *arena, size_t max, struct store_recipient **out,
                         size_t *out_count)
{
    struct chain chain = door_chain(dialect, test);
    struct chain_page page = {account.v, before.v, max};
    struct row_list list;
    struct store_recipient *stories = NULL;
    enum err err = read_begin(reader);
    if (err) return err;
    err = chain_walk(reader, &chain, page, arena, &list);
    if (!err && list.count) stories = ARENA_ARRAY(arena, struct store_recipient, list.count);
    for (size_t i = 0; !err && i < list.count; i++) {
        stories[i].message = ((const struct message_row *)(void *)list.at)[i].message;
        err = read_message_story(reader, arena, &stories[i]);
    }
    read_end(reader);
    if (err) return err;
    *out = stories;
    *out_count = list.count;
    return ERR_OK;
}
