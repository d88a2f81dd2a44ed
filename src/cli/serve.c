#include <argp.h>
#include <signal.h>
#include <stdio.h>

#include "cli/cli.h"
#include "cli/server.h"

struct serving {
    struct cli *cli;
    struct loop *loop;
    struct server *server;
    struct config reloaded;
    bool draining;
};

static void on_drained(void *user)
{
    struct serving *serving = user;
    loop_stop(serving->loop);
}

static void reload(struct serving *serving)
{
    char problem[256];
    struct config fresh;
    config_init(&fresh);
    if (!config_read(&fresh, serving->cli->config_path, problem)) {
        fprintf(stderr, "godwit: the configuration stays as it was: %s\n", problem);
        return;
    }
    serving->reloaded = fresh;
    const char *note = server_reload(serving->server, &serving->reloaded);
    fprintf(stderr, "godwit: configuration read again%s%s\n", note ? ": " : "", note ? note : "");
}

static void on_signal(struct loop *loop, int signal_number)
{
    struct serving *serving = loop_user(loop);
    if (signal_number == SIGHUP) {
        reload(serving);
    } else if (!serving->draining) {
        serving->draining = true;
        fprintf(stderr, "godwit: draining\n");
        server_drain(serving->server, on_drained, serving);
    } else {
        loop_stop(loop); /* asked twice: at once */
    }
}

int cli_serve(struct cli *cli, int argc, char **argv)
{
    struct argp argp = {.doc = "Run the server until SIGTERM, which lets everything in the works "
                               "finish. SIGHUP reads the configuration again."};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, NULL);

    struct serving serving = {.cli = cli, .loop = loop_new()};
    struct server_options options = {.config = &cli->config};
    char problem[256] = "";
    serving.server = server_open(serving.loop, &options, problem);
    if (!serving.server) {
        loop_free(serving.loop);
        return cli_refuse("%s", problem);
    }
    loop_set_user(serving.loop, &serving);
    loop_on_signal(serving.loop, on_signal);
    server_start(serving.server);
    struct slice address = server_address(serving.server);
    printf("listening http://%.*s\n", (int)address.size, address.at);
    fflush(stdout);
    loop_run(serving.loop);
    server_close(serving.server);
    loop_free(serving.loop);
    return EXIT_DONE;
}
