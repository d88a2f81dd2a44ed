#include "net/tcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "run_until.h"

/* One end of a stream and all that was ever heard of it. */
struct end {
    struct tcp *tcp;
    struct buf got;
    size_t wanted;   /* bytes that a test waits for */
    size_t pause_at; /* pauses when this much was read; 0: never */
    size_t close_at; /* closes when this much was read; 0: never */
    size_t reads, connects, drains, closes;
    bool clean;
    bool echo;
    bool close_at_connect, close_at_end;
};

static void end_close(struct end *end, bool abort)
{
    tcp_close(end->tcp, abort);
    end->tcp = NULL;
}

static void end_connect(void *user, struct tcp *tcp)
{
    struct end *end = user;
    assert_ptr_equal(end->tcp, tcp);
    end->connects++;
    if (end->close_at_connect) end_close(end, false);
}

static void end_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct end *end = user;
    assert_non_null(end->tcp); /* nothing comes after tcp_close */
    assert_true(bytes.size > 0);
    buf_add(&end->got, bytes);
    end->reads++;
    if (end->echo) tcp_write(tcp, bytes);
    if (end->pause_at && end->got.size >= end->pause_at) tcp_pause(tcp);
    if (end->close_at && end->got.size >= end->close_at) end_close(end, false);
}

static void end_ended(void *user, struct tcp *tcp, bool clean)
{
    struct end *end = user;
    assert_non_null(end->tcp);
    end->closes++;
    end->clean = clean;
    if (end->close_at_end) end_close(end, false);
}

static void end_drain(void *user, struct tcp *tcp)
{
    struct end *end = user;
    assert_non_null(end->tcp);
    assert_int_equal(tcp_unsent(tcp), 0);
    end->drains++;
}

static const struct tcp_events end_events = {
    .on_connect = end_connect, .on_read = end_read, .on_close = end_ended, .on_drain = end_drain};

static bool end_has_all(void *user)
{
    const struct end *end = user;
    return end->got.size >= end->wanted;
}

static bool end_connected(void *user)
{
    return ((const struct end *)user)->connects > 0;
}

static bool end_is_closed(void *user)
{
    return ((const struct end *)user)->closes > 0;
}

static bool end_is_broken(void *user)
{
    const struct end *end = user;
    return end->closes > 0 && !end->clean;
}

static bool end_drained(void *user)
{
    return ((const struct end *)user)->drains > 0;
}

static bool end_closed_itself(void *user)
{
    return ((const struct end *)user)->tcp == NULL;
}

static void end_init(struct end *end)
{
    *end = (struct end){0};
    buf_init(&end->got, SIZE_MAX);
}

static void end_done(struct end *end)
{
    if (end->tcp) end_close(end, true);
    buf_done(&end->got);
}

/* A listener, a client that connects to it, and the accepted end of that. */
struct pair {
    struct loop *loop;
    struct tcp_listener *listener;
    struct end client, server;
    size_t accepts;
    bool refuse; /* the server closes at once */
};

static void pair_accept(void *user, struct tcp *tcp)
{
    struct pair *pair = user;
    pair->accepts++;
    if (pair->refuse) {
        tcp_close(tcp, false);
        return;
    }
    assert_null(pair->server.tcp);
    pair->server.tcp = tcp;
    tcp_set_user(tcp, &end_events, &pair->server);
}

static void pair_listen(struct pair *pair, const char *address)
{
    char error[256] = "";
    *pair = (struct pair){.loop = loop_new()};
    end_init(&pair->client);
    end_init(&pair->server);
    pair->listener = tcp_listen(pair->loop, slice_cstr(address), false, pair_accept, pair, error);
    if (!pair->listener) fail_msg("%s", error);
}

static bool pair_is_open(void *user)
{
    const struct pair *pair = user;
    return pair->client.connects && pair->server.tcp;
}

