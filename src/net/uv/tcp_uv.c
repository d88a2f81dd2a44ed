/* A stream's life: [look-up] -> connecting -> open -> (closed by its owner) lingering -> gone.
   Bytes written wait in `out` until the loop is about to sleep, then one try_write takes the lot;
   what the kernel does not take moves to `writing`, and newer bytes wait in `out` until that is
   sent. So at any time there is at most one write in libuv's hands, and memory is what is unsent.
 */
#include "net/tcp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/mem.h"
#include "net/address.h"
#include "net/uv/loop_uv.h"

enum {
    TCP_OUT_SIZE = 4096,           /* a write buffer's first size: a round's answers for one peer */
    TCP_OUT_SPARES = 1024,         /* buffers kept by a loop between rounds: 4 MB */
    TCP_LINGER_SENDING_MS = 10000, /* a closed stream may be this long without sending a byte */
    TCP_LINGER_SENT_MS = 2000,     /* and waits this long for the peer's end after its last byte */
};

enum tcp_state {
    TCP_LOOKING_UP,
    TCP_CONNECTING,
    TCP_RETRYING, /* the handle of a failed address is being closed, the next address follows */
    TCP_OPEN,
    TCP_FAILED, /* never was open; the owner was told or is about to be */
};

/* A write buffer between two uses. */
struct tcp_spare {
    struct tcp_spare *next;
};

/* Outlives its stream when the stream is closed while the resolver works. */
struct tcp_lookup {
    uv_getaddrinfo_t request;
    struct tcp *tcp;
    struct addrinfo *all, *next;
};

struct tcp {
    struct tcp_ring ring; /* of the loop's unflushed or lingering; first, so that it casts back */
    struct loop *loop;
    const struct tcp_events *events;
    void *user;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    enum tcp_state state;
    bool paused;
    bool ended;  /* nothing more is read, and the owner was told */
    bool broken; /* nothing more can be sent */
    bool closed; /* by the owner: no callback any more */
    bool has_handle;
    char *out;
    size_t out_size, out_capacity;
    char *writing;
    uv_write_t write;
    uv_connect_t connect;
    struct tcp_lookup *lookup;
    struct loop_timer timer; /* tells a failure that was known at once; bounds lingering */
    size_t lingering_unsent;
    char peer[INET6_ADDRSTRLEN + 8];
};

static const struct tcp_events tcp_no_events;

/* Buffers */

static void tcp_out_put_back(struct tcp *tcp)
{
    struct loop *loop = tcp->loop;
    if (tcp->out_capacity == TCP_OUT_SIZE && loop->spare_count < TCP_OUT_SPARES) {
        struct tcp_spare *spare = (struct tcp_spare *)(void *)tcp->out;
        spare->next = loop->spares;
        loop->spares = spare;
        loop->spare_count++;
    } else {
        mem_free(tcp->out);
    }
    tcp->out = NULL;
    tcp->out_size = tcp->out_capacity = 0;
}

static void tcp_out_reserve(struct tcp *tcp, size_t size)
{
    struct loop *loop = tcp->loop;
    if (!tcp->out && size <= TCP_OUT_SIZE && loop->spares) {
        tcp->out = (char *)loop->spares;
        tcp->out_capacity = TCP_OUT_SIZE;
        loop->spares = loop->spares->next;
        loop->spare_count--;
        return;
    }
    size_t need = tcp->out_size + size;
    if (need <= tcp->out_capacity) return;
    size_t capacity = tcp->out_capacity ? tcp->out_capacity : TCP_OUT_SIZE;
    while (capacity < need)
        capacity *= 2;
    tcp->out = mem_resize(tcp->out, capacity);
    tcp->out_capacity = capacity;
}

void tcp_drop_spares(struct loop *loop)
{
    while (loop->spares) {
        struct tcp_spare *spare = loop->spares;
        loop->spares = spare->next;
        mem_free(spare);
    }
    loop->spare_count = 0;
}

/* The end of a stream */

