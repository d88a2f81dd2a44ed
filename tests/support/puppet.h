/* A peer that does only what a test tells it to, an SMSC that is connected to or an ESME that
   connects: PDUs that arrive wait until the test takes them, and the test says what is sent. One
   connection is the current one: the newest. */
#pragma once

#include "base/arena.h"
#include "net/tcp.h"
#include "wire/smpp_pdu.h"

#define PUPPET_PEERS_MAX 64

struct puppet_peer {
    struct puppet *puppet;
    struct tcp *tcp; /* NULL: ended */
    struct buf in;
    bool ended_clean;
};

struct puppet {
    struct loop *loop;
    struct tcp_listener *listener;
    struct puppet_peer peers[PUPPET_PEERS_MAX];
    size_t peer_count; /* connections ever accepted */
    uint64_t accepted_at_ms[PUPPET_PEERS_MAX];
    bool binds_by_itself; /* answers bind and unbind requests with success */
    bool hangs_up;        /* closes every connection as soon as it comes */
    size_t bind_count;
    size_t lost_count; /* impossible lengths that came */
    struct puppet_pdu *first, **last;
};

void puppet_open(struct puppet *puppet, struct loop *loop, const char *address);
/* Plays an ESME; each call makes another connection. */
void puppet_connect(struct puppet *puppet, struct loop *loop, const char *address);
void puppet_close(struct puppet *puppet);
/* The oldest PDU that came on any connection and was not taken yet, without those that the puppet
   answers by itself. False: none. Its texts live in the arena. */
bool puppet_take(struct puppet *puppet, struct arena *arena, struct smpp_pdu *out);
/* The same, and it must be this one. */
struct smpp_pdu puppet_expect(struct puppet *puppet, struct arena *arena, uint32_t command_id);
void puppet_expect_nothing(struct puppet *puppet);
void puppet_send(struct puppet *puppet, const struct smpp_pdu *pdu);
void puppet_send_bytes(struct puppet *puppet, struct slice bytes);
/* Answers a request; a submit_sm gets `message_id`. */
void puppet_answer(struct puppet *puppet, const struct smpp_pdu *request, uint32_t status,
                   const char *message_id);
/* Has the current connection ended? */
bool puppet_is_cut(const struct puppet *puppet);
void puppet_hang_up(struct puppet *puppet);
