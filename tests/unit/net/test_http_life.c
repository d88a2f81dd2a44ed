/* How connections to the server end: deadlines, hang-ups, caps, back-pressure, draining. */
#include "http_rig.h"

#define GET(path)        "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST(path, size) "POST " path " HTTP/1.1\r\nHost: h\r\nContent-Length: " size "\r\n\r\n"

/* Deadlines. Patience that no test machine can use up by being slow, but for the one in question.
 */
enum { SHORT_MS = 50, LONG_MS = 3600000 };
static const struct http_config patient = {
    .header_max = 16384,
    .header_timeout_ms = LONG_MS,
    .body_timeout_ms = LONG_MS,
    .idle_timeout_ms = LONG_MS,
    .pipeline_max = 4,
};

static const struct deadline_row {
    const char *said;
    uint64_t header_ms, body_ms, idle_ms;
    const char *outcome;
} deadline_rows[] = {
    {"", SHORT_MS, LONG_MS, LONG_MS, "$"},
    {"G", SHORT_MS, LONG_MS, LONG_MS, "408 close <{408}>;$"},
    {"GET /api/x HTTP/1.1\r\nHost: h\r\n", SHORT_MS, LONG_MS, LONG_MS, "408 close <{api 408}>;$"},
    {GET("/now") "GET /", SHORT_MS, LONG_MS, LONG_MS, "200 <now>;408 close <{408}>;$"},
    {POST("/echo", "5") "hell", LONG_MS, SHORT_MS, LONG_MS, "408 close <{408}>;$"},
    {POST("/api/echo", "5"), LONG_MS, SHORT_MS, LONG_MS, "408 close <{api 408}>;$"},
    {POST("/now", "5") "hell", LONG_MS, SHORT_MS, LONG_MS, "200 <now>;$"},
    {GET("/now"), LONG_MS, LONG_MS, SHORT_MS, "200 <now>;$"},
    {GET("/now") "\r\n", LONG_MS, LONG_MS, SHORT_MS, "200 <now>;$"},
};

static void each_silence_has_its_deadline(void **state)
{
    for (size_t i = 0; i < sizeof deadline_rows / sizeof deadline_rows[0]; i++) {
        const struct deadline_row *row = &deadline_rows[i];
        struct http_config config = patient;
        struct rig rig;
        struct rig_client client;
        config.header_timeout_ms = row->header_ms;
        config.body_timeout_ms = row->body_ms;
        config.idle_timeout_ms = row->idle_ms;
        /* What is said must come before the deadline. */
        if (!net_is_faultless() && row->said[0]) continue;
        rig_open(&rig, &config);
        client_open(&client, &rig);
        client_say(&client, row->said);
        client_expect_closed(&client, row->outcome);
        client_done(&client);
        rig_close(&rig);
    }
}

/* Says one byte after the other, with `gap_ms` between them. */
struct dribble {
    struct loop_timer timer;
    struct rig_client *client;
    const char *rest;
    uint64_t gap_ms;
};

static void dribble_on(struct loop_timer *timer)
{
    struct dribble *dribble = (struct dribble *)(void *)timer;
    if (dribble->client->closed || !*dribble->rest) return;
    tcp_write(dribble->client->tcp, slice_of(dribble->rest++, 1));
    loop_timer_start(dribble->client->rig->loop, timer, dribble->gap_ms);
}

static void a_head_that_dribbles_in_is_cut_off_all_the_same(void **state)
{
    if (!net_is_faultless()) return; /* the network has a say in when bytes come */
    struct http_config config = patient;
    struct rig rig;
    struct rig_client client;
    config.header_timeout_ms = SHORT_MS;
    rig_open(&rig, &config);
    client_open(&client, &rig);
    /* More bytes than fit the time. */
    struct dribble dribble = {.timer.fire = dribble_on, .client = &client, .gap_ms = 2};
    dribble.rest =
        "GET /now HTTP/1.1\r\nHost: hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh\r\n";
    loop_timer_start(rig.loop, &dribble.timer, 0);
    client_expect_closed(&client, "408 close <{408}>;$");
    loop_timer_stop(rig.loop, &dribble.timer);
    client_done(&client);
    rig_close(&rig);
}

static void a_body_may_take_its_time_as_long_as_it_moves(void **state)
{
    if (!net_is_faultless()) return;
    struct http_config config = patient;
    struct rig rig;
    struct rig_client client;
    config.body_timeout_ms = 1000;
    rig_open(&rig, &config);
    client_open(&client, &rig);
    client_say(&client, POST("/echo", "30"));
    /* In virtual time: far longer than the timeout, but never silent for so long. */
    struct dribble dribble = {.timer.fire = dribble_on, .client = &client};
    dribble.rest = "012345678901234567890123456789";
#ifdef NET_SIM
    dribble.gap_ms = 600;
#endif
    loop_timer_start(rig.loop, &dribble.timer, 0);
    client_expect(&client, "200 <012345678901234567890123456789>;");
    loop_timer_stop(rig.loop, &dribble.timer);
    client_done(&client);
    rig_close(&rig);
}

