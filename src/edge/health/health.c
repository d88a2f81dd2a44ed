#include "edge/health/health.h"

static const struct slice plain_text = {"text/plain; charset=utf-8", 25};

static struct slice health_error_body(void *user, unsigned status, struct arena *arena,
                                      struct slice *out_content_type)
{
    *out_content_type = plain_text;
    struct slice reason = http_reason(status);
    return arena_printf(arena, "%.*s\n", (int)reason.size, reason.at);
}

static void health_on_request(void *user, struct http_request *request, struct http_accept *accept)
{
    accept->body_limit = 0;
    if (!slice_eq(http_path(request), SLICE("/healthz"))) {
        http_answer_error(request, 404);
        return;
    }
    http_answer(request, &(struct http_answer){
                             .status = 200, .content_type = plain_text, .body = SLICE("ok\n")});
}

struct http_edge health_edge(void)
{
    return (struct http_edge){
        .prefix = SLICE("/healthz"),
        .on_request = health_on_request,
        .error_body = health_error_body,
    };
}
