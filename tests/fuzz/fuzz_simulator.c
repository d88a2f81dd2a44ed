/* What an ESME may send to the simulator: any bytes, in any pieces, bound or not. The first two
   octets choose options, the rest is the stream. Its counts must add up. */
#include <assert.h>
#include <stddef.h>

#include "edge/simulator/simulator.h"
#include "net/machine.h"
#include "net/sim/sim.h"
#include "net/tcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_connect(void *user, struct tcp *tcp)
{
}

static void on_read(void *user, struct tcp *tcp, struct slice bytes)
{
}

static void on_close(void *user, struct tcp *tcp, bool clean)
{
    tcp_close(tcp, false);
    *(struct tcp **)user = NULL;
}

static const struct tcp_events events = {
    .on_connect = on_connect, .on_read = on_read, .on_close = on_close};

static void choose(struct simulator_options *options, uint8_t first, uint8_t second)
{
    options->delay_ms = first & 1 ? 20 : 0;
    options->receipts = first & 2 ? SIMULATOR_RECEIPTS_ALWAYS : SIMULATOR_RECEIPTS_ASKED;
    options->receipt_first = first & 4;
    options->receipt_twice = first & 8;
    options->receipt_form = first >> 4 & 3;
    options->receipt_pdu = first >> 6 & 1;
    options->receipt_ms = 10;
    options->receipt_window = 2;
    options->id_form = second % 6;
    options->cut_after = second & 0x10 ? 3 : 0;
    options->silent_share = second & 0x20 ? 500000 : 0;
    options->throttle_rate = second & 0x40 ? 1 : 0;
    options->pending_max = second & 0x80 ? 4 : 100;
    options->inbound_after_s = 0;
    memcpy(options->inbound_text, "Hi", 3);
}

static void check(const struct simulator_counts *counts)
{
    assert(counts->submits ==
           counts->taken + counts->refused + counts->throttled + counts->full + counts->dropped);
    assert(counts->unanswered <= counts->taken);
    assert(counts->receipts >= counts->receipts_done + counts->receipts_refused);
    assert(counts->waiting <= 100 && counts->sessions <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char bind[] = {0, 0, 0, 24, 0, 0,   0, 9, 0,    0, 0, 0,
                                0, 0, 0, 1,  0, 'p', 0, 0, 0x34, 0, 0, 0};
    if (size < 2) return 0;
    struct sim_faults faults = sim_faults_none;
    struct simulator_options options;
    struct clock clock;
    char error[256];
    sim_open(1);
    faults.piece_max = data[0] >> 7;
    sim_set_faults(&faults);
    machine_clock_init(&clock);
    simulator_options_init(&options);
    options.clock = &clock;
    choose(&options, data[0], data[1]);
    struct loop *here = loop_new(), *there = loop_new();
    struct simulator *simulator = simulator_open(there, &options, error);
    assert(simulator);
    struct tcp *esme = tcp_connect(here, SLICE("127.0.0.1:2775"), &events, &esme);
    sim_advance(5);
    if (data[1] & 8) tcp_write(esme, slice_of(bind, sizeof bind));
    sim_advance(5);
    if (esme) tcp_write(esme, slice_of(data + 2, size - 2));
    sim_advance(3000);
    struct simulator_counts counts = simulator_counts(simulator);
    check(&counts);
    if (esme) tcp_close(esme, false);
    simulator_close(simulator);
    sim_advance(10);
    loop_free(here);
    loop_free(there);
    sim_close();
    return 0;
}
