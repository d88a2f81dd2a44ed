#include "net/tcp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tcp_pair.h"

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

#ifndef NET_SIM

/* What only a kernel can show: foreign sockets, descriptors. */

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
#ifndef NET_SIM
    NET_TEST(a_half_closed_peer_still_gets_its_answer),
    NET_TEST(a_reset_is_not_a_clean_end),
    NET_TEST(what_came_before_a_reset_is_still_read_when_a_write_fails_first),
    NET_TEST(accepting_waits_while_there_are_no_descriptors),
#endif
};

NET_RUN(tests)
