#include "store/row.h"

#include <assert.h>
#include <stdio.h>

#define FIELD(type, field) offsetof(type, field), sizeof(((type *)0)->field)
#define COUNT_OF(array)    (sizeof(array) / sizeof *(array))

#define TYPE               struct account
static const struct column account_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"created_at_ms", COLUMN_UINT, FIELD(TYPE, created_at_ms)},
    {"plan", COLUMN_UINT, FIELD(TYPE, plan)},
    {"tier", COLUMN_UINT, FIELD(TYPE, tier)},
    {"sms_on", COLUMN_UINT, FIELD(TYPE, sms_on)},
    {"name", COLUMN_CHARS, FIELD(TYPE, name)},
};
#undef TYPE

#define TYPE struct key
static const struct column key_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"created_at_ms", COLUMN_UINT, FIELD(TYPE, created_at_ms)},
    {"enabled", COLUMN_UINT, FIELD(TYPE, enabled)},
    {"test", COLUMN_UINT, FIELD(TYPE, test)},
    {"hash", COLUMN_BYTES, FIELD(TYPE, hash)},
    {"hint", COLUMN_CHARS, FIELD(TYPE, hint)},
    {"scopes", COLUMN_CHARS, FIELD(TYPE, scopes)},
};
#undef TYPE

#define TYPE struct shortcode
static const struct column shortcode_columns[] = {
    {"word", COLUMN_CHARS, FIELD(TYPE, word)},
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"created_at_ms", COLUMN_UINT, FIELD(TYPE, created_at_ms)},
    {"url", COLUMN_CHARS, FIELD(TYPE, url)},
    {"secret", COLUMN_CHARS, FIELD(TYPE, secret)},
};
#undef TYPE

/* The parsed quirks are not kept: they follow from their text. */
#define TYPE struct provider
static const struct column provider_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"kind", COLUMN_UINT, FIELD(TYPE, kind)},
    {"bind", COLUMN_UINT, FIELD(TYPE, bind)},
    {"enabled", COLUMN_UINT, FIELD(TYPE, enabled)},
    {"window", COLUMN_UINT, FIELD(TYPE, window)},
    {"tps", COLUMN_UINT, FIELD(TYPE, tps)},
    {"name", COLUMN_CHARS, FIELD(TYPE, name)},
    {"address", COLUMN_CHARS, FIELD(TYPE, address)},
    {"system_id", COLUMN_CHARS, FIELD(TYPE, system_id)},
    {"password", COLUMN_CHARS, FIELD(TYPE, password)},
    {"system_type", COLUMN_CHARS, FIELD(TYPE, system_type)},
    {"quirks", COLUMN_CHARS, FIELD(TYPE, quirks_text)},
};
#undef TYPE

#define TYPE struct route_row
static const struct column route_columns[] = {
    {"destination", COLUMN_CHARS, FIELD(TYPE, destination)},
    {"chain", COLUMN_CHARS, FIELD(TYPE, chain)},
};
#undef TYPE

#define TYPE struct meta_row
static const struct column meta_columns[] = {
    {"name", COLUMN_TEXT, FIELD(TYPE, name)},
    {"value", COLUMN_BLOB, FIELD(TYPE, value)},
};
#undef TYPE

#define TYPE struct book
#define BALANCE(name, asset)                                                                       \
    {name "_available", COLUMN_INT, FIELD(TYPE, balances[asset].available)},                       \
        {name "_held", COLUMN_INT, FIELD(TYPE, balances[asset].held)},                             \
        {name "_granted", COLUMN_INT, FIELD(TYPE, balances[asset].granted)},                       \
        {name "_spent", COLUMN_INT, FIELD(TYPE, balances[asset].spent)},                           \
        {name "_refunded", COLUMN_INT, FIELD(TYPE, balances[asset].refunded)},                     \
    {                                                                                              \
        name "_expired", COLUMN_INT, FIELD(TYPE, balances[asset].expired)                          \
    }
