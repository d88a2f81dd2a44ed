/* What a carrier sends: which PDU may come in which state, and what follows from it. */
#include "edge/smpp_client/client.h"
#include "edge/smpp_client/deliver_pdu.h"

/* Unanswered deliver_sm over which a session is not read, and from which on it is again. */
#define DELIVERIES_MAX    1000
#define DELIVERIES_RESUME 500

#define BIT(state)        (1u << (state))
#define ANY_STATE         (BIT(SESSION_STATE_COUNT) - 1)
#define BOUND_STATES      (BIT(SESSION_BOUND) | BIT(SESSION_DRAINING) | BIT(SESSION_UNBINDING))

static void refuse(struct session *session, const struct smpp_pdu *request, uint32_t status)
{
    struct smpp_pdu refusal;
    if (smpp_refusal(request, status, &refusal)) session_write(session, &refusal);
}

static void on_bind_resp(struct session *session, const struct smpp_pdu *pdu)
{
    if (pdu->status == ESME_ROK)
        session_bound(session);
    else
        session_bind_refused(session, pdu->status);
}

static bool is_throttling(uint32_t status)
{
    return status == ESME_RTHROTTLED || status == ESME_RMSGQFUL;
}

static void answer(struct session *session, const struct smpp_pdu *pdu, enum attempt_state state)
{
    struct command_answer told = {.state = state, .status = pdu->status};
    if (!window_take(&session->window, pdu->sequence, &told.attempt)) return;
    if (state == ATTEMPT_TAKEN) {
        told.carrier_id = pdu->message_id;
        if (told.carrier_id.size > CARRIER_ID_MAX) told.carrier_id.size = CARRIER_ID_MAX;
    }
    session->failures = 0;
    link_answer(session->link, &told);
    session_fill(session);
    session_settle(session);
}

static void on_submit_resp(struct session *session, const struct smpp_pdu *pdu)
{
    if (pdu->status == ESME_ROK)
        answer(session, pdu, ATTEMPT_TAKEN);
    else
        answer(session, pdu, is_throttling(pdu->status) ? ATTEMPT_THROTTLED : ATTEMPT_REFUSED);
}

/* Completes what it names: the bind, or a submit. A nack of nothing that is open is noise. */
static void on_nack(struct session *session, const struct smpp_pdu *pdu)
{
    uint32_t status = pdu->status ? pdu->status : ESME_RUNKNOWNERR;
    struct smpp_pdu nack = {.status = status, .sequence = pdu->sequence};
    if (session->state == SESSION_BINDING)
        session_bind_refused(session, status);
    else
        answer(session, &nack, is_throttling(status) ? ATTEMPT_THROTTLED : ATTEMPT_REFUSED);
}

/* deliver_sm and data_sm. The response leaves when the caller has recorded what was delivered. */
static void on_deliver(struct session *session, const struct smpp_pdu *pdu)
{
    struct smpp_client *client = session->client;
    struct link *link = session->link;
    struct smpp_reply reply = {session->index, session->generation, pdu->sequence, pdu->command_id};
    session->deliveries++;
    session->failures = 0;
    if (session->state == SESSION_UNBINDING) {
        /* The connection may be gone before it is recorded. */
        session_reply(session, &reply, ERR_STALE);
        return;
    }
    if (session->deliveries >= DELIVERIES_MAX && !session->paused) {
        session->paused = true;
        tcp_pause(session->tcp);
    }
    struct deliver_rules rules = {
        .provider = link->provider.id,
        .dcs0 = link->provider.quirks.dcs0,
        .text_receipts = !link->marked_receipts,
    };
    struct delivered delivered;
    deliver_pdu_read(pdu, &rules, &client->text, &delivered);
    link->marked_receipts |= delivered.is_marked;
    switch (delivered.kind) {
    case DELIVER_RECEIPT:
        client->ports.receipt(client->ports.user, &delivered.receipt, reply);
        break;
    case DELIVER_INBOUND:
        client->ports.inbound(client->ports.user, &delivered.inbound, reply);
        break;
    case DELIVER_NOTHING:
        client_note(client, link->provider.id, "a receipt without a message id is dropped");
        session_reply(session, &reply, ERR_OK);
        break;
    }
}

static void on_enquire_link(struct session *session, const struct smpp_pdu *pdu)
{
    struct smpp_pdu response = smpp_response(pdu, ESME_ROK);
    session_write(session, &response);
}

static void on_unbind(struct session *session, const struct smpp_pdu *pdu)
{
    struct smpp_pdu response = smpp_response(pdu, ESME_ROK);
    session_write(session, &response);
    client_note(session->client, session->link->provider.id, "the carrier unbinds");
    session_close(session, false);
}

static void on_unbind_resp(struct session *session, const struct smpp_pdu *pdu)
{
    session_close(session, false);
}

static void on_nothing(struct session *session, const struct smpp_pdu *pdu)
{
}

/* A bind may be answered with the response of another kind of bind: some servers always send the
   same one. Peers also probe before they have answered the bind. */