static void pair_open(struct pair *pair)
{
    pair_listen(pair, "127.0.0.1:0");
    pair->client.tcp =
        tcp_connect(pair->loop, tcp_listener_address(pair->listener), &end_events, &pair->client);
    assert_int_equal(pair->client.connects, 0); /* never from inside tcp_connect */
    assert_true(run_until(pair->loop, pair_is_open, pair));
}

static void pair_done(struct pair *pair)
{
    end_done(&pair->client);
    end_done(&pair->server);
    tcp_listener_close(pair->listener);
    loop_free(pair->loop);
}

/* Bytes that tell where they belong: a lost, doubled or moved piece cannot go unseen. */
static void pattern_make(struct buf *out, size_t size)
{
    buf_init(out, SIZE_MAX);
    char *at = buf_reserve(out, size);
    uint32_t chance = 99;
    for (size_t i = 0; i < size; i++) {
        chance = chance * 1664525 + 1013904223;
        at[i] = (char)(chance >> 24);
    }
    buf_grew(out, size);
}

static void assert_got(const struct end *end, struct slice wanted)
{
    assert_int_equal(end->got.size, wanted.size);
    assert_true(slice_eq(buf_slice(&end->got), wanted));
}

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

/* Connecting */

static void connecting_to_nobody_fails(void **state)
{
    struct pair pair;
    char address[64];
    pair_listen(&pair, "127.0.0.1:0");
    snprintf(address, sizeof address, "%s", tcp_listener_address(pair.listener).at);
    tcp_listener_close(pair.listener);
    pair.listener = NULL;
    pair.client.tcp = tcp_connect(pair.loop, slice_cstr(address), &end_events, &pair.client);
    assert_int_equal(pair.client.closes, 0); /* never from inside tcp_connect */
    tcp_write(pair.client.tcp, SLICE("lost"));
    assert_true(run_until(pair.loop, end_is_closed, &pair.client));
    assert_false(pair.client.clean);
    assert_int_equal(pair.client.connects, 0);
    assert_int_equal(tcp_unsent(pair.client.tcp), 0);
    pair_done(&pair);
}

static void connecting_to_no_address_fails(void **state)
{
    static const char *const addresses[] = {"", "nonsense", "1.2.3.4", "unix:", "[::1", "a b:80"};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        struct end end;
        struct loop *loop = loop_new();
        end_init(&end);
        end.close_at_end = true;
        end.tcp = tcp_connect(loop, slice_cstr(addresses[i]), &end_events, &end);
        assert_int_equal(end.closes, 0);
        assert_true(run_until(loop, end_is_closed, &end));
        assert_false(end.clean);
        end_done(&end);
        loop_free(loop);
    }
}

static void a_name_is_looked_up(void **state)
{
    struct pair pair;
    char address[64];
    pair_listen(&pair, "127.0.0.1:0");
    const char *port = strrchr(tcp_listener_address(pair.listener).at, ':');
    snprintf(address, sizeof address, "localhost%s", port);
    pair.client.tcp = tcp_connect(pair.loop, slice_cstr(address), &end_events, &pair.client);
    assert_true(run_until(pair.loop, pair_is_open, &pair));
    assert_string_equal(tcp_peer(pair.client.tcp).at, tcp_listener_address(pair.listener).at);
    pair_done(&pair);
}

static void a_connect_may_be_given_up_at_any_moment(void **state)
{
    static const char *const hosts[] = {"localhost", "127.0.0.1"};
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        char address[64];
        pair_listen(&pair, "127.0.0.1:0");
        const char *port = strrchr(tcp_listener_address(pair.listener).at, ':');
        snprintf(address, sizeof address, "%s%s", hosts[i], port);
        pair.client.tcp = tcp_connect(pair.loop, slice_cstr(address), &end_events, &pair.client);
        tcp_write(pair.client.tcp, SLICE("never sent"));
        end_close(&pair.client, false);
        run_until_quiet(pair.loop);
        assert_int_equal(pair.client.connects, 0);
        assert_int_equal(pair.server.got.size, 0);
        pair_done(&pair);
    }
}

