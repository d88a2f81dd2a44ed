/* Deliveries to a server in this process. Of the engine there is only what the sender uses of it,
   so that a test sees what is reported and decides what time it is. */
#include "edge/webhook/webhook_sender.h"

#include <stdio.h>
#include "net/http_server.h"
#include "wire/sign.h"

#include "../../net/run_until.h"

const char *const event_type_names[EVENT_TYPE_COUNT] = {
    [EVENT_QUEUED] = "sms.queued", [EVENT_SENT] = "sms.sent", [EVENT_DELIVERED] = "sms.delivered"};

enum { NOW_S = 1700000000, REPORTS_MAX = 8 };
#define SECRET "whsec_0123456789abcdef0123456789abcdef0123456789abcdef"
#define TEN    "0123456789"

struct engine {
    struct clock clock;
    struct command_delivered reports[REPORTS_MAX];
    size_t report_count, wanted;
    unsigned reads;
};

static uint64_t now_ms(void *source)
{
    return NOW_S * 1000ull + 999;
}

struct clock *engine_clock(const struct engine *engine)
{
    return (struct clock *)&engine->clock;
}

static void call_done(struct loop_task *task)
{
    struct engine_call *call =
        (struct engine_call *)((char *)task - offsetof(struct engine_call, task));
    call->on_done(call);
}

enum err engine_post(struct engine *engine, struct engine_call *call)
{
    assert_int_equal(call->command.kind, COMMAND_DELIVERED);
    assert_true(engine->report_count < REPORTS_MAX);
    engine->reports[engine->report_count++] = *call->command.delivered;
    call->task.run = call_done;
    loop_post(call->loop, &call->task);
    return ERR_OK;
}

static void read_done(struct loop_task *task)
{
    struct engine_read *read =
        (struct engine_read *)((char *)task - offsetof(struct engine_read, task));
    read->on_done(read);
}

void engine_read(struct engine *engine, struct engine_read *read)
{
    engine->reads++;
    read->run(read, NULL);
    read->task.run = read_done;
    loop_post(read->loop, &read->task);
}

struct scene {
    struct engine engine;
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct webhook_sender *sender;
    char url[100];
    size_t requests, requests_wanted;
    char seen[300]; /* type, event, signature and body of the last request */
};

static bool render(void *user, struct store_reader *reader, const struct event *event,
                   struct buf *out)
{
    if (event->id.v == 404) return false;
    buf_printf(out, "{\"id\":%u,\"text\":\"\xE2\x82\xAC\"}", (unsigned)event->id.v);
    if (event->id.v == 413)
        for (size_t i = 0; i < 10000; i++)
            buf_add(out, SLICE(TEN));
    return true;
}

static void see_request(void *user, struct http_request *request, struct http_accept *accept)
{
    ((struct scene *)user)->requests++;
    accept->body_limit = 1000;
}

static void see_body_end(void *user, struct http_request *request, struct slice body)
{
    struct scene *scene = user;
    struct slice type = SLICE("-"), event = SLICE("-"), signature = SLICE("-"), path;
    http_header(request, "content-type", &type);
    http_header(request, "acme-event", &event);
    http_header(request, "acme-signature", &signature);
    snprintf(scene->seen, sizeof scene->seen, "%.*s %.*s %.*s %.*s %.*s",
             (int)http_method(request).size, http_method(request).at, (int)type.size, type.at,
             (int)event.size, event.at, (int)signature.size, signature.at, (int)body.size, body.at);
    path = http_path(request);
    const struct http_header moved = {SLICE("Location"), SLICE("/204")};
    uint64_t status;
    if (!slice_u64(slice_from(path, 1), &status)) return; /* "/never" */
    http_answer(request, &(struct http_answer){.status = (unsigned)status,
                                               .body = SLICE("whatever"),
                                               .headers = &moved,
                                               .header_count = status == 302});
}

static void scene_open(struct scene *scene)
{
    *scene = (struct scene){.engine.clock.wall_ms = now_ms};
#ifdef NET_SIM
    /* On the worst of networks ten seconds are too short for one request. */
    struct sim_faults faults = sim_faults_none;
    faults.shuffle = net_seed > 0;
    sim_set_faults(&faults);
#endif
    scene->loop = loop_new();
    const struct http_edge edge = {
        .prefix = SLICE(""), .user = scene, .on_request = see_request, .on_body_end = see_body_end};
    char error[256] = "";
    scene->server =
        http_server_open(scene->loop, SLICE("127.0.0.1:0"), false, NULL, &edge, 1, error);
    if (!scene->server) fail_msg("%s", error);
    const struct http_client_config usual = {
        .allow_private = true, .connections_max = 1, .waiting_max = 1};
    scene->client = http_client_new(&usual);
    struct webhook_sender_config config = {
        .loop = scene->loop,
        .client = scene->client,
        .event_header = SLICE("Acme-Event"),
        .signature_header = SLICE("Acme-Signature"),
        .render = render,
    };
    scene->sender = webhook_sender_new(&config);
}

static void scene_close(struct scene *scene)
{
    http_client_free(scene->client);
    run_until_quiet(scene->loop);
    webhook_sender_free(scene->sender);
    http_server_free(scene->server);
    run_until_quiet(scene->loop);
    loop_free(scene->loop);
}

static void deliver(struct scene *scene, uint64_t event, const char *path)
{
    struct webhook webhook = {.secret = SECRET};
    snprintf(scene->url, sizeof scene->url, "http://%s%s", http_server_address(scene->server).at,
             path);
    webhook.url = slice_cstr(scene->url);
    struct delivery delivery = {
        .key = "0000000100000002", .event = {.id = {event}, .type = EVENT_DELIVERED}, .tries = 3};
    webhook_deliver(scene->sender, &delivery, &webhook);
    /* What was handed over lives for the call only. */
    memset(scene->url, 'x', sizeof scene->url);
    memset(&webhook, 'x', sizeof webhook);
    memset(&delivery, 'x', sizeof delivery);
}

