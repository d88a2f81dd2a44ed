#include "net/http_library.h"

#include <assert.h>

#include "base/mem.h"

/* The two libraries differ in names, not in kind: below this block the code is one. */
#ifdef HTTP_WITH_LLHTTP
#include <llhttp.h>

typedef llhttp_t library;
typedef llhttp_settings_t library_settings;
enum { LIBRARY_LENGTH = F_CONTENT_LENGTH };

static void library_init(library *parser, bool request, const library_settings *settings)
{
    llhttp_init(parser, request ? HTTP_REQUEST : HTTP_RESPONSE, settings);
}

/* True when all bytes were taken. */
static bool library_feed(library *parser, const library_settings *settings, struct slice bytes)
{
    if (bytes.size == 0) return llhttp_finish(parser) == HPE_OK;
    return llhttp_execute(parser, bytes.at, bytes.size) == HPE_OK;
}

static bool library_no_such_method(const library *parser)
{
    return llhttp_get_errno(parser) == HPE_INVALID_METHOD;
}

static const char *library_method(const library *parser)
{
    return llhttp_method_name((llhttp_method_t)parser->method);
}

static bool library_keeps_alive(const library *parser)
{
    return llhttp_should_keep_alive(parser);
}
#else
#include <http_parser.h>

typedef http_parser library;
typedef http_parser_settings library_settings;
enum { LIBRARY_LENGTH = F_CONTENTLENGTH };

static void library_init(library *parser, bool request, const library_settings *settings)
{
    http_parser_init(parser, request ? HTTP_REQUEST : HTTP_RESPONSE);
}

static bool library_feed(library *parser, const library_settings *settings, struct slice bytes)
{
    size_t taken = http_parser_execute(parser, settings, bytes.at, bytes.size);
    return taken == bytes.size && HTTP_PARSER_ERRNO(parser) == HPE_OK;
}

static bool library_no_such_method(const library *parser)
{
    return HTTP_PARSER_ERRNO(parser) == HPE_INVALID_METHOD;
}

static const char *library_method(const library *parser)
{
    return http_method_str((enum http_method)parser->method);
}

static bool library_keeps_alive(const library *parser)
{
    return http_should_keep_alive(parser);
}
#endif

/* Heads of requests */

struct head_reading {
    bool complete;
    struct http_library_head head;
};

static int head_complete(library *parser)
{
    struct head_reading *reading = parser->data;
    /* Upgrades (h2c, websocket) are not offered. Without this the library would stop here and call
       the rest another protocol. */
    parser->upgrade = 0;
    reading->complete = true;
    reading->head = (struct http_library_head){
        .method = slice_cstr(library_method(parser)),
        .minor = parser->http_minor,
        .chunked = parser->flags & F_CHUNKED,
        .has_length = parser->flags & LIBRARY_LENGTH,
        .length = parser->content_length,
        .keep_alive = library_keeps_alive(parser),
    };
    return 0;
}

static const library_settings head_settings = {.on_headers_complete = head_complete};

enum http_library_verdict http_library_read(struct slice block, struct http_library_head *out_head)
{
    assert(block.size <= HTTP_LIBRARY_HEAD_MAX);
    struct head_reading reading = {0};
    library parser;
    library_init(&parser, true, &head_settings);
    parser.data = &reading;
    if (!library_feed(&parser, &head_settings, block))
        return library_no_such_method(&parser) ? HTTP_LIBRARY_NO_SUCH_METHOD : HTTP_LIBRARY_BAD;
    if (!reading.complete) return HTTP_LIBRARY_BAD;
    *out_head = reading.head;
    return HTTP_LIBRARY_OK;
}

/* Whole messages */

struct http_reply {
    library parser;
    struct buf *body;
    unsigned completed;
    unsigned status; /* of the last complete response that is not an interim one */
    bool to_head;
    bool broken;
};

static int message_head(library *parser)
{
    const struct http_reply *reply = parser->data;
    parser->upgrade = 0;
    return reply->to_head; /* 1: no body comes, whatever the length says */
}

static int message_body(library *parser, const char *at, size_t size)
{
    struct http_reply *reply = parser->data;
    struct slice piece = slice_of(at, size);
    size_t room = reply->body->limit - reply->body->size;
    if (piece.size > room) piece.size = room;
    buf_add(reply->body, piece);
    return 0;
}

static int message_end(library *parser)
{
    struct http_reply *reply = parser->data;
    if (parser->type == HTTP_RESPONSE && parser->status_code < 200) return 0;
    reply->completed++;
    reply->status = parser->status_code;
    return 0;
}

static const library_settings message_settings = {
    .on_headers_complete = message_head,
    .on_body = message_body,
    .on_message_complete = message_end,
};

bool http_library_read_all(struct slice bytes, struct buf *out_body, unsigned *out_complete)
{
    struct http_reply request = {.body = out_body};
    library_init(&request.parser, true, &message_settings);
    request.parser.data = &request;
    bool ok = bytes.size == 0 || library_feed(&request.parser, &message_settings, bytes);
    *out_complete = request.completed;
    return ok;
}

struct http_reply *http_reply_new(struct buf *body, bool to_head)
{
    struct http_reply *reply = MEM_NEW(struct http_reply);
    reply->body = body;
    reply->to_head = to_head;
    library_init(&reply->parser, false, &message_settings);
    reply->parser.data = reply;
    return reply;
}

void http_reply_free(struct http_reply *reply)
{
    mem_free(reply);
}

enum http_reply_state http_reply_read(struct http_reply *reply, struct slice bytes)
{
    if (!reply->completed && !reply->broken) {
        bool taken = library_feed(&reply->parser, &message_settings, bytes);
        /* The end of the stream may complete a body without a length, but nothing else. */
        reply->broken = !reply->completed && (!taken || bytes.size == 0);
    }
    if (reply->completed) return HTTP_REPLY_COMPLETE;
    return reply->broken ? HTTP_REPLY_BROKEN : HTTP_REPLY_MORE;
}

unsigned http_reply_status(const struct http_reply *reply)
{
    return reply->status;
}
