#include "net/tcp.h"

#include "tcp_pair.h"

/* Plain traffic */

static void bytes_go_there_and_back(void **state)
{
    struct pair pair;
    pair_open(&pair);
    pair.server.echo = true;
    pair.client.wanted = 5;
    tcp_write(pair.client.tcp, SLICE("hello"));
    assert_true(run_until(pair.loop, end_has_all, &pair.client));
    assert_got(&pair.client, SLICE("hello"));
    assert_got(&pair.server, SLICE("hello"));
    pair_done(&pair);
}

static void writes_of_one_round_arrive_together(void **state)
{
    struct pair pair;
    pair_open(&pair);
    pair.server.wanted = 6;
    for (int i = 0; i < 3; i++)
        tcp_write(pair.client.tcp, SLICE("ab"));
    assert_int_equal(tcp_unsent(pair.client.tcp), 6);
    assert_true(run_until(pair.loop, end_has_all, &pair.server));
    assert_got(&pair.server, SLICE("ababab"));
    assert_int_equal(tcp_unsent(pair.client.tcp), 0);
    if (net_is_faultless()) {
        assert_int_equal(pair.server.reads, 1);
        assert_int_equal(pair.client.drains, 1);
    }
    pair_done(&pair);
}

static void what_is_written_before_connecting_is_sent_then(void **state)
{
    struct pair pair;
    pair_listen(&pair, "127.0.0.1:0");
    pair.client.tcp =
        tcp_connect(pair.loop, tcp_listener_address(pair.listener), &end_events, &pair.client);
    tcp_write(pair.client.tcp, SLICE("early"));
    assert_int_equal(tcp_unsent(pair.client.tcp), 5);
    pair.server.wanted = 5;
    assert_true(run_until(pair.loop, end_has_all, &pair.server));
    assert_got(&pair.server, SLICE("early"));
    pair_done(&pair);
}

static void much_arrives_whole_and_in_order(void **state)
{
    struct pair pair;
    struct buf sent;
    pair_open(&pair);
    pattern_make(&sent, net_much());
    pair.server.echo = true;
    pair.client.wanted = sent.size;
    /* Pieces of all sizes, some of them while others are on their way. */
    for (size_t at = 0, piece = 1; at < sent.size; at += piece, piece = piece * 3 % 100003) {
        struct slice rest = slice_from(buf_slice(&sent), at);
        tcp_write(pair.client.tcp, slice_of(rest.at, piece < rest.size ? piece : rest.size));
    }
    assert_int_equal(tcp_unsent(pair.client.tcp), sent.size);
    assert_true(run_until(pair.loop, end_has_all, &pair.client));
    assert_got(&pair.client, buf_slice(&sent));
    assert_true(pair.client.drains > 0);
    buf_done(&sent);
    pair_done(&pair);
}

static void an_empty_write_does_nothing(void **state)
{
    struct pair pair;
    pair_open(&pair);
    tcp_write(pair.client.tcp, SLICE(""));
    run_until_quiet(pair.loop);
    assert_int_equal(pair.server.reads, 0);
    assert_int_equal(pair.client.drains, 0);
    pair_done(&pair);
}

/* Back-pressure */

static void a_paused_reader_fills_its_sender_up(void **state)
{
    struct pair pair;
    struct buf sent;
    pair_open(&pair);
    pattern_make(&sent, net_much());
    tcp_pause(pair.server.tcp);
    tcp_write(pair.client.tcp, buf_slice(&sent));
    run_until_quiet(pair.loop);
    assert_int_equal(pair.server.got.size, 0);
    size_t unsent = tcp_unsent(pair.client.tcp);
    assert_in_range(unsent, 1, sent.size - 1);
    assert_int_equal(pair.client.drains, 0);

    tcp_write(pair.client.tcp, SLICE("more"));
    assert_int_equal(tcp_unsent(pair.client.tcp), unsent + 4);
    run_until_quiet(pair.loop);
    assert_int_equal(tcp_unsent(pair.client.tcp), unsent + 4);

    tcp_resume(pair.server.tcp);
    pair.server.wanted = sent.size + 4;
    assert_true(run_until(pair.loop, end_has_all, &pair.server));
    assert_true(run_until(pair.loop, end_drained, &pair.client));
    assert_int_equal(tcp_unsent(pair.client.tcp), 0);
    assert_int_equal(pair.client.drains, 1);
    buf_add(&sent, SLICE("more"));
    assert_got(&pair.server, buf_slice(&sent));
    buf_done(&sent);
    pair_done(&pair);
}

static void pausing_inside_on_read_stops_at_once(void **state)
{
    struct pair pair;
    struct buf sent;
    pair_open(&pair);
    pattern_make(&sent, net_much());
    pair.server.pause_at = 1;
    tcp_write(pair.client.tcp, buf_slice(&sent));
    run_until_quiet(pair.loop);
    assert_int_equal(pair.server.reads, 1);

    pair.server.pause_at = 0;
    pair.server.wanted = sent.size;
    tcp_resume(pair.server.tcp);
    assert_true(run_until(pair.loop, end_has_all, &pair.server));
    assert_got(&pair.server, buf_slice(&sent));
    buf_done(&sent);
    pair_done(&pair);
}

