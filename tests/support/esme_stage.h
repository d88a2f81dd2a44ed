/* The stage for tests of the simulator: the simulator on one loop, and on another an ESME that says
   what the test says. All on virtual time. */
#pragma once

#include "edge/simulator/simulator.h"
#include "support/puppet.h"

#define ESME_ADDRESS "127.0.0.1:2775"

struct esme_stage {
    struct loop *here, *there;
    struct clock clock;
    struct simulator *simulator;
    struct simulator_options options;
    struct puppet esme;
    struct arena arena;
    uint32_t sequence;
};

/* For cmocka's set-up and tear-down; the options are the defaults. */
int esme_stage_open(void **state);
int esme_stage_close(void **state);
/* Options are set before the simulator opens. */
void esme_set(struct esme_stage *stage, const char *name, const char *value);
void esme_simulate(struct esme_stage *stage);
struct simulator_counts esme_counts(struct esme_stage *stage);
/* The PDU that has come must be this one. */
struct smpp_pdu esme_take(struct esme_stage *stage, uint32_t command_id);
/* Lets 10 ms pass. */
void esme_send(struct esme_stage *stage, struct smpp_pdu pdu);
/* On a new connection, which becomes the current one; returns the status of the response. */
uint32_t esme_bind_as(struct esme_stage *stage, uint32_t kind, const char *name,
                      const char *password);
/* As transceiver "esme"; must succeed. */
void esme_bind(struct esme_stage *stage);
/* A submit_sm to this number that asks for a receipt. */
struct smpp_pdu esme_message(struct esme_stage *stage, const char *number);
/* Sends it and takes the response. */
struct smpp_pdu esme_submit(struct esme_stage *stage, const char *number);
void esme_answer(struct esme_stage *stage, const struct smpp_pdu *request, uint32_t status);
