/* The Hep dialect: POST and GET /api/messages, GET /, and the webhook of inbound messages. It only
   translates: what a message costs, where it goes and whose an inbound is, the core decides. */
#pragma once

#include "core/ports.h"
#include "edge/engine.h"
#include "net/http_client.h"
#include "net/http_server.h"

struct hep;

struct hep_config {
    struct slice sender; /* the fixed sender of all messages: "+2899682626" */
    struct slice server; /* the name in the health answer: "Team Hydra" */
};

struct hep *hep_new(struct loop *loop, struct engine *engine, const struct hep_config *config);
void hep_free(struct hep *hep);
/* Takes effect from the next request on. */
void hep_configure(struct hep *hep, const struct hep_config *config);
/* The server answers these paths; `hep_server` is told once it is open. */
#define HEP_EDGE_COUNT 2
void hep_edges(struct hep *hep, struct http_edge out[HEP_EDGE_COUNT]);
void hep_serve(struct hep *hep, struct http_server *server);

/* Inbound pushes: `hep_push` has the shape of core_ports.push and runs on the core's thread. */
struct hep_pusher;
/* The core may push while it opens, before there is an engine to report to: those wait for
   hep_pusher_connect, which comes before the loop runs. */
struct hep_pusher *hep_pusher_new(struct loop *loop, struct http_client *client);
void hep_pusher_connect(struct hep_pusher *pusher, struct engine *engine);
/* From now on a push without an answer is not recorded: the next start pushes it again. */
void hep_pusher_stop(struct hep_pusher *pusher);
void hep_pusher_free(struct hep_pusher *pusher);
void hep_push(void *pusher, const struct inbound *inbound, const struct shortcode *shortcode);
