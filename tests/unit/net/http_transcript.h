/* What http_parse made of some bytes, as one line of text that can be compared: each request as
   `METHOD path[?query] [flags] <body>;`, an error as `!status path`, an unfinished request as `~`.
 */
#pragma once

#include "net/http_parse.h"

struct transcript {
    struct http_parse parse;
    struct arena arena;
    uint64_t body_max;
    struct buf text;
    bool inside; /* a request whose end has not come */
    bool failed;
};

static inline void transcript_init(struct transcript *t, size_t head_max, uint64_t body_max)
{
    *t = (struct transcript){.body_max = body_max};
    http_parse_init(&t->parse, head_max);
    buf_init(&t->text, SIZE_MAX);
}

static inline void transcript_done(struct transcript *t)
{
    http_parse_done(&t->parse);
    arena_done(&t->arena);
    buf_done(&t->text);
}

static inline void transcript_head(struct transcript *t, const struct http_head *head)
{
    buf_add(&t->text, head->method);
    buf_add_byte(&t->text, ' ');
    buf_add(&t->text, head->path);
    if (head->query.size) buf_add_byte(&t->text, '?');
    buf_add(&t->text, head->query);
    if (!head->keep_alive) buf_add(&t->text, SLICE(" close"));
    if (head->chunked) buf_add(&t->text, SLICE(" chunked"));
    if (head->expects_continue) buf_add(&t->text, SLICE(" expect"));
    buf_add(&t->text, SLICE(" <"));
}

static inline void transcript_feed(struct transcript *t, struct slice bytes)
{
    struct http_piece piece;
    do {
        http_parse_next(&t->parse, &bytes, &t->arena, &piece);
        if (piece.kind == HTTP_PIECE_HEAD) {
            t->inside = true;
            transcript_head(t, piece.head);
            http_parse_body(&t->parse, piece.head, t->body_max);
        } else if (piece.kind == HTTP_PIECE_BODY) {
            buf_add(&t->text, piece.bytes);
        } else if (piece.kind == HTTP_PIECE_END) {
            t->inside = false;
            buf_add(&t->text, SLICE(">;"));
        } else if (piece.kind == HTTP_PIECE_ERROR && !t->failed) {
            t->failed = true; /* the parser says it each time it is asked */
            buf_printf(&t->text, "!%u ", piece.status);
            buf_add(&t->text, http_parse_path(&t->parse));
        }
    } while (piece.kind != HTTP_PIECE_NONE && piece.kind != HTTP_PIECE_ERROR);
}

/* To be called once, after the last bytes. */
static inline struct slice transcript_text(struct transcript *t)
{
    if (!t->failed && (t->inside || t->parse.block.size > 0)) buf_add_byte(&t->text, '~');
    return buf_slice(&t->text);
}
