/* Outgoing streams until they are open: look-up, then one address after the other. */
#include "net/uv/tcp_uv.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "net/address.h"

bool tcp_address_text(const struct sockaddr_storage *from, char *text, size_t size)
{
    char host[INET6_ADDRSTRLEN];
    if (from->ss_family == AF_INET) {
        const struct sockaddr_in *ip4 = (const struct sockaddr_in *)from;
        inet_ntop(AF_INET, &ip4->sin_addr, host, sizeof host);
        snprintf(text, size, "%s:%u", host, ntohs(ip4->sin_port));
        return true;
    }
    if (from->ss_family != AF_INET6) return false;
    const struct sockaddr_in6 *ip6 = (const struct sockaddr_in6 *)from;
    const void *mapped = ip6->sin6_addr.s6_addr + 12;
    /* An IPv4 peer of a socket on [::] is the same peer as on 0.0.0.0. */
    bool is_mapped = IN6_IS_ADDR_V4MAPPED(&ip6->sin6_addr);
    if (is_mapped)
        inet_ntop(AF_INET, mapped, host, sizeof host);
    else
        inet_ntop(AF_INET6, &ip6->sin6_addr, host, sizeof host);
    snprintf(text, size, is_mapped ? "%s:%u" : "[%s]:%u", host, ntohs(ip6->sin6_port));
    return true;
}

static void tcp_tell_failure(struct loop_timer *timer)
{
    struct tcp *tcp = (struct tcp *)(void *)((char *)timer - offsetof(struct tcp, timer));
    tcp_tell_end(tcp, false);
}

static void tcp_fail(struct tcp *tcp)
{
    tcp->state = TCP_FAILED;
    tcp->broken = true;
    tcp->timer.fire = tcp_tell_failure;
    loop_timer_start(tcp->loop, &tcp->timer, 0);
}

static void tcp_connect_next(struct tcp *tcp);

static void tcp_retry(uv_handle_t *handle)
{
    struct tcp *tcp = handle->data;
    tcp->has_handle = false;
    if (tcp->closed)
        tcp_free(tcp);
    else
        tcp_connect_next(tcp);
}

static void tcp_connected(uv_connect_t *connect, int status)
{
    struct tcp *tcp = connect->data;
    if (tcp->closed) return;
    if (status == 0) {
        tcp_opened(tcp);
        if (tcp->events->on_connect) tcp->events->on_connect(tcp->user, tcp);
        if (!tcp->closed) tcp_start(tcp);
    } else if (tcp->lookup && tcp->lookup->next) {
        tcp->state = TCP_RETRYING;
        uv_close(&tcp->uv.handle, tcp_retry);
    } else {
        tcp_fail(tcp);
    }
}

static void tcp_connect_to(struct tcp *tcp, const struct sockaddr *to)
{
    struct sockaddr_storage copy = {0};
    memcpy(&copy, to,
           to->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
    tcp_address_text(&copy, tcp->peer, sizeof tcp->peer);
    tcp->state = TCP_CONNECTING;
    uv_tcp_init(&tcp->loop->uv, &tcp->uv.tcp);
    tcp->has_handle = true;
    tcp->uv.handle.data = tcp;
    tcp->connect.data = tcp;
    int error = uv_tcp_connect(&tcp->connect, &tcp->uv.tcp, to, tcp_connected);
    if (error) tcp_connected(&tcp->connect, error);
}

static void tcp_connect_next(struct tcp *tcp)
{
    struct addrinfo *address = tcp->lookup->next;
    tcp->lookup->next = address->ai_next;
    tcp_connect_to(tcp, address->ai_addr);
}

static void tcp_looked_up(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct tcp_lookup *lookup = request->data;
    struct tcp *tcp = lookup->tcp;
    if (!tcp) {
        uv_freeaddrinfo(found);
        mem_free(lookup);
        return;
    }
    lookup->all = lookup->next = found;
    if (status == 0 && found)
        tcp_connect_next(tcp);
    else
        tcp_fail(tcp);
}

static void tcp_look_up(struct tcp *tcp, const struct address *address)
{
    char port[8];
    snprintf(port, sizeof port, "%u", address->port);
    struct addrinfo wanted = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct tcp_lookup *lookup = MEM_NEW(struct tcp_lookup);
    lookup->tcp = tcp;
    lookup->request.data = lookup;
    tcp->lookup = lookup;
    tcp->state = TCP_LOOKING_UP;
    int error = uv_getaddrinfo(&tcp->loop->uv, &lookup->request, tcp_looked_up, address->host, port,
                               &wanted);
    if (error) tcp_fail(tcp);
}

static void tcp_connect_unix(struct tcp *tcp, const char *path)
{
    tcp->state = TCP_CONNECTING;
    uv_pipe_init(&tcp->loop->uv, &tcp->uv.pipe, 0);
    tcp->has_handle = true;
    tcp->uv.handle.data = tcp;
    tcp->connect.data = tcp;
    uv_pipe_connect(&tcp->connect, &tcp->uv.pipe, path, tcp_connected);
}

struct tcp *tcp_connect(struct loop *loop, struct slice address_text,
                        const struct tcp_events *events, void *user)
{
    struct tcp *tcp = tcp_new(loop, events, user);
    struct address address;
    struct sockaddr_in6 ip6;
    struct sockaddr_in ip4;
    if (!address_parse(address_text, &address)) {
        tcp_fail(tcp);
    } else if (address.kind == ADDRESS_UNIX) {
        tcp_connect_unix(tcp, address.host);
    } else if (address.kind == ADDRESS_NAME) {
        tcp_look_up(tcp, &address);
    } else if (address.kind == ADDRESS_IP6) {
        uv_ip6_addr(address.host, address.port, &ip6);
        tcp_connect_to(tcp, (struct sockaddr *)&ip6);
    } else {
        uv_ip4_addr(address.host, address.port, &ip4);
        tcp_connect_to(tcp, (struct sockaddr *)&ip4);
    }
    return tcp;
}
