#include "edge/robase/robase.h"

#include "base/mem.h"
#include "edge/robase/robase_internal.h"
#include "wire/secret.h"

#define BODY_MAX 65536u
#define BATCH_MAX                                                                                  \
    (2u << 20) /* 1,000 rows with texts of an ordinary kind, or 300 of the longest                 \
                */
#define ANSWER_MAX (64u << 20)

/* clang-format off */
static const struct robase_route routes[] = {
    {"POST", "/v1/sms", ENDPOINT_SEND, true, BODY_MAX, robase_send, robase_send_tell},
    {"GET", "/v1/sms", ENDPOINT_LIST, false, BODY_MAX, robase_list, NULL},
    {"POST", "/v1/sms/batch", ENDPOINT_BATCH, true, BATCH_MAX, robase_batch, robase_batch_tell},
    {"GET", "/v1/sms/:id", ENDPOINT_GET, false, BODY_MAX, robase_get, NULL},
    {"POST", "/v1/sms/:id/cancel", ENDPOINT_CANCEL, false, BODY_MAX, robase_cancel, NULL},
    {"POST", "/v1/sms-templates", ENDPOINT_TEMPLATE_ADD, false, BODY_MAX, robase_template_add, NULL},
    {"GET", "/v1/sms-templates", ENDPOINT_TEMPLATE_LIST, false, BODY_MAX, robase_template_list, NULL},
    {"GET", "/v1/sms-templates/:id", ENDPOINT_TEMPLATE_GET, false, BODY_MAX, robase_template_get, NULL},
    {"PATCH", "/v1/sms-templates/:id", ENDPOINT_TEMPLATE_SET, false, BODY_MAX, robase_template_set, NULL},
    {"DELETE", "/v1/sms-templates/:id", ENDPOINT_TEMPLATE_REMOVE, false, BODY_MAX, robase_template_remove, NULL},
    {"POST", "/v1/sms-templates/:id/render", ENDPOINT_TEMPLATE_RENDER, false, BODY_MAX, robase_template_render, NULL},
    {"POST", "/v1/sender-ids", ENDPOINT_SENDER_ADD, false, BODY_MAX, robase_sender_add, NULL},
    {"GET", "/v1/sender-ids", ENDPOINT_SENDER_LIST, false, BODY_MAX, robase_sender_list, NULL},
    {"GET", "/v1/sender-ids/:id", ENDPOINT_SENDER_GET, false, BODY_MAX, robase_sender_get, NULL},
    {"PATCH", "/v1/sender-ids/:id", ENDPOINT_SENDER_SET, false, BODY_MAX, robase_sender_set, NULL},
    {"POST", "/v1/webhooks", ENDPOINT_WEBHOOK_ADD, false, BODY_MAX, robase_webhook_add, NULL},
    {"GET", "/v1/webhooks", ENDPOINT_WEBHOOK_LIST, false, BODY_MAX, robase_webhook_list, NULL},
    {"GET", "/v1/webhooks/:id", ENDPOINT_WEBHOOK_GET, false, BODY_MAX, robase_webhook_get, NULL},
    {"PATCH", "/v1/webhooks/:id", ENDPOINT_WEBHOOK_SET, false, BODY_MAX, robase_webhook_set, NULL},
    {"DELETE", "/v1/webhooks/:id", ENDPOINT_WEBHOOK_REMOVE, false, BODY_MAX, robase_webhook_remove, NULL},
    {"POST", "/v1/webhooks/:id/rotate-secret", ENDPOINT_WEBHOOK_ROTATE, false, BODY_MAX, robase_webhook_rotate, NULL},
};
/* clang-format on */
#define ROUTE_COUNT (sizeof routes / sizeof *routes)

/* ---- Errors before there is a call --------------------------------------------------------- */

static const struct slice json_type = {"application/json; charset=utf-8", 31};

