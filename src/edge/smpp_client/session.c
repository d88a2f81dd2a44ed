/* One connection to a carrier and its life. What arrives on it is read in session_read.c. */
#include <assert.h>

#include "base/mem.h"
#include "edge/smpp_client/client.h"
#include "edge/smpp_client/submit_pdu.h"

#define STABLE_MS      10000 /* a connection that was bound this long was a good one */
#define PROBE_WAIT_MS  10000 /* at most, for the answer to an enquire_link */
#define PROBES_MAX     3
#define PAUSED_LOOK_MS 1000
#define NEVER          UINT64_MAX

#define BIT(state)     (1u << (state))

/* A deadline moves the session on: see session_expire. */
static const struct session_row {
    const char *name;
    unsigned may_go_to;
    uint32_t gives_up_ms; /* 0: no deadline of the state itself */
} session_rows[] = {
    [SESSION_CLOSED] = {"closed", BIT(SESSION_CONNECTING), 0},
    [SESSION_CONNECTING] = {"connecting", BIT(SESSION_CLOSED) | BIT(SESSION_BINDING), 15000},
    [SESSION_BINDING] = {"binding", BIT(SESSION_CLOSED) | BIT(SESSION_BOUND), 30000},
    [SESSION_BOUND] = {"bound", BIT(SESSION_CLOSED) | BIT(SESSION_DRAINING), 0},
    [SESSION_DRAINING] = {"draining", BIT(SESSION_CLOSED) | BIT(SESSION_UNBINDING), 10000},
    [SESSION_UNBINDING] = {"unbinding", BIT(SESSION_CLOSED), 5000},
};

/* How long after a failed try the next one comes; it doubles from `first_ms` to `most_ms`. Trying
   a wrong password again and again locks accounts, and a carrier that says "already bound" has yet
   to notice that our last connection is gone. The last row is for everything else, and its upper
   bound is the carrier's reconnect_max. */
static const struct backoff_row {
    uint32_t status;
    uint32_t first_ms, most_ms;
} backoff_rows[] = {
    {ESME_RINVPASWD, 60000, 600000},
    {ESME_RINVSYSID, 60000, 600000},
    {ESME_RALYBND, 30000, 120000},
    {0, 1000, 0},
};

static const struct tcp_events session_events;

/* Timers */

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t response_due(const struct session *session)
{
    const struct window_entry *oldest = window_oldest(&session->window);
    uint64_t timeout_ms = 1000ull * session->link->provider.quirks.response_timeout_s;
    if (!oldest || timeout_ms == 0) return NEVER;
    return later(oldest->written_mono_ms, session->grace_mono_ms) + timeout_ms;
}

static uint64_t probe_due(const struct session *session)
{
    uint64_t idle_ms = 1000ull * session->link->provider.quirks.enquire_link_s;
    if (idle_ms == 0 || session->state != SESSION_BOUND) return NEVER;
    return later(session->heard_mono_ms, session->grace_mono_ms) + idle_ms +
           session->probes * sooner(idle_ms, PROBE_WAIT_MS);
}

/* Starts the timer for the next thing that is due. It may fire too early, when that has moved away
   since, but never too late: so a submit or an answer mostly costs a comparison. */
static void session_arm(struct session *session)
{
    uint64_t now = loop_mono_ms(session->client->loop);
    uint64_t due = session->deadline_mono_ms ? session->deadline_mono_ms : NEVER;
    if (session->state == SESSION_BOUND || session->state == SESSION_DRAINING) {
        if (session->paused)
            due = sooner(due, now + PAUSED_LOOK_MS);
        else
            due = sooner(due, sooner(response_due(session), probe_due(session)));
    }
    if (due >= session->armed_mono_ms) return;
    session->armed_mono_ms = due;
    loop_timer_start(session->client->loop, &session->timer, due > now ? due - now : 0);
}

static void session_disarm(struct session *session)
{
    loop_timer_stop(session->client->loop, &session->timer);
    session->armed_mono_ms = NEVER;
}

