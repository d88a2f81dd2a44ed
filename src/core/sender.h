/* Sender ids: the names an account may send under, approved by country by an operator. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/slice.h"

enum sender_status {
    SENDER_PENDING,
    SENDER_APPROVED,
    SENDER_ACTIVE,
    SENDER_REJECTED, /* for good: it is registered again */
    SENDER_STATUS_COUNT,
};
extern const char *const sender_status_names[SENDER_STATUS_COUNT]; /* "pending" ... */
bool sender_may_become(enum sender_status from, enum sender_status to);

/* What the operator decides by. Kept by the store, not by the catalogue. */
struct sender_papers {
    struct slice registered_entity, registration_doc_url, use_case, sample_message, notes;
    struct slice rejection_reason;
};

struct sender {
    struct sender_id id;
    struct account_id account;
    uint64_t created_at_ms;
    enum sender_status status;
    bool dnd;    /* may write to numbers on the do-not-disturb list */
    bool shared; /* every account may send under it */
    char name[SENDER_MAX_SIZE + 1];
    char countries[COUNTRIES_MAX_SIZE + 1]; /* "NG,GH"; "": everywhere */
    struct sender_papers papers;
};

/* Letters and digits, 1 to 11 of them. */
bool sender_name_is_valid(struct slice name);
/* Two capital letters each, commas between; "" is valid. */
bool sender_countries_are_valid(struct slice countries);
/* May a message to `country` go out under it? Test keys pass pending senders, and every country.
   A country is checked only where sender ids are regulated: NG, GH, KE, CI.
   OK, SENDER_BLOCKED, SENDER_REJECTED, SENDER_COUNTRY. */
enum err sender_check(const struct sender *sender, const char *country, bool test);
