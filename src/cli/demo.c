#include <argp.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "cli/cli.h"
#include "cli/render.h"
#include "cli/server.h"
#include "cli/trace.h"
#include "edge/simulator/simulator.h"
#include "net/machine.h"

#define LOOK_EVERY_MS  50
#define GIVE_UP_MS     30000
#define DEMO_RECIPIENT "+447700900000"
#define DEMO_TEXT      "Hello from Godwit"

/* What the demo does, one step after the other; each reply starts the next. */
struct demo {
    struct loop *loop;
    struct server *server;
    struct simulator *simulator;
    struct clock clock;
    struct config config;
    char folder[64];
    bool once, delivered, shown;
    size_t step;
    struct arena arena;
    struct slice account, key, message;
    struct loop_timer timer;
    uint64_t started_mono_ms;
};

static void next_step(struct demo *demo);

static void fail(struct demo *demo, struct slice why)
{
    fprintf(stderr, "godwit demo: %.*s\n", (int)why.size, why.at);
    loop_stop(demo->loop);
}

static struct slice keep(struct demo *demo, struct slice answer, const char *name)
{
    return arena_copy(&demo->arena, render_plain(render_member(answer, name), &demo->arena));
}

/* ---- Watching the message ------------------------------------------------------------------ */

static void show_the_way(struct demo *demo)
{
    struct slice address = server_address(demo->server);
    printf("\nSend one yourself:\n\n"
           "  curl -X POST http://%.*s/api/messages \\\n"
           "    -H \"Authorization: %.*s\" \\\n"
           "    -d \"recipient=%s\" \\\n"
           "    -d \"content=%s\"\n\n",
           (int)address.size, address.at, (int)demo->key.size, demo->key.at, DEMO_RECIPIENT,
           DEMO_TEXT);
    printf("Godwit is at http://%.*s/ until Ctrl-C. Its commands, such as `godwit credit show "
           "%.*s`,\nneed -c %s/godwit.ini here.\n",
           (int)address.size, address.at, (int)demo->account.size, demo->account.at, demo->folder);
    fflush(stdout);
}

static void look(struct loop_timer *timer);

static void on_look(void *user, struct slice answer)
{
    struct demo *demo = user;
    struct slice state = render_plain(render_member(answer, "state"), &demo->arena);
    if (slice_eq(state, SLICE("delivered"))) {
        demo->delivered = true;
        printf("\nDelivered. Its story:\n\n");
        render(answer, stdout);
        show_the_way(demo);
        if (demo->once) loop_stop(demo->loop);
    } else if (loop_mono_ms(demo->loop) - demo->started_mono_ms > GIVE_UP_MS) {
        fail(demo, SLICE("the message was not delivered in time"));
    } else {
        loop_timer_start(demo->loop, &demo->timer, LOOK_EVERY_MS);
    }
}

static void look(struct loop_timer *timer)
{
    struct demo *demo = (struct demo *)((char *)timer - offsetof(struct demo, timer));
    struct slice request = arena_printf(&demo->arena, "{\"do\":\"message.show\",\"id\":\"%.*s\"}",
                                        (int)demo->message.size, demo->message.at);
    control_execute(server_control(demo->server), request, on_look, demo);
}

/* ---- Sending it ---------------------------------------------------------------------------- */

static void on_sent(void *user, const struct http_result *result)
{
    struct demo *demo = user;
    if (result->outcome != HTTP_ANSWERED || result->status != 200) {
        fail(demo, SLICE("the send was not answered with 200"));
        return;
    }
    printf("\nHTTP 200 %.*s\n\n", (int)result->body.size, result->body.at);
    fflush(stdout);
    demo->message = keep(demo, result->body, "ID");
    demo->started_mono_ms = loop_mono_ms(demo->loop);
    demo->timer.fire = look;
    loop_timer_start(demo->loop, &demo->timer, LOOK_EVERY_MS);
}

static void send_message(struct demo *demo)
{
    struct slice address = server_address(demo->server);
    struct http_header headers[] = {
        {SLICE("Authorization"), demo->key},
        {SLICE("Content-Type"), SLICE("application/x-www-form-urlencoded")},
    };
    struct http_call call = {
        .url =
            arena_printf(&demo->arena, "http://%.*s/api/messages", (int)address.size, address.at),
        .method = SLICE("POST"),
        .body = SLICE("recipient=" DEMO_RECIPIENT "&content=Hello%20from%20Godwit"),
        .headers = headers,
        .header_count = 2,
        .timeout_ms = 10000,
        .response_max = 65536,
    };
    printf("Sending \"%s\" to %s ...\n\n", DEMO_TEXT, DEMO_RECIPIENT);
    fflush(stdout);
    if (!http_client_send(server_http_client(demo->server), demo->loop, &call, on_sent, demo))
        fail(demo, SLICE("the send could not be started"));
}

