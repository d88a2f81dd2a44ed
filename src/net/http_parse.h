/* The framing of HTTP/1.x requests: bytes in any cuts become heads and pieces of bodies. What comes
   out depends on the bytes alone, never on how they were cut. After an error nothing more is taken:
   what is left can be no request. Pure; the caller pulls one piece after the other, so it can stop
   between any two and go on later.

       more:  http_parse_next -> NONE | HEAD | ERROR
       HEAD:  http_parse_body (says how much body is welcome), then http_parse_next -> BODY* END */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "net/http_head.h"

enum http_piece_kind {
    HTTP_PIECE_NONE,  /* more bytes are needed; those given were taken */
    HTTP_PIECE_HEAD,  /* `head` */
    HTTP_PIECE_BODY,  /* `bytes`, which point into the bytes given */
    HTTP_PIECE_END,   /* of the request */
    HTTP_PIECE_ERROR, /* `status`: 400, 413, 431, 501, 505; the connection is to be closed */
};

struct http_piece {
    enum http_piece_kind kind;
    unsigned status;
    struct slice bytes;
    const struct http_head *head;
};

enum http_parse_state {
    HTTP_PARSE_HEAD,
    HTTP_PARSE_BODY_ASKED, /* a head was given, http_parse_body has to follow */
    HTTP_PARSE_LENGTH,
    HTTP_PARSE_CHUNK_SIZE,
    HTTP_PARSE_CHUNK_EXTENSION,
    HTTP_PARSE_CHUNK_SIZE_LF,
    HTTP_PARSE_CHUNK_BYTES,
    HTTP_PARSE_CHUNK_CR,
    HTTP_PARSE_CHUNK_LF,
    HTTP_PARSE_TRAILER_START,
    HTTP_PARSE_TRAILER,
    HTTP_PARSE_TRAILER_LF,
    HTTP_PARSE_END_LF,
    HTTP_PARSE_ENDED,
    HTTP_PARSE_FAILED,
};

struct http_parse {
    enum http_parse_state state;
    unsigned status; /* of FAILED */
    size_t head_max;

    /* Before the request line. */
    unsigned blank_lines;
    bool blank_cr;

    /* The head so far, when it came in parts; after an error at least its request line. */
    struct buf block;
    size_t scanned; /* bytes of the block in which line ends were looked for */
    size_t line_at; /* where the line that is not complete begins */
    bool line_known;
    struct http_line line;

    bool chunked;
    uint64_t left;    /* bytes to come of the body or of the chunk */
    uint64_t welcome; /* bytes of body that may still come */
    unsigned digits;
    size_t line_bytes; /* of the chunk-size line or of all trailers */
    size_t waste;      /* bytes spent on framing beyond what honest chunks need */
};

/* `head_max`: bytes of request line and header lines with the empty line; over it: 431. At most
   HTTP_LIBRARY_HEAD_MAX. */
void http_parse_init(struct http_parse *parse, size_t head_max);
void http_parse_done(struct http_parse *parse);

/* Between requests: drops blank lines, which some clients send behind a body. True when more
   follows, that is when a request (or an error) begins. */
bool http_parse_begins(struct http_parse *parse, struct slice *rest);
/* Takes bytes from the front of `rest`. A head is made in the arena. */
void http_parse_next(struct http_parse *parse, struct slice *rest, struct arena *arena,
                     struct http_piece *out_piece);
/* The body's limit, asked for after each head: a longer one is 413, at once when it is announced.
 */
void http_parse_body(struct http_parse *parse, const struct http_head *head, uint64_t body_max);

/* Bytes of the body that are certain to come; 0 while a chunk's size is not known. */
uint64_t http_parse_left(const struct http_parse *parse);
/* The path, as far as it is known of a head that is not complete or was refused; else empty. */
struct slice http_parse_path(const struct http_parse *parse);