static void peers_have_addresses(void **state)
{
    struct pair pair;
    pair_open(&pair);
    assert_string_equal(tcp_peer(pair.client.tcp).at, tcp_listener_address(pair.listener).at);
    assert_true(slice_starts(tcp_peer(pair.server.tcp), SLICE("127.0.0.1:")));
    assert_true(tcp_peer(pair.server.tcp).size > strlen("127.0.0.1:"));
    pair_done(&pair);
}

static void ip6_works_like_ip4(void **state)
{
    struct pair pair;
    char error[256];
    struct loop *loop = loop_new();
    struct tcp_listener *probe =
        tcp_listen(loop, SLICE("[::1]:0"), false, pair_accept, NULL, error);
    tcp_listener_close(probe);
    loop_free(loop);
    if (!probe) skip(); /* a machine without IPv6 */

    pair_listen(&pair, "[::1]:0");
    assert_true(slice_starts(tcp_listener_address(pair.listener), SLICE("[::1]:")));
    pair.client.tcp =
        tcp_connect(pair.loop, tcp_listener_address(pair.listener), &end_events, &pair.client);
    assert_true(run_until(pair.loop, pair_is_open, &pair));
    assert_true(slice_starts(tcp_peer(pair.server.tcp), SLICE("[::1]:")));
    pair_done(&pair);
}

static void listening_everywhere_takes_ip4(void **state)
{
    static const char *const everywhere[] = {"0.0.0.0:0", "[::]:0"};
    for (size_t i = 0; i < 2; i++) {
        struct pair pair;
        char error[256], address[64];
        pair = (struct pair){.loop = loop_new()};
        end_init(&pair.client);
        end_init(&pair.server);
        pair.listener =
            tcp_listen(pair.loop, slice_cstr(everywhere[i]), false, pair_accept, &pair, error);
        if (pair.listener) {
            const char *port = strrchr(tcp_listener_address(pair.listener).at, ':');
            snprintf(address, sizeof address, "127.0.0.1%s", port);
            pair.client.tcp =
                tcp_connect(pair.loop, slice_cstr(address), &end_events, &pair.client);
            assert_true(run_until(pair.loop, pair_is_open, &pair));
            /* An IPv4 peer is written as one, whatever the socket. */
            assert_true(slice_starts(tcp_peer(pair.server.tcp), SLICE("127.0.0.1:")));
        } else {
            assert_int_equal(i, 1); /* a machine without IPv6 */
        }
        pair_done(&pair);
    }
}

/* Listening */

static void what_cannot_be_listened_on_is_explained(void **state)
{
    static const char addresses[][16] = {
        "", "8080", "localhost:8080", "1.2.3.4", "[::1]", "127.0.0.1:70000", "unix:"};
    struct loop *loop = loop_new();
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        char error[256] = "", wanted[256];
        struct slice address = slice_cstr(addresses[i]);
        assert_null(tcp_listen(loop, address, false, pair_accept, NULL, error));
        snprintf(wanted, sizeof wanted, "cannot listen on %s: not IP:PORT, [IP6]:PORT or unix:PATH",
                 addresses[i]);
        assert_string_equal(error, wanted);
    }
    loop_free(loop);
}

static void a_port_is_shared_only_when_all_want_that(void **state)
{
    static const struct {
        bool first, second, fits;
    } rows[] = {
        {false, false, false}, {false, true, false}, {true, false, false}, {true, true, true}};
    for (size_t i = 0; i < 4; i++) {
        char error[256] = "";
        struct loop *loop = loop_new();
        struct tcp_listener *first =
            tcp_listen(loop, SLICE("127.0.0.1:0"), rows[i].first, pair_accept, NULL, error);
        assert_non_null(first);
        struct tcp_listener *second =
            tcp_listen(loop, tcp_listener_address(first), rows[i].second, pair_accept, NULL, error);
        assert_int_equal(second != NULL, rows[i].fits);
        if (!second) assert_non_null(strstr(error, "Address already in use"));
        tcp_listener_close(first);
        tcp_listener_close(second);
        loop_free(loop);
    }
}

