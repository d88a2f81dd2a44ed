#include "net/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tcp_pair.h"

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

/* What only a kernel can show: files. */

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

#endif

static const struct CMUnitTest tests[] = {
    NET_TEST(a_unix_socket_carries_bytes),
    NET_TEST(connecting_to_a_missing_unix_socket_fails),
    NET_TEST(a_unix_socket_that_is_listened_on_is_refused),
#ifndef NET_SIM
    NET_TEST(a_unix_socket_is_for_its_owner_only_and_goes_with_its_listener),
    NET_TEST(a_stale_unix_socket_is_replaced),
    NET_TEST(a_file_that_is_no_socket_is_left_alone),
    NET_TEST(a_socket_file_that_another_made_meanwhile_is_not_removed),
#endif
};

NET_RUN(tests)
