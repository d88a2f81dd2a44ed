/* A stream's life: [look-up] -> connecting -> open -> (closed by its owner) lingering -> gone.
   Bytes written wait in `out` until the loop is about to sleep, then one try_write takes the lot;
   what the kernel does not take moves to `writing`, and newer bytes wait in `out` until that is
   sent. So at any time there is at most one write in libuv's hands, and memory is what is unsent.
 */
#include "net/uv/tcp_uv.h"

#include <assert.h>
#include <sys/socket.h>

#include "base/mem.h"

enum {
    TCP_OUT_SIZE = 4096,           /* a write buffer's first size: a round's answers for one peer */
    TCP_OUT_SPARES = 1024,         /* buffers kept by a loop between rounds: 4 MB */
    TCP_LINGER_SENDING_MS = 10000, /* a closed stream may be this long without sending a byte */
    TCP_LINGER_SENT_MS = 2000,     /* and waits this long for the peer's end after its last byte */
};

/* A write buffer between two uses. */
struct tcp_spare {
    struct tcp_spare *next;
};

const struct tcp_events tcp_no_events;

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

void tcp_free(struct tcp *tcp)
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

void tcp_tell_end(struct tcp *tcp, bool clean)
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

/* When a reset follows bytes, libuv 1.44 calls it an end of file (it stops at the hang-up instead
   of reading once more), and the socket still has the error. */
static bool tcp_has_error(const struct tcp *tcp)
{
    int fd, error = 0;
    socklen_t size = sizeof error;
    if (uv_fileno(&tcp->uv.handle, &fd) != 0) return true;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0;
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
        bool clean = size == UV_EOF && !tcp->broken && !tcp_has_error(tcp);
        if (!clean) {
            tcp->broken = true;
            tcp_ring_remove(&tcp->ring);
            tcp_out_put_back(tcp);
        }
        tcp_tell_end(tcp, clean);
    }
}

void tcp_start(struct tcp *tcp)
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
    tcp_start(tcp);
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
    if (!tcp->closed) tcp_ring_remove(&tcp->ring); /* lingering ones stay in theirs */
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
    while (!tcp_ring_is_alone(&loop->unflushed))
        tcp_ring_add(&round, loop->unflushed.next);
    while (!tcp_ring_is_alone(&round))
        tcp_flush((struct tcp *)round.next);
    if (!tcp_ring_is_alone(&loop->unflushed)) uv_async_send(&loop->wake);
}

void tcp_write(struct tcp *tcp, struct slice bytes)
{
    assert(!tcp->closed);
    if (bytes.size == 0 || tcp->broken || tcp->state == TCP_FAILED) return;
    tcp_out_reserve(tcp, bytes.size);
    memcpy(tcp->out + tcp->out_size, bytes.at, bytes.size);
    tcp->out_size += bytes.size;
    if (tcp->state == TCP_OPEN && !tcp->writing && tcp_ring_is_alone(&tcp->ring))
        tcp_ring_add(&tcp->loop->unflushed, &tcp->ring);
}

size_t tcp_unsent(const struct tcp *tcp)
{
    if (tcp->broken) return 0;
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
        /* Bytes that the kernel has are not for us to drop: a slow peer is still getting them. */
        tcp_destroy(tcp, unsent > 0);
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
    tcp_start(tcp);
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

/* The start of a stream */

struct tcp *tcp_new(struct loop *loop, const struct tcp_events *events, void *user)
{
    struct tcp *tcp = MEM_NEW(struct tcp);
    tcp_ring_init(&tcp->ring);
    tcp->loop = loop;
    tcp->events = events;
    tcp->user = user;
    loop->open_count++;
    return tcp;
}

void tcp_opened(struct tcp *tcp)
{
    tcp->state = TCP_OPEN;
    if (tcp->out_size) tcp_ring_add(&tcp->loop->unflushed, &tcp->ring);
    if (tcp->uv.handle.type == UV_TCP) uv_tcp_nodelay(&tcp->uv.tcp, 1);
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
