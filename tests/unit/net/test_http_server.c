/* Whole conversations: what is said to the server, and what comes back. */
#include "http_rig.h"

#define GET(path)             "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define HEAD_OF(method, path) method " " path " HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED(path)         HEAD_OF("POST", path) "Transfer-Encoding: chunked\r\n\r\n"
#define TEN                   "0123456789"

/* Every conversation goes on with one more request, at once. An open connection answers it, which
   shows that both sides still agree where requests begin; a closed one has not parsed it. */
static const char farewell[] =
    HEAD_OF("POST", "/echo") "Connection: close\r\nContent-Length: 3\r\n\r\nbye";
#define BYE "200 close <bye>;$"

static const struct talk {
    const char *said, *outcome;
} talks[] = {
    {"", BYE},
    {GET("/now"), "200 <now>;" BYE},
    {GET("/now") GET("/echo") GET("/now"), "200 <now>;200 <>;200 <now>;" BYE},
    {"\r\n" GET("/now") "\r\n", "200 <now>;" BYE},
    {GET("http://other/now?x"), "200 <now>;" BYE},
    {HEAD_OF("GET", "/now") "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "200 <now>;" BYE},

    /* Bodies. */
    {HEAD_OF("POST", "/echo") "Content-Length: 10\r\n\r\n" TEN, "200 <" TEN ">;" BYE},
    {CHUNKED("/echo") "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: x\r\n\r\n", "200 <abcde>;" BYE},
    {HEAD_OF("POST", "/stream") "Content-Length: 10\r\n\r\n" TEN, "200 <10>;" BYE},
    {CHUNKED("/stream") "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "200 <5>;" BYE},
    {HEAD_OF("POST", "/small") "Content-Length: 5\r\n\r\nhello", "200 <hello>;" BYE},
    {HEAD_OF("POST", "/small") "Content-Length: 6\r\n\r\nhello!", "413 close <{413}>;$"},
    {CHUNKED("/small") "5\r\nhello\r\n0\r\n\r\n", "200 <hello>;" BYE},
    {CHUNKED("/small") "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n", "413 close <{413}>;$"},
    {CHUNKED("/small") "6\r\nhello!\r\n0\r\n\r\n", "413 close <{413}>;$"},

    /* Answers before the body was read. */
    {HEAD_OF("POST", "/now") "Content-Length: 10\r\n\r\n" TEN, "200 <now>;" BYE},
    {CHUNKED("/now") "a\r\n" TEN "\r\n0\r\n\r\n", "200 <now>;" BYE},
    {HEAD_OF("POST", "/now") "Content-Length: 262145\r\n\r\n", "200 close <now>;$"},
    {CHUNKED("/now") "40001\r\n", "200 <now>;$"},
    {CHUNKED("/now") "x\r\n", "200 <now>;$"},
    {HEAD_OF("POST", "/mid") "Content-Length: 10\r\n\r\n" TEN, "403 <mid>;" BYE},
    {CHUNKED("/mid") "a\r\n" TEN "\r\n0\r\n\r\n", "403 close <mid>;$"},
    {HEAD_OF("POST", "/mid") "Content-Length: 300000\r\n\r\n" TEN, "403 close <mid>;$"},

    /* HEAD, and statuses without a body. */
    {HEAD_OF("HEAD", "/now") "\r\n", "200 (3);" BYE},
    {HEAD_OF("HEAD", "/unknown") "\r\n", "404 (5);" BYE},
    {GET("/none"), "204 <>;" BYE},

    /* Errors, each in the shape of the path's edge. */
    {GET("/nothing"), "404 <{404}>;" BYE},
    {GET("/api/nothing"), "404 <{api 404}>;" BYE},
    {GET("/api/own"), "404 <{own 404}>;" BYE},
    {GET("/api/own/"), "404 <{api 404}>;" BYE},
    {HEAD_OF("GET", "/api/own") "X : y\r\n\r\n", "400 close <{own 400}>;$"},
    {GET("/a#b"), "400 close <{400}>;$"},
    {HEAD_OF("GET", "/a") "X : y\r\n\r\n", "400 close <{400}>;$"},
    {HEAD_OF("GET", "/api/a") "X : y\r\n\r\n", "400 close <{api 400}>;$"},
    {"GET /api/a HTTP/1.1\r\n\r\n", "400 close <{api 400}>;$"},
    {"GET http://h/api/a HTTP/1.1\r\n\r\n", "400 close <{api 400}>;$"},
    {"GET /api/a\r\n", "400 close <{400}>;$"},
    {"GET / HTTP/2.0\r\n", "505 close <{505}>;$"},
    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 close <{505}>;$"},
    {"\x16\x03\x01\x02", "400 close <{400}>;$"},
    {HEAD_OF("NOSUCH", "/api/a") "\r\n", "501 close <{api 501}>;$"},
    {HEAD_OF("POST", "/echo") "Transfer-Encoding: gzip\r\n\r\n", "501 close <{501}>;$"},
    {HEAD_OF("POST", "/echo") "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
     "400 close <{400}>;$"},
    {HEAD_OF("POST", "/echo") "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
     "400 close <{400}>;$"},
    {CHUNKED("/echo") "3\r\nabcXX0\r\n\r\n", "400 close <{400}>;$"},
    {CHUNKED("/api/echo") "3\r\nabc\r\nx\r\n", "400 close <{api 400}>;$"},
    {GET("/now") "nonsense\r\n", "200 <now>;400 close <{400}>;$"},
    {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "404 <{404}>;" BYE},

    /* The versions and what they say about the connection. */
    {"GET /now HTTP/1.0\r\n\r\n", "200 close <now>;$"},
    {"GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "200 keep <now>;" BYE},
    {"GET /now HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n", "200 close <now>;$"},
    {HEAD_OF("GET", "/now") "Connection: close\r\n\r\n", "200 close <now>;$"},
    {HEAD_OF("POST", "/now") "Connection: close\r\nContent-Length: 10\r\n\r\n" TEN,
     "200 close <now>;$"},
    {GET("/now") HEAD_OF("GET", "/now") "Connection: close\r\n\r\n" GET("/now"),
     "200 <now>;200 close <now>;$"},

    /* The body comes with its head, so there is nothing to expect. */
    {HEAD_OF("POST", "/echo") "Expect: something\r\nContent-Length: 3\r\n\r\nabc",
     "200 <abc>;" BYE},
    {HEAD_OF("GET", "/now") "Expect: 100-continue\r\n\r\n", "200 <now>;" BYE},
};

static void each_conversation_has_its_outcome(void **state)
{
    struct rig rig;
    rig_open(&rig, NULL);
    for (size_t i = 0; i < sizeof talks / sizeof talks[0]; i++) {
        struct rig_client client;
        client_open(&client, &rig);
        client_say(&client, talks[i].said);
        client_say(&client, farewell);
        assert_true(run_until(rig.loop, client_is_closed, &client));
        if (strcmp(client_text(&client), talks[i].outcome) != 0)
            fail_msg("%s\nis:        %s\nshould be: %s", talks[i].said, client.text,
                     talks[i].outcome);
        client_done(&client);
    }
    rig_close(&rig);
}

static void all_conversations_at_once_do_not_mix(void **state)
{
    enum { COUNT = sizeof talks / sizeof talks[0] };
    struct rig rig;
    struct rig_client clients[COUNT];
    rig_open(&rig, NULL);
    for (size_t i = 0; i < COUNT; i++) {
        client_open(&clients[i], &rig);
        client_say(&clients[i], talks[i].said);
        client_say(&clients[i], farewell);
    }
    for (size_t i = 0; i < COUNT; i++)
        client_expect_closed(&clients[i], talks[i].outcome);
    for (size_t i = 0; i < COUNT; i++)
        client_done(&clients[i]);
    rig_close(&rig);
}

static void a_head_larger_than_allowed_is_431(void **state)
{
    struct rig rig;
    struct rig_client client;
    struct buf said;
    rig_open(&rig, NULL);
    buf_init(&said, SIZE_MAX);
    buf_add(&said, SLICE("GET /api/x HTTP/1.1\r\nX: "));
    while (said.size < rig.config.header_max)
        buf_add_byte(&said, 'a');
    client_open(&client, &rig);
    tcp_write(client.tcp, buf_slice(&said));
    client_expect_closed(&client, "431 close <{api 431}>;$");
    buf_done(&said);
    client_done(&client);
    rig_close(&rig);
}

/* Order */

static void answers_leave_in_the_order_of_the_requests(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, GET("/later") GET("/now") GET("/later") GET("/later"));
    client_say(&client, farewell);
    rig_wait(&rig, 3, 0, 0);
    rig_answer(rig_later(&rig, 2), 202, SLICE("third"));
    rig_answer(rig_later(&rig, 1), 201, SLICE("second"));
    run_until_quiet(rig.loop);
    assert_string_equal(client_text(&client), "");
    assert_null(rig_later(&rig, 1));
    rig_answer(rig_later(&rig, 0), 200, SLICE("first"));
    client_expect_closed(&client,
                         "200 <first>;200 <now>;201 <second>;202 <third>;200 close <bye>;$");
    client_done(&client);
    rig_close(&rig);
}

static void an_error_waits_for_the_answers_before_it(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, GET("/later") GET("/later") GET("/later") "nonsense\r\n" GET("/now"));
    rig_wait(&rig, 3, 0, 0);
    run_until_quiet(rig.loop);
    for (size_t i = 3; i-- > 0;)
        rig_answer(rig_later(&rig, i), 200, SLICE("x"));
    client_expect_closed(&client, "200 <x>;200 <x>;200 <x>;400 close <{400}>;$");
    assert_int_equal(rig.requests, 3);
    client_done(&client);
    rig_close(&rig);
}

/* 100-continue */

#define EXPECTING(path) HEAD_OF("POST", path) "Expect: 100-continue\r\nContent-Length: 3\r\n\r\n"

static void a_body_that_waits_is_asked_for(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, EXPECTING("/echo"));
    client_expect(&client, "100 <>;");
    client_say(&client, "abc");
    client_expect(&client, "100 <>;200 <abc>;");
    client_say(&client, farewell);
    client_expect_closed(&client, "100 <>;200 <abc>;" BYE);
    client_done(&client);
    rig_close(&rig);
}

