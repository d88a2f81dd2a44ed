/* A recipient on its way to a carrier, in memory: it waits in a lane, or some of its segments fly.
 */
#pragma once

#include "core/message.h"
#include "core/provider.h"
#include "store/store.h"

enum flight_state {
    FLIGHT_WAITING,   /* to be submitted */
    FLIGHT_FLYING,    /* submitted, no answer yet */
    FLIGHT_TAKEN,     /* the carrier has it */
    FLIGHT_UNCERTAIN, /* the answer was lost and it is not sent again */
    FLIGHT_REFUSED,
    FLIGHT_PUT_OFF, /* refused for now */
    FLIGHT_STATE_COUNT,
};

/* One segment. Flying ones are linked in their lane, oldest first. */
struct flight {
    struct pending *pending;
    struct flight *previous, *next;
    uint64_t order; /* of the submit, within the lane */
    uint8_t segment;
    uint8_t attempt; /* number of the attempt that counts; 0: the next submit is a new attempt */
    bool duplicate;  /* a lost answer came before: mark it */
    bool lost;       /* somebody may have this very segment, whoever refuses it now */
    enum flight_state state;
};

struct pending {
    struct pending *previous, *next; /* in the lane's queue */
    bool queued;
    struct recipient_id recipient;
    struct message_id message;
    uint64_t number;
    uint64_t accepted_at_ms; /* or became due */
    uint64_t queued_at_ms;   /* wall time */
    char country[3];         /* "": the number's own */
    bool impatient;
    uint64_t not_before_mono_ms; /* a later round over the chain */
    struct slice sender, text;
    struct provider_id chain[CHAIN_MAX];
    uint8_t chain_count, chain_at;
    uint32_t routes_seen;   /* the chain is that of this version of the routes */
    uint8_t refused;        /* bit per provider of the chain: it said no in this round */
    uint8_t attempts;       /* made so far */
    uint8_t rounds;         /* over the chain */
    bool temporary;         /* some refusal of this round was not for good */
    bool fails;             /* a lost answer has decided it: no other try */
    bool stops;             /* a refusal that every provider would give: no other try */
    uint32_t status;        /* of the last refusal */
    enum segment_form form; /* how the flights were cut; a provider's may change meanwhile */
    uint16_t flying;        /* flights in that state */
    uint16_t flight_count;
    struct flight *flights;
};

/* Copies the texts. The chain is the route's; flights are made by pending_cut. */
struct pending *pending_new(const struct message *message, const struct recipient *recipient,
                            const struct provider_id *chain, uint32_t chain_count);
void pending_free(struct pending *pending);
/* Another chain. What is known of providers that are in both stays known. */
void pending_set_chain(struct pending *pending, const struct provider_id *chain,
                       uint32_t chain_count);
struct provider_id pending_provider(const struct pending *pending);
/* The bit of the provider it is with now. */
uint8_t pending_provider_bit(const struct pending *pending);
/* Some carrier has at least one segment of it, or may have. */
bool pending_is_taken(const struct pending *pending);
/* It stays with its provider: that has some of it, or may have just now, or has decided it. */
bool pending_is_tied(const struct pending *pending);
/* After a refusal, when these providers of the chain have said no. A lost answer before it may have
   been a yes, and a second provider would be a second resend. In a hurry that resend was the
   refused one, so the chain is followed to its end. */
bool pending_goes_on(const struct pending *pending, unsigned refused);
/* Makes the flights that the text needs in this form. When any of those before was a possible
   duplicate, all of these are. */
void pending_cut(struct pending *pending, enum segment_form form);
/* Takes over an attempt of an earlier run, each in the order made, when the flights are cut as the
   latest ones were. `policy` is that of its provider. What was cut otherwise is remembered only in
   that it may have been taken. */
void pending_recall(struct pending *pending, const struct attempt *attempt,
                    enum uncertain_policy policy);
/* The numbers of its attempts do not run out when all that waits is submitted. */
bool pending_has_numbers(const struct pending *pending);
/* The segments' bytes, in the arena. */
struct segment_list pending_segments(const struct pending *pending, struct arena *arena);
