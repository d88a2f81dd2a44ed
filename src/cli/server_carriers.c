#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/server_inside.h"
#include "net/machine.h"

/* ---- From the core to carriers ------------------------------------------------------------- */

/* Each takes what is for its kind. */
void server_submit(void *user, const struct submit *submit)
{
    struct server *server = user;
    if (!server->carriers) return;
    if (submit->kind == PROVIDER_HTTP)
        http_providers_submit(server->upstreams, submit);
    else
        smpp_client_submit(server->carriers, submit);
}

void server_provider(void *user, const struct provider *provider, bool removed)
{
    struct server *server = user;
    if (!server->carriers) return;
    if (provider->kind == PROVIDER_SMPP)
        smpp_client_provider(server->carriers, provider, removed);
    else
        http_providers_provider(server->upstreams, provider, removed);
    robase_provider(server->robase, provider, removed);
}

void server_flush(void *user)
{
    struct server *server = user;
    if (!server->carriers) return;
    smpp_client_flush(server->carriers);
    http_providers_flush(server->upstreams);
}

/* ---- From carriers to the core ------------------------------------------------------------- */

/* A carrier's word on its way through the core; what it points at is copied behind it. */
struct carrier_call {
    struct engine_call call;
    struct server *server;
    enum { REPLY_NONE, REPLY_SMPP, REPLY_HTTP } reply;
    struct smpp_reply smpp_reply;
    struct http_ref http_reply;
    char texts[];
};

static void carrier_done(struct engine_call *call)
{
    struct carrier_call *carrier = (struct carrier_call *)call;
    struct server *server = carrier->server;
    enum err err = call->command.result;
    if (carrier->reply == REPLY_HTTP) {
        http_providers_reply(server->upstreams, carrier->http_reply, err);
    } else if (carrier->reply == REPLY_SMPP && server->carriers) {
        /* What can never be recorded must not be asked for again. */
        if (err != ERR_STORE_UNAVAILABLE && err != ERR_OVERLOADED) err = ERR_OK;
        smpp_client_reply(server->carriers, carrier->smpp_reply, err);
    }
    mem_free(carrier);
}

static struct carrier_call *carrier_call_new(struct server *server, enum command_kind kind,
                                             size_t text_size)
{
    struct carrier_call *carrier = mem_alloc(sizeof *carrier + text_size);
    carrier->server = server;
    carrier->call.loop = server->loop;
    carrier->call.on_done = carrier_done;
    carrier->call.command.kind = kind;
    return carrier;
}

static struct slice keep(char **to, struct slice text)
{
    if (text.size) memcpy(*to, text.at, text.size);
    struct slice kept = slice_of(*to, text.size);
    *to += text.size;
    return kept;
}

static void carrier_post(struct carrier_call *carrier)
{
    enum err err = engine_post(carrier->server->engine, &carrier->call);
    assert(!err); /* only customers' commands are refused */
    (void)err;
}

static void on_answer(void *user, const struct command_answer *answer)
{
    struct carrier_call *carrier =
        carrier_call_new(user, COMMAND_ANSWER,
                         answer->carrier_id.size + answer->error.size + answer->error_text.size);
    char *to = carrier->texts;
    struct command_answer *own = &carrier->call.command.answer;
    *own = *answer;
    own->carrier_id = keep(&to, answer->carrier_id);
    own->error = keep(&to, answer->error);
    own->error_text = keep(&to, answer->error_text);
    carrier_post(carrier);
}

static struct carrier_call *receipt_call(struct server *server,
                                         const struct command_receipt *receipt)
{
    size_t size = receipt->carrier_id.size + receipt->error.size + receipt->error_text.size +
                  receipt->network.size;
    struct carrier_call *carrier = carrier_call_new(server, COMMAND_RECEIPT, size);
    char *to = carrier->texts;
    struct command_receipt *own = &carrier->call.command.receipt;
    *own = *receipt;
    own->carrier_id = keep(&to, receipt->carrier_id);
    own->error = keep(&to, receipt->error);
    own->error_text = keep(&to, receipt->error_text);
    own->network = keep(&to, receipt->network);
    return carrier;
}

static void on_receipt(void *user, const struct command_receipt *receipt, struct smpp_reply reply)
{
    struct carrier_call *carrier = receipt_call(user, receipt);
    carrier->reply = REPLY_SMPP;
    carrier->smpp_reply = reply;
    carrier_post(carrier);
}

static void on_http_receipt(void *user, const struct command_receipt *receipt,
                            struct http_ref reply)
{
    struct carrier_call *carrier = receipt_call(user, receipt);
    carrier->reply = REPLY_HTTP;
    carrier->http_reply = reply;
    carrier_post(carrier);
}

static void on_inbound(void *user, const struct command_inbound *inbound, struct smpp_reply reply)
{
    struct carrier_call *carrier =
        carrier_call_new(user, COMMAND_INBOUND,
                         inbound->source.size + inbound->destination.size + inbound->text.size);
    char *to = carrier->texts;
    struct command_inbound *own = &carrier->call.command.inbound;
    *own = *inbound;
    own->source = keep(&to, inbound->source);
    own->destination = keep(&to, inbound->destination);
    own->text = keep(&to, inbound->text);
    carrier->reply = REPLY_SMPP;
    carrier->smpp_reply = reply;
    carrier_post(carrier);
}

static void on_link(void *user, const struct command_link *link)
{
    struct carrier_call *carrier = carrier_call_new(user, COMMAND_LINK, 0);
    carrier->call.command.link = *link;
    carrier_post(carrier);
}

static void on_trace(void *user, enum smpp_direction direction, struct provider_id provider,
                     struct slice bytes)
{
    struct server *server = user;
    server->options.trace(server->options.trace_user, direction == SMPP_SENT, bytes);
}

static void on_note(void *user, struct provider_id provider, const char *text)
{
    fprintf(stderr, "godwit: provider %u: %s\n", provider.v, text);
}

void server_open_carriers(struct server *server)
{
    struct smpp_client_ports ports = {
        .user = server,
        .clock = &server->clock,
        .answer = on_answer,
        .receipt = on_receipt,
        .inbound = on_inbound,
        .link = on_link,
        .trace = server->options.trace ? on_trace : NULL,
        .note = server->options.quiet ? NULL : on_note,
    };
    machine_random(&ports.seed, sizeof ports.seed);
    server->carriers = smpp_client_new(server->loop, &ports);
    struct http_provider_ports http_ports = {
        .user = server,
        .answer = on_answer,
        .receipt = on_http_receipt,
        .link = on_link,
        .note = ports.note,
    };
    server->upstreams =
        http_providers_new(server->loop, server->upstreams_client, &server->clock, &http_ports);
}
