/* The programs behind `godwit WORD ...`. Each returns the exit status: 0 done, 1 refused or failed
   with the reason on stderr, 2 wrong usage. */
#pragma once

#include "cli/config.h"

#define EXIT_DONE    0
#define EXIT_REFUSED 1
#define EXIT_USAGE   2

struct cli {
    struct config config;
    const char *config_path; /* NULL: the default one, if it is there */
    bool json;
};

/* argv[0] is the word itself. */
int cli_serve(struct cli *cli, int argc, char **argv);
int cli_demo(struct cli *cli, int argc, char **argv);
int cli_doctor(struct cli *cli, int argc, char **argv);
int cli_simulate(struct cli *cli, int argc, char **argv);
/* A row of verbs.h: argv[0] is the noun, argv[1] the verb. */
int cli_verb(struct cli *cli, int argc, char **argv);
/* What an answer of the control edge says: its refusal, said on stderr, or EXIT_DONE. */
int cli_answer(struct slice answer);
/* The blocklist's numbers from a file; the values of its row in verbs.c. */
int cli_import(struct cli *cli, char *const *values);
/* Says on stderr why, returns EXIT_REFUSED. */
int cli_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));
