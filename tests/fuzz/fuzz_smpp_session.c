/* What a carrier may send: any bytes, in any pieces, to a client that is bound or about to be. The
   first octet chooses the pieces and the state, the rest is the stream. Every submit must get
   exactly one answer, and every delivery can be replied to. */
#include <assert.h>
#include <stddef.h>

#include "edge/smpp_client/smpp_client.h"
#include "net/machine.h"
#include "net/sim/sim.h"
#include "net/tcp.h"
#include "wire/smpp_values.h"
#include "wire/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SUBMITS = 5 };

struct world {
    struct loop *here, *there;
    struct clock clock;
    struct smpp_client *client;
    struct tcp *peer;
    unsigned answers[SUBMITS + 1];
    unsigned deliveries;
};

static void on_answer(void *user, const struct command_answer *answer)
{
    struct world *world = user;
    uint64_t which = attempt_recipient(answer->attempt).v;
    assert(which >= 1 && which <= SUBMITS && answer->carrier_id.size <= CARRIER_ID_MAX);
    assert(answer->state > ATTEMPT_INTENT && answer->state < ATTEMPT_STATE_COUNT);
    world->answers[which]++;
}

static void reply(struct world *world, struct smpp_reply to)
{
    /* Some at once, some never, some with bad news. */
    unsigned number = world->deliveries++;
    if (number % 3 < 2) smpp_client_reply(world->client, to, number % 3 ? ERR_STALE : ERR_OK);
}

static void on_receipt(void *user, const struct command_receipt *receipt, struct smpp_reply to)
{
    assert(receipt->carrier_id.size >= 1 && receipt->carrier_id.size <= CARRIER_ID_MAX);
    assert(receipt->error.size <= ERROR_WORD_MAX);
    reply(user, to);
}

static void on_inbound(void *user, const struct command_inbound *inbound, struct smpp_reply to)
{
    assert(utf8_valid(inbound->text));
    assert(inbound->part.number >= 1 && inbound->part.number <= inbound->part.total);
    reply(user, to);
}

static void on_link(void *user, const struct command_link *link)
{
    assert(link->sessions <= 1);
}

static void on_close(void *user, struct tcp *tcp, bool clean)
{
    struct world *world = user;
    tcp_close(tcp, false);
    if (world->peer == tcp) world->peer = NULL;
}

static void on_read(void *user, struct tcp *tcp, struct slice bytes)
{
}

static const struct tcp_events events = {.on_read = on_read, .on_close = on_close};

static void on_accept(void *user, struct tcp *tcp)
{
    struct world *world = user;
    if (world->peer) {
        tcp_close(tcp, true);
        return;
    }
    world->peer = tcp;
    tcp_set_user(tcp, &events, world);
}

static void hand_over(struct world *world)
{
    for (uint64_t i = 1; i <= SUBMITS; i++) {
        const struct submit submit = {
            .attempt = attempt_id_of((struct recipient_id){i}, 1),
            .provider = {1},
            .number = 447700900001,
            .sender = SLICE("Godwit"),
            .segment = {(const uint8_t *)"Hello", 5, 1, 1, false},
        };
        smpp_client_submit(world->client, &submit);
    }
    smpp_client_flush(world->client);
    sim_advance(5);
}

static void bind(struct world *world)
{
    static const char bound[] = {0, 0, 0, 17, (char)0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0};
    struct provider provider = {
        .id = {1},
        .enabled = true,
        .window = 4,
        .address = "127.0.0.1:2775",
        .quirks = {.interface_version = SMPP_VERSION_34,
                   .enquire_link_s = 2,
                   .response_timeout_s = 7,
                   .reconnect_max_s = 1},
    };
    smpp_client_provider(world->client, &provider, false);
    smpp_client_flush(world->client);
    sim_advance(5);
    assert(world->peer);
    tcp_write(world->peer, slice_of(bound, sizeof bound));
    sim_advance(5);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct world world = {0};
    struct sim_faults faults = sim_faults_none;
    char error[256];
    uint8_t choice = data[0];
    sim_open(1);
    faults.piece_max = choice & 0x0F;
    sim_set_faults(&faults);
    machine_clock_init(&world.clock);
    world.here = loop_new();
    world.there = loop_new();
    struct tcp_listener *listener =
        tcp_listen(world.there, SLICE("127.0.0.1:2775"), false, on_accept, &world, error);
    const struct smpp_client_ports ports = {
        .user = &world,
        .clock = &world.clock,
        .answer = on_answer,
        .receipt = on_receipt,
        .inbound = on_inbound,
        .link = on_link,
    };
    world.client = smpp_client_new(world.here, &ports);
    if (!(choice & 0x80)) bind(&world);
    if (!(choice & 0x40)) hand_over(&world);
    if (choice & 0x80) bind(&world);
    if (world.peer) tcp_write(world.peer, slice_of(data + 1, size - 1));
    sim_advance(100);
    if (choice & 0x40) hand_over(&world);
    sim_advance(choice & 0x20 ? 10000 : 10);

    smpp_client_free(world.client);
    for (size_t i = 1; i <= SUBMITS; i++)
        assert(world.answers[i] == 1);
    tcp_listener_close(listener);
    tcp_close(world.peer, true);
    sim_advance(10);
    loop_free(world.here);
    loop_free(world.there);
    sim_close();
    return 0;
}
