#include "core/gate.h"

#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/rwspin.h"

struct gate_row {
    uint8_t hash[KEY_HASH_SIZE];
    struct gate_entry entry;
};

struct gate {
    struct rwspin lock;
    struct map rows; /* first eight bytes of the hash -> struct gate_row * */
};

struct gate *gate_new(void)
{
    return MEM_NEW(struct gate);
}

void gate_free(struct gate *gate)
{
    if (!gate) return;
    struct map_entry row;
    for (size_t cursor = 0; map_each(&gate->rows, &cursor, &row);)
        mem_free((void *)(uintptr_t)row.value);
    map_done(&gate->rows);
    mem_free(gate);
}

static uint64_t gate_slot(const uint8_t hash[KEY_HASH_SIZE])
{
    uint64_t slot;
    memcpy(&slot, hash, sizeof slot);
    return slot ? slot : 1;
}

/* Takes the same time wherever the first difference is. */
static bool gate_same_hash(const uint8_t *a, const uint8_t *b)
{
    unsigned difference = 0;
    for (size_t i = 0; i < KEY_HASH_SIZE; i++)
        difference |= (unsigned)(a[i] ^ b[i]);
    return difference == 0;
}

static struct gate_row *gate_row_of(const struct gate *gate, const uint8_t hash[KEY_HASH_SIZE])
{
    uint64_t value;
    for (size_t cursor = 0; map_each_of(&gate->rows, gate_slot(hash), &cursor, &value);) {
        struct gate_row *row = (struct gate_row *)(uintptr_t)value;
        if (gate_same_hash(row->hash, hash)) return row;
    }
    return NULL;
}

bool gate_find(const struct gate *gate, const uint8_t hash[KEY_HASH_SIZE], struct gate_entry *out)
{
    struct rwspin *lock = (struct rwspin *)&gate->lock;
    rwspin_read(lock);
    const struct gate_row *row = gate_row_of(gate, hash);
    if (row) *out = row->entry;
    rwspin_read_done(lock);
    return row != NULL;
}

void gate_put(struct gate *gate, const uint8_t hash[KEY_HASH_SIZE], const struct gate_entry *entry)
{
    struct gate_row *fresh = MEM_NEW(struct gate_row);
    memcpy(fresh->hash, hash, KEY_HASH_SIZE);
    fresh->entry = *entry;

    rwspin_write(&gate->lock);
    struct gate_row *row = gate_row_of(gate, hash);
    if (row)
        row->entry = *entry;
    else
        map_add(&gate->rows, gate_slot(hash), (uint64_t)(uintptr_t)fresh);
    rwspin_write_done(&gate->lock);
    if (row) mem_free(fresh);
}

void gate_remove(struct gate *gate, const uint8_t hash[KEY_HASH_SIZE])
{
    rwspin_write(&gate->lock);
    struct gate_row *row = gate_row_of(gate, hash);
    if (row) map_remove_value(&gate->rows, gate_slot(hash), (uint64_t)(uintptr_t)row);
    rwspin_write_done(&gate->lock);
    mem_free(row);
}

void gate_set_account(struct gate *gate, struct account_id account, bool sms_on)
{
    rwspin_write(&gate->lock);
    struct map_entry entry;
    for (size_t cursor = 0; map_each(&gate->rows, &cursor, &entry);) {
        struct gate_row *row = (struct gate_row *)(uintptr_t)entry.value;
        if (row->entry.account.v == account.v) row->entry.sms_on = sms_on;
    }
    rwspin_write_done(&gate->lock);
}
