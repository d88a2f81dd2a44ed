/* The operators' commands as one table: words, arguments, options, and the control request that
   each becomes (docs/command-line.md). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define VERB_ARGS_MAX    3
#define VERB_OPTIONS_MAX 12
#define VERB_VALUES_MAX  (VERB_ARGS_MAX + VERB_OPTIONS_MAX)

struct verb_option {
    const char *name;        /* "system-id" */
    const char *placeholder; /* NULL: a switch that sends "on" */
    const char *field;       /* of the request; repeated options are joined by commas */
    const char *help;
    bool is_profile; /* the value names a file, and what is sent is what profile_read makes of it */
};

struct cli;
struct verb {
    const char *noun, *verb;
    const char *request;             /* "account.add" */
    const char *args[VERB_ARGS_MAX]; /* fields of the request, in the order of the words */
    const char *words;               /* "ID AMOUNT", for help */
    const char *help;
    const char *plain; /* without --json print this field alone (and what follows it, if `rest`) */
    bool rest;
    struct verb_option options[VERB_OPTIONS_MAX];
    /* What is no single request: gets the words, then the options, NULL where not given. */
    int (*run)(struct cli *cli, char *const *values);
};

extern const struct verb verbs[];
extern const size_t verb_count;
