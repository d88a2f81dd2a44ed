/* The SMPP client: Godwit's binds to carriers. It turns the core's submits into submit_sm and what
   carriers send into answers, receipts and inbound messages. It decides nothing about messages:
   no retry, no rate, no route. Every submit gets exactly one answer; a receipt or an inbound
   message is answered to the carrier only when the caller says that it is recorded. It runs on one
   loop. The three functions that the core calls may run on one other thread. */
#pragma once

#include "base/clock.h"
#include "core/command.h"
#include "core/ports.h"
#include "net/loop.h"

struct smpp_client;

/* Names a deliver_sm or data_sm that waits for its response. */
struct smpp_reply {
    uint32_t session;
    uint32_t generation;
    uint32_t sequence;
    uint32_t command_id;
};

enum smpp_direction { SMPP_SENT, SMPP_RECEIVED };

/* Where the client reports to, all on its loop. What is pointed at lives for the call only. */
struct smpp_client_ports {
    void *user;
    struct clock *clock; /* wall time, for validity periods */
    uint64_t seed;       /* of the jitter between reconnects */
    void (*answer)(void *user, const struct command_answer *answer);
    /* Each must lead to exactly one smpp_client_reply, at once or later. */
    void (*receipt)(void *user, const struct command_receipt *receipt, struct smpp_reply reply);
    void (*inbound)(void *user, const struct command_inbound *inbound, struct smpp_reply reply);
    /* The number of sessions that can submit has changed. Comes before the answers of the submits
       that were lost with a session, and after the answers that came in on it. */
    void (*link)(void *user, const struct command_link *link);
    /* One whole PDU, or the rest of a stream that makes none. A bind holds the password, which
       smpp_dump hides. May be NULL. */
    void (*trace)(void *user, enum smpp_direction direction, struct provider_id provider,
                  struct slice bytes);
    /* What an operator wants to read in the log: bound, bind refused, connection lost. May be NULL.
     */
    void (*note)(void *user, struct provider_id provider, const char *text);
};

struct smpp_client *smpp_client_new(struct loop *loop, const struct smpp_client_ports *ports);
/* Cuts every connection; submits without an answer get theirs (UNCERTAIN or NOT_SENT) before this
   returns. The core must have stopped, and the tasks it posted must have run. */
void smpp_client_free(struct smpp_client *client);

/* The core's side, with the shapes of struct core_ports (`user` is the client). Nothing leaves
   before smpp_client_flush, which posts one task for everything since the last one. A submit to an
   unknown or disabled provider is answered ATTEMPT_NOT_SENT. A provider that is not
   PROVIDER_SMPP counts as removed. A change of what was told to the carrier at the bind (address,
   bind kind, names, interface version) drains the sessions and binds again; other changes hold
   from the next submit on. */
void smpp_client_submit(void *client, const struct submit *submit);
void smpp_client_provider(void *client, const struct provider *provider, bool removed);
void smpp_client_flush(void *client);

/* On the loop. ERR_OK: the carrier is told that all is well; anything else: ESME_RX_T_APPN (0x64),
   so that it sends again. A reply to a session that has ended is dropped. */
void smpp_client_reply(struct smpp_client *client, struct smpp_reply reply, enum err err);

/* On the loop. Every session lets its unanswered submits come in, unbinds and closes, within a
   bounded time; then `done` is called, never before this returns. What the core hands out from now
   on is answered NOT_SENT. */
void smpp_client_drain(struct smpp_client *client, void (*done)(void *user), void *user);
