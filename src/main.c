/* godwit: one program for the server and everything around it. */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/verbs.h"

static const struct {
    const char *word;
    int (*run)(struct cli *cli, int argc, char **argv);
    const char *help;
} programs[] = {
    {"serve", cli_serve, "run the server"},
    {"demo", cli_demo, "show everything at once, with a simulated carrier [--once]"},
    {"doctor", cli_doctor, "check configuration, store, ports and carriers"},
    {"simulate", cli_simulate, "be a carrier: an SMSC with every fault on request"},
};
#define PROGRAM_COUNT (sizeof programs / sizeof *programs)

static int usage(FILE *out, int status)
{
    fprintf(out, "usage: godwit [-c FILE] [--json] COMMAND ...\n\n");
    for (size_t i = 0; i < PROGRAM_COUNT; i++)
        fprintf(out, "  %-36s %s\n", programs[i].word, programs[i].help);
    for (size_t i = 0; i < verb_count; i++) {
        char words[80];
        snprintf(words, sizeof words, "%s %s %s", verbs[i].noun, verbs[i].verb, verbs[i].words);
        fprintf(out, "  %-36s %s\n", words, verbs[i].help);
    }
    fprintf(out, "\nEvery command has --help. Without -c, %s is read if it is there.\n",
            CONFIG_DEFAULT_PATH);
    return status;
}

/* Takes -c FILE and --json out of the words, wherever they stand before a lone "--". */
static bool take_globals(struct cli *cli, int *argc, char **argv)
{
    int kept = 1;
    bool good = true, open = true;
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], "--") == 0) open = false;
        if (open && strcmp(argv[i], "--json") == 0) {
            cli->json = true;
        } else if (open && (strcmp(argv[i], "-c") == 0 || strcmp(argv[i], "--config") == 0)) {
            good = good && i + 1 < *argc;
            cli->config_path = i + 1 < *argc ? argv[++i] : NULL;
        } else {
            argv[kept++] = argv[i];
        }
    }
    argv[kept] = NULL;
    *argc = kept;
    return good;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    char problem[256];
    if (!take_globals(&cli, &argc, argv) || argc < 2) return usage(stderr, EXIT_USAGE);
    const char *word = argv[1];
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) return usage(stdout, EXIT_DONE);
    if (strcmp(word, "--version") == 0) {
        printf("godwit %s\n", GODWIT_VERSION);
        return EXIT_DONE;
    }
    config_init(&cli.config);
    if (!config_read(&cli.config, cli.config_path, problem)) return cli_refuse("%s", problem);
    for (size_t i = 0; i < PROGRAM_COUNT; i++)
        if (strcmp(word, programs[i].word) == 0) return programs[i].run(&cli, argc - 1, argv + 1);
    return cli_verb(&cli, argc - 1, argv + 1);
}
