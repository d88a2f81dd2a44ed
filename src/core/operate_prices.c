#include <stdio.h>

#include "core/core_state.h"
#include "core/operate_inside.h"

/* ---- Plans and rates ----------------------------------------------------------------------- */

enum err operate_plan_set(struct tick *tick, struct command *command)
{
    if (command->plan_set.quota < 0) return ERR_INVALID;
    operate_write(tick, STORE_PUT_PLAN, command)->plan = &command->plan_set;
    return ERR_OK;
}

void operate_plan_changed(struct tick *tick, struct command *command)
{
    tick->core->catalog.pricing.quotas[command->plan_set.plan] = command->plan_set.quota;
}

static bool is_capitals(const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (text[i] < 'A' || text[i] > 'Z') return false;
    return text[count] == '\0';
}

enum err operate_rate_set(struct tick *tick, struct command *command)
{
    const struct rate *rate = &command->rate;
    if (!is_capitals(rate->country, 2) || !is_capitals(rate->currency, 3) || rate->amount < 0) {
        snprintf(command->problem, sizeof command->problem,
                 "a rate is a country such as NG, an amount and a currency such as NGN");
        return ERR_INVALID;
    }
    bool is_home = strcmp(rate->country, "NG") == 0;
    if (is_home && (strcmp(rate->currency, "NGN") != 0 || rate->amount == 0)) {
        snprintf(command->problem, sizeof command->problem,
                 "wallets pay the rate for NG, which is in NGN and not nothing");
        return ERR_INVALID;
    }
    operate_write(tick, STORE_PUT_RATE, command)->rate = rate;
    return ERR_OK;
}

void operate_rate_changed(struct tick *tick, struct command *command)
{
    pricing_put(&tick->core->catalog.pricing, &command->rate);
}

enum err operate_rate_remove(struct tick *tick, struct command *command)
{
    operate_write(tick, STORE_DELETE_RATE, command)->rate = &command->rate;
    return ERR_OK;
}

void operate_rate_removed(struct tick *tick, struct command *command)
{
    pricing_remove(&tick->core->catalog.pricing, command->rate.plan, command->rate.country);
}

/* ---- The blocklist ------------------------------------------------------------------------- */

enum err operate_block_add(struct tick *tick, struct command *command)
{
    const struct block *block = &command->block;
    if (block->number == 0) return ERR_NUMBER_INVALID;
    if (block->account.v && !catalog_account(&tick->core->catalog, block->account))
        return ERR_NOT_FOUND;
    operate_write(tick, STORE_PUT_BLOCK, command)->block = block;
    return ERR_OK;
}

void operate_block_added(struct tick *tick, struct command *command)
{
    blocklist_put(&tick->core->catalog.blocklist, &command->block);
}

enum err operate_block_remove(struct tick *tick, struct command *command)
{
    const struct block *block = &command->block;
    if (!blocklist_has(&tick->core->catalog.blocklist, block->number, block->account))
        return ERR_NOT_FOUND;
    operate_write(tick, STORE_DELETE_BLOCK, command)->block = block;
    return ERR_OK;
}

void operate_block_removed(struct tick *tick, struct command *command)
{
    blocklist_remove(&tick->core->catalog.blocklist, command->block.number, command->block.account);
}
