#include "net/http_parse.h"

#include <assert.h>

#include "net/http_library.h"

enum {
    /* RFC 9112 2.2 asks to ignore "at least one" blank line before a request line. */
    BLANK_LINES_MAX = 4,
    /* 2^60 is beyond every body; 15 digits cannot overflow. */
    CHUNK_DIGITS_MAX = 15,
    /* Extensions mean nothing to us; nobody is known to send longer ones. */
    CHUNK_LINE_MAX = 256,
    TRAILERS_MAX = 8192,
    /* One-byte chunks cost us far more than they cost the sender. Each chunk may waste
       CHUNK_WASTE_FREE + its own size on its framing; what goes beyond adds up to this. */
    CHUNK_WASTE_FREE = 16,
    CHUNK_WASTE_MAX = 16 * 1024,
};

void http_parse_init(struct http_parse *parse, size_t head_max)
{
    assert(head_max > 0 && head_max <= HTTP_LIBRARY_HEAD_MAX);
    *parse = (struct http_parse){.head_max = head_max};
    buf_init(&parse->block, head_max);
}

void http_parse_done(struct http_parse *parse)
{
    buf_done(&parse->block);
}

static void fail(struct http_parse *parse, unsigned status)
{
    parse->state = HTTP_PARSE_FAILED;
    parse->status = status;
}

static void drop(struct slice *rest, size_t size)
{
    *rest = slice_of(rest->at + size, rest->size - size);
}

/* Heads */

bool http_parse_begins(struct http_parse *parse, struct slice *rest)
{
    if (parse->state != HTTP_PARSE_HEAD || parse->block.size > 0) return rest->size > 0;
    while (rest->size > 0) {
        char byte = rest->at[0];
        if (byte == '\r' && !parse->blank_cr && parse->blank_lines < BLANK_LINES_MAX) {
            parse->blank_cr = true;
        } else if (byte == '\n' && parse->blank_cr) {
            parse->blank_cr = false;
            parse->blank_lines++;
        } else {
            /* The first byte tells a TLS handshake or another protocol from HTTP at once. */
            if (parse->blank_cr || !http_is_token(slice_of(&byte, 1))) fail(parse, 400);
            return true;
        }
        drop(rest, 1);
    }
    return false;
}

/* Looks at each line end that is new in `block`. True when the head is complete or has failed. */
static bool head_scan(struct http_parse *parse, struct slice block, size_t *out_size)
{
    while (parse->scanned < block.size) {
        const char *lf = memchr(block.at + parse->scanned, '\n', block.size - parse->scanned);
        if (!lf) break;
        size_t end = (size_t)(lf - block.at);
        struct slice line = slice_of(block.at + parse->line_at, end - parse->line_at);
        if (line.size == 0 || line.at[line.size - 1] != '\r') {
            fail(parse, 400); /* a bare LF */
            return true;
        }
        line.size--;
        parse->scanned = parse->line_at = end + 1;
        if (!parse->line_known) {
            parse->line_known = true;
            unsigned status = http_line_read(line, &parse->line);
            if (status) fail(parse, status);
            if (status) return true;
        } else if (line.size == 0) {
            *out_size = end + 1;
            return true;
        }
    }
    parse->scanned = block.size;
    return false;
}

static void head_read(struct http_parse *parse, struct slice block, struct arena *arena,
                      struct http_piece *out)
{
    struct http_head *head = ARENA_NEW(arena, struct http_head);
    unsigned status = http_head_read(block, &parse->line, arena, head);
    if (status) {
        fail(parse, status);
        return;
    }
    buf_done(&parse->block);
    parse->state = HTTP_PARSE_BODY_ASKED;
    parse->scanned = parse->line_at = parse->blank_lines = 0;
    parse->line_known = false;
    *out = (struct http_piece){.kind = HTTP_PIECE_HEAD, .head = head};
}

