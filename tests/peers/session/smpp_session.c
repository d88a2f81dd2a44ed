/* One whole session of the SMPP client with somebody else's SMSC, over real TCP: binds, sends a few
   texts, waits until everything is answered, every receipt and inbound message has come and the
   silence has been probed, then unbinds. Each thing that is told is a JSON line on stdout.
   Usage: smpp_session HOST:PORT trx|tx+rx RECEIPTS INBOUND */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/mem.h"
#include "edge/smpp_client/smpp_client.h"
#include "net/machine.h"
#include "wire/json.h"
#include "wire/smpp_pdu.h"

enum { GIVE_UP_MS = 30000 };

/* What the checker expects on the other side; see check.py. */
static const struct sample {
    uint64_t number;
    const char *sender;
    const char *text;
} samples[] = {
    {447700900001, "Godwit", "Hello @ $ _ \xC2\xA3 \xE2\x82\xAC [a] \xC3\xA9"},
    {447700900002, "+447700900777", "\xD0\x9F\xD1\x80\xD0\xB8\xD0\xB2\xD0\xB5\xD1\x82"},
    {447700900003, "32323", "whale \xF0\x9F\x90\xB3 whale"},
    {447700900004, "Godwit",
     "one 23456789012345678901234567890123456789012345678901234567890123456789012345678901"
     "234567890123456789012345678901234567890123456789012345678901234567890 two 2345678901"
     "234567890123456789012345678901234567890123456789012345678901234567890123456789012345"
     "67890123456789012345678901234567890123456789012345 three 56789012345678901234567890."},
    {447700900058, "Godwit", "too fast"},
};
enum { SAMPLE_COUNT = sizeof samples / sizeof *samples };

struct run {
    struct loop *loop;
    struct clock clock;
    struct smpp_client *client;
    struct provider provider;
    struct loop_timer deadline;
    size_t handed_over, answered;
    unsigned receipts_wanted, receipts, inbound_wanted, inbound;
    bool probed; /* our enquire_link was answered */
    bool draining;
    struct buf line;
};

static struct json_writer line_begin(struct run *run, const char *event)
{
    struct json_writer json;
    buf_clear(&run->line);
    json_writer_init(&json, &run->line);
    json_begin_object(&json);
    json_put_text(&json, "event", slice_cstr(event));
    return json;
}

static void line_end(struct run *run, struct json_writer *json)
{
    json_end_object(json);
    buf_add_byte(&run->line, '\n');
    fwrite(run->line.at, 1, run->line.size, stdout);
    fflush(stdout);
}

static void on_drained(void *user)
{
    struct run *run = user;
    struct json_writer json = line_begin(run, "drained");
    line_end(run, &json);
    loop_stop(run->loop);
}

static void end_when_all_is_done(struct run *run)
{
    bool done = run->handed_over > 0 && run->answered == run->handed_over && run->probed &&
                run->receipts >= run->receipts_wanted && run->inbound >= run->inbound_wanted;
    if (!done || run->draining) return;
    run->draining = true;
    smpp_client_drain(run->client, on_drained, run);
}

static void submit_all(struct run *run)
{
    for (size_t i = 0; i < SAMPLE_COUNT; i++) {
        struct arena arena = {0};
        struct segment_list list;
        uint16_t reference = (uint16_t)(0x40 + i);
        if (!segment_cut(slice_cstr(samples[i].text), SEGMENT_UDH8, reference, &arena, &list))
            exit(1);
        for (size_t part = 0; part < list.count; part++) {
            struct submit submit = {
                .attempt = attempt_id_of((struct recipient_id){i + 1}, (unsigned)part + 1),
                .provider = run->provider.id,
                .number = samples[i].number,
                .sender = slice_cstr(samples[i].sender),
                .encoding = list.encoding,
                .segment = list.at[part],
                .form = SEGMENT_UDH8,
                .reference = reference,
            };
            smpp_client_submit(run->client, &submit);
            run->handed_over++;
        }
        arena_done(&arena);
    }
    smpp_client_flush(run->client);
}

static void on_answer(void *user, const struct command_answer *answer)
{
    struct run *run = user;
    struct json_writer json = line_begin(run, "answer");
    json_put_integer(&json, "message", (int64_t)attempt_recipient(answer->attempt).v);
    json_put_text(&json, "state",
                  answer->state == ATTEMPT_TAKEN       ? SLICE("taken")
                  : answer->state == ATTEMPT_THROTTLED ? SLICE("throttled")
                                                       : SLICE("other"));
    json_put_integer(&json, "status", answer->status);
    json_put_text(&json, "id", answer->carrier_id);
    line_end(run, &json);
    run->answered++;
    end_when_all_is_done(run);
}

