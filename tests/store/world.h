/* What the store's tests stand on: a store of either back end that can be closed and opened again
   as a restart would, ids that grow, and short ways to make messages. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/store.h"

struct world {
    struct store *store;
    struct store_reader *reader; /* the store's own */
    struct arena arena;
    struct id_source ids;
    uint64_t last_recipient;
    uint64_t now_ms;
    bool keeps_file; /* sqlite: */
    char directory[64];
    char url[128];
};

/* sqlite: a file in a directory of its own; else memory:. */
void world_init(struct world *world, bool sqlite);
void world_done(struct world *world);
/* Closes and opens the store. A memory: store outlives its users, so there it does nothing. */
void world_restart(struct world *world);

uint64_t world_id(struct world *world);
struct store_keys world_keys(struct world *world);
/* Writes one operation that the storage takes; returns its result. */
enum err world_write(struct world *world, struct store_op *op);
/* One that must succeed. */
void write_ok(struct world *world, struct store_op op);

struct account_id world_account(struct world *world, int64_t credit);
struct balance world_balance(struct world *world, struct account_id account, enum asset asset);

/* A message as the core would make it, with every field set. */
struct sent {
    struct message message;
    struct recipient recipient;
    struct attempt attempt;
    struct ledger_id ledger, quota_ledger;
    struct store_keys keys;
    struct event_id queued_event;
};
struct sent world_sent(struct world *world, struct account_id account, int64_t price);
/* The operation that accepts it, with its attempt or without. It points into `sent`. */
struct store_op accept_op(struct sent *sent, bool with_attempt);
/* Another attempt for it: number from 1, one segment of so many. */
struct attempt sent_attempt(const struct sent *sent, unsigned number, uint8_t segment,
                            uint8_t segments);

struct store_op answer_op(struct world *world, struct attempt_id attempt, enum attempt_state state,
                          enum recipient_state recipient_state);
struct store_op receipt_op(struct world *world, struct attempt_id attempt,
                           enum receipt_state state);
struct store_op finish_op(struct world *world, struct recipient_id recipient,
                          enum recipient_state state);

/* Reads that must succeed. Slices live until the world's end. */
struct store_recipient world_recipient(struct world *world, struct recipient_id id);
enum recipient_state world_state(struct world *world, struct recipient_id id);
struct attempt world_attempt(struct world *world, struct attempt_id id);

/* Field by field, written out here and not taken from the store's own description of its rows. */
void assert_slices_equal(struct slice a, struct slice b);
void assert_messages_equal(const struct message *a, const struct message *b);
void assert_recipients_equal(const struct recipient *a, const struct recipient *b);
void assert_attempts_equal(const struct attempt *a, const struct attempt *b);
void assert_entries_equal(const struct ledger_entry *a, const struct ledger_entry *b);
void assert_inbounds_equal(const struct inbound *a, const struct inbound *b);
void assert_accounts_equal(const struct account *a, const struct account *b);
void assert_keys_equal(const struct key *a, const struct key *b);
void assert_shortcodes_equal(const struct shortcode *a, const struct shortcode *b);
void assert_providers_equal(const struct provider *a, const struct provider *b);
void assert_routes_equal(const struct route *a, const struct route *b);
void assert_parked_equal(const struct parked_receipt *a, const struct parked_receipt *b);

/* `rm -r` of a test's own directory. */
void remove_directory(const char *path);
