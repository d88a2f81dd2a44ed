/* What the HTTP server costs for a small POST and its answer: an edge that reads a form of 59 bytes
   and answers with 361 bytes of JSON, at once or (tick) for all requests of a millisecond together,
   as after a commit. Prints its address, serves until so many requests were answered (or SIGTERM),
   and prints its CPU time for each. A load for it:
       wrk -t1 -c64 -d10 -s bench/post.lua http://ADDRESS/api/messages
   Usage: bench_http [now|tick [requests]] */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "net/http_server.h"

enum { BENCH_WAITING_MAX = 4096, BENCH_TICK_MS = 1 };

struct bench {
    struct loop *loop;
    struct http_server *server;
    struct loop_timer tick;
    bool ticks;
    uint64_t wanted, answered;
    double began_s;
    size_t waiting_count;
    struct http_ref waiting[BENCH_WAITING_MAX];
};

static const char bench_body[361] =
    "{\"ID\":\"0190b6f3-52aa-7e1e-8f0f-9a316f2f5d1c\",\"sent_from\":\"+2899682626\",\"sent_to\":"
    "\"+447700900123\",\"sent_to_parsed\":{\"isValid\":true,\"phoneNumber\":\"+447700900123\","
    "\"countryIso2\":\"GB\",\"countryIso3\":\"GBR\",\"countryCode\":\"+44\"},\"content\":"
    "\"Parcel\","
    "\"owner\":\"user-42\",\"creditCost\":1}                                                     "
    "             ";

static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void bench_answer(struct bench *bench, struct http_request *request)
{
    const struct http_answer answer = {
        .status = 200,
        .content_type = SLICE("application/json; charset=utf-8"),
        .body = slice_of(bench_body, sizeof bench_body),
    };
    http_answer(request, &answer);
    if (++bench->answered == bench->wanted) loop_stop(bench->loop);
}

static void bench_tick(struct loop_timer *timer)
{
    struct bench *bench = (struct bench *)(void *)((char *)timer - offsetof(struct bench, tick));
    for (size_t i = 0; i < bench->waiting_count; i++) {
        struct http_request *request = http_find(bench->server, bench->waiting[i]);
        if (request) bench_answer(bench, request);
    }
    bench->waiting_count = 0;
}

static void bench_request(void *user, struct http_request *request, struct http_accept *accept)
{
    struct bench *bench = user;
    struct slice key;
    if (bench->began_s == 0) bench->began_s = cpu_seconds();
    accept->body_limit = 1000;
    if (!http_header(request, "authorization", &key)) http_answer_error(request, 401);
}

static void bench_body_end(void *user, struct http_request *request, struct slice body)
{
    struct bench *bench = user;
    if (!bench->ticks || bench->waiting_count == BENCH_WAITING_MAX) {
        bench_answer(bench, request);
        return;
    }
    if (bench->waiting_count == 0) loop_timer_start(bench->loop, &bench->tick, BENCH_TICK_MS);
    bench->waiting[bench->waiting_count++] = http_ref(request);
}

static void bench_signal(struct loop *loop, int signal_number)
{
    loop_stop(loop);
}

int main(int argc, char **argv)
{
    static struct bench bench;
    bench.ticks = argc > 1 && argv[1][0] == 't';
    bench.wanted = argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_MAX;
    bench.tick.fire = bench_tick;
    bench.loop = loop_new();
    loop_on_signal(bench.loop, bench_signal);
    const struct http_edge edge = {
        .user = &bench, .on_request = bench_request, .on_body_end = bench_body_end};
    char error[256];
    bench.server = http_server_open(bench.loop, SLICE("127.0.0.1:0"), false, NULL, &edge, 1, error);
    if (!bench.server) {
        fprintf(stderr, "bench_http: %s\n", error);
        return 1;
    }
    printf("%s\n", http_server_address(bench.server).at);
    fflush(stdout);
    loop_run(bench.loop);
    double used_us = (cpu_seconds() - bench.began_s) * 1e6;
    printf("%llu requests, %.2f us of CPU each\n", (unsigned long long)bench.answered,
           used_us / (double)(bench.answered ? bench.answered : 1));
    http_server_free(bench.server);
    loop_free(bench.loop);
    return 0;
}
