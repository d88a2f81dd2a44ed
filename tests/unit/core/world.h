/* The core with everything around it made of glass: a memory store, a clock moved by hand, carriers
   and webhooks that only note what they are given. Every tick is followed by world_check. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/core_state.h"
#include "store/memory.h"
#include "wire/smpp_status.h"

/* A submit that the core handed out. */
struct handed {
    struct submit submit; /* its bytes and texts are copies */
    uint64_t at_mono_ms;
    bool answered;
};

struct pushed {
    struct inbound_id inbound;
    const char *sender, *shortcode, *text, *url, *secret;
    bool answered;
};

struct world {
    struct store *store;
    struct gate *gate;
    struct core *core;
    struct core_ports ports;
    struct clock clock;
    uint64_t wall_ms, mono_ms, retry_window_ms;
    struct arena arena; /* what tests are given lives until the world's end */
    struct account_id account;
    struct key_id key;
    struct provider_id a; /* the provider that world_init makes */

    struct asked {
        struct command command;
        unsigned done;
    } * *asked; /* for the next tick */
    size_t asked_count, asked_capacity;

    struct handed *submits;
    size_t submit_count, submit_capacity;
    struct pushed *pushes;
    size_t push_count, push_capacity;
    struct delivery *deliveries; /* that the core handed out */
    size_t delivery_count, delivery_capacity;
    size_t told_providers, removed_providers, flushes;
    uint32_t out[PROVIDERS_MAX + 1]; /* submits without an answer */
    uint32_t sessions[PROVIDERS_MAX + 1];
};

/* An account with 1,000 credits and a live key, provider "a" with a window of 10, one session and
   no rate, and the route * to it. */
struct world *world_new(void);
/* The same without provider, session and route. */
struct world *world_new_bare(void);
void world_free(struct world *world);
/* The process dies and starts again on the same store: no session, no answer to what is out. */
void world_crash(struct world *world);
/* The same with the core stopped, as for commands on a closed store. */
void world_crash_stopped(struct world *world);

/* ---- Commands ---------------------------------------------------------------------------------
 */

/* Adds a copy to the next tick; its result is there after it. */
struct command *world_ask(struct world *world, const struct command *command);
/* All that were asked, in one tick. */
void world_tick(struct world *world);
/* world_ask and world_tick. */
struct command *world_do(struct world *world, const struct command *command);
/* Ticks until the core would wait for time or for commands. */
void world_settle(struct world *world);
/* Time goes by, with a tick at least every second. */
void world_pass(struct world *world, uint64_t ms);

struct account_id world_account(struct world *world, int64_t credit);
/* The hash is `seed` repeated. */
struct key_id world_key(struct world *world, struct account_id account, uint8_t seed, bool test,
                        const char *scopes);
struct provider_id world_provider(struct world *world, const char *name, uint32_t window,
                                  uint32_t tps, const char *quirks);
/* Changes the marked parts. */
enum err world_set_provider(struct world *world, const char *name, unsigned parts,
                            struct provider change);
enum err world_remove_provider(struct world *world, const char *name);
/* `chain` is names with commas between. */
enum err world_route(struct world *world, const char *destination, const char *chain);
void world_link(struct world *world, struct provider_id provider, uint32_t sessions);

/* A send of the world's key to one number, in Hep's way. */
struct command world_send_command(struct world *world, const char *text);
/* As many sends, in as few ticks as there may be; their texts are "0", "1" ... The pointers live as
   long as the world. */
struct command **world_send_many(struct world *world, size_t count);
/* So many characters. */
const char *world_long_text(struct world *world, size_t size);
struct command *world_ask_send(struct world *world, const char *text);
struct command *world_send(struct world *world, const char *text);

/* A send in Robase's way, priced by plan (Free: 500 kobo a segment): in a hurry, and it tells. */
struct command world_hurried_command(struct world *world, const char *text);
struct command *world_hurried(struct world *world, const char *text);
void world_grant(struct world *world, enum asset asset, int64_t amount);
int64_t world_balance(struct world *world, enum asset asset); /* exact, too */

/* What the carrier says to the submit of that index. */
struct command *world_ask_answer(struct world *world, size_t index, enum attempt_state state,
                                 uint32_t status, const char *carrier_id);
void world_answer(struct world *world, size_t index, enum attempt_state state, uint32_t status,
                  const char *carrier_id);
void world_take(struct world *world, size_t index, const char *carrier_id);
/* Every submit is taken, under ids of its own ("id-INDEX"), until nothing more leaves. */
void world_take_all(struct world *world);
enum err world_receipt(struct world *world, struct provider_id provider, const char *carrier_id,
                       enum receipt_state state);
struct command *world_ask_inbound(struct world *world, const char *source, const char *text);
enum err world_inbound(struct world *world, const char *source, const char *text);
enum err world_pushed(struct world *world, size_t index, uint32_t status);
enum err world_shortcode(struct world *world, struct account_id account, const char *word,
                         const char *url);

/* ---- What has become of it ---------------------------------------------------------------------
 */

struct store_recipient world_recipient(struct world *world, const struct command *sent);
enum recipient_state world_state(struct world *world, const struct command *sent);
int64_t world_available(struct world *world); /* of the world's account */
struct attempt world_attempt(struct world *world, size_t index);
/* The text of a submit whose encoding is GSM, as characters. */
const char *world_text(const struct world *world, size_t index);
const struct lane *world_lane(const struct world *world, struct provider_id provider);
struct provider_status world_status(struct world *world, struct provider_id provider);
/* The index of the message's submits so far, in order; -1 behind the last. */
int world_submit_of(const struct world *world, const struct command *sent, size_t nth);

/* ---- What must always hold ---------------------------------------------------------------------
 */

/* Recounts every list and table of the dispatcher, finds every waiting recipient of the store in
   one of them or behind a cursor, and adds up the money. */
void world_check(struct world *world);
