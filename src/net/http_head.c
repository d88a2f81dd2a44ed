#include "net/http_head.h"

#include <assert.h>

#include "net/http_library.h"

enum {
    TOKEN = 1,  /* RFC 9110 5.6.2 */
    TARGET = 2, /* visible ASCII but '#': fragments are never sent */
    VALUE = 4,  /* RFC 9110 5.5: visible, blank, tab, and bytes above ASCII */
    HOST = 8,   /* what a host and port can be made of (RFC 3986 3.2), less ',' and userinfo */
    ALL = TOKEN | TARGET | VALUE | HOST,
    MARK = TARGET | VALUE,
};

static const uint8_t byte_classes[256] = {
    ['\t'] = VALUE,
    [' '] = VALUE,
    ['!'] = ALL,
    ['"'] = MARK,
    ['#'] = TOKEN | VALUE,
    ['$' ... '\''] = ALL,
    ['(' ... ')'] = MARK | HOST,
    ['*' ... '+'] = ALL,
    [','] = MARK,
    ['-' ... '.'] = ALL,
    ['/'] = MARK,
    ['0' ... '9'] = ALL,
    [':' ... ';'] = MARK | HOST,
    ['<'] = MARK,
    ['='] = MARK | HOST,
    ['>' ... '@'] = MARK,
    ['A' ... 'Z'] = ALL,
    ['['] = MARK | HOST,
    ['\\'] = MARK,
    [']'] = MARK | HOST,
    ['^'] = MARK | TOKEN,
    ['_'] = ALL,
    ['`'] = MARK | TOKEN,
    ['a' ... 'z'] = ALL,
    ['{'] = MARK,
    ['|'] = MARK | TOKEN,
    ['}'] = MARK,
    ['~'] = ALL,
    [128 ... 255] = VALUE,
};

static bool all_of(struct slice text, uint8_t class)
{
    unsigned common = class;
    for (size_t i = 0; i < text.size; i++)
        common &= byte_classes[(unsigned char)text.at[i]];
    return common != 0;
}

bool http_is_token(struct slice text)
{
    return text.size > 0 && all_of(text, TOKEN);
}

bool http_is_value(struct slice text)
{
    return all_of(text, VALUE);
}

/* The request line */

/* "HTTP/1.0" and "HTTP/1.1"; something else that is a version is 505, anything else is 400. */
static unsigned version_read(struct slice text, unsigned *out_minor)
{
    if (text.size == 8 && memcmp(text.at, "HTTP/1.", 7) == 0 &&
        (text.at[7] == '0' || text.at[7] == '1')) {
        *out_minor = (unsigned)(text.at[7] - '0');
        return 0;
    }
    if (!slice_starts(text, SLICE("HTTP/")) || text.size == 5) return 400;
    for (size_t i = 5; i < text.size; i++)
        if (text.at[i] != '.' && (text.at[i] < '0' || text.at[i] > '9')) return 400;
    return 505;
}

/* Where the path of an absolute target begins; 0 when it is none that we can serve. */
static size_t authority_end(struct slice target)
{
    static const struct slice schemes[] = {{"http://", 7}, {"https://", 8}};
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        struct slice scheme = schemes[i];
        if (target.size <= scheme.size ||
            !slice_eq_nocase(slice_of(target.at, scheme.size), scheme))
            continue;
        size_t end = scheme.size;
        while (end < target.size && target.at[end] != '/' && target.at[end] != '?')
            end++;
        struct slice host = slice_of(target.at + scheme.size, end - scheme.size);
        return host.size > 0 && all_of(host, HOST) ? end : 0;
    }
    return 0;
}

static unsigned target_read(struct slice method, struct slice target, struct http_line *line)
{
    if (target.size == 0 || !all_of(target, TARGET)) return 400;
    size_t path_at = 0;
    if (slice_eq(target, SLICE("*"))) {
        if (!slice_eq(method, SLICE("OPTIONS"))) return 400;
    } else if (target.at[0] != '/') {
        path_at = authority_end(target);
        if (path_at == 0) return 400;
    }
    struct slice rest = slice_from(target, path_at);
    const char *query = rest.size ? memchr(rest.at, '?', rest.size) : NULL;
    line->path_at = line->target_at + (uint32_t)path_at;
    line->path_size = (uint32_t)(query ? (size_t)(query - rest.at) : rest.size);
    return 0;
}

unsigned http_line_read(struct slice text, struct http_line *out_line)
{
    *out_line = (struct http_line){0};
    const char *space = text.size ? memchr(text.at, ' ', text.size) : NULL;
    if (!space) return 400;
    struct slice method = slice_of(text.at, (size_t)(space - text.at));
    if (!http_is_token(method)) return 400;
    out_line->method_size = (uint32_t)method.size;

    struct slice rest = slice_from(text, method.size + 1);
    space = rest.size ? memchr(rest.at, ' ', rest.size) : NULL;
    if (!space) return 400; /* HTTP/0.9 */
    struct slice target = slice_of(rest.at, (size_t)(space - rest.at));
    out_line->target_at = (uint32_t)(method.size + 1);
    out_line->target_size = (uint32_t)target.size;

    unsigned status = version_read(slice_from(rest, target.size + 1), &out_line->minor);
    if (status) return status;
    /* The target of CONNECT is no path, and we are no proxy. */
    if (slice_eq(method, SLICE("CONNECT"))) return 501;
    return target_read(method, target, out_line);
}

/* The header lines */

/* What the lines about framing said, before it is known whether they fit together. */
struct framing {
    unsigned hosts, lengths, codings;
    bool chunked;
    bool coding_unknown;
    bool close, keep_alive;
    bool expects_continue;
    uint64_t length;
};

