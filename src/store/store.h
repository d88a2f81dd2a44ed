/* The store: everything Godwit remembers, in the words of the domain. A write is a group of
   operations in order; each has its own result, decided inside the store's atomic unit (is there
   enough credit, is the state still so), and all of them become durable together or not at all.
   Reads are pages of snapshots. No SQL, no file and no transaction is seen above this line.

   The writing side (store_write and reads through store_own_reader) belongs to one thread; any
   other thread reads through a reader of its own and never waits for the writer.

   Back ends: sqlite:PATH (durable), memory: (nothing survives; tests and simulation). */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "base/slice.h"
#include "core/account.h"
#include "core/inbound.h"
#include "core/ledger.h"
#include "core/key_runs.h"
#include "core/message.h"
#include "core/once.h"
#include "core/blocklist.h"
#include "core/pricing.h"
#include "core/provider.h"
#include "core/sender.h"
#include "core/template.h"
#include "core/webhook.h"

struct store;
struct store_reader;

/* Creates or migrates as needed. NULL: `out_problem` (256 bytes) says what to do. A lock keeps a
   second process out. */
struct store *store_open(struct slice url, char *out_problem);
void store_close(struct store *store);
/* Why the last write failed, for the log; "" if none has. Good until the writer's next call. */
const char *store_problem(struct store *store);

/* ---- Writing ------------------------------------------------------------------------------- */

enum store_op_kind {
    STORE_ACCEPT,
    STORE_LEDGER,
    STORE_QUOTA,
    STORE_RELEASE,
    STORE_CANCEL,
    STORE_ATTEMPT,
    STORE_ANSWER,
    STORE_FINISH,
    STORE_RECEIPT,
    STORE_PARK,
    STORE_UNPARK,
    STORE_INBOUND,
    STORE_PUSHED,
    STORE_REPLAY,
    STORE_FORGET_REPLAYS,
    STORE_PUT_KEY_PAGE,
    STORE_DELETE_KEY_PAGE,
    STORE_DELIVERY,
    STORE_DELIVERED,
    STORE_PART,
    STORE_DELETE_PART,
    STORE_PUT_ACCOUNT,
    STORE_PUT_KEY,
    STORE_DELETE_KEY,
    STORE_PUT_SHORTCODE,
    STORE_DELETE_SHORTCODE,
    STORE_PUT_PROVIDER,
    STORE_DELETE_PROVIDER,
    STORE_PUT_ROUTE,
    STORE_DELETE_ROUTE,
    STORE_PUT_SENDER,
    STORE_PUT_TEMPLATE,
    STORE_DELETE_TEMPLATE,
    STORE_PUT_WEBHOOK,
    STORE_DELETE_WEBHOOK,
    STORE_PUT_PLAN,
    STORE_PUT_RATE,
    STORE_DELETE_RATE,
    STORE_PUT_BLOCK,
    STORE_DELETE_BLOCK,
    STORE_PUT_META,
};

/* Fresh keys for what an operation may have to write besides: refunds, and the event when the
   recipient tells. */
struct store_keys {
    struct ledger_id refund, quota_refund;
    struct event_id event;
};

/* A new message with its one recipient (more come with batches). The price is charged to the
   account's asset unless it is 0; the ledger entry takes id `ledger`. With a `quota_rate` the
   month's quota pays as many of the segments as it has: each takes that much off the price, and
   message->price and message->quota are written as they came out. ERR_NO_CREDIT: nothing of this
   operation is written. When `recipient.state` is final at birth (no route) the refund that
   message.refund asks for follows at once. A scheduled recipient gets its place in the order of
   time. The first attempts, if any, are written with it. A recipient that tells is told as queued
   (unless scheduled), and then, when final at birth, as that. */
struct store_accept {
    struct message *message;
    const struct recipient *recipient;
    struct ledger_id ledger, quota_ledger;
    int64_t quota_rate; /* 0: the quota is not touched */
    struct store_keys keys;
    struct event_id queued_event;
    const struct attempt *attempts;
    size_t attempt_count;
    enum err *told;         /* gets the result too, for a STORE_REPLAY behind it; may be NULL */
    uint64_t *told_message; /* set to 0 when refused; may be NULL */
};

/* Any entry that no message causes. ERR_NO_CREDIT when the balance would become negative,
   ERR_NOT_FOUND without such an account. */
