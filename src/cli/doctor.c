#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/render.h"
#include "net/loop.h"
#include "net/tcp.h"
#include "wire/url.h"

#define CONNECT_TIMEOUT_MS 3000
#define ANSWER_MAX         (16u << 20)

/* Each check prints one line; the number of those that found a fault is the result. */
struct doctor {
    struct cli *cli;
    int faults;
};

static void well(const char *what, struct slice detail)
{
    printf("ok     %-10s %.*s\n", what, (int)detail.size, detail.at);
}

static void ill(struct doctor *doctor, const char *what, struct slice detail, const char *advice)
{
    doctor->faults++;
    printf("FAULT  %-10s %.*s\n       %-10s %s\n", what, (int)detail.size, detail.at, "", advice);
}

/* ---- Reaching an address ------------------------------------------------------------------- */

struct reaching {
    struct loop *loop;
    struct loop_timer timer;
    bool reached;
};

static void on_connect(void *user, struct tcp *tcp)
{
    struct reaching *reaching = user;
    reaching->reached = true;
    loop_stop(reaching->loop);
}

static void on_close(void *user, struct tcp *tcp, bool clean)
{
    loop_stop(((struct reaching *)user)->loop);
}

static void on_read(void *user, struct tcp *tcp, struct slice bytes)
{
}

static void on_timeout(struct loop_timer *timer)
{
    struct reaching *reaching =
        (struct reaching *)((char *)timer - offsetof(struct reaching, timer));
    loop_stop(reaching->loop);
}

static bool can_reach(struct slice address)
{
    static const struct tcp_events events = {
        .on_connect = on_connect, .on_read = on_read, .on_close = on_close};
    struct reaching reaching = {.loop = loop_new(), .timer.fire = on_timeout};
    loop_timer_start(reaching.loop, &reaching.timer, CONNECT_TIMEOUT_MS);
    struct tcp *tcp = tcp_connect(reaching.loop, address, &events, &reaching);
    loop_run(reaching.loop);
    tcp_close(tcp, true);
    loop_timer_stop(reaching.loop, &reaching.timer);
    loop_free(reaching.loop);
    return reaching.reached;
}

static void on_accept(void *user, struct tcp *tcp)
{
    tcp_close(tcp, true);
}

/* ---- Checks -------------------------------------------------------------------------------- */

static bool check_server(struct doctor *doctor)
{
    const struct config *config = &doctor->cli->config;
    char address[ADDRESS_MAX_SIZE + 8];
    snprintf(address, sizeof address, "unix:%s", config->control);
    if (can_reach(slice_cstr(address))) {
        well("server", SLICE("runs, and its control socket answers"));
        size_t size = strlen(config->listen);
        if (size > 2 && strcmp(config->listen + size - 2, ":0") == 0)
            well("listen", SLICE("any free port: the server's first line of output names it"));
        else if (can_reach(slice_cstr(config->listen)))
            well("listen", slice_cstr(config->listen));
        else
            ill(doctor, "listen", slice_cstr(config->listen),
                "the server runs with another [server] listen: is this its configuration file?");
        return true;
    }
    well("server", SLICE("does not run"));
    char error[256];
    struct loop *loop = loop_new();
    struct tcp_listener *listener =
        tcp_listen(loop, slice_cstr(config->listen), false, on_accept, NULL, error);
    if (listener) {
        well("listen", slice_cstr(config->listen));
        tcp_listener_close(listener);
    } else {
        ill(doctor, "listen", slice_cstr(error),
            "set [server] listen to an address and port of this machine that are free");
    }
    loop_free(loop);
    return false;
}

static void check_provider(struct doctor *doctor, struct slice provider, bool running,
                           struct arena *arena)
{
    struct slice name = render_plain(render_member(provider, "name"), arena);
    struct slice address = render_plain(render_member(provider, "address"), arena);
    struct slice line =
        arena_printf(arena, "%.*s at %.*s", (int)name.size, name.at, (int)address.size, address.at);
    bool is_http = slice_eq(render_member(provider, "kind"), SLICE("\"http\""));
    struct url url;
    if (is_http && url_read(address, &url) && can_reach(url_address(&url, arena)))
        well("provider", line);
    else if (is_http)
        ill(doctor, "provider", line,
            "nothing listens there: check url in its profile, the carrier and the firewall");
    else if (running && !slice_eq(render_member(provider, "sessions"), SLICE("0")))
        well("provider", arena_printf(arena, "%.*s is bound", (int)line.size, line.at));
    else if (can_reach(address) && running)
        ill(doctor, "provider", line,
            "it listens but no session is bound: see the server's log for its answer to the bind");
    else if (can_reach(address))
        well("provider", line);
    else
        ill(doctor, "provider", line,
            "nothing listens there: check the address, the carrier and the firewall");
}

static bool ask_for(struct doctor *doctor, const char *request, struct buf *answer)
{
    char problem[256];
    buf_init(answer, ANSWER_MAX);
    if (ask(&doctor->cli->config, slice_cstr(request), answer, problem)) return true;
    ill(doctor, "store", slice_cstr(problem),
        "[store] url must name a file in a folder that this user may write");
    return false;
}

static void check_carriers(struct doctor *doctor, bool running)
{
    struct buf answer;
    struct arena arena = {0};
    struct slice name, provider;
    if (ask_for(doctor, "{\"do\":\"provider.list\"}", &answer)) {
        well("store", slice_cstr(doctor->cli->config.store_url));
        struct slice list = render_member(slice_trim(buf_slice(&answer), "\n"), "providers");
        size_t cursor = 0, count = 0;
        for (; render_each(list, &cursor, &name, &provider); count++)
            check_provider(doctor, provider, running, &arena);
        if (count == 0)
            ill(doctor, "provider", SLICE("there is none"),
                "add one: godwit provider add NAME --smpp HOST:PORT --system-id S --password P");
        buf_done(&answer);
        if (ask_for(doctor, "{\"do\":\"route.list\"}", &answer)) {
            list = render_member(slice_trim(buf_slice(&answer), "\n"), "routes");
            cursor = 0;
            if (render_each(list, &cursor, &name, &provider))
                well("route", SLICE("there are routes"));
            else
                ill(doctor, "route", SLICE("there is none"),
                    "every send fails without one: godwit route set '*' NAME");
        }
    }
    buf_done(&answer);
    arena_done(&arena);
}

int cli_doctor(struct cli *cli, int argc, char **argv)
{
    struct argp argp = {.doc = "Check configuration, store, ports and carriers, and say what to do "
                               "about what is wrong."};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, NULL);
    struct doctor doctor = {.cli = cli};
    well("config",
         slice_cstr(cli->config_path ? cli->config_path
                                     : "defaults, and " CONFIG_DEFAULT_PATH " where it exists"));
    bool running = check_server(&doctor);
    check_carriers(&doctor, running);
    return doctor.faults ? EXIT_REFUSED : EXIT_DONE;
}
