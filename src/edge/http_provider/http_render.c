#include "edge/http_provider/http_render.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/json.h"
#include "wire/phone.h"
#include "wire/segment.h"

/* A text in all its forms: as it is, in JSON inside JSON at up to 12 bytes for one, and so on. */
#define VARIABLES_MAX (24 * TEXT_MAX_BYTES + 8192)
#define URL_LIMIT     (3 * TEXT_MAX_BYTES + 4096)
#define HEADER_LIMIT  4096
#define BODY_LIMIT    (6 * TEXT_MAX_BYTES + PROFILE_MAX_SIZE)
#define RESPONSE_MAX  16384

enum form { FORM_PLAIN, FORM_JSON, FORM_URL };

struct values {
    const struct submit *submit;
    char to[PHONE_TEXT_MAX];
    char reference[21], segments[12];
};

static struct slice value_to(const struct values *values)
{
    return slice_cstr(values->to);
}

static struct slice value_number(const struct values *values)
{
    return slice_cstr(values->to + 1);
}

static struct slice value_from(const struct values *values)
{
    return values->submit->sender;
}

static struct slice value_text(const struct values *values)
{
    return values->submit->text;
}

static struct slice value_country(const struct values *values)
{
    return slice_cstr(phone_iso2(values->submit->number));
}

static struct slice value_reference(const struct values *values)
{
    return slice_cstr(values->reference);
}

static struct slice value_segments(const struct values *values)
{
    return slice_cstr(values->segments);
}

static const struct {
    const char *name;
    struct slice (*value)(const struct values *values);
    enum form form;
} variables[] = {
    {"to", value_to, FORM_PLAIN},
    {"to_url", value_to, FORM_URL},
    {"number", value_number, FORM_PLAIN},
    {"from", value_from, FORM_PLAIN},
    {"from_json", value_from, FORM_JSON},
    {"from_url", value_from, FORM_URL},
    {"text", value_text, FORM_PLAIN},
    {"text_json", value_text, FORM_JSON},
    {"text_url", value_text, FORM_URL},
    {"country", value_country, FORM_PLAIN},
    {"reference", value_reference, FORM_PLAIN},
    {"segments", value_segments, FORM_PLAIN},
};
#define VARIABLE_COUNT (sizeof variables / sizeof *variables)

unsigned http_render_bit(struct slice name)
{
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (slice_eq(name, slice_cstr(variables[i].name))) return 1u << i;
    return 0;
}

/* As inside the quotes of a JSON string. */
static void escape_json(struct slice text, struct buf *out)
{
    struct json_writer json;
    json_writer_init(&json, out);
    json_text(&json, text);
    buf_drop(out, 1);
    out->size--;
}

/* RFC 3986 2.3: all but the unreserved characters. */
static void escape_url(struct slice text, struct buf *out)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     (c != '\0' && strchr("-._~", c));
        if (plain)
            buf_add_byte(out, c);
        else
            buf_printf(out, "%%%02X", (unsigned char)c);
    }
}

static void write_variables(const struct submit *submit, unsigned used, struct buf *out)
{
    struct values values = {.submit = submit};
    phone_format(submit->number, values.to);
    snprintf(values.reference, sizeof values.reference, "%" PRIu64,
             attempt_recipient(submit->attempt).v);
    snprintf(values.segments, sizeof values.segments, "%" PRIu32,
             segment_count(submit->text).segments);
    struct json_writer json;
    struct buf escaped;
    buf_init(&escaped, VARIABLES_MAX);
    json_writer_init(&json, out);
    json_begin_object(&json);
    for (size_t i = 0; i < VARIABLE_COUNT; i++) {
        if (!(used & 1u << i)) continue;
        struct slice value = variables[i].value(&values);
        buf_clear(&escaped);
        if (variables[i].form == FORM_JSON) escape_json(value, &escaped);
        if (variables[i].form == FORM_URL) escape_url(value, &escaped);
        if (variables[i].form != FORM_PLAIN) value = buf_slice(&escaped);
        json_put_text(&json, variables[i].name, value);
    }
    json_end_object(&json);
    buf_done(&escaped);
}

static bool render(const struct gotemplate *template, struct slice given, size_t limit,
                   struct arena *arena, struct slice *out)
{
    struct buf text;
    buf_init(&text, limit);
    bool good = gotemplate_render(template, given, &text);
    if (good) *out = arena_copy(arena, buf_slice(&text));
    buf_done(&text);
    return good;
}

static bool render_headers(const struct http_profile *profile, struct slice given,
                           struct arena *arena, struct http_call *call)
{
    struct http_header *headers = ARENA_ARRAY(arena, struct http_header, profile->header_count + 1);
    call->headers = headers;
    if (profile->body)
        headers[call->header_count++] =
            (struct http_header){SLICE("Content-Type"), profile->content_type};
    for (size_t i = 0; i < profile->header_count; i++) {
        struct http_header *header = &headers[call->header_count++];
        header->name = profile->headers[i].name;
        if (!render(profile->headers[i].value, given, HEADER_LIMIT, arena, &header->value))
            return false;
    }
    return true;
}

bool http_render(const struct http_profile *profile, const struct submit *submit,
                 struct arena *arena, struct http_call *out)
{
    struct http_call call = {
        .method = profile->method,
        .timeout_ms = profile->timeout_s * 1000ull,
        .response_max = RESPONSE_MAX,
    };
    struct buf given;
    buf_init(&given, VARIABLES_MAX);
    write_variables(submit, profile->used, &given);
    struct slice values = buf_slice(&given);
    bool good = !given.full && render(profile->url, values, URL_LIMIT, arena, &call.url) &&
                render_headers(profile, values, arena, &call) &&
                (!profile->body || render(profile->body, values, BODY_LIMIT, arena, &call.body));
    buf_done(&given);
    if (good) *out = call;
    return good;
}
