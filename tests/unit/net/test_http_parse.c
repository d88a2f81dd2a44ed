/* Requests as raw bytes, and what becomes of them. Each is fed whole, one byte at a time, and cut
   at every offset: the outcome must be the same. What passes is also given to the parser library
   alone, which must see the same requests and the same bodies. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "http_transcript.h"
#include "net/http_library.h"

enum { HEAD_MAX = 512, BODY_MAX = 1000 };

struct row {
    struct slice raw;
    const char *outcome;
};
#define ROW(raw, outcome)                                                                          \
    {                                                                                              \
        {"" raw, sizeof(raw) - 1}, outcome                                                         \
    }

#define GET     "GET /a HTTP/1.1\r\nHost: h\r\n"
#define POST    "POST /a HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define OK      "GET /a <>;"

static const struct row rows[] = {
    /* Plain requests. */
    ROW(GET "\r\n", OK),
    ROW("GET / HTTP/1.0\r\n\r\n", "GET / close <>;"),
    ROW("HEAD /a?b=c&d HTTP/1.1\r\nHost:h\r\n\r\n", "HEAD /a?b=c&d <>;"),
    ROW("DELETE /a? HTTP/1.1\r\nHost:h\r\n\r\n", "DELETE /a <>;"),
    ROW("GET /?a?b HTTP/1.1\r\nHost:h\r\n\r\n", "GET /?a?b <>;"),
    ROW(POST "Content-Length: 5\r\n\r\nhello", "POST /a <hello>;"),
    ROW(POST "Content-Length: 0\r\n\r\n", "POST /a <>;"),
    ROW(POST "Content-Length: 005\r\n\r\nhello", "POST /a <hello>;"),
    ROW(GET "Content-Length: 2\r\n\r\nhi", "GET /a <hi>;"),
    ROW(POST "content-LENGTH:\t 5 \r\n\r\nhello", "POST /a <hello>;"),
    ROW(GET "X-Empty:\r\nX-High: \xc3\xa9\x80\r\nX-Tab: a\tb\r\n\r\n", OK),
    ROW(GET "\r\n" POST "Content-Length: 2\r\n\r\nhi" GET "\r\n", OK "POST /a <hi>;" OK),

    /* Unfinished ones. */
    ROW("", ""),
    ROW("G", "~"),
    ROW(GET, "~"),
    ROW(POST "Content-Length: 5\r\n\r\nhell", "POST /a <hell~"),
    ROW(CHUNKED "3\r\nabc\r\n0\r\n", "POST /a chunked <abc~"),
    ROW(GET "\r\nGET /b", OK "~"),

    /* Blank lines before a request. */
    ROW("\r\n" GET "\r\n", OK),
    ROW("\r\n\r\n\r\n\r\n" GET "\r\n", OK),
    ROW("\r\n\r\n\r\n\r\n\r\n" GET "\r\n", "!400 "),
    ROW(POST "Content-Length: 2\r\n\r\nhi\r\n" GET "\r\n", "POST /a <hi>;" OK),
    ROW("\r\n\r\n", ""),
    ROW("\r\r\n", "!400 "),
    ROW("\rGET / HTTP/1.1\r\n", "!400 "),
    ROW("\n" GET "\r\n", "!400 "),

    /* Not HTTP, or another version of it. */
    ROW("\x16\x03\x01\x02", "!400 "),
    ROW("\0", "!400 "),
    ROW(" GET / HTTP/1.1\r\n", "!400 "),
    ROW("GET /a\r\n", "!400 "),
    ROW("GET\r\n", "!400 "),
    ROW("GET \r\n", "!400 "),
    ROW("GET /a \r\n", "!400 "),
    ROW("GET  /a HTTP/1.1\r\n", "!400 "),
    ROW("GET /a  HTTP/1.1\r\n", "!400 "),
    ROW("GET /a HTTP/1.1 \r\n", "!400 "),
    ROW("GET\t/a\tHTTP/1.1\r\n", "!400 "),
    ROW("GET /a HTTP/1.1\n", "!400 "),
    ROW("GET /a HTTP/1.1\r\r\n", "!400 "),
    ROW("GET /a http/1.1\r\n", "!400 "),
    ROW("GET /a HTTP/\r\n", "!400 "),
    ROW("GET /a HTTP/1.x\r\n", "!400 "),
    ROW("GET /a HTTP\r\n", "!400 "),
    ROW("GET /a ICE/1.0\r\n", "!400 "),
    ROW("GET /a HTTP/1.2\r\n", "!505 "),
    ROW("GET /a HTTP/2\r\n", "!505 "),
    ROW("GET /a HTTP/0.9\r\n", "!505 "),
    ROW("GET /a HTTP/1.10\r\n", "!505 "),
    ROW("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "!505 "),
    ROW("NOSUCH /a HTTP/1.1\r\nHost: h\r\n\r\n", "!501 /a"),
    ROW("get /a HTTP/1.1\r\nHost: h\r\n\r\n", "!501 /a"),
    ROW("CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "!501 "),
    ROW("G@T /a HTTP/1.1\r\n", "!400 "),

    /* Targets. */
    ROW("GET http://h.example:80/b?c HTTP/1.1\r\nHost: h\r\n\r\n", "GET /b?c <>;"),
    ROW("GET https://h.example/b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /b <>;"),
    ROW("GET HTTP://[::1]:80/b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /b <>;"),
    ROW("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", "GET / <>;"),
    ROW("GET http://h?c HTTP/1.1\r\nHost: h\r\n\r\n", "GET /?c <>;"),
    ROW("GET http:///b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET http:// HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET http://u@h/b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET ftp://h/b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * <>;"),
    ROW("GET * HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("OPTIONS *a HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET //b/../c%2f%zz HTTP/1.1\r\nHost: h\r\n\r\n", "GET //b/../c%2f%zz <>;"),
    ROW("GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET /a\0b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET /a\x7f HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET /a\x80 HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),
    ROW("GET /a\rb HTTP/1.1\r\nHost: h\r\n\r\n", "!400 "),

    /* Header lines. */
    ROW("GET /a HTTP/1.1\r\nHost : h\r\n\r\n", "!400 /a"),
    ROW(GET "Name : x\r\n\r\n", "!400 /a"),
    ROW(GET "Name\t: x\r\n\r\n", "!400 /a"),
    ROW(GET " folded\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\r\n b\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\r\n\tb: c\r\n\r\n", "!400 /a"),
    ROW("GET /a HTTP/1.1\r\n Host: h\r\n\r\n", "!400 /a"),
    ROW(GET "no colon\r\n\r\n", "!400 /a"),
    ROW(GET ": no name\r\n\r\n", "!400 /a"),
    ROW(GET "Na me: x\r\n\r\n", "!400 /a"),
    ROW(GET "Na\xc3\xa9: x\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\nY: b\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\n", "!400 /a"),
    ROW(GET "\n", "!400 /a"),
    ROW("GET /a HTTP/1.1\r\n\n", "!400 /a"),
    ROW(GET "X: a\rb\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\r\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\0b\r\n\r\n", "!400 /a"),
    ROW(GET "X\0: b\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\x01\r\n\r\n", "!400 /a"),
    ROW(GET "X: a\x7f\r\n\r\n", "!400 /a"),
    ROW(GET "X: \x0b"
            "a\r\n\r\n",
        "!400 /a"),

    /* Host. */
    ROW("GET /a HTTP/1.1\r\n\r\n", "!400 /a"),
    ROW("GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "!400 /a"),
    ROW("GET /a HTTP/1.0\r\nHost: h\r\nhost: i\r\n\r\n", "!400 /a"),
    ROW("GET /a HTTP/1.1\r\nHost:\r\n\r\n", OK),
    ROW("GET /a HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n", OK),
    ROW("GET /a HTTP/1.1\r\nHost: a b\r\n\r\n", "!400 /a"),
    ROW("GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", "!400 /a"),
    ROW("GET /a HTTP/1.1\r\nHost: a/b\r\n\r\n", "!400 /a"),
    ROW("GET /a HTTP/1.1\r\nHost: u@b\r\n\r\n", "!400 /a"),

    /* Length and coding. */
    ROW(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: 5, 5\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: +5\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: -5\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: 5a\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: 0x5\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: 5 5\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length:\r\n\r\n", "!400 /a"),
    ROW(POST "Content-Length: 9223372036854775807\r\n\r\n", "POST /a <!413 "),
    ROW(POST "Content-Length: 9223372036854775808\r\n\r\n", "!400 /a"),
    ROW(POST "Content-Length: 18446744073709551615\r\n\r\n", "!400 /a"),
    ROW(POST "Content-Length: 18446744073709551616\r\n\r\n", "!400 /a"),
    ROW(POST "Content-Length : 5\r\n\r\nhello", "!400 /a"),
    ROW(POST "Content-Length: 1001\r\n\r\n", "POST /a <!413 "),
    ROW(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400 /a"),
    ROW(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "!400 /a"),
    ROW(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", "!400 /a"),
    ROW(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "!400 /a"),
    ROW(POST "Transfer-Encoding: gzip, chunked\r\n\r\n", "!501 /a"),
    ROW(POST "Transfer-Encoding: chunked, chunked\r\n\r\n", "!501 /a"),
    ROW(POST "Transfer-Encoding: chunked;q=1\r\n\r\n", "!501 /a"),
    ROW(POST "Transfer-Encoding: identity\r\n\r\n", "!501 /a"),
    ROW(POST "Transfer-Encoding: xchunked\r\n\r\n", "!501 /a"),
    ROW(POST "Transfer-Encoding:\r\n\r\n", "!501 /a"),
    ROW(POST "Transfer-Encoding: \x0b"
             "chunked\r\n\r\n",
        "!400 /a"),
    ROW("POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "!400 /a"),
    ROW(POST "Transfer-Encoding: Chunked \r\n\r\n0\r\n\r\n", "POST /a chunked <>;"),
    ROW(POST "Transfer_Encoding: chunked\r\n\r\n", "POST /a <>;"),

    /* Chunks. */
    ROW(CHUNKED "5\r\nhello\r\n0\r\n\r\n" GET "\r\n", "POST /a chunked <hello>;" OK),
    ROW(CHUNKED "2\r\nhe\r\n03\r\nllo\r\n000\r\n\r\n", "POST /a chunked <hello>;"),
    ROW(CHUNKED "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n",
        "POST /a chunked <01234567890123456789>;"),
    ROW(CHUNKED "5;x=y;z=\"q\"\r\nhello\r\n0;last\r\n\r\n", "POST /a chunked <hello>;"),
    ROW(CHUNKED "0\r\nTrailer: x\r\nOther:\r\n\r\n" GET "\r\n", "POST /a chunked <>;" OK),
    ROW(CHUNKED "5 \r\nhello\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "5 ;x\r\nhello\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED " 5\r\nhello\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "5\nhello\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "5\rhello\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "\r\nhello\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED ";x\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "-1\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "0x5\r\nhello\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "g\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "5;x\nhello\r\n0\r\n\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "5;x\0y\r\nhello\r\n0\r\n\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "3\r\nabcXX0\r\n\r\n", "POST /a chunked <abc!400 "),
    ROW(CHUNKED "3\r\nabc\n0\r\n\r\n", "POST /a chunked <abc!400 "),
    ROW(CHUNKED "3\r\nabc\rx0\r\n\r\n", "POST /a chunked <abc!400 "),
    ROW(CHUNKED "3\r\nabcd\r\n0\r\n\r\n", "POST /a chunked <abc!400 "),
    ROW(CHUNKED "0\r\nX: a\nY: b\r\n\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "0\r\n folded\r\n\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "0\r\n\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "0\r\n\rx", "POST /a chunked <!400 "),
    ROW(CHUNKED "fffffffffffffff\r\n", "POST /a chunked <!413 "),
    ROW(CHUNKED "10000000000000000\r\n", "POST /a chunked <!400 "),
    ROW(CHUNKED "3e9\r\n", "POST /a chunked <!413 "),
    ROW(CHUNKED "2\r\nab\r\n3e7\r\n", "POST /a chunked <ab!413 "),

    /* Keep-alive, expectations, upgrades. */
    ROW("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET /a close <>;"),
    ROW(GET "Connection: x, Close ,y\r\n\r\n", "GET /a close <>;"),
    ROW(GET "Connection: keep-alive\r\nConnection: close\r\n\r\n", "GET /a close <>;"),
    ROW(GET "Connection: keep-alive\r\n\r\n", OK),
    ROW("GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET /a <>;"),
    ROW("GET /a HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "GET /a close <>;"),
    ROW(POST "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", "POST /a expect <hi>;"),
    ROW(POST "Expect: other\r\nContent-Length: 2\r\n\r\nhi", "POST /a <hi>;"),
    ROW("POST /a HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi",
        "POST /a close <hi>;"),
    ROW(GET "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: x\r\n\r\n" GET
            "\r\n",
        OK OK),
    ROW(POST "Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\nhi" GET "\r\n",
        "POST /a <hi>;" OK),

    /* After an error nothing is a request any more. */
    ROW(GET "\r\nGET /a\r\n" GET "\r\n", OK "!400 "),
    ROW(GET "X : y\r\n\r\n" GET "\r\n", "!400 /a"),
    ROW(CHUNKED "z\r\n" GET "\r\n", "POST /a chunked <!400 "),
};
enum { ROW_COUNT = sizeof rows / sizeof rows[0] };

/* Feeds the bytes in steps: the first of `first` bytes, the others of `step`. */
static void expect_cut(const struct row *row, size_t first, size_t step)
{
    struct transcript t;
    transcript_init(&t, HEAD_MAX, BODY_MAX);
    struct slice rest = row->raw;
    for (size_t size = first; rest.size > 0; size = step) {
        if (size > rest.size) size = rest.size;
        /* A block of its own size: reading past the end is a sanitizer's finding. */
        char *piece = mem_copy(rest.at, size);
        transcript_feed(&t, slice_of(piece, size));
        mem_free(piece);
        rest = slice_from(rest, size);
    }
    struct slice text = transcript_text(&t);
    if (!slice_eq(text, slice_cstr(row->outcome)))
        fail_msg("%.*s\n(first %zu, step %zu)\nis:        %.*s\nshould be: %s", (int)row->raw.size,
                 row->raw.at, first, step, (int)text.size, text.at, row->outcome);
    transcript_done(&t);
}

static void each_request_has_its_outcome(void **state)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        expect_cut(&rows[i], rows[i].raw.size, 1);
}

static void the_outcome_does_not_depend_on_the_cuts(void **state)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        expect_cut(&rows[i], 1, 1);
        for (size_t at = 1; at < rows[i].raw.size; at++)
            expect_cut(&rows[i], at, rows[i].raw.size);
    }
}

/* Limits: what fits exactly passes, one more does not. */

static struct slice repeat(struct buf *buf, struct slice before, char byte, size_t count,
                           struct slice after)
{
    buf_clear(buf);
    buf_add(buf, before);
    for (size_t i = 0; i < count; i++)
        buf_add_byte(buf, byte);
    buf_add(buf, after);
    return buf_slice(buf);
}

static const struct limit_row {
    struct slice before;
    char byte;
    size_t fits; /* of these bytes */
    struct slice after;
    const char *fitting, *too_many;
} limit_rows[] = {
    {SLICE(GET "X: "), 'a', HEAD_MAX - 26 - 3 - 4, SLICE("\r\n\r\n"), OK, "!431 /a"},
    {SLICE("\r\n" GET "X: "), 'a', HEAD_MAX - 26 - 3 - 4, SLICE("\r\n\r\n"), OK, "!431 /a"},
    {SLICE("G"), 'G', HEAD_MAX - 2, SLICE(""), "~", "!431 "},
    {SLICE(CHUNKED "1;"), 'a', 256 - 4, SLICE("\r\nx\r\n0\r\n\r\n"), "POST /a chunked <x>;",
     "POST /a chunked <!400 "},
    {SLICE(CHUNKED), '0', 15, SLICE("\r\n\r\n"), "POST /a chunked <>;", "POST /a chunked <!400 "},
    {SLICE(CHUNKED "0\r\nX: "), 'a', 8192 - 3 - 4, SLICE("\r\n\r\n"), "POST /a chunked <>;",
     "POST /a chunked <!400 "},
};

static void what_fits_a_limit_passes_and_one_byte_more_does_not(void **state)
{
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    for (size_t i = 0; i < sizeof limit_rows / sizeof limit_rows[0]; i++) {
        const struct limit_row *row = &limit_rows[i];
        for (size_t more = 0; more < 2; more++) {
            struct slice raw = repeat(&buf, row->before, row->byte, row->fits + more, row->after);
            const char *outcome = more ? row->too_many : row->fitting;
            const struct row test = {raw, outcome};
            for (size_t step = 1; step < 2000; step = step * 3 + 1)
                expect_cut(&test, step, step);
        }
    }
    buf_done(&buf);
}

static void a_request_line_may_be_as_long_as_the_head(void **state)
{
    struct slice before = SLICE("GET /"), after = SLICE(" HTTP/1.1\r\nHost: h\r\n\r\n");
    size_t fits = HEAD_MAX - before.size - after.size;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    for (size_t more = 0; more < 2; more++) {
        struct transcript t;
        transcript_init(&t, HEAD_MAX, 0);
        transcript_feed(&t, repeat(&buf, before, 'a', fits + more, after));
        struct slice text = transcript_text(&t);
        assert_true(slice_starts(text, more ? SLICE("!431 /aaa") : SLICE("GET /aaa")));
        transcript_done(&t);
    }
    buf_done(&buf);
}

static void more_header_lines_than_allowed_are_refused(void **state)
{
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    for (size_t count = HTTP_HEADER_COUNT_MAX; count <= HTTP_HEADER_COUNT_MAX + 1; count++) {
        buf_clear(&buf);
        buf_add(&buf, SLICE(GET));
        for (size_t i = 1; i < count; i++)
            buf_add(&buf, SLICE("A:\r\n"));
        buf_add(&buf, SLICE("\r\n"));
        struct transcript t;
        transcript_init(&t, 16384, 0);
        transcript_feed(&t, buf_slice(&buf));
        bool passes = count == HTTP_HEADER_COUNT_MAX;
        assert_true(slice_eq(transcript_text(&t), passes ? SLICE(OK) : SLICE("!431 /a")));
        transcript_done(&t);
    }
    buf_done(&buf);
}

/* A body of `count` chunks of one byte, each with an extension of `extension` bytes. */
static bool tiny_chunks_pass(size_t count, size_t extension)
{
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    buf_add(&buf, SLICE(CHUNKED));
    for (size_t i = 0; i < count; i++) {
        buf_add(&buf, SLICE("1;"));
        for (size_t k = 0; k < extension; k++)
            buf_add_byte(&buf, 'x');
        buf_add(&buf, SLICE("\r\na\r\n"));
    }
    buf_add(&buf, SLICE("0\r\n\r\n"));
    struct transcript t;
    transcript_init(&t, HEAD_MAX, count);
    transcript_feed(&t, buf_slice(&buf));
    bool passed = !t.failed && !t.inside;
    transcript_done(&t);
    buf_done(&buf);
    return passed;
}

static void chunks_that_are_mostly_framing_are_refused_in_the_end(void **state)
{
    assert_true(tiny_chunks_pass(20000, 0));
    assert_true(tiny_chunks_pass(20000, 10));
    assert_true(tiny_chunks_pass(50, 200));
    assert_false(tiny_chunks_pass(20000, 200));
}

/* What the edges see of a head */

static void a_head_tells_path_query_and_headers(void **state)
{
    static const char raw[] =
        "POST /api/x?a=1&b=?2 HTTP/1.1\r\nHost: h\r\nX-Key: \t some value \t\r\n"
        "Empty:\r\nContent-Length: 7\r\nExpect: 100-Continue\r\n\r\n";
    struct http_parse parse;
    struct arena arena = {0};
    struct http_piece piece;
    struct slice rest = slice_cstr(raw);
    http_parse_init(&parse, HEAD_MAX);
    http_parse_next(&parse, &rest, &arena, &piece);
    assert_int_equal(piece.kind, HTTP_PIECE_HEAD);
    const struct http_head *head = piece.head;
    assert_true(slice_eq(head->method, SLICE("POST")));
    assert_true(slice_eq(head->path, SLICE("/api/x")));
    assert_true(slice_eq(head->query, SLICE("a=1&b=?2")));
    assert_int_equal(head->header_count, 5);
    assert_true(slice_eq(head->headers[1].name, SLICE("X-Key")));
    assert_true(slice_eq(head->headers[1].value, SLICE("some value")));
    assert_int_equal(head->headers[2].value.size, 0);
    assert_int_equal(head->content_length, 7);
    assert_true(head->keep_alive);
    assert_true(head->expects_continue);
    assert_int_equal(rest.size, 0);
    http_parse_done(&parse);
    arena_done(&arena);
}

/* The library alone */

/* Everything a transcript of one request says but the body. */
static bool transcript_is_plain(const char *outcome)
{
    return outcome[0] && !strpbrk(outcome, "!~") && !strstr(outcome, " close");
}

static void the_library_alone_agrees_on_what_passes(void **state)
{
    unsigned compared = 0;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!transcript_is_plain(rows[i].outcome)) continue;
        struct buf theirs, ours;
        unsigned complete, ends = 0;
        buf_init(&theirs, SIZE_MAX);
        buf_init(&ours, SIZE_MAX);
        bool inside = false;
        for (const char *at = rows[i].outcome; *at; at++) {
            if (*at == '>') inside = false, ends++;
            if (inside) buf_add_byte(&ours, *at);
            if (*at == '<') inside = true;
        }
        if (!http_library_read_all(rows[i].raw, &theirs, &complete))
            fail_msg("the library refuses %.*s", (int)rows[i].raw.size, rows[i].raw.at);
        assert_int_equal(complete, ends);
        assert_true(slice_eq(buf_slice(&ours), buf_slice(&theirs)));
        compared++;
        buf_done(&theirs);
        buf_done(&ours);
    }
    assert_true(compared > 30);
}

/* A small generator, so that a failure is the same on every machine. */
static uint32_t random_next(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

static void random_header(struct buf *raw, uint32_t *seed)
{
    static const char *const values[] = {"",         "a",      "text/plain; q=0.5", "\"quoted\"",
                                         "\xff\x80", "a,b, c", "chunked",           "5"};
    buf_printf(raw, "X%u:%s%s%s\r\n", random_next(seed) % 1000, random_next(seed) % 2 ? " " : "",
               values[random_next(seed) % 8], random_next(seed) % 8 ? "" : " \t");
}

static void random_body(struct buf *raw, struct buf *body, uint32_t *seed)
{
    size_t size = random_next(seed) % 40;
    size_t from = body->size;
    for (size_t i = 0; i < size; i++)
        buf_add_byte(body, (char)random_next(seed));
    struct slice bytes = slice_of(body->at + from, size);
    if (random_next(seed) % 2) {
        buf_printf(raw, "Content-Length: %zu\r\n\r\n", size);
        buf_add(raw, bytes);
        return;
    }
    buf_add(raw, SLICE("Transfer-Encoding: chunked\r\n\r\n"));
    while (bytes.size > 0) {
        size_t piece = 1 + random_next(seed) % bytes.size;
        buf_printf(raw, random_next(seed) % 2 ? "%zx\r\n" : "%zX;a=b\r\n", piece);
        buf_add(raw, slice_of(bytes.at, piece));
        buf_add(raw, SLICE("\r\n"));
        bytes = slice_from(bytes, piece);
    }
    buf_add(raw, random_next(seed) % 4 ? SLICE("0\r\n\r\n") : SLICE("0\r\nT: x\r\n\r\n"));
}

static void random_request(struct buf *raw, struct buf *body, uint32_t *seed)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", "M-SEARCH"};
    static const char *const targets[] = {"/", "/a/b?c=d", "http://h/x", "/%41?", "/a;b=c,d"};
    buf_printf(raw, "%s %s HTTP/1.1\r\nHost: h\r\n", methods[random_next(seed) % 6],
               targets[random_next(seed) % 5]);
    for (unsigned count = random_next(seed) % 6; count > 0; count--)
        random_header(raw, seed);
    random_body(raw, body, seed);
}

/* The bodies and the number of requests as we read them, in random cuts. */
static unsigned read_in_cuts(struct slice raw, struct buf *body, uint32_t *seed)
{
    struct http_parse parse;
    struct http_piece piece;
    struct arena arena = {0};
    unsigned ends = 0;
    http_parse_init(&parse, 4096);
    while (raw.size > 0) {
        size_t size = 1 + random_next(seed) % (random_next(seed) % 4 ? 9 : 500);
        struct slice rest = slice_of(raw.at, size < raw.size ? size : raw.size);
        raw = slice_from(raw, rest.size);
        do {
            http_parse_next(&parse, &rest, &arena, &piece);
            assert_int_not_equal(piece.kind, HTTP_PIECE_ERROR);
            if (piece.kind == HTTP_PIECE_HEAD) http_parse_body(&parse, piece.head, 1000);
            if (piece.kind == HTTP_PIECE_BODY) buf_add(body, piece.bytes);
            ends += piece.kind == HTTP_PIECE_END;
        } while (piece.kind != HTTP_PIECE_NONE);
    }
    http_parse_done(&parse);
    arena_done(&arena);
    return ends;
}

static void random_requests_in_random_cuts_are_what_the_library_alone_reads(void **state)
{
    uint32_t seed = 1;
    struct buf raw, sent, ours, theirs;
    buf_init(&raw, SIZE_MAX);
    buf_init(&sent, SIZE_MAX);
    buf_init(&ours, SIZE_MAX);
    buf_init(&theirs, SIZE_MAX);
    for (unsigned run = 0; run < 2000; run++) {
        unsigned requests = 1 + random_next(&seed) % 4, complete;
        buf_clear(&raw);
        buf_clear(&sent);
        buf_clear(&ours);
        buf_clear(&theirs);
        for (unsigned i = 0; i < requests; i++)
            random_request(&raw, &sent, &seed);
        assert_true(http_library_read_all(buf_slice(&raw), &theirs, &complete));
        assert_int_equal(complete, requests);
        assert_int_equal(read_in_cuts(buf_slice(&raw), &ours, &seed), requests);
        assert_true(slice_eq(buf_slice(&ours), buf_slice(&sent)));
        assert_true(slice_eq(buf_slice(&ours), buf_slice(&theirs)));
    }
    buf_done(&raw);
    buf_done(&sent);
    buf_done(&ours);
    buf_done(&theirs);
}

/* Responses, as the simulator's client reads them */

static const struct reply_row {
    struct slice raw;
    bool to_head, ends;
    enum http_reply_state state;
    unsigned status;
    const char *body;
} reply_rows[] = {
    {SLICE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), false, false, HTTP_REPLY_COMPLETE,
     200, "hi"},
    {SLICE("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"), false,
     false, HTTP_REPLY_COMPLETE, 200, "hi"},
    {SLICE("HTTP/1.1 204 No Content\r\n\r\n"), false, false, HTTP_REPLY_COMPLETE, 204, ""},
    {SLICE("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"), false,
     false, HTTP_REPLY_COMPLETE, 500, ""},
    {SLICE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), true, false, HTTP_REPLY_COMPLETE, 200,
     ""},
    {SLICE("HTTP/1.0 200 OK\r\n\r\nto the end"), false, false, HTTP_REPLY_MORE, 0, "to the end"},
    {SLICE("HTTP/1.0 200 OK\r\n\r\nto the end"), false, true, HTTP_REPLY_COMPLETE, 200,
     "to the end"},
    {SLICE("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"), false, true, HTTP_REPLY_BROKEN, 0,
     "hi"},
    {SLICE(""), false, true, HTTP_REPLY_BROKEN, 0, ""},
    {SLICE("not http"), false, false, HTTP_REPLY_BROKEN, 0, ""},
};

static void replies_are_read_whole_and_byte_by_byte(void **state)
{
    for (size_t i = 0; i < sizeof reply_rows / sizeof reply_rows[0]; i++) {
        const struct reply_row *row = &reply_rows[i];
        for (size_t step = 1; step <= 100; step += 99) {
            struct buf body;
            buf_init(&body, 100);
            struct http_reply *reply = http_reply_new(&body, row->to_head);
            enum http_reply_state got = HTTP_REPLY_MORE;
            for (size_t at = 0; at < row->raw.size; at += step) {
                size_t left = row->raw.size - at;
                struct slice piece = slice_of(row->raw.at + at, left < step ? left : step);
                got = http_reply_read(reply, piece);
            }
            if (row->ends) got = http_reply_read(reply, SLICE(""));
            assert_int_equal(got, row->state);
            assert_int_equal(http_reply_status(reply), row->status);
            assert_true(slice_eq(buf_slice(&body), slice_cstr(row->body)));
            http_reply_free(reply);
            buf_done(&body);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_has_its_outcome),
        cmocka_unit_test(the_outcome_does_not_depend_on_the_cuts),
        cmocka_unit_test(what_fits_a_limit_passes_and_one_byte_more_does_not),
        cmocka_unit_test(a_request_line_may_be_as_long_as_the_head),
        cmocka_unit_test(more_header_lines_than_allowed_are_refused),
        cmocka_unit_test(chunks_that_are_mostly_framing_are_refused_in_the_end),
        cmocka_unit_test(a_head_tells_path_query_and_headers),
        cmocka_unit_test(the_library_alone_agrees_on_what_passes),
        cmocka_unit_test(random_requests_in_random_cuts_are_what_the_library_alone_reads),
        cmocka_unit_test(replies_are_read_whole_and_byte_by_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
