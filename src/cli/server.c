#include "cli/server.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "edge/health/health.h"
#include "edge/hep/hep.h"
#include "net/machine.h"

struct server {
    struct loop *loop;
    struct server_options options;
    struct clock clock;
    struct store *store;
    struct core_ports ports;
    struct engine *engine;
    struct control *control;
    struct smpp_client *carriers;
    struct http_client *web;
    struct hep *hep;
    struct hep_pusher *pusher;
    struct http_server *http;
    struct engine_call stop_call;
    struct loop_task settle_task;
    bool settled;
    void (*drained)(void *user);
    void *drained_user;
};

/* ---- From the core to the edges ------------------------------------------------------------ */

static void port_submit(void *user, const struct submit *submit)
{
    struct server *server = user;
    if (server->carriers) smpp_client_submit(server->carriers, submit);
}

static void port_push(void *user, const struct inbound *inbound, const struct shortcode *shortcode)
{
    struct server *server = user;
    hep_push(server->pusher, inbound, shortcode);
}

static void port_provider(void *user, const struct provider *provider, bool removed)
{
    struct server *server = user;
    if (server->carriers) smpp_client_provider(server->carriers, provider, removed);
}

static void port_flush(void *user)
{
    struct server *server = user;
    if (server->carriers) smpp_client_flush(server->carriers);
}

/* ---- From carriers to the core ------------------------------------------------------------- */

/* A carrier's word on its way through the core; what it points at is copied behind it. */
struct carrier_call {
    struct engine_call call;
    struct server *server;
    struct smpp_reply reply;
    bool wants_reply;
    char texts[];
};

static void carrier_done(struct engine_call *call)
{
    struct carrier_call *carrier = (struct carrier_call *)call;
    /* What can never be recorded must not be asked for again. */
    enum err err = call->command.result;
    if (err != ERR_STORE_UNAVAILABLE && err != ERR_OVERLOADED) err = ERR_OK;
    if (carrier->wants_reply && carrier->server->carriers)
        smpp_client_reply(carrier->server->carriers, carrier->reply, err);
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
    struct carrier_call *carrier = carrier_call_new(user, COMMAND_ANSWER, answer->carrier_id.size);
    char *to = carrier->texts;
    carrier->call.command.answer = *answer;
    carrier->call.command.answer.carrier_id = keep(&to, answer->carrier_id);
    carrier_post(carrier);
}

static void on_receipt(void *user, const struct command_receipt *receipt, struct smpp_reply reply)
{
    struct carrier_call *carrier =
        carrier_call_new(user, COMMAND_RECEIPT, receipt->carrier_id.size + receipt->error.size);
    char *to = carrier->texts;
    struct command_receipt *own = &carrier->call.command.receipt;
    *own = *receipt;
    own->carrier_id = keep(&to, receipt->carrier_id);
    own->error = keep(&to, receipt->error);
    carrier->reply = reply;
    carrier->wants_reply = true;
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
    carrier->reply = reply;
    carrier->wants_reply = true;
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

/* ---- Opening ------------------------------------------------------------------------------- */

static void open_carriers(struct server *server)
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
}

static bool open_engine(struct server *server, char *out_problem)
{
    const struct server_options *options = &server->options;
    server->store = options->store
                        ? options->store
                        : store_open(slice_cstr(options->config->store_url), out_problem);
    if (!server->store) return false;
    server->ports = (struct core_ports){
        .user = server,
        .submit = port_submit,
        .push = port_push,
        .provider = port_provider,
        .flush = port_flush,
    };
    struct engine_config config = {
        .clock = &server->clock,
        .store = server->store,
        .ports = &server->ports,
        .retry_window_ms = (uint64_t)options->config->retry_window_s * 1000,
        .stopped = options->offline,
    };
    server->engine = engine_open(&config, out_problem);
    return server->engine != NULL;
}

static struct hep_config hep_config_of(const struct config *config)
{
    return (struct hep_config){slice_cstr(config->hep_sender), slice_cstr(config->hep_server)};
}

static bool open_http(struct server *server, char *out_problem)
{
    const struct config *config = server->options.config;
    struct hep_config hep_config = hep_config_of(config);
    struct http_edge edges[HEP_EDGE_COUNT + 1];
    struct http_config http_config = http_config_default;
    http_config.connections_max = config->connections_max;
    http_config.connections_per_address_max = config->connections_per_address_max;
    http_config.header_timeout_ms = config->header_timeout_s * 1000ull;
    http_config.body_timeout_ms = config->body_timeout_s * 1000ull;
    http_config.idle_timeout_ms = config->idle_timeout_s * 1000ull;
    server->hep = hep_new(server->loop, server->engine, &hep_config);
    hep_edges(server->hep, edges);
    edges[HEP_EDGE_COUNT] = health_edge();
    server->http = http_server_open(server->loop, slice_cstr(config->listen), false, &http_config,
                                    edges, HEP_EDGE_COUNT + 1, out_problem);
    if (!server->http) return false;
    hep_serve(server->hep, server->http);
    return true;
}

