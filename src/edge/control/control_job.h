/* One operator's request on its way, for the files of this folder. */
#pragma once

#include "base/arena.h"
#include "edge/control/control.h"
#include "wire/field.h"
#include "wire/json.h"

/* Every argument any verb takes; all are texts. */
#define CONTROL_ARGS(X)                                                                            \
    X(account)                                                                                     \
    X(name)                                                                                        \
    X(plan)                                                                                        \
    X(tier)                                                                                        \
    X(sms)                                                                                         \
    X(amount)                                                                                      \
    X(asset)                                                                                       \
    X(key)                                                                                         \
    X(scopes)                                                                                      \
    X(test)                                                                                        \
    X(word)                                                                                        \
    X(webhook)                                                                                     \
    X(secret)                                                                                      \
    X(smpp)                                                                                        \
    X(system_id)                                                                                   \
    X(password)                                                                                    \
    X(system_type)                                                                                 \
    X(bind)                                                                                        \
    X(window)                                                                                      \
    X(tps)                                                                                         \
    X(set)                                                                                         \
    X(enabled)                                                                                     \
    X(destination)                                                                                 \
    X(providers)                                                                                   \
    X(seconds)                                                                                     \
    X(http)                                                                                        \
    X(countries)                                                                                   \
    X(shared)                                                                                      \
    X(reason)                                                                                      \
    X(dnd)                                                                                         \
    X(body)                                                                                        \
    X(url)                                                                                         \
    X(events)                                                                                      \
    X(quota)                                                                                       \
    X(country)                                                                                     \
    X(currency)                                                                                    \
    X(number)                                                                                      \
    X(numbers)                                                                                     \
    X(id)                                                                                          \
    X(limit)

struct control_args {
    struct field verb;
#define X(name) struct field name;
    CONTROL_ARGS(X)
#undef X
};

/* One of many commands that a request becomes; they are not told apart in the answer. */
struct control_part {
    struct engine_call call;
    struct control_job *job;
};

struct control_job {
    struct engine_call call;
    struct engine_read read;
    struct control *control;
    const struct control_verb *verb;
    struct arena arena;
    struct control_args args;
    struct control_part *parts; /* instead of `call`, when there are any */
    size_t part_count;
    size_t open_parts;
    enum err err;
    char problem[256];
    struct buf out;
    struct json_writer json;
    void (*reply)(void *user, struct slice answer);
    void *user;
};

struct control_verb {
    const char *name;
    /* Fills call.command (or the commands of `parts`) from the arguments. */
    enum err (*ask)(struct control_job *job);
    /* Writes the fields of the answer (the object is open); may still refuse by setting err. */
    void (*tell)(struct control_job *job);
    /* Or a read, on the reading thread, which writes the fields itself. */
    enum err (*read)(struct control_job *job, struct store_reader *reader);
};

/* The verbs, one table a file, each ended by a row without a name. */
extern const struct control_verb control_account_verbs[], control_carrier_verbs[],
    control_message_verbs[], control_sender_verbs[], control_template_verbs[],
    control_webhook_verbs[], control_price_verbs[], control_blocklist_verbs[];

struct engine *control_engine(const struct control_job *job);
bool control_given(const struct field *arg);
/* Refuses with a sentence; returns `err`. */
enum err control_refuse(struct control_job *job, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Required texts and references; ERR_INVALID with a sentence when missing or malformed. */
enum err control_text(struct control_job *job, const struct field *arg, const char *name,
                      size_t max, char *out);
/* The same in place: `out` is the argument's text. */
enum err control_slice(struct control_job *job, const struct field *arg, const char *name,
                       size_t max, struct slice *out);
/* Of a webhook. */
enum err control_url(struct control_job *job, const struct field *arg, struct slice *out);
enum err control_account_id(struct control_job *job, struct account_id *out);
enum err control_id(struct control_job *job, const struct field *arg, const char *name,
                    uint64_t *out);
/* The account that narrows a list, where one is given. */
enum err control_owner(struct control_job *job, struct account_id *out);
enum err control_switch(struct control_job *job, const struct field *arg, const char *name,
                        bool *out);
enum err control_number(struct control_job *job, const struct field *arg, const char *name,
                        uint32_t *out);
size_t control_limit(const struct control_job *job, size_t usual, size_t most);

void control_put_id(struct control_job *job, const char *name, uint64_t id);
void control_put_time(struct control_job *job, const char *name, uint64_t ms);
/* An E.164 number as text. */
void control_put_number(struct control_job *job, const char *name, uint64_t number);
/* "a,b" as an array of texts. */
void control_put_words(struct control_job *job, const char *name, struct slice words);

/* One visit of the catalogue whose callbacks write the rows that are wanted, as a list `name`. */
struct control_listing {
    struct control_job *job;
    struct account_id account; /* 0: of all */
    size_t count;
};
enum err control_visit(struct control_job *job, struct store_reader *reader,
                       const struct store_visitor *visitor, const char *name);