static void head_next(struct http_parse *parse, struct slice *rest, struct arena *arena,
                      struct http_piece *out)
{
    if (!http_parse_begins(parse, rest) || parse->state == HTTP_PARSE_FAILED) return;
    /* A head that comes whole is read where it lies; only parts of one are collected. */
    size_t before = parse->block.size;
    size_t room = parse->head_max - before;
    struct slice block = slice_of(rest->at, rest->size < room ? rest->size : room);
    if (before > 0) {
        buf_add(&parse->block, block);
        block = buf_slice(&parse->block);
    }
    size_t size = block.size;
    bool decided = head_scan(parse, block, &size);
    drop(rest, size - before);
    if (decided && parse->state == HTTP_PARSE_HEAD)
        head_read(parse, slice_of(block.at, size), arena, out);
    else if (!decided && size == parse->head_max)
        fail(parse, 431);

    bool keep = parse->state == HTTP_PARSE_HEAD || parse->state == HTTP_PARSE_FAILED;
    if (keep && before == 0) buf_add(&parse->block, block);
}

struct slice http_parse_path(const struct http_parse *parse)
{
    const struct http_line *line = &parse->line;
    if (!parse->line_known || line->path_at + line->path_size > parse->block.size)
        return (struct slice){0};
    return slice_of(parse->block.at + line->path_at, line->path_size);
}

/* Bodies */

void http_parse_body(struct http_parse *parse, const struct http_head *head, uint64_t body_max)
{
    assert(parse->state == HTTP_PARSE_BODY_ASKED);
    parse->welcome = body_max;
    parse->left = 0;
    if (head->chunked) {
        parse->state = HTTP_PARSE_CHUNK_SIZE;
        parse->digits = 0;
        parse->line_bytes = parse->waste = 0;
    } else if (head->content_length > body_max) {
        fail(parse, 413);
    } else {
        parse->state = HTTP_PARSE_LENGTH;
        parse->left = head->content_length;
    }
}

uint64_t http_parse_left(const struct http_parse *parse)
{
    return parse->left;
}

/* The bytes of the body or of a chunk that are here. */
static void bytes_next(struct http_parse *parse, struct slice *rest, struct http_piece *out)
{
    size_t size = rest->size < parse->left ? rest->size : (size_t)parse->left;
    parse->left -= size;
    *out = (struct http_piece){.kind = HTTP_PIECE_BODY, .bytes = slice_of(rest->at, size)};
    drop(rest, size);
}

