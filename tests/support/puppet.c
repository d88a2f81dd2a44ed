#include "support/puppet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"

struct puppet_pdu {
    struct puppet_pdu *next;
    char *bytes;
    size_t size;
};

static void keep(struct puppet *puppet, struct slice bytes)
{
    struct puppet_pdu *pdu = MEM_NEW(struct puppet_pdu);
    pdu->bytes = mem_copy(bytes.at, bytes.size);
    pdu->size = bytes.size;
    *puppet->last = pdu;
    puppet->last = &pdu->next;
}

static bool is_bind(uint32_t command_id)
{
    return command_id == SMPP_BIND_TRANSCEIVER || command_id == SMPP_BIND_TRANSMITTER ||
           command_id == SMPP_BIND_RECEIVER;
}

static void peer_send(struct puppet_peer *peer, const struct smpp_pdu *pdu)
{
    struct buf out;
    buf_init(&out, SMPP_SIZE_MAX);
    assert_true(smpp_encode(pdu, &out));
    tcp_write(peer->tcp, buf_slice(&out));
    buf_done(&out);
}

static void peer_take(struct puppet_peer *peer, const struct smpp_pdu *pdu, struct slice bytes)
{
    struct puppet *puppet = peer->puppet;
    puppet->bind_count += is_bind(pdu->command_id);
    bool by_itself = is_bind(pdu->command_id) || pdu->command_id == SMPP_UNBIND;
    if (!puppet->binds_by_itself || !by_itself) {
        keep(puppet, bytes);
        return;
    }
    struct smpp_pdu response = smpp_response(pdu, ESME_ROK);
    peer_send(peer, &response);
}

static void on_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct puppet_peer *peer = user;
    struct arena arena = {0};
    buf_add(&peer->in, bytes);
    for (;;) {
        struct smpp_pdu pdu;
        struct smpp_bad bad;
        struct slice stream = buf_slice(&peer->in);
        enum smpp_decode decoded = smpp_decode(stream, SMPP_SIZE_MAX, &arena, &pdu, &bad);
        if (decoded == SMPP_NEED_MORE) break;
        if (decoded == SMPP_LOST) {
            peer->puppet->lost_count++;
            buf_clear(&peer->in);
            break;
        }
        assert_int_equal(decoded, SMPP_DECODED);
        peer_take(peer, &pdu, slice_of(stream.at, pdu.size));
        buf_drop(&peer->in, pdu.size);
    }
    arena_done(&arena);
}

static void on_close(void *user, struct tcp *tcp, bool clean)
{
    struct puppet_peer *peer = user;
    peer->ended_clean = clean;
    tcp_close(tcp, false);
    peer->tcp = NULL;
}

static void on_connect(void *user, struct tcp *tcp)
{
}

static const struct tcp_events events = {
    .on_connect = on_connect, .on_read = on_read, .on_close = on_close};

static void on_accept(void *user, struct tcp *tcp)
{
    struct puppet *puppet = user;
    assert_true(puppet->peer_count < PUPPET_PEERS_MAX);
    puppet->accepted_at_ms[puppet->peer_count] = loop_mono_ms(puppet->loop);
    struct puppet_peer *peer = &puppet->peers[puppet->peer_count++];
    if (puppet->hangs_up) {
        tcp_close(tcp, true);
        return;
    }
    *peer = (struct puppet_peer){.puppet = puppet, .tcp = tcp};
    buf_init(&peer->in, 1 << 20);
    tcp_set_user(tcp, &events, peer);
}

void puppet_open(struct puppet *puppet, struct loop *loop, const char *address)
{
    char error[256] = "";
    *puppet = (struct puppet){.loop = loop, .binds_by_itself = true};
    puppet->last = &puppet->first;
    puppet->listener = tcp_listen(loop, slice_cstr(address), false, on_accept, puppet, error);
    if (!puppet->listener) fail_msg("%s", error);
}

void puppet_connect(struct puppet *puppet, struct loop *loop, const char *address)
{
    if (puppet->peer_count == 0) {
        *puppet = (struct puppet){.loop = loop};
        puppet->last = &puppet->first;
    }
    assert_true(puppet->peer_count < PUPPET_PEERS_MAX);
    struct puppet_peer *peer = &puppet->peers[puppet->peer_count++];
    *peer = (struct puppet_peer){.puppet = puppet};
    buf_init(&peer->in, 1 << 20);
    peer->tcp = tcp_connect(loop, slice_cstr(address), &events, peer);
}

static struct puppet_pdu *pop(struct puppet *puppet)
{
    struct puppet_pdu *pdu = puppet->first;
    if (!pdu) return NULL;
    puppet->first = pdu->next;
    if (!puppet->first) puppet->last = &puppet->first;
    return pdu;
}

static void pdu_free(struct puppet_pdu *pdu)
{
    mem_free(pdu->bytes);
    mem_free(pdu);
}

void puppet_close(struct puppet *puppet)
{
    if (puppet->listener) tcp_listener_close(puppet->listener);
    for (size_t i = 0; i < puppet->peer_count; i++) {
        tcp_close(puppet->peers[i].tcp, true);
        buf_done(&puppet->peers[i].in);
    }
    for (struct puppet_pdu *pdu; (pdu = pop(puppet));)
        pdu_free(pdu);
}

bool puppet_take(struct puppet *puppet, struct arena *arena, struct smpp_pdu *out)
{
    struct puppet_pdu *pdu = pop(puppet);
    struct smpp_bad bad;
    if (!pdu) return false;
    struct slice bytes = arena_copy(arena, slice_of(pdu->bytes, pdu->size));
    assert_int_equal(smpp_decode(bytes, SMPP_SIZE_MAX, arena, out, &bad), SMPP_DECODED);
    pdu_free(pdu);
    return true;
}

struct smpp_pdu puppet_expect(struct puppet *puppet, struct arena *arena, uint32_t command_id)
{
    struct smpp_pdu pdu = {0};
    if (!puppet_take(puppet, arena, &pdu))
        fail_msg("nothing came, not %s", smpp_command_name(command_id));
    assert_string_equal(smpp_command_name(pdu.command_id), smpp_command_name(command_id));
    return pdu;
}

void puppet_expect_nothing(struct puppet *puppet)
{
    struct arena arena = {0};
    struct smpp_pdu pdu;
    if (puppet_take(puppet, &arena, &pdu)) fail_msg("%s came", smpp_command_name(pdu.command_id));
    arena_done(&arena);
}

static struct puppet_peer *current(struct puppet *puppet)
{
    assert_true(puppet->peer_count > 0);
    return &puppet->peers[puppet->peer_count - 1];
}

void puppet_send(struct puppet *puppet, const struct smpp_pdu *pdu)
{
    peer_send(current(puppet), pdu);
}

void puppet_send_bytes(struct puppet *puppet, struct slice bytes)
{
    tcp_write(current(puppet)->tcp, bytes);
}

void puppet_answer(struct puppet *puppet, const struct smpp_pdu *request, uint32_t status,
                   const char *message_id)
{
    struct smpp_pdu response = smpp_response(request, status);
    if (!response.no_body) response.message_id = slice_cstr(message_id);
    puppet_send(puppet, &response);
}

bool puppet_is_cut(const struct puppet *puppet)
{
    return puppet->peers[puppet->peer_count - 1].tcp == NULL;
}

void puppet_hang_up(struct puppet *puppet)
{
    struct puppet_peer *peer = current(puppet);
    tcp_close(peer->tcp, false);
    peer->tcp = NULL;
}