enum { SHARED = 40 };

static void shared_accept(void *user, struct tcp *tcp)
{
    (*(size_t *)user)++;
    tcp_close(tcp, false);
}

static bool shared_all(void *user)
{
    const size_t *counts = user;
    return counts[0] + counts[1] == SHARED;
}

static void connections_spread_over_those_who_share(void **state)
{
    char error[256];
    size_t counts[2] = {0};
    struct loop *loop = loop_new();
    struct tcp_listener *listeners[2];
    struct end ends[SHARED];
    listeners[0] = tcp_listen(loop, SLICE("127.0.0.1:0"), true, shared_accept, &counts[0], error);
    listeners[1] = tcp_listen(loop, tcp_listener_address(listeners[0]), true, shared_accept,
                              &counts[1], error);
    for (size_t i = 0; i < SHARED; i++) {
        end_init(&ends[i]);
        ends[i].tcp = tcp_connect(loop, tcp_listener_address(listeners[0]), &end_events, &ends[i]);
    }
    assert_true(run_until(loop, shared_all, counts));
    assert_true(counts[0] > 0);
    assert_true(counts[1] > 0);
    for (size_t i = 0; i < SHARED; i++)
        end_done(&ends[i]);
    tcp_listener_close(listeners[0]);
    tcp_listener_close(listeners[1]);
    loop_free(loop);
}

static void closing_a_listener_leaves_its_streams_open(void **state)
{
    struct pair pair;
    pair_open(&pair);
    tcp_listener_close(pair.listener);
    pair.listener = NULL;
    pair.server.wanted = 2;
    tcp_write(pair.client.tcp, SLICE("on"));
    assert_true(run_until(pair.loop, end_has_all, &pair.server));
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

/* UNIX sockets */

struct folder {
    char path[64];
    char socket[96];
    char address[128];
};

static void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof folder->path, "/tmp/godwit-test-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    snprintf(folder->socket, sizeof folder->socket, "%s/control.sock", folder->path);
    snprintf(folder->address, sizeof folder->address, "unix:%s", folder->socket);
}

static void folder_remove(struct folder *folder)
{
    unlink(folder->socket);
    assert_int_equal(rmdir(folder->path), 0);
}

static void a_unix_socket_carries_bytes(void **state)
{
    struct folder folder;
    struct pair pair;
    folder_make(&folder);
    pair_listen(&pair, folder.address);
    assert_string_equal(tcp_listener_address(pair.listener).at, folder.address);
    pair.client.tcp = tcp_connect(pair.loop, slice_cstr(folder.address), &end_events, &pair.client);
    assert_true(run_until(pair.loop, pair_is_open, &pair));
    assert_int_equal(tcp_peer(pair.server.tcp).size, 0);
    assert_int_equal(tcp_peer(pair.client.tcp).size, 0);
    pair.server.echo = true;
    struct buf sent;
    pattern_make(&sent, net_much());
    pair.client.wanted = sent.size;
    tcp_write(pair.client.tcp, buf_slice(&sent));
    assert_true(run_until(pair.loop, end_has_all, &pair.client));
    assert_got(&pair.client, buf_slice(&sent));
    end_close(&pair.client, false);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_true(pair.server.clean);
    buf_done(&sent);
    pair_done(&pair);
    folder_remove(&folder);
}

static void connecting_to_a_missing_unix_socket_fails(void **state)
{
    struct folder folder;
    struct end end;
    struct loop *loop = loop_new();
    folder_make(&folder);
    end_init(&end);
    end.tcp = tcp_connect(loop, slice_cstr(folder.address), &end_events, &end);
    assert_true(run_until(loop, end_is_closed, &end));
    assert_false(end.clean);
    end_done(&end);
    loop_free(loop);
    folder_remove(&folder);
}

