/* The rows a store is made of, and the one description of their columns from which back ends make
   their statements, copies and reads. A row type is a struct; its first column is its key. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum row_type {
    ROW_ACCOUNT,
    ROW_KEY,
    ROW_SHORTCODE,
    ROW_PROVIDER,
    ROW_ROUTE,
    ROW_META,
    ROW_BOOK,
    ROW_MESSAGE,
    ROW_RECIPIENT,
    ROW_ATTEMPT,
    ROW_LEDGER,
    ROW_INBOUND,
    ROW_PARKED,
    ROW_KEY_PAGE,
    ROW_PART,
    ROW_SENDER,
    ROW_TEMPLATE,
    ROW_WEBHOOK,
    ROW_PLAN,
    ROW_RATE,
    ROW_BLOCK,
    ROW_DUE,
    ROW_REPLAY,
    ROW_EVENT,
    ROW_DELIVERY,
    ROW_TRY,
    ROW_TYPE_COUNT
};

/* Most rows are the domain's own structs; these are what the store adds. Rows of one account are
   chained newest first by `prev`; the chain's newest row is named in the account's book. Messages
   have a second chain, of those that came in by the same dialect and mode. */
struct message_row {
    struct message message;
    uint64_t prev, prev_door;
};
struct ledger_row {
    struct ledger_entry entry;
    uint64_t prev;
};
struct inbound_row {
    struct inbound inbound;
    uint64_t prev;
};

/* The tries made for one webhook are chained too. */
struct webhook_row {
    struct webhook webhook;
    uint64_t last_try;
};
struct try_row {
    struct delivery_try made;
    uint64_t prev;
};

#define DOOR_COUNT ((size_t)2 * (DIALECT_ROBASE + 1)) /* live and test of each dialect */
static inline size_t door_of(enum dialect dialect, bool test)
{
    return 2 * (size_t)dialect + test;
}

/* What an account's newest rows are and what it owns. Account 0 has one too, for the chains. */
struct book {
    struct account_id account;
    uint64_t last_message, last_ledger, last_inbound;
    uint64_t doors[DOOR_COUNT]; /* the newest message of each */
    uint32_t quota_month;       /* whose quota it has */
    uint32_t webhooks;          /* enabled ones */
    struct balance balances[ASSET_COUNT];
};

struct route_row {
    char destination[sizeof((struct route *)0)->destination];
    char chain[CHAIN_MAX * sizeof "65535"]; /* provider ids in order, "3,1" */
};
struct meta_row {
    struct slice name, value;
};
struct plan_row {
    char name[16]; /* "Pro" */
    int64_t quota;
};
struct rate_row {
    char name[20]; /* "Pro/NG" */
    char currency[sizeof((struct rate *)0)->currency];
    int64_t amount;
};
struct block_row {
    char name[48]; /* "2348031112222", for one account "2348031112222/42" */
    bool dnd;
};

enum column_kind {
    COLUMN_UINT,  /* unsigned integer, enum or bool of `size` bytes */
    COLUMN_INT,   /* int64_t */
    COLUMN_CHARS, /* NUL-terminated text in an array of `size` bytes */
    COLUMN_BYTES, /* exactly `size` bytes */
    COLUMN_TEXT,  /* struct slice, UTF-8 */
    COLUMN_BLOB,  /* struct slice */
};

struct column {
    const char *name;
    enum column_kind kind;
    uint16_t offset, size;
};

struct row_kind {
    const char *table;
    size_t size; /* of the struct */
    const struct column *columns;
    size_t column_count;
    bool key_is_word; /* text; else a COLUMN_UINT of 8 bytes (2 for providers) */
};
extern const struct row_kind row_kinds[ROW_TYPE_COUNT];

/* The name of a row: an id, or a word where key_is_word. */
struct row_key {
    uint64_t id;
    struct slice word;
};
static inline struct row_key row_id(uint64_t id)
{
    return (struct row_key){.id = id};
}
static inline struct row_key row_word(struct slice word)
{
    return (struct row_key){.word = word};
}

uint64_t column_uint(const struct column *column, const void *row);
void column_set_uint(const struct column *column, void *row, uint64_t value);
/* For the four kinds that are not numbers. */
struct slice column_bytes(const struct column *column, const void *row);
/* Arrays take what fits; slices are copied into the arena. */
void column_set_bytes(const struct column *column, void *row, struct slice value,
                      struct arena *arena);

struct row_key row_key_of(enum row_type type, const void *row);
/* Bytes that the row's slices need in a copy, each with a NUL behind it. */
size_t row_slices_size(enum row_type type, const void *row);
/* Copies the struct, and what its slices point at into `space`. */
void row_copy_into(enum row_type type, const void *row, void *out, char *space);
/* The same with the arena's space, which may be NULL for a row type without slices. */
void row_copy(enum row_type type, const void *row, struct arena *arena, void *out);

/* Rows of one type found by a scan, one behind the other in the arena. */
struct row_list {
    enum row_type type;
    char *at;
    size_t count, capacity;
};
/* Room for one more, zeroed. */
void *row_list_add(struct row_list *list, struct arena *arena);

/* row_convert.c */
struct route_row route_row_of(const struct route *route);
struct route route_of_row(const struct route_row *row);
struct plan_row plan_row_of(const struct plan_terms *terms);
struct plan_terms plan_of_row(const struct plan_row *row);
struct rate_row rate_row_of(const struct rate *rate);
struct rate rate_of_row(const struct rate_row *row);
struct block_row block_row_of(const struct block *block);
struct block block_of_row(const struct block_row *row);

/* The place of a scheduled recipient in the order of time: never before its message is due. */
uint64_t due_key_of(uint64_t send_at_ms, struct recipient_id recipient);
uint64_t due_key_ms(uint64_t key);
/* Larger than every key of what is due by then. */
uint64_t due_key_after(uint64_t until_ms);
