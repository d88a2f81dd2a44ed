/* Framing of HTTP requests: whatever the bytes and however they are cut, the same requests, the
   same bodies and the same verdict come out, and after an error nothing does. The first byte of the
   input seeds the cuts. What passes must also be what the parser library alone reads, unless it
   refuses. */
#include <assert.h>

#include "base/mem.h"
#include "net/http_library.h"
#include "net/http_parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_MAX = 256, BODY_MAX = 64 };

struct reading {
    struct http_parse parse;
    struct arena arena;
    struct buf text;   /* everything that came out, in order */
    struct buf bodies; /* alone */
    unsigned ends;
    bool failed;
    bool inside;
    bool closes; /* a request said that it is the last */
};

static void head_note(struct reading *reading, const struct http_head *head)
{
    struct slice path = head->path;
    assert(head->method.size > 0 && path.size > 0);
    assert(path.at[0] == '/' || slice_eq(path, SLICE("*")));
    assert(head->minor <= 1 && head->header_count <= HTTP_HEADER_COUNT_MAX);
    assert(!head->chunked || head->content_length == 0);
    buf_printf(&reading->text, "%.*s %.*s?%.*s %u %d%d%d %llu\n", (int)head->method.size,
               head->method.at, (int)path.size, path.at, (int)head->query.size, head->query.at,
               head->minor, head->keep_alive, head->chunked, head->expects_continue,
               (unsigned long long)head->content_length);
    for (size_t i = 0; i < head->header_count; i++) {
        assert(http_is_token(head->headers[i].name) && http_is_value(head->headers[i].value));
        buf_add(&reading->text, head->headers[i].name);
        buf_add_byte(&reading->text, ':');
        buf_add(&reading->text, head->headers[i].value);
    }
    reading->closes |= !head->keep_alive;
}

static void piece_note(struct reading *reading, const struct http_piece *piece)
{
    assert(!reading->failed || piece->kind == HTTP_PIECE_ERROR);
    reading->inside = piece->kind == HTTP_PIECE_HEAD || piece->kind == HTTP_PIECE_BODY;
    if (piece->kind == HTTP_PIECE_HEAD) {
        head_note(reading, piece->head);
        http_parse_body(&reading->parse, piece->head, BODY_MAX);
    } else if (piece->kind == HTTP_PIECE_BODY) {
        assert(piece->bytes.size > 0);
        buf_add(&reading->text, piece->bytes);
        buf_add(&reading->bodies, piece->bytes);
    } else if (piece->kind == HTTP_PIECE_END) {
        buf_add(&reading->text, SLICE("\n;\n"));
        reading->ends++;
    } else if (!reading->failed) {
        reading->failed = true;
        buf_printf(&reading->text, "!%u ", piece->status);
        buf_add(&reading->text, http_parse_path(&reading->parse));
    }
}

static void feed(struct reading *reading, struct slice bytes)
{
    /* A block of its own size: reading past the end is a sanitizer's finding. */
    char *copy = mem_alloc(bytes.size);
    if (bytes.size) memcpy(copy, bytes.at, bytes.size);
    struct slice rest = slice_of(copy, bytes.size);
    struct http_piece piece = {0};
    for (;;) {
        size_t before = rest.size;
        http_parse_next(&reading->parse, &rest, &reading->arena, &piece);
        assert(rest.size <= before);
        if (piece.kind == HTTP_PIECE_NONE) {
            assert(rest.size == 0);
            break;
        }
        bool again = reading->failed;
        piece_note(reading, &piece);
        assert(!again || rest.size == before);
        if (again) break;
    }
    mem_free(copy);
}

static void reading_init(struct reading *reading)
{
    *reading = (struct reading){0};
    http_parse_init(&reading->parse, HEAD_MAX);
    buf_init(&reading->text, SIZE_MAX);
    buf_init(&reading->bodies, SIZE_MAX);
}

static void read_in_cuts(struct reading *reading, struct slice bytes, uint32_t seed)
{
    while (bytes.size > 0) {
        seed = seed * 1664525u + 1013904223u;
        size_t size = 1 + (seed >> 8) % ((seed >> 24) & 1 ? 3 : 60);
        if (size > bytes.size) size = bytes.size;
        feed(reading, slice_of(bytes.at, size));
        bytes = slice_from(bytes, size);
    }
}

static void reading_done(struct reading *reading)
{
    http_parse_done(&reading->parse);
    arena_done(&reading->arena);
    buf_done(&reading->text);
    buf_done(&reading->bodies);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct slice bytes = slice_of(data + 1, size - 1);
    struct reading whole, cut;
    reading_init(&whole);
    feed(&whole, bytes);
    for (uint32_t i = 0; i < 3; i++) {
        reading_init(&cut);
        read_in_cuts(&cut, bytes, data[0] * 3u + i);
        assert(slice_eq(buf_slice(&whole.text), buf_slice(&cut.text)));
        assert(slice_eq(buf_slice(&whole.bodies), buf_slice(&cut.bodies)));
        assert(whole.failed == cut.failed && whole.ends == cut.ends);
        reading_done(&cut);
    }
    /* A request that says it is the last ends the library's reading but not http_parse's; and in a
       head that is not complete the library may have taken something for its end that is none. */
    bool comparable = !whole.failed && !whole.closes && whole.parse.block.size == 0;
    struct buf theirs;
    unsigned complete;
    buf_init(&theirs, SIZE_MAX);
    if (comparable && http_library_read_all(bytes, &theirs, &complete)) {
        assert(complete == whole.ends);
        assert(slice_eq(buf_slice(&theirs), buf_slice(&whole.bodies)));
    }
    buf_done(&theirs);
    reading_done(&whole);
    return 0;
}
