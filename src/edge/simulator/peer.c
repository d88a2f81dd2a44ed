/* One connection of an ESME: binding, reading PDUs, probing. */
#include <assert.h>

#include "base/mem.h"
#include "edge/simulator/inside.h"

#define READ_PIECE 65536
#define UNSENT_MAX (1024 * 1024) /* a peer that does not read is not read either */
#define PROBES_MAX 3

#define BOUND      1u
#define NOT_BOUND  2u
#define ALWAYS     (BOUND | NOT_BOUND)

static void peer_probe(struct loop_timer *timer)
{
    struct peer *peer = (struct peer *)(void *)((char *)timer - offsetof(struct peer, timer));
    struct simulator *simulator = peer->simulator;
    if (peer->probes == PROBES_MAX) {
        peer_close(peer, true);
        return;
    }
    peer->probes++;
    peer->sequence = smpp_sequence_next(peer->sequence);
    struct smpp_pdu probe = {.command_id = SMPP_ENQUIRE_LINK, .sequence = peer->sequence};
    peer_write(peer, &probe);
    loop_timer_start(simulator->loop, timer, 1000ull * simulator->options.enquire_link_s);
}

struct peer *peer_new(struct simulator *simulator, struct tcp *tcp)
{
    uint32_t index = 0;
    while (index < simulator->peer_capacity && simulator->peers[index])
        index++;
    if (index == simulator->peer_capacity) {
        uint32_t capacity = simulator->peer_capacity ? 2 * simulator->peer_capacity : 16;
        simulator->peers = mem_resize(simulator->peers, capacity * sizeof(struct peer *));
        memset(simulator->peers + simulator->peer_capacity, 0,
               (capacity - simulator->peer_capacity) * sizeof(struct peer *));
        simulator->peer_capacity = capacity;
    }
    struct peer *peer = MEM_NEW(struct peer);
    peer->simulator = simulator;
    peer->index = index;
    peer->generation = ++simulator->generation;
    peer->tcp = tcp;
    peer->timer.fire = peer_probe;
    buf_init(&peer->in, SMPP_SIZE_MAX + READ_PIECE);
    simulator->peers[index] = peer;
    return peer;
}

void peer_close(struct peer *peer, bool abort)
{
    struct simulator *simulator = peer->simulator;
    tcp_close(peer->tcp, abort);
    loop_timer_stop(simulator->loop, &peer->timer);
    if (peer->bind) simulator->counts.sessions--;
    simulator->peers[peer->index] = NULL;
    deliver_take_back(peer);
    buf_done(&peer->in);
    mem_free(peer);
    deliver_all(simulator);
}

bool peer_can_receive(const struct peer *peer)
{
    return peer->bind == SMPP_BIND_RECEIVER || peer->bind == SMPP_BIND_TRANSCEIVER;
}

bool peer_can_submit(const struct peer *peer)
{
    return peer->bind == SMPP_BIND_TRANSMITTER || peer->bind == SMPP_BIND_TRANSCEIVER;
}

void peer_write_bytes(struct peer *peer, struct slice bytes)
{
    const struct simulator_options *options = &peer->simulator->options;
    if (options->trace) options->trace(options->trace_user, true, bytes);
    tcp_write(peer->tcp, bytes);
    if (!peer->paused && tcp_unsent(peer->tcp) > UNSENT_MAX) {
        peer->paused = true;
        tcp_pause(peer->tcp);
    }
}

void peer_write(struct peer *peer, const struct smpp_pdu *pdu)
{
    struct buf *out = &peer->simulator->out;
    buf_clear(out);
    bool fits = smpp_encode(pdu, out);
    assert(fits); /* everything that we say was cut to size before */
    (void)fits;
    peer_write_bytes(peer, buf_slice(out));
}

static void refuse(struct peer *peer, const struct smpp_pdu *request, uint32_t status)
{
    struct smpp_pdu refusal;
    if (smpp_refusal(request, status, &refusal)) peer_write(peer, &refusal);
}

/* Binding */

