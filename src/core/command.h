/* Everything that can happen to the domain, as one struct: what customers, carriers and operators
   ask for. The core takes all commands that wait, decides each in order, commits them together, and
   only then calls `done`. Texts and structs that a command points at belong to the caller and must
   live until `done`. */
#pragma once

#include "base/arena.h"
#include "base/err.h"
#include "core/account.h"
#include "core/blocklist.h"
#include "core/inbound.h"
#include "core/ledger.h"
#include "core/message.h"
#include "core/once.h"
#include "core/pricing.h"
#include "core/provider.h"
#include "core/sender.h"
#include "core/template.h"
#include "core/webhook.h"

enum command_kind {
    COMMAND_SEND,
    COMMAND_SEND_MANY,
    COMMAND_CANCEL,
    COMMAND_REFUSE,
    COMMAND_ANSWER,
    COMMAND_RECEIPT,
    COMMAND_INBOUND,
    COMMAND_LINK,
    COMMAND_PUSHED,
    COMMAND_DELIVERED,
    COMMAND_ACCOUNT_ADD,
    COMMAND_ACCOUNT_SET,
    COMMAND_GRANT,
    COMMAND_KEY_ADD,
    COMMAND_KEY_ENABLE,
    COMMAND_KEY_DELETE,
    COMMAND_SHORTCODE_ADD,
    COMMAND_SHORTCODE_REMOVE,
    COMMAND_PROVIDER_ADD,
    COMMAND_PROVIDER_SET,
    COMMAND_PROVIDER_REMOVE,
    COMMAND_ROUTE_SET,
    COMMAND_ROUTE_REMOVE,
    COMMAND_SENDER_ADD,
    COMMAND_SENDER_SET,
    COMMAND_TEMPLATE_ADD,
    COMMAND_TEMPLATE_SET,
    COMMAND_TEMPLATE_REMOVE,
    COMMAND_WEBHOOK_ADD,
    COMMAND_WEBHOOK_SET,
    COMMAND_WEBHOOK_REMOVE,
    COMMAND_PLAN_SET,
    COMMAND_RATE_SET,
    COMMAND_RATE_REMOVE,
    COMMAND_BLOCK_ADD,
    COMMAND_BLOCK_REMOVE,
    COMMAND_CLOCK_ADVANCE,
    COMMAND_STATUS,
    COMMAND_STOP_SENDING, /* from now on nothing is handed to carriers: the drain */
    COMMAND_KIND_COUNT,
};

/* What differs between the dialects in accepting a message; bits. */
enum send_rule {
    SEND_OWN_SENDER = 1, /* the sender must be one of the account's, usable for the country */
    SEND_BY_PLAN = 2,    /* quota, then the wallet at the plan's rates; else credits by `bill` */
    SEND_IMPATIENT = 4,  /* struct message, impatient; no route at all is then no refusal */
    SEND_TELLS = 8,      /* its moves are events for webhooks */
};

/* One message to one number. Refused: KEY_UNKNOWN, KEY_DISABLED, KEY_SCOPE, ACCOUNT_DISABLED,
   TEXT_MISSING, TEXT_TOO_LONG (TEXT_MAX_BYTES, or `text_points_max`), NUMBER_INVALID, INVALID (the
   sender is longer than SENDER_MAX_SIZE), the SENDER_ and TEMPLATE_ errors, NUMBER_BLOCKED,
   NO_CREDIT; NO_ROUTE: accepted, charged, failed and refunded in one commit. */
