/* Random PDUs that keep to the letter of SMPP 3.4, made from the same field table as the codec, and
   a comparison of two PDUs by that table. The seed decides everything. */
#pragma once

#include "wire/smpp_table.h"

struct smpp_random {
    uint64_t state;
    /* Bounds for peers that cannot do all of it; 0: none. */
    size_t tlv_size_max;
};

uint32_t smpp_random_below(struct smpp_random *random, uint32_t limit);

/* Texts live in the arena. `command_id` is of a known request or response. */
void smpp_random_pdu(struct smpp_random *random, uint32_t command_id, struct arena *arena,
                     struct smpp_pdu *out);

/* The name of the first thing that differs: id, sequence, status, a field, a TLV. NULL: the same.
   Sizes and oddities are not compared. */
const char *smpp_difference(const struct smpp_pdu *a, const struct smpp_pdu *b);
