#include "support/carrier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/map.h"
#include "base/mem.h"
#include "net/machine.h"
#include "net/sim/sim.h"

const char world_long_text[] =
    "Dear customer, your parcel with the tracking number 00340434292135100186 has left our depot "
    "in "
    "Leipzig this morning and will be brought to your door today between 14:00 and 16:00. If "
    "nobody "
    "is at home the driver leaves it with the neighbours at number 17, or takes it to the shop at "
    "the corner, where it waits for you for seven days. Have a good day, and thank you for "
    "choosing "
    "us once more!";

/* Zeroed memory for one more; it doubles whenever the count is a power of two. */
static void *one_more(void *old, size_t count, size_t size)
{
    char *at = old;
    if ((count & (count - 1)) == 0) at = mem_resize(old, (count ? 2 * count : 1) * size);
    memset(at + count * size, 0, size);
    return at;
}

static void copy_text(struct slice from, char *to, size_t room)
{
    assert_true(from.size < room);
    if (from.size) memcpy(to, from.at, from.size);
    to[from.size] = '\0';
}

static void on_answer(void *user, const struct command_answer *answer)
{
    struct carrier_world *world = user;
    world->answers = one_more(world->answers, world->answer_count, sizeof *world->answers);
    struct told_answer *told = &world->answers[world->answer_count++];
    told->attempt = answer->attempt;
    told->state = answer->state;
    told->status = answer->status;
    copy_text(answer->carrier_id, told->carrier_id, sizeof told->carrier_id);
}

static struct told_delivery *add_delivery(struct carrier_world *world, struct smpp_reply reply)
{
    world->deliveries =
        one_more(world->deliveries, world->delivery_count, sizeof *world->deliveries);
    struct told_delivery *told = &world->deliveries[world->delivery_count++];
    told->reply = reply;
    told->at_ms = sim_now();
    return told;
}

static void on_receipt(void *user, const struct command_receipt *receipt, struct smpp_reply reply)
{
    struct carrier_world *world = user;
    struct told_delivery *told = add_delivery(world, reply);
    told->is_receipt = true;
    told->state = receipt->state;
    copy_text(receipt->carrier_id, told->carrier_id, sizeof told->carrier_id);
    copy_text(receipt->error, told->error, sizeof told->error);
    if (!world->keep_replies) smpp_client_reply(world->client, reply, world->reply);
}

static void on_inbound(void *user, const struct command_inbound *inbound, struct smpp_reply reply)
{
    struct carrier_world *world = user;
    struct told_delivery *told = add_delivery(world, reply);
    told->part = inbound->part;
    copy_text(inbound->source, told->source, sizeof told->source);
    copy_text(inbound->destination, told->destination, sizeof told->destination);
    copy_text(inbound->text, told->text, sizeof told->text);
    if (!world->keep_replies) smpp_client_reply(world->client, reply, world->reply);
}

static void on_link(void *user, const struct command_link *link)
{
    struct carrier_world *world = user;
    world->sessions = link->sessions;
    if (world->link_count < sizeof world->links / sizeof *world->links)
        world->links[world->link_count++] = *link;
}

static void on_trace(void *user, enum smpp_direction direction, struct provider_id provider,
                     struct slice bytes)
{
    struct carrier_world *world = user;
    assert_true(bytes.size > 0);
    *(direction == SMPP_SENT ? &world->sent_pdus : &world->received_pdus) += 1;
}

static void on_note(void *user, struct provider_id provider, const char *text)
{
    struct carrier_world *world = user;
    copy_text(slice_cstr(text), world->last_note, sizeof world->last_note);
}

void world_new_client(struct carrier_world *world)
{
    const struct smpp_client_ports ports = {
        .user = world,
        .clock = &world->clock,
        .seed = 7,
        .answer = on_answer,
        .receipt = on_receipt,
        .inbound = on_inbound,
        .link = on_link,
        .trace = on_trace,
        .note = on_note,
    };
    world->client = smpp_client_new(world->here, &ports);
}

void world_open(struct carrier_world *world, uint64_t seed)
{
    sim_open(seed);
    *world = (struct carrier_world){.next_recipient = 1};
    machine_clock_init(&world->clock);
    world->here = loop_new();
    world->there = loop_new();
    simulator_options_init(&world->options);
    world->options.clock = &world->clock;
    world_new_client(world);
    world->provider = (struct provider){
        .id = {3},
        .kind = PROVIDER_SMPP,
        .bind = BIND_TRX,
        .enabled = true,
        .window = 10,
        .name = "carrier",
        .address = CARRIER_ADDRESS,
        .system_id = "godwit",
        .password = "secret",
        .quirks =
            {
                .ask_receipts = true,
                .interface_version = 0x34,
                .enquire_link_s = 30,
                .response_timeout_s = 20,
                .reconnect_max_s = 60,
                .session_count = 1,
                .registered_delivery = 1,
            },
    };
}

