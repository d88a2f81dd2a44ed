#include "store/row.h"

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
    {"profile", COLUMN_TEXT, FIELD(TYPE, profile)},
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
#define DOOR(name, dialect, test)                                                                  \
    {                                                                                              \
        "last_" name, COLUMN_UINT, FIELD(TYPE, doors[2 * (dialect) + (test)])                      \
    }
static const struct column book_columns[] = {
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"last_message", COLUMN_UINT, FIELD(TYPE, last_message)},
    {"last_ledger", COLUMN_UINT, FIELD(TYPE, last_ledger)},
    {"last_inbound", COLUMN_UINT, FIELD(TYPE, last_inbound)},
    DOOR("hep_live", DIALECT_HEP, 0),
    DOOR("hep_test", DIALECT_HEP, 1),
    DOOR("mesms_live", DIALECT_MESMS, 0),
    DOOR("mesms_test", DIALECT_MESMS, 1),
    DOOR("robase_live", DIALECT_ROBASE, 0),
    DOOR("robase_test", DIALECT_ROBASE, 1),
    {"quota_month", COLUMN_UINT, FIELD(TYPE, quota_month)},
    {"webhooks", COLUMN_UINT, FIELD(TYPE, webhooks)},
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
    {"prev_door", COLUMN_UINT, FIELD(TYPE, prev_door)},
    {"key", COLUMN_UINT, FIELD(TYPE, message.key)},
    {"dialect", COLUMN_UINT, FIELD(TYPE, message.dialect)},
    {"test", COLUMN_UINT, FIELD(TYPE, message.test)},
    {"impatient", COLUMN_UINT, FIELD(TYPE, message.impatient)},
    {"refund", COLUMN_UINT, FIELD(TYPE, message.refund)},
    {"sender", COLUMN_TEXT, FIELD(TYPE, message.sender)},
    {"text", COLUMN_TEXT, FIELD(TYPE, message.text)},
    {"encoding", COLUMN_UINT, FIELD(TYPE, message.encoding)},
    {"segments", COLUMN_UINT, FIELD(TYPE, message.segments)},
    {"asset", COLUMN_UINT, FIELD(TYPE, message.asset)},
    {"price", COLUMN_INT, FIELD(TYPE, message.price)},
    {"quota", COLUMN_UINT, FIELD(TYPE, message.quota)},
    {"rate", COLUMN_INT, FIELD(TYPE, message.rate)},
    {"currency", COLUMN_CHARS, FIELD(TYPE, message.currency)},
    {"country", COLUMN_CHARS, FIELD(TYPE, message.country)},
    {"send_at_ms", COLUMN_UINT, FIELD(TYPE, message.send_at_ms)},
    {"first_provider", COLUMN_UINT, FIELD(TYPE, message.first_provider)},
    {"first_recipient", COLUMN_UINT, FIELD(TYPE, message.first_recipient)},
    {"released", COLUMN_UINT, FIELD(TYPE, message.released)},
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
    {"tells", COLUMN_UINT, FIELD(TYPE, tells)},
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
    {"error", COLUMN_CHARS, FIELD(TYPE, error)},
    {"carrier_id", COLUMN_CHARS, FIELD(TYPE, carrier_id)},
    {"receipt_at_ms", COLUMN_UINT, FIELD(TYPE, receipt_at_ms)},
    {"receipt_error", COLUMN_CHARS, FIELD(TYPE, receipt_error)},
    {"keeps_id", COLUMN_UINT, FIELD(TYPE, keeps_id)},
    {"late", COLUMN_UINT, FIELD(TYPE, late)},
    {"late_at_ms", COLUMN_UINT, FIELD(TYPE, late_at_ms)},
    {"error_text", COLUMN_CHARS, FIELD(TYPE, error_text)},
    {"network", COLUMN_CHARS, FIELD(TYPE, network)},
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

#define TYPE struct key_page
static const struct column key_page_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"pairs", COLUMN_BLOB, FIELD(TYPE, pairs)},
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

#define TYPE struct sender
static const struct column sender_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"created_at_ms", COLUMN_UINT, FIELD(TYPE, created_at_ms)},
    {"status", COLUMN_UINT, FIELD(TYPE, status)},
    {"dnd", COLUMN_UINT, FIELD(TYPE, dnd)},
    {"shared", COLUMN_UINT, FIELD(TYPE, shared)},
    {"name", COLUMN_CHARS, FIELD(TYPE, name)},
    {"countries", COLUMN_CHARS, FIELD(TYPE, countries)},
    {"registered_entity", COLUMN_TEXT, FIELD(TYPE, papers.registered_entity)},
    {"registration_doc_url", COLUMN_TEXT, FIELD(TYPE, papers.registration_doc_url)},
    {"use_case", COLUMN_TEXT, FIELD(TYPE, papers.use_case)},
    {"sample_message", COLUMN_TEXT, FIELD(TYPE, papers.sample_message)},
    {"notes", COLUMN_TEXT, FIELD(TYPE, papers.notes)},
    {"rejection_reason", COLUMN_TEXT, FIELD(TYPE, papers.rejection_reason)},
};
#undef TYPE

#define TYPE struct template
static const struct column template_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"created_at_ms", COLUMN_UINT, FIELD(TYPE, created_at_ms)},
    {"number", COLUMN_UINT, FIELD(TYPE, number)},
    {"name", COLUMN_CHARS, FIELD(TYPE, name)},
    {"slug", COLUMN_CHARS, FIELD(TYPE, slug)},
    {"body", COLUMN_TEXT, FIELD(TYPE, body)},
};
#undef TYPE

