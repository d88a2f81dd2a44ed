/* The quota that a plan brings each month: what is left of the last month's lapses and the new
   one's is granted, before anything of the month is paid with it. */
#pragma once

#include "core/catalog.h"

/* Before an operation that may use or show the account's quota. */
void quota_begin_month(struct tick *tick, struct account_row *row);
/* Walks through all accounts when a month begins, and once after a start. */
void quota_chores(struct tick *tick);

struct quota {
    uint32_t month;          /* walked through, or being so */
    struct account_id *left; /* accounts still to come */
    size_t left_count;
};
void quota_done(struct quota *quota);
