#include "edge/hep/hep.h"

#include <stdio.h>

#include "base/mem.h"
#include "edge/hep/hep_internal.h"
#include "wire/json.h"
#include "wire/secret.h"

/* 799 characters of 12 bytes each (two \uXXXX escapes) and the other fields. */
#define HEP_BODY_MAX 65536

static const struct slice json_type = {"application/json; charset=utf-8", 31};

void hep_answer_json(struct http_request *request, unsigned status, struct slice json)
{
    http_answer(request,
                &(struct http_answer){.status = status, .content_type = json_type, .body = json});
}

static struct slice error_json(struct arena *arena, struct slice text)
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1024);
    json_writer_init(&json, &out);
    json_begin_object(&json);
    json_put_text(&json, "error", text);
    json_end_object(&json);
    struct slice copy = arena_copy(arena, buf_slice(&out));
    buf_done(&out);
    return copy;
}

void hep_answer_error(struct http_request *request, unsigned status, const char *text)
{
    hep_answer_json(request, status, error_json(http_arena(request), slice_cstr(text)));
}

/* HTTP-level failures: the reason phrase in Hep's shape (contract 2.5). */
static struct slice hep_error_body(void *user, unsigned status, struct arena *arena,
                                   struct slice *out_content_type)
{
    *out_content_type = json_type;
    return error_json(arena, http_reason(status));
}

/* RFC 9110 15.5.6: a 405 names the methods that are allowed. */
static void answer_not_allowed(struct http_request *request, struct slice methods)
{
    struct http_header allow = {SLICE("Allow"), methods};
    http_answer(request, &(struct http_answer){
                             .status = 405,
                             .content_type = json_type,
                             .body = error_json(http_arena(request), http_reason(405)),
                             .headers = &allow,
                             .header_count = 1,
                         });
}

/* ---- The first door ------------------------------------------------------------------------ */

/* Contract section 1, steps A1 to A4. */
static bool hep_authenticate(struct hep *hep, struct http_request *request, struct gate_entry *out)
{
    struct slice key;
    if (!http_header(request, "Authorization", &key) || key.size == 0) {
        hep_answer_error(request, 401, "Unauthorized: No API Key Provided");
        return false;
    }
    uint8_t hash[SECRET_HASH_SIZE];
    secret_hash(key, hash);
    if (!gate_find(engine_gate(hep->engine), hash, out)) {
        hep_answer_error(request, 401, "Unauthorized: Incorrect Token");
        return false;
    }
    if (!out->enabled) {
        hep_answer_error(request, 403, "This API key is disabled");
        return false;
    }
    if (!out->sms_on || !out->may_send) {
        hep_answer_error(request, 403,
                         "Your account is not enabled to use this API. Join "
                         "https://hep.gg/support for more information.");
        return false;
    }
    return true;
}

/* The caller is checked when the headers are there, and used when the body is. */
static void messages_on_request(void *user, struct http_request *request,
                                struct http_accept *accept)
{
    struct hep *hep = user;
    accept->body_limit = HEP_BODY_MAX;
    if (!slice_eq(http_path(request), SLICE("/api/messages"))) {
        http_answer_error(request, 404);
        return;
    }
    struct slice method = http_method(request);
    if (!slice_eq(method, SLICE("POST")) && !slice_eq(method, SLICE("GET")) &&
        !slice_eq(method, SLICE("HEAD"))) {
        answer_not_allowed(request, SLICE("GET, POST"));
        return;
    }
    struct gate_entry *caller = ARENA_NEW(http_arena(request), struct gate_entry);
    if (hep_authenticate(hep, request, caller)) http_set_user(request, caller);
}

static void messages_on_body_end(void *user, struct http_request *request, struct slice body)
{
    struct hep *hep = user;
    const struct gate_entry *caller = http_user(request);
    if (slice_eq(http_method(request), SLICE("POST")))
        hep_send(hep, request, caller, body);
    else
        hep_list(hep, request, caller);
}

static void root_on_request(void *user, struct http_request *request, struct http_accept *accept)
{
    struct hep *hep = user;
    accept->body_limit = HEP_BODY_MAX;
    struct slice method = http_method(request);
    if (!slice_eq(http_path(request), SLICE("/"))) {
        http_answer_error(request, 404);
        return;
    }
    if (!slice_eq(method, SLICE("GET")) && !slice_eq(method, SLICE("HEAD"))) {
        answer_not_allowed(request, SLICE("GET"));
        return;
    }
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1024);
    json_writer_init(&json, &out);
    json_begin_object(&json);
    json_put_text(&json, "data", SLICE("SMS API Online"));
    json_put_text(&json, "server", slice_cstr(hep->server_name));
    json_end_object(&json);
    hep_answer_json(request, 200, buf_slice(&out));
    buf_done(&out);
}

/* ---- Life ---------------------------------------------------------------------------------- */

void hep_configure(struct hep *hep, const struct hep_config *config)
{
    snprintf(hep->sender, sizeof hep->sender, "%.*s", (int)config->sender.size, config->sender.at);
    snprintf(hep->server_name, sizeof hep->server_name, "%.*s", (int)config->server.size,
             config->server.at);
}

struct hep *hep_new(struct loop *loop, struct engine *engine, const struct hep_config *config)
{
    struct hep *hep = MEM_NEW(struct hep);
    hep->loop = loop;
    hep->engine = engine;
    hep_configure(hep, config);
    return hep;
}

void hep_free(struct hep *hep)
{
    mem_free(hep);
}

void hep_edges(struct hep *hep, struct http_edge out[HEP_EDGE_COUNT])
{
    out[0] = (struct http_edge){
        .prefix = SLICE("/api/messages"),
        .user = hep,
        .on_request = messages_on_request,
        .on_body_end = messages_on_body_end,
        .error_body = hep_error_body,
    };
    out[1] = (struct http_edge){
        .prefix = SLICE(""),
        .user = hep,
        .on_request = root_on_request,
        .error_body = hep_error_body,
    };
}

void hep_serve(struct hep *hep, struct http_server *server)
{
    hep->server = server;
}