static void answer_fault(struct http_request *request, enum robase_fault fault,
                         const struct http_header *header)
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1024);
    json_writer_init(&json, &out);
    robase_error_write(&json, fault, SLICE(""));
    http_answer(request, &(struct http_answer){
                             .status = robase_error(fault).status,
                             .content_type = json_type,
                             .body = buf_slice(&out),
                             .headers = header,
                             .header_count = header ? 1 : 0,
                         });
    buf_done(&out);
}

static struct slice http_error_body(void *user, unsigned status, struct arena *arena,
                                    struct slice *out_content_type)
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, 1024);
    json_writer_init(&json, &out);
    robase_error_write_http(&json, status, http_reason(status));
    struct slice copy = arena_copy(arena, buf_slice(&out));
    buf_done(&out);
    *out_content_type = json_type;
    return copy;
}

/* ---- Routing ------------------------------------------------------------------------------- */

static bool path_matches(const char *pattern, struct slice path, struct slice *out_id)
{
    struct slice wanted = slice_from(slice_cstr(pattern), 1), given = slice_from(path, 1);
    struct slice want, have;
    while (slice_cut(&wanted, '/', &want)) {
        if (!slice_cut(&given, '/', &have) || have.size == 0) return false;
        if (slice_eq(want, SLICE(":id")))
            *out_id = have;
        else if (!slice_eq(want, have))
            return false;
    }
    return given.size == 0 && path.at[path.size - 1] != '/';
}

/* HEAD is asked where GET may be; the server leaves the body out. */
static bool method_matches(const char *method, struct slice given)
{
    if (slice_eq(given, SLICE("HEAD"))) given = SLICE("GET");
    return slice_eq(given, slice_cstr(method));
}

/* NULL: answered with 404, or with 405 and the methods that are allowed (RFC 9110 15.5.6). */
static const struct robase_route *find_route(struct http_request *request, struct slice *out_id)
{
    struct buf allowed;
    const struct robase_route *found = NULL;
    buf_init(&allowed, 64);
    for (size_t i = 0; i < ROUTE_COUNT && !found; i++) {
        if (!path_matches(routes[i].path, http_path(request), out_id)) continue;
        if (method_matches(routes[i].method, http_method(request)))
            found = &routes[i];
        else
            buf_printf(&allowed, "%s%s", allowed.size ? ", " : "", routes[i].method);
    }
    if (!found && allowed.size == 0) {
        http_answer_error(request, 404);
    } else if (!found) {
        struct http_header allow = {SLICE("Allow"), buf_slice(&allowed)};
        struct slice type, body = http_error_body(NULL, 405, http_arena(request), &type);
        http_answer(request, &(struct http_answer){.status = 405,
                                                   .content_type = type,
                                                   .body = body,
                                                   .headers = &allow,
                                                   .header_count = 1});
    }
    buf_done(&allowed);
    return found;
}

/* ---- The first door ------------------------------------------------------------------------ */

/* What is known of a request when its headers are there. */
struct visitor {
    const struct robase_route *route;
    struct gate_entry caller;
    struct slice id, once_key;
};

static enum robase_fault authenticate(struct robase *robase, struct http_request *request,
                                      struct gate_entry *out)
{
    struct slice key, scheme;
    if (!http_header(request, "Authorization", &key) || key.size == 0) return FAULT_KEY_MISSING;
    if (!slice_cut(&key, ' ', &scheme) || !slice_eq_nocase(scheme, SLICE("Bearer")))
        return FAULT_KEY_INVALID;
    uint8_t hash[SECRET_HASH_SIZE];
    secret_hash(slice_trim(key, " "), hash);
    if (!gate_find(engine_gate(robase->engine), hash, out) || !out->enabled)
        return FAULT_KEY_INVALID;
    return FAULT_NONE;
}

/* What changes nothing has nothing to remember. */
static bool takes_once_key(const struct robase_route *route)
{
    return !method_matches(route->method, SLICE("GET")) &&
           route->endpoint != ENDPOINT_TEMPLATE_RENDER;
}

