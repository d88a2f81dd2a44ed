#include <assert.h>
#include <stddef.h>

#include "base/mem.h"
#include "net/http_inside.h"

enum {
    /* A peer that does not take its answers is not read until it has taken all of them. */
    UNSENT_MAX = 256 * 1024,
};

/* One request */

static void request_begin(struct http_request *request, const struct http_head *head,
                          bool body_is_here)
{
    struct http_conn *conn = request->conn;
    bool has_body = head->chunked || head->content_length > 0;
    request->head = head;
    request->wants_continue = head->expects_continue && has_body && !body_is_here;
    request->edge = http_edge_of(conn->server, head->path);
    if (request->edge) {
        request->told = true;
        request->edge->on_request(request->edge->user, request, &request->accept);
    } else {
        request->edge = http_edge_default(conn->server);
        http_answer_error(request, 404);
    }
    buf_init(&request->body, request->accept.body_limit);
    http_parse_body(&conn->parse, head,
                    request->answered ? HTTP_BODY_DROP_MAX : request->accept.body_limit);
    /* Too long as announced: nobody asks for it. */
    if (conn->parse.state == HTTP_PARSE_FAILED) request->wants_continue = false;
}

static void request_body(struct http_request *request, struct slice piece)
{
    request->wants_continue = false;
    if (request->answered) return;
    if (request->accept.mode == HTTP_BODY_STREAM)
        request->edge->on_body(request->edge->user, request, piece);
    else if (piece.size == request->head->content_length)
        request->whole = arena_copy(&request->arena, piece);
    else
        buf_add(&request->body, piece);
}

static void request_end(struct http_request *request)
{
    struct http_conn *conn = request->conn;
    conn->reading = NULL;
    request->complete = true;
    if (!request->head->keep_alive || conn->server->draining) conn->stopping = true;
    if (request->answered) return;
    struct slice body = request->body.size ? buf_slice(&request->body) : request->whole;
    request->edge->on_body_end(request->edge->user, request, body);
}

/* What the edge is told of a request that ends without its answer. */
static void request_gone(struct http_request *request)
{
    if (!request->told || request->answered) return;
    request->told = false;
    if (request->edge->on_gone) request->edge->on_gone(request->edge->user, request);
}

/* No byte behind this can be told from a request any more: the connection ends with the answer. */
static void request_fail(struct http_request *request, unsigned status)
{
    struct http_conn *conn = request->conn;
    conn->reading = NULL;
    conn->stopping = true;
    request_gone(request);
    request->complete = request->last = true;
    if (request->answered) return; /* early, and that was all it gets */
    if (!request->edge) request->edge = http_edge_of(conn->server, http_parse_path(&conn->parse));
    if (!request->edge) request->edge = http_edge_default(conn->server);
    http_answer_error(request, status);
}

/* Reading */

static bool conn_is_full(const struct http_conn *conn)
{
    return conn->count >= conn->server->config.pipeline_max || tcp_unsent(conn->tcp) > UNSENT_MAX;
}

static void conn_begin(struct http_conn *conn)
{
    struct http_request *request = http_request_new(conn);
    request->began_mono_ms = loop_mono_ms(conn->server->loop);
    if (conn->final)
        conn->final->next = request;
    else
        conn->first = request;
    conn->final = conn->reading = request;
    conn->count++;
    conn->fresh = false;
}

/* One piece. False when nothing more can be done with what is here. */
static bool conn_next(struct http_conn *conn, struct slice *rest)
{
    if (!conn->reading) {
        if (conn_is_full(conn) || !http_parse_begins(&conn->parse, rest)) return false;
        conn_begin(conn);
    }
    struct http_request *request = conn->reading;
    struct http_piece piece;
    http_parse_next(&conn->parse, rest, &request->arena, &piece);
    if (piece.kind == HTTP_PIECE_NONE) return false;
    if (piece.kind == HTTP_PIECE_HEAD)
        request_begin(request, piece.head, rest->size > 0);
    else if (piece.kind == HTTP_PIECE_BODY)
        request_body(request, piece.bytes);
    else if (piece.kind == HTTP_PIECE_END)
        request_end(request);
    else
        request_fail(request, piece.status);
    http_conn_flush(conn);
    return !conn->stopping;
}

