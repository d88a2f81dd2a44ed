/* What happened to a message: the events of its page, and the body that a webhook is told. */
#pragma once

#include "edge/robase/robase_sms.h"

/* An array, oldest first, derived from the message's story:
     sms.queued     at acceptance, or when its time had come
     sms.sent       a carrier took it
     sms.delivered, sms.failed, sms.rejected, sms.cancelled
     sms.report     a receipt that came after the end, and changed nothing
   Ids are made of the message's own: evt_<id>_queued, evt_<id>_report_<number of the attempt>; so
   they are the same at each look, but not those of deliveries to webhooks. Of sms.report `data` is
   the provider and its verdict, of all others the resource as it was then. `view` gives id_secret
   and names. */
void robase_events_write(struct json_writer *json, const struct robase_view *view,
                         const struct store_recipient *story);

/* {"id","type","created_at","data"}. The id is "evt_" and the event's own id. */
void robase_event_write(struct json_writer *json, const struct robase_view *view,
                        const struct store_recipient *story, const struct event *event);