static int hex_digit(char byte)
{
    if (byte >= '0' && byte <= '9') return byte - '0';
    byte = (char)(byte | 0x20);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static enum http_parse_state chunk_size(struct http_parse *parse, char byte)
{
    int digit = hex_digit(byte);
    if (digit >= 0 && parse->digits < CHUNK_DIGITS_MAX) {
        parse->digits++;
        parse->left = parse->left * 16 + (uint64_t)digit;
        return HTTP_PARSE_CHUNK_SIZE;
    }
    if (parse->digits == 0) return HTTP_PARSE_FAILED;
    if (byte == ';') return HTTP_PARSE_CHUNK_EXTENSION;
    return byte == '\r' ? HTTP_PARSE_CHUNK_SIZE_LF : HTTP_PARSE_FAILED;
}

/* At the LF of a chunk-size line. */
static enum http_parse_state chunk_sized(struct http_parse *parse)
{
    size_t free = CHUNK_WASTE_FREE + (parse->left < CHUNK_LINE_MAX ? parse->left : CHUNK_LINE_MAX);
    if (parse->line_bytes > free) parse->waste += parse->line_bytes - free;
    if (parse->waste > CHUNK_WASTE_MAX) return HTTP_PARSE_FAILED;
    parse->line_bytes = parse->digits = 0;
    if (parse->left == 0) return HTTP_PARSE_TRAILER_START;
    if (parse->left > parse->welcome) {
        parse->status = 413;
        return HTTP_PARSE_FAILED;
    }
    parse->welcome -= parse->left;
    return HTTP_PARSE_CHUNK_BYTES;
}

/* One byte of what lies around the bytes of chunks. */
static enum http_parse_state chunk_byte(struct http_parse *parse, char byte)
{
    const enum http_parse_state refuse = HTTP_PARSE_FAILED;
    bool is_text = http_is_value(slice_of(&byte, 1));
    switch (parse->state) {
    case HTTP_PARSE_CHUNK_SIZE:
        return chunk_size(parse, byte);
    case HTTP_PARSE_CHUNK_EXTENSION:
        if (byte == '\r') return HTTP_PARSE_CHUNK_SIZE_LF;
        return is_text ? HTTP_PARSE_CHUNK_EXTENSION : refuse;
    case HTTP_PARSE_CHUNK_SIZE_LF:
        return byte == '\n' ? chunk_sized(parse) : refuse;
    case HTTP_PARSE_CHUNK_CR:
        return byte == '\r' ? HTTP_PARSE_CHUNK_LF : refuse;
    case HTTP_PARSE_CHUNK_LF:
        return byte == '\n' ? HTTP_PARSE_CHUNK_SIZE : refuse;
    case HTTP_PARSE_TRAILER_START:
        if (byte == '\r') return HTTP_PARSE_END_LF;
        return http_is_token(slice_of(&byte, 1)) ? HTTP_PARSE_TRAILER : refuse;
    case HTTP_PARSE_TRAILER:
        if (byte == '\r') return HTTP_PARSE_TRAILER_LF;
        return is_text ? HTTP_PARSE_TRAILER : refuse;
    case HTTP_PARSE_TRAILER_LF:
        return byte == '\n' ? HTTP_PARSE_TRAILER_START : refuse;
    case HTTP_PARSE_END_LF:
        return byte == '\n' ? HTTP_PARSE_ENDED : refuse;
    default:
        assert(false); /* the other states have no framing bytes */
        return refuse;
    }
}

static size_t line_bytes_max(enum http_parse_state state)
{
    return state < HTTP_PARSE_TRAILER_START ? CHUNK_LINE_MAX : TRAILERS_MAX;
}

/* Goes on until bytes of a chunk are there, the body has ended, or there are no bytes left. */
static void chunked_next(struct http_parse *parse, struct slice *rest, struct http_piece *out)
{
    while (rest->size > 0) {
        if (parse->state == HTTP_PARSE_CHUNK_BYTES) {
            bytes_next(parse, rest, out);
            if (parse->left == 0) parse->state = HTTP_PARSE_CHUNK_CR;
            return;
        }
        parse->line_bytes++;
        parse->status = 400;
        bool fits = parse->line_bytes <= line_bytes_max(parse->state);
        parse->state = fits ? chunk_byte(parse, rest->at[0]) : HTTP_PARSE_FAILED;
        drop(rest, 1);
        if (parse->state == HTTP_PARSE_ENDED || parse->state == HTTP_PARSE_FAILED) return;
    }
}

void http_parse_next(struct http_parse *parse, struct slice *rest, struct arena *arena,
                     struct http_piece *out_piece)
{
    *out_piece = (struct http_piece){.kind = HTTP_PIECE_NONE};
    assert(parse->state != HTTP_PARSE_BODY_ASKED);
    if (parse->state == HTTP_PARSE_HEAD) {
        head_next(parse, rest, arena, out_piece);
    } else if (parse->state == HTTP_PARSE_LENGTH) {
        if (parse->left == 0)
            parse->state = HTTP_PARSE_ENDED;
        else if (rest->size > 0)
            bytes_next(parse, rest, out_piece);
    } else if (parse->state != HTTP_PARSE_FAILED) {
        chunked_next(parse, rest, out_piece);
    }
    if (parse->state == HTTP_PARSE_ENDED) {
        parse->state = HTTP_PARSE_HEAD;
        *out_piece = (struct http_piece){.kind = HTTP_PIECE_END};
    } else if (parse->state == HTTP_PARSE_FAILED) {
        *out_piece = (struct http_piece){.kind = HTTP_PIECE_ERROR, .status = parse->status};
    }
}
