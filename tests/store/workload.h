/* A life in numbered groups, each a pure function of its number: what a store must hold after n
   groups can be told from n alone, by another process, after any crash. A group accepts four
   messages of two accounts, takes answers for those of the group before, receipts for those of the
   one before that (every fourth failing, with its refund), and brings an inbound message and a
   parked receipt. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "store/store.h"

/* The accounts and their first credits; once, before group 0. Again after it came to nothing. */
enum err workload_begin(struct store *store);
enum err workload_write(struct store *store, size_t group);
/* Reads everything and fails the test when it is not what exactly n groups leave, sums included.
   Returns n. */
size_t workload_check(struct store *store);
