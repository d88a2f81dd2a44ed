/* The customers' webhook receivers: one small HTTP server that believes the same rules as any other
   customer's, is slow or fails as the script has it, and tells the model what came. */
#include "net/http_server.h"
#include "sim/world.h"
#include "wire/json.h"

#define HOOK_BODY_MAX 65536

struct pushed_fields {
    struct field sender, shortcode, content;
};
static const struct field_spec pushed_specs[] = {
    {"sender", FIELD_TEXT, offsetof(struct pushed_fields, sender)},
    {"shortcode", FIELD_TEXT, offsetof(struct pushed_fields, shortcode)},
    {"messageContent", FIELD_TEXT, offsetof(struct pushed_fields, content)},
};

static void hook_on_request(void *user, struct http_request *request, struct http_accept *accept)
{
    accept->body_limit = HOOK_BODY_MAX;
}

static void hook_on_body_end(void *user, struct http_request *request, struct slice body)
{
    struct arena arena = {0};
    struct pushed_fields fields;
    if (!slice_eq(http_method(request), SLICE("POST")) ||
        !json_read(body, JSON_STRICT, pushed_specs, 3, &arena, &fields, NULL, NULL))
        world_fail("a webhook cannot be read: %.*s", (int)body.size, body.at);
    unsigned status = 200;
    if (world.faults && sim_random(100) < world.script.hook_fail_percent) status = 500;
    model_pushed(&world.model, fields.content.text, status);
    arena_done(&arena);
    if (world.faults && sim_random(100) < world.script.hook_silent_percent) return;
    http_answer(request, &(struct http_answer){.status = status});
}

static const struct http_edge hook_edge = {
    .prefix = {"", 0},
    .on_request = hook_on_request,
    .on_body_end = hook_on_body_end,
};

void hooks_open(void)
{
    char problem[256] = "";
    world.hooks = loop_new();
    const struct http_edge edges[] = {hook_edge, event_edge};
    world.hook_server =
        http_server_open(world.hooks, SLICE("127.0.0.1:9000"), false, NULL, edges, 2, problem);
    if (!world.hook_server) world_fail("%s", problem);
}

void hooks_close(void)
{
    events_close();
    http_server_free(world.hook_server);
    loop_free(world.hooks);
}
