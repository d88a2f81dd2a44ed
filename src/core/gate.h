/* The first door: which key a request carries and whether it may pass, answered on the edges' own
   threads while the headers are still being read. The core keeps it current; a change is seen by
   every look-up that begins after the change's command is done. The core checks again, with the
   truth, when it decides. */
#pragma once

#include "core/account.h"

struct gate;

struct gate_entry {
    struct key_id key;
    struct account_id account;
    bool enabled;
    bool sms_on;
    bool test;
    bool may_send; /* has sms:send or * */
    bool full;     /* has * */
};

struct gate *gate_new(void);
void gate_free(struct gate *gate);
/* Any thread. The hash is BLAKE2b of the key's text; compared in constant time. */
bool gate_find(const struct gate *gate, const uint8_t hash[KEY_HASH_SIZE], struct gate_entry *out);

/* The core only. */
void gate_put(struct gate *gate, const uint8_t hash[KEY_HASH_SIZE], const struct gate_entry *entry);
void gate_remove(struct gate *gate, const uint8_t hash[KEY_HASH_SIZE]);
void gate_set_account(struct gate *gate, struct account_id account, bool sms_on);