struct store_ledger {
    struct ledger_id id;
    struct account_id account;
    enum asset asset;
    enum ledger_kind kind;
    int64_t amount; /* > 0; a grant may be negative */
};

/* The first look at an account in a month: what is left of the quota lapses (expire) and the
   plan's is granted. Nothing when the account's month is this one already, or later. */
struct store_quota {
    struct account_id account;
    uint32_t month; /* month_of */
    int64_t quota;
    struct ledger_id expire, grant;
};

/* A scheduled message has become due: its recipient gives way to one with a fresh id that waits in
   `provider`'s queue (or has failed: no route), with the refund that brings. ERR_STALE: it is not
   scheduled any more; its place in the order of time goes in any case. */
struct store_release {
    uint64_t due; /* key of its place */
    struct message_id message;
    struct recipient_id recipient; /* the fresh one */
    enum recipient_state state;    /* QUEUED or FAILED */
    const char *error_word;        /* of FAILED */
    struct provider_id provider;
    uint64_t at_ms;
    struct store_keys keys;
    struct event_id queued_event;
};

/* ERR_NOT_FOUND: no such message. ERR_STALE: it is not scheduled (any more). */
struct store_cancel {
    struct message_id message;
    uint64_t at_ms;
    struct store_keys keys;
};

/* An intent: inserts the attempt, or writes over the one with the same id (made again). */
struct store_attempt {
    const struct attempt *attempt;
};

/* What a carrier answered: replaces state, answered_at_ms, status and carrier_id of the attempt
   and, unless `recipient_state` is RECIPIENT_NEW, moves the recipient (with the refund that the new
   state brings under the message's policy). ERR_NOT_FOUND: no such attempt. ERR_STALE: the
   recipient may not move there (the attempt is updated all the same). */
struct store_answer {
    struct attempt_id attempt;
    enum attempt_state state;
    uint64_t at_ms;
    uint32_t status;
    struct slice carrier_id, error, error_text;
    enum recipient_state recipient_state;
    const char *error_word;      /* of the recipient, when it fails; NULL: the attempt's error */
    struct provider_id provider; /* becomes the recipient's */
    struct store_keys keys;
};

/* Moves a recipient without any carrier (expired, failed without a route), with its refund.
   ERR_NOT_FOUND, ERR_STALE. */
struct store_finish {
    struct recipient_id recipient;
    enum recipient_state state;
    uint64_t at_ms;
    const char *error_word;
    struct store_keys keys;
};

/* A receipt for an attempt: kept on the attempt, then recipient_fold over all attempts of the
   recipient decides, and the recipient moves if it may (with the refund that brings). A verdict
   that comes after a final one changes nothing but attempt.late: ERR_STALE. */
struct store_receipt {
    struct attempt_id attempt;
    enum receipt_state state;
    uint64_t at_ms;
    struct slice error, error_text, network;
    struct store_keys keys;
};

/* A try of a delivery has ended: its place goes, the try is kept (NULL: none was made), and `next`
   (NULL: it is over) takes the place of the next one. */
struct store_delivered {
    const char *key;
    const struct delivery_try *made;
    const struct delivery *next;
};

/* A receipt that matches nothing yet. */
struct parked_receipt {
    uint64_t id; /* time-ordered */
    struct provider_id provider;
    enum receipt_state state;
    uint64_t at_ms;
    struct slice carrier_id; /* as written */
    struct slice error;
};