static void session_move(struct session *session, enum session_state state)
{
    assert(session_rows[session->state].may_go_to & BIT(state));
    uint32_t gives_up_ms = session_rows[state].gives_up_ms;
    session->state = state;
    session->deadline_mono_ms = gives_up_ms ? loop_mono_ms(session->client->loop) + gives_up_ms : 0;
    session_arm(session);
}

static void session_note(struct session *session, const char *text)
{
    client_note(session->client, session->link->provider.id, "%s (%s)", text,
                session_rows[session->state].name);
}

static void session_unbind(struct session *session)
{
    session->sequence = smpp_sequence_next(session->sequence);
    struct smpp_pdu unbind = {.command_id = SMPP_UNBIND, .sequence = session->sequence};
    session_write(session, &unbind);
    session_move(session, SESSION_UNBINDING);
}

/* The state's own deadline has come. */
static void session_expire(struct session *session)
{
    switch (session->state) {
    case SESSION_CLOSED:
        session_start(session);
        break;
    case SESSION_DRAINING:
        session_unbind(session);
        break;
    default:
        session_note(session, "no answer in time");
        session_close(session, true);
    }
}

static void session_probe(struct session *session)
{
    if (session->probes == PROBES_MAX) {
        session_note(session, "enquire_link is not answered");
        session_close(session, true);
        return;
    }
    session->probes++;
    session->sequence = smpp_sequence_next(session->sequence);
    struct smpp_pdu probe = {.command_id = SMPP_ENQUIRE_LINK, .sequence = session->sequence};
    session_write(session, &probe);
}

static void session_fire(struct loop_timer *timer)
{
    struct session *session =
        (struct session *)(void *)((char *)timer - offsetof(struct session, timer));
    uint64_t now = loop_mono_ms(session->client->loop);
    bool listens =
        !session->paused && (session->state == SESSION_BOUND || session->state == SESSION_DRAINING);
    session->armed_mono_ms = NEVER;
    if (session->deadline_mono_ms && session->deadline_mono_ms <= now) {
        session_expire(session);
    } else if (listens && response_due(session) <= now) {
        session_note(session, "a submit was not answered in time");
        session_close(session, true);
    } else if (listens && probe_due(session) <= now) {
        session_probe(session);
    }
    session_arm(session);
}

/* Life */

struct session *session_new(struct link *link, uint32_t bind)
{
    struct smpp_client *client = link->client;
    struct session *session = MEM_NEW(struct session);
    session->client = client;
    session->link = link;
    session->bind = bind;
    session->armed_mono_ms = NEVER;
    session->timer.fire = session_fire;
    session->waiting_end = &session->waiting;
    buf_init(&session->in, SMPP_SIZE_MAX + READ_PIECE);
    while (session->index < client->session_capacity && client->sessions[session->index])
        session->index++;
    if (session->index == client->session_capacity) {
        uint32_t capacity = client->session_capacity ? 2 * client->session_capacity : 16;
        client->sessions = mem_resize(client->sessions, capacity * sizeof(struct session *));
        memset(client->sessions + client->session_capacity, 0,
               (capacity - client->session_capacity) * sizeof(struct session *));
        client->session_capacity = capacity;
    }
    client->sessions[session->index] = session;
    return session;
}

void session_free(struct session *session)
{
    assert(session->state == SESSION_CLOSED && !session->tcp && !session->waiting);
    session_disarm(session);
    session->client->sessions[session->index] = NULL;
    buf_done(&session->in);
    window_done(&session->window);
    mem_free(session);
}

void session_start(struct session *session)
{
    session->generation = ++session->client->generation;
    session->sequence = 0;
    session->probes = 0;
    session->bound_mono_ms = 0;
    session->refusal = 0;
    session_move(session, SESSION_CONNECTING);
    session->tcp = tcp_connect(session->client->loop, slice_cstr(session->link->provider.address),
                               &session_events, session);
}