static bool kind_is_accepted(const struct simulator_options *options, uint32_t command_id)
{
    bool both = command_id == SMPP_BIND_TRANSCEIVER;
    return options->binds == SIMULATOR_BINDS_ANY || both == (options->binds == SIMULATOR_BINDS_TRX);
}

static bool is_other(const char *wanted, struct slice given)
{
    return wanted[0] && !slice_eq(slice_cstr(wanted), given);
}

static uint32_t bind_status(struct peer *peer, const struct smpp_pdu *pdu, uint32_t *out_account)
{
    struct simulator *simulator = peer->simulator;
    const struct simulator_options *options = &simulator->options;
    if (peer->bind) return ESME_RALYBND;
    if (simulator->refused_binds < options->refuse_binds) {
        simulator->refused_binds++;
        return options->refuse_binds_status;
    }
    if (is_other(options->system_id, pdu->system_id)) return ESME_RINVSYSID;
    if (is_other(options->password, pdu->password)) return ESME_RINVPASWD;
    if (!kind_is_accepted(options, pdu->command_id)) return ESME_RBINDFAIL;
    if (!simulator_account(simulator, pdu->system_id, out_account)) return ESME_RSYSERR;
    return ESME_ROK;
}

static void on_bind(struct peer *peer, const struct smpp_pdu *pdu)
{
    struct simulator *simulator = peer->simulator;
    uint32_t account = 0;
    uint32_t status = bind_status(peer, pdu, &account);
    struct smpp_pdu response = smpp_response(pdu, status);
    struct arena arena = {0};
    if (!response.no_body) response.system_id = SLICE("simulator");
    if (status == ESME_ROK)
        smpp_tlv_add_integer(&response.tlvs, &arena, SMPP_TLV_SC_INTERFACE_VERSION,
                             SMPP_VERSION_34);
    peer_write(peer, &response);
    arena_done(&arena);
    *(status ? &simulator->counts.binds_refused : &simulator->counts.binds) += 1;
    if (status) return;
    peer->bind = pdu->command_id;
    peer->account = account;
    simulator->counts.sessions++;
    uint32_t enquire_link_s = simulator->options.enquire_link_s;
    if (enquire_link_s) loop_timer_start(simulator->loop, &peer->timer, 1000ull * enquire_link_s);
    if (!peer_can_receive(peer)) return;
    simulator_begin_inbound(simulator);
    deliver_all(simulator);
}

/* Reading */

static void on_submit(struct peer *peer, const struct smpp_pdu *pdu)
{
    if (peer_can_submit(peer))
        submit_take(peer, pdu);
    else
        refuse(peer, pdu, ESME_RINVBNDSTS);
}

static void on_enquire_link(struct peer *peer, const struct smpp_pdu *pdu)
{
    struct smpp_pdu response = smpp_response(pdu, ESME_ROK);
    peer_write(peer, &response);
}

static void on_unbind(struct peer *peer, const struct smpp_pdu *pdu)
{
    on_enquire_link(peer, pdu);
    peer_close(peer, false);
}

static void on_nothing(struct peer *peer, const struct smpp_pdu *pdu)
{
}

static void on_query(struct peer *peer, const struct smpp_pdu *pdu)
{
    refuse(peer, pdu, ESME_RQUERYFAIL);
}

static void on_cancel(struct peer *peer, const struct smpp_pdu *pdu)
{
    refuse(peer, pdu, ESME_RCANCELFAIL);
}

static void on_replace(struct peer *peer, const struct smpp_pdu *pdu)
{
    refuse(peer, pdu, ESME_RREPLACEFAIL);
}

