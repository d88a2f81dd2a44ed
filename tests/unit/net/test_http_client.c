/* The client against a server in this process, on both backends. */
#include <stdlib.h>

#include "http_rig.h"
#include "net/http_client.h"

/* What became of a call, as `outcome status <body>`. */
struct asked {
    struct calls *calls;
    unsigned answers;
    char text[400];
};

/* A long time where nothing is to time out. */
enum { PATIENCE_MS = 3600000 };

struct calls {
    struct rig rig;
    struct http_client *client;
    size_t done, wanted;
    char base[64]; /* http://127.0.0.1:port */
};

static const char *const outcome_names[] = {
    [HTTP_ANSWERED] = "answered",
    [HTTP_REFUSED_URL] = "refused",
    [HTTP_NO_CONNECTION] = "unconnected",
    [HTTP_TIMED_OUT] = "timed out",
    [HTTP_BROKEN] = "broken",
};

static void note_done(void *user, const struct http_result *result)
{
    struct asked *asked = user;
    asked->answers++;
    assert_non_null(result->reason);
    assert_true(result->outcome == HTTP_ANSWERED ? !result->reason[0] : result->reason[0] != 0);
    snprintf(asked->text, sizeof asked->text, "%s %u <%.*s>", outcome_names[result->outcome],
             result->status, (int)result->body.size, result->body.at);
    if (asked->calls) asked->calls->done++;
}

/* Answers with what came: `METHOD path?query X-Test body`. */
static void see_body_end(void *user, struct http_request *request, struct slice body)
{
    struct slice test = SLICE("-"), type = SLICE("-"), method = http_method(request);
    struct slice path = http_path(request), query = http_query(request);
    http_header(request, "x-test", &test);
    http_header(request, "content-type", &type);
    struct slice text =
        arena_printf(http_arena(request), "%.*s %.*s?%.*s %.*s %.*s %.*s", (int)method.size,
                     method.at, (int)path.size, path.at, (int)query.size, query.at, (int)test.size,
                     test.at, (int)type.size, type.at, (int)body.size, body.at);
    const struct http_header headers[] = {{SLICE("Location"), SLICE("http://127.0.0.1/now")}};
    bool moved = slice_eq(path, SLICE("/see/moved"));
    struct http_answer answer = {.status = moved ? 302 : 200,
                                 .body = text,
                                 .headers = headers,
                                 .header_count = moved ? 1 : 0};
    http_answer(request, &answer);
}

static void see_request(void *user, struct http_request *request, struct http_accept *accept)
{
    ((struct rig *)user)->requests++;
    accept->body_limit = 1 << 20;
}

static void peer_body_end(void *user, struct http_request *request, struct slice body)
{
    rig_answer(request, 200, http_peer(request));
}

static void calls_open(struct calls *calls, const struct http_client_config *config)
{
    static const struct http_client_config usual = {
        .allow_private = true, .connections_max = 10, .waiting_max = 1000};
    *calls = (struct calls){.wanted = 1};
    struct rig *rig = &calls->rig;
    rig->loop = loop_new();
    const struct http_edge edges[] = {
        {.prefix = SLICE("/see"),
         .user = rig,
         .on_request = see_request,
         .on_body_end = see_body_end},
        {.prefix = SLICE("/peer"),
         .user = rig,
         .on_request = see_request,
         .on_body_end = peer_body_end},
        {SLICE(""), rig, rig_request, rig_body, rig_body_end, rig_gone, rig_error},
    };
    char error[256] = "";
    struct http_config patient = http_config_default;
    patient.header_timeout_ms = patient.body_timeout_ms = patient.idle_timeout_ms = PATIENCE_MS;
    rig->server =
        http_server_open(rig->loop, SLICE("127.0.0.1:0"), false, &patient, edges, 3, error);
    if (!rig->server) fail_msg("%s", error);
    snprintf(calls->base, sizeof calls->base, "http://%s", http_server_address(rig->server).at);
    calls->client = http_client_new(config ? config : &usual);
}

static void calls_close(struct calls *calls)
{
    http_client_free(calls->client);
    rig_close(&calls->rig);
}

static bool calls_are_done(void *user)
{
    const struct calls *calls = user;
    return calls->done >= calls->wanted;
}

static void calls_wait(struct calls *calls, size_t count)
{
    calls->wanted = count;
    assert_true(run_until(calls->rig.loop, calls_are_done, calls));
}

