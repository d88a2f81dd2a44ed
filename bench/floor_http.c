/* The floor under a durable send: the least that a server can do that answers over HTTP only when
   what it was asked for is on disk. One thread: read what is ready, append the bodies to a file,
   one fdatasync for all of them, answer. It checks nothing, keeps no state and replays nothing.

   floor_http FILE [PORT]: prints `listening http://ADDRESS:PORT`, ends on SIGTERM. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/slice.h"

#define CONNECTIONS_MAX 1024
#define REQUEST_MAX     8192
#define EVENTS_MAX      1024
#define GROUP_MAX       (EVENTS_MAX * REQUEST_MAX)

/* As long as what Godwit answers to the same send, so that the same bytes are copied. */
#define ANSWER_BODY                                                                                \
    "{\"ID\":\"00000000-0000-7000-8000-000000000000\",\"sent_from\":\"+2899682626\","              \
    "\"sent_to\":\"+447911000000\",\"sent_to_parsed\":{\"isValid\":true,"                          \
    "\"phoneNumber\":\"+447911000000\",\"countryIso2\":\"GB\",\"countryIso3\":\"GBR\","            \
    "\"countryCode\":\"+44\"},\"content\":\"Your code is 0000000000. It is valid for ten "         \
    "minutes.\",\"owner\":\"00000000-0000-7000-8000-000000000000\",\"creditCost\":1}"
static const char answer_head[] = "HTTP/1.1 200 OK\r\n"
                                  "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                                  "X-Request-Id: 0123456789abcdef\r\n"
                                  "Content-Type: application/json; charset=utf-8\r\n";

struct connection {
    int fd;
    size_t size;
    char bytes[REQUEST_MAX];
};

struct floor_server {
    int epoll, listener, file;
    struct connection *all;
    size_t connection_count;
    struct connection *asked[EVENTS_MAX];
    size_t asked_count;
    char *group; /* the bodies of this group */
    size_t group_size;
    char answer[1024];
    size_t answer_size;
};

static volatile sig_atomic_t stopping;

static void on_signal(int number)
{
    stopping = 1;
}

static void die(const char *what)
{
    fprintf(stderr, "floor_http: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void accept_one(struct floor_server *server)
{
    int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 || server->connection_count == CONNECTIONS_MAX) die("accept");
    struct connection *connection = &server->all[server->connection_count++];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    connection->fd = fd;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

/* The body of a whole request with a Content-Length, as the load generator writes it. */
static bool request_body(struct slice bytes, struct slice *out)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *end = memmem(bytes.at, bytes.size, "\r\n\r\n", 4);
    if (!end) return false;
    const char *length = memmem(bytes.at, (size_t)(end - bytes.at), name, sizeof name - 1);
    size_t size = length ? strtoul(length + sizeof name - 1, NULL, 10) : 0;
    struct slice rest = slice_from(bytes, (size_t)(end + 4 - bytes.at));
    if (rest.size < size) return false;
    *out = slice_of(rest.at, size);
    return true;
}

static void connection_read(struct floor_server *server, struct connection *connection)
{
    struct slice body;
    ssize_t size = recv(connection->fd, connection->bytes + connection->size,
                        REQUEST_MAX - connection->size, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
        close(connection->fd);
        return;
    }
    connection->size += (size_t)size;
    if (!request_body(slice_of(connection->bytes, connection->size), &body)) return;
    memcpy(server->group + server->group_size, body.at, body.size);
    server->group_size += body.size;
    server->asked[server->asked_count++] = connection;
    connection->size = 0;
}

static void group_commit(struct floor_server *server)
{
    if (server->asked_count == 0) return;
    if (write(server->file, server->group, server->group_size) != (ssize_t)server->group_size)
        die("write");
    if (fdatasync(server->file) != 0) die("fdatasync");
    for (size_t i = 0; i < server->asked_count; i++)
        if (send(server->asked[i]->fd, server->answer, server->answer_size, MSG_NOSIGNAL) < 0)
            die("send");
    server->asked_count = 0;
    server->group_size = 0;
}

static void serve(struct floor_server *server)
{
    while (!stopping) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(server->epoll, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                connection_read(server, events[i].data.ptr);
            else
                accept_one(server);
        }
        group_commit(server);
    }
}

static void listen_on(struct floor_server *server, uint16_t port)
{
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct epoll_event event = {.events = EPOLLIN};
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof own;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(server->listener, (struct sockaddr *)&own, size) != 0) die("bind");
    if (listen(server->listener, CONNECTIONS_MAX) != 0) die("listen");
    getsockname(server->listener, (struct sockaddr *)&own, &size);
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_ctl(server->epoll, EPOLL_CTL_ADD, server->listener, &event) != 0) die("epoll_ctl");
    printf("listening http://127.0.0.1:%u\n", (unsigned)ntohs(own.sin_port));
    fflush(stdout);
}

int main(int count, char **words)
{
    if (count < 2) {
        fprintf(stderr, "usage: floor_http FILE [PORT]\n");
        return 2;
    }
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGTERM, &action, NULL);
    struct floor_server server = {0};
    server.all = mem_alloc(CONNECTIONS_MAX * sizeof *server.all);
    server.group = mem_alloc(GROUP_MAX);
    server.file = open(words[1], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (server.file < 0) die(words[1]);
    server.answer_size =
        (size_t)snprintf(server.answer, sizeof server.answer, "%sContent-Length: %zu\r\n\r\n%s",
                         answer_head, sizeof ANSWER_BODY - 1, ANSWER_BODY);
    listen_on(&server, count > 2 ? (uint16_t)strtoul(words[2], NULL, 10) : 0);
    serve(&server);
    mem_free(server.all);
    mem_free(server.group);
    return 0;
}
