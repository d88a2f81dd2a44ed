/* The ledger: what an account was given, holds, spent and got back, per asset, in integers of the
   smallest unit. Entries are only added. At every commit, for each account and asset:
       granted = available + held + spent - refunded + expired        (spent counts charges and
   captures) and `available` is never negative. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/slice.h"

enum asset { ASSET_CREDIT, ASSET_NGN, ASSET_QUOTA, ASSET_COUNT };
extern const char *const asset_names[ASSET_COUNT]; /* "CREDIT", "NGN", "QUOTA" */
bool asset_of(struct slice name, enum asset *out);

enum ledger_kind {
    LEDGER_GRANT,   /* available +, granted + (a negative grant is an operator's correction) */
    LEDGER_CHARGE,  /* available -, spent + */
    LEDGER_HOLD,    /* available -, held + */
    LEDGER_CAPTURE, /* held -, spent + */
    LEDGER_RELEASE, /* held -, available + */
    LEDGER_REFUND,  /* available +, refunded + */
    LEDGER_EXPIRE,  /* available -, expired + */
    LEDGER_KIND_COUNT,
};
extern const char *const ledger_kind_names[LEDGER_KIND_COUNT]; /* "grant" ... */

struct balance {
    int64_t available, held;
    int64_t granted, spent, refunded, expired;
};

/* Applies an entry of `amount` (> 0 except for grants) to the balance. False, and nothing changed,
   when available or held would become negative or a sum overflow. */
bool balance_apply(struct balance *balance, enum ledger_kind kind, int64_t amount);
/* The invariant above. */
bool balance_is_exact(const struct balance *balance);

struct ledger_entry {
    struct ledger_id id; /* time-ordered */
    struct account_id account;
    enum asset asset;
    enum ledger_kind kind;
    int64_t amount;            /* as it changes `available`: negative for charge, hold and expire */
    int64_t available;         /* after the entry */
    struct message_id message; /* 0: none */
};