static bool ask(struct calls *calls, struct asked *asked, const char *url, uint64_t timeout_ms)
{
    *asked = (struct asked){.calls = calls};
    struct http_call call = {.url = slice_cstr(url),
                             .method = SLICE("POST"),
                             .body = SLICE("body"),
                             .timeout_ms = timeout_ms,
                             .response_max = 300};
    return http_client_send(calls->client, calls->rig.loop, &call, note_done, asked);
}

static void ask_path(struct calls *calls, struct asked *asked, const char *path)
{
    char url[200];
    snprintf(url, sizeof url, "%s%s", calls->base, path);
    assert_true(ask(calls, asked, url, PATIENCE_MS));
}

/* One call, one outcome */

static const struct request_row {
    const char *method, *path, *test, *type, *body, *text;
} request_rows[] = {
    {"POST", "/see?a=b", "x y", "application/json", "{}",
     "answered 200 <POST /see?a=b x y application/json {}>"},
    {"POST", "/see", NULL, NULL, "abc", "answered 200 <POST /see? - - abc>"},
    {"POST", "/see", NULL, NULL, "", "answered 200 <POST /see? - - >"},
    {"GET", "/see", "1", NULL, "", "answered 200 <GET /see? 1 - >"},
    {"GET", "/see", "", NULL, "", "answered 200 <GET /see?  - >"},
    {"PUT", "/see", NULL, NULL, "abc", "answered 200 <PUT /see? - - abc>"},
    {"DELETE", "/see", NULL, NULL, "", "answered 200 <DELETE /see? - - >"},
    {"HEAD", "/see", NULL, NULL, "", "answered 200 <>"},
    {"POST", "/see/moved", NULL, NULL, "x", "answered 302 <POST /see/moved? - - x>"},
    {"POST", "/none", NULL, NULL, "x", "answered 204 <>"},
    {"POST", "/unknown", NULL, NULL, "x", "answered 404 <{404}>"},
    {"PO ST", "/see", NULL, NULL, "x", "refused 0 <>"},
    {"", "/see", NULL, NULL, "x", "refused 0 <>"},
    {"POST", "/see", "x\r\nEvil: y", NULL, "x", "refused 0 <>"},
};

static void each_request_arrives_as_it_was_asked(void **state)
{
    struct calls calls;
    calls_open(&calls, NULL);
    for (size_t i = 0; i < sizeof request_rows / sizeof request_rows[0]; i++) {
        const struct request_row *row = &request_rows[i];
        struct asked asked = {.calls = &calls};
        struct http_header headers[2];
        size_t count = 0;
        char url[100];
        snprintf(url, sizeof url, "%s%s", calls.base, row->path);
        if (row->test)
            headers[count++] = (struct http_header){SLICE("X-Test"), slice_cstr(row->test)};
        if (row->type)
            headers[count++] = (struct http_header){SLICE("Content-Type"), slice_cstr(row->type)};
        struct http_call call = {.url = slice_cstr(url),
                                 .method = slice_cstr(row->method),
                                 .body = slice_cstr(row->body),
                                 .headers = headers,
                                 .header_count = count,
                                 .timeout_ms = PATIENCE_MS,
                                 .response_max = 300};
        assert_true(http_client_send(calls.client, calls.rig.loop, &call, note_done, &asked));
        assert_int_equal(asked.answers, 0); /* never from inside */
        calls_wait(&calls, i + 1);
        assert_string_equal(asked.text, row->text);
    }
    calls_close(&calls);
}

static const char *const bad_urls[] = {
    "",
    "nonsense",
    "ftp://127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1/",
    "http://",
    "http:///x",
    "//127.0.0.1/",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1/\r\nEvil: x",
    "dict://127.0.0.1:11211/",
    "http://[::1/",
};

static void what_is_no_http_url_is_refused(void **state)
{
    struct calls calls;
    calls_open(&calls, NULL);
    for (size_t i = 0; i < sizeof bad_urls / sizeof bad_urls[0]; i++) {
        struct asked asked;
        assert_true(ask(&calls, &asked, bad_urls[i], PATIENCE_MS));
        calls_wait(&calls, i + 1);
        if (strcmp(asked.text, "refused 0 <>") != 0) fail_msg("%s: %s", bad_urls[i], asked.text);
    }
    calls_close(&calls);
}

/* The port of the server stands for '#'. */
static const char *const private_urls[] = {
    "http://127.0.0.1:#/now",
    "http://localhost:#/now",
    "http://127.1.2.3:#/now",
    "http://10.0.0.1:#/now",
    "http://192.168.1.1:#/now",
    "http://169.254.169.254:#/now",
    "http://[::1]:#/now",
    "http://[fe80::1]:#/now",
    "http://[fd00::1]:#/now",
    "http://[::ffff:127.0.0.1]:#/now",
    "http://0.0.0.0:#/now",
    "http://100.64.0.1:#/now",
#ifndef NET_SIM
    "http://0x7f000001:#/now",
    "http://2130706433:#/now",
    "http://127.1:#/now",
    "http://0177.0.0.1:#/now",
    "http://user:password@127.0.0.1:#/now",
#endif
};

