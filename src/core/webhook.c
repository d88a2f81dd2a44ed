#include "core/webhook.h"

#include <stdio.h>
#include <stdlib.h>

const char *const event_type_names[EVENT_TYPE_COUNT] = {
    [EVENT_QUEUED] = "sms.queued",       [EVENT_SENT] = "sms.sent",
    [EVENT_DELIVERED] = "sms.delivered", [EVENT_FAILED] = "sms.failed",
    [EVENT_REJECTED] = "sms.rejected",
};

const uint32_t webhook_gaps_s[WEBHOOK_TRIES - 1] = {1, 5, 30, 120, 900, 3600, 21600};

bool event_of_state(enum recipient_state state, enum event_type *out)
{
    switch (state) {
    case RECIPIENT_QUEUED:
        *out = EVENT_QUEUED;
        return true;
    case RECIPIENT_SENT:
        *out = EVENT_SENT;
        return true;
    case RECIPIENT_DELIVERED:
        *out = EVENT_DELIVERED;
        return true;
    case RECIPIENT_FAILED:
    case RECIPIENT_EXPIRED:
        *out = EVENT_FAILED;
        return true;
    case RECIPIENT_REJECTED:
        *out = EVENT_REJECTED;
        return true;
    default:
        return false;
    }
}

void delivery_key(uint32_t webhook_number, uint64_t due_ms, struct event_id event,
                  char out[DELIVERY_KEY_SIZE + 1])
{
    snprintf(out, DELIVERY_KEY_SIZE + 1, "%08x%011llx%016llx", (unsigned)webhook_number,
             (unsigned long long)due_ms, (unsigned long long)event.v);
}

uint64_t delivery_due_ms(const struct delivery *delivery)
{
    char due[12] = "";
    memcpy(due, delivery->key + 8, 11);
    return strtoull(due, NULL, 16);
}