static void a_unix_socket_that_is_listened_on_is_refused(void **state)
{
    struct folder folder;
    struct pair pair;
    char error[256];
    folder_make(&folder);
    pair_listen(&pair, folder.address);
    assert_null(
        tcp_listen(pair.loop, slice_cstr(folder.address), false, pair_accept, &pair, error));
    assert_non_null(strstr(error, "Address already in use"));
    /* And it still works. Whoever asked by connecting whether anybody listens is accepted too. */
    pair.refuse = true;
    pair.client.tcp = tcp_connect(pair.loop, slice_cstr(folder.address), &end_events, &pair.client);
    assert_true(run_until(pair.loop, end_connected, &pair.client));
    pair_done(&pair);
    folder_remove(&folder);
}

#ifndef NET_SIM

/* What only a kernel can show: files, foreign sockets, descriptors. */

static void a_unix_socket_is_for_its_owner_only_and_goes_with_its_listener(void **state)
{
    struct folder folder;
    struct pair pair;
    struct stat file;
    folder_make(&folder);
    mode_t old = umask(0);
    pair_listen(&pair, folder.address);
    umask(old);
    assert_int_equal(stat(folder.socket, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    pair_done(&pair);
    assert_int_equal(stat(folder.socket, &file), -1);
    folder_remove(&folder);
}

static int raw_unix_listener(const struct folder *folder)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", folder->socket);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

static void a_stale_unix_socket_is_replaced(void **state)
{
    struct folder folder;
    struct pair pair;
    folder_make(&folder);
    close(raw_unix_listener(&folder)); /* as after a crash: the file stays */
    pair_listen(&pair, folder.address);
    pair.client.tcp = tcp_connect(pair.loop, slice_cstr(folder.address), &end_events, &pair.client);
    assert_true(run_until(pair.loop, pair_is_open, &pair));
    pair_done(&pair);
    folder_remove(&folder);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    struct folder folder;
    char error[256] = "";
    struct loop *loop = loop_new();
    folder_make(&folder);
    FILE *file = fopen(folder.socket, "w");
    fclose(file);
    assert_null(tcp_listen(loop, slice_cstr(folder.address), false, pair_accept, NULL, error));
    assert_non_null(strstr(error, "Address already in use"));
    assert_int_equal(access(folder.socket, F_OK), 0);
    loop_free(loop);
    folder_remove(&folder);
}

static void a_socket_file_that_another_made_meanwhile_is_not_removed(void **state)
{
    struct folder folder;
    struct pair pair;
    folder_make(&folder);
    pair_listen(&pair, folder.address);
    unlink(folder.socket);
    int other = raw_unix_listener(&folder);
    pair_done(&pair);
    assert_int_equal(access(folder.socket, F_OK), 0);
    close(other);
    folder_remove(&folder);
}

static int raw_connect(const struct pair *pair)
{
    const char *port = strrchr(tcp_listener_address(pair->listener).at, ':') + 1;
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static bool pair_accepted(void *user)
{
    return ((const struct pair *)user)->accepts > 0;
}

static void raw_reset(int fd)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close(fd);
}

static void a_half_closed_peer_still_gets_its_answer(void **state)
{
    struct pair pair;
    char answer[16] = "";
    pair_listen(&pair, "127.0.0.1:0");
    int fd = raw_connect(&pair);
    assert_int_equal(write(fd, "ask", 3), 3);
    shutdown(fd, SHUT_WR);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_true(pair.server.clean);
    assert_got(&pair.server, SLICE("ask"));
    tcp_write(pair.server.tcp, SLICE("answer"));
    end_close(&pair.server, false);
    run_until_quiet(pair.loop);
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_DONTWAIT), 6);
    assert_string_equal(answer, "answer");
    assert_int_equal(recv(fd, answer, sizeof answer, MSG_DONTWAIT), 0);
    close(fd);
    pair_done(&pair);
}

