/* What one call leads to, on both backends. */
#include "http_calls.h"

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

static const struct CMUnitTest tests[] = {
    CALL_TEST(each_request_arrives_as_it_was_asked),
    CALL_TEST(what_is_no_http_url_is_refused),
    CALL_TEST(addresses_that_are_not_public_are_refused),
    CALL_TEST(a_port_where_nobody_listens_is_no_connection),
    CALL_TEST(a_server_without_tls_is_no_connection_for_https),
    CALL_TEST(an_answer_that_does_not_come_times_out),
    CALL_TEST(of_a_long_answer_only_the_beginning_is_kept),
#ifndef NET_SIM
    CALL_TEST(connections_are_used_again),
#else
    CALL_TEST(names_lead_to_addresses_that_are_looked_at),
#endif
};

NET_RUN(tests)