static const struct column book_columns[] = {
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"last_message", COLUMN_UINT, FIELD(TYPE, last_message)},
    {"last_ledger", COLUMN_UINT, FIELD(TYPE, last_ledger)},
    {"last_inbound", COLUMN_UINT, FIELD(TYPE, last_inbound)},
    BALANCE("credit", ASSET_CREDIT),
    BALANCE("ngn", ASSET_NGN),
    BALANCE("quota", ASSET_QUOTA),
};
#undef TYPE

#define TYPE struct message_row
static const struct column message_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, message.id)},
    {"account", COLUMN_UINT, FIELD(TYPE, message.account)},
    {"prev", COLUMN_UINT, FIELD(TYPE, prev)},
    {"key", COLUMN_UINT, FIELD(TYPE, message.key)},
    {"dialect", COLUMN_UINT, FIELD(TYPE, message.dialect)},
    {"test", COLUMN_UINT, FIELD(TYPE, message.test)},
    {"refund", COLUMN_UINT, FIELD(TYPE, message.refund)},
    {"sender", COLUMN_TEXT, FIELD(TYPE, message.sender)},
    {"text", COLUMN_TEXT, FIELD(TYPE, message.text)},
    {"encoding", COLUMN_UINT, FIELD(TYPE, message.encoding)},
    {"segments", COLUMN_UINT, FIELD(TYPE, message.segments)},
    {"asset", COLUMN_UINT, FIELD(TYPE, message.asset)},
    {"price", COLUMN_INT, FIELD(TYPE, message.price)},
    {"first_recipient", COLUMN_UINT, FIELD(TYPE, message.first_recipient)},
    {"recipient_count", COLUMN_UINT, FIELD(TYPE, message.recipient_count)},
    {"supplied_recipient", COLUMN_TEXT, FIELD(TYPE, message.supplied_recipient)},
};
#undef TYPE

#define TYPE struct recipient
static const struct column recipient_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"message", COLUMN_UINT, FIELD(TYPE, message)},
    {"number", COLUMN_UINT, FIELD(TYPE, number)},
    {"state", COLUMN_UINT, FIELD(TYPE, state)},
    {"provider", COLUMN_UINT, FIELD(TYPE, provider)},
    {"changed_at_ms", COLUMN_UINT, FIELD(TYPE, changed_at_ms)},
    {"error", COLUMN_UINT, FIELD(TYPE, error)},
    {"error_word", COLUMN_CHARS, FIELD(TYPE, error_word)},
};
#undef TYPE

#define TYPE struct attempt
static const struct column attempt_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"state", COLUMN_UINT, FIELD(TYPE, state)},
    {"receipt", COLUMN_UINT, FIELD(TYPE, receipt)},
    {"provider", COLUMN_UINT, FIELD(TYPE, provider)},
    {"segment", COLUMN_UINT, FIELD(TYPE, segment)},
    {"segments", COLUMN_UINT, FIELD(TYPE, segments)},
    {"possible_duplicate", COLUMN_UINT, FIELD(TYPE, possible_duplicate)},
    {"intent_at_ms", COLUMN_UINT, FIELD(TYPE, intent_at_ms)},
    {"answered_at_ms", COLUMN_UINT, FIELD(TYPE, answered_at_ms)},
    {"status", COLUMN_UINT, FIELD(TYPE, status)},
    {"carrier_id", COLUMN_CHARS, FIELD(TYPE, carrier_id)},
    {"receipt_at_ms", COLUMN_UINT, FIELD(TYPE, receipt_at_ms)},
    {"receipt_error", COLUMN_CHARS, FIELD(TYPE, receipt_error)},
};
#undef TYPE

#define TYPE struct ledger_row
static const struct column ledger_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, entry.id)},
    {"account", COLUMN_UINT, FIELD(TYPE, entry.account)},
    {"prev", COLUMN_UINT, FIELD(TYPE, prev)},
    {"asset", COLUMN_UINT, FIELD(TYPE, entry.asset)},
    {"kind", COLUMN_UINT, FIELD(TYPE, entry.kind)},
    {"amount", COLUMN_INT, FIELD(TYPE, entry.amount)},
    {"available", COLUMN_INT, FIELD(TYPE, entry.available)},
    {"message", COLUMN_UINT, FIELD(TYPE, entry.message)},
};
#undef TYPE