/* Who can reach the control socket can do everything: its folder is made for one user alone. */
static void make_folder_of(const char *path)
{
    char folder[ADDRESS_MAX_SIZE + 1];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder) return;
    *slash = '\0';
    mkdir(folder, 0700); /* one that is there already stays as it is; listening tells the rest */
}

static bool open_control(struct server *server, char *out_problem)
{
    struct control_config config = {
        .loop = server->loop,
        .engine = server->engine,
        .test_clock = server->options.config->test_clock,
    };
    server->control = control_new(&config);
    if (server->options.offline) return true;
    make_folder_of(server->options.config->control);
    struct arena arena = {0};
    struct slice address = arena_printf(&arena, "unix:%s", server->options.config->control);
    bool good = control_listen(server->control, address, out_problem);
    arena_done(&arena);
    return good;
}

struct server *server_open(struct loop *loop, const struct server_options *options,
                           char *out_problem)
{
    struct server *server = MEM_NEW(struct server);
    server->loop = loop;
    server->options = *options;
    machine_clock_init(&server->clock);
    struct http_client_config web = {
        .allow_private = options->config->webhook_allow_private,
        .connections_max = 512,
        .waiting_max = 4096,
    };
    server->web = options->offline ? NULL : http_client_new(&web);
    /* The core names providers and pushes while it opens. */
    if (!options->offline) open_carriers(server);
    server->pusher = hep_pusher_new(loop, server->web);
    bool good = open_engine(server, out_problem);
    if (good) hep_pusher_connect(server->pusher, server->engine);
    good = good && open_control(server, out_problem) &&
           (options->offline || open_http(server, out_problem));
    if (good) return server;
    server_close(server);
    return NULL;
}

void server_start(struct server *server)
{
    engine_start(server->engine);
}

static void on_settled(struct loop_task *task)
{
    struct server *server = (struct server *)((char *)task - offsetof(struct server, settle_task));
    server->settled = true;
    loop_stop(server->loop);
}

/* Lets everything that other threads have posted to the loop happen. Somebody else's loop_stop,
   also one from before, ends a run too early. */
static void settle(struct server *server)
{
    server->settled = false;
    server->settle_task.run = on_settled;
    loop_post(server->loop, &server->settle_task);
    while (!server->settled)
        loop_run(server->loop);
}

void server_close(struct server *server)
{
    if (!server) return;
    if (server->engine) engine_stop(server->engine);
    settle(server);
    /* What the edges still had in the works ends now, and its end is written. */
    smpp_client_free(server->carriers);
    server->carriers = NULL;
    http_server_free(server->http);
    hep_pusher_stop(server->pusher);
    http_client_free(server->web);
    control_free(server->control);
    settle(server);
    while (server->engine && engine_step(server->engine))
        settle(server);
    hep_pusher_free(server->pusher);
    hep_free(server->hep);
    engine_free(server->engine);
    if (!server->options.store) store_close(server->store);
    mem_free(server);
}

/* ---- Draining: customers first, then carriers ---------------------------------------------- */

static void carriers_drained(void *user)
{
    struct server *server = user;
    server->drained(server->drained_user);
}

static void sending_stopped(struct engine_call *call)
{
    struct server *server = (struct server *)((char *)call - offsetof(struct server, stop_call));
    smpp_client_drain(server->carriers, carriers_drained, server);
}

static void http_drained(void *user)
{
    struct server *server = user;
    server->stop_call.loop = server->loop;
    server->stop_call.on_done = sending_stopped;
    server->stop_call.command.kind = COMMAND_STOP_SENDING;
    enum err err = engine_post(server->engine, &server->stop_call);
    assert(!err);
    (void)err;
}

void server_drain(struct server *server, void (*done)(void *user), void *user)
{
    server->drained = done;
    server->drained_user = user;
    http_server_drain(server->http, http_drained, server);
}

/* ---- The rest ------------------------------------------------------------------------------ */

const char *server_reload(struct server *server, const struct config *config)
{
    struct hep_config hep_config = hep_config_of(config);
    hep_configure(server->hep, &hep_config);
    /* What is left when [hep] is taken as told. */
    struct config rest = *config;
    const struct config *old = server->options.config;
    memcpy(rest.hep_sender, old->hep_sender, sizeof rest.hep_sender);
    memcpy(rest.hep_server, old->hep_server, sizeof rest.hep_server);
    bool same = config_same(&rest, old);
    return same ? NULL : "settings outside [hep] change with the next start";
}

struct slice server_address(const struct server *server)
{
    return http_server_address(server->http);
}

struct control *server_control(struct server *server)
{
    return server->control;
}

struct engine *server_engine(struct server *server)
{
    return server->engine;
}

struct http_client *server_http_client(struct server *server)
{
    return server->web;
}
