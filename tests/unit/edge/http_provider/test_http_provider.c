/* Submits to a carrier in this process, and its receipts. The test is the core: it hands out
   submits and sees what comes back. */
#include "edge/http_provider/http_provider.h"

#include <inttypes.h>
#include <stdio.h>

#include "wire/sign.h"

#include "../../net/run_until.h"

enum { NOW_S = 1700000000, TOLD_MAX = 16 };

struct scene {
    struct loop *loop;
    struct clock clock;
    struct http_server *server; /* ours and the carrier's */
    struct http_client *client;
    struct http_providers *providers;
    char told[2000]; /* a line each: links, answers, receipts, notes */
    size_t count, wanted;
    size_t requests, held_count;
    struct http_ref held; /* the last request to /never */
    char seen[300];       /* the last request */
    enum err verdict;
    bool answered, drained;
    char answer[500]; /* to a receipt */
};

static uint64_t now_ms(void *source)
{
    return NOW_S * 1000ull;
}

static void tell(struct scene *scene, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void tell(struct scene *scene, const char *format, ...)
{
    size_t size = strlen(scene->told);
    va_list args;
    va_start(args, format);
    vsnprintf(scene->told + size, sizeof scene->told - size, format, args);
    va_end(args);
    scene->count++;
}

static void on_answer(void *user, const struct command_answer *answer)
{
    tell(user, "answer %" PRIu64 " state %d status %u id %.*s error %.*s%s\n", answer->attempt.v,
         answer->state, answer->status, (int)answer->carrier_id.size, answer->carrier_id.at,
         (int)answer->error.size, answer->error.at, answer->for_now ? " for now" : "");
}

static void on_receipt(void *user, const struct command_receipt *receipt, struct http_ref reply)
{
    struct scene *scene = user;
    tell(scene, "receipt of %u id %.*s state %d error %.*s %.*s network %.*s%s\n",
         receipt->provider.v, (int)receipt->carrier_id.size, receipt->carrier_id.at, receipt->state,
         (int)receipt->error.size, receipt->error.at, (int)receipt->error_text.size,
         receipt->error_text.at, (int)receipt->network.size, receipt->network.at,
         receipt->must_match ? " must match" : "");
    http_providers_reply(scene->providers, reply, scene->verdict);
    http_providers_reply(scene->providers, reply, scene->verdict); /* it is gone: no harm */
}

static void on_link(void *user, const struct command_link *link)
{
    tell(user, "link %u %u\n", link->provider.v, link->sessions);
}

static void on_note(void *user, struct provider_id provider, const char *text)
{
    tell(user, "note %u %s\n", provider.v, text);
}

static void carrier_request(void *user, struct http_request *request, struct http_accept *accept)
{
    ((struct scene *)user)->requests++;
    accept->body_limit = 10000;
}

/* /STATUS/BODY, or /never */
/* A path of /STATUS/BODY is answered so. */
static void carrier_body_end(void *user, struct http_request *request, struct slice body)
{
    struct scene *scene = user;
    struct slice type = SLICE("-"), key = SLICE("-"), path = http_path(request), word;
    uint64_t status;
    http_header(request, "content-type", &type);
    http_header(request, "x-key", &key);
    snprintf(scene->seen, sizeof scene->seen, "%.*s %.*s?%.*s %.*s %.*s %.*s",
             (int)http_method(request).size, http_method(request).at, (int)path.size, path.at,
             (int)http_query(request).size, http_query(request).at, (int)type.size, type.at,
             (int)key.size, key.at, (int)body.size, body.at);
    path = slice_from(path, 1);
    slice_cut(&path, '/', &word);
    if (slice_eq(word, SLICE("never"))) {
        scene->held = http_ref(request);
        scene->held_count++;
        return;
    }
    if (!slice_u64(word, &status)) {
        http_answer_error(request, 404);
        return;
    }
    http_answer(request, &(struct http_answer){.status = (unsigned)status, .body = path});
}

static void scene_open(struct scene *scene)
{
    *scene = (struct scene){.clock.wall_ms = now_ms};
#ifdef NET_SIM
    /* On the worst of networks ten seconds are too short for one request. */
    struct sim_faults faults = sim_faults_none;
    faults.shuffle = net_seed > 0;
    sim_set_faults(&faults);
#endif
    scene->loop = loop_new();
    const struct http_client_config usual = {
        .allow_private = true, .connections_max = 4, .waiting_max = 1};
    scene->client = http_client_new(&usual);
    struct http_provider_ports ports = {scene, on_answer, on_receipt, on_link, on_note};
    scene->providers = http_providers_new(scene->loop, scene->client, &scene->clock, &ports);
    const struct http_edge edges[] = {
        {.prefix = SLICE(""),
         .user = scene,
         .on_request = carrier_request,
         .on_body_end = carrier_body_end},
        http_providers_edge(scene->providers),
    };
    struct http_config config = http_config_default;
    config.body_timeout_ms = config.header_timeout_ms = config.idle_timeout_ms = 3600000;
    char error[256] = "";
    scene->server =
        http_server_open(scene->loop, SLICE("127.0.0.1:0"), false, &config, edges, 2, error);
    if (!scene->server) fail_msg("%s", error);
    http_providers_serve(scene->providers, scene->server);
}

static void scene_close(struct scene *scene)
{
    http_providers_stop(scene->providers);
    http_client_free(scene->client);
    http_providers_free(scene->providers);
    http_server_free(scene->server);
    run_until_quiet(scene->loop);
    loop_free(scene->loop);
}

static bool has_wanted(void *user)
{
    const struct scene *scene = user;
    return scene->count >= scene->wanted;
}

/* Waits for so many lines, and compares all of them since the last time. */
static void expect(struct scene *scene, size_t count, const char *told)
{
    scene->wanted = count;
    bool came = run_until(scene->loop, has_wanted, scene);
    if (!came || strcmp(scene->told, told) != 0) fail_msg("%zu:\n%s", scene->count, scene->told);
    scene->told[0] = '\0';
    scene->count = 0;
}

static bool carrier_was_held(void *user)
{
    const struct scene *scene = user;
    return scene->held_count >= scene->wanted;
}

static const char dlr_part[] = "[dlr]\nsecret = s3cret\n[dlr.status]\nGONE = expired\n";

/* `path` on the carrier; NULL: removed. `rest` of the profile. */
static void provider(struct scene *scene, uint16_t id, const char *path, const char *rest,
                     bool enabled)
{
    char profile[1000];
    struct provider provider = {.id = {id}, .kind = PROVIDER_HTTP, .enabled = enabled};
    snprintf(provider.name, sizeof provider.name, "acme%s", id == 1 ? "" : "2");
    snprintf(profile, sizeof profile, "[request]\nurl = http://%s%s\n%s",
             http_server_address(scene->server).at, path ? path : "", rest);
    provider.profile = slice_cstr(profile);
    http_providers_provider(scene->providers, &provider, path == NULL);
    memset(profile, 'x', sizeof profile);
    http_providers_flush(scene->providers);
}

static void submit(struct scene *scene, uint16_t id, uint64_t attempt)
{
    char text[] = "Hi \"you\"", sender[] = "ACME";
    const struct submit submit = {.attempt = {attempt},
                                  .provider = {id},
                                  .number = 447700900123,
                                  .sender = slice_cstr(sender),
                                  .text = slice_cstr(text)};
    http_providers_submit(scene->providers, &submit);
    memset(text, 'x', sizeof text);
    memset(sender, 'x', sizeof sender);
}

static void a_submit_becomes_a_request_and_its_answer_comes_back(void **state)
{
    struct scene scene;
    scene_open(&scene);
    provider(&scene, 1, "/200/{\"id\":\"{{.reference}}-x\"}?a={{.to_url}}",
             "body = {\"m\":\"{{.text_json}}\"}\n[header]\nX-Key = k {{.from}}\n"
             "[response]\nid = id\n",
             true);
    submit(&scene, 1, 257);
    http_providers_flush(scene.providers);
    expect(&scene, 2, "link 1 1\nanswer 257 state 1 status 200 id 1-x error \n");
    assert_string_equal(scene.seen, "POST /200/{\"id\":\"1-x\"}?a=%2B447700900123 "
                                    "application/json k ACME {\"m\":\"Hi \\\"you\\\"\"}");
    scene_close(&scene);
}

static void what_cannot_be_sent_says_so(void **state)
{
    struct scene scene;
    scene_open(&scene);
    submit(&scene, 1, 1); /* unknown */
    submit(&scene, 2000, 2);
    http_providers_flush(scene.providers);
    expect(&scene, 2,
           "answer 1 state 4 status 0 id  error \nanswer 2 state 4 status 0 id  error \n");
    provider(&scene, 1, "/200/", "", false);
    submit(&scene, 1, 3); /* disabled */
    provider(&scene, 2, "/200/", "foo = bar\n", true);
    submit(&scene, 2, 4); /* unreadable */
    http_providers_flush(scene.providers);
    expect(&scene, 3,
           "answer 3 state 4 status 0 id  error \n"
           "note 2 its profile cannot be used: line 3: there is no setting [request] foo\n"
           "answer 4 state 4 status 0 id  error \n");
    provider(&scene, 1, "@[::1/", "", true);
    submit(&scene, 1, 5); /* no URL at all */
    http_providers_flush(scene.providers);
    expect(&scene, 2, "link 1 1\nanswer 5 state 2 status 0 id  error no_connection for now\n");
    provider(&scene, 1, NULL, "", true);
    submit(&scene, 1, 6); /* removed */
    http_providers_flush(scene.providers);
    expect(&scene, 2, "link 1 0\nanswer 6 state 4 status 0 id  error \n");
    assert_int_equal(scene.requests, 0);
    scene_close(&scene);
}

static void links_are_told_when_they_change(void **state)
{
    struct scene scene;
    scene_open(&scene);
    provider(&scene, 1, "/200/", "", true);
    provider(&scene, 1, "/200/", "timeout = 1\n", true);
    provider(&scene, 1, "/200/", "", false);
    provider(&scene, 1, "/200/", "", true);
    provider(&scene, 1, "/200/", "foo\n", true);
    provider(&scene, 1, "/200/", "", true);
    expect(&scene, 6,
           "link 1 1\nlink 1 0\nlink 1 1\n"
           "note 1 its profile cannot be used: line 3: this is no [section] and no name = value\n"
           "link 1 0\nlink 1 1\n");
    scene_close(&scene);
}

/* One with the carrier whose profile is replaced and then gone, and one beyond what the client
   takes. */
static void our_own_stop_leaves_what_is_under_way_uncertain(void **state)
{
    struct scene scene;
    scene_open(&scene);
    provider(&scene, 1, "/never", "", true);
    for (uint64_t i = 1; i <= 6; i++)
        submit(&scene, 1, i);
    http_providers_flush(scene.providers);
    expect(&scene, 2, "link 1 1\nanswer 6 state 4 status 0 id  error \n");
    scene.wanted = 4;
    assert_true(run_until(scene.loop, carrier_was_held, &scene));
    provider(&scene, 1, "/200/", "", true);
    provider(&scene, 1, NULL, "", true);
    expect(&scene, 1, "link 1 0\n");
    http_providers_stop(scene.providers);
    http_client_free(scene.client);
    scene.client = NULL;
    assert_int_equal(scene.count, 5);
    for (unsigned i = 1; i <= 5; i++) {
        char line[80];
        snprintf(line, sizeof line, "answer %u state 5 status 0 id  error \n", i);
        assert_non_null(strstr(scene.told, line));
    }
    submit(&scene, 1, 7);
    http_providers_flush(scene.providers);
    scene.told[0] = '\0';
    scene.count = 0;
    expect(&scene, 1, "answer 7 state 4 status 0 id  error \n");
    scene_close(&scene);
}

static void note_drained(void *user)
{
    struct scene *scene = user;
    scene->drained = true;
    tell(scene, "drained\n");
}

static void draining_waits_for_what_is_under_way(void **state)
{
    struct scene scene;
    scene_open(&scene);
    provider(&scene, 1, "/never", "", true);
    submit(&scene, 1, 1);
    http_providers_flush(scene.providers);
    scene.wanted = 1;
    assert_true(run_until(scene.loop, carrier_was_held, &scene));
    expect(&scene, 1, "link 1 1\n");
    http_providers_drain(scene.providers, note_drained, &scene);
    submit(&scene, 1, 2);
    http_providers_flush(scene.providers);
    expect(&scene, 1, "answer 2 state 4 status 0 id  error \n");
    assert_false(scene.drained);
    struct http_request *request = http_find(scene.server, scene.held);
    assert_non_null(request);
    http_answer(request, &(struct http_answer){.status = 503});
    expect(&scene, 2, "answer 1 state 2 status 503 id  error http_503 for now\ndrained\n");
    scene_close(&scene);
}

static void draining_ends_at_once_when_nothing_is_under_way(void **state)
{
    struct scene scene;
    scene_open(&scene);
    http_providers_drain(scene.providers, note_drained, &scene);
    assert_false(scene.drained); /* not from inside */
    expect(&scene, 1, "drained\n");
    scene_close(&scene);
}

/* ---- Receipts ------------------------------------------------------------------------------ */

static void receipt_answered(void *user, const struct http_result *result)
{
    struct scene *scene = user;
    snprintf(scene->answer, sizeof scene->answer, "%u %.*s", result->status, (int)result->body.size,
             result->body.at);
    scene->answered = true;
}

static bool was_answered(void *user)
{
    return ((struct scene *)user)->answered;
}

struct receipt {
    const char *method, *path;
    const char *header; /* begins both names; NULL: without them */
    const char *stamp;  /* as sent and signed */
    const char *secret; /* NULL: 64 zeros */
    const char *body;
    enum err verdict;
    const char *told, *answer;
};

static void send_receipt(struct scene *scene, const struct receipt *receipt)
{
    char url[100], names[2][50], hex[SIGN_HEX_SIZE + 1];
    memset(hex, '0', sizeof hex);
    struct slice stamp = slice_cstr(receipt->stamp), body = slice_cstr(receipt->body);
    uint64_t at_s;
    if (receipt->secret && slice_u64(stamp, &at_s))
        sign_stamped(slice_cstr(receipt->secret), at_s, body, hex);
    snprintf(url, sizeof url, "http://%s%s", http_server_address(scene->server).at, receipt->path);
    snprintf(names[0], sizeof names[0], "%s-Timestamp", receipt->header);
    snprintf(names[1], sizeof names[1], "%s-Signature", receipt->header);
    const struct http_header headers[] = {
        {slice_cstr(names[0]), stamp},
        {slice_cstr(names[1]), slice_of(hex, SIGN_HEX_SIZE)},
    };
    const struct http_call call = {
        .url = slice_cstr(url),
        .method = slice_cstr(receipt->method),
        .body = body,
        .headers = headers,
        .header_count = receipt->header ? 2 : 0,
        .timeout_ms = 3600000,
        .response_max = 300,
    };
    scene->answered = false;
    assert_true(http_client_send(scene->client, scene->loop, &call, receipt_answered, scene));
    assert_true(run_until(scene->loop, was_answered, scene));
}

#define BODY  "{\"message_id\":\"m1\",\"status\":\"DELIVERED\",\"carrier\":\"mtn_ng\"}"
#define TOLD  "receipt of 1 id m1 state 2 error   network mtn_ng must match\n"
#define OK    "200 {\"ok\":true}"
#define WRONG "401 {\"error\":\"the signature is wrong\"}"
#define OLD   "401 {\"error\":\"the timestamp is not of the last five minutes\"}"
#define LACKS "401 {\"error\":\"there is no timestamp or no signature\"}"
#define NO_ID "400 {\"error\":\"there is no JSON object with the id of a message\"}"

static const struct receipt receipts[] = {
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", BODY, ERR_OK, TOLD, OK},
    {"POST", "/acme/dlr?x", "x-acme", "1700000300", "s3cret", BODY, ERR_OK, TOLD, OK},
    {"POST", "/acme/dlr", "X-Acme", "1699999700", "s3cret", BODY, ERR_OK, TOLD, OK},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret",
     "{\"message_id\":7,\"status\":\"gone\",\"error_message\":\"off\",\"error_code\":"
     "\"0123456789012345678901234567890123\"}",
     ERR_OK,
     "receipt of 1 id 7 state 3 error 0123456789012345678901234567890 off network  must match\n",
     OK},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", "{\"message_id\":\"m1\"}", ERR_OK,
     "receipt of 1 id m1 state 0 error   network  must match\n", OK},
    /* What became of it. */
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", BODY, ERR_NOT_FOUND, TOLD,
     "404 {\"error\":\"there is no message with this id\"}"},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", BODY, ERR_STORE_UNAVAILABLE, TOLD,
     "503 {\"error\":\"Service Unavailable\"}"},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", BODY, ERR_OVERLOADED, TOLD,
     "503 {\"error\":\"Service Unavailable\"}"},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", BODY, ERR_STALE, TOLD, OK},
    /* Not the carrier's, or not fresh. */
    {"POST", "/acme/dlr", NULL, "1700000000", "s3cret", BODY, ERR_OK, "", LACKS},
    {"POST", "/acme/dlr", "X-Other", "1700000000", "s3cret", BODY, ERR_OK, "", LACKS},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "S3cret", BODY, ERR_OK, "", WRONG},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", NULL, BODY, ERR_OK, "", WRONG},
    {"POST", "/acme/dlr", "X-Acme", "now", "s3cret", BODY, ERR_OK, "", WRONG},
    {"POST", "/acme/dlr", "X-Acme", "1700000301", "s3cret", BODY, ERR_OK, "", OLD},
    {"POST", "/acme/dlr", "X-Acme", "1699999699", "s3cret", BODY, ERR_OK, "", OLD},
    {"POST", "/acme/dlr", "X-Acme", "0", "s3cret", BODY, ERR_OK, "", OLD},
    {"POST", "/acme/dlr", "X-Acme", "18446744073709551615", "s3cret", BODY, ERR_OK, "", OLD},
    /* Signed, but nothing to record. */
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", "message_id=m1", ERR_OK, "", NO_ID},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", "{\"id\":\"m1\"}", ERR_OK, "", NO_ID},
    {"POST", "/acme/dlr", "X-Acme", "1700000000", "s3cret", "", ERR_OK, "", NO_ID},
    {"GET", "/acme/dlr", "X-Acme", "1700000000", "s3cret", "", ERR_OK, "",
     "405 {\"error\":\"Method Not Allowed\"}"},
    /* Paths that belong to others. */
    {"POST", "/acme2/dlr", "X-Acme2", "1700000000", "s3cret", BODY, ERR_OK, "", "404 Not Found"},
    {"POST", "/ACME/dlr", "X-Acme", "1700000000", "s3cret", BODY, ERR_OK, "", "404 Not Found"},
    {"POST", "/acme/dlr/", "X-Acme", "1700000000", "s3cret", BODY, ERR_OK, "", "404 Not Found"},
    {"POST", "/dlr", "X-Acme", "1700000000", "s3cret", BODY, ERR_OK, "", "404 Not Found"},
};

