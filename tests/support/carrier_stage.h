/* The stage for tests of the client's sessions: the client's world, and in the place of the
   simulator a peer that does only what the test says. */
#pragma once

#include "support/carrier.h"
#include "support/puppet.h"

struct carrier_stage {
    struct carrier_world world;
    struct puppet puppet;
    struct arena arena;
};

/* For cmocka's set-up and tear-down. */
int carrier_stage_open(void **state);
int carrier_stage_close(void **state);
/* The PDU that has come must be this one. */
struct smpp_pdu carrier_take(struct carrier_stage *stage, uint32_t command_id);
/* Lets 10 ms pass. */
void carrier_send(struct carrier_stage *stage, struct smpp_pdu pdu);
