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
    ROW_PART,
    ROW_TYPE_COUNT
};

/* Most rows are the domain's own structs; these are what the store adds. Rows of one account are
   chained newest first by `prev`; the chain's newest row is named in the account's book. */
struct message_row {
    struct message message;
    uint64_t prev;
};
struct ledger_row {
    struct ledger_entry entry;
    uint64_t prev;
};
struct inbound_row {
    struct inbound inbound;
    uint64_t prev;
};

/* What an account's newest rows are and what it owns. Account 0 has one too, for the chains. */
struct book {
    struct account_id account;
    uint64_t last_message, last_ledger, last_inbound;
    struct balance balances[ASSET_COUNT];
};

struct route_row {
    char destination[sizeof((struct route *)0)->destination];
    char chain[CHAIN_MAX * sizeof "65535"]; /* provider ids in order, "3,1" */
};
struct meta_row {
    struct slice name, value;
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

struct route_row route_row_of(const struct route *route);
struct route route_of_row(const struct route_row *row);