/* Such a customer may send the body or not, so nobody could tell it from his next request. */
static void a_body_that_waits_is_not_asked_for_when_the_answer_is_there(void **state)
{
    static const char *const paths[] = {EXPECTING("/now"), EXPECTING("/now") "abc" GET("/now")};
    struct rig rig;
    rig_open(&rig, NULL);
    for (size_t i = 0; i < 2; i++) {
        /* Without cuts the body of the second comes with the head, and there is no doubt. */
        if (i == 1 && !net_is_faultless()) continue;
        struct rig_client client;
        client_open(&client, &rig);
        client_say(&client, paths[i]);
        if (i == 1) client_say(&client, farewell);
        client_expect_closed(&client, i ? "200 <now>;200 <now>;" BYE : "200 close <now>;$");
        client_done(&client);
    }
    rig_close(&rig);
}

static void a_body_that_is_too_long_is_not_asked_for(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client,
               HEAD_OF("POST", "/small") "Expect: 100-continue\r\nContent-Length: 6\r\n\r\n");
    client_expect_closed(&client, "413 close <{413}>;$");
    client_done(&client);
    rig_close(&rig);
}

static void asking_for_a_body_has_its_place_in_the_order(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, GET("/later") EXPECTING("/echo"));
    rig_wait(&rig, 1, 0, 0);
    run_until_quiet(rig.loop);
    assert_string_equal(client_text(&client), "");
    rig_answer(rig_later(&rig, 0), 200, SLICE("first"));
    client_expect(&client, "200 <first>;100 <>;");
    client_say(&client, "abc");
    client_say(&client, farewell);
    client_expect_closed(&client, "200 <first>;100 <>;200 <abc>;" BYE);
    client_done(&client);
    rig_close(&rig);
}

