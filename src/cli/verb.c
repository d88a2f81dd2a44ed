#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/profile.h"
#include "cli/render.h"
#include "cli/verbs.h"
#include "net/loop.h"
#include "wire/json.h"

#define OPTION_KEY     1000
#define REQUEST_MAX    (1u << 20)
#define ANSWER_MAX     (128u << 20)
#define WATCH_EVERY_MS 300

struct parsed {
    const struct verb *verb;
    size_t arg_count;
    char *values[VERB_VALUES_MAX]; /* of args, then of options; heap */
    bool watch;
};

/* ---- Words to a request -------------------------------------------------------------------- */

static size_t args_of(const struct verb *verb)
{
    size_t count = 0;
    while (count < VERB_ARGS_MAX && verb->args[count])
        count++;
    return count;
}

/* A repeated option's values are joined by commas. */
static void set_value(char **slot, const char *value)
{
    struct buf joined;
    buf_init(&joined, REQUEST_MAX);
    if (*slot) buf_printf(&joined, "%s,", *slot);
    buf_printf(&joined, "%s", value);
    mem_free(*slot);
    *slot = mem_copy(joined.at, joined.size);
    buf_done(&joined);
}

static error_t on_word(int key, char *text, struct argp_state *state)
{
    struct parsed *parsed = state->input;
    const struct verb *verb = parsed->verb;
    if (key >= OPTION_KEY && key < OPTION_KEY + VERB_OPTIONS_MAX) {
        int index = key - OPTION_KEY;
        if (strcmp(verb->options[index].name, "watch") == 0)
            parsed->watch = true;
        else
            set_value(&parsed->values[VERB_ARGS_MAX + index], text ? text : "on");
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        if (parsed->arg_count >= args_of(verb)) argp_error(state, "too many words");
        set_value(&parsed->values[parsed->arg_count++], text);
        return 0;
    }
    if (key == ARGP_KEY_END && parsed->arg_count < args_of(verb))
        argp_error(state, "it needs %s", verb->words);
    return key == ARGP_KEY_END || key == ARGP_KEY_NO_ARGS ? 0 : ARGP_ERR_UNKNOWN;
}

static void parse(const struct verb *verb, int argc, char **argv, struct parsed *out)
{
    struct argp_option options[VERB_OPTIONS_MAX + 1] = {0};
    for (int i = 0; i < VERB_OPTIONS_MAX && verb->options[i].name; i++)
        options[i] = (struct argp_option){
            .name = verb->options[i].name,
            .key = OPTION_KEY + i,
            .arg = verb->options[i].placeholder,
            .doc = verb->options[i].help,
        };
    char name[80];
    snprintf(name, sizeof name, "godwit %s %s", verb->noun, verb->verb);
    argv[1] = name;
    struct argp argp = {
        .options = options, .parser = on_word, .args_doc = verb->words, .doc = verb->help};
    argp_err_exit_status = EXIT_USAGE;
    *out = (struct parsed){.verb = verb};
    argp_parse(&argp, argc - 1, argv + 1, 0, NULL, out);
}

/* Puts the text of the profiles that options name in their place. */
static bool read_profiles(struct parsed *parsed, char *out_problem)
{
    for (size_t i = 0; i < VERB_OPTIONS_MAX; i++) {
        char **slot = &parsed->values[VERB_ARGS_MAX + i];
        if (!*slot || !parsed->verb->options[i].is_profile) continue;
        struct buf text;
        buf_init(&text, PROFILE_MAX_SIZE);
        bool good = profile_read(*slot, &text, out_problem);
        mem_free(*slot);
        *slot = mem_copy(text.at, text.size);
        buf_done(&text);
        if (!good) return false;
    }
    return true;
}

static void write_request(const struct parsed *parsed, struct buf *out)
{
    const struct verb *verb = parsed->verb;
    struct json_writer json;
    json_writer_init(&json, out);
    json_begin_object(&json);
    json_put_text(&json, "do", slice_cstr(verb->request));
    for (size_t i = 0; i < VERB_VALUES_MAX; i++) {
        if (!parsed->values[i]) continue;
        const char *field =
            i < VERB_ARGS_MAX ? verb->args[i] : verb->options[i - VERB_ARGS_MAX].field;
        json_put_text(&json, field, slice_cstr(parsed->values[i]));
    }
    json_end_object(&json);
}

