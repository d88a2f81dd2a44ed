/* Webhooks: where an account wants to be told what becomes of its messages. An event is told to
   each webhook that subscribed to its type; a delivery is that one event for that one webhook,
   tried again along a table until it is taken or given up. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/limits.h"
#include "base/slice.h"
#include "core/message.h"

enum event_type {
    EVENT_QUEUED,
    EVENT_SENT,
    EVENT_DELIVERED,
    EVENT_FAILED,
    EVENT_REJECTED,
    EVENT_TYPE_COUNT,
};
extern const char *const event_type_names[EVENT_TYPE_COUNT]; /* "sms.queued" ... */
/* What a recipient's new state tells; false when nothing (scheduled, cancelled, timeout). Expired
   is failed. */
bool event_of_state(enum recipient_state state, enum event_type *out);

#define WEBHOOKS_PER_ACCOUNT    16
#define WEBHOOK_DESCRIPTION_MAX 255
#define WEBHOOK_SECRET_SIZE     54 /* "whsec_" and 48 hex digits */

struct webhook {
    struct webhook_id id;
    struct account_id account;
    uint64_t created_at_ms;
    uint32_t number; /* dense, from 1: names its queue */
    bool enabled;
    uint32_t events; /* 1 << enum event_type */
    char secret[WEBHOOK_SECRET_SIZE + 1];
    struct slice url, description;
};

struct event {
    struct event_id id; /* time-ordered */
    struct account_id account;
    struct message_id message;
    struct recipient_id recipient;
    enum event_type type;
    uint64_t at_ms;
};

/* First at once, then after 1 s, 5 s, 30 s, 2 min, 15 min, 1 h, 6 h. */
#define WEBHOOK_TRIES 8
extern const uint32_t webhook_gaps_s[WEBHOOK_TRIES - 1];

/* One event for one webhook: its place in the webhook's queue on disk, in the order of time. */
#define DELIVERY_KEY_SIZE 35
struct delivery {
    char key[DELIVERY_KEY_SIZE + 1]; /* webhook, due millisecond, event: 8 + 11 + 16 hex digits */
    struct webhook_id webhook;
    struct event event;
    uint32_t tries; /* made so far */
};
/* A try that was made; kept. */
struct delivery_try {
    uint64_t id; /* time-ordered */
    struct webhook_id webhook;
    struct event_id event;
    enum event_type type;
    uint32_t number; /* from 1 */
    uint32_t status; /* HTTP status, 0: none came */
    bool last;       /* taken, or given up */
};

void delivery_key(uint32_t webhook_number, uint64_t due_ms, struct event_id event,
                  char out[DELIVERY_KEY_SIZE + 1]);
uint64_t delivery_due_ms(const struct delivery *delivery);
