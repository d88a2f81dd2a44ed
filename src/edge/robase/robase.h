/* The Robase dialect: /v1/sms, /v1/sms-templates, /v1/sender-ids and /v1/webhooks, and what a
   webhook is told. It only translates: what may be sent, what it costs and what becomes of it, the
   core decides. */
#pragma once

#include "base/buf.h"
#include "core/provider.h"
#include "core/webhook.h"
#include "edge/engine.h"
#include "net/http_server.h"

struct robase;

struct robase_config {
    uint32_t rate, burst; /* requests a second of one key at one endpoint; rate 0: no limit */
};

/* Providers may be named, and nothing else asked, before robase_connect, which comes before the
   loop runs. */
struct robase *robase_new(struct loop *loop, const struct robase_config *config);
void robase_connect(struct robase *robase, struct engine *engine);
void robase_free(struct robase *robase);
/* Takes effect from the next request on. */
void robase_configure(struct robase *robase, const struct robase_config *config);
/* The server answers these paths; `robase_serve` is told once it is open. */
#define ROBASE_EDGE_COUNT 1
void robase_edges(struct robase *robase, struct http_edge out[ROBASE_EDGE_COUNT]);
void robase_serve(struct robase *robase, struct http_server *server);

/* Has the shape of core_ports.provider and runs on the core's thread: messages show providers by
   name. The name of a removed one is kept for the messages that it carried. */
void robase_provider(void *robase, const struct provider *provider, bool removed);

/* Appends the body of an event's delivery (application/json), read by the caller's own reader; any
   thread. The header `Robase-Event` is event_type_names[event->type]. A retry gives the same bytes
   although the message has moved on, because only what was known at the event is told. False: the
   message is gone, or the store did not answer. */
bool robase_event_body(void *robase, struct store_reader *reader, const struct event *event,
                       struct buf *out);