static void on_receipt(void *user, const struct command_receipt *receipt, struct smpp_reply reply)
{
    struct run *run = user;
    struct json_writer json = line_begin(run, "receipt");
    json_put_text(&json, "id", receipt->carrier_id);
    json_put_text(&json, "state", slice_cstr(receipt_state_word(receipt->state)));
    json_put_text(&json, "error", receipt->error);
    line_end(run, &json);
    smpp_client_reply(run->client, reply, ERR_OK);
    run->receipts++;
    end_when_all_is_done(run);
}

static void on_inbound(void *user, const struct command_inbound *inbound, struct smpp_reply reply)
{
    struct run *run = user;
    struct json_writer json = line_begin(run, "inbound");
    json_put_text(&json, "source", inbound->source);
    json_put_text(&json, "destination", inbound->destination);
    json_put_text(&json, "text", inbound->text);
    json_put_integer(&json, "reference", inbound->part.reference);
    json_put_integer(&json, "total", inbound->part.total);
    json_put_integer(&json, "number", inbound->part.number);
    line_end(run, &json);
    smpp_client_reply(run->client, reply, ERR_OK);
    run->inbound++;
    end_when_all_is_done(run);
}

static void on_link(void *user, const struct command_link *link)
{
    struct run *run = user;
    struct json_writer json = line_begin(run, "link");
    json_put_integer(&json, "sessions", link->sessions);
    line_end(run, &json);
    if (link->sessions == 1 && run->handed_over == 0) submit_all(run);
}

static void on_trace(void *user, enum smpp_direction direction, struct provider_id provider,
                     struct slice bytes)
{
    struct run *run = user;
    struct arena arena = {0};
    struct smpp_pdu pdu = {0};
    struct smpp_bad bad;
    enum smpp_decode decoded = smpp_decode(bytes, SMPP_SIZE_MAX, &arena, &pdu, &bad);
    struct json_writer json = line_begin(run, direction == SMPP_SENT ? "sent" : "received");
    json_put_text(&json, "pdu", slice_cstr(smpp_command_name(pdu.command_id)));
    json_put_integer(&json, "status", pdu.status);
    json_put_integer(&json, "sequence", pdu.sequence);
    json_put_bool(&json, "good", decoded == SMPP_DECODED);
    line_end(run, &json);
    arena_done(&arena);
    if (direction == SMPP_RECEIVED && pdu.command_id == (SMPP_ENQUIRE_LINK | SMPP_RESPONSE)) {
        run->probed = true;
        end_when_all_is_done(run);
    }
}

static void on_note(void *user, struct provider_id provider, const char *text)
{
    struct run *run = user;
    struct json_writer json = line_begin(run, "note");
    json_put_text(&json, "text", slice_cstr(text));
    line_end(run, &json);
}

static void on_deadline(struct loop_timer *timer)
{
    fputs("smpp_session: given up\n", stderr);
    exit(1);
}

int main(int argc, char **argv)
{
    struct run run = {0};
    if (argc != 5 || strlen(argv[1]) > ADDRESS_MAX_SIZE) {
        fputs("usage: smpp_session HOST:PORT trx|tx+rx RECEIPTS INBOUND\n", stderr);
        return 2;
    }
    run.receipts_wanted = (unsigned)strtoul(argv[3], NULL, 10);
    run.inbound_wanted = (unsigned)strtoul(argv[4], NULL, 10);
    run.provider = (struct provider){
        .id = {1},
        .bind = strcmp(argv[2], "trx") == 0 ? BIND_TRX : BIND_TX_RX,
        .enabled = true,
        .window = 10,
        .system_id = "godwit",
        .password = "secret",
        .quirks = {.ask_receipts = true,
                   .interface_version = SMPP_VERSION_34,
                   .enquire_link_s = 1,
                   .response_timeout_s = 10,
                   .reconnect_max_s = 10,
                   .session_count = 1,
                   .registered_delivery = 1},
    };
    memcpy(run.provider.address, argv[1], strlen(argv[1]));
    buf_init(&run.line, 1 << 20);
    machine_clock_init(&run.clock);
    run.loop = loop_new();
    const struct smpp_client_ports ports = {
        .user = &run,
        .clock = &run.clock,
        .answer = on_answer,
        .receipt = on_receipt,
        .inbound = on_inbound,
        .link = on_link,
        .trace = on_trace,
        .note = on_note,
    };
    run.client = smpp_client_new(run.loop, &ports);
    run.deadline.fire = on_deadline;
    loop_timer_start(run.loop, &run.deadline, GIVE_UP_MS);
    smpp_client_provider(run.client, &run.provider, false);
    smpp_client_flush(run.client);
    loop_run(run.loop);
    loop_timer_stop(run.loop, &run.deadline);
    smpp_client_free(run.client);
    loop_free(run.loop);
    buf_done(&run.line);
    return 0;
}