static void an_edge_may_take_as_long_as_it_wants(void **state)
{
    struct http_config config = patient;
    struct rig rig;
    struct rig_client client;
    config.body_timeout_ms = config.idle_timeout_ms = 10;
    rig_open(&rig, &config);
    client_open(&client, &rig);
    client_say(&client, GET("/later"));
    rig_wait(&rig, 1, 0, 0);
    run_until_quiet(rig.loop);
    rig_answer(rig_later(&rig, 0), 200, SLICE("x"));
    client_expect_closed(&client, "200 <x>;$");
    client_done(&client);
    rig_close(&rig);
}

/* Hanging up */

static void an_edge_hears_of_a_customer_who_hangs_up_inside_a_body(void **state)
{
    struct rig rig;
    struct rig_client client, next;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, POST("/later", "5") "hell");
    rig_wait(&rig, 1, 0, 0);
    assert_non_null(rig_later(&rig, 0));
    client_hang_up(&client);
    rig_wait(&rig, 0, 0, 1);
    assert_null(rig_later(&rig, 0));

    /* The place is used again, but the old reference does not find its new owner. */
    rig.later_count = 1;
    client_open(&next, &rig);
    client_say(&next, GET("/later"));
    rig_wait(&rig, 2, 0, 0);
    assert_int_equal(rig.later[0].index, rig.later[1].index);
    assert_null(rig_later(&rig, 0));
    assert_non_null(rig_later(&rig, 1));
    rig_answer(rig_later(&rig, 1), 200, SLICE("x"));
    client_expect(&next, "200 <x>;");
    assert_null(rig_later(&rig, 1));
    assert_int_equal(rig.gone, 1);
    client_done(&client);
    client_done(&next);
    rig_close(&rig);
}

static void a_reference_that_was_never_given_finds_nothing(void **state)
{
    struct rig rig;
    rig_open(&rig, NULL);
    assert_null(http_find(rig.server, (struct http_ref){0, 0}));
    assert_null(http_find(rig.server, (struct http_ref){0, 1}));
    assert_null(http_find(rig.server, (struct http_ref){UINT32_MAX, 1}));
    rig_close(&rig);
}

static void a_request_that_the_server_gave_up_is_gone_for_its_edge(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client,
               "POST /later HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nax");
    client_expect_closed(&client, "400 close <{400}>;$");
    assert_int_equal(rig.requests, 1);
    assert_int_equal(rig.gone, 1);
    assert_int_equal(rig.bodies, 0);
    assert_null(rig_later(&rig, 0));
    client_done(&client);
    rig_close(&rig);
}

/* Whoever closes his side after his request may still want the answer; if he is gone, it is lost
   somewhere in the network, and nothing else happens. */
static void an_answer_to_a_customer_who_is_gone_does_no_harm(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, GET("/later"));
    rig_wait(&rig, 1, 1, 0);
    client_hang_up(&client);
    run_until_quiet(rig.loop);
    struct http_request *request = rig_later(&rig, 0);
    if (request) rig_answer(request, 200, SLICE("x"));
    assert_null(rig_later(&rig, 0));
    http_server_drain(rig.server, rig_note_drained, &rig);
    assert_true(run_until(rig.loop, rig_is_drained, &rig));
    client_done(&client);
    rig_close(&rig);
}

#ifdef NET_SIM
static void a_broken_connection_is_gone_at_once(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, GET("/later") GET("/later"));
    rig_wait(&rig, 2, 2, 0);
    assert_int_equal(sim_cut(http_server_address(rig.server), 1), 1);
    rig_wait(&rig, 0, 0, 1);
    assert_int_equal(rig.gone, 2);
    assert_null(rig_later(&rig, 0));
    assert_null(rig_later(&rig, 1));
    client_done(&client);
    rig_close(&rig);
}
#endif

static void freeing_the_server_tells_the_edges(void **state)
{
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, NULL);
    client_open(&client, &rig);
    client_say(&client, GET("/later") GET("/later") GET("/now") POST("/later", "5"));
    rig_wait(&rig, 3, 2, 0);
    http_server_free(rig.server);
    rig.server = NULL;
    assert_int_equal(rig.gone, 3);
    assert_true(run_until(rig.loop, client_is_closed, &client));
    client_done(&client);
    rig_close(&rig);
}

/* Caps */

