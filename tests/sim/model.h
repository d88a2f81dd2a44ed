/* What must be true of the world, kept by simpler means than the server's own: what customers asked
   and were told, what carriers got, took and reported, what operators granted. It is told of every
   commit and compares what the store then says with all of that. */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "edge/simulator/simulator.h"
#include "sim/line.h"
#include "store/store.h"

/* One segment of one way of cutting a text, at one carrier, for one handset. */
struct part {
    uint16_t provider;
    uint8_t segment, total;
    uint32_t intents; /* made durable so far: each allows one PDU */
    uint32_t pdus;    /* that the carrier got */
    uint32_t taken;   /* of those */
};

/* Whoever messages go to. Customers never write to one number twice. */
struct handset {
    uint64_t number;
    uint32_t messages;
    struct part *parts;
    size_t part_count;
};

enum answering { ANSWER_OPEN, ANSWER_CAME, ANSWER_LOST };

/* One kind of event of one message, as its receiver has it. */
#define EVENT_KINDS 5
struct told_event {
    uint64_t id, bytes; /* hashes */
    char *first;        /* as it came first */
    unsigned tries;
    bool good; /* and was thanked for */
};

/* A message: asked for by a customer (or an automatic reply), and what became of it. */
struct story {
    struct handset *handset;
    size_t index; /* among the stories */
    uint32_t customer;
    uint32_t asks; /* requests on their way, about it */
    bool own;      /* an automatic reply: nobody asked for it */
    bool test;     /* with a test key */
    int64_t price;
    char *text;
    enum answering answering;
    unsigned status;
    /* Of a Robase message: */
    bool robase;
    bool keyed; /* has an idempotency key, and may be asked for again and again */
    bool in_batch;
    bool row_twice; /* the batch repeats its first row */
    size_t rows;    /* of the batch that it begins; 0: none */
    const char *api_key;
    uint64_t send_at_ms; /* 0: at once */
    unsigned segments;
    unsigned firsts; /* answers that were no replays */
    unsigned quota;  /* segments that the quota pays */
    unsigned quota_charges, quota_refunds;
    unsigned paid_month, ended_month;
    bool ended_by_report; /* what it ended with, or came before, was a receipt of failure */
    bool ended_by_both;   /* and a refusal */
    bool waits, released, cancelled; /* for its time, in the store */
    struct told_event told[EVENT_KINDS];
    unsigned seen;      /* kinds of events that may be told, as bits: states that it had, */
    unsigned must_tell; /* and those that it had at the end of some commit */
    char id[40];        /* as told; "": not yet */

    /* In the store; 0: not there. */
    uint64_t message, recipient, account;
    enum recipient_state state;
    size_t attempt_count;
    bool may_resend; /* an answer was lost that the carrier's policy makes up for */
    unsigned charges, refunds;
    bool touched; /* in the commit that is being looked at */
};

struct ledger_model {
    uint64_t account;
    struct {
        int64_t granted, spent, refunded, expired;
        int64_t least; /* available so far in the commit that is being looked at, or more */
    } of[ASSET_COUNT];
    uint64_t last; /* the newest entry seen */
    bool touched;  /* in the commit that is being looked at */
    unsigned quota_month;
};

struct grant {
    uint64_t account; /* 0: none */
    int64_t amount;
    bool seen; /* in the ledger */
};

/* A message as a carrier has it. */
struct taken {
    struct story *story; /* NULL: of an automatic reply */
    struct handset *handset;
    uint16_t provider;
    uint8_t segment, total;
    uint64_t attempt; /* in the store that has its id; 0: none so far */
};

struct attempt_model {
    uint16_t provider;
    enum attempt_state state;
};

/* An inbound message by the number in its text. A carrier that missed our response sends it again,
   and it is stored and pushed again. */
struct inbound_model {
    bool asked;
    uint16_t provider;
    uint32_t stored, to_push; /* rows, and those with a webhook */
    uint32_t pushes;          /* that reached the webhook, */
    uint32_t good;            /* and that it answered with 200 */
    uint32_t told_good;       /* rows that say 200 */
};

#define GRANTS_MAX   1000
#define NGN_RATE     400 /* of a segment, in kobo: all accounts are on the Pro plan */
#define ACCOUNTS_MAX 16
#define INBOUND_MAX  4096

struct model {
    struct store *store;
    uint8_t id_secret[32];

