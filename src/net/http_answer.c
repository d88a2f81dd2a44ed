#include <assert.h>

#include "net/http_inside.h"

enum {
    /* Status line, date, id, length and connection header, with room to spare. */
    ANSWER_HEAD_MAX = 256,
    /* A body up to this size leaves with its head in one write. */
    ANSWER_JOIN_MAX = 4096,
};

static const char *const reasons[] = {
    [200] = "OK",
    [201] = "Created",
    [202] = "Accepted",
    [204] = "No Content",
    [206] = "Partial Content",
    [207] = "Multi-Status",
    [301] = "Moved Permanently",
    [302] = "Found",
    [303] = "See Other",
    [304] = "Not Modified",
    [307] = "Temporary Redirect",
    [308] = "Permanent Redirect",
    [400] = "Bad Request",
    [401] = "Unauthorized",
    [402] = "Payment Required",
    [403] = "Forbidden",
    [404] = "Not Found",
    [405] = "Method Not Allowed",
    [406] = "Not Acceptable",
    [408] = "Request Timeout",
    [409] = "Conflict",
    [410] = "Gone",
    [411] = "Length Required",
    [412] = "Precondition Failed",
    [413] = "Content Too Large",
    [414] = "URI Too Long",
    [415] = "Unsupported Media Type",
    [416] = "Range Not Satisfiable",
    [417] = "Expectation Failed",
    [422] = "Unprocessable Content",
    [423] = "Locked",
    [425] = "Too Early",
    [428] = "Precondition Required",
    [429] = "Too Many Requests",
    [431] = "Request Header Fields Too Large",
    [451] = "Unavailable For Legal Reasons",
    [500] = "Internal Server Error",
    [501] = "Not Implemented",
    [502] = "Bad Gateway",
    [503] = "Service Unavailable",
    [504] = "Gateway Timeout",
    [505] = "HTTP Version Not Supported",
};

struct slice http_reason(unsigned status)
{
    if (status >= sizeof reasons / sizeof reasons[0] || !reasons[status]) return SLICE("Unknown");
    return slice_cstr(reasons[status]);
}

/* Composing. The room is measured before, so that writing needs no checks. */

static char *put(char *to, struct slice bytes)
{
    if (bytes.size) memcpy(to, bytes.at, bytes.size);
    return to + bytes.size;
}

static char *put_decimal(char *to, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    return put(to, slice_of(digits + at, sizeof digits - at));
}

static char *put_hex(char *to, uint64_t value)
{
    for (int shift = 60; shift >= 0; shift -= 4)
        *to++ = "0123456789abcdef"[value >> shift & 15];
    return to;
}

static char *put_date(char *to, struct http_server *server)
{
    uint64_t now = loop_mono_ms(server->loop);
    if (now >= server->date_end_mono_ms) {
        uint64_t wall_ms = clock_wall_ms(&server->clock);
        http_date_write(wall_ms, server->date);
        server->date_end_mono_ms = now + 1000 - wall_ms % 1000;
    }
    return put(to, slice_of(server->date, HTTP_DATE_SIZE));
}

/* A control byte in a value would let whoever supplied it write headers of his own. */
static char *put_value(char *to, struct slice value)
{
    if (http_is_value(value)) return put(to, value);
    for (size_t i = 0; i < value.size; i++)
        *to++ = (unsigned char)value.at[i] < ' ' || value.at[i] == 127 ? ' ' : value.at[i];
    return to;
}

static char *put_headers(char *to, const struct http_answer *answer)
{
    if (answer->content_type.size) {
        to = put(to, SLICE("Content-Type: "));
        to = put_value(to, answer->content_type);
        to = put(to, SLICE("\r\n"));
    }
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct http_header *header = &answer->headers[i];
        assert(http_is_token(header->name)); /* names are constants of the edges */
        to = put(to, header->name);
        to = put(to, SLICE(": "));
        to = put_value(to, header->value);
        to = put(to, SLICE("\r\n"));
    }
    return to;
}

static size_t headers_size(const struct http_answer *answer)
{
    size_t size = 16 + answer->content_type.size;
    for (size_t i = 0; i < answer->header_count; i++)
        size += answer->headers[i].name.size + answer->headers[i].value.size + 4;
    return size;
}

/* What comes behind the reason phrase depends on the request, as far as there is one. */
struct answer_form {
    uint64_t id;
    bool close, keep_alive; /* said in a Connection header */
    bool to_head;
};

static bool has_length(unsigned status)
{
    return status >= 200 && status != 204 && status != 304;
}