static void over_the_cap_of_connections_there_is_a_503(void **state)
{
    struct http_config config = patient;
    struct rig rig;
    struct rig_client clients[4];
    config.connections_max = 2;
    rig_open(&rig, &config);
    for (size_t i = 0; i < 2; i++) {
        client_open(&clients[i], &rig);
        client_say(&clients[i], GET("/now"));
        client_expect(&clients[i], "200 <now>;");
    }
    client_open(&clients[2], &rig);
    client_expect_closed(&clients[2], "503 close <{503}>;$");

    client_say(&clients[0], "nonsense\r\n");
    client_expect_closed(&clients[0], "200 <now>;400 close <{400}>;$");
    client_open(&clients[3], &rig);
    client_say(&clients[3], GET("/now"));
    client_expect(&clients[3], "200 <now>;");
    for (size_t i = 0; i < 4; i++)
        client_done(&clients[i]);
    rig_close(&rig);
}

static void over_the_cap_of_an_address_there_is_nothing(void **state)
{
    struct http_config config = patient;
    struct rig rig;
    struct rig_client clients[4];
    config.connections_per_address_max = 2;
    rig_open(&rig, &config);
    for (size_t i = 0; i < 2; i++) {
        client_open(&clients[i], &rig);
        client_say(&clients[i], GET("/now"));
        client_expect(&clients[i], "200 <now>;");
    }
    client_open(&clients[2], &rig);
    assert_true(run_until(rig.loop, client_is_closed, &clients[2]));
    assert_int_equal(clients[2].got.size, 0);

    client_say(&clients[1], "nonsense\r\n");
    client_expect_closed(&clients[1], "200 <now>;400 close <{400}>;$");
    client_open(&clients[3], &rig);
    client_say(&clients[3], GET("/now"));
    client_expect(&clients[3], "200 <now>;");
    for (size_t i = 0; i < 4; i++)
        client_done(&clients[i]);
    rig_close(&rig);
}

/* Back-pressure */

static void no_more_requests_than_allowed_are_in_the_works(void **state)
{
    enum { COUNT = 100, MAX = 4 };
    struct rig rig;
    struct rig_client client;
    struct buf outcome;
    buf_init(&outcome, SIZE_MAX);
    rig_open(&rig, &patient);
    client_open(&client, &rig);
    for (size_t i = 0; i < COUNT; i++) {
        client_say(&client, GET("/later"));
        buf_printf(&outcome, "200 <%zu>;", i);
    }
    buf_add_byte(&outcome, '\0');
    rig_wait(&rig, 4, 0, 0);
    for (size_t i = 0; i < COUNT; i++) {
        rig_wait(&rig, i + 1, 0, 0);
        assert_in_range(rig.later_count, i + 1, i + MAX);
        struct http_request *request = rig_later(&rig, i);
        size_t before = rig.requests;
        rig_answer(request, 200, arena_printf(http_arena(request), "%zu", i));
        assert_int_equal(rig.requests, before); /* not from inside http_answer */
    }
    client_expect(&client, outcome.at);
    buf_done(&outcome);
    client_done(&client);
    rig_close(&rig);
}

static bool client_has_all(void *user)
{
    const struct rig_client *client = user;
    return client->closed || client->got.size >= client->wanted;
}

static void a_customer_who_takes_no_answers_is_not_read(void **state)
{
    if (!net_is_faultless()) return; /* much to move byte by byte */
    enum { COUNT = 300 };
    struct rig rig;
    struct rig_client client;
    rig_open(&rig, &patient);
    client_open(&client, &rig);
    tcp_pause(client.tcp);
    for (size_t i = 0; i < COUNT; i++)
        client_say(&client, GET("/size/100000"));
    run_until_quiet(rig.loop);
    assert_in_range(rig.requests, 1, COUNT / 2);
    tcp_resume(client.tcp);
    client.wanted = (size_t)COUNT * 100000;
    assert_true(run_until(rig.loop, client_has_all, &client));
    assert_int_equal(rig.requests, COUNT);
    client_done(&client);
    rig_close(&rig);
}

static void a_customer_who_never_takes_his_answers_is_cut_off(void **state)
{
    if (!net_is_faultless()) return;
    struct http_config config = patient;
    struct rig rig;
    struct rig_client client;
    config.body_timeout_ms = SHORT_MS;
    rig_open(&rig, &config);
    client_open(&client, &rig);
    tcp_pause(client.tcp);
    for (size_t i = 0; i < 300; i++)
        client_say(&client, GET("/size/100000"));
    run_until_quiet(rig.loop);
    assert_true(rig.requests > 0);
    http_server_drain(rig.server, rig_note_drained, &rig);
    assert_true(run_until(rig.loop, rig_is_drained, &rig));
    assert_true(rig.requests < 300);
    client_done(&client);
    rig_close(&rig);
}