#define TYPE struct inbound_row
static const struct column inbound_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, inbound.id)},
    {"account", COLUMN_UINT, FIELD(TYPE, inbound.account)},
    {"prev", COLUMN_UINT, FIELD(TYPE, prev)},
    {"push", COLUMN_UINT, FIELD(TYPE, inbound.push)},
    {"push_status", COLUMN_UINT, FIELD(TYPE, inbound.push_status)},
    {"provider", COLUMN_UINT, FIELD(TYPE, inbound.provider)},
    {"sender", COLUMN_UINT, FIELD(TYPE, inbound.sender)},
    {"sender_text", COLUMN_TEXT, FIELD(TYPE, inbound.sender_text)},
    {"destination", COLUMN_TEXT, FIELD(TYPE, inbound.destination)},
    {"shortcode", COLUMN_TEXT, FIELD(TYPE, inbound.shortcode)},
    {"text", COLUMN_TEXT, FIELD(TYPE, inbound.text)},
};
#undef TYPE

#define TYPE struct parked_receipt
static const struct column parked_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"provider", COLUMN_UINT, FIELD(TYPE, provider)},
    {"state", COLUMN_UINT, FIELD(TYPE, state)},
    {"at_ms", COLUMN_UINT, FIELD(TYPE, at_ms)},
    {"carrier_id", COLUMN_TEXT, FIELD(TYPE, carrier_id)},
    {"error", COLUMN_TEXT, FIELD(TYPE, error)},
};
#undef TYPE

#define TYPE struct inbound_part
static const struct column part_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"provider", COLUMN_UINT, FIELD(TYPE, provider)},
    {"reference", COLUMN_UINT, FIELD(TYPE, reference)},
    {"total", COLUMN_UINT, FIELD(TYPE, total)},
    {"number", COLUMN_UINT, FIELD(TYPE, number)},
    {"source", COLUMN_TEXT, FIELD(TYPE, source)},
    {"destination", COLUMN_TEXT, FIELD(TYPE, destination)},
    {"text", COLUMN_TEXT, FIELD(TYPE, text)},
};
#undef TYPE

#define KIND(name, type)                                                                           \
    {                                                                                              \
#name, sizeof(type), name##_columns, COUNT_OF(name##_columns), false                       \
    }
#define KIND_BY_WORD(name, type)                                                                   \
    {                                                                                              \
#name, sizeof(type), name##_columns, COUNT_OF(name##_columns), true                        \
    }
const struct row_kind row_kinds[ROW_TYPE_COUNT] = {
    [ROW_ACCOUNT] = KIND(account, struct account),
    [ROW_KEY] = KIND(key, struct key),
    [ROW_SHORTCODE] = KIND_BY_WORD(shortcode, struct shortcode),
    [ROW_PROVIDER] = KIND(provider, struct provider),
    [ROW_ROUTE] = KIND_BY_WORD(route, struct route_row),
    [ROW_META] = KIND_BY_WORD(meta, struct meta_row),
    [ROW_BOOK] = KIND(book, struct book),
    [ROW_MESSAGE] = KIND(message, struct message_row),
    [ROW_RECIPIENT] = KIND(recipient, struct recipient),
    [ROW_ATTEMPT] = KIND(attempt, struct attempt),
    [ROW_LEDGER] = KIND(ledger, struct ledger_row),
    [ROW_INBOUND] = KIND(inbound, struct inbound_row),
    [ROW_PARKED] = KIND(parked, struct parked_receipt),
    [ROW_PART] = KIND(part, struct inbound_part),
};

uint64_t column_uint(const struct column *column, const void *row)
{
    const char *at = (const char *)row + column->offset;
    switch (column->size) {
    case 1:
        return *(const uint8_t *)at;
    case 2:
        return *(const uint16_t *)at;
    case 4:
        return *(const uint32_t *)at;
    default:
        assert(column->size == 8);
        return *(const uint64_t *)at;
    }
}

void column_set_uint(const struct column *column, void *row, uint64_t value)
{
    char *at = (char *)row + column->offset;
    switch (column->size) {
    case 1:
        *(uint8_t *)at = (uint8_t)value;
        break;
    case 2:
        *(uint16_t *)at = (uint16_t)value;
        break;
    case 4:
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        assert(column->size == 8);
        *(uint64_t *)at = value;
    }
}