void world_close(struct carrier_world *world)
{
    smpp_client_free(world->client);
    simulator_close(world->simulator);
    sim_advance(100);
    loop_free(world->here);
    loop_free(world->there);
    sim_close();
    mem_free(world->answers);
    mem_free(world->deliveries);
}

void world_set(struct carrier_world *world, const char *name, const char *value)
{
    char problem[256] = "";
    if (!simulator_options_set(&world->options, slice_cstr(name), slice_cstr(value), problem))
        fail_msg("%s", problem);
}

void world_simulate(struct carrier_world *world)
{
    char error[256] = "";
    world->simulator = simulator_open(world->there, &world->options, error);
    if (!world->simulator) fail_msg("%s", error);
}

void world_stop_simulator(struct carrier_world *world)
{
    simulator_close(world->simulator);
    world->simulator = NULL;
}

void world_run(struct carrier_world *world, uint64_t ms)
{
    smpp_client_flush(world->client);
    sim_advance(ms);
}

void world_provide(struct carrier_world *world, uint64_t ms)
{
    smpp_client_provider(world->client, &world->provider, false);
    world_run(world, ms);
}

void world_remove_provider(struct carrier_world *world, uint64_t ms)
{
    smpp_client_provider(world->client, &world->provider, true);
    world_run(world, ms);
}

struct attempt_id world_send_to(struct carrier_world *world, const char *text, uint64_t number,
                                const char *sender)
{
    struct recipient_id recipient = {world->next_recipient++};
    enum segment_form form = world->provider.quirks.long_form;
    struct arena arena = {0};
    struct segment_list list;
    uint16_t reference = (uint16_t)(0x1200 + recipient.v);
    assert_true(segment_cut(slice_cstr(text), form, reference, &arena, &list));
    for (size_t i = 0; i < list.count; i++) {
        struct submit submit = {
            .attempt = attempt_id_of(recipient, (unsigned)i + 1),
            .provider = world->provider.id,
            .number = number,
            .sender = slice_cstr(sender),
            .encoding = list.encoding,
            .segment = list.at[i],
            .form = form,
            .reference = reference,
            .expires_at_ms = clock_wall_ms(&world->clock) + 24 * 3600 * 1000,
        };
        smpp_client_submit(world->client, &submit);
        world->submitted++;
    }
    arena_done(&arena);
    return attempt_id_of(recipient, 1);
}

struct attempt_id world_send(struct carrier_world *world, const char *text)
{
    return world_send_to(world, text, 447700900001, "Godwit");
}

const struct told_answer *world_answer(struct carrier_world *world, struct attempt_id attempt)
{
    const struct told_answer *found = NULL;
    for (size_t i = 0; i < world->answer_count; i++) {
        if (world->answers[i].attempt.v != attempt.v) continue;
        assert_null(found);
        found = &world->answers[i];
    }
    assert_non_null(found);
    return found;
}

size_t world_count(const struct carrier_world *world, enum attempt_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < world->answer_count; i++)
        count += world->answers[i].state == state;
    return count;
}

void world_assert_each_answered_once(const struct carrier_world *world)
{
    struct map seen = {0};
    for (size_t i = 0; i < world->answer_count; i++) {
        uint64_t before;
        assert_false(map_get(&seen, world->answers[i].attempt.v, &before));
        map_set(&seen, world->answers[i].attempt.v, 1);
    }
    map_done(&seen);
    assert_int_equal(world->answer_count, world->submitted);
}

void world_reply(struct carrier_world *world, size_t delivery, enum err err)
{
    assert_true(delivery < world->delivery_count);
    smpp_client_reply(world->client, world->deliveries[delivery].reply, err);
}

static void on_drained(void *user)
{
    struct carrier_world *world = user;
    assert_false(world->is_drained);
    world->is_drained = true;
}

void world_drain(struct carrier_world *world)
{
    smpp_client_drain(world->client, on_drained, world);
}

int world_setup(void **state)
{
    struct carrier_world *world = MEM_NEW(struct carrier_world);
    world_open(world, 1);
    *state = world;
    return 0;
}

int world_teardown(void **state)
{
    world_close(*state);
    mem_free(*state);
    return 0;
}
