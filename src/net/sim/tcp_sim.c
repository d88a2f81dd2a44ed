/* Streams of the simulated network. Each end keeps what is on its way to it as a list of packets
   with arrival times that never go back; a delivery takes what has arrived, cut or merged as chance
   has it. The window counts a peer's bytes until they are delivered, so that a paused reader fills
   its sender up. What goes wrong travels as a packet too: the end of one side, and a reset. */
#include "net/sim/tcp_sim.h"

#include <assert.h>

#include "base/mem.h"

enum {
    TCP_LINGER_MS = 10000, /* a closed stream may be this long without sending a byte */
    TCP_HOLD_MAX_MS = 20,  /* a merged delivery waits for others at most this long */
};

const struct tcp_events tcp_no_events;

static void tcp_deliver(struct loop_timer *timer);
static void tcp_flush(struct loop_timer *timer);
static void tcp_linger_over(struct loop_timer *timer);

struct tcp *tcp_new(struct loop *loop, const struct tcp_events *events, void *user)
{
    struct tcp *tcp = MEM_NEW(struct tcp);
    tcp->loop = loop;
    tcp->events = events;
    tcp->user = user;
    buf_init(&tcp->out, SIZE_MAX);
    sim_source_init(&tcp->arrive, loop, "connect", tcp_arrive);
    sim_source_init(&tcp->deliver, loop, "delivery", tcp_deliver);
    sim_source_init(&tcp->flush, loop, "flush", tcp_flush);
    sim_source_init(&tcp->linger, loop, "linger", tcp_linger_over);
    tcp->next = sim.streams;
    sim.streams = tcp;
    loop->open_count++;
    return tcp;
}

uint16_t tcp_next_port(void)
{
    uint16_t port = sim.next_port++;
    if (sim.next_port == 0) sim.next_port = SIM_PORT_FIRST;
    return port;
}

size_t tcp_unsent(const struct tcp *tcp)
{
    return tcp->out.size - tcp->out_sent;
}

static void tcp_drop_unsent(struct tcp *tcp)
{
    buf_clear(&tcp->out);
    tcp->out_sent = 0;
}

/* Packets */

static void tcp_schedule_delivery(struct tcp *tcp)
{
    bool reads = !tcp->paused || tcp->closed || tcp->state == TCP_CONNECTING;
    if (tcp->first && reads && !sim_is_hole(tcp->service))
        sim_source_at(&tcp->deliver, tcp->first->due_ms);
    else
        sim_source_off(&tcp->deliver);
}

void tcp_put_packet(struct tcp *to, enum packet_kind kind, struct slice bytes)
{
    struct packet *packet = mem_alloc(sizeof *packet + bytes.size);
    packet->kind = kind;
    packet->due_ms = sim.now_ms + sim_latency();
    if (to->last && to->last->due_ms > packet->due_ms) packet->due_ms = to->last->due_ms;
    packet->size = bytes.size;
    if (bytes.size) memcpy(packet->bytes, bytes.at, bytes.size);
    to->incoming += bytes.size;
    if (to->last)
        to->last->next = packet;
    else
        to->first = packet;
    to->last = packet;
    tcp_schedule_delivery(to);
}

static void tcp_drop_packet(struct tcp *tcp)
{
    struct packet *packet = tcp->first;
    tcp->first = packet->next;
    if (!tcp->first) tcp->last = NULL;
    tcp->incoming -= packet->size - packet->taken;
    mem_free(packet);
}

static void tcp_drop_packets(struct tcp *tcp)
{
    while (tcp->first)
        tcp_drop_packet(tcp);
}

/* The other end is gone or cut off: what this end hears of it is a reset. */
static void tcp_doom(struct tcp *tcp)
{
    if (tcp->doomed || tcp->broken) return;
    tcp->doomed = true;
    tcp_put_packet(tcp, PACKET_RESET, SLICE(""));
}

/* The end of a stream */

static void tcp_destroy(struct tcp *tcp, bool reset)
{
    struct tcp *peer = tcp->peer;
    if (peer) {
        peer->peer = NULL;
        if (reset)
            tcp_doom(peer);
        else
            tcp_put_packet(peer, PACKET_END, SLICE(""));
    }
    tcp_drop_packets(tcp);
    sim_source_off(&tcp->arrive);
    sim_source_off(&tcp->deliver);
    sim_source_off(&tcp->flush);
    sim_source_off(&tcp->linger);
    buf_done(&tcp->out);
    struct tcp **link = &sim.streams;
    while (*link != tcp)
        link = &(*link)->next;
    *link = tcp->next;
    tcp->next = sim.dead;
    sim.dead = tcp;
}

void tcp_bury(void)
{
    while (sim.dead) {
        struct tcp *tcp = sim.dead;
        sim.dead = tcp->next;
        mem_free(tcp);
    }
}

