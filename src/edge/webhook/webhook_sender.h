/* Delivers events to webhooks: one signed POST a try. It knows no dialect: what an event looks like
   and what its headers are called it is told. When to try again is the core's business. */
#pragma once

#include "base/buf.h"
#include "core/ports.h"
#include "edge/engine.h"
#include "net/http_client.h"

struct webhook_sender;

struct webhook_sender_config {
    struct loop *loop;
    struct http_client *client;
    struct slice event_header;     /* its value is the event's type: "sms.sent" */
    struct slice signature_header; /* "t=<unix time>,v1=<hex>", see wire/sign.h; both live on */
    void *user;
    /* On the reading thread: writes the body of an event, the same bytes for each try. False when
       what it tells of is gone. */
    bool (*render)(void *user, struct store_reader *reader, const struct event *event,
                   struct buf *out);
};

/* The core may hand out deliveries while it opens, before there is an engine to report to: those
   wait for webhook_sender_connect, which comes before the loop runs. */
struct webhook_sender *webhook_sender_new(const struct webhook_sender_config *config);
void webhook_sender_connect(struct webhook_sender *sender, struct engine *engine);
/* On the loop, before the client is freed. From now on nothing is sent, and a try without an answer
   is reported as cut short. */
void webhook_sender_stop(struct webhook_sender *sender);
/* Every delivery must have been reported, and its command done. */
void webhook_sender_free(struct webhook_sender *sender);

/* The shape of core_ports.deliver; on the core's thread. One COMMAND_DELIVERED comes back: with the
   status that was answered, and 0 where none came, where too much waits to be sent, or where there
   is nothing to tell any more (the tries of such a delivery end by themselves). */
void webhook_deliver(void *sender, const struct delivery *delivery, const struct webhook *webhook);
