/* Small request/answer pairs over loopback TCP: what net/ itself costs, before any HTTP or SMPP.
   A server loop on a thread of its own echoes 100-byte requests to a client loop on the main
   thread, one request in flight a connection. Usage: bench_net [connections [pairs]] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "net/thread.h"

enum { BENCH_REQUEST_SIZE = 100, BENCH_PAIRS = 400000 };

struct bench {
    struct loop *server, *client;
    struct tcp_listener *listener;
    struct loop_task stop;
    struct tcp **clients, **servers;
    size_t connections, accepted, pairs_wanted, pairs;
    double server_cpu_s;
};

static char bench_request[BENCH_REQUEST_SIZE];

static double bench_seconds(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void server_read(void *user, struct tcp *tcp, struct slice bytes)
{
    tcp_write(tcp, bytes);
}

static void bench_broken(void *user, struct tcp *tcp, bool clean)
{
    fprintf(stderr, "bench_net: a connection ended early\n");
    exit(1);
}

static const struct tcp_events server_events = {.on_read = server_read, .on_close = bench_broken};

static void server_accept(void *user, struct tcp *tcp)
{
    struct bench *bench = user;
    bench->servers[bench->accepted++] = tcp;
    tcp_set_user(tcp, &server_events, bench);
}

static void server_stop(struct loop_task *task)
{
    struct bench *bench = (struct bench *)(void *)((char *)task - offsetof(struct bench, stop));
    loop_stop(bench->server);
}

static void server_run(void *user)
{
    struct bench *bench = user;
    loop_run(bench->server);
    bench->server_cpu_s = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
}

static void client_connect(void *user, struct tcp *tcp)
{
    tcp_write(tcp, slice_of(bench_request, sizeof bench_request));
}

static void client_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct bench *bench = user;
    /* Echoes of 100 bytes are never split on an idle loopback. */
    if (bytes.size != sizeof bench_request) bench_broken(user, tcp, false);
    if (++bench->pairs == bench->pairs_wanted) loop_stop(bench->client);
    tcp_write(tcp, slice_of(bench_request, sizeof bench_request));
}

static const struct tcp_events client_events = {
    .on_connect = client_connect, .on_read = client_read, .on_close = bench_broken};

static void bench_run(struct bench *bench)
{
    char error[256];
    bench->server = loop_new();
    bench->client = loop_new();
    bench->clients = mem_alloc(bench->connections * sizeof(struct tcp *));
    bench->servers = mem_alloc(bench->connections * sizeof(struct tcp *));
    bench->listener =
        tcp_listen(bench->server, SLICE("127.0.0.1:0"), false, server_accept, bench, error);
    if (!bench->listener) {
        fprintf(stderr, "bench_net: %s\n", error);
        exit(1);
    }
    for (size_t i = 0; i < bench->connections; i++)
        bench->clients[i] = tcp_connect(bench->client, tcp_listener_address(bench->listener),
                                        &client_events, bench);

    struct thread *thread = thread_start("server", server_run, bench);
    double wall_s = bench_seconds(CLOCK_MONOTONIC);
    double client_cpu_s = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    loop_run(bench->client);
    wall_s = bench_seconds(CLOCK_MONOTONIC) - wall_s;
    client_cpu_s = bench_seconds(CLOCK_THREAD_CPUTIME_ID) - client_cpu_s;
    bench->stop.run = server_stop;
    loop_post(bench->server, &bench->stop);
    thread_join(thread);

    double pairs = (double)bench->pairs;
    printf(
        "%4zu connections  %8.0f pairs/s  %8.0f pairs per server CPU-s  %8.0f per client CPU-s\n",
        bench->connections, pairs / wall_s, pairs / bench->server_cpu_s, pairs / client_cpu_s);

    for (size_t i = 0; i < bench->connections; i++) {
        tcp_close(bench->clients[i], true);
        tcp_close(bench->servers[i], true);
    }
    tcp_listener_close(bench->listener);
    loop_free(bench->client);
    loop_free(bench->server);
    mem_free(bench->clients);
    mem_free(bench->servers);
}

int main(int count, char **arguments)
{
    size_t pairs = count > 2 ? strtoul(arguments[2], NULL, 10) : BENCH_PAIRS;
    if (count > 1) {
        bench_run(
            &(struct bench){.connections = strtoul(arguments[1], NULL, 10), .pairs_wanted = pairs});
    } else {
        bench_run(&(struct bench){.connections = 1, .pairs_wanted = pairs / 4});
        bench_run(&(struct bench){.connections = 64, .pairs_wanted = pairs});
    }
    return 0;
}