static void a_receipt_is_answered_when_it_is_recorded(void **state)
{
    struct scene scene;
    scene_open(&scene);
    provider(&scene, 1, "/200/", dlr_part, false); /* what it took before may still be told */
    provider(&scene, 2, "/200/", "", true);        /* takes no receipts */
    expect(&scene, 1, "link 2 1\n");
    for (size_t i = 0; i < sizeof receipts / sizeof *receipts; i++) {
        const struct receipt *receipt = &receipts[i];
        scene.verdict = receipt->verdict;
        send_receipt(&scene, receipt);
        if (strcmp(scene.told, receipt->told) != 0 || strcmp(scene.answer, receipt->answer) != 0)
            fail_msg("row %zu: %s\n%s", i, scene.answer, scene.told);
        scene.told[0] = '\0';
        scene.count = 0;
    }
    scene_close(&scene);
}

static const struct CMUnitTest tests[] = {
    NET_TEST(a_submit_becomes_a_request_and_its_answer_comes_back),
    NET_TEST(what_cannot_be_sent_says_so),
    NET_TEST(links_are_told_when_they_change),
    NET_TEST(our_own_stop_leaves_what_is_under_way_uncertain),
    NET_TEST(draining_waits_for_what_is_under_way),
    NET_TEST(draining_ends_at_once_when_nothing_is_under_way),
    NET_TEST(a_receipt_is_answered_when_it_is_recorded),
};

NET_RUN(tests)
