#include "core/blocklist.h"

#include "base/hash.h"

enum { BLOCKED_ALWAYS = 1, BLOCKED_DND = 2 };

static uint64_t block_key(uint64_t number, struct account_id account)
{
    /* Numbers are their own keys where all accounts share them. */
    uint64_t key = account.v ? hash_u64(account.v) ^ hash_u64(number) : number;
    return key ? key : 1;
}

void blocklist_done(struct blocklist *blocklist)
{
    map_done(&blocklist->blocks);
}

void blocklist_put(struct blocklist *blocklist, const struct block *block)
{
    map_set(&blocklist->blocks, block_key(block->number, block->account),
            block->dnd ? BLOCKED_DND : BLOCKED_ALWAYS);
}

void blocklist_remove(struct blocklist *blocklist, uint64_t number, struct account_id account)
{
    map_remove(&blocklist->blocks, block_key(number, account));
}

bool blocklist_has(const struct blocklist *blocklist, uint64_t number, struct account_id account)
{
    uint64_t how;
    return map_get(&blocklist->blocks, block_key(number, account), &how);
}

bool blocklist_refuses(const struct blocklist *blocklist, uint64_t number,
                       struct account_id account, bool dnd_allowed)
{
    if (blocklist->blocks.count == 0) return false;
    struct account_id owners[] = {{0}, account};
    uint64_t how;
    for (size_t i = 0; i < 2; i++)
        if (map_get(&blocklist->blocks, block_key(number, owners[i]), &how) &&
            !(how == BLOCKED_DND && dnd_allowed))
            return true;
    return false;
}
