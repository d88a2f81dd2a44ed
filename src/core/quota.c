#include "core/quota.h"

#include "base/mem.h"
#include "core/core_state.h"

/* Accounts whose month begins in one round of chores. */
#define MONTHS_A_ROUND 1000

static void month_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct account_row *row = user;
    if (op->result) row->month = 0;
}

void quota_begin_month(struct tick *tick, struct account_row *row)
{
    uint32_t month = month_of(tick->now_ms);
    if (row->month >= month) return;
    row->month = month;
    struct store_op *op = tick_op(tick, STORE_QUOTA, month_written, row);
    op->quota = (struct store_quota){
        .account = row->account.id,
        .month = month,
        .quota = tick->core->catalog.pricing.quotas[row->account.plan],
        .expire = {tick_id(tick)},
        .grant = {tick_id(tick)},
    };
}

static void list_accounts(struct quota *quota, const struct map *accounts)
{
    mem_free(quota->left);
    quota->left = mem_alloc((accounts->count + 1) * sizeof *quota->left);
    quota->left_count = 0;
    struct map_entry entry;
    for (size_t cursor = 0; map_each(accounts, &cursor, &entry);)
        quota->left[quota->left_count++].v = entry.key;
}

void quota_chores(struct tick *tick)
{
    struct quota *quota = &tick->core->quota;
    uint32_t month = month_of(tick->now_ms);
    if (quota->month < month) {
        list_accounts(quota, &tick->core->catalog.accounts);
        quota->month = month;
    }
    for (size_t i = 0; i < MONTHS_A_ROUND && quota->left_count > 0; i++) {
        struct account_id id = quota->left[--quota->left_count];
        struct account_row *row = catalog_account(&tick->core->catalog, id);
        if (row) quota_begin_month(tick, row);
    }
}

void quota_done(struct quota *quota)
{
    mem_free(quota->left);
    *quota = (struct quota){0};
}