static void addresses_that_are_not_public_are_refused(void **state)
{
    static const struct http_client_config guarded = {.connections_max = 10, .waiting_max = 10};
    struct calls calls;
    calls_open(&calls, &guarded);
    const char *port = strrchr(calls.base, ':') + 1;
    for (size_t i = 0; i < sizeof private_urls / sizeof private_urls[0]; i++) {
        struct asked asked;
        char url[100];
        const char *mark = strchr(private_urls[i], '#');
        snprintf(url, sizeof url, "%.*s%s%s", (int)(mark - private_urls[i]), private_urls[i], port,
                 mark + 1);
        assert_true(ask(&calls, &asked, url, PATIENCE_MS));
        calls_wait(&calls, i + 1);
        if (strcmp(asked.text, "refused 0 <>") != 0) fail_msg("%s: %s", url, asked.text);
    }
    assert_int_equal(calls.rig.requests, 0);
    calls_close(&calls);
}

static void a_port_where_nobody_listens_is_no_connection(void **state)
{
    struct calls calls;
    struct asked asked;
    char url[100];
    calls_open(&calls, NULL);
    snprintf(url, sizeof url, "%s/now", calls.base);
    http_server_free(calls.rig.server);
    calls.rig.server = NULL;
    assert_true(ask(&calls, &asked, url, PATIENCE_MS));
    calls_wait(&calls, 1);
    assert_string_equal(asked.text, "unconnected 0 <>");
    calls_close(&calls);
}

static void a_server_without_tls_is_no_connection_for_https(void **state)
{
    struct calls calls;
    struct asked asked;
    char url[100];
    calls_open(&calls, NULL);
    snprintf(url, sizeof url, "https%s/now", calls.base + 4);
    assert_true(ask(&calls, &asked, url, PATIENCE_MS));
    calls_wait(&calls, 1);
    assert_string_equal(asked.text, "unconnected 0 <>");
    assert_int_equal(calls.rig.requests, 0);
    calls_close(&calls);
}

static void an_answer_that_does_not_come_times_out(void **state)
{
    struct calls calls;
    struct asked asked;
    char url[100];
    calls_open(&calls, NULL);
    snprintf(url, sizeof url, "%s/later", calls.base);
    assert_true(ask(&calls, &asked, url, 50));
    calls_wait(&calls, 1);
    assert_string_equal(asked.text, "timed out 0 <>");
    calls_close(&calls);
}

static void of_a_long_answer_only_the_beginning_is_kept(void **state)
{
    /* Within what is read for nothing, and far beyond it. */
    static const char *const paths[] = {"/size/1000", "/size/3000000"};
    struct calls calls;
    calls_open(&calls, NULL);
    for (size_t i = 0; i < (net_is_faultless() ? 2 : 1); i++) {
        struct asked asked;
        ask_path(&calls, &asked, paths[i]);
        calls_wait(&calls, i + 1);
        assert_int_equal(strlen(asked.text), strlen("answered 200 <>") + 300);
        assert_memory_equal(asked.text, "answered 200 <xxx", 17);
    }
    calls_close(&calls);
}

/* Many calls */

static void each_of_many_calls_has_its_own_answer(void **state)
{
    enum { COUNT = 300 };
    static struct asked asked[COUNT];
    struct calls calls;
    calls_open(&calls, NULL);
    size_t count = net_is_faultless() ? COUNT : 20;
    for (size_t i = 0; i < count; i++) {
        char path[100];
        snprintf(path, sizeof path, "/see/%zu", i);
        ask_path(&calls, &asked[i], path);
    }
    calls_wait(&calls, count);
    for (size_t i = 0; i < count; i++) {
        char text[100];
        snprintf(text, sizeof text, "answered 200 <POST /see/%zu? - - body>", i);
        assert_string_equal(asked[i].text, text);
        assert_int_equal(asked[i].answers, 1);
    }
    calls_close(&calls);
}

