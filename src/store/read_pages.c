#include <stdio.h>

#include "store/read_inside.h"

void *unlist(const struct row_list *list, struct arena *arena, size_t size)
{
    if (list->count == 0) return NULL;
    char *at = arena_alloc(arena, size * list->count);
    for (size_t i = 0; i < list->count; i++)
        memcpy(at + i * size, list->at + i * row_kinds[list->type].size, size);
    return at;
}

/* One scan as a whole read. */
static enum err scan_read(struct store_reader *reader, const struct row_scan *wanted,
                          struct arena *arena, struct row_list *out)
{
    enum err err = read_begin(reader);
    if (err) return err;
    err = scan(reader, wanted, arena, out);
    read_end(reader);
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
    enum err err = scan_read(reader, &pending, arena, &list);
    if (err) return err;
    *out = unlist(&list, arena, sizeof **out);
    *out_count = list.count;
    return ERR_OK;
}

/* ---- In the order of time ------------------------------------------------------------------ */

enum err store_due_page(struct store_reader *reader, uint64_t after, uint64_t until_ms,
                        struct arena *arena, size_t max, struct store_due **out, size_t *out_count)
{
    struct row_scan due = {
        .type = ROW_DUE,
        .after = row_id(after),
        .until = due_key_after(until_ms) - 1,
        .max = max,
    };
    struct row_list list;
    enum err err = scan_read(reader, &due, arena, &list);
    if (err) return err;
    *out = (struct store_due *)(void *)list.at;
    *out_count = list.count;
    return ERR_OK;
}

enum err store_next_due(struct store_reader *reader, uint64_t *out_ms)
{
    struct row_scan first = {.type = ROW_DUE, .max = 1};
    struct arena arena = {0};
    struct row_list list;
    enum err err = scan_read(reader, &first, &arena, &list);
    if (!err)
        *out_ms =
            list.count ? due_key_ms(((const struct store_due *)(void *)list.at)->key) : UINT64_MAX;
    arena_done(&arena);
    return err;
}

enum err store_event_page(struct store_reader *reader, struct event_id after, struct arena *arena,
                          size_t max, struct event **out, size_t *out_count)
{
    struct row_scan events = {.type = ROW_EVENT, .after = row_id(after.v), .max = max};
    struct row_list list;
    enum err err = scan_read(reader, &events, arena, &list);
    if (err) return err;
    *out = (struct event *)(void *)list.at;
    *out_count = list.count;
    return ERR_OK;
}

enum err store_delivery_page(struct store_reader *reader, uint32_t webhook_number,
                             const char *after, struct arena *arena, size_t max,
                             struct delivery **out, size_t *out_count)
{
    char queue[9];
    snprintf(queue, sizeof queue, "%08x", (unsigned)webhook_number);
    struct row_scan front = {
        .type = ROW_DELIVERY,
        .after = row_word(slice_cstr(after ? after : queue)),
        .max = max,
    };
    struct row_list list;
    enum err err = scan_read(reader, &front, arena, &list);
    if (err) return err;
    /* The next webhook's queue begins where this one ends. */
    struct delivery *deliveries = (struct delivery *)(void *)list.at;
    size_t count = 0;
    while (count < list.count && memcmp(deliveries[count].key, queue, sizeof queue - 1) == 0)
        count++;
    *out = deliveries;
    *out_count = count;
    return ERR_OK;
}

enum err store_replay(struct store_reader *reader, uint64_t id, struct arena *arena,
                      struct replay *out)
{
    return read_one(reader, ROW_REPLAY, id, arena, out);
}

enum err store_key_page(struct store_reader *reader, uint64_t id, struct arena *arena,
                        struct slice *out_pairs)
{
    struct key_page page;
    enum err err = read_one(reader, ROW_KEY_PAGE, id, arena, &page);
    if (!err) *out_pairs = page.pairs;
    return err;
}

/* ---- What an account has set up ------------------------------------------------------------ */

static enum err account_rows(struct store_reader *reader, enum row_type type,
                             struct account_id account, struct arena *arena, struct row_list *out)
{
    struct row_scan owned = {
        .type = type,
        .filter = account.v ? ROWS_OF_ACCOUNT : ROWS_ALL,
        .argument = account.v,
        .max = SIZE_MAX,
    };
    return scan_read(reader, &owned, arena, out);
}

enum err store_senders(struct store_reader *reader, struct account_id account, struct arena *arena,
                       struct sender **out, size_t *out_count)
{
    struct row_list list;
    enum err err = account_rows(reader, ROW_SENDER, account, arena, &list);
    if (err) return err;
    *out = (struct sender *)(void *)list.at;
    *out_count = list.count;
    return ERR_OK;
}

enum err store_sender(struct store_reader *reader, struct sender_id id, struct arena *arena,
                      struct sender *out)
{
    return read_one(reader, ROW_SENDER, id.v, arena, out);
}

enum err store_templates(struct store_reader *reader, struct account_id account,
                         struct arena *arena, struct template **out, size_t *out_count)
{
    struct row_list list;
    enum err err = account_rows(reader, ROW_TEMPLATE, account, arena, &list);
    if (err) return err;
    *out = (struct template *)(void *)list.at;
    *out_count = list.count;
    return ERR_OK;
}

enum err store_webhooks(struct store_reader *reader, struct account_id account, struct arena *arena,
                        struct webhook **out, size_t *out_count)
{
    struct row_list list;
    enum err err = account_rows(reader, ROW_WEBHOOK, account, arena, &list);
    if (err) return err;
    *out = unlist(&list, arena, sizeof **out);
    *out_count = list.count;
    return ERR_OK;
}