struct store_op {
    enum store_op_kind kind;
    enum err result; /* ERR_OK or as said above; written by store_write */
    union {
        struct store_accept accept;
        struct store_ledger ledger;
        struct store_quota quota;
        struct store_release release;
        struct store_cancel cancel;
        struct store_attempt attempt;
        struct store_answer answer;
        struct store_finish finish;
        struct store_receipt receipt;
        const struct parked_receipt *park;
        uint64_t unpark; /* id */
        const struct inbound *inbound;
        const struct inbound_part *part;
        uint64_t part_id;
        struct {
            struct inbound_id inbound;
            uint32_t status;
        } pushed;
        struct {
            struct replay
                row; /* without a body: `outcomes` are written into it, as they are then */
            const struct outcome *const *outcomes;
            size_t outcome_count;
        } replay;
        uint64_t forget_replays; /* up to this id, at most 4,096 of them */
        const struct key_page *key_page;
        uint64_t key_page_id;
        const struct delivery *delivery;
        struct store_delivered delivered;
        const struct account *account;
        const struct key *key;
        struct key_id key_id;
        const struct shortcode *shortcode;
        struct slice word;
        const struct provider *provider;
        struct provider_id provider_id;
        const struct route *route;
        struct slice destination;
        const struct sender *sender;
        const struct template *template;
        struct template_id template_id;
        const struct webhook *webhook;
        struct webhook_id webhook_id; /* with its account's count; its deliveries stay */
        const struct plan_terms *plan;
        const struct rate *rate;   /* DELETE: plan and country */
        const struct block *block; /* DELETE: number and account */
        struct {
            struct slice name, value;
        } meta;
    };
    /* Results beside the code. */
    int64_t available; /* ACCEPT, LEDGER: the asset's balance after it; FORGET_REPLAYS: how many */
    enum recipient_state state_before; /* ANSWER, FINISH, RECEIPT, CANCEL: the recipient's */
    enum recipient_state state_after;
    bool told_events; /* events were written */
};

/* Durable when it returns ERR_OK. ERR_STORE_UNAVAILABLE: nothing of the group happened; the store
   repairs itself on a later call, and what the caller remembers of this group is void. */
enum err store_write(struct store *store, struct store_op *ops, size_t count);

/* ---- Reading ------------------------------------------------------------------------------- */

/* For the writing thread: sees everything written. */
struct store_reader *store_own_reader(struct store *store);
/* For another thread: a connection of its own, a fresh snapshot for each call. */
struct store_reader *store_reader_open(struct store *store);
void store_reader_close(struct store_reader *reader);

/* The catalogue, whole, at start; each callback's row lives for that call. What has no callback is
   not read. */
struct store_visitor {
    void *user;
    void (*account)(void *user, const struct account *account);
    void (*key)(void *user, const struct key *key);
    void (*shortcode)(void *user, const struct shortcode *shortcode);
    void (*provider)(void *user, const struct provider *provider);
    void (*route)(void *user, const struct route *route);
    void (*parked)(void *user, const struct parked_receipt *parked); /* oldest first */
    void (*part)(void *user, const struct inbound_part *part);       /* oldest first */
    void (*sender)(void *user, const struct sender *sender);
    void (*template)(void *user, const struct template *template);
    void (*webhook)(void *user, const struct webhook *webhook);
    void (*plan)(void *user, const struct plan_terms *plan);
    void (*rate)(void *user, const struct rate *rate);
    void (*block)(void *user, const struct block *block);
    void (*key_page)(void *user, const struct key_page *page); /* in the order of ids */
    void (*replay)(void *user, const struct replay *replay);   /* oldest first */
};
enum err store_visit(struct store_reader *reader, const struct store_visitor *visitor);

/* The largest keys ever used, so that a clock stepping back repeats nothing. */
enum err store_last_ids(struct store_reader *reader, uint64_t *out_key, uint64_t *out_recipient);
/* ERR_NOT_FOUND leaves the out parameter alone. Values live in the arena. */
enum err store_meta(struct store_reader *reader, struct slice name, struct arena *arena,
                    struct slice *out_value);

enum err store_balance(struct store_reader *reader, struct account_id account, enum asset asset,
                       struct balance *out);
/* Entries of an account newest first, those before `before` (0: from the newest). */
enum err store_ledger_page(struct store_reader *reader, struct account_id account,
                           struct ledger_id before, struct arena *arena, size_t max,
                           struct ledger_entry **out_entries, size_t *out_count);

/* A recipient with everything needed to send it or to tell its story. */
struct store_recipient {
    struct recipient recipient;
    struct message message;
    struct attempt *attempts; /* in the order made */
    size_t attempt_count;
};
enum err store_recipient(struct store_reader *reader, struct recipient_id id, struct arena *arena,
                         struct store_recipient *out);
enum err store_message(struct store_reader *reader, struct message_id id, struct arena *arena,
                       struct message *out);
/* Messages of an account newest first, before `before` (0: newest). */
enum err store_message_page(struct store_reader *reader, struct account_id account,
                            struct message_id before, struct arena *arena, size_t max,
                            struct message **out_messages, size_t *out_count);

