/* What the files of this folder know of each other: the client has links, one a provider; a link
   has sessions, one a connection. */
#pragma once

#include "base/buf.h"
#include "core/ports.h"
#include "edge/outbox.h"
#include "edge/smpp_client/smpp_client.h"
#include "edge/smpp_client/window.h"
#include "net/tcp.h"
#include "wire/smpp_pdu.h"

/* Octets that are put behind the beginning of a PDU at once. */
#define READ_PIECE 65536

/* Life of a connection:
   closed -> connecting -> binding -> bound -> draining -> unbinding -> closed
   and from each of them straight to closed. See session_rows. */
enum session_state {
    SESSION_CLOSED, /* waits for its next try, or for being swept away */
    SESSION_CONNECTING,
    SESSION_BINDING,
    SESSION_BOUND,
    SESSION_DRAINING, /* takes no more submits, waits for the answers that are out */
    SESSION_UNBINDING,
    SESSION_STATE_COUNT,
};

/* A submit that waits for room in its session's window. */
struct waiting {
    struct waiting *next;
    struct submit submit; /* its texts lie behind it */
};

struct session {
    struct smpp_client *client;
    struct link *link;
    uint32_t index;      /* in the client's table */
    uint32_t generation; /* another one for each connection */
    uint32_t bind;       /* SMPP_BIND_TRANSCEIVER, _TRANSMITTER, _RECEIVER */
    enum session_state state;
    bool unwanted; /* ends instead of connecting again */
    struct tcp *tcp;
    struct buf in; /* the beginning of a PDU whose rest has not come */
    uint32_t sequence;
    struct window window;
    struct waiting *waiting, **waiting_end;
    uint32_t waiting_count;
    uint32_t deliveries; /* handed to the caller, not answered yet */
    bool paused;
    struct loop_timer timer;
    uint64_t armed_mono_ms;    /* when the timer fires; UINT64_MAX: it does not run */
    uint64_t deadline_mono_ms; /* of the state, 0: none */
    uint64_t heard_mono_ms;    /* the last PDU came */
    uint64_t grace_mono_ms;    /* no silence counts before this: we did not listen */
    uint64_t bound_mono_ms;
    uint32_t probes;   /* enquire_link without a sign of life since */
    uint32_t failures; /* tries in a row that came to nothing */
    uint32_t refusal;  /* command_status of the last bind, 0: it was something else */
};

/* Where the segments of long messages went: the last STICKY_MAX messages are remembered. */
#define STICKY_MAX 4096
struct sticky {
    struct map sessions; /* recipient -> generation of the session */
    uint64_t ring[STICKY_MAX];
    uint32_t next;
};

struct link {
    struct smpp_client *client;
    struct provider provider;
    bool removed;
    bool marked_receipts; /* this carrier marks its receipts, so a mere text is none */
    struct session **sessions;
    uint32_t session_count;
    uint32_t told;         /* sessions that can submit, as the caller knows */
    struct sticky *sticky; /* NULL before the first long message */
};

struct smpp_client {
    struct loop *loop;
    struct smpp_client_ports ports;
    uint64_t random;
    struct link *links[PROVIDERS_MAX + 1];
    struct session **sessions; /* by session.index; holes are NULL */
    uint32_t session_capacity;
    uint32_t generation;
    struct loop_timer sweep; /* frees what has ended, away from its own callbacks */
    struct buf out;          /* the PDU that is being written */
    struct buf text;         /* the inbound text that is being read */
    bool draining;
    void (*drained)(void *user);
    void *drained_user;
    struct outbox outbox; /* the core's side */
};

/* smpp_client.c */
void client_note(struct smpp_client *client, struct provider_id provider, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What is unwanted and closed goes at the next turn of the loop. */
void client_sweep_soon(struct smpp_client *client);
uint64_t client_random(struct smpp_client *client);

/* link.c */
struct link *link_new(struct smpp_client *client, const struct provider *provider);
void link_free(struct link *link); /* its sessions must be closed */
void link_change(struct link *link, const struct provider *provider, bool removed);
/* Starts the sessions that are missing, once those that have to go are gone. */
void link_arrange(struct link *link);
/* Ends all sessions in good order. */
void link_stop(struct link *link);
/* Frees the sessions that have ended. */
void link_sweep(struct link *link);
/* Unanswered submits that a session may have. */
uint32_t link_window(const struct link *link);
void link_submit(struct link *link, const struct submit *submit);
/* Tells how many sessions can submit, when that has changed. */
void link_tell(struct link *link);
void link_answer(struct link *link, const struct command_answer *answer);

/* session.c */
struct session *session_new(struct link *link, uint32_t bind);
void session_free(struct session *session); /* must be closed */
void session_start(struct session *session);
/* Ends it in good order: answers, unbind, close. */
void session_stop(struct session *session);
/* Ends the connection now: its submits are answered, and it connects again unless unwanted. */
void session_close(struct session *session, bool abort);
bool session_can_submit(const struct session *session);
void session_submit(struct session *session, const struct submit *submit);
/* Moves on when the last answer of a draining session has come. */
void session_settle(struct session *session);
/* Writes the waiting submits that the window has room for. */
void session_fill(struct session *session);
/* The provider's settings have changed. */
void session_refresh(struct session *session);
void session_bound(struct session *session);
void session_bind_refused(struct session *session, uint32_t status);
void session_write(struct session *session, const struct smpp_pdu *pdu);
void session_reply(struct session *session, const struct smpp_reply *reply, enum err err);

/* session_read.c */
/* Every whole PDU of the stream; keeps the rest. The session may be closed when it returns. */
void session_read(struct session *session, struct slice bytes);