static void a_reset_is_not_a_clean_end(void **state)
{
    struct pair pair;
    pair_listen(&pair, "127.0.0.1:0");
    int fd = raw_connect(&pair);
    assert_true(run_until(pair.loop, pair_accepted, &pair));
    raw_reset(fd);
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_false(pair.server.clean);
    pair_done(&pair);
}

static void what_came_before_a_reset_is_still_read_when_a_write_fails_first(void **state)
{
    struct pair pair;
    pair_listen(&pair, "127.0.0.1:0");
    int fd = raw_connect(&pair);
    assert_true(run_until(pair.loop, pair_accepted, &pair));
    assert_int_equal(write(fd, "last words", 10), 10);
    raw_reset(fd);
    tcp_write(pair.server.tcp, SLICE("too late"));
    assert_true(run_until(pair.loop, end_is_closed, &pair.server));
    assert_false(pair.server.clean);
    assert_int_equal(pair.server.closes, 1);
    assert_got(&pair.server, SLICE("last words"));
    pair_done(&pair);
}

enum { CROWD = 8 };

static bool crowd_accepted(void *user)
{
    return ((const struct pair *)user)->accepts == CROWD;
}

static void accepting_waits_while_there_are_no_descriptors(void **state)
{
    struct pair pair;
    int fds[CROWD];
    struct rlimit old, none;
    pair_listen(&pair, "127.0.0.1:0");
    pair.refuse = true;
    for (size_t i = 0; i < CROWD; i++)
        fds[i] = raw_connect(&pair);
    getrlimit(RLIMIT_NOFILE, &old);
    none = old;
    none.rlim_cur = (rlim_t)fds[CROWD - 1] + 1;
    setrlimit(RLIMIT_NOFILE, &none);
    run_until_quiet(pair.loop);
    assert_int_equal(pair.accepts, 0);
    setrlimit(RLIMIT_NOFILE, &old);
    /* None was dropped. */
    assert_true(run_until(pair.loop, crowd_accepted, &pair));
    for (size_t i = 0; i < CROWD; i++)
        close(fds[i]);
    pair_done(&pair);
}

#endif

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
    NET_TEST(connecting_to_nobody_fails),
    NET_TEST(connecting_to_no_address_fails),
    NET_TEST(a_name_is_looked_up),
    NET_TEST(a_connect_may_be_given_up_at_any_moment),
    NET_TEST(peers_have_addresses),
    NET_TEST(ip6_works_like_ip4),
    NET_TEST(listening_everywhere_takes_ip4),
    NET_TEST(what_cannot_be_listened_on_is_explained),
    NET_TEST(a_port_is_shared_only_when_all_want_that),
    NET_TEST(connections_spread_over_those_who_share),
    NET_TEST(closing_a_listener_leaves_its_streams_open),
    NET_TEST(a_loop_that_ends_sends_what_its_closed_streams_still_have),
    NET_TEST(a_loop_that_ends_does_not_wait_for_a_peer_that_reads_nothing),
    NET_TEST(a_unix_socket_carries_bytes),
    NET_TEST(connecting_to_a_missing_unix_socket_fails),
    NET_TEST(a_unix_socket_that_is_listened_on_is_refused),
#ifndef NET_SIM
    NET_TEST(a_unix_socket_is_for_its_owner_only_and_goes_with_its_listener),
    NET_TEST(a_stale_unix_socket_is_replaced),
    NET_TEST(a_file_that_is_no_socket_is_left_alone),
    NET_TEST(a_socket_file_that_another_made_meanwhile_is_not_removed),
    NET_TEST(a_half_closed_peer_still_gets_its_answer),
    NET_TEST(a_reset_is_not_a_clean_end),
    NET_TEST(what_came_before_a_reset_is_still_read_when_a_write_fails_first),
    NET_TEST(accepting_waits_while_there_are_no_descriptors),
#endif
};

NET_RUN(tests)
