/* The whole server put together: store, engine, edges, on one loop. `serve`, `demo` and commands on
   a closed store each take the parts they need. */
#pragma once

#include "cli/config.h"
#include "edge/control/control.h"
#include "edge/engine.h"
#include "edge/smpp_client/smpp_client.h"
#include "net/http_client.h"

struct server;

struct server_options {
    const struct config *config;
    bool offline; /* no HTTP, no carriers, no control socket: only the engine and its commands */
    struct store *store; /* stays the caller's; NULL: opened from the configuration */
    /* Every PDU to and from carriers, on the loop. May be NULL. */
    void (*trace)(void *user, bool sent, struct slice bytes);
    void *trace_user;
    bool quiet; /* no notes of links on stderr */
};

/* Nothing is decided before server_start. NULL: `out_problem` (256 bytes) says what to do. */
struct server *server_open(struct loop *loop, const struct server_options *options,
                           char *out_problem);
void server_start(struct server *server); /* or, in the simulator, engine_step */
/* Stops accepting, answers what is in the works, lets carriers answer, unbinds; then `done`. */
void server_drain(struct server *server, void (*done)(void *user), void *user);
void server_close(struct server *server); /* after the drain, or when offline */
/* Takes over what may change while running. Returns a note when something needs a restart. */
const char *server_reload(struct server *server, const struct config *config);

struct slice server_address(const struct server *server); /* "127.0.0.1:8080" */
struct control *server_control(struct server *server);
struct engine *server_engine(struct server *server);
struct http_client *server_http_client(struct server *server);
