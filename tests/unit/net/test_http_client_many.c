/* Many calls at once, and calls that end before they are answered, on both backends. */
#include "http_calls.h"

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

static const struct CMUnitTest tests[] = {
    CALL_TEST(each_of_many_calls_has_its_own_answer),
    CALL_TEST(too_many_waiting_calls_are_refused_at_once),
    CALL_TEST(a_call_may_time_out_while_it_waits_for_its_turn),
    CALL_TEST(freeing_the_client_ends_what_is_in_the_works),
    CALL_TEST(freeing_the_client_tells_outcomes_that_were_on_their_way),
    CALL_TEST(a_request_whose_connection_breaks_is_not_sent_again),
};

NET_RUN(tests)
