/* Carriers over HTTP, each described by a profile (docs/providers.md): submits become requests,
   what comes back becomes answers, and signed POSTs to /NAME/dlr become receipts. It decides
   nothing about messages: no retry, no rate, no route. Every submit gets exactly one answer; a
   receipt is answered to the carrier only when the caller says what became of it. It runs on one
   loop. The three functions that the core calls may run on one other thread. */
#pragma once

#include "base/clock.h"
#include "core/command.h"
#include "core/ports.h"
#include "net/http_client.h"
#include "net/http_server.h"
#include "net/loop.h"

struct http_providers;

/* Where it reports to, all on its loop. What is pointed at lives for the call only. */
struct http_provider_ports {
    void *user;
    void (*answer)(void *user, const struct command_answer *answer);
    /* Must lead to one http_providers_reply, at once or later. */
    void (*receipt)(void *user, const struct command_receipt *receipt, struct http_ref reply);
    /* One session for a provider that is enabled, so that its window is that of its requests. */
    void (*link)(void *user, const struct command_link *link);
    /* What an operator wants to read in the log. May be NULL. */
    void (*note)(void *user, struct provider_id provider, const char *text);
};

/* `clock`: wall time, for the age of receipts. */
struct http_providers *http_providers_new(struct loop *loop, struct http_client *client,
                                          struct clock *clock,
                                          const struct http_provider_ports *ports);
/* No request may be under way: the client was freed before, which ended them (UNCERTAIN). */
void http_providers_free(struct http_providers *providers);

/* The core's side, with the shapes of struct core_ports (`user` is the providers). Nothing leaves
   before http_providers_flush, which posts one task for everything since the last one. A submit to
   an unknown, disabled or unreadable provider is answered ATTEMPT_NOT_SENT. A provider that is not
   PROVIDER_HTTP counts as removed. What is under way when a provider changes ends by the profile
   that it began with. */
void http_providers_submit(void *providers, const struct submit *submit);
void http_providers_provider(void *providers, const struct provider *provider, bool removed);
void http_providers_flush(void *providers);

/* The edge of all paths /NAME/dlr; the server is told once it is open. */
struct http_edge http_providers_edge(struct http_providers *providers);
void http_providers_serve(struct http_providers *providers, struct http_server *server);
/* On the loop. NOT_FOUND: 404. STORE_UNAVAILABLE, OVERLOADED: 503, so that the carrier sends again.
   Anything else, what can never be recorded included: 200. */
void http_providers_reply(struct http_providers *providers, struct http_ref reply, enum err err);

/* On the loop. What the core hands out from now on is answered NOT_SENT; `done` is called when
   nothing is under way any more, which the profiles' timeouts bound, never before this returns. */
void http_providers_drain(struct http_providers *providers, void (*done)(void *user), void *user);
/* On the loop, before the client is freed: as drain, waiting for nothing. Replies go nowhere from
   now on: the server may be gone. */
void http_providers_stop(struct http_providers *providers);
