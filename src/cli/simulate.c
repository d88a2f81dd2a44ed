#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "edge/simulator/simulator.h"
#include "net/loop.h"
#include "net/machine.h"
#include "cli/trace.h"

#define OPTION_KEY 1000
#define LOG_KEY    1
#define TRACE_KEY  2

struct simulating {
    struct simulator_options options;
    struct clock clock;
    char problem[256];
};

static error_t on_word(int key, char *text, struct argp_state *state)
{
    struct simulating *simulating = state->input;
    struct simulator_options *options = &simulating->options;
    if (key == LOG_KEY) {
        options->log = strcmp(text, "-") == 0 ? stdout : fopen(text, "w");
        if (!options->log) argp_failure(state, EXIT_REFUSED, errno, "%s", text);
        return 0;
    }
    if (key == TRACE_KEY) {
        options->trace = trace_print;
        return 0;
    }
    if (key < OPTION_KEY || key >= OPTION_KEY + (int)simulator_option_count)
        return ARGP_ERR_UNKNOWN;
    const struct simulator_option *row = &simulator_option_rows[key - OPTION_KEY];
    struct slice value = text ? slice_cstr(text) : SLICE("on");
    if (!simulator_options_set(options, slice_cstr(row->name), value, simulating->problem))
        argp_error(state, "%s", simulating->problem);
    return 0;
}

static void on_signal(struct loop *loop, int signal_number)
{
    loop_stop(loop);
}

static void print_counts(const struct simulator *simulator)
{
    struct simulator_counts counts = simulator_counts(simulator);
    fprintf(
        stderr,
        "submits %llu: taken %llu, refused %llu, throttled %llu; receipts %llu, answered %llu\n",
        (unsigned long long)counts.submits, (unsigned long long)counts.taken,
        (unsigned long long)counts.refused, (unsigned long long)counts.throttled,
        (unsigned long long)counts.receipts, (unsigned long long)counts.receipts_done);
}

static int run(struct simulating *simulating)
{
    struct loop *loop = loop_new();
    struct simulator *simulator = simulator_open(loop, &simulating->options, simulating->problem);
    if (!simulator) {
        loop_free(loop);
        return cli_refuse("%s", simulating->problem);
    }
    loop_on_signal(loop, on_signal);
    struct slice address = simulator_address(simulator);
    printf("listening smpp://%.*s\n", (int)address.size, address.at);
    fflush(stdout);
    loop_run(loop);
    print_counts(simulator);
    simulator_close(simulator);
    loop_free(loop);
    if (simulating->options.log && simulating->options.log != stdout)
        fclose(simulating->options.log);
    return EXIT_DONE;
}

int cli_simulate(struct cli *cli, int argc, char **argv)
{
    struct argp_option options[96] = {
        {"log", LOG_KEY, "FILE", 0, "one JSON line for each message; - is the screen", 1},
        {"trace", TRACE_KEY, NULL, 0, "print every PDU", 1},
    };
    struct simulating simulating = {0};
    simulator_options_init(&simulating.options);
    machine_clock_init(&simulating.clock);
    simulating.options.clock = &simulating.clock;
    char help[96][256];
    for (size_t i = 0; i < simulator_option_count && i + 3 < 96; i++) {
        const struct simulator_option *row = &simulator_option_rows[i];
        bool is_switch = row->kind == SIMULATOR_SWITCH;
        snprintf(help[i], sizeof help[i], "%s (%s)", row->help,
                 row->choices ? row->choices : row->initial);
        options[i + 2] = (struct argp_option){
            .name = row->name,
            .key = OPTION_KEY + (int)i,
            .arg = "VALUE",
            .flags = is_switch ? OPTION_ARG_OPTIONAL : 0,
            .doc = help[i],
            .group = 2,
        };
    }
    struct argp argp = {.options = options,
                        .parser = on_word,
                        .doc = "Be a carrier: an SMSC on real TCP with every fault on request."};
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&argp, argc, argv, 0, NULL, &simulating);
    return run(&simulating);
}