static void tcp_free(struct tcp *tcp)
{
    loop_timer_stop(tcp->loop, &tcp->timer);
    tcp_ring_remove(&tcp->ring);
    if (tcp->lookup) {
        uv_freeaddrinfo(tcp->lookup->all);
        mem_free(tcp->lookup);
    }
    tcp_out_put_back(tcp);
    mem_free(tcp->writing);
    mem_free(tcp);
}

static void tcp_handle_closed(uv_handle_t *handle)
{
    tcp_free(handle->data);
}

static void tcp_destroy(struct tcp *tcp, bool reset)
{
    loop_timer_stop(tcp->loop, &tcp->timer);
    tcp_ring_remove(&tcp->ring);
    if (!tcp->has_handle) {
        tcp_free(tcp);
    } else if (!uv_is_closing(&tcp->uv.handle)) {
        if (!reset || tcp->uv.handle.type != UV_TCP ||
            uv_tcp_close_reset(&tcp->uv.tcp, tcp_handle_closed) != 0)
            uv_close(&tcp->uv.handle, tcp_handle_closed);
    }
}

static void tcp_tell_end(struct tcp *tcp, bool clean)
{
    tcp->ended = true;
    tcp->events->on_close(tcp->user, tcp, clean);
}

/* Nothing more can be sent. What the peer sent before it went away may still lie in the kernel, and
   an answer in there is worth money: as long as reading goes on, reading tells the end. */
static void tcp_break(struct tcp *tcp, int error)
{
    tcp->broken = true;
    tcp_ring_remove(&tcp->ring);
    tcp_out_put_back(tcp);
    if (tcp->closed) {
        tcp_destroy(tcp, false);
        return;
    }
    bool reading_tells = error == UV_EPIPE || error == UV_ECONNRESET || error == UV_ETIMEDOUT;
    if (tcp->ended || tcp->paused || !reading_tells) {
        uv_read_stop(&tcp->uv.stream);
        tcp_tell_end(tcp, false);
    }
}

/* Reading */

static void tcp_lend_buffer(uv_handle_t *handle, size_t suggested_size, uv_buf_t *buffer)
{
    struct tcp *tcp = handle->data;
    *buffer = uv_buf_init(tcp->loop->read_buffer, LOOP_READ_SIZE);
}

static void tcp_received(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    struct tcp *tcp = stream->data;
    if (size == 0) return; /* nothing there after all */
    if (tcp->closed) {
        /* What a lingering stream still receives is dropped, but it has to be taken: closing with
           unread bytes makes the kernel send a reset, which can destroy our last answer. */
        if (size > 0) return;
        tcp->ended = true;
        uv_read_stop(stream);
        if (size != UV_EOF || tcp_unsent(tcp) == 0) tcp_destroy(tcp, false);
    } else if (size > 0) {
        tcp->events->on_read(tcp->user, tcp, slice_of(buffer->base, (size_t)size));
    } else {
        uv_read_stop(stream);
        bool clean = size == UV_EOF && !tcp->broken;
        if (!clean) {
            tcp->broken = true;
            tcp_ring_remove(&tcp->ring);
            tcp_out_put_back(tcp);
        }
        tcp_tell_end(tcp, clean);
    }
}

static void tcp_read(struct tcp *tcp)
{
    if (tcp->state != TCP_OPEN || tcp->ended) return;
    if (tcp->paused && !tcp->closed) return;
    uv_read_start(&tcp->uv.stream, tcp_lend_buffer, tcp_received);
}

void tcp_pause(struct tcp *tcp)
{
    assert(!tcp->closed);
    tcp->paused = true;
    if (tcp->state == TCP_OPEN && !tcp->ended) uv_read_stop(&tcp->uv.stream);
}

void tcp_resume(struct tcp *tcp)
{
    assert(!tcp->closed);
    tcp->paused = false;
    tcp_read(tcp);
}

/* Writing */

static void tcp_linger(struct tcp *tcp);

static void tcp_sent(struct tcp *tcp)
{
    if (tcp->closed)
        tcp_linger(tcp);
    else if (tcp->events->on_drain)
        tcp->events->on_drain(tcp->user, tcp);
}

static void tcp_flush(struct tcp *tcp);