static void conn_work(struct http_conn *conn, struct slice *rest)
{
    conn->busy = true;
    conn->active_mono_ms = loop_mono_ms(conn->server->loop);
    while (!conn->stopping && conn_next(conn, rest)) {}
    conn->busy = false;
}

static void conn_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct http_conn *conn = user;
    assert(conn->unread.size == 0);
    if (conn->stopping) return;
    conn_work(conn, &bytes);
    if (!conn->stopping) buf_add(&conn->unread, bytes);
    http_conn_leave(conn);
}

static void conn_resume(struct loop_timer *timer)
{
    struct http_conn *conn =
        (struct http_conn *)(void *)((char *)timer - offsetof(struct http_conn, resume));
    struct slice rest = buf_slice(&conn->unread);
    conn_work(conn, &rest);
    buf_drop(&conn->unread, conn->unread.size - rest.size);
    http_conn_leave(conn);
}

/* Deadlines */

static enum http_phase conn_phase(const struct http_conn *conn)
{
    if (conn->paused && tcp_unsent(conn->tcp) > UNSENT_MAX) return HTTP_PHASE_SENDING;
    if (conn->paused || conn->stopping) return HTTP_PHASE_WAITING;
    if (conn->reading) return conn->reading->head ? HTTP_PHASE_BODY : HTTP_PHASE_HEAD;
    return conn->first ? HTTP_PHASE_WAITING : HTTP_PHASE_IDLE;
}

static void conn_set_deadline(struct http_conn *conn)
{
    const struct http_config *config = &conn->server->config;
    enum http_phase phase = conn_phase(conn);
    if (phase == HTTP_PHASE_SENDING && phase != conn->phase)
        conn->unsent_seen = tcp_unsent(conn->tcp);
    conn->phase = phase;
    uint64_t after[] = {
        [HTTP_PHASE_IDLE] = conn->fresh ? config->header_timeout_ms : config->idle_timeout_ms,
        [HTTP_PHASE_HEAD] = config->header_timeout_ms,
        [HTTP_PHASE_BODY] = config->body_timeout_ms,
        [HTTP_PHASE_SENDING] = config->body_timeout_ms,
    };
    uint64_t from = phase == HTTP_PHASE_HEAD ? conn->reading->began_mono_ms : conn->active_mono_ms;
    conn->deadline_mono_ms = phase == HTTP_PHASE_WAITING ? UINT64_MAX : from + after[phase];
}

/* True when the connection stays. */
static bool conn_expire(struct http_conn *conn)
{
    bool closes_silently = conn->phase == HTTP_PHASE_IDLE ||
                           (conn->phase == HTTP_PHASE_BODY && conn->reading->answered);
    if (conn->phase == HTTP_PHASE_SENDING) {
        size_t unsent = tcp_unsent(conn->tcp);
        bool moves = unsent < conn->unsent_seen;
        conn->unsent_seen = unsent;
        conn->active_mono_ms = loop_mono_ms(conn->server->loop);
        if (!moves) http_conn_close(conn, true);
        return moves;
    }
    if (closes_silently) {
        http_conn_close(conn, false);
        return false;
    }
    conn->busy = true;
    request_fail(conn->reading, 408);
    http_conn_flush(conn);
    conn->busy = false;
    return true;
}

static void conn_tick(struct loop_timer *timer)
{
    struct http_conn *conn =
        (struct http_conn *)(void *)((char *)timer - offsetof(struct http_conn, timer));
    struct http_server *server = conn->server;
    uint64_t now = loop_mono_ms(server->loop);
    bool expired = now >= conn->deadline_mono_ms;
    if (expired && !conn_expire(conn)) return;
    if (expired) conn_set_deadline(conn);
    uint64_t left = conn->deadline_mono_ms > now ? conn->deadline_mono_ms - now : 0;
    loop_timer_start(server->loop, timer, left < server->tick_ms ? left : server->tick_ms);
    if (expired) http_conn_leave(conn);
}

