/* The SMS resource: a message as Robase shows it, as of its acceptance, as of now, or as of an
   event. Nothing that happened later than `at_ms` is looked at, so a picture of the past never
   changes. */
#pragma once

#include "core/webhook.h"
#include "edge/robase/robase_names.h"
#include "store/store.h"
#include "wire/json.h"

struct robase_view {
    const uint8_t *id_secret;
    struct robase_names *names;
    const struct message *message;
    const struct recipient *recipient; /* NULL: as of acceptance, when nothing had been tried */
    const struct attempt *attempts;    /* in the order made */
    size_t attempt_count;
    enum recipient_state state; /* that is shown */
    uint64_t at_ms;
    uint64_t changed_at_ms; /* when it came into that state */
};

/* Fill the rest of a view whose id_secret and names are set. */
void robase_view_accepted(struct robase_view *view, const struct message *message);
void robase_view_now(struct robase_view *view, const struct store_recipient *story);
void robase_view_at(struct robase_view *view, const struct store_recipient *story,
                    enum event_type event, uint64_t at_ms);

/* "queued" ...: Robase's word for a state. */
const char *robase_status(enum recipient_state state);
/* "GSM7" or "UCS2" */
struct slice robase_encoding(enum encoding encoding);
/* When a carrier took all of it, 0 when none did. */
uint64_t robase_view_sent_at_ms(const struct robase_view *view);

/* The fields of the resource, inside an object that is open. In an event `sms_id` names it too, and
   error_code and error_message are there even when empty. */
void robase_sms_put(struct json_writer *json, const struct robase_view *view, bool in_event);
void robase_sms_write(struct json_writer *json, const struct robase_view *view);

void robase_put_id(struct json_writer *json, const char *name, uint64_t id,
                   const uint8_t *id_secret);
void robase_put_time(struct json_writer *json, const char *name, uint64_t ms);
