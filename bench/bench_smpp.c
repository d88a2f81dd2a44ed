/* The SMPP client against the simulator over loopback TCP, each on a loop and thread of its own:
   what a message costs either side, without a core and a store. Every submit that is answered is
   replaced by the next one, so the windows are always full.
   Usage: bench_smpp [messages [window [sessions [option=value of the simulator]...]]] */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "edge/simulator/simulator.h"
#include "edge/smpp_client/smpp_client.h"
#include "net/loop.h"
#include "net/machine.h"
#include "net/thread.h"

enum { BENCH_MESSAGES = 500000, BENCH_WINDOW = 1000 };

struct bench {
    struct loop *there, *here;
    struct clock clock;
    struct simulator *simulator;
    struct smpp_client *client;
    struct provider provider;
    struct loop_task stop, top_up;
    bool topping_up;
    uint64_t wanted, handed_over, answered, receipts, receipts_wanted;
    double begin_s, begin_cpu_s, there_cpu_s;
    struct simulator_counts counts;
};

static double bench_seconds(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void there_stop(struct loop_task *task)
{
    struct bench *bench = (struct bench *)(void *)((char *)task - offsetof(struct bench, stop));
    bench->counts = simulator_counts(bench->simulator);
    simulator_close(bench->simulator);
    loop_stop(bench->there);
}

static void there_run(void *user)
{
    struct bench *bench = user;
    loop_run(bench->there);
    bench->there_cpu_s = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
}

static void bench_end(struct bench *bench)
{
    if (bench->answered == bench->wanted && bench->receipts == bench->receipts_wanted)
        loop_stop(bench->here);
}

/* One batch for all the answers of a round, as the core makes one for each tick. */
static void bench_top_up(struct loop_task *task)
{
    static const char text[] = "Your code is 482915. It is valid for ten minutes. Tell it nobody.";
    struct bench *bench = (struct bench *)(void *)((char *)task - offsetof(struct bench, top_up));
    uint64_t room = (uint64_t)bench->provider.window * bench->provider.quirks.session_count;
    bench->topping_up = false;
    while (bench->handed_over < bench->wanted && bench->handed_over - bench->answered < room) {
        struct submit submit = {
            .attempt = attempt_id_of((struct recipient_id){++bench->handed_over}, 1),
            .provider = bench->provider.id,
            .number = 447700900000 + bench->handed_over % 1000,
            .sender = SLICE("Godwit"),
            .segment = {(const uint8_t *)text, sizeof text - 1, 1, 1, false},
        };
        smpp_client_submit(bench->client, &submit);
    }
    smpp_client_flush(bench->client);
}

static void bench_top_up_soon(struct bench *bench)
{
    if (bench->topping_up) return;
    bench->topping_up = true;
    bench->top_up.run = bench_top_up;
    loop_post(bench->here, &bench->top_up);
}

static void on_answer(void *user, const struct command_answer *answer)
{
    struct bench *bench = user;
    if (answer->state != ATTEMPT_TAKEN) {
        fprintf(stderr, "bench_smpp: a submit was not taken: state %d\n", answer->state);
        exit(1);
    }
    bench->answered++;
    bench_top_up_soon(bench);
    bench_end(bench);
}

static void on_receipt(void *user, const struct command_receipt *receipt, struct smpp_reply reply)
{
    struct bench *bench = user;
    smpp_client_reply(bench->client, reply, ERR_OK);
    bench->receipts++;
    bench_end(bench);
}

static void on_inbound(void *user, const struct command_inbound *inbound, struct smpp_reply reply)
{
    smpp_client_reply(((struct bench *)user)->client, reply, ERR_OK);
}

static void on_link(void *user, const struct command_link *link)
{
    struct bench *bench = user;
    if (link->sessions != bench->provider.quirks.session_count) return;
    bench->begin_s = bench_seconds(CLOCK_MONOTONIC);
    bench->begin_cpu_s = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    bench_top_up_soon(bench);
}

static void bench_drained(void *user)
{
    loop_stop(((struct bench *)user)->here);
}

static void bench_open(struct bench *bench, int argc, char **argv)
{
    struct simulator_options options;
    char problem[256];
    machine_clock_init(&bench->clock);
    simulator_options_init(&options);
    options.clock = &bench->clock;
    options.port = 0;
    options.receipts = SIMULATOR_RECEIPTS_NONE;
    options.receipt_window = 1000;
    for (int i = 4; i < argc; i++) {
        struct slice value = slice_cstr(argv[i]), name;
        if (!slice_cut(&value, '=', &name) ||
            !simulator_options_set(&options, name, value, problem)) {
            fprintf(stderr, "bench_smpp: %s\n", argv[i]);
            exit(2);
        }
    }
    bench->receipts_wanted = options.receipts == SIMULATOR_RECEIPTS_NONE ? 0 : bench->wanted;
    bench->there = loop_new();
    bench->here = loop_new();
    bench->simulator = simulator_open(bench->there, &options, problem);
    if (!bench->simulator) {
        fprintf(stderr, "bench_smpp: %s\n", problem);
        exit(1);
    }
    struct slice address = simulator_address(bench->simulator);
    memcpy(bench->provider.address, address.at, address.size);
    const struct smpp_client_ports ports = {
        .user = bench,
        .clock = &bench->clock,
        .answer = on_answer,
        .receipt = on_receipt,
        .inbound = on_inbound,
        .link = on_link,
    };
    bench->client = smpp_client_new(bench->here, &ports);
}

int main(int argc, char **argv)
{
    struct bench *bench = MEM_NEW(struct bench);
    bench->wanted = argc > 1 ? strtoull(argv[1], NULL, 10) : BENCH_MESSAGES;
    bench->provider = (struct provider){
        .id = {1},
        .enabled = true,
        .window = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : BENCH_WINDOW,
        .system_id = "bench",
        .quirks = {.interface_version = 0x34, .ask_receipts = true, .registered_delivery = 1},
    };
    bench->provider.quirks.session_count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
    bench_open(bench, argc, argv);
    struct thread *there = thread_start("simulator", there_run, bench);
    smpp_client_provider(bench->client, &bench->provider, false);
    smpp_client_flush(bench->client);
    loop_run(bench->here);
    double wall_s = bench_seconds(CLOCK_MONOTONIC) - bench->begin_s;
    double cpu_s = bench_seconds(CLOCK_THREAD_CPUTIME_ID) - bench->begin_cpu_s;
    smpp_client_drain(bench->client, bench_drained, bench);
    loop_run(bench->here);
    smpp_client_free(bench->client);
    bench->stop.run = there_stop;
    loop_post(bench->there, &bench->stop);
    thread_join(there);
    double each = 1e6 / (double)bench->wanted;
    printf("%llu messages, %llu receipts, window %u: %.0f/s; CPU of a message: client %.2f us, "
           "simulator %.2f us (%.0f/s)\n",
           (unsigned long long)bench->wanted, (unsigned long long)bench->receipts,
           (unsigned)bench->provider.window, (double)bench->wanted / wall_s, cpu_s * each,
           bench->there_cpu_s * each, (double)bench->wanted / bench->there_cpu_s);
    loop_free(bench->here);
    loop_free(bench->there);
    mem_free(bench);
    return 0;
}
