/* What one run of the simulation is like. The seed decides everything: most kinds of fault are off
   in most runs, and where one is on it may be extreme, because a fault that is always a little
   there hides what only its absence or its excess would show. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "edge/simulator/options.h"
#include "net/sim/sim.h"

#define CARRIERS_MAX 3

/* 0 means never, wherever a time or a share is told. */
struct script {
    uint32_t fault_s; /* how long faults happen */
    uint32_t customers;
    uint32_t send_every_ms; /* of one customer */
    uint32_t sends;         /* of all customers, at most */
    uint32_t pipeline;      /* requests of a customer without an answer */
    uint32_t poor_percent;  /* accounts with hardly any credit */
    uint32_t patience_s;    /* after which a customer hangs up */
    uint32_t retry_window_s;
    uint32_t robase_percent; /* of the messages that are sent so */
    uint32_t keyed_percent, again_percent, batch_percent, later_percent;
    uint32_t quota;     /* segments a month */
    uint32_t month_end; /* it comes soon */

    uint32_t crash_every_ms;
    uint32_t stop_every_ms; /* in good order */
    uint32_t down_max_ms;   /* until the next start */
    uint32_t cut_every_ms;
    uint32_t refuse_every_ms, refuse_max_ms; /* connects to a carrier */
    uint32_t hole_every_ms, hole_max_ms;     /* nothing arrives from or at a carrier */
    uint32_t fail_one_in;                    /* commits */
    uint32_t outage_every_ms, outage_max_ms; /* of the store */
    uint32_t commit_max_ms;                  /* how long a commit may take */
    uint32_t wall_every_ms;                  /* jumps of the wall clock */
    uint32_t operate_every_ms;               /* an operator's command */
    uint32_t reroute_percent;                /* of those that change a route */
    uint32_t inbound_every_ms;
    uint32_t hook_fail_percent, hook_silent_percent; /* of the webhooks */

    uint32_t shuffle, latency_max_ms, split_percent, merge_percent, piece_max, window;
    uint32_t refuse_percent, cut_per_mille;

    uint32_t carrier_count;
    uint32_t dead_percent; /* worlds whose last carrier does not come back when all is healed */
    uint32_t chain;        /* how routes name the carriers, see operator.c */
    bool last_is_dead;     /* as decided */
    struct carrier_script {
        struct simulator_options sick, healthy;
        char bind[8], window[8], tps[8];
        uint32_t open_max; /* intents that may be open at once: window of all sessions */
        bool resends;      /* policy for lost answers */
        char quirks[256];
    } carriers[CARRIERS_MAX];
};

/* Draws from sim_random: the simulation must be open. */
void script_make(struct script *out);
struct sim_faults script_faults(const struct script *script);
/* What is not usual in it, on one line. */
void script_print(const struct script *script, FILE *to);
