/* Outgoing streams until they are open. */
#include "net/sim/tcp_sim.h"

#include <assert.h>
#include <stdio.h>

static void tcp_accept(struct tcp *client, struct tcp_listener *listener)
{
    struct loop *loop = tcp_listener_loop(listener);
    struct tcp *server = tcp_new(loop, &tcp_no_events, NULL);
    snprintf(client->service, sizeof client->service, "%s", tcp_listener_text(listener));
    memcpy(server->service, client->service, sizeof server->service);
    if (client->to.kind == ADDRESS_IP6)
        snprintf(server->peer_text, sizeof server->peer_text, "[::1]:%u", tcp_next_port());
    else if (client->to.kind != ADDRESS_UNIX)
        snprintf(server->peer_text, sizeof server->peer_text, "127.0.0.1:%u", tcp_next_port());
    server->state = TCP_OPEN;
    server->peer = client;
    client->peer = server;
    tcp_put_packet(client, PACKET_ACCEPTED, SLICE(""));

    sim.current->loop = loop;
    tcp_listener_accept(listener, server);
    sim.current->loop = client->loop;
    assert(server->closed || server->events != &tcp_no_events);
}

static bool tcp_resolve(const struct tcp *tcp, struct address *out)
{
    if (!tcp->to.host[0]) return false; /* the text was no address */
    *out = tcp->to;
    if (tcp->to.kind != ADDRESS_NAME) return true;
    const char *literal = sim_look_up(tcp->to.host);
    if (!literal) return false;
    snprintf(out->host, sizeof out->host, "%s", literal);
    out->kind = strchr(literal, ':') ? ADDRESS_IP6 : ADDRESS_IP4;
    return true;
}

void tcp_arrive(struct loop_timer *timer)
{
    struct tcp *tcp = TCP_OF(timer, arrive);
    struct address to;
    bool known = tcp_resolve(tcp, &to);
    struct tcp_listener *listener = known ? tcp_find_listener(&to) : NULL;
    char text[ADDRESS_TEXT_MAX] = "";
    if (known) address_format(&to, text);
    if (known && to.kind != ADDRESS_UNIX) memcpy(tcp->peer_text, text, sizeof text);
    const char *service = listener ? tcp_listener_text(listener) : text;
    if (known && sim_is_hole(service)) return;
    if (listener && !sim_is_refused(service))
        tcp_accept(tcp, listener);
    else
        tcp_tell_break(tcp);
}

struct tcp *tcp_connect(struct loop *loop, struct slice address, const struct tcp_events *events,
                        void *user)
{
    sim_check_loop(loop);
    struct tcp *tcp = tcp_new(loop, events, user);
    tcp->outgoing = true;
    /* An address that is none stays empty, and nobody is found there. */
    (void)address_parse(address, &tcp->to);
    sim_source_at(&tcp->arrive, sim.now_ms + sim_latency());
    return tcp;
}