struct command_send {
    struct key_id key;
    enum dialect dialect;
    unsigned rules;         /* enum send_rule bits */
    enum segment_bill bill; /* credits are segments under this rule */
    unsigned refund;        /* enum refund_policy bits */
    struct slice sender;
    struct slice text;                     /* valid UTF-8 */
    struct template_id template_id;        /* 0: by its slug */
    struct slice template_slug, variables; /* with a JSON object they make the text */
    uint32_t text_points_max; /* of the text as it is in the end; 0: TEXT_MAX_BYTES alone */
    struct slice supplied_recipient;
    uint64_t number;     /* E.164 digits */
    const char *iso2;    /* of the number; NULL or "" when it has none */
    uint64_t send_at_ms; /* 0, or not in the future: at once */
    uint8_t fault;       /* the edge refuses it, unless its sender is a reason that comes before */
    struct slice once_key; /* of a row: remembered under its own key; empty: not */
    /* told */
    enum err result; /* of a row */
    bool replayed;   /* of a row: `outcome` is what its key remembers */
    struct outcome outcome;
    const struct outcome *outcome_at; /* the core's own */
    struct message_id message;
    struct account_id account;
    int64_t price;
    struct message accepted; /* texts in the command's arena, if it has one */
};

/* Many messages in order and in one commit, each with its own result; the command itself is refused
   only for its key (KEY_..., ACCOUNT_DISABLED). */
struct command_many {
    struct key_id key;
    struct command_send *rows; /* the key in them is not looked at */
    size_t count;
    uint16_t row_endpoint; /* for their once_keys */
};

/* A message that waits for its time is not sent. NOT_FOUND: not one of this account, dialect and
   mode (test or live). STALE: its time has come, or it is no scheduled one. */
struct command_cancel {
    struct key_id key;
    enum dialect dialect;
    struct message_id message;
};

/* What a carrier answered to an attempt (INTENT is not an answer). */
struct command_answer {
    struct attempt_id attempt;
    enum attempt_state state;
    uint32_t status;         /* SMPP command_status, HTTP status */
    struct slice carrier_id; /* ATTEMPT_TAKEN */
    struct slice error;      /* ATTEMPT_REFUSED: a word, or empty; see refusal_stops */
    struct slice error_text; /* and a sentence, or empty */
    bool for_now;            /* ATTEMPT_REFUSED: another try later may do */
};

/* A delivery receipt. OK once it is recorded, matched or not. */
struct command_receipt {
    struct provider_id provider;
    struct slice carrier_id; /* as written in the receipt */
    enum receipt_state state;
    struct slice error, error_text;
    struct slice network; /* of the handset, or empty */
    /* An id that no message has is NOT_FOUND, not parked, unless a submit of the provider is
       unanswered or was made within the last five minutes. */
    bool must_match;
};

/* An inbound message, or one segment of a long one (`part.total` > 1). */
struct command_inbound {
    struct provider_id provider;
    struct slice source, destination; /* as the carrier wrote them */
    struct slice text;                /* UTF-8 */
    struct segment_header part;
};

/* How many sessions of a provider can submit now. A provider that has none left loses its queue to
   the next of each message's chain that has. */
struct command_link {
    struct provider_id provider;
    uint32_t sessions;
};

struct command_pushed {
    struct inbound_id inbound;
    uint32_t status; /* HTTP status, 0: none came */
};

/* A delivery's try has ended. */
struct command_delivered {
    struct delivery delivery;
    uint32_t status; /* HTTP status, 0: none came; taken when it is 2xx */
    bool cut_short;  /* by our own stopping: it is not counted */
};

struct command_account_set {
    struct account_id account;
    bool set_sms, set_plan, set_tier;
    bool sms_on;
    enum plan plan;
    enum tier tier;
    struct account told;
};

struct command_grant {
    struct account_id account;
    enum asset asset;
    int64_t amount;    /* negative: a correction downwards */
    int64_t available; /* told */
};

/* A key is named by its id, or (id 0) by its hash. */
struct command_key_ref {
    struct key_id id;
    uint8_t hash[KEY_HASH_SIZE];
    bool enable;
    struct key told;
};

struct command_shortcode_remove {
    struct account_id account; /* must own it */
    char word[SHORTCODE_MAX_SIZE + 1];
};

/* ADD takes the provider whole; SET changes the marked fields of the one named so (quirks are added
   to those it has, the later of a name counting); REMOVE takes the name. */
enum provider_part {
    PROVIDER_ADDRESS = 1,
    PROVIDER_SYSTEM_ID = 2,
    PROVIDER_PASSWORD = 4,
    PROVIDER_SYSTEM_TYPE = 8,
    PROVIDER_BIND = 16,
    PROVIDER_WINDOW = 32,
    PROVIDER_TPS = 64,
    PROVIDER_ENABLED = 128,
    PROVIDER_QUIRKS = 256,
    PROVIDER_PROFILE = 512,
};