void tcp_free_streams(struct loop *loop, bool politely)
{
    struct tcp *at = sim.streams;
    while (at) {
        struct tcp *next = at->next;
        if (at->loop == loop) {
            /* The kernel would go on sending for a process that has ended well. */
            if (politely && at->peer && tcp_unsent(at))
                tcp_put_packet(at->peer, PACKET_BYTES,
                               slice_from(buf_slice(&at->out), at->out_sent));
            tcp_destroy(at, !politely);
        }
        at = next;
    }
}

static void tcp_linger_over(struct loop_timer *timer)
{
    struct tcp *tcp = TCP_OF(timer, linger);
    if (tcp_unsent(tcp) < tcp->lingering_size) {
        tcp->lingering_size = tcp_unsent(tcp);
        sim_source_at(&tcp->linger, sim.now_ms + TCP_LINGER_MS);
    } else {
        tcp_destroy(tcp, true);
    }
}

void tcp_close(struct tcp *tcp, bool abort)
{
    if (!tcp) return;
    sim_check_loop(tcp->loop);
    assert(!tcp->closed);
    tcp->closed = true;
    tcp->events = &tcp_no_events;
    tcp->loop->open_count--;
    if (tcp->state == TCP_OPEN && tcp_unsent(tcp) && !abort && !tcp->broken) {
        tcp->lingering_size = tcp_unsent(tcp);
        sim_source_at(&tcp->linger, sim.now_ms + TCP_LINGER_MS);
        tcp_schedule_delivery(tcp);
    } else {
        tcp_destroy(tcp, tcp_unsent(tcp) > 0);
    }
}

void tcp_tell_break(struct tcp *tcp)
{
    if (tcp->closed) {
        tcp_destroy(tcp, true);
        return;
    }
    if (tcp->state == TCP_CONNECTING) tcp->state = TCP_FAILED;
    tcp->broken = tcp->ended = true;
    tcp_drop_unsent(tcp);
    sim_source_off(&tcp->flush);
    tcp_drop_packets(tcp);
    tcp_schedule_delivery(tcp);
    tcp->events->on_close(tcp->user, tcp, false);
}

/* Reading */

static size_t tcp_collect(struct tcp *tcp)
{
    size_t max = sim.faults.piece_max ? sim.faults.piece_max : SIM_READ_MAX;
    size_t arrived = 0;
    for (struct packet *at = tcp->first; at && at->kind == PACKET_BYTES; at = at->next) {
        if (at->due_ms <= sim.now_ms) arrived += at->size - at->taken;
    }
    if (max > SIM_READ_MAX) max = SIM_READ_MAX;
    if (max > arrived) max = arrived;
    if (max > 1 && sim_chance(sim.faults.split_percent, 100)) max = 1 + sim_random(max - 1);
    size_t size = 0;
    while (size < max) {
        struct packet *packet = tcp->first;
        assert(packet); /* `max` is no more than has arrived */
        size_t piece = packet->size - packet->taken;
        if (piece > max - size) piece = max - size;
        memcpy(sim.read_buffer + size, packet->bytes + packet->taken, piece);
        packet->taken += piece;
        tcp->incoming -= piece;
        size += piece;
        if (packet->taken == packet->size) tcp_drop_packet(tcp);
    }
    return size;
}

static void tcp_deliver_bytes(struct tcp *tcp)
{
    size_t size = tcp_collect(tcp);
    struct slice bytes = slice_of(sim.read_buffer, size);
    uint64_t sum = size;
    for (size_t i = 0; i < size; i++)
        sum = sum * 31 + (unsigned char)bytes.at[i];
    sim_note(sum, "%zu bytes at %s of %s", size, tcp->outgoing ? "client" : "server", tcp->service);
    tcp_schedule_delivery(tcp);
    if (tcp->peer && tcp_unsent(tcp->peer)) sim_source_at(&tcp->peer->flush, sim.now_ms);
    if (!tcp->closed && !tcp->ended) tcp->events->on_read(tcp->user, tcp, bytes);
}

static void tcp_cut(struct tcp *tcp)
{
    struct tcp *ends[] = {tcp, tcp->peer};
    sim_note(0, "cut %s", tcp->service);
    for (size_t i = 0; i < 2; i++) {
        if (!ends[i]) continue;
        ends[i]->peer = NULL;
        tcp_drop_packets(ends[i]);
        ends[i]->doomed = false;
        tcp_doom(ends[i]);
    }
}

