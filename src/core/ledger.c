#include "core/ledger.h"

const char *const asset_names[ASSET_COUNT] = {
    [ASSET_CREDIT] = "CREDIT",
    [ASSET_NGN] = "NGN",
    [ASSET_QUOTA] = "QUOTA",
};

bool asset_of(struct slice name, enum asset *out)
{
    for (enum asset asset = 0; asset < ASSET_COUNT; asset++) {
        if (!slice_eq_nocase(name, slice_cstr(asset_names[asset]))) continue;
        *out = asset;
        return true;
    }
    return false;
}

const char *const ledger_kind_names[LEDGER_KIND_COUNT] = {
    [LEDGER_GRANT] = "grant",     [LEDGER_CHARGE] = "charge",   [LEDGER_HOLD] = "hold",
    [LEDGER_CAPTURE] = "capture", [LEDGER_RELEASE] = "release", [LEDGER_REFUND] = "refund",
    [LEDGER_EXPIRE] = "expire",
};

/* What one unit of an entry does to each sum: the whole arithmetic of the ledger. Every row keeps
   granted = available + held + spent - refunded + expired true by itself. */
static const struct ledger_row {
    int8_t available, held, granted, spent, refunded, expired;
} ledger_rows[LEDGER_KIND_COUNT] = {
    [LEDGER_GRANT] = {.available = 1, .granted = 1},
    [LEDGER_CHARGE] = {.available = -1, .spent = 1},
    [LEDGER_HOLD] = {.available = -1, .held = 1},
    [LEDGER_CAPTURE] = {.held = -1, .spent = 1},
    [LEDGER_RELEASE] = {.available = 1, .held = -1},
    [LEDGER_REFUND] = {.available = 1, .refunded = 1},
    [LEDGER_EXPIRE] = {.available = -1, .expired = 1},
};

/* False on overflow. */
static bool balance_add(int64_t *sum, int sign, int64_t amount)
{
    return sign == 0 || !(sign > 0 ? __builtin_add_overflow(*sum, amount, sum)
                                   : __builtin_sub_overflow(*sum, amount, sum));
}

bool balance_apply(struct balance *balance, enum ledger_kind kind, int64_t amount)
{
    if (amount == 0 || (amount < 0 && kind != LEDGER_GRANT)) return false;
    const struct ledger_row *row = &ledger_rows[kind];
    struct balance next = *balance;
    bool fits = balance_add(&next.available, row->available, amount) &&
                balance_add(&next.held, row->held, amount) &&
                balance_add(&next.granted, row->granted, amount) &&
                balance_add(&next.spent, row->spent, amount) &&
                balance_add(&next.refunded, row->refunded, amount) &&
                balance_add(&next.expired, row->expired, amount);
    if (!fits || next.available < 0 || next.held < 0) return false;
    *balance = next;
    return true;
}

bool balance_is_exact(const struct balance *balance)
{
    if (balance->available < 0 || balance->held < 0) return false;
    int64_t sum = 0;
    bool fits = balance_add(&sum, 1, balance->available) && balance_add(&sum, 1, balance->held) &&
                balance_add(&sum, 1, balance->spent) && balance_add(&sum, -1, balance->refunded) &&
                balance_add(&sum, 1, balance->expired);
    return fits && sum == balance->granted;
}
