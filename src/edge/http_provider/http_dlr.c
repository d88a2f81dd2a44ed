/* Receipts: POST /NAME/dlr, signed by the carrier with the secret of its profile. */
#include <stdio.h>

#include "edge/http_provider/json_path.h"
#include "edge/http_provider/providers.h"
#include "wire/sign.h"

#define AGE_MAX_S 300
#define BODY_MAX  65536

static const struct slice json_type = {"application/json", 16};
static const struct slice path_end = {"/dlr", 4};

/* The provider whose path it is; NULL: nobody's, or one that takes no receipts. */
static const struct carrier *carrier_of(const struct http_providers *providers, struct slice path)
{
    if (path.size < path_end.size + 2 ||
        !slice_eq(slice_from(path, path.size - path_end.size), path_end))
        return NULL;
    struct slice name = slice_of(path.at + 1, path.size - path_end.size - 1);
    for (size_t i = 0; i <= PROVIDERS_MAX; i++) {
        const struct carrier *carrier = providers->carriers[i];
        bool takes = carrier && carrier->readable && carrier->profile.dlr_secret.size;
        if (takes && slice_eq(slice_cstr(carrier->name), name)) return carrier;
    }
    return NULL;
}

static bool dlr_owns(void *user, struct slice path)
{
    return carrier_of(user, path) != NULL;
}

/* The texts are ours: nothing in them needs escaping. */
static struct slice dlr_error_body(void *user, unsigned status, struct arena *arena,
                                   struct slice *out_content_type)
{
    *out_content_type = json_type;
    struct slice reason = http_reason(status);
    return arena_printf(arena, "{\"error\":\"%.*s\"}", (int)reason.size, reason.at);
}

static void answer_error(struct http_request *request, unsigned status, const char *text)
{
    http_answer(request, &(struct http_answer){
                             .status = status,
                             .content_type = json_type,
                             .body = arena_printf(http_arena(request), "{\"error\":\"%s\"}", text),
                         });
}

static void dlr_on_request(void *user, struct http_request *request, struct http_accept *accept)
{
    accept->body_limit = BODY_MAX;
    if (slice_eq(http_method(request), SLICE("POST"))) return;
    const struct http_header allow = {SLICE("Allow"), SLICE("POST")};
    http_answer(request, &(struct http_answer){
                             .status = 405,
                             .content_type = json_type,
                             .body = SLICE("{\"error\":\"Method Not Allowed\"}"),
                             .headers = &allow,
                             .header_count = 1,
                         });
}

static bool header_of(struct http_request *request, const struct carrier *carrier, const char *end,
                      struct slice *out_value)
{
    struct slice begin = carrier->profile.dlr_header;
    struct slice name = arena_printf(http_arena(request), "%.*s%s", (int)begin.size, begin.at, end);
    return http_header(request, name.at, out_value);
}

/* NULL when it is the carrier's and fresh; else why not. */
static const char *complaint(struct http_providers *providers, const struct carrier *carrier,
                             struct http_request *request, struct slice body)
{
    struct slice stamp, signature;
    uint64_t at_s, now_s = clock_wall_ms(providers->clock) / 1000;
    if (!header_of(request, carrier, "-Timestamp", &stamp) ||
        !header_of(request, carrier, "-Signature", &signature))
        return "there is no timestamp or no signature";
    if (!sign_is_right(carrier->profile.dlr_secret, stamp, body, signature))
        return "the signature is wrong";
    if (!slice_u64(stamp, &at_s) || (at_s > now_s ? at_s - now_s : now_s - at_s) > AGE_MAX_S)
        return "the timestamp is not of the last five minutes";
    return NULL;
}

static struct slice read_text(struct slice body, struct slice path, size_t max, struct arena *arena)
{
    struct slice text = {0};
    json_path_read(body, path, arena, &text);
    return http_profile_cut(text, max);
}

static void dlr_on_body_end(void *user, struct http_request *request, struct slice body)
{
    struct http_providers *providers = user;
    struct arena *arena = http_arena(request);
    const struct carrier *carrier = carrier_of(providers, http_path(request));
    if (!carrier) { /* it went while the body came */
        http_answer_error(request, 404);
        return;
    }
    const char *why = complaint(providers, carrier, request, body);
    if (why) {
        answer_error(request, 401, why);
        return;
    }
    const struct http_profile *profile = &carrier->profile;
    struct slice status = read_text(body, profile->dlr_status, SIZE_MAX, arena);
    struct command_receipt receipt = {
        .provider = carrier->id,
        .carrier_id = read_text(body, profile->dlr_id, CARRIER_ID_MAX, arena),
        .state = http_profile_state(profile, status),
        .error = read_text(body, profile->dlr_error, ERROR_WORD_MAX, arena),
        .error_text = read_text(body, profile->dlr_text, ERROR_TEXT_MAX, arena),
        .network = read_text(body, profile->dlr_network, ERROR_WORD_MAX, arena),
        .must_match = true,
    };
    if (receipt.carrier_id.size == 0)
        answer_error(request, 400, "there is no JSON object with the id of a message");
    else
        providers->ports.receipt(providers->ports.user, &receipt, http_ref(request));
}

struct http_edge http_providers_edge(struct http_providers *providers)
{
    return (struct http_edge){
        .user = providers,
        .on_request = dlr_on_request,
        .on_body_end = dlr_on_body_end,
        .error_body = dlr_error_body,
        .owns = dlr_owns,
    };
}

void http_providers_serve(struct http_providers *providers, struct http_server *server)
{
    providers->server = server;
}

void http_providers_reply(struct http_providers *providers, struct http_ref reply, enum err err)
{
    struct http_request *request = providers->server ? http_find(providers->server, reply) : NULL;
    if (!request) return; /* the carrier did not wait */
    if (err == ERR_NOT_FOUND)
        answer_error(request, 404, "there is no message with this id");
    else if (err == ERR_STORE_UNAVAILABLE || err == ERR_OVERLOADED)
        http_answer_error(request, 503);
    else
        http_answer(request, &(struct http_answer){.status = 200,
                                                   .content_type = json_type,
                                                   .body = SLICE("{\"ok\":true}")});
}
