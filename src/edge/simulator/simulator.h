/* An SMSC that ESMEs bind to over real TCP: it takes messages, answers, sends receipts and inbound
   messages, and has every fault that carriers have, each a row in one table of options. It serves
   `godwit simulate`, the demo and the tests, and knows nothing of Godwit's core.
   Memory is bounded: over `pending_max` messages in the works it answers ESME_RMSGQFUL. */
#pragma once

#include <stdio.h>

#include "base/clock.h"
#include "base/slice.h"
#include "edge/simulator/options.h"
#include "net/loop.h"

struct simulator;

struct simulator_counts {
    uint64_t binds, binds_refused;
    uint64_t submits; /* all that came; each is one of the next five */
    uint64_t taken;   /* also those whose answer was kept back or cut off */
    uint64_t refused, throttled;
    uint64_t full;             /* refused because pending_max was reached */
    uint64_t dropped;          /* cut off before they were looked at */
    uint64_t unanswered;       /* taken, and the answer never left */
    uint64_t receipts;         /* deliver_sm or data_sm written, repetitions included */
    uint64_t receipts_done;    /* answered with success */
    uint64_t receipts_again;   /* put back: answered "not now", or their session ended */
    uint64_t receipts_refused; /* answered with another error, given up */
    uint64_t inbound, inbound_done, inbound_again, inbound_refused; /* the same, in segments */
    uint64_t cuts;                                                  /* connections cut by option */
    uint64_t sessions;                                              /* bound now */
    uint64_t waiting;     /* in the works: answers, receipts and inbound segments */
    uint64_t window_peak; /* most submits that one session had open at once */
};

/* An inbound message from a handset. */
struct simulator_inbound {
    struct slice source, destination;
    struct slice text; /* UTF-8; cut into segments when it is long */
};

/* NULL: `out_error` (256 bytes) says why. The options are copied, what they point at is not. */
struct simulator *simulator_open(struct loop *loop, const struct simulator_options *options,
                                 char *out_error);
void simulator_close(struct simulator *simulator); /* cuts every connection */
/* "127.0.0.1:2775", with the port that was given for port 0. */
struct slice simulator_address(const struct simulator *simulator);
struct simulator_counts simulator_counts(const struct simulator *simulator);
/* Sends it to a session that can receive, now or when one binds. False: too much is waiting, or
   the text is not valid UTF-8 or needs more than 255 segments. */
bool simulator_inject(struct simulator *simulator, const struct simulator_inbound *inbound);
/* From now on it behaves like this; host, port, seed, clock and the ids that were given stay. */
void simulator_configure(struct simulator *simulator, const struct simulator_options *options);
/* Cuts every connection now, as a failing network would; the next ones are accepted. */
void simulator_cut(struct simulator *simulator);