static void too_many_waiting_calls_are_refused_at_once(void **state)
{
    static const struct http_client_config narrow = {
        .allow_private = true, .connections_max = 1, .waiting_max = 2};
    struct calls calls;
    struct asked asked[4];
    calls_open(&calls, &narrow);
    for (size_t i = 0; i < 3; i++)
        ask_path(&calls, &asked[i], "/later");
    char url[100];
    snprintf(url, sizeof url, "%s/now", calls.base);
    assert_false(ask(&calls, &asked[3], url, PATIENCE_MS));
    for (size_t i = 0; i < 3; i++) {
        /* One after the other. */
        rig_wait(&calls.rig, i + 1, i + 1, 0);
        assert_int_equal(calls.rig.later_count, i + 1);
        rig_answer(rig_later(&calls.rig, i), 200, SLICE("x"));
        calls_wait(&calls, i + 1);
        assert_string_equal(asked[i].text, "answered 200 <x>");
    }
    assert_int_equal(asked[3].answers, 0);
    assert_true(ask(&calls, &asked[3], url, PATIENCE_MS));
    calls_wait(&calls, 4);
    assert_string_equal(asked[3].text, "answered 200 <now>");
    calls_close(&calls);
}

static void a_call_may_time_out_while_it_waits_for_its_turn(void **state)
{
    static const struct http_client_config narrow = {
        .allow_private = true, .connections_max = 1, .waiting_max = 2};
    struct calls calls;
    struct asked first, second;
    char url[100];
    calls_open(&calls, &narrow);
    ask_path(&calls, &first, "/later");
    rig_wait(&calls.rig, 1, 1, 0);
    snprintf(url, sizeof url, "%s/now", calls.base);
    assert_true(ask(&calls, &second, url, 20));
    calls_wait(&calls, 1);
    assert_string_equal(second.text, "timed out 0 <>");
    assert_int_equal(calls.rig.requests, 1);
    rig_answer(rig_later(&calls.rig, 0), 200, SLICE("x"));
    calls_wait(&calls, 2);
    assert_string_equal(first.text, "answered 200 <x>");
    calls_close(&calls);
}

static void freeing_the_client_ends_what_is_in_the_works(void **state)
{
    static const struct http_client_config narrow = {
        .allow_private = true, .connections_max = 2, .waiting_max = 10};
    struct calls calls;
    struct asked asked[5];
    calls_open(&calls, &narrow);
    ask_path(&calls, &asked[0], "/now");
    calls_wait(&calls, 1);
    for (size_t i = 1; i < 5; i++)
        ask_path(&calls, &asked[i], "/later");
    rig_wait(&calls.rig, 1, 0, 0);
    http_client_free(calls.client);
    calls.client = NULL;
    assert_int_equal(calls.done, 5);
    assert_string_equal(asked[0].text, "answered 200 <now>");
    for (size_t i = 1; i < 5; i++)
        assert_string_equal(asked[i].text, "broken 0 <>");
    run_until_quiet(calls.rig.loop);
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(asked[i].answers, 1);
    calls_close(&calls);
}

/* The outcome is known, but the loop has had no time to hear of it. */
static void freeing_the_client_tells_outcomes_that_were_on_their_way(void **state)
{
    struct calls calls;
    struct asked asked[3];
    calls_open(&calls, NULL);
    for (size_t i = 0; i < 3; i++)
        assert_true(ask(&calls, &asked[i], "ftp://x/", PATIENCE_MS));
    http_client_free(calls.client);
    calls.client = NULL;
    assert_int_equal(calls.done, 3);
    run_until_quiet(calls.rig.loop);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(asked[i].answers, 1);
    calls_close(&calls);
}

/* A server that answers the first request of a connection and hangs up on the second */

struct hanger {
    struct tcp *tcp;
    struct hanger *next;
    struct grump *grump;
    struct buf got;
    size_t requests;
};

struct grump {
    struct tcp_listener *listener;
    struct hanger *hangers;
    size_t requests;
    size_t answers; /* on each connection */
};

