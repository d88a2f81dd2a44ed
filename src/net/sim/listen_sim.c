#include "net/tcp.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "net/sim/sim_inside.h"

enum { LISTEN_ERROR_SIZE = 256 }; /* what tcp.h promises for out_error */

struct tcp_listener {
    struct tcp_listener *next;
    struct loop *loop;
    struct address address;
    bool share;
    void (*on_accept)(void *user, struct tcp *tcp);
    void *user;
    char text[ADDRESS_TEXT_MAX];
};

static bool listen_is_taken(const struct tcp_listener *wanted)
{
    for (struct tcp_listener *at = sim.listeners; at; at = at->next) {
        if (strcmp(at->text, wanted->text) == 0 && !(at->share && wanted->share)) return true;
    }
    return false;
}

static const char *listen_settle(struct tcp_listener *listener, struct slice text)
{
    struct address *address = &listener->address;
    if (!address_parse(text, address) || address->kind == ADDRESS_NAME)
        return "not IP:PORT, [IP6]:PORT or unix:PATH";
    if (address->kind != ADDRESS_UNIX && address->port == 0) address->port = tcp_next_port();
    address_format(address, listener->text);
    return listen_is_taken(listener) ? "Address already in use" : NULL;
}

struct tcp_listener *tcp_listen(struct loop *loop, struct slice address, bool share,
                                void (*on_accept)(void *user, struct tcp *tcp), void *user,
                                char *out_error)
{
    sim_check_loop(loop);
    struct tcp_listener *listener = MEM_NEW(struct tcp_listener);
    listener->loop = loop;
    listener->share = share;
    listener->on_accept = on_accept;
    listener->user = user;
    const char *problem = listen_settle(listener, address);
    if (problem) {
        snprintf(out_error, LISTEN_ERROR_SIZE, "cannot listen on %.*s: %s", (int)address.size,
                 address.at, problem);
        mem_free(listener);
        return NULL;
    }
    loop->open_count++;
    listener->next = sim.listeners;
    sim.listeners = listener;
    return listener;
}

struct slice tcp_listener_address(const struct tcp_listener *listener)
{
    return slice_cstr(listener->text);
}

void tcp_listener_close(struct tcp_listener *listener)
{
    if (!listener) return;
    sim_check_loop(listener->loop);
    struct tcp_listener **link = &sim.listeners;
    while (*link != listener) {
        assert(*link); /* closed twice */
        link = &(*link)->next;
    }
    *link = listener->next;
    listener->loop->open_count--;
    mem_free(listener);
}

void tcp_free_listeners(struct loop *loop)
{
    struct tcp_listener *at = sim.listeners;
    while (at) {
        struct tcp_listener *next = at->next;
        if (at->loop == loop) tcp_listener_close(at);
        at = next;
    }
}

static bool listen_matches(const struct tcp_listener *listener, const struct address *to)
{
    const struct address *at = &listener->address;
    if (at->kind == ADDRESS_UNIX || to->kind == ADDRESS_UNIX)
        return at->kind == to->kind && strcmp(at->host, to->host) == 0;
    bool everywhere = strcmp(at->host, "::") == 0 ||
                      (strcmp(at->host, "0.0.0.0") == 0 && to->kind == ADDRESS_IP4);
    return at->port == to->port && (everywhere || strcmp(at->host, to->host) == 0);
}

struct tcp_listener *tcp_find_listener(const struct address *address)
{
    /* Loops that share a port get connections at random, as from the kernel. */
    struct tcp_listener *found = NULL;
    uint64_t count = 0;
    for (struct tcp_listener *at = sim.listeners; at; at = at->next) {
        if (!listen_matches(at, address)) continue;
        count++;
        if (count == 1 || sim_random(count) == 0) found = at;
    }
    return found;
}

const char *tcp_listener_text(const struct tcp_listener *listener)
{
    return listener->text;
}

struct loop *tcp_listener_loop(const struct tcp_listener *listener)
{
    return listener->loop;
}

void tcp_listener_accept(struct tcp_listener *listener, struct tcp *tcp)
{
    listener->on_accept(listener->user, tcp);
}