    struct story **stories;
    size_t story_count;
    struct map by_recipient; /* -> struct story * */
    struct map by_message;
    struct map handsets; /* number -> struct handset * */
    struct map asked;    /* number -> struct story * */

    struct ledger_model ledgers[ACCOUNTS_MAX];
    size_t ledger_count;
    struct grant grants[ASSET_COUNT][GRANTS_MAX]; /* by amount, in their asset's usual unit */

    struct map taken;                        /* carrier and id -> struct taken * */
    uint64_t taken_count[PROVIDERS_MAX + 1]; /* by provider */
    struct map attempts;                     /* attempt -> state + 1, as committed */
    uint32_t open[PROVIDERS_MAX + 1];        /* intents */
    struct map parked;                       /* carrier and id, once durable */
    struct inbound_model inbound[INBOUND_MAX];
    struct map by_inbound; /* row -> number + 1 */
    uint64_t commits, uncertain, duplicates;
    bool rerouted; /* routes have changed: a message may meet more carriers than its chain names */
};

void model_open(struct model *model, struct store *store);
void model_done(struct model *model);

/* A request is about to leave; nothing of the story is copied but the text. */
struct story *model_ask(struct model *model, const struct story *asked, uint64_t number);
struct handset *model_handset(struct model *model, uint64_t number);
struct part *model_part(struct handset *handset, uint16_t provider, uint8_t segment, uint8_t total);
struct ledger_model *model_ledger(struct model *model, uint64_t account);
/* Promises a grant to come: amounts are never used twice. */
int64_t model_grant(struct model *model, uint64_t account, enum asset asset, int64_t about);
bool model_is_granted(const struct model *model, enum asset asset, int64_t amount);
struct grant *model_find_grant(struct model *model, enum asset asset, int64_t amount);

/* commit.c: called after every write of the store. */
void model_committed(struct model *model, const struct store_op *ops, size_t count);
void model_not_committed(struct model *model, const struct store_op *ops, size_t count);

/* An attempt as it was committed; false when it was not. */
bool model_attempt(const struct model *model, uint64_t id, struct attempt_model *out);

/* told.c: what customers and carriers see. */
void model_answered(struct model *model, struct story *story, unsigned status, struct slice body);
void model_read_secret(struct model *model);
/* One line of the simulator's log. */
void model_carrier_line(struct model *model, uint16_t provider, struct slice line);
void model_carrier_told(struct model *model, uint16_t provider,
                        const struct simulator_answered *answered);
/* "i17"; fails for what nobody sent. */
struct inbound_model *model_inbound(struct model *model, struct slice text);
/* A webhook has come and will be answered so. */
void model_pushed(struct model *model, struct slice content, unsigned status);

/* model_robase.c */
void model_sent(struct model *model, struct story *story, const struct line_answer *answer);
void model_batch_sent(struct model *model, const struct ask *ask, const struct line_answer *answer);
void model_cancelled(struct model *model, struct story *story, unsigned status);

/* money.c: what is charged and paid back. */
void money_check(struct model *model, struct ledger_model *ledger);
/* An accepted or refused message is about to be charged. */
void money_accept(struct model *model, const struct store_op *op);
struct ledger_model *money_touch(struct model *model, uint64_t account);
/* Whether a message that has ended so is paid back as the rules have it. */
void money_check_story(struct model *model, const struct story *story, bool taken);
unsigned money_month(void);

/* events.c: a message has this state, at the end of a commit or only inside it. */
void events_saw(struct story *story, enum recipient_state state, bool stays);
/* Else `*out_story` has one that did not come. */
bool events_are_told(const struct model *model, const struct story **out_story);

/* audit.c: everything, not only what was touched. */
void model_audit(struct model *model);
/* Whether everything has come to its end; else `*out_story` is one that has not (may be NULL). */
bool model_is_pushed(struct model *model);
bool model_is_settled(struct model *model, const struct story **out_story);
/* At the very end: what carriers took and what the store says are the same. */
void model_reconcile(struct model *model);

/* story.c */
/* Compares one story with the store, wherever it may have got to since the last time. */
void model_check_story(struct model *model, struct story *story);
void model_describe(struct model *model, const struct story *story, char *out, size_t size);
/* Fails with what the store says of it. */
void model_complain(struct model *model, const struct story *story, const char *what)
    __attribute__((noreturn));
uint64_t model_key(uint16_t provider, struct slice id);