static void a_stream_accepted_in_pause_reads_nothing(void **state)
{
    struct pair pair;
    pair_listen(&pair, "127.0.0.1:0");
    pair.client.tcp =
        tcp_connect(pair.loop, tcp_listener_address(pair.listener), &end_events, &pair.client);
    tcp_pause(pair.client.tcp); /* connecting is told all the same */
    assert_true(run_until(pair.loop, pair_is_open, &pair));
    tcp_write(pair.server.tcp, SLICE("x"));
    run_until_quiet(pair.loop);
    assert_int_equal(pair.client.reads, 0);
    tcp_resume(pair.client.tcp);
    pair.client.wanted = 1;
    assert_true(run_until(pair.loop, end_has_all, &pair.client));
    pair_done(&pair);
}

/* Ends */

static void the_peer_sees_a_clean_end(void **state)
{
    struct pair pair;
    pair_open(&pair);
    end_close(&pair.client, false);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_true(pair.server.clean);
    run_until_quiet(pair.loop);
    assert_int_equal(pair.server.closes, 1);
    assert_int_equal(pair.client.closes, 0);
    pair_done(&pair);
}

static void closing_sends_what_was_written(void **state)
{
    static const size_t sizes[] = {1, 5000, 0};
    for (size_t i = 0; i < 3; i++) {
        struct pair pair;
        struct buf sent;
        pair_open(&pair);
        pattern_make(&sent, sizes[i] ? sizes[i] : net_much());
        tcp_write(pair.client.tcp, buf_slice(&sent));
        end_close(&pair.client, false);
        assert_true(run_until(pair.loop, end_is_closed, &pair.server));
        assert_true(pair.server.clean);
        assert_got(&pair.server, buf_slice(&sent));
        buf_done(&sent);
        pair_done(&pair);
    }
}

static void closing_while_bytes_come_in_still_sends_the_answer(void **state)
{
    /* Closing with bytes unread makes a kernel reset the stream; the answer must survive that. */
    struct pair pair;
    struct buf sent;
    pair_open(&pair);
    pattern_make(&sent, net_much());
    tcp_pause(pair.server.tcp);
    tcp_write(pair.client.tcp, buf_slice(&sent));
    run_until_quiet(pair.loop);
    tcp_write(pair.server.tcp, SLICE("too much"));
    end_close(&pair.server, false);
    assert_true(run_until(pair.loop, end_is_closed, &pair.client));
    assert_true(pair.client.clean);
    assert_got(&pair.client, SLICE("too much"));
    buf_done(&sent);
    pair_done(&pair);
}

static void aborting_with_bytes_unsent_breaks_the_stream(void **state)
{
    struct pair pair;
    struct buf sent;
    pair_open(&pair);
    pattern_make(&sent, net_much());
    tcp_pause(pair.server.tcp);
    tcp_write(pair.client.tcp, buf_slice(&sent));
    run_until_quiet(pair.loop);
    end_close(&pair.client, true);
    tcp_resume(pair.server.tcp);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_false(pair.server.clean);
    assert_true(pair.server.got.size < sent.size);
    buf_done(&sent);
    pair_done(&pair);
}

static void aborting_with_nothing_unsent_is_a_clean_end(void **state)
{
    struct pair pair;
    pair_open(&pair);
    tcp_write(pair.client.tcp, SLICE("all"));
    assert_true(run_until(pair.loop, end_drained, &pair.client));
    end_close(&pair.client, true);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_true(pair.server.clean);
    assert_got(&pair.server, SLICE("all"));
    pair_done(&pair);
}

static void closing_inside_a_callback_is_the_last_of_it(void **state)
{
    struct pair pair;
    pair_listen(&pair, "127.0.0.1:0");
    pair.client.tcp =
        tcp_connect(pair.loop, tcp_listener_address(pair.listener), &end_events, &pair.client);
    pair.client.close_at_connect = true;
    pair.server.close_at_end = true;
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_null(pair.client.tcp);
    assert_null(pair.server.tcp);
    run_until_quiet(pair.loop);
    assert_int_equal(pair.server.closes, 1);
    pair_done(&pair);

    struct buf sent;
    pair_open(&pair);
    pattern_make(&sent, net_much());
    tcp_write(pair.client.tcp, buf_slice(&sent));
    pair.server.close_at = 1;
    pair.client.close_at_end = true;
    assert_true(run_until(pair.loop, end_closed_itself, &pair.server));
    assert_int_equal(pair.server.reads, 1);
    buf_done(&sent);
    pair_done(&pair);
}

static void a_server_may_close_what_it_accepts_at_once(void **state)
{
    struct pair pair;
    pair_listen(&pair, "127.0.0.1:0");
    pair.refuse = true;
    pair.client.tcp =
        tcp_connect(pair.loop, tcp_listener_address(pair.listener), &end_events, &pair.client);
    assert_true(run_until(pair.loop, end_is_closed, &pair.client));
    assert_int_equal(pair.client.connects, 1);
    assert_true(pair.client.clean);
    pair_done(&pair);
}