static void hanger_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct hanger *hanger = user;
    buf_add(&hanger->got, bytes);
    if (hanger->got.size < 4 || memcmp(hanger->got.at + hanger->got.size - 4, "body", 4) != 0)
        return;
    buf_clear(&hanger->got);
    hanger->grump->requests++;
    if (hanger->requests++ < hanger->grump->answers) {
        tcp_write(tcp, SLICE("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    } else {
        tcp_close(tcp, false);
        hanger->tcp = NULL;
    }
}

static void hanger_ended(void *user, struct tcp *tcp, bool clean)
{
    struct hanger *hanger = user;
    tcp_close(tcp, true);
    hanger->tcp = NULL;
}

static const struct tcp_events hanger_events = {.on_read = hanger_read, .on_close = hanger_ended};

static void grump_accept(void *user, struct tcp *tcp)
{
    struct grump *grump = user;
    struct hanger *hanger = MEM_NEW(struct hanger);
    hanger->tcp = tcp;
    hanger->grump = grump;
    hanger->next = grump->hangers;
    buf_init(&hanger->got, 10000);
    grump->hangers = hanger;
    tcp_set_user(tcp, &hanger_events, hanger);
}

static void grump_close(struct grump *grump)
{
    while (grump->hangers) {
        struct hanger *hanger = grump->hangers;
        grump->hangers = hanger->next;
        if (hanger->tcp) tcp_close(hanger->tcp, true);
        buf_done(&hanger->got);
        mem_free(hanger);
    }
    tcp_listener_close(grump->listener);
}

static void a_request_whose_connection_breaks_is_not_sent_again(void **state)
{
    for (size_t answers = 0; answers < 2; answers++) {
        struct calls calls;
        struct grump grump = {.answers = answers};
        char error[256], url[100];
        struct asked asked;
        calls_open(&calls, NULL);
        grump.listener =
            tcp_listen(calls.rig.loop, SLICE("127.0.0.1:0"), false, grump_accept, &grump, error);
        snprintf(url, sizeof url, "http://%s/", tcp_listener_address(grump.listener).at);
        for (size_t i = 0; i <= answers; i++) {
            assert_true(ask(&calls, &asked, url, PATIENCE_MS));
            calls_wait(&calls, i + 1);
            /* The simulator's client makes a connection for each call. */
            bool answered = i < answers || (answers > 0 && grump.hangers->requests == 1);
            assert_string_equal(asked.text, answered ? "answered 200 <ok>" : "broken 0 <>");
        }
        assert_int_equal(grump.requests, answers + 1);
        grump_close(&grump);
        calls_close(&calls);
    }
}

#ifndef NET_SIM
static void connections_are_used_again(void **state)
{
    struct calls calls;
    struct asked first, second;
    calls_open(&calls, NULL);
    ask_path(&calls, &first, "/peer");
    calls_wait(&calls, 1);
    ask_path(&calls, &second, "/peer");
    calls_wait(&calls, 2);
    assert_true(slice_starts(slice_cstr(first.text), SLICE("answered 200 <127.0.0.1:")));
    assert_string_equal(first.text, second.text);
    calls_close(&calls);
}
#else
static void names_lead_to_addresses_that_are_looked_at(void **state)
{
    static const struct http_client_config guarded = {.connections_max = 10, .waiting_max = 10};
    struct calls calls;
    struct asked asked;
    char url[100];
    calls_open(&calls, &guarded);
    sim_host(SLICE("inside.example"), SLICE("127.0.0.1"));
    snprintf(url, sizeof url, "http://inside.example%s/now", strrchr(calls.base, ':'));
    assert_true(ask(&calls, &asked, url, PATIENCE_MS));
    calls_wait(&calls, 1);
    assert_string_equal(asked.text, "refused 0 <>");
    assert_true(ask(&calls, &asked, "http://nowhere.example/now", PATIENCE_MS));
    calls_wait(&calls, 2);
    assert_string_equal(asked.text, "unconnected 0 <>");
    assert_int_equal(calls.rig.requests, 0);
    calls_close(&calls);
}
#endif

static int use_no_proxy_of_the_environment(void **state)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    return net_open(state);
}

#define CALL_TEST(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, use_no_proxy_of_the_environment, net_close)

static const struct CMUnitTest tests[] = {
    CALL_TEST(each_request_arrives_as_it_was_asked),
    CALL_TEST(what_is_no_http_url_is_refused),
    CALL_TEST(addresses_that_are_not_public_are_refused),
    CALL_TEST(a_port_where_nobody_listens_is_no_connection),
    CALL_TEST(a_server_without_tls_is_no_connection_for_https),
    CALL_TEST(an_answer_that_does_not_come_times_out),
    CALL_TEST(of_a_long_answer_only_the_beginning_is_kept),
    CALL_TEST(each_of_many_calls_has_its_own_answer),
    CALL_TEST(too_many_waiting_calls_are_refused_at_once),
    CALL_TEST(a_call_may_time_out_while_it_waits_for_its_turn),
    CALL_TEST(freeing_the_client_ends_what_is_in_the_works),
    CALL_TEST(freeing_the_client_tells_outcomes_that_were_on_their_way),
    CALL_TEST(a_request_whose_connection_breaks_is_not_sent_again),
#ifndef NET_SIM
    CALL_TEST(connections_are_used_again),
#else
    CALL_TEST(names_lead_to_addresses_that_are_looked_at),
#endif
};

NET_RUN(tests)