static void tcp_written(uv_write_t *write, int status)
{
    struct tcp *tcp = write->data;
    mem_free(tcp->writing);
    tcp->writing = NULL;
    if (uv_is_closing(&tcp->uv.handle) || tcp->broken) return;
    if (status < 0)
        tcp_break(tcp, status);
    else if (tcp->out_size)
        tcp_flush(tcp);
    else
        tcp_sent(tcp);
}

/* May call the owner, who may close the stream. */
static void tcp_flush(struct tcp *tcp)
{
    tcp_ring_remove(&tcp->ring);
    if (tcp->out_size == 0 || tcp->writing) return;
    uv_buf_t all = {.base = tcp->out, .len = tcp->out_size};
    int taken = uv_try_write(&tcp->uv.stream, &all, 1);
    if (taken == UV_EAGAIN) taken = 0;
    if (taken < 0) {
        tcp_break(tcp, taken);
    } else if ((size_t)taken == tcp->out_size) {
        tcp_out_put_back(tcp);
        tcp_sent(tcp);
    } else {
        uv_buf_t rest = {.base = tcp->out + taken, .len = tcp->out_size - (size_t)taken};
        tcp->writing = tcp->out;
        tcp->out = NULL;
        tcp->out_size = tcp->out_capacity = 0;
        tcp->write.data = tcp;
        int error = uv_write(&tcp->write, &tcp->uv.stream, &rest, 1, tcp_written);
        assert(error == 0); /* one buffer, an open stream: nothing it could refuse */
    }
}

void tcp_flush_all(struct loop *loop)
{
    /* One pass: what owners write in on_drain waits for the next round, so that a stream that is
       as fast as its peer cannot keep the loop here. */
    struct tcp_ring round;
    tcp_ring_init(&round);
    while (loop->unflushed.next != &loop->unflushed)
        tcp_ring_add(&round, loop->unflushed.next);
    while (round.next != &round)
        tcp_flush((struct tcp *)round.next);
    if (loop->unflushed.next != &loop->unflushed) uv_async_send(&loop->wake);
}

void tcp_write(struct tcp *tcp, struct slice bytes)
{
    assert(!tcp->closed);
    if (bytes.size == 0 || tcp->broken || tcp->state == TCP_FAILED) return;
    tcp_out_reserve(tcp, bytes.size);
    memcpy(tcp->out + tcp->out_size, bytes.at, bytes.size);
    tcp->out_size += bytes.size;
    if (tcp->state == TCP_OPEN && !tcp->writing) tcp_ring_add(&tcp->loop->unflushed, &tcp->ring);
}

size_t tcp_unsent(const struct tcp *tcp)
{
    size_t in_libuv = tcp->writing ? uv_stream_get_write_queue_size(&tcp->uv.stream) : 0;
    return tcp->out_size + in_libuv;
}

/* Closing */

static void tcp_linger_over(struct loop_timer *timer)
{
    struct tcp *tcp = (struct tcp *)(void *)((char *)timer - offsetof(struct tcp, timer));
    size_t unsent = tcp_unsent(tcp);
    if (unsent < tcp->lingering_unsent) {
        tcp->lingering_unsent = unsent;
        loop_timer_start(tcp->loop, timer, TCP_LINGER_SENDING_MS);
    } else {
        tcp_destroy(tcp, true);
    }
}

/* Called when a closed stream starts to linger and when it has sent its last byte. */
static void tcp_linger(struct tcp *tcp)
{
    size_t unsent = tcp_unsent(tcp);
    int fd;
    if (unsent == 0) {
        bool peer_gone = tcp->ended || uv_fileno(&tcp->uv.handle, &fd) != 0;
        if (peer_gone || shutdown(fd, SHUT_WR) != 0) {
            tcp_destroy(tcp, false);
            return;
        }
    }
    tcp->lingering_unsent = unsent;
    tcp->timer.fire = tcp_linger_over;
    loop_timer_start(tcp->loop, &tcp->timer, unsent ? TCP_LINGER_SENDING_MS : TCP_LINGER_SENT_MS);
    tcp_ring_add(&tcp->loop->lingering, &tcp->ring);
    tcp_read(tcp);
}

