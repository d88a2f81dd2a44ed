/* A small world for tests of the SMPP client: the client on one loop, a simulator on another, and
   in the place of the core a recorder of everything that the client tells. All on virtual time. */
#pragma once

#include "edge/simulator/simulator.h"
#include "edge/smpp_client/smpp_client.h"

#define CARRIER_ADDRESS "127.0.0.1:2775"

struct told_answer {
    struct attempt_id attempt;
    enum attempt_state state;
    uint32_t status;
    char carrier_id[CARRIER_ID_MAX + 1];
};

struct told_delivery {
    bool is_receipt;
    char carrier_id[CARRIER_ID_MAX + 1];
    enum receipt_state state;
    char error[ERROR_WORD_MAX + 1];
    char source[24], destination[24];
    char text[2048];
    struct segment_header part;
    struct smpp_reply reply;
    uint64_t at_ms;
};

struct carrier_world {
    struct loop *here, *there;
    struct clock clock;
    struct smpp_client *client;
    struct simulator *simulator;
    struct simulator_options options;
    struct provider provider;
    uint64_t next_recipient;
    uint64_t submitted; /* segments handed to the client */

    bool keep_replies; /* the test answers deliveries itself */
    enum err reply;    /* else this is answered at once */

    struct told_answer *answers;
    size_t answer_count;
    struct told_delivery *deliveries;
    size_t delivery_count;
    struct command_link links[256];
    size_t link_count;
    uint32_t sessions; /* as told last */
    size_t sent_pdus, received_pdus;
    char last_note[256];
    bool is_drained;
};

extern const char world_long_text[]; /* three messages on the air */

/* For cmocka: opens with seed 1 in memory of its own. */
int world_setup(void **state);
int world_teardown(void **state);
/* A provider at CARRIER_ADDRESS: one transceiver, window 10; not yet told to the client. */
void world_open(struct carrier_world *world, uint64_t seed);
void world_close(struct carrier_world *world);
/* A new client, when the old one was freed by the test. */
void world_new_client(struct carrier_world *world);
/* Sets an option of the simulator that world_simulate opens. */
void world_set(struct carrier_world *world, const char *name, const char *value);
void world_simulate(struct carrier_world *world);
void world_stop_simulator(struct carrier_world *world);
/* Tells the provider as it is now, and lets `ms` pass. */
void world_provide(struct carrier_world *world, uint64_t ms);
void world_remove_provider(struct carrier_world *world, uint64_t ms);
/* What was handed out leaves, then `ms` pass. */
void world_run(struct carrier_world *world, uint64_t ms);
/* Hands a text to one number over as segments in the provider's form. Returns the first attempt;
   the others follow it. Nothing leaves before world_run. */
struct attempt_id world_send(struct carrier_world *world, const char *text);
struct attempt_id world_send_to(struct carrier_world *world, const char *text, uint64_t number,
                                const char *sender);
/* The one answer to this attempt; fails the test when there is none or a second one. */
const struct told_answer *world_answer(struct carrier_world *world, struct attempt_id attempt);
size_t world_count(const struct carrier_world *world, enum attempt_state state);
/* Every segment handed over has had exactly one answer. */
void world_assert_each_answered_once(const struct carrier_world *world);
void world_reply(struct carrier_world *world, size_t delivery, enum err err);
void world_drain(struct carrier_world *world);
