/* Calls of the HTTP client to a server in this process, and what became of them. */
#pragma once

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

static inline void note_done(void *user, const struct http_result *result)
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
static inline void see_body_end(void *user, struct http_request *request, struct slice body)
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

static inline void see_request(void *user, struct http_request *request, struct http_accept *accept)
{
    ((struct rig *)user)->requests++;
    accept->body_limit = 1 << 20;
}

static inline void peer_body_end(void *user, struct http_request *request, struct slice body)
{
    rig_answer(request, 200, http_peer(request));
}

static inline void calls_open(struct calls *calls, const struct http_client_config *config)
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

static inline void calls_close(struct calls *calls)
{
    http_client_free(calls->client);
    rig_close(&calls->rig);
}

static inline bool calls_are_done(void *user)
{
    const struct calls *calls = user;
    return calls->done >= calls->wanted;
}

static inline void calls_wait(struct calls *calls, size_t count)
{
    calls->wanted = count;
    assert_true(run_until(calls->rig.loop, calls_are_done, calls));
}

static inline bool ask(struct calls *calls, struct asked *asked, const char *url,
                       uint64_t timeout_ms)
{
    *asked = (struct asked){.calls = calls};
    struct http_call call = {.url = slice_cstr(url),
                             .method = SLICE("POST"),
                             .body = SLICE("body"),
                             .timeout_ms = timeout_ms,
                             .response_max = 300};
    return http_client_send(calls->client, calls->rig.loop, &call, note_done, asked);
}

static inline void ask_path(struct calls *calls, struct asked *asked, const char *path)
{
    char url[200];
    snprintf(url, sizeof url, "%s%s", calls->base, path);
    assert_true(ask(calls, asked, url, PATIENCE_MS));
}

static inline int use_no_proxy_of_the_environment(void **state)
{
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    return net_open(state);
}

#define CALL_TEST(test)                                                                            \
    cmocka_unit_test_setup_teardown(test, use_no_proxy_of_the_environment, net_close)
