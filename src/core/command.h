/* Everything that can happen to the domain, as one struct: what customers, carriers and operators
   ask for. The core takes all commands that wait, decides each in order, commits them together, and
   only then calls `done`. Texts and structs that a command points at belong to the caller and must
   live until `done`. */
#pragma once

#include "base/err.h"
#include "core/account.h"
#include "core/inbound.h"
#include "core/ledger.h"
#include "core/message.h"
#include "core/provider.h"

enum command_kind {
    COMMAND_SEND,
    COMMAND_ANSWER,
    COMMAND_RECEIPT,
    COMMAND_INBOUND,
    COMMAND_LINK,
    COMMAND_PUSHED,
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
    COMMAND_CLOCK_ADVANCE,
    COMMAND_STATUS,
    COMMAND_STOP_SENDING, /* from now on nothing is handed to carriers: the drain */
    COMMAND_KIND_COUNT,
};

/* One message to one number. Refused: KEY_UNKNOWN, KEY_DISABLED, KEY_SCOPE, ACCOUNT_DISABLED,
   TEXT_MISSING, TEXT_TOO_LONG (TEXT_MAX_BYTES), NUMBER_INVALID, INVALID (the sender is longer than
   SENDER_MAX_SIZE), NO_CREDIT; NO_ROUTE: accepted, charged, failed and refunded in one commit. */
struct command_send {
    struct key_id key;
    enum dialect dialect;
    enum segment_bill bill; /* credits are segments under this rule */
    unsigned refund;        /* enum refund_policy bits */
    struct slice sender;
    struct slice text; /* valid UTF-8 */
    struct slice supplied_recipient;
    uint64_t number;  /* E.164 digits */
    const char *iso2; /* of the number; NULL or "" when it has none */
    /* told */
    struct message_id message;
    struct account_id account;
    int64_t price;
};

/* What a carrier answered to an attempt (INTENT is not an answer). */
struct command_answer {
    struct attempt_id attempt;
    enum attempt_state state;
    uint32_t status;         /* SMPP command_status */
    struct slice carrier_id; /* ATTEMPT_TAKEN */
};

/* A delivery receipt. OK once it is recorded, matched or not. */
struct command_receipt {
    struct provider_id provider;
    struct slice carrier_id; /* as written in the receipt */
    enum receipt_state state;
    struct slice error;
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
};

struct command_provider {
    unsigned parts; /* SET: enum provider_part bits */
    struct provider provider;
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
    union {
        struct command_send send;
        struct command_answer answer;
        struct command_receipt receipt;
        struct command_inbound inbound;
        struct command_link link;
        struct command_pushed pushed;
        struct account account_add; /* name, plan, tier, sms_on asked; the rest told */
        struct command_account_set account_set;
        struct command_grant grant;
        struct key key_add; /* account, hash, hint, scopes, test asked; the rest told */
        struct command_key_ref key_ref;
        struct shortcode shortcode_add;
        struct command_shortcode_remove shortcode_remove;
        struct command_provider provider; /* ADD, SET, REMOVE */
        struct command_route route;
        uint64_t advance_ms;
        struct command_status status;
    };
};