struct command_provider {
    unsigned parts; /* SET: enum provider_part bits */
    struct provider *provider;
};

/* Senders, templates and webhooks: ADD takes the thing whole (id, time, status, slug, number told);
   SET changes the marked parts of the one named, and everything is told. Account 0 in what is
   named is an operator: any account's, or by name. Another account's is NOT_FOUND. */
enum sender_part {
    SENDER_COUNTRIES = 1,
    SENDER_ENTITY = 2,
    SENDER_DOC_URL = 4,
    SENDER_USE_CASE = 8,
    SENDER_SAMPLE = 16,
    SENDER_NOTES = 32,  /* these six by the customer, only while pending: STALE after it */
    SENDER_STATUS = 64, /* by the operator, as all below; STALE: it may not become that */
    SENDER_REASON = 128,
    SENDER_DND = 256,
};
struct command_sender {
    unsigned parts;
    bool by_operator;
    struct sender *sender; /* SET: id, or account and name */
};

enum template_part { TEMPLATE_NAME = 1, TEMPLATE_BODY = 2 };
struct command_template {
    unsigned parts;
    struct template *template; /* SET, REMOVE: account and id, or slug */
};

enum webhook_part {
    WEBHOOK_URL = 1,
    WEBHOOK_EVENTS = 2,
    WEBHOOK_DESCRIPTION = 4,
    WEBHOOK_ENABLED = 8,
    WEBHOOK_SECRET = 16,
};
struct command_webhook {
    unsigned parts;
    struct webhook *webhook; /* SET, REMOVE: account and id */
};

struct command_route {
    char destination[24];
    char chain[CHAIN_MAX][NAME_MAX_SIZE + 1]; /* provider names */
    uint32_t chain_count;
};

/* A provider as the dispatcher sees it now. */
struct provider_status {
    struct provider provider;
    uint32_t sessions;
    uint32_t flying;  /* submits without an answer */
    uint32_t waiting; /* recipients waiting in memory */
    bool more_on_disk;
    uint32_t rate_per_s;                                     /* adapted limit now, 0: none */
    uint64_t taken, refused, throttled, uncertain, receipts; /* since start */
    const char *receipt_form; /* learned: "raw", "decimal of hex" ... */
};

struct command_status {
    struct provider_status *providers; /* caller's array */
    size_t capacity;
    size_t count; /* told */
    size_t parked;
    uint64_t ticks, commands;
};

struct command {
    enum command_kind kind;
    enum err result;
    char problem[256]; /* for people, when the result is not OK and says too little */
    void (*done)(struct command *command); /* on the core's thread, after the commit; may be NULL */
    struct arena *arena;          /* where what is told has its texts; NULL: they are not wanted */
    struct once *once;            /* NULL: repeating it does it again */
    struct command *next_waiting; /* the core's own */
    union {
        struct command_send send;
        struct command_many many;
        struct command_cancel cancel;
        struct {
            struct key_id key;
        } refuse; /* the edge refuses it: `once` keeps status and body that are there */
        struct command_answer answer;
        struct command_receipt receipt;
        struct command_inbound inbound;
        struct command_link link;
        struct command_pushed pushed;
        struct command_delivered *delivered;
        struct account account_add; /* name, plan, tier, sms_on asked; the rest told */
        struct command_account_set account_set;
        struct command_grant grant;
        struct key key_add; /* account, hash, hint, scopes, test asked; the rest told */
        struct command_key_ref key_ref;
        struct shortcode *shortcode_add;
        struct command_shortcode_remove shortcode_remove;
        struct command_provider provider; /* ADD, SET, REMOVE */
        struct command_route route;
        struct command_sender sender;
        struct command_template template;
        struct command_webhook webhook;
        struct plan_terms plan_set;
        struct rate rate;
        struct block block;
        uint64_t advance_ms;
        struct command_status status;
    };
};