/* The same of one dialect and mode, each with its recipient and attempts. */
enum err store_door_page(struct store_reader *reader, struct account_id account,
                         enum dialect dialect, bool test, struct message_id before,
                         struct arena *arena, size_t max, struct store_recipient **out,
                         size_t *out_count);
/* A message with its (first) recipient and attempts. */
enum err store_story(struct store_reader *reader, struct message_id id, struct arena *arena,
                     struct store_recipient *out);

/* Scheduled messages in the order of time, behind `after`, up to `until_ms`. */
struct store_due {
    uint64_t key; /* due second << 31 | low half of the recipient's id */
    struct message_id message;
};
enum err store_due_page(struct store_reader *reader, uint64_t after, uint64_t until_ms,
                        struct arena *arena, size_t max, struct store_due **out, size_t *out_count);
/* When the next one is due; UINT64_MAX without any. */
enum err store_next_due(struct store_reader *reader, uint64_t *out_ms);

enum err store_replay(struct store_reader *reader, uint64_t id, struct arena *arena,
                      struct replay *out);
enum err store_key_page(struct store_reader *reader, uint64_t id, struct arena *arena,
                        struct slice *out_pairs);
/* Events behind `after`, ascending. */
enum err store_event_page(struct store_reader *reader, struct event_id after, struct arena *arena,
                          size_t max, struct event **out, size_t *out_count);
/* The front of a webhook's queue behind `after` (NULL: all), due or not. */
enum err store_delivery_page(struct store_reader *reader, uint32_t webhook_number,
                             const char *after, struct arena *arena, size_t max,
                             struct delivery **out, size_t *out_count);
/* Tries made for a webhook, newest first. */
enum err store_try_page(struct store_reader *reader, struct webhook_id webhook, struct arena *arena,
                        size_t max, struct delivery_try **out, size_t *out_count);
/* Whole, with texts, of one account (0: of all), oldest first. */
enum err store_senders(struct store_reader *reader, struct account_id account, struct arena *arena,
                       struct sender **out, size_t *out_count);
enum err store_sender(struct store_reader *reader, struct sender_id id, struct arena *arena,
                      struct sender *out);
enum err store_templates(struct store_reader *reader, struct account_id account,
                         struct arena *arena, struct template **out, size_t *out_count);
enum err store_webhooks(struct store_reader *reader, struct account_id account, struct arena *arena,
                        struct webhook **out, size_t *out_count);

/* Recipients waiting in one provider's queue (RECIPIENT_QUEUED), ascending, behind `after`. */
enum err store_waiting_page(struct store_reader *reader, struct provider_id provider,
                            struct recipient_id after, struct arena *arena, size_t max,
                            struct store_recipient **out, size_t *out_count);
/* Every attempt since `since_ms` whose story is open, ascending, behind `after`: intents, and taken
   ones without a final receipt. For the rebuild at start. */
enum err store_open_attempts(struct store_reader *reader, uint64_t since_ms,
                             struct attempt_id after, struct arena *arena, size_t max,
                             struct attempt **out, size_t *out_count);
/* ERR_NOT_FOUND. */
enum err store_attempt(struct store_reader *reader, struct attempt_id id, struct attempt *out);

/* Inbound of an account (0: those nobody owns) newest first, before `before` (0: newest). */
enum err store_inbound_page(struct store_reader *reader, struct account_id account,
                            struct inbound_id before, struct arena *arena, size_t max,
                            struct inbound **out, size_t *out_count);
enum err store_inbound(struct store_reader *reader, struct inbound_id id, struct arena *arena,
                       struct inbound *out);
/* Inbound still to be pushed (PUSH_PENDING), oldest first, behind `after`. */
enum err store_push_page(struct store_reader *reader, struct inbound_id after, struct arena *arena,
                         size_t max, struct inbound **out, size_t *out_count);

/* A keeper moves what is committed from the log into the file, so that no commit has to wait for
   that. It belongs to a thread of its own that gives it a turn every 20 to 100 ms and is closed
   before the store is. Without one the writer does it, some 10 ms once in hundreds of commits.
   NULL: this store needs none, or cannot have one now. */
struct store_keeper;
struct store_keeper *store_keeper_open(struct store *store);
void store_keeper_tend(struct store_keeper *keeper);
void store_keeper_close(struct store_keeper *keeper);