#define TYPE struct webhook_row
static const struct column webhook_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, webhook.id)},
    {"account", COLUMN_UINT, FIELD(TYPE, webhook.account)},
    {"created_at_ms", COLUMN_UINT, FIELD(TYPE, webhook.created_at_ms)},
    {"number", COLUMN_UINT, FIELD(TYPE, webhook.number)},
    {"enabled", COLUMN_UINT, FIELD(TYPE, webhook.enabled)},
    {"events", COLUMN_UINT, FIELD(TYPE, webhook.events)},
    {"secret", COLUMN_CHARS, FIELD(TYPE, webhook.secret)},
    {"url", COLUMN_TEXT, FIELD(TYPE, webhook.url)},
    {"description", COLUMN_TEXT, FIELD(TYPE, webhook.description)},
    {"last_try", COLUMN_UINT, FIELD(TYPE, last_try)},
};
#undef TYPE

#define TYPE struct plan_row
static const struct column plan_columns[] = {
    {"name", COLUMN_CHARS, FIELD(TYPE, name)},
    {"quota", COLUMN_INT, FIELD(TYPE, quota)},
};
#undef TYPE

#define TYPE struct rate_row
static const struct column rate_columns[] = {
    {"name", COLUMN_CHARS, FIELD(TYPE, name)},
    {"currency", COLUMN_CHARS, FIELD(TYPE, currency)},
    {"amount", COLUMN_INT, FIELD(TYPE, amount)},
};
#undef TYPE

#define TYPE struct block_row
static const struct column block_columns[] = {
    {"name", COLUMN_CHARS, FIELD(TYPE, name)},
    {"dnd", COLUMN_UINT, FIELD(TYPE, dnd)},
};
#undef TYPE

#define TYPE struct store_due
static const struct column due_columns[] = {
    {"key", COLUMN_UINT, FIELD(TYPE, key)},
    {"message", COLUMN_UINT, FIELD(TYPE, message)},
};
#undef TYPE

#define TYPE struct replay
static const struct column replay_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"endpoint", COLUMN_UINT, FIELD(TYPE, endpoint)},
    {"status", COLUMN_UINT, FIELD(TYPE, status)},
    {"key", COLUMN_TEXT, FIELD(TYPE, key)},
    {"body", COLUMN_BLOB, FIELD(TYPE, body)},
};
#undef TYPE

#define TYPE struct event
static const struct column event_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, id)},
    {"account", COLUMN_UINT, FIELD(TYPE, account)},
    {"message", COLUMN_UINT, FIELD(TYPE, message)},
    {"recipient", COLUMN_UINT, FIELD(TYPE, recipient)},
    {"type", COLUMN_UINT, FIELD(TYPE, type)},
    {"at_ms", COLUMN_UINT, FIELD(TYPE, at_ms)},
};
#undef TYPE

#define TYPE struct delivery
static const struct column delivery_columns[] = {
    {"key", COLUMN_CHARS, FIELD(TYPE, key)},
    {"webhook", COLUMN_UINT, FIELD(TYPE, webhook)},
    {"event", COLUMN_UINT, FIELD(TYPE, event.id)},
    {"account", COLUMN_UINT, FIELD(TYPE, event.account)},
    {"message", COLUMN_UINT, FIELD(TYPE, event.message)},
    {"recipient", COLUMN_UINT, FIELD(TYPE, event.recipient)},
    {"type", COLUMN_UINT, FIELD(TYPE, event.type)},
    {"at_ms", COLUMN_UINT, FIELD(TYPE, event.at_ms)},
    {"tries", COLUMN_UINT, FIELD(TYPE, tries)},
};
#undef TYPE

#define TYPE struct try_row
static const struct column webhook_try_columns[] = {
    {"id", COLUMN_UINT, FIELD(TYPE, made.id)},
    {"webhook", COLUMN_UINT, FIELD(TYPE, made.webhook)},
    {"prev", COLUMN_UINT, FIELD(TYPE, prev)},
    {"event", COLUMN_UINT, FIELD(TYPE, made.event)},
    {"type", COLUMN_UINT, FIELD(TYPE, made.type)},
    {"number", COLUMN_UINT, FIELD(TYPE, made.number)},
    {"status", COLUMN_UINT, FIELD(TYPE, made.status)},
    {"last", COLUMN_UINT, FIELD(TYPE, made.last)},
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
    [ROW_KEY_PAGE] = KIND(key_page, struct key_page),
    [ROW_PARKED] = KIND(parked, struct parked_receipt),
    [ROW_PART] = KIND(part, struct inbound_part),
    [ROW_SENDER] = KIND(sender, struct sender),
    [ROW_TEMPLATE] = KIND(template, struct template),
    [ROW_WEBHOOK] = KIND(webhook, struct webhook_row),
    [ROW_PLAN] = KIND_BY_WORD(plan, struct plan_row),
    [ROW_RATE] = KIND_BY_WORD(rate, struct rate_row),
    [ROW_BLOCK] = KIND_BY_WORD(block, struct block_row),
    [ROW_DUE] = KIND(due, struct store_due),
    [ROW_REPLAY] = KIND(replay, struct replay),
    [ROW_EVENT] = KIND(event, struct event),
    [ROW_DELIVERY] = KIND_BY_WORD(delivery, struct delivery),
    [ROW_TRY] = KIND(webhook_try, struct try_row),
};

_Static_assert(offsetof(struct recipient, id) == 0 && offsetof(struct attempt, id) == 0,
               "recent.c finds the id in front");
