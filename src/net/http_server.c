#include "net/http_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "net/address.h"
#include "net/http_inside.h"
#include "net/http_library.h"
#include "net/machine.h"

/* Over the cap of connections so many a second are told so by a 503, which takes a descriptor for a
   moment; the others are closed at once. */
enum { REFUSALS_PER_SECOND = 100 };

const struct http_config http_config_default = {
    .header_max = 16 * 1024,
    .header_timeout_ms = 10000,
    .body_timeout_ms = 30000,
    .idle_timeout_ms = 75000, /* longer than the 60 s after which proxies usually drop theirs */
    .connections_max = 8192,
    .connections_per_address_max = 1024, /* behind a proxy there is one address */
    .pipeline_max = 32,
};

/* Requests: places that are used again, found by {index, generation}. */

static struct http_request *request_place(struct http_server *server)
{
    struct http_request *request = server->free_requests;
    if (request) {
        server->free_requests = request->next;
        return request;
    }
    if (server->request_count == server->request_capacity) {
        size_t capacity = server->request_capacity ? server->request_capacity * 2 : 64;
        server->requests = mem_resize(server->requests, capacity * sizeof(struct http_request *));
        server->request_capacity = capacity;
    }
    request = MEM_NEW(struct http_request);
    request->index = (uint32_t)server->request_count;
    request->generation = 1; /* so that a zeroed reference names nothing */
    server->requests[server->request_count++] = request;
    return request;
}

struct http_request *http_request_new(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    struct http_request *request = request_place(server);
    request->next = NULL;
    request->conn = conn;
    request->id = server->next_id++;
    return request;
}

void http_request_free(struct http_server *server, struct http_request *request)
{
    arena_done(&request->arena);
    buf_done(&request->body);
    buf_done(&request->held);
    uint32_t generation = request->generation + 1;
    *request = (struct http_request){.index = request->index,
                                     .generation = generation ? generation : 1,
                                     .next = server->free_requests};
    server->free_requests = request;
}

struct http_ref http_ref(const struct http_request *request)
{
    return (struct http_ref){request->index, request->generation};
}

struct http_request *http_find(struct http_server *server, struct http_ref ref)
{
    if (!server || ref.index >= server->request_count) return NULL;
    struct http_request *request = server->requests[ref.index];
    bool open = request->conn && request->generation == ref.generation && !request->answered;
    return open ? request : NULL;
}

/* What edges ask of a request */

struct slice http_method(const struct http_request *request)
{
    return request->head->method;
}

struct slice http_path(const struct http_request *request)
{
    return request->head->path;
}

struct slice http_query(const struct http_request *request)
{
    return request->head->query;
}

bool http_header(const struct http_request *request, const char *name, struct slice *out_value)
{
    struct slice wanted = slice_cstr(name);
    const struct http_head *head = request->head;
    for (size_t i = 0; i < head->header_count; i++) {
        if (!slice_eq_nocase(head->headers[i].name, wanted)) continue;
        *out_value = head->headers[i].value;
        return true;
    }
    return false;
}

struct slice http_peer(const struct http_request *request)
{
    return tcp_peer(request->conn->tcp);
}

uint64_t http_request_id(const struct http_request *request)
{
    return request->id;
}

struct arena *http_arena(struct http_request *request)
{
    return &request->arena;
}

void http_set_user(struct http_request *request, void *user)
{
    request->user = user;
}

void *http_user(const struct http_request *request)
{
    return request->user;
}

/* Edges */

const struct http_edge *http_edge_of(const struct http_server *server, struct slice path)
{
    const struct http_edge *best = NULL;
    for (size_t i = 0; i < server->edge_count; i++) {
        const struct http_edge *edge = &server->edges[i];
        if (edge->owns) {
            if (edge->owns(edge->user, path)) return edge;
            continue;
        }
        bool longer = !best || edge->prefix.size > best->prefix.size;
        if (longer && slice_starts(path, edge->prefix)) best = edge;
    }
    return best;
}

const struct http_edge *http_edge_default(const struct http_server *server)
{
    for (size_t i = 0; i < server->edge_count; i++)
        if (server->edges[i].prefix.size == 0 && !server->edges[i].owns) return &server->edges[i];
    return http_edge_of(server, SLICE("/")) ? http_edge_of(server, SLICE("/")) : server->edges;
}

/* Who may connect */

/* False for peers without an address: UNIX sockets have no cap of their own. */
static bool address_key(struct slice peer, uint64_t *out_key)
{
    struct address address;
    unsigned char ip[16] = {0};
    if (!address_parse(peer, &address)) return false;
    /* An IPv4 address counts as a /64 in 0::/32, which is nobody's. */
    bool known = (address.kind == ADDRESS_IP4 && inet_pton(AF_INET, address.host, ip + 4) == 1) ||
                 (address.kind == ADDRESS_IP6 && inet_pton(AF_INET6, address.host, ip) == 1);
    if (!known) return false;
    memcpy(out_key, ip, sizeof *out_key);
    return true;
}

static struct http_address **address_bucket(struct http_server *server, uint64_t key)
{
    /* The seed keeps strangers from choosing addresses that share a bucket. */
    uint64_t mixed = (key ^ server->seed) * 0x9e3779b97f4a7c15u;
    mixed ^= mixed >> 32;
    return &server->addresses[mixed * 0x9e3779b97f4a7c15u >> 54];
}

