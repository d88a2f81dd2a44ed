#include "cli/server.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "cli/server_inside.h"
#include "edge/health/health.h"
#include "net/machine.h"

/* Requests under way at once, and those that wait beyond them, of each HTTP client. */
#define CLIENT_CONNECTIONS 512
#define CLIENT_WAITING     4096

static void port_push(void *user, const struct inbound *inbound, const struct shortcode *shortcode)
{
    struct server *server = user;
    hep_push(server->pusher, inbound, shortcode);
}

static void port_deliver(void *user, const struct delivery *delivery, const struct webhook *webhook)
{
    struct server *server = user;
    webhook_deliver(server->webhooks, delivery, webhook);
}

/* ---- Opening ------------------------------------------------------------------------------- */

static bool open_engine(struct server *server, char *out_problem)
{
    const struct server_options *options = &server->options;
    server->store = options->store
                        ? options->store
                        : store_open(slice_cstr(options->config->store_url), out_problem);
    if (!server->store) return false;
    server->ports = (struct core_ports){
        .user = server,
        .submit = server_submit,
        .push = port_push,
        .deliver = port_deliver,
        .provider = server_provider,
        .flush = server_flush,
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

static struct robase_config robase_config_of(const struct config *config)
{
    return (struct robase_config){.rate = config->robase_rate, .burst = config->robase_burst};
}

static bool open_http(struct server *server, char *out_problem)
{
    const struct config *config = server->options.config;
    struct hep_config hep_config = hep_config_of(config);
    struct http_edge edges[HEP_EDGE_COUNT + ROBASE_EDGE_COUNT + 2];
    size_t count = 0;
    struct http_config http_config = http_config_default;
    http_config.connections_max = config->connections_max;
    http_config.connections_per_address_max = config->connections_per_address_max;
    http_config.header_timeout_ms = config->header_timeout_s * 1000ull;
    http_config.body_timeout_ms = config->body_timeout_s * 1000ull;
    http_config.idle_timeout_ms = config->idle_timeout_s * 1000ull;
    server->hep = hep_new(server->loop, server->engine, &hep_config);
    hep_edges(server->hep, edges + count);
    count += HEP_EDGE_COUNT;
    robase_edges(server->robase, edges + count);
    count += ROBASE_EDGE_COUNT;
    edges[count++] = health_edge();
    edges[count++] = http_providers_edge(server->upstreams);
    server->http = http_server_open(server->loop, slice_cstr(config->listen), false, &http_config,
                                    edges, count, out_problem);
    if (!server->http) return false;
    hep_serve(server->hep, server->http);
    robase_serve(server->robase, server->http);
    http_providers_serve(server->upstreams, server->http);
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

static struct http_client *open_client(bool allow_private)
{
    struct http_client_config config = {
        .allow_private = allow_private,
        .connections_max = CLIENT_CONNECTIONS,
        .waiting_max = CLIENT_WAITING,
    };
    return http_client_new(&config);
}

static bool render_event(void *user, struct store_reader *reader, const struct event *event,
                         struct buf *out)
{
    return robase_event_body(user, reader, event, out);
}

/* What the core may name and hand things to while it opens. */
static void open_edges(struct server *server)
{
    const struct config *config = server->options.config;
    bool allow_private = config->webhook_allow_private;
    server->web = open_client(allow_private);
    server->webhooks_client = open_client(allow_private);
    server->upstreams_client = open_client(true); /* operators name them, not customers */
    struct robase_config robase_config = robase_config_of(config);
    server->robase = robase_new(server->loop, &robase_config);
    struct webhook_sender_config webhooks = {
        .loop = server->loop,
        .client = server->webhooks_client,
        .event_header = SLICE("Robase-Event"),
        .signature_header = SLICE("Robase-Signature"),
        .user = server->robase,
        .render = render_event,
    };
    server->webhooks = webhook_sender_new(&webhooks);
    server->pusher = hep_pusher_new(server->loop, server->web);
    server_open_carriers(server);
}

static void connect_edges(struct server *server)
{
    hep_pusher_connect(server->pusher, server->engine);
    webhook_sender_connect(server->webhooks, server->engine);
    robase_connect(server->robase, server->engine);
}

struct server *server_open(struct loop *loop, const struct server_options *options,
                           char *out_problem)
{
    struct server *server = MEM_NEW(struct server);
    server->loop = loop;
    server->options = *options;
    machine_clock_init(&server->clock);
    if (!options->offline) open_edges(server);
    bool good = open_engine(server, out_problem);
    if (good && !options->offline) connect_edges(server);
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

/* What is still under way ends with its client. */
static void close_clients(struct server *server)
{
    if (server->options.offline) return;
    hep_pusher_stop(server->pusher);
    webhook_sender_stop(server->webhooks);
    http_providers_stop(server->upstreams);
    http_client_free(server->web);
    http_client_free(server->webhooks_client);
    http_client_free(server->upstreams_client);
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
    if (server->hep) hep_serve(server->hep, NULL);
    if (server->robase) robase_serve(server->robase, NULL);
    close_clients(server);
    control_free(server->control);
    settle(server);
    while (server->engine && engine_step(server->engine))
        settle(server);
    http_providers_free(server->upstreams);
    webhook_sender_free(server->webhooks);
    robase_free(server->robase);
    hep_pusher_free(server->pusher);
    hep_free(server->hep);
    engine_free(server->engine);
    if (!server->options.store) store_close(server->store);
    mem_free(server);
}

/* ---- Draining: customers first, then carriers ---------------------------------------------- */

static void upstreams_drained(void *user)
{
    struct server *server = user;
    server->drained(server->drained_user);
}

static void carriers_drained(void *user)
{
    struct server *server = user;
    http_providers_drain(server->upstreams, upstreams_drained, server);
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
    struct robase_config robase_config = robase_config_of(config);
    hep_configure(server->hep, &hep_config);
    robase_configure(server->robase, &robase_config);
    /* What is left when these are taken as told. */
    struct config rest = *config;
    const struct config *old = server->options.config;
    memcpy(rest.hep_sender, old->hep_sender, sizeof rest.hep_sender);
    memcpy(rest.hep_server, old->hep_server, sizeof rest.hep_server);
    rest.robase_rate = old->robase_rate;
    rest.robase_burst = old->robase_burst;
    bool same = config_same(&rest, old);
    return same ? NULL : "settings outside [hep] and [robase] change with the next start";
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