/* A connection's life */

static void conn_ended(void *user, struct tcp *tcp, bool clean)
{
    struct http_conn *conn = user;
    if (!clean) {
        http_conn_close(conn, true);
        return;
    }
    /* The peer sends no more, but it may still want the answers to what it has sent. */
    conn->stopping = true;
    struct http_request *reading = conn->reading;
    conn->reading = NULL;
    if (reading) {
        conn->busy = true;
        request_gone(reading);
        conn->busy = false;
        reading->complete = reading->last = reading->answered = true;
    }
    http_conn_flush(conn);
    http_conn_leave(conn);
}

static void conn_drained(void *user, struct tcp *tcp)
{
    struct http_conn *conn = user;
    if (conn->phase != HTTP_PHASE_SENDING) return;
    conn->active_mono_ms = loop_mono_ms(conn->server->loop);
    http_conn_leave(conn);
}

static const struct tcp_events conn_events = {
    .on_read = conn_read, .on_close = conn_ended, .on_drain = conn_drained};

void http_conn_open(struct http_server *server, struct tcp *tcp, struct http_address *address)
{
    struct http_conn *conn = MEM_NEW(struct http_conn);
    conn->server = server;
    conn->tcp = tcp;
    conn->address = address;
    conn->fresh = true;
    conn->timer.fire = conn_tick;
    conn->resume.fire = conn_resume;
    conn->active_mono_ms = loop_mono_ms(server->loop);
    http_parse_init(&conn->parse, server->config.header_max);
    buf_init(&conn->unread, SIZE_MAX);
    conn->next = &server->conns;
    conn->prev = server->conns.prev;
    conn->prev->next = conn->next->prev = conn;
    server->conn_count++;
    conn_set_deadline(conn);
    loop_timer_start(server->loop, &conn->timer, server->tick_ms);
    tcp_set_user(tcp, &conn_events, conn);
}

void http_conn_close(struct http_conn *conn, bool abort)
{
    struct http_server *server = conn->server;
    assert(!conn->busy && !conn->closed);
    conn->closed = true;
    for (struct http_request *at = conn->first; at; at = at->next)
        request_gone(at);
    while (conn->first) {
        struct http_request *request = conn->first;
        conn->first = request->next;
        http_request_free(server, request);
    }
    loop_timer_stop(server->loop, &conn->timer);
    loop_timer_stop(server->loop, &conn->resume);
    /* tcp_close goes on reading for a while, so that bytes that are still on their way do not make
       the kernel reset the connection under our last answer. */
    tcp_close(conn->tcp, abort);
    conn->prev->next = conn->next;
    conn->next->prev = conn->prev;
    http_parse_done(&conn->parse);
    buf_done(&conn->unread);
    http_conn_gone(conn);
    mem_free(conn);
}

void http_conn_leave(struct http_conn *conn)
{
    assert(!conn->busy);
    if (conn->finished || (conn->stopping && !conn->first)) {
        http_conn_close(conn, false);
        return;
    }
    if (conn->stopping || conn->unread.size == 0) buf_done(&conn->unread);
    bool pause = conn->unread.size > 0;
    if (pause && !conn->paused)
        tcp_pause(conn->tcp);
    else if (!pause && conn->paused)
        tcp_resume(conn->tcp);
    conn->paused = pause;
    /* Not at once: whoever answers a request must not be called with the next one meanwhile. */
    if (pause && !conn_is_full(conn) && !conn->resume.heap_index)
        loop_timer_start(conn->server->loop, &conn->resume, 0);
    conn_set_deadline(conn);
}

void http_conn_drain(struct http_conn *conn)
{
    if (!conn->reading) conn->stopping = true;
    if (!conn->busy) http_conn_leave(conn);
}