static const struct read_row {
    uint32_t id;
    unsigned states; /* in others a request is refused and a response is noise */
    void (*handle)(struct peer *peer, const struct smpp_pdu *pdu);
} read_rows[] = {
    {SMPP_SUBMIT_SM, BOUND, on_submit},
    {SMPP_DELIVER_SM | SMPP_RESPONSE, BOUND, deliver_answered},
    {SMPP_DATA_SM | SMPP_RESPONSE, BOUND, deliver_answered},
    {SMPP_GENERIC_NACK, BOUND, deliver_answered},
    {SMPP_DATA_SM, BOUND, on_submit},
    {SMPP_ENQUIRE_LINK, ALWAYS, on_enquire_link},
    {SMPP_ENQUIRE_LINK | SMPP_RESPONSE, ALWAYS, on_nothing},
    {SMPP_BIND_TRANSCEIVER, ALWAYS, on_bind},
    {SMPP_BIND_TRANSMITTER, ALWAYS, on_bind},
    {SMPP_BIND_RECEIVER, ALWAYS, on_bind},
    {SMPP_UNBIND, ALWAYS, on_unbind},
    {SMPP_QUERY_SM, BOUND, on_query},
    {SMPP_CANCEL_SM, BOUND, on_cancel},
    {SMPP_REPLACE_SM, BOUND, on_replace},
};

static void dispatch(struct peer *peer, const struct smpp_pdu *pdu)
{
    for (size_t i = 0; i < sizeof read_rows / sizeof *read_rows; i++) {
        const struct read_row *row = &read_rows[i];
        if (row->id != pdu->command_id) continue;
        if (row->states & (peer->bind ? BOUND : NOT_BOUND))
            row->handle(peer, pdu);
        else
            refuse(peer, pdu, ESME_RINVBNDSTS);
        return;
    }
    refuse(peer, pdu, ESME_RINVCMDID);
}

/* Names a peer across calls that may close it. */
struct peer_ref {
    struct simulator *simulator;
    uint32_t index, generation;
};

static bool peer_lives(const struct peer_ref *ref)
{
    const struct peer *peer = ref->simulator->peers[ref->index];
    return peer && peer->generation == ref->generation;
}

static size_t read_pdus(struct peer *peer, const struct peer_ref *ref, struct slice stream)
{
    const struct simulator_options *options = &ref->simulator->options;
    struct arena arena = {0};
    size_t taken = 0;
    while (peer_lives(ref)) {
        struct slice rest = slice_from(stream, taken);
        struct smpp_pdu pdu;
        struct smpp_bad bad;
        enum smpp_decode decoded = smpp_decode(rest, SMPP_SIZE_MAX, &arena, &pdu, &bad);
        if (decoded == SMPP_NEED_MORE) break;
        size_t size = decoded == SMPP_LOST ? rest.size : pdu.size;
        if (options->trace) options->trace(options->trace_user, false, slice_of(rest.at, size));
        taken += size;
        peer->probes = 0;
        if (decoded == SMPP_DECODED) {
            dispatch(peer, &pdu);
        } else {
            refuse(peer, &pdu, bad.status);
            if (decoded == SMPP_LOST) peer_close(peer, false);
        }
    }
    arena_done(&arena);
    return taken;
}

static void peer_on_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct peer *peer = user;
    const struct peer_ref ref = {peer->simulator, peer->index, peer->generation};
    while (bytes.size > 0) {
        bool kept = peer->in.size > 0;
        size_t size = kept && bytes.size > READ_PIECE ? READ_PIECE : bytes.size;
        struct slice piece = slice_of(bytes.at, size);
        bytes = slice_from(bytes, size);
        /* The peer may be closed while its PDUs are handled, so the bytes are taken from it. */
        struct buf in = peer->in;
        if (kept) {
            buf_init(&peer->in, in.limit);
            buf_add(&in, piece);
            piece = buf_slice(&in);
        }
        size_t taken = read_pdus(peer, &ref, piece);
        bool lives = peer_lives(&ref);
        if (lives && !kept) buf_add(&peer->in, slice_from(piece, taken));
        if (kept) buf_drop(&in, taken);
        if (kept && lives) peer->in = in;
        if (kept && !lives) buf_done(&in);
        if (!lives) return;
    }
}

static void peer_on_close(void *user, struct tcp *tcp, bool clean)
{
    peer_close(user, false);
}

static void peer_on_drain(void *user, struct tcp *tcp)
{
    struct peer *peer = user;
    if (peer->paused) {
        peer->paused = false;
        tcp_resume(tcp);
    }
    if (peer->bind) deliver_all(peer->simulator);
}

const struct tcp_events peer_events = {
    .on_read = peer_on_read,
    .on_close = peer_on_close,
    .on_drain = peer_on_drain,
};