static void session_on_connect(void *user, struct tcp *tcp)
{
    struct session *session = user;
    const struct provider *provider = &session->link->provider;
    session->sequence = smpp_sequence_next(session->sequence);
    struct smpp_pdu bind = {
        .command_id = session->bind,
        .sequence = session->sequence,
        .odd = SMPP_ODD_SIZE, /* real carriers give out longer names than the letter allows */
        .system_id = slice_cstr(provider->system_id),
        .password = slice_cstr(provider->password),
        .system_type = slice_cstr(provider->system_type),
        .interface_version = (uint8_t)provider->quirks.interface_version,
    };
    session_move(session, SESSION_BINDING);
    session_write(session, &bind);
}

static void session_on_read(void *user, struct tcp *tcp, struct slice bytes)
{
    session_read(user, bytes);
}

static void session_on_close(void *user, struct tcp *tcp, bool clean)
{
    struct session *session = user;
    session_note(session, clean ? "the carrier closed the connection" : "the connection broke");
    session_close(session, false);
}

static const struct tcp_events session_events = {
    .on_connect = session_on_connect,
    .on_read = session_on_read,
    .on_close = session_on_close,
};

void session_bound(struct session *session)
{
    static const char *const names[] = {
        [SMPP_BIND_RECEIVER] = "receiver",
        [SMPP_BIND_TRANSMITTER] = "transmitter",
        [SMPP_BIND_TRANSCEIVER] = "transceiver",
    };
    session->bound_mono_ms = session->heard_mono_ms;
    session_move(session, SESSION_BOUND);
    client_note(session->client, session->link->provider.id, "bound as %s", names[session->bind]);
    link_tell(session->link);
}

void session_bind_refused(struct session *session, uint32_t status)
{
    client_note(session->client, session->link->provider.id, "bind refused: %s (0x%08x), %s",
                smpp_status_name(status), (unsigned)status, smpp_status_text(status));
    session->refusal = status;
    session_close(session, false);
}

/* Somewhere in the upper quarter of the time, so that the sessions of a restarted carrier do not
   all come at once. */
static uint64_t session_retry_ms(struct session *session)
{
    const struct backoff_row *row = backoff_rows;
    while (row->status && row->status != session->refusal)
        row++;
    uint64_t most_ms =
        later(row->most_ms, 1000ull * session->link->provider.quirks.reconnect_max_s);
    if (most_ms == 0) most_ms = row->first_ms;
    uint32_t doublings = session->failures > 20 ? 20 : session->failures;
    uint64_t low_ms = sooner((uint64_t)row->first_ms << doublings, most_ms * 3 / 4);
    return low_ms + client_random(session->client) % (low_ms / 3 + 1);
}

static void session_lose(struct session *session, enum attempt_state state,
                         struct attempt_id attempt)
{
    struct command_answer answer = {.attempt = attempt, .state = state};
    link_answer(session->link, &answer);
}

static void session_drop_waiting(struct session *session)
{
    while (session->waiting) {
        struct waiting *first = session->waiting;
        session->waiting = first->next;
        session_lose(session, ATTEMPT_NOT_SENT, first->submit.attempt);
        mem_free(first);
    }
    session->waiting_end = &session->waiting;
    session->waiting_count = 0;
}

void session_close(struct session *session, bool abort)
{
    uint32_t lost = session->window.count;
    uint64_t now = loop_mono_ms(session->client->loop);
    tcp_close(session->tcp, abort);
    session->tcp = NULL;
    session_disarm(session);
    if (session->bound_mono_ms && now - session->bound_mono_ms >= STABLE_MS) session->failures = 0;
    session_move(session, SESSION_CLOSED);
    buf_clear(&session->in);
    session->deliveries = 0;
    session->paused = false;
    link_tell(session->link);
    if (lost)
        client_note(session->client, session->link->provider.id,
                    "%u submits were not answered: uncertain", lost);
    struct attempt_id attempt;
    while (window_pop(&session->window, &attempt))
        session_lose(session, ATTEMPT_UNCERTAIN, attempt);
    session_drop_waiting(session);
    if (session->unwanted) {
        client_sweep_soon(session->client);
        return;
    }
    uint64_t retry_ms = session_retry_ms(session);
    session->failures++;
    session->deadline_mono_ms = now + retry_ms;
    session_arm(session);
    client_note(session->client, session->link->provider.id, "next try in %llu ms",
                (unsigned long long)retry_ms);
}