/* ---- An answer to the screen --------------------------------------------------------------- */

static void print_plain(const struct verb *verb, struct slice answer)
{
    struct arena arena = {0};
    struct slice text = render_plain(render_member(answer, verb->plain), &arena);
    printf("%.*s\n", (int)text.size, text.at);
    arena_done(&arena);
    if (verb->rest) render(answer, stdout);
}

static int print_answer(const struct cli *cli, const struct verb *verb, struct slice answer)
{
    int status = cli_answer(answer);
    if (status != EXIT_DONE) return status;
    if (cli->json)
        printf("%.*s\n", (int)answer.size, answer.at);
    else if (verb->plain)
        print_plain(verb, answer);
    else
        render(answer, stdout);
    fflush(stdout);
    return EXIT_DONE;
}

static bool is_over(struct slice answer)
{
    static const char *const open[] = {"\"queued\"", "\"sent\"", NULL};
    struct slice state = render_member(answer, "state");
    for (size_t i = 0; open[i]; i++)
        if (slice_eq(state, slice_cstr(open[i]))) return false;
    return true;
}

struct moment {
    struct loop_timer timer;
    struct loop *loop;
};

static void moment_over(struct loop_timer *timer)
{
    loop_stop(((struct moment *)timer)->loop);
}

static void wait_a_moment(void)
{
    struct moment moment = {.timer.fire = moment_over, .loop = loop_new()};
    loop_timer_start(moment.loop, &moment.timer, WATCH_EVERY_MS);
    loop_run(moment.loop);
    loop_free(moment.loop);
}

/* One question, or with --watch one at each change until the message is final. */
static int ask_and_print(struct cli *cli, const struct parsed *parsed, struct slice request)
{
    char problem[256];
    struct buf last, answer;
    buf_init(&last, ANSWER_MAX);
    int status = EXIT_DONE;
    for (bool over = false; !over;) {
        buf_init(&answer, ANSWER_MAX);
        if (!ask(&cli->config, request, &answer, problem)) {
            status = cli_refuse("%s", problem);
            break;
        }
        struct slice text = slice_trim(buf_slice(&answer), "\n");
        if (!slice_eq(text, buf_slice(&last))) status = print_answer(cli, parsed->verb, text);
        over = !parsed->watch || status != EXIT_DONE || is_over(text);
        buf_clear(&last);
        buf_add(&last, text);
        buf_done(&answer);
        if (!over) wait_a_moment();
    }
    buf_done(&last);
    buf_done(&answer);
    return status;
}

int cli_verb(struct cli *cli, int argc, char **argv)
{
    const struct verb *verb = NULL;
    bool noun_known = false;
    for (size_t i = 0; i < verb_count && !verb; i++) {
        if (strcmp(argv[0], verbs[i].noun) != 0) continue;
        noun_known = true;
        if (argc > 1 && strcmp(argv[1], verbs[i].verb) == 0) verb = &verbs[i];
    }
    if (!verb) {
        if (!noun_known)
            fprintf(stderr, "godwit: there is no command %s; see godwit --help\n", argv[0]);
        for (size_t i = 0; i < verb_count; i++)
            if (strcmp(argv[0], verbs[i].noun) == 0)
                fprintf(stderr, "usage: godwit %s %s %s\n", verbs[i].noun, verbs[i].verb,
                        verbs[i].words);
        return EXIT_USAGE;
    }
    struct parsed parsed;
    parse(verb, argc, argv, &parsed);
    char problem[256];
    int status;
    struct buf request;
    buf_init(&request, REQUEST_MAX);
    if (verb->run) {
        status = verb->run(cli, parsed.values);
    } else if (read_profiles(&parsed, problem)) {
        write_request(&parsed, &request);
        status = ask_and_print(cli, &parsed, buf_slice(&request));
    } else {
        status = cli_refuse("%s", problem);
    }
    buf_done(&request);
    for (size_t i = 0; i < VERB_VALUES_MAX; i++)
        mem_free(parsed.values[i]);
    return status;
}
