/* Numbers that are not to be written to: for everybody or for one account, always or only by
   senders without the do-not-disturb permission. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/map.h"

struct block {
    uint64_t number;           /* E.164 digits */
    struct account_id account; /* 0: for all */
    bool dnd;                  /* senders with the permission pass */
};

struct blocklist {
    struct map blocks; /* number and account -> 1: always, 2: do not disturb */
};

void blocklist_done(struct blocklist *blocklist);
void blocklist_put(struct blocklist *blocklist, const struct block *block);
void blocklist_remove(struct blocklist *blocklist, uint64_t number, struct account_id account);
bool blocklist_has(const struct blocklist *blocklist, uint64_t number, struct account_id account);
/* Whether a message may not go there. */
bool blocklist_refuses(const struct blocklist *blocklist, uint64_t number,
                       struct account_id account, bool dnd_allowed);