/* Headers of answers */

static void answers_carry_their_date_and_a_request_id(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, GET("/now"));
    client_say(&client, farewell);
    client_expect_closed(&client, "200 <now>;" BYE);
    buf_add_byte(&client.got, '\0');
    char first[17], second[17];
    const char *at = strstr(client.got.at, "\r\nX-Request-Id: ");
    assert_int_equal(sscanf(at, "\r\nX-Request-Id: %16[0-9a-f]\r\n", first), 1);
    assert_int_equal(
        sscanf(strstr(at + 2, "\r\nX-Request-Id: "), "\r\nX-Request-Id: %16[0-9a-f]\r\n", second),
        1);
    assert_int_equal(strlen(first), 16);
    assert_string_not_equal(first, second);
    at = strstr(client.got.at, "\r\nDate: ");
    assert_non_null(at);
    assert_memory_equal(at + 8 + 25, " GMT\r\n", 6);
    client_done(&client);
    rig_close(&rig);
}

static void a_header_value_cannot_begin_another_header(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, HEAD_OF("GET", "/header") "X-IN:  given \r\n\r\n");
    client_say(&client, farewell);
    client_expect_closed(&client, "200 <>;" BYE);
    buf_add_byte(&client.got, '\0');
    assert_non_null(strstr(client.got.at, "\r\nX-Out: given\r\n"));
    assert_non_null(strstr(client.got.at, "\r\nX-Evil: a  X-Injected: b  c\r\n"));
    client_done(&client);
    rig_close(&rig);
}

static void a_large_answer_arrives_whole(void **state)
{
    struct rig rig;
    struct rig_client client;
    size_t size = net_is_faultless() ? 5000000 : 20000;
    char said[100];
    snprintf(said, sizeof said, "GET /size/%zu HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
             size);
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, said);
    assert_true(run_until(rig.loop, client_is_closed, &client));
    assert_true(client.clean);
    const char *body = memmem(client.got.at, client.got.size, "\r\n\r\n", 4);
    assert_int_equal(client.got.at + client.got.size - body - 4, size);
    client_done(&client);
    rig_close(&rig);
}

static const struct CMUnitTest tests[] = {
    NET_TEST(each_conversation_has_its_outcome),
    NET_TEST(all_conversations_at_once_do_not_mix),
    NET_TEST(a_head_larger_than_allowed_is_431),
    NET_TEST(answers_leave_in_the_order_of_the_requests),
    NET_TEST(an_error_waits_for_the_answers_before_it),
    NET_TEST(a_body_that_waits_is_asked_for),
    NET_TEST(a_body_that_waits_is_not_asked_for_when_the_answer_is_there),
    NET_TEST(a_body_that_is_too_long_is_not_asked_for),
    NET_TEST(asking_for_a_body_has_its_place_in_the_order),
    NET_TEST(answers_carry_their_date_and_a_request_id),
    NET_TEST(a_header_value_cannot_begin_another_header),
    NET_TEST(a_large_answer_arrives_whole),
};

NET_RUN(tests)