/* False when the address has all it may have. */
static bool address_take(struct http_server *server, struct slice peer,
                         struct http_address **out_address)
{
    uint64_t key;
    *out_address = NULL;
    size_t max = server->config.connections_per_address_max;
    if (max == 0 || !address_key(peer, &key)) return true;
    struct http_address **bucket = address_bucket(server, key);
    struct http_address *address = *bucket;
    while (address && address->key != key)
        address = address->next;
    if (address && address->count >= max) return false;
    if (!address) {
        address = MEM_NEW(struct http_address);
        address->key = key;
        address->next = *bucket;
        *bucket = address;
    }
    address->count++;
    *out_address = address;
    return true;
}

static void address_give_back(struct http_server *server, struct http_address *address)
{
    if (!address || --address->count > 0) return;
    struct http_address **link = address_bucket(server, address->key);
    while (*link != address)
        link = &(*link)->next;
    *link = address->next;
    mem_free(address);
}

static void server_refuse(struct http_server *server, struct tcp *tcp)
{
    uint64_t now = loop_mono_ms(server->loop);
    if (now >= server->refusals_end_mono_ms) {
        server->refusals_end_mono_ms = now + 1000;
        server->refusals = 0;
    }
    if (server->refusals++ < REFUSALS_PER_SECOND)
        http_refuse(server, tcp, 503);
    else
        tcp_close(tcp, true);
}

static void server_accept(void *user, struct tcp *tcp)
{
    struct http_server *server = user;
    struct http_address *address;
    size_t max = server->config.connections_max;
    if (max && server->conn_count >= max)
        server_refuse(server, tcp);
    else if (!address_take(server, tcp_peer(tcp), &address))
        tcp_close(tcp, true);
    else
        http_conn_open(server, tcp, address);
}

void http_conn_gone(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    address_give_back(server, conn->address);
    server->conn_count--;
    if (server->draining && server->conn_count == 0)
        loop_timer_start(server->loop, &server->drained, 0);
}

/* Life */

static void server_drained(struct loop_timer *timer)
{
    struct http_server *server =
        (struct http_server *)(void *)((char *)timer - offsetof(struct http_server, drained));
    /* The last thing here: the owner may free the server. */
    if (server->on_drained) server->on_drained(server->on_drained_user);
}

static uint64_t shortest_timeout(const struct http_config *config)
{
    uint64_t shortest = config->header_timeout_ms;
    if (config->body_timeout_ms < shortest) shortest = config->body_timeout_ms;
    if (config->idle_timeout_ms < shortest) shortest = config->idle_timeout_ms;
    return shortest;
}

struct http_server *http_server_open(struct loop *loop, struct slice address, bool share,
                                     const struct http_config *config,
                                     const struct http_edge *edges, size_t edge_count,
                                     char *out_error)
{
    assert(edge_count > 0);
    struct http_server *server = MEM_NEW(struct http_server);
    server->loop = loop;
    server->config = config ? *config : http_config_default;
    server->tick_ms = shortest_timeout(&server->config);
    assert(server->tick_ms > 0 && server->config.pipeline_max > 0);
    assert(server->config.header_max <= HTTP_LIBRARY_HEAD_MAX);
    server->listener = tcp_listen(loop, address, share, server_accept, server, out_error);
    if (!server->listener) {
        mem_free(server);
        return NULL;
    }
    snprintf(server->listening, sizeof server->listening, "%.*s",
             (int)tcp_listener_address(server->listener).size,
             tcp_listener_address(server->listener).at);
    server->edge_count = edge_count;
    server->edges = mem_alloc(edge_count * sizeof *edges);
    memcpy(server->edges, edges, edge_count * sizeof *edges);
    server->conns.next = server->conns.prev = &server->conns;
    server->drained.fire = server_drained;
    buf_init(&server->scratch, SIZE_MAX);
    machine_clock_init(&server->clock);
    machine_random(&server->seed, sizeof server->seed);
    machine_random(&server->next_id, sizeof server->next_id);
    return server;
}

struct slice http_server_address(const struct http_server *server)
{
    return slice_cstr(server->listening);
}

void http_server_drain(struct http_server *server, void (*done)(void *user), void *user)
{
    assert(!server->draining);
    server->draining = true;
    server->on_drained = done;
    server->on_drained_user = user;
    tcp_listener_close(server->listener);
    server->listener = NULL;
    if (server->conn_count == 0) loop_timer_start(server->loop, &server->drained, 0);
    for (struct http_conn *at = server->conns.next, *next; at != &server->conns; at = next) {
        next = at->next;
        http_conn_drain(at);
    }
}

void http_server_free(struct http_server *server)
{
    if (!server) return;
    tcp_listener_close(server->listener);
    server->draining = false; /* nobody waits for `done` any more */
    while (server->conns.next != &server->conns)
        http_conn_close(server->conns.next, true);
    loop_timer_stop(server->loop, &server->drained);
    for (size_t i = 0; i < server->request_count; i++)
        mem_free(server->requests[i]);
    mem_free(server->requests);
    mem_free(server->edges);
    buf_done(&server->scratch);
    mem_free(server);
}