static void writing_to_a_peer_that_is_gone_breaks_the_stream_once(void **state)
{
    struct pair pair;
    pair_open(&pair);
    end_close(&pair.server, true);
    assert_true(run_until(pair.loop, end_is_closed, &pair.client));
    assert_true(pair.client.clean); /* it might still read */
    for (int i = 0; i < 1000 && !end_is_broken(&pair.client); i++) {
        tcp_write(pair.client.tcp, SLICE("is anybody there?"));
        run_until_quiet(pair.loop);
    }
    assert_true(end_is_broken(&pair.client));
    assert_int_equal(pair.client.closes, 2);
    assert_int_equal(tcp_unsent(pair.client.tcp), 0);
    tcp_write(pair.client.tcp, SLICE("still nobody"));
    assert_int_equal(tcp_unsent(pair.client.tcp), 0);
    run_until_quiet(pair.loop);
    assert_int_equal(pair.client.closes, 2);
    pair_done(&pair);
}

static void a_paused_stream_learns_by_writing_that_its_peer_is_gone(void **state)
{
    struct pair pair;
    pair_open(&pair);
    tcp_pause(pair.client.tcp);
    end_close(&pair.server, true);
    run_until_quiet(pair.loop);
    assert_int_equal(pair.client.closes, 0);
    for (int i = 0; i < 1000 && !end_is_broken(&pair.client); i++) {
        tcp_write(pair.client.tcp, SLICE("is anybody there?"));
        run_until_quiet(pair.loop);
    }
    assert_int_equal(pair.client.closes, 1);
    assert_false(pair.client.clean);
    tcp_resume(pair.client.tcp);
    run_until_quiet(pair.loop);
    assert_int_equal(pair.client.closes, 1);
    pair_done(&pair);
}

/* The end of a loop */

static void a_loop_that_ends_sends_what_its_closed_streams_still_have(void **state)
{
    struct pair pair;
    struct buf sent;
    pair_listen(&pair, "127.0.0.1:0");
    struct loop *loop = loop_new();
    pair.client.tcp =
        tcp_connect(loop, tcp_listener_address(pair.listener), &end_events, &pair.client);
    assert_true(run_until(loop, end_connected, &pair.client));
    pattern_make(&sent, 10000);
    tcp_write(pair.client.tcp, buf_slice(&sent));
    end_close(&pair.client, false);
    loop_free(loop);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_true(pair.server.clean);
    assert_got(&pair.server, buf_slice(&sent));
    buf_done(&sent);
    pair_done(&pair);
}

static void a_loop_that_ends_does_not_wait_for_a_peer_that_reads_nothing(void **state)
{
    struct pair pair;
    struct buf sent;
    pair_listen(&pair, "127.0.0.1:0");
    struct loop *loop = loop_new();
    pair.client.tcp =
        tcp_connect(loop, tcp_listener_address(pair.listener), &end_events, &pair.client);
    assert_true(run_until(loop, end_connected, &pair.client));
    pattern_make(&sent, net_much());
    tcp_write(pair.client.tcp, buf_slice(&sent));
    run_until_quiet(loop);
    tcp_write(pair.client.tcp, buf_slice(&sent)); /* behind what is half sent */
    end_close(&pair.client, false);
    loop_free(loop);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_true(pair.server.got.size > 0);
    buf_done(&sent);
    pair_done(&pair);
}

static const struct CMUnitTest tests[] = {
    NET_TEST(bytes_go_there_and_back),
    NET_TEST(writes_of_one_round_arrive_together),
    NET_TEST(what_is_written_before_connecting_is_sent_then),
    NET_TEST(much_arrives_whole_and_in_order),
    NET_TEST(an_empty_write_does_nothing),
    NET_TEST(a_paused_reader_fills_its_sender_up),
    NET_TEST(pausing_inside_on_read_stops_at_once),
    NET_TEST(a_stream_accepted_in_pause_reads_nothing),
    NET_TEST(the_peer_sees_a_clean_end),
    NET_TEST(closing_sends_what_was_written),
    NET_TEST(closing_while_bytes_come_in_still_sends_the_answer),
    NET_TEST(aborting_with_bytes_unsent_breaks_the_stream),
    NET_TEST(aborting_with_nothing_unsent_is_a_clean_end),
    NET_TEST(closing_inside_a_callback_is_the_last_of_it),
    NET_TEST(a_server_may_close_what_it_accepts_at_once),
    NET_TEST(writing_to_a_peer_that_is_gone_breaks_the_stream_once),
    NET_TEST(a_paused_stream_learns_by_writing_that_its_peer_is_gone),
    NET_TEST(a_loop_that_ends_sends_what_its_closed_streams_still_have),
    NET_TEST(a_loop_that_ends_does_not_wait_for_a_peer_that_reads_nothing),
};

NET_RUN(tests)