void tcp_hurry_all(struct loop *loop, uint64_t ms)
{
    for (struct tcp_ring *at = loop->lingering.next; at != &loop->lingering; at = at->next) {
        struct tcp *tcp = (struct tcp *)at;
        tcp->timer.heap_index = 0; /* the loop has forgotten all its timers */
        tcp->lingering_unsent = 0;
        loop_timer_start(loop, &tcp->timer, ms);
    }
}

void tcp_close(struct tcp *tcp, bool abort)
{
    if (!tcp) return;
    assert(!tcp->closed);
    tcp->closed = true;
    tcp->events = &tcp_no_events;
    tcp->loop->open_count--;
    loop_timer_stop(tcp->loop, &tcp->timer);
    tcp_ring_remove(&tcp->ring);
    if (tcp->state == TCP_LOOKING_UP) {
        tcp->lookup->tcp = NULL;
        uv_cancel((uv_req_t *)&tcp->lookup->request);
        tcp->lookup = NULL;
        tcp_destroy(tcp, false);
    } else if (tcp->state == TCP_RETRYING) {
        return; /* goes when the handle is closed */
    } else if (tcp->state != TCP_OPEN || tcp->broken || abort) {
        /* A reset tells the peer that what it has is not all. */
        tcp_destroy(tcp, tcp_unsent(tcp) > 0);
    } else if (tcp->out_size && !tcp->writing) {
        tcp_flush(tcp);
        if (tcp->writing) tcp_linger(tcp);
    } else {
        tcp_linger(tcp);
    }
}

/* Connecting */

static void tcp_tell_failure(struct loop_timer *timer)
{
    struct tcp *tcp = (struct tcp *)(void *)((char *)timer - offsetof(struct tcp, timer));
    tcp_tell_end(tcp, false);
}

static void tcp_fail(struct tcp *tcp)
{
    tcp->state = TCP_FAILED;
    tcp->broken = true;
    tcp_out_put_back(tcp);
    tcp->timer.fire = tcp_tell_failure;
    loop_timer_start(tcp->loop, &tcp->timer, 0);
}

static void tcp_opened(struct tcp *tcp)
{
    tcp->state = TCP_OPEN;
    if (tcp->out_size) tcp_ring_add(&tcp->loop->unflushed, &tcp->ring);
    if (tcp->uv.handle.type == UV_TCP) uv_tcp_nodelay(&tcp->uv.tcp, 1);
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
        tcp_adopted(tcp);
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

static struct tcp *tcp_new(struct loop *loop, const struct tcp_events *events, void *user)
{
    struct tcp *tcp = MEM_NEW(struct tcp);
    tcp_ring_init(&tcp->ring);
    tcp->loop = loop;
    tcp->events = events;
    tcp->user = user;
    loop->open_count++;
    return tcp;
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

/* Streams that come from a listener */

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

struct tcp *tcp_adopt(struct loop *loop, int fd, const struct sockaddr_storage *peer)
{
    struct tcp *tcp = tcp_new(loop, &tcp_no_events, NULL);
    int error;
    if (tcp_address_text(peer, tcp->peer, sizeof tcp->peer)) {
        uv_tcp_init(&loop->uv, &tcp->uv.tcp);
        error = uv_tcp_open(&tcp->uv.tcp, fd);
    } else {
        uv_pipe_init(&loop->uv, &tcp->uv.pipe, 0);
        error = uv_pipe_open(&tcp->uv.pipe, fd);
    }
    assert(error == 0); /* a fresh socket that nobody else has */
    tcp->uv.handle.data = tcp;
    tcp->has_handle = true;
    tcp_opened(tcp);
    return tcp;
}

void tcp_adopted(struct tcp *tcp)
{
    /* The handle's memory outlives the callback in which the owner may have closed it. */
    if (tcp->closed) return;
    assert(tcp->events != &tcp_no_events);
    tcp_read(tcp);
}

void tcp_set_user(struct tcp *tcp, const struct tcp_events *events, void *user)
{
    assert(!tcp->closed);
    tcp->events = events;
    tcp->user = user;
}

struct slice tcp_peer(const struct tcp *tcp)
{
    return slice_cstr(tcp->peer);
}