static void tcp_deliver(struct loop_timer *timer)
{
    struct tcp *tcp = TCP_OF(timer, deliver);
    enum packet_kind kind = tcp->first->kind;
    if (kind == PACKET_BYTES && !tcp->held && sim_chance(sim.faults.merge_percent, 100)) {
        tcp->held = true;
        tcp->first->due_ms = sim.now_ms + 1 + sim_random(TCP_HOLD_MAX_MS);
        tcp_schedule_delivery(tcp);
        return;
    }
    tcp->held = false;
    if (kind != PACKET_RESET && sim_chance(sim.faults.cut_per_mille, 1000)) {
        tcp_cut(tcp);
    } else if (kind == PACKET_BYTES) {
        tcp_deliver_bytes(tcp);
    } else if (kind == PACKET_RESET) {
        tcp_tell_break(tcp);
    } else {
        tcp_drop_packet(tcp);
        tcp_schedule_delivery(tcp);
        if (kind == PACKET_END) {
            tcp->ended = true;
            if (!tcp->closed) tcp->events->on_close(tcp->user, tcp, true);
        } else {
            tcp->state = TCP_OPEN;
            if (tcp_unsent(tcp)) sim_source_at(&tcp->flush, sim.now_ms);
            if (tcp->events->on_connect) tcp->events->on_connect(tcp->user, tcp);
        }
    }
}

void tcp_pause(struct tcp *tcp)
{
    sim_check_loop(tcp->loop);
    assert(!tcp->closed);
    tcp->paused = true;
    tcp_schedule_delivery(tcp);
}

void tcp_resume(struct tcp *tcp)
{
    sim_check_loop(tcp->loop);
    assert(!tcp->closed);
    tcp->paused = false;
    tcp_schedule_delivery(tcp);
}

/* Writing */

static void tcp_hand_over(struct tcp *tcp)
{
    struct tcp *peer = tcp->peer;
    size_t size = tcp_unsent(tcp);
    if (!peer) {
        tcp_doom(tcp);
        tcp_drop_unsent(tcp);
        return;
    }
    size_t room = peer->incoming < sim.faults.window ? sim.faults.window - peer->incoming : 0;
    if (size > room) size = room;
    if (size == 0) return;
    tcp_put_packet(peer, PACKET_BYTES, slice_of(tcp->out.at + tcp->out_sent, size));
    tcp->out_sent += size;
    if (tcp->out_sent < tcp->out.size / 2) return;
    buf_drop(&tcp->out, tcp->out_sent);
    tcp->out_sent = 0;
}

static void tcp_flush(struct loop_timer *timer)
{
    struct tcp *tcp = TCP_OF(timer, flush);
    bool was_alone = !tcp->peer;
    tcp_hand_over(tcp);
    if (was_alone && tcp->paused)
        tcp_tell_break(tcp); /* reading cannot tell it */
    else if (tcp_unsent(tcp) == 0 && tcp->closed)
        tcp_destroy(tcp, false);
    else if (tcp_unsent(tcp) == 0 && tcp->events->on_drain)
        tcp->events->on_drain(tcp->user, tcp);
}

void tcp_write(struct tcp *tcp, struct slice bytes)
{
    sim_check_loop(tcp->loop);
    assert(!tcp->closed);
    if (bytes.size == 0 || tcp->broken) return;
    buf_add(&tcp->out, bytes);
    if (tcp->state == TCP_OPEN) sim_source_at(&tcp->flush, sim.now_ms);
}

/* The rest */

void tcp_set_user(struct tcp *tcp, const struct tcp_events *events, void *user)
{
    sim_check_loop(tcp->loop);
    assert(!tcp->closed);
    tcp->events = events;
    tcp->user = user;
}

struct slice tcp_peer(const struct tcp *tcp)
{
    return slice_cstr(tcp->peer_text);
}

/* Faults */

void tcp_reschedule_all(void)
{
    for (struct tcp *at = sim.streams; at; at = at->next) {
        bool waits_to_arrive = at->outgoing && at->state == TCP_CONNECTING && !at->peer;
        if (waits_to_arrive && !at->arrive.timer.heap_index) sim_source_at(&at->arrive, sim.now_ms);
        tcp_schedule_delivery(at);
    }
}

static bool tcp_can_be_cut(const struct tcp *tcp, struct slice address)
{
    bool meant = address.size == 0 || slice_eq(slice_cstr(tcp->service), address);
    return meant && tcp->outgoing && tcp->peer;
}

size_t tcp_cut_some(struct slice address, size_t max)
{
    size_t left = 0, cut = 0;
    for (struct tcp *at = sim.streams; at; at = at->next)
        left += tcp_can_be_cut(at, address);
    /* Of those left, as many as are still wanted: each is as likely to be taken. */
    for (struct tcp *at = sim.streams; at && cut < max; at = at->next) {
        if (!tcp_can_be_cut(at, address)) continue;
        if (sim_random(left--) >= max - cut) continue;
        tcp_cut(at);
        cut++;
    }
    return cut;
}
