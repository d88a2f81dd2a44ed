/* Listening sockets. Accepting is done here and not by libuv, which answers the lack of descriptors
   by dropping connections, and may spin on them: here accepting pauses, and the kernel's queue
   keeps the connections until there is room. */
#include "net/uv/tcp_uv.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/address.h"

enum {
    LISTEN_BACKLOG = 4096,   /* the kernel lowers it to its own limit (somaxconn) */
    LISTEN_ACCEPT_MAX = 64,  /* new streams a round: the open ones are served in between */
    LISTEN_RETRY_MS = 100,   /* until the next try when there are no descriptors */
    LISTEN_ERROR_SIZE = 256, /* what tcp.h promises for out_error */
};

struct tcp_listener {
    uv_poll_t poll;
    struct loop *loop;
    int fd;
    bool closed;
    void (*on_accept)(void *user, struct tcp *tcp);
    void *user;
    struct loop_timer retry;
    struct address address;
    dev_t device; /* of the UNIX socket's file: only our own is removed */
    ino_t inode;
    char text[ADDRESS_TEXT_MAX];
};

static void listen_ready(uv_poll_t *poll, int status, int events);

static void listen_again(struct loop_timer *timer)
{
    struct tcp_listener *listener =
        (struct tcp_listener *)(void *)((char *)timer - offsetof(struct tcp_listener, retry));
    uv_poll_start(&listener->poll, UV_READABLE, listen_ready);
}

static void listen_pause(struct tcp_listener *listener)
{
    uv_poll_stop(&listener->poll);
    loop_timer_start(listener->loop, &listener->retry, LISTEN_RETRY_MS);
}

/* Errors that belong to the connection that was being accepted, not to the listener (accept(2)
   passes pending network errors of the new socket). */
static bool listen_lost_one(int error)
{
    return error == ECONNABORTED || error == EINTR || error == EPROTO || error == ENETDOWN ||
           error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
           error == EOPNOTSUPP || error == ENETUNREACH || error == EPERM;
}

static void listen_ready(uv_poll_t *poll, int status, int events)
{
    struct tcp_listener *listener = poll->data;
    for (int i = 0; i < LISTEN_ACCEPT_MAX && !listener->closed; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t size = sizeof peer;
        int fd =
            accept4(listener->fd, (struct sockaddr *)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            struct tcp *tcp = tcp_adopt(listener->loop, fd, &peer);
            listener->on_accept(listener->user, tcp);
            /* The memory outlives the callback in which the owner may have closed it. */
            assert(tcp->closed || tcp->events != &tcp_no_events);
            if (!tcp->closed) tcp_start(tcp);
        } else if (errno == EAGAIN) {
            return;
        } else if (!listen_lost_one(errno)) {
            listen_pause(listener);
            return;
        }
    }
}

/* Making the socket */

static bool listen_refuse(int fd, struct slice address, const char *why, char *out_error)
{
    if (fd >= 0) close(fd);
    snprintf(out_error, LISTEN_ERROR_SIZE, "cannot listen on %.*s: %s", (int)address.size,
             address.at, why);
    return false;
}

static int listen_bound(int fd, int error)
{
    if (error == 0) return fd;
    close(fd);
    errno = error;
    return -1;
}

static int listen_bind_tcp(const struct address *address, bool share)
{
    struct sockaddr_in ip4;
    struct sockaddr_in6 ip6;
    bool is_ip6 = address->kind == ADDRESS_IP6;
    if (is_ip6)
        uv_ip6_addr(address->host, address->port, &ip6);
    else
        uv_ip4_addr(address->host, address->port, &ip4);

    int fd = socket(is_ip6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (share) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    /* [::] means every address, whatever the machine's default is. */
    if (is_ip6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    int failed = is_ip6 ? bind(fd, (struct sockaddr *)&ip6, sizeof ip6)
                        : bind(fd, (struct sockaddr *)&ip4, sizeof ip4);
    return listen_bound(fd, failed ? errno : 0);
}

/* A file is stale when it is a socket and connecting to it is refused. */
static bool listen_is_stale(const struct sockaddr_un *at)
{
    struct stat file;
    if (lstat(at->sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    int failed = connect(fd, (const struct sockaddr *)at, sizeof *at);
    bool refused = failed != 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int listen_bind_unix(const struct address *address)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    memcpy(at.sun_path, address->host, strlen(address->host));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    /* Linux makes the file with the socket's own mode, so there is no moment with a wider one. */
    int failed = fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0;
    int error = failed ? errno : 0;
    if (error == EADDRINUSE && listen_is_stale(&at)) {
        unlink(at.sun_path);
        error = bind(fd, (struct sockaddr *)&at, sizeof at) ? errno : 0;
    }
    return listen_bound(fd, error);
}

static bool listen_describe(struct tcp_listener *listener)
{
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof own;
    struct stat file;
    if (listener->address.kind == ADDRESS_UNIX) {
        if (lstat(listener->address.host, &file) != 0) return false;
        listener->device = file.st_dev;
        listener->inode = file.st_ino;
        address_format(&listener->address, listener->text);
        return true;
    }
    if (getsockname(listener->fd, (struct sockaddr *)&own, &size) != 0) return false;
    return tcp_address_text(&own, listener->text, sizeof listener->text);
}

static bool listen_open(struct tcp_listener *listener, struct slice text, bool share,
                        char *out_error)
{
    struct address *address = &listener->address;
    if (!address_parse(text, address) || address->kind == ADDRESS_NAME)
        return listen_refuse(-1, text, "not IP:PORT, [IP6]:PORT or unix:PATH", out_error);

    bool is_unix = address->kind == ADDRESS_UNIX;
    listener->fd = is_unix ? listen_bind_unix(address) : listen_bind_tcp(address, share);
    if (listener->fd < 0) return listen_refuse(-1, text, strerror(errno), out_error);
    if (listen(listener->fd, LISTEN_BACKLOG) != 0 || !listen_describe(listener))
        return listen_refuse(listener->fd, text, strerror(errno), out_error);
    int error = uv_poll_init(&listener->loop->uv, &listener->poll, listener->fd);
    if (error) return listen_refuse(listener->fd, text, uv_strerror(error), out_error);
    return true;
}

struct tcp_listener *tcp_listen(struct loop *loop, struct slice address, bool share,
                                void (*on_accept)(void *user, struct tcp *tcp), void *user,
                                char *out_error)
{
    struct tcp_listener *listener = MEM_NEW(struct tcp_listener);
    listener->loop = loop;
    listener->on_accept = on_accept;
    listener->user = user;
    listener->retry.fire = listen_again;
    if (!listen_open(listener, address, share, out_error)) {
        mem_free(listener);
        return NULL;
    }
    loop->open_count++;
    listener->poll.data = listener;
    uv_poll_start(&listener->poll, UV_READABLE, listen_ready);
    return listener;
}

struct slice tcp_listener_address(const struct tcp_listener *listener)
{
    return slice_cstr(listener->text);
}

static void listen_closed(uv_handle_t *handle)
{
    mem_free(handle->data);
}

void tcp_listener_close(struct tcp_listener *listener)
{
    if (!listener) return;
    assert(!listener->closed);
    listener->closed = true;
    listener->loop->open_count--;
    loop_timer_stop(listener->loop, &listener->retry);
    uv_close((uv_handle_t *)&listener->poll, listen_closed);
    close(listener->fd);
    struct stat file;
    if (listener->address.kind == ADDRESS_UNIX && lstat(listener->address.host, &file) == 0 &&
        file.st_dev == listener->device && file.st_ino == listener->inode)
        unlink(listener->address.host);
}