/* The answer must not be destroyed by what the customer is still sending. */
static void a_refused_upload_hears_why(void **state)
{
    static const char *const said[] = {
        POST("/now", "3000000"),
        POST("/echo", "3000000"),
        "POST /now HTTP/1.1\r\nHost: h\r\nX : y\r\nContent-Length: 3000000\r\n\r\n",
    };
    static const char *const outcomes[] = {"200 close <now>;$", "413 close <{413}>;$",
                                           "400 close <{400}>;$"};
    if (!net_is_faultless()) return;
    struct rig rig;
    rig_open(&rig, NULL);
    char *body = mem_alloc(3000000);
    for (size_t i = 0; i < 3; i++) {
        struct rig_client client;
        client_open(&client, &rig);
        client_say(&client, said[i]);
        tcp_write(client.tcp, slice_of(body, 3000000));
        client_expect_closed(&client, outcomes[i]);
        client_done(&client);
    }
    mem_free(body);
    rig_close(&rig);
}

/* Draining */

static void draining_ends_idle_connections_at_once_and_busy_ones_after_their_answers(void **state)
{
    struct rig rig;
    struct rig_client idle, busy, reading, late;
    rig_open(&rig, NULL);
    client_open(&idle, &rig);
    client_say(&idle, GET("/now"));
    client_expect(&idle, "200 <now>;");
    client_open(&busy, &rig);
    client_say(&busy, GET("/later") GET("/later"));
    client_open(&reading, &rig);
    client_say(&reading, GET("/now") POST("/echo", "5") "he");
    client_expect(&reading, "200 <now>;");
    rig_wait(&rig, 2, 2, 0);

    http_server_drain(rig.server, rig_note_drained, &rig);
    client_open(&late, &rig);
    client_expect_closed(&idle, "200 <now>;$");
    assert_false(rig.drained);
    client_say(&reading, "llo" GET("/now"));
    client_expect_closed(&reading, "200 <now>;200 close <hello>;$");
    client_say(&busy, GET("/now"));
    run_until_quiet(rig.loop);
    rig_answer(rig_later(&rig, 0), 200, SLICE("a"));
    rig_answer(rig_later(&rig, 1), 200, SLICE("b"));
    client_expect_closed(&busy, "200 <a>;200 close <b>;$");
    assert_true(run_until(rig.loop, client_is_closed, &late));
    assert_false(late.connected);
    assert_true(run_until(rig.loop, rig_is_drained, &rig));
    client_done(&idle);
    client_done(&busy);
    client_done(&reading);
    client_done(&late);
    rig_close(&rig);
}

static void a_server_without_connections_is_drained_soon(void **state)
{
    struct rig rig;
    rig_open(&rig, NULL);
    http_server_drain(rig.server, rig_note_drained, &rig);
    assert_false(rig.drained); /* not from inside */
    assert_true(run_until(rig.loop, rig_is_drained, &rig));
    rig_close(&rig);
}

static void an_address_that_is_taken_is_refused(void **state)
{
    struct rig rig;
    char error[256] = "";
    rig_open(&rig, NULL);
    const struct http_edge edge = {.prefix = SLICE("")};
    assert_null(
        http_server_open(rig.loop, http_server_address(rig.server), false, NULL, &edge, 1, error));
    assert_true(error[0]);
    rig_close(&rig);
}

static const struct CMUnitTest tests[] = {
    NET_TEST(each_silence_has_its_deadline),
    NET_TEST(a_head_that_dribbles_in_is_cut_off_all_the_same),
    NET_TEST(a_body_may_take_its_time_as_long_as_it_moves),
    NET_TEST(an_edge_may_take_as_long_as_it_wants),
    NET_TEST(an_edge_hears_of_a_customer_who_hangs_up_inside_a_body),
    NET_TEST(a_reference_that_was_never_given_finds_nothing),
    NET_TEST(a_request_that_the_server_gave_up_is_gone_for_its_edge),
    NET_TEST(an_answer_to_a_customer_who_is_gone_does_no_harm),
#ifdef NET_SIM
    NET_TEST(a_broken_connection_is_gone_at_once),
#endif
    NET_TEST(freeing_the_server_tells_the_edges),
    NET_TEST(over_the_cap_of_connections_there_is_a_503),
    NET_TEST(over_the_cap_of_an_address_there_is_nothing),
    NET_TEST(no_more_requests_than_allowed_are_in_the_works),
    NET_TEST(a_customer_who_takes_no_answers_is_not_read),
    NET_TEST(a_customer_who_never_takes_his_answers_is_cut_off),
    NET_TEST(a_refused_upload_hears_why),
    NET_TEST(draining_ends_idle_connections_at_once_and_busy_ones_after_their_answers),
    NET_TEST(a_server_without_connections_is_drained_soon),
    NET_TEST(an_address_that_is_taken_is_refused),
};

NET_RUN(tests)