/* Contract section 2, in its order: 401, 429, 403, and whether the idempotency key is one. */
static enum robase_fault first_door(struct robase *robase, struct http_request *request,
                                    struct visitor *visitor)
{
    const struct robase_route *route = visitor->route;
    const struct gate_entry *caller = &visitor->caller;
    enum robase_fault fault = authenticate(robase, request, &visitor->caller);
    if (fault) return fault;
    if (!robase_rate_take(&robase->rate, caller->key, route->endpoint,
                          clock_wall_ms(engine_clock(robase->engine))))
        return FAULT_RATE;
    if (!caller->sms_on) return FAULT_SMS_OFF;
    if (route->sending ? !caller->may_send : !caller->full) return FAULT_PERMISSION;
    if (takes_once_key(route) && http_header(request, "Idempotency-Key", &visitor->once_key) &&
        !robase_key_is_valid(visitor->once_key))
        return FAULT_ONCE_KEY;
    return FAULT_NONE;
}

static void on_request(void *user, struct http_request *request, struct http_accept *accept)
{
    struct robase *robase = user;
    struct visitor *visitor = ARENA_NEW(http_arena(request), struct visitor);
    accept->body_limit = BODY_MAX;
    visitor->route = find_route(request, &visitor->id);
    if (!visitor->route) return;
    accept->body_limit = visitor->route->body_max;
    enum robase_fault fault = first_door(robase, request, visitor);
    struct http_header retry = {SLICE("Retry-After"), SLICE("1")};
    if (fault)
        answer_fault(request, fault, fault == FAULT_RATE ? &retry : NULL);
    else
        http_set_user(request, visitor);
}

/* What is done to one resource is not what is done to another: the path's id belongs to the key,
   behind a byte that no key has. */
static struct slice key_of(struct robase_call *call, struct slice key)
{
    if (key.size == 0 || call->id.size == 0) return arena_copy(&call->arena, key);
    return arena_printf(&call->arena, "%.*s\n%.*s", (int)key.size, key.at, (int)call->id.size,
                        call->id.at);
}

static void on_body_end(void *user, struct http_request *request, struct slice body)
{
    const struct visitor *visitor = http_user(request);
    struct robase_call *call = MEM_NEW(struct robase_call);
    call->robase = user;
    call->request = http_ref(request);
    call->route = visitor->route;
    call->caller = visitor->caller;
    call->id = arena_copy(&call->arena, visitor->id);
    call->query = arena_copy(&call->arena, http_query(request));
    call->once = (struct once){
        .account = visitor->caller.account,
        .endpoint = (uint16_t)visitor->route->endpoint,
        .key = key_of(call, visitor->once_key),
    };
    buf_init(&call->body, ANSWER_MAX);
    call->route->handle(call, body);
}

/* ---- Life ---------------------------------------------------------------------------------- */

void robase_configure(struct robase *robase, const struct robase_config *config)
{
    robase->rate.rate = config->rate;
    robase->rate.burst = config->burst;
}

struct robase *robase_new(struct loop *loop, const struct robase_config *config)
{
    struct robase *robase = MEM_NEW(struct robase);
    robase->loop = loop;
    robase_configure(robase, config);
    return robase;
}

void robase_connect(struct robase *robase, struct engine *engine)
{
    robase->engine = engine;
}

void robase_free(struct robase *robase)
{
    if (!robase) return;
    robase_rate_done(&robase->rate);
    mem_free(robase);
}

void robase_edges(struct robase *robase, struct http_edge out[ROBASE_EDGE_COUNT])
{
    out[0] = (struct http_edge){
        .prefix = SLICE("/v1"),
        .user = robase,
        .on_request = on_request,
        .on_body_end = on_body_end,
        .error_body = http_error_body,
    };
}

void robase_serve(struct robase *robase, struct http_server *server)
{
    robase->server = server;
}

void robase_provider(void *user, const struct provider *provider, bool removed)
{
    struct robase *robase = user;
    if (!removed) robase_names_put(&robase->names, provider);
}