/* ---- Setting up ---------------------------------------------------------------------------- */

static struct slice request_of(struct demo *demo)
{
    struct slice carrier = simulator_address(demo->simulator);
    switch (demo->step) {
    case 0:
        return SLICE("{\"do\":\"account.add\",\"name\":\"Demo\",\"plan\":\"Pro\"}");
    case 1:
        return arena_printf(&demo->arena,
                            "{\"do\":\"credit.grant\",\"account\":\"%.*s\",\"amount\":\"1000\"}",
                            (int)demo->account.size, demo->account.at);
    case 2:
        return arena_printf(&demo->arena, "{\"do\":\"key.add\",\"account\":\"%.*s\"}",
                            (int)demo->account.size, demo->account.at);
    case 3:
        return arena_printf(&demo->arena,
                            "{\"do\":\"provider.add\",\"name\":\"simulated\",\"smpp\":\"%.*s\","
                            "\"system_id\":\"godwit\",\"password\":\"secret\"}",
                            (int)carrier.size, carrier.at);
    case 4:
        return SLICE("{\"do\":\"route.set\",\"destination\":\"*\",\"providers\":\"simulated\"}");
    default:
        return (struct slice){0};
    }
}

static void on_step(void *user, struct slice answer)
{
    struct demo *demo = user;
    if (render_member(answer, "error").size && render_member(answer, "message").size) {
        fail(demo, answer);
        return;
    }
    if (demo->step == 0) demo->account = keep(demo, answer, "id");
    if (demo->step == 2) demo->key = keep(demo, answer, "key");
    demo->step++;
    next_step(demo);
}

static void next_step(struct demo *demo)
{
    struct slice request = request_of(demo);
    if (request.size)
        control_execute(server_control(demo->server), request, on_step, demo);
    else
        send_message(demo);
}

static bool write_config(struct demo *demo)
{
    char path[96];
    struct buf text;
    snprintf(path, sizeof path, "%s/godwit.ini", demo->folder);
    FILE *file = fopen(path, "w");
    if (!file) return false;
    buf_init(&text, 1 << 16);
    config_write(&demo->config, &text);
    fwrite(text.at, 1, text.size, file);
    buf_done(&text);
    return fclose(file) == 0;
}

static bool open_parts(struct demo *demo, char *problem)
{
    struct simulator_options carrier;
    simulator_options_init(&carrier);
    machine_clock_init(&demo->clock);
    carrier.clock = &demo->clock;
    demo->simulator = simulator_open(demo->loop, &carrier, problem);
    if (!demo->simulator) return false;
    struct server_options options = {.config = &demo->config, .trace = trace_print, .quiet = true};
    demo->server = server_open(demo->loop, &options, problem);
    if (demo->server) return true;
    /* The usual port is taken: any other will do. */
    snprintf(demo->config.listen, sizeof demo->config.listen, "127.0.0.1:0");
    demo->server = server_open(demo->loop, &options, problem);
    return demo->server != NULL;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *where)
{
    return remove(path);
}

static void on_signal(struct loop *loop, int signal_number)
{
    loop_stop(loop);
}

static error_t on_word(int key, char *text, struct argp_state *state)
{
    struct demo *demo = state->input;
    if (key != 'o') return ARGP_ERR_UNKNOWN;
    demo->once = true;
    return 0;
}

int cli_demo(struct cli *cli, int argc, char **argv)
{
    struct demo demo = {.config = cli->config, .folder = "/tmp/godwit-demo-XXXXXX"};
    struct argp_option options[] = {
        {"once", 'o', NULL, 0, "end with status 0 after the delivery, 1 without one", 0}, {0}};
    struct argp argp = {.options = options,
                        .parser = on_word,
                        .doc = "A server with a temporary store and a simulated carrier: sends a "
                               "message and shows its delivery."};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &demo);
    if (!mkdtemp(demo.folder)) return cli_refuse("no temporary folder can be made in /tmp");
    snprintf(demo.config.store_url, sizeof demo.config.store_url, "sqlite:%s/godwit.db",
             demo.folder);
    snprintf(demo.config.control, sizeof demo.config.control, "%s/control.sock", demo.folder);
    demo.config.webhook_allow_private = true;

    char problem[256] = "";
    demo.loop = loop_new();
    bool good = open_parts(&demo, problem) && write_config(&demo);
    if (good) {
        loop_on_signal(demo.loop, on_signal);
        server_start(demo.server);
        next_step(&demo);
        loop_run(demo.loop);
    }
    loop_timer_stop(demo.loop, &demo.timer);
    server_close(demo.server);
    simulator_close(demo.simulator);
    loop_free(demo.loop);
    arena_done(&demo.arena);
    nftw(demo.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!good) return cli_refuse("%s", problem);
    return demo.delivered ? EXIT_DONE : EXIT_REFUSED;
}