struct slice column_bytes(const struct column *column, const void *row)
{
    const char *at = (const char *)row + column->offset;
    switch (column->kind) {
    case COLUMN_CHARS:
        return slice_of(at, strnlen(at, column->size));
    case COLUMN_BYTES:
        return slice_of(at, column->size);
    default:
        assert(column->kind == COLUMN_TEXT || column->kind == COLUMN_BLOB);
        return *(const struct slice *)(const void *)at;
    }
}

void column_set_bytes(const struct column *column, void *row, struct slice value,
                      struct arena *arena)
{
    char *at = (char *)row + column->offset;
    size_t room = column->kind == COLUMN_CHARS ? column->size - 1u : column->size;
    switch (column->kind) {
    case COLUMN_CHARS:
    case COLUMN_BYTES:
        if (value.size < room) room = value.size;
        memset(at, 0, column->size);
        if (room) memcpy(at, value.at, room);
        break;
    default:
        assert(column->kind == COLUMN_TEXT || column->kind == COLUMN_BLOB);
        *(struct slice *)(void *)at = arena_copy(arena, value);
    }
}

struct row_key row_key_of(enum row_type type, const void *row)
{
    const struct row_kind *kind = &row_kinds[type];
    if (kind->key_is_word) return row_word(column_bytes(&kind->columns[0], row));
    return row_id(column_uint(&kind->columns[0], row));
}

static bool column_is_slice(const struct column *column)
{
    return column->kind == COLUMN_TEXT || column->kind == COLUMN_BLOB;
}

size_t row_slices_size(enum row_type type, const void *row)
{
    const struct row_kind *kind = &row_kinds[type];
    size_t size = 0;
    for (size_t i = 0; i < kind->column_count; i++)
        if (column_is_slice(&kind->columns[i]))
            size += column_bytes(&kind->columns[i], row).size + 1;
    return size;
}

void row_copy_into(enum row_type type, const void *row, void *out, char *space)
{
    const struct row_kind *kind = &row_kinds[type];
    memcpy(out, row, kind->size);
    for (size_t i = 0; i < kind->column_count; i++) {
        const struct column *column = &kind->columns[i];
        if (!column_is_slice(column)) continue;
        assert(space);
        struct slice bytes = column_bytes(column, row);
        if (bytes.size) memcpy(space, bytes.at, bytes.size);
        space[bytes.size] = '\0';
        *(struct slice *)(void *)((char *)out + column->offset) = slice_of(space, bytes.size);
        space += bytes.size + 1;
    }
}

void row_copy(enum row_type type, const void *row, struct arena *arena, void *out)
{
    size_t size = row_slices_size(type, row);
    row_copy_into(type, row, out, size ? arena_alloc(arena, size) : NULL);
}

void *row_list_add(struct row_list *list, struct arena *arena)
{
    size_t size = row_kinds[list->type].size;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 16;
        char *at = arena_alloc(arena, capacity * size);
        if (list->count) memcpy(at, list->at, list->count * size);
        list->at = at;
        list->capacity = capacity;
    }
    return list->at + size * list->count++;
}

struct route_row route_row_of(const struct route *route)
{
    assert(route->chain_count <= CHAIN_MAX);
    struct route_row row = {0};
    memcpy(row.destination, route->destination, sizeof row.destination);
    size_t size = 0;
    for (uint32_t i = 0; i < route->chain_count; i++)
        size += (size_t)snprintf(row.chain + size, sizeof row.chain - size, i ? ",%u" : "%u",
                                 route->chain[i].v);
    return row;
}

struct route route_of_row(const struct route_row *row)
{
    struct route route = {0};
    memcpy(route.destination, row->destination, sizeof route.destination);
    struct slice rest = slice_cstr(row->chain), number;
    uint64_t id;
    while (route.chain_count < CHAIN_MAX && slice_cut(&rest, ',', &number))
        if (slice_u64(number, &id)) route.chain[route.chain_count++].v = (uint16_t)id;
    return route;
}

_Static_assert(offsetof(struct recipient, id) == 0 && offsetof(struct attempt, id) == 0,
               "recent.c finds the id in front");