void session_stop(struct session *session)
{
    session->unwanted = true;
    switch (session->state) {
    case SESSION_CLOSED:
        session_disarm(session);
        client_sweep_soon(session->client);
        break;
    case SESSION_BOUND:
        session_move(session, SESSION_DRAINING);
        link_tell(session->link);
        session_drop_waiting(session);
        session_settle(session);
        break;
    case SESSION_DRAINING:
    case SESSION_UNBINDING:
        break; /* on its way */
    default:
        session_close(session, false);
    }
}

void session_settle(struct session *session)
{
    if (session->state != SESSION_DRAINING) return;
    if (session->window.count == 0 && session->deliveries == 0) session_unbind(session);
}

/* Writing */

static void session_send_bytes(struct session *session, struct slice bytes)
{
    struct smpp_client_ports *ports = &session->client->ports;
    if (ports->trace) ports->trace(ports->user, SMPP_SENT, session->link->provider.id, bytes);
    tcp_write(session->tcp, bytes);
}

void session_write(struct session *session, const struct smpp_pdu *pdu)
{
    struct buf *out = &session->client->out;
    buf_clear(out);
    /* What does not fit is an odd name in the provider's own settings; the bind then times out. */
    if (!smpp_encode(pdu, out)) {
        session_note(session, "a PDU cannot be written");
        return;
    }
    session_send_bytes(session, buf_slice(out));
}

bool session_can_submit(const struct session *session)
{
    return session->state == SESSION_BOUND && session->bind != SMPP_BIND_RECEIVER;
}

static void session_send(struct session *session, const struct submit *submit)
{
    struct smpp_client *client = session->client;
    uint32_t sequence = smpp_sequence_next(session->sequence);
    uint32_t status = 0;
    buf_clear(&client->out);
    if (!submit_pdu_write(submit, &session->link->provider.quirks,
                          clock_wall_ms(client->ports.clock), sequence, &client->out, &status)) {
        struct command_answer answer = {submit->attempt, ATTEMPT_REFUSED, status, {0}};
        link_answer(session->link, &answer);
        return;
    }
    session->sequence = sequence;
    window_add(&session->window, sequence, submit->attempt, loop_mono_ms(client->loop));
    session_send_bytes(session, buf_slice(&client->out));
    session_arm(session);
}

static bool session_has_room(const struct session *session)
{
    return session->window.count < link_window(session->link);
}

void session_fill(struct session *session)
{
    while (session->waiting && session_has_room(session)) {
        struct waiting *first = session->waiting;
        session->waiting = first->next;
        if (!session->waiting) session->waiting_end = &session->waiting;
        session->waiting_count--;
        session_send(session, &first->submit);
        mem_free(first);
    }
}

void session_refresh(struct session *session)
{
    if (session_can_submit(session)) session_fill(session);
    session_arm(session);
}

void session_submit(struct session *session, const struct submit *submit)
{
    if (!session->waiting && session_has_room(session)) {
        session_send(session, submit);
        return;
    }
    size_t sender = submit->sender.size, size = submit->segment.size;
    struct waiting *waiting = mem_alloc(sizeof *waiting + sender + size);
    char *texts = (char *)(waiting + 1);
    if (sender) memcpy(texts, submit->sender.at, sender);
    if (size) memcpy(texts + sender, submit->segment.bytes, size);
    waiting->submit = *submit;
    waiting->submit.sender = slice_of(texts, sender);
    waiting->submit.segment.bytes = (const uint8_t *)texts + sender;
    *session->waiting_end = waiting;
    session->waiting_end = &waiting->next;
    session->waiting_count++;
}