/* The head into the scratch buffer; returns the part of the body that has to follow. */
static struct slice compose(struct http_server *server, const struct http_answer *answer,
                            struct answer_form form)
{
    struct buf *scratch = &server->scratch;
    struct slice body = form.to_head || !has_length(answer->status) ? SLICE("") : answer->body;
    bool join = body.size <= ANSWER_JOIN_MAX;
    assert(answer->status >= 200 && answer->status < 600);
    buf_clear(scratch);
    char *at =
        buf_reserve(scratch, ANSWER_HEAD_MAX + headers_size(answer) + (join ? body.size : 0));
    char *from = at;
    at = put(at, SLICE("HTTP/1.1 "));
    at = put_decimal(at, answer->status);
    *at++ = ' ';
    at = put(at, http_reason(answer->status));
    at = put(at, SLICE("\r\nDate: "));
    at = put_date(at, server);
    at = put(at, SLICE("\r\nX-Request-Id: "));
    at = put_hex(at, form.id);
    at = put(at, SLICE("\r\n"));
    at = put_headers(at, answer);
    if (has_length(answer->status)) {
        at = put(at, SLICE("Content-Length: "));
        at = put_decimal(at, answer->body.size);
        at = put(at, SLICE("\r\n"));
    }
    if (form.close) at = put(at, SLICE("Connection: close\r\n"));
    if (form.keep_alive) at = put(at, SLICE("Connection: keep-alive\r\n"));
    at = put(at, SLICE("\r\n"));
    if (join) at = put(at, body);
    buf_grew(scratch, (size_t)(at - from));
    return join ? SLICE("") : body;
}

/* Answering */

/* Whether reading the rest of a body for nothing is dearer than a new connection. A customer who
   waits for "100 Continue" may send his body or may not: nobody could tell it from a request. */
static bool body_is_too_much(const struct http_request *request)
{
    const struct http_parse *parse = &request->conn->parse;
    bool asked = parse->state == HTTP_PARSE_BODY_ASKED;
    uint64_t left = asked ? request->head->content_length : http_parse_left(parse);
    bool open_ended = request->head->chunked && !asked;
    return request->wants_continue || open_ended || left > HTTP_BODY_DROP_MAX;
}

/* Whether the connection ends with this answer, as far as that is known now. */
static void decide_last(struct http_request *request)
{
    struct http_conn *conn = request->conn;
    if (!request->complete && body_is_too_much(request)) request->last = true;
    if (request == conn->final && (conn->stopping || conn->server->draining)) request->last = true;
    if (request->last) conn->stopping = true;
}

static void write_answer(struct http_request *request, const struct http_answer *answer)
{
    struct http_conn *conn = request->conn;
    struct http_server *server = conn->server;
    const struct http_head *head = request->head;
    bool close = request->last || (head && !head->keep_alive);
    struct answer_form form = {
        .id = request->id,
        .close = close,
        .keep_alive = !close && head && head->minor == 0,
        .to_head = head && slice_eq(head->method, SLICE("HEAD")),
    };
    struct slice rest = compose(server, answer, form);
    if (request == conn->first) {
        tcp_write(conn->tcp, buf_slice(&server->scratch));
        tcp_write(conn->tcp, rest);
    } else {
        buf_init(&request->held, SIZE_MAX);
        buf_add(&request->held, buf_slice(&server->scratch));
        buf_add(&request->held, rest);
    }
}

void http_answer(struct http_request *request, const struct http_answer *answer)
{
    struct http_conn *conn = request->conn;
    assert(conn && !request->answered);
    if (conn->closed) return; /* from inside on_gone */
    decide_last(request);
    write_answer(request, answer);
    request->answered = true;
    if (conn->busy) return;
    conn->active_mono_ms = loop_mono_ms(conn->server->loop);
    http_conn_flush(conn);
    http_conn_leave(conn);
}

static struct slice error_body(const struct http_edge *edge, unsigned status, struct arena *arena,
                               struct slice *out_content_type)
{
    *out_content_type = SLICE("text/plain; charset=utf-8");
    if (!edge->error_body) return http_reason(status);
    return edge->error_body(edge->user, status, arena, out_content_type);
}

void http_answer_error(struct http_request *request, unsigned status)
{
    struct http_answer answer = {.status = status};
    answer.body = error_body(request->edge, status, &request->arena, &answer.content_type);
    http_answer(request, &answer);
}

void http_refuse(struct http_server *server, struct tcp *tcp, unsigned status)
{
    struct arena arena = {0};
    struct http_answer answer = {.status = status};
    answer.body = error_body(http_edge_default(server), status, &arena, &answer.content_type);
    struct answer_form form = {.id = server->next_id++, .close = true};
    struct slice rest = compose(server, &answer, form);
    tcp_write(tcp, buf_slice(&server->scratch));
    tcp_write(tcp, rest);
    tcp_close(tcp, false);
    arena_done(&arena);
}

/* Order */

static void ask_for_body(struct http_conn *conn)
{
    struct http_request *request = conn->reading;
    /* Interim answers have their place in the order too: behind those of earlier requests. */
    if (!request || request != conn->first || !request->wants_continue || request->answered) return;
    request->wants_continue = false;
    tcp_write(conn->tcp, SLICE("HTTP/1.1 100 Continue\r\n\r\n"));
}

void http_conn_flush(struct http_conn *conn)
{
    while (conn->first && conn->first->answered) {
        struct http_request *request = conn->first;
        tcp_write(conn->tcp, buf_slice(&request->held));
        buf_done(&request->held);
        if (request->last) conn->finished = true;
        if (request->last || !request->complete) return;
        conn->first = request->next;
        if (!conn->first) conn->final = NULL;
        conn->count--;
        http_request_free(conn->server, request);
    }
    ask_for_body(conn);
}