static unsigned read_host(struct framing *framing, struct slice value)
{
    framing->hosts++;
    return value.size == 0 || all_of(value, HOST) ? 0 : 400;
}

static unsigned read_length(struct framing *framing, struct slice value)
{
    framing->lengths++;
    return slice_u64(value, &framing->length) && framing->length <= INT64_MAX ? 0 : 400;
}

static unsigned read_coding(struct framing *framing, struct slice value)
{
    framing->codings++;
    framing->chunked = slice_eq_nocase(value, SLICE("chunked"));
    framing->coding_unknown |= !framing->chunked;
    return 0;
}

static unsigned read_connection(struct framing *framing, struct slice value)
{
    struct slice option;
    while (slice_cut(&value, ',', &option)) {
        option = slice_trim(option, " \t");
        framing->close |= slice_eq_nocase(option, SLICE("close"));
        framing->keep_alive |= slice_eq_nocase(option, SLICE("keep-alive"));
    }
    return 0;
}

static unsigned read_expect(struct framing *framing, struct slice value)
{
    framing->expects_continue |= slice_eq_nocase(value, SLICE("100-continue"));
    return 0;
}

static const struct framing_row {
    struct slice name;
    unsigned (*read)(struct framing *framing, struct slice value);
} framing_rows[] = {
    {{"host", 4}, read_host},
    {{"content-length", 14}, read_length},
    {{"transfer-encoding", 17}, read_coding},
    {{"connection", 10}, read_connection},
    {{"expect", 6}, read_expect},
};

static unsigned header_read(struct slice line, struct framing *framing, struct http_header *out)
{
    const char *colon = memchr(line.at, ':', line.size);
    if (!colon) return 400;
    struct slice name = slice_of(line.at, (size_t)(colon - line.at));
    struct slice value = slice_from(line, name.size + 1);
    /* A folded line begins with a blank, "Name :" has one before the colon: neither is a token. */
    if (!http_is_token(name) || !http_is_value(value)) return 400;
    *out = (struct http_header){name, slice_trim(value, " \t")};
    for (size_t i = 0; i < sizeof framing_rows / sizeof framing_rows[0]; i++) {
        const struct framing_row *row = &framing_rows[i];
        if (row->name.size == name.size && slice_eq_nocase(row->name, name))
            return row->read(framing, out->value);
    }
    return 0;
}

static unsigned framing_check(const struct framing *framing, unsigned minor)
{
    if (framing->hosts > 1 || (framing->hosts == 0 && minor > 0)) return 400;
    if (framing->lengths > 1 || framing->codings > 1) return 400;
    if (framing->codings && (framing->lengths || minor == 0)) return 400;
    return framing->coding_unknown ? 501 : 0;
}

static unsigned count_lines(struct slice block)
{
    unsigned count = 0;
    for (const char *at = block.at, *end = block.at + block.size; at < end; count++)
        at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
    return count;
}

static unsigned headers_read(struct slice block, struct arena *arena, struct framing *framing,
                             struct http_head *head)
{
    size_t count = count_lines(block) - 1; /* the empty line is none */
    if (count > HTTP_HEADER_COUNT_MAX) return 431;
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, count);
    for (size_t i = 0; i < count; i++) {
        size_t size = (size_t)((const char *)memchr(block.at, '\n', block.size) - block.at) + 1;
        unsigned status = header_read(slice_of(block.at, size - 2), framing, &headers[i]);
        if (status) return status;
        block = slice_from(block, size);
    }
    head->headers = headers;
    head->header_count = count;
    return 0;
}

/* The library's reading of the same bytes must be ours: if it is not, one of the two is wrong, and
   whoever sits before us may read as the other one does. */
static unsigned library_check(struct slice block, const struct framing *framing,
                              struct http_head *head)
{
    struct http_library_head theirs;
    enum http_library_verdict verdict = http_library_read(block, &theirs);
    if (verdict == HTTP_LIBRARY_NO_SUCH_METHOD) return 501;
    if (verdict != HTTP_LIBRARY_OK) return 400;
    bool agree = slice_eq(theirs.method, head->method) && theirs.chunked == framing->chunked &&
                 theirs.minor == head->minor && theirs.has_length == (framing->lengths == 1) &&
                 (!theirs.has_length || theirs.length == framing->length);
    if (!agree) return 400;
    head->keep_alive =
        theirs.keep_alive && !framing->close && (head->minor == 1 || framing->keep_alive);
    return 0;
}

unsigned http_head_read(struct slice block, const struct http_line *line, struct arena *arena,
                        struct http_head *out_head)
{
    *out_head = (struct http_head){.minor = line->minor};
    block = arena_copy(arena, block);
    const char *at = block.at;
    size_t path_end = line->path_at + line->path_size;
    size_t target_end = line->target_at + line->target_size;
    out_head->method = slice_of(at, line->method_size);
    out_head->path = line->path_size ? slice_of(at + line->path_at, line->path_size) : SLICE("/");
    if (path_end < target_end) /* at a '?' */
        out_head->query = slice_of(at + path_end + 1, target_end - path_end - 1);

    size_t line_size = (size_t)((const char *)memchr(at, '\n', block.size) - at) + 1;
    struct framing framing = {0};
    unsigned status = headers_read(slice_from(block, line_size), arena, &framing, out_head);
    if (status) return status;
    status = framing_check(&framing, line->minor);
    if (status) return status;
    status = library_check(block, &framing, out_head);
    if (status) return status;
    out_head->chunked = framing.chunked;
    out_head->content_length = framing.length;
    out_head->expects_continue = framing.expects_continue && line->minor == 1;
    return 0;
}