static const struct read_row {
    uint32_t id;
    unsigned states; /* in others a request is refused and a response is noise */
    void (*handle)(struct session *session, const struct smpp_pdu *pdu);
} read_rows[] = {
    {SMPP_SUBMIT_SM | SMPP_RESPONSE, BOUND_STATES, on_submit_resp},
    {SMPP_DELIVER_SM, BOUND_STATES, on_deliver},
    {SMPP_DATA_SM, BOUND_STATES, on_deliver},
    {SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, BIT(SESSION_BINDING), on_bind_resp},
    {SMPP_BIND_TRANSMITTER | SMPP_RESPONSE, BIT(SESSION_BINDING), on_bind_resp},
    {SMPP_BIND_RECEIVER | SMPP_RESPONSE, BIT(SESSION_BINDING), on_bind_resp},
    {SMPP_GENERIC_NACK, ANY_STATE, on_nack},
    {SMPP_ENQUIRE_LINK, ANY_STATE, on_enquire_link},
    {SMPP_UNBIND, ANY_STATE, on_unbind},
    {SMPP_UNBIND | SMPP_RESPONSE, BIT(SESSION_UNBINDING), on_unbind_resp},
    {SMPP_ALERT_NOTIFICATION, ANY_STATE, on_nothing},
    {SMPP_OUTBIND, ANY_STATE, on_nothing},
};

static void dispatch(struct session *session, const struct smpp_pdu *pdu)
{
    for (size_t i = 0; i < sizeof read_rows / sizeof *read_rows; i++) {
        const struct read_row *row = &read_rows[i];
        if (row->id != pdu->command_id) continue;
        if (row->states & BIT(session->state))
            row->handle(session, pdu);
        else
            refuse(session, pdu, ESME_RINVBNDSTS);
        return;
    }
    refuse(session, pdu, ESME_RINVCMDID);
}

/* The header of a response tells the outcome even when its body cannot be read. A message that was
   taken with an id out of all bounds is one whose receipts will not be known again. */
static void dispatch_bad(struct session *session, const struct smpp_pdu *header,
                         const struct smpp_bad *bad)
{
    client_note(session->client, session->link->provider.id, "a bad PDU: %s %s", bad->field,
                bad->why);
    if (header->command_id == (SMPP_SUBMIT_SM | SMPP_RESPONSE)) {
        on_submit_resp(session, header);
    } else if (session->state == SESSION_BINDING && smpp_is_response(header->command_id)) {
        session_bind_refused(session, header->status ? header->status : ESME_RUNKNOWNERR);
    } else {
        refuse(session, header, bad->status);
    }
}

static void trace(struct session *session, struct slice bytes)
{
    struct smpp_client_ports *ports = &session->client->ports;
    if (ports->trace) ports->trace(ports->user, SMPP_RECEIVED, session->link->provider.id, bytes);
}

/* Reads PDUs until the stream has no whole one left or the session ends. Returns octets taken. */
static size_t read_pdus(struct session *session, struct slice stream)
{
    uint32_t generation = session->generation;
    struct arena arena = {0};
    size_t taken = 0;
    while (session->tcp && session->generation == generation) {
        struct slice rest = slice_from(stream, taken);
        struct smpp_pdu pdu;
        struct smpp_bad bad;
        enum smpp_decode decoded = smpp_decode(rest, SMPP_SIZE_MAX, &arena, &pdu, &bad);
        if (decoded == SMPP_NEED_MORE) break;
        if (decoded == SMPP_LOST) {
            trace(session, rest);
            client_note(session->client, session->link->provider.id,
                        "the stream is lost: command_length %u is %s", pdu.size, bad.why);
            refuse(session, &pdu, bad.status);
            session_close(session, false);
            break;
        }
        trace(session, slice_of(rest.at, pdu.size));
        taken += pdu.size;
        session->probes = 0; /* whatever it is, the peer is alive */
        if (decoded == SMPP_DECODED)
            dispatch(session, &pdu);
        else
            dispatch_bad(session, &pdu, &bad);
    }
    arena_done(&arena);
    return taken;
}

void session_read(struct session *session, struct slice bytes)
{
    uint32_t generation = session->generation;
    session->heard_mono_ms = loop_mono_ms(session->client->loop);
    while (bytes.size > 0) {
        bool kept = session->in.size > 0;
        size_t size = kept && bytes.size > READ_PIECE ? READ_PIECE : bytes.size;
        struct slice piece = slice_of(bytes.at, size);
        bytes = slice_from(bytes, size);
        if (kept) {
            buf_add(&session->in, piece);
            piece = buf_slice(&session->in);
        }
        size_t taken = read_pdus(session, piece);
        if (!session->tcp || session->generation != generation) return;
        /* What is left is less than one PDU of the largest size. */
        if (kept)
            buf_drop(&session->in, taken);
        else
            buf_add(&session->in, slice_from(piece, taken));
    }
}

void session_reply(struct session *session, const struct smpp_reply *reply, enum err err)
{
    struct smpp_pdu request = {.command_id = reply->command_id, .sequence = reply->sequence};
    struct smpp_pdu response = smpp_response(&request, err ? ESME_RX_T_APPN : ESME_ROK);
    session_write(session, &response);
    session->deliveries--;
    if (session->paused && session->deliveries <= DELIVERIES_RESUME) {
        session->paused = false;
        session->grace_mono_ms = loop_mono_ms(session->client->loop);
        tcp_resume(session->tcp);
    }
    session_settle(session);
}