static bool has_wanted(void *user)
{
    const struct scene *scene = user;
    return scene->engine.report_count >= scene->engine.wanted &&
           scene->requests >= scene->requests_wanted;
}

static void wait_for(struct scene *scene, size_t reports, size_t requests)
{
    scene->engine.wanted = reports;
    scene->requests_wanted = requests;
    assert_true(run_until(scene->loop, has_wanted, scene));
    assert_int_equal(scene->engine.report_count, reports);
    assert_int_equal(scene->requests, requests);
}

static void an_event_is_posted_with_its_type_and_a_signature(void **state)
{
    struct scene scene;
    char hex[SIGN_HEX_SIZE + 1], expected[300];
    struct slice body = SLICE("{\"id\":7,\"text\":\"\xE2\x82\xAC\"}");
    scene_open(&scene);
    webhook_sender_connect(scene.sender, &scene.engine);
    deliver(&scene, 7, "/204");
    wait_for(&scene, 1, 1);
    sign_stamped(SLICE(SECRET), NOW_S, body, hex);
    snprintf(expected, sizeof expected,
             "POST application/json sms.delivered t=1700000000,v1=%s %.*s", hex, (int)body.size,
             body.at);
    assert_string_equal(scene.seen, expected);
    const struct command_delivered *report = scene.engine.reports;
    assert_int_equal(report->status, 204);
    assert_false(report->cut_short);
    assert_string_equal(report->delivery.key, "0000000100000002");
    assert_int_equal(report->delivery.event.id.v, 7);
    assert_int_equal(report->delivery.tries, 3);
    scene_close(&scene);
}

static void each_try_reports_what_was_answered(void **state)
{
    static const struct {
        uint64_t event;
        const char *path;
        uint32_t status;
        size_t requests;
    } rows[] = {
        {1, "/200", 200, 1}, {2, "/500", 500, 1}, {3, "/302", 302, 1}, /* not followed */
        {4, "/410", 410, 1}, {404, "/200", 0, 0},                      /* nothing to tell */
        {413, "/200", 0, 0},                                           /* too much of it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct scene scene;
        scene_open(&scene);
        webhook_sender_connect(scene.sender, &scene.engine);
        deliver(&scene, rows[i].event, rows[i].path);
        wait_for(&scene, 1, rows[i].requests);
        assert_int_equal(scene.engine.reports[0].status, rows[i].status);
        assert_false(scene.engine.reports[0].cut_short);
        scene_close(&scene);
    }
}

static void a_receiver_that_is_not_there_is_no_answer(void **state)
{
    struct scene scene;
    scene_open(&scene);
    webhook_sender_connect(scene.sender, &scene.engine);
    deliver(&scene, 1, "@[::1/");
    wait_for(&scene, 1, 0);
    assert_int_equal(scene.engine.reports[0].status, 0);
    assert_false(scene.engine.reports[0].cut_short);
    scene_close(&scene);
}

static void what_the_core_hands_out_while_it_opens_waits_for_the_loop(void **state)
{
    struct scene scene;
    scene_open(&scene);
    deliver(&scene, 1, "/200");
    webhook_sender_connect(scene.sender, &scene.engine);
    wait_for(&scene, 1, 1);
    assert_int_equal(scene.engine.reports[0].status, 200);
    scene_close(&scene);
}

/* The first is with the customer, the second in the client's line, the third finds no room there,
   and the fourth comes when nothing is sent any more. */
static void our_own_stop_cuts_tries_short(void **state)
{
    struct scene scene;
    scene_open(&scene);
    webhook_sender_connect(scene.sender, &scene.engine);
    deliver(&scene, 1, "/never");
    wait_for(&scene, 0, 1);
    deliver(&scene, 2, "/200");
    deliver(&scene, 3, "/200");
    wait_for(&scene, 1, 1);
    assert_int_equal(scene.engine.reports[0].delivery.event.id.v, 3);
    assert_false(scene.engine.reports[0].cut_short);
    webhook_sender_stop(scene.sender);
    http_client_free(scene.client);
    scene.client = NULL;
    wait_for(&scene, 3, 1);
    deliver(&scene, 4, "/200");
    wait_for(&scene, 4, 1);
    for (size_t i = 1; i < 4; i++) {
        assert_true(scene.engine.reports[i].cut_short);
        assert_int_equal(scene.engine.reports[i].status, 0);
    }
    scene_close(&scene);
}

#ifdef NET_SIM
static void a_receiver_has_ten_seconds(void **state)
{
    struct scene scene;
    scene_open(&scene);
    webhook_sender_connect(scene.sender, &scene.engine);
    deliver(&scene, 1, "/never");
    uint64_t before = loop_mono_ms(scene.loop);
    wait_for(&scene, 1, 1);
    assert_in_range(loop_mono_ms(scene.loop) - before, 10000, 11000);
    assert_int_equal(scene.engine.reports[0].status, 0);
    assert_false(scene.engine.reports[0].cut_short);
    scene_close(&scene);
}
#endif

static const struct CMUnitTest tests[] = {
    NET_TEST(an_event_is_posted_with_its_type_and_a_signature),
    NET_TEST(each_try_reports_what_was_answered),
    NET_TEST(a_receiver_that_is_not_there_is_no_answer),
    NET_TEST(what_the_core_hands_out_while_it_opens_waits_for_the_loop),
    NET_TEST(our_own_stop_cuts_tries_short),
#ifdef NET_SIM
    NET_TEST(a_receiver_has_ten_seconds),
#endif
};

NET_RUN(tests)
