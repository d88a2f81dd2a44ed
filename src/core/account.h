/* Who may send: accounts (Hep user, ME-SMS account, Robase project) and their keys. A key opens all
   dialects; only its hash is kept. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/limits.h"
#include "base/slice.h"

enum plan { PLAN_FREE, PLAN_STARTER, PLAN_PRO, PLAN_SCALE, PLAN_COUNT };
enum tier { TIER_FREE, TIER_PAID, TIER_COUNT }; /* how many shortcodes: 1 or 5 */

extern const char *const plan_names[PLAN_COUNT]; /* "Free" ...; compared without case */
extern const char *const tier_names[TIER_COUNT]; /* "free", "paid" */
bool plan_of(struct slice name, enum plan *out);
bool tier_of(struct slice name, enum tier *out);

struct account {
    struct account_id id;
    uint64_t created_at_ms;
    enum plan plan;
    enum tier tier;
    bool sms_on;
    char name[NAME_MAX_SIZE + 1];
};

#define KEY_HASH_SIZE 32

struct key {
    struct key_id id;
    struct account_id account;
    uint64_t created_at_ms;
    bool enabled;
    bool test;                        /* simulates and costs nothing on every door */
    uint8_t hash[KEY_HASH_SIZE];      /* BLAKE2b of the whole text */
    char hint[5];                     /* the last four characters, for people */
    char scopes[SCOPES_MAX_SIZE + 1]; /* comma separated: "*", "sms:send", ... */
};

/* "full" is "*", "sending" is "sms:send" (the Robase spellings); other names are kept as given. */
bool key_may_send(const struct key *key);
bool key_has_scope(const struct key *key, struct slice scope);
