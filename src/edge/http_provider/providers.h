/* What the files of this folder know of each other. Nobody else includes this. */
#pragma once

#include "edge/http_provider/http_profile.h"
#include "edge/http_provider/http_provider.h"
#include "edge/outbox.h"

/* A provider as it was told once: a change makes a new one, and this one goes when the last request
   that began with it has ended. */
struct carrier {
    struct provider_id id;
    char name[NAME_MAX_SIZE + 1];
    bool enabled;
    bool readable; /* its profile is */
    bool replaced;
    size_t flying;
    struct http_profile profile;
};

struct http_providers {
    struct loop *loop;
    struct http_client *client;
    struct clock *clock;
    struct http_provider_ports ports;
    struct http_server *server;
    struct carrier *carriers[PROVIDERS_MAX + 1];
    size_t flying;
    bool stopped;
    struct loop_timer drained;
    void (*on_drained)(void *user);
    void *on_drained_user;
    struct outbox outbox; /* the core's side */
};
