/* A receiver of webhooks that costs little: answers every POST with 204, one thread on plain epoll,
   keep-alive. Ends when so many have come, or when nothing has come for a while, and prints one
   line of JSON: how many, how many of them carried a signature, and the time from the first to the
   last. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

#define EVENTS_MAX   256
#define READ_MAX     65536
#define REQUESTS_MAX (1 << 20) /* bytes of requests that are not whole yet, a connection */
#define SILENCE_MS   20000

struct peer {
    int fd;
    struct buf bytes;
};

struct sink {
    int epoll, listener;
    uint64_t wanted, count, signed_count, connections;
    uint64_t first_ns, last_ns;
};

static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";
static const struct slice length_name = {"content-length:", 15};
static const struct slice signature_name = {"robase-signature:", 17};

static void die(const char *what)
{
    fprintf(stderr, "hook_sink: %s: %s\n", what, strerror(errno));
    exit(1);
}

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool line_value(struct slice line, struct slice name, struct slice *out)
{
    if (line.size <= name.size || !slice_eq_nocase(slice_of(line.at, name.size), name))
        return false;
    *out = slice_trim(slice_from(line, name.size), " \r");
    return true;
}

/* The size of the first request in `bytes`, 0 while it is not whole. */
static size_t request_size(struct slice bytes, bool *out_signed)
{
    const char *end = memmem(bytes.at, bytes.size, "\r\n\r\n", 4);
    if (!end) return 0;
    struct slice head = slice_of(bytes.at, (size_t)(end - bytes.at)), line, value;
    uint64_t length = 0;
    *out_signed = false;
    while (slice_cut(&head, '\n', &line)) {
        if (line_value(line, signature_name, &value))
            *out_signed = value.size > 0;
        else if (line_value(line, length_name, &value) && !slice_u64(value, &length))
            return 0;
    }
    size_t size = (size_t)(end + 4 - bytes.at) + (size_t)length;
    return size <= bytes.size ? size : 0;
}

static void peer_close(struct peer *peer)
{
    close(peer->fd);
    buf_done(&peer->bytes);
    mem_free(peer);
}

static void peer_read(struct sink *sink, struct peer *peer)
{
    char *room = buf_reserve(&peer->bytes, READ_MAX);
    ssize_t size = room ? recv(peer->fd, room, READ_MAX, 0) : 0;
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) {
        peer_close(peer);
        return;
    }
    buf_grew(&peer->bytes, (size_t)size);
    struct slice rest = buf_slice(&peer->bytes);
    size_t whole;
    bool is_signed;
    while (rest.size > 0 && (whole = request_size(rest, &is_signed)) != 0) {
        sink->count++;
        sink->signed_count += is_signed;
        sink->last_ns = clock_ns();
        if (sink->first_ns == 0) sink->first_ns = sink->last_ns;
        rest = slice_from(rest, whole);
        if (send(peer->fd, answer, sizeof answer - 1, MSG_NOSIGNAL) != sizeof answer - 1) {
            peer_close(peer);
            return;
        }
    }
    buf_drop(&peer->bytes, peer->bytes.size - rest.size);
}

static void sink_accept(struct sink *sink)
{
    struct peer *peer = MEM_NEW(struct peer);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
    peer->fd = accept4(sink->listener, NULL, NULL, SOCK_CLOEXEC);
    if (peer->fd < 0) die("accept");
    setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    buf_init(&peer->bytes, REQUESTS_MAX);
    if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, peer->fd, &event) != 0) die("epoll_ctl");
    sink->connections++;
}

static void sink_listen(struct sink *sink)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN};
    socklen_t size = sizeof at;
    sink->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sink->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (bind(sink->listener, (struct sockaddr *)&at, size) || listen(sink->listener, 1024))
        die("listen");
    if (epoll_ctl(sink->epoll, EPOLL_CTL_ADD, sink->listener, &event)) die("epoll_ctl");
    getsockname(sink->listener, (struct sockaddr *)&at, &size);
    printf("listening http://127.0.0.1:%d\n", ntohs(at.sin_port));
    fflush(stdout);
}

static void sink_run(struct sink *sink)
{
    while (sink->count < sink->wanted) {
        struct epoll_event events[EVENTS_MAX];
        int count = epoll_wait(sink->epoll, events, EVENTS_MAX, sink->count ? SILENCE_MS : -1);
        if (count == 0) return;
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                peer_read(sink, events[i].data.ptr);
            else
                sink_accept(sink);
        }
    }
}

int main(int count, char **words)
{
    struct sink sink = {0};
    struct rusage used;
    if (count != 2 || !slice_u64(slice_cstr(words[1]), &sink.wanted) || sink.wanted == 0) {
        fprintf(stderr, "usage: hook_sink COUNT\n");
        return 2;
    }
    sink_listen(&sink);
    sink_run(&sink);
    getrusage(RUSAGE_SELF, &used);
    double seconds = (double)(sink.last_ns - sink.first_ns) / 1e9;
    double cpu_s = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                   (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    printf("{\"count\":%llu,\"signed\":%llu,\"connections\":%llu,\"seconds\":%.3f,\"rate\":%.0f,"
           "\"cpu_s\":%.3f}\n",
           (unsigned long long)sink.count, (unsigned long long)sink.signed_count,
           (unsigned long long)sink.connections, seconds,
           seconds > 0 ? (double)sink.count / seconds : 0, cpu_s);
    return sink.count == sink.wanted ? 0 : 1;
}
