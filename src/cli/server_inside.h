/* What the files of the server (server*.c) share. */
#pragma once

#include "cli/server.h"
#include "edge/hep/hep.h"
#include "edge/http_provider/http_provider.h"
#include "edge/robase/robase.h"
#include "edge/webhook/webhook_sender.h"

struct server {
    struct loop *loop;
    struct server_options options;
    struct clock clock;
    struct store *store;
    struct core_ports ports;
    struct engine *engine;
    struct control *control;
    struct smpp_client *carriers;
    struct http_providers *upstreams;
    /* One client each, so that nobody waits for another one's receivers. */
    struct http_client *web; /* Hep's pushes, and who asks from outside */
    struct http_client *webhooks_client, *upstreams_client;
    struct hep *hep;
    struct hep_pusher *pusher;
    struct robase *robase;
    struct webhook_sender *webhooks;
    struct http_server *http;
    struct engine_call stop_call;
    struct loop_task settle_task;
    bool settled;
    void (*drained)(void *user);
    void *drained_user;
};

/* server_carriers.c: the links to carriers of every kind, what the core hands them, and what they
   say to it. */
void server_open_carriers(struct server *server);
void server_submit(void *server, const struct submit *submit);
void server_provider(void *server, const struct provider *provider, bool removed);
void server_flush(void *server);
