/* Runs the simulation: one seed here, or many, each in a process of its own, so that one that ends
   by an assertion is told like any other and the next one goes on. */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/world.h"

/* Every so many seeds one is run twice and must leave the same trace. */
#define TWICE_EVERY 10

/* What a run tells, in memory that the processes share. */
struct result {
    uint64_t digest, steps, messages, commits, crashes, duplicates, uncertain;
};

struct options {
    uint64_t seed, seeds, from;
    bool verbose, trace;
};

static void run(uint64_t seed, const struct options *options, struct result *result)
{
    world.shows = options->trace;
    world.tells = options->verbose;
    world_run(seed);
    const struct model *model = &world.model;
    *result = (struct result){
        .digest = sim_digest(),
        .steps = world.steps,
        .messages = model->story_count,
        .commits = model->commits,
        .crashes = world.crashes,
        .duplicates = model->duplicates,
        .uncertain = model->uncertain,
    };
    if (options->verbose)
        fprintf(stderr,
                "seed %" PRIu64 ": trace %016" PRIx64 ", %" PRIu64 " steps, %" PRIu64
                " s, %zu messages, %" PRIu64 " commits, %" PRIu64 " failed, %" PRIu64
                " crashes, %" PRIu64 " stops, %" PRIu64 " answers lost, %" PRIu64 " sent again\n",
                seed, result->digest, result->steps, sim_now() / 1000, model->story_count,
                model->commits, world.failed_commits, world.crashes, world.stops, model->uncertain,
                model->duplicates);
    world_close();
}

/* A server that has crashed leaves its memory behind, as a crash does. Only runs without one are
   asked for leaks, which happens on the way out. */
static void leave(void)
{
#ifdef __SANITIZE_ADDRESS__
    if (world.crashes) _exit(0);
#endif
    exit(0);
}

static bool run_apart(uint64_t seed, const struct options *options, struct result *result)
{
    int status;
    pid_t child = fork();
    if (child < 0) {
        perror("fork");
        exit(1);
    }
    if (child == 0) {
        run(seed, options, result);
        leave();
    }
    if (waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) <= 1)
        return WEXITSTATUS(status) == 0; /* 1: world_fail has told */
    fprintf(stderr,
            "seed %" PRIu64 " failed: it ended with %s %d; run it again: make sim SEED=%" PRIu64
            "\n",
            seed, WIFSIGNALED(status) ? "signal" : "status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), seed);
    return false;
}

static bool run_twice(uint64_t seed, const struct options *options, struct result *result)
{
    uint64_t first = result->digest;
    struct options quiet = {0};
    if (!run_apart(seed, &quiet, result)) return false;
    if (result->digest == first) return true;
    fprintf(stderr,
            "seed %" PRIu64 " failed: its second run took another course; "
            "run it again: make sim SEED=%" PRIu64 "\n",
            seed, seed);
    return false;
}

static int run_all(const struct options *options)
{
    struct result total = {0};
    uint64_t failed = 0;
    time_t begin = time(NULL);
    struct result *result =
        mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (result == MAP_FAILED) {
        perror("mmap");
        return 1;
    }
    for (uint64_t i = 0; i < options->seeds; i++) {
        uint64_t seed = options->from + i;
        bool good = run_apart(seed, options, result);
        if (good && i % TWICE_EVERY == 0) good = run_twice(seed, options, result);
        failed += !good;
        if (!good) continue;
        total.messages += result->messages;
        total.commits += result->commits;
        total.crashes += result->crashes;
        total.uncertain += result->uncertain;
        total.duplicates += result->duplicates;
    }
    printf("%" PRIu64 " seeds, %" PRIu64 " failed; %" PRIu64 " messages, %" PRIu64
           " commits, %" PRIu64 " crashes, %" PRIu64 " answers lost, %" PRIu64
           " segments sent again; %ld s\n",
           options->seeds, failed, total.messages, total.commits, total.crashes, total.uncertain,
           total.duplicates, (long)(time(NULL) - begin));
    munmap(result, sizeof *result);
    return failed != 0;
}

static error_t on_word(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;
    uint64_t number = 0;
    if (text && !slice_u64(slice_cstr(text), &number)) argp_error(state, "%s is no number", text);
    switch (key) {
    case 's':
        options->seed = number;
        return 0;
    case 'n':
        options->seeds = number;
        return 0;
    case 'f':
        options->from = number;
        return 0;
    case 'v':
        options->verbose = true;
        return 0;
    case 't':
        options->trace = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp_option words[] = {
        {"seed", 's', "N", 0, "run this one, in this process", 0},
        {"seeds", 'n', "N", 0, "run so many, each in a process of its own", 0},
        {"from", 'f', "N", 0, "the first of those (1)", 0},
        {"verbose", 'v', NULL, 0, "tell each run: its trace as a number, what it had", 0},
        {"trace", 't', NULL, 0, "every event, write and note of the server", 0},
        {0}};
    const struct argp argp = {.options = words, .parser = on_word};
    struct options options = {.from = 1};
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    if (options.seeds) return run_all(&options);
    struct result result;
    run(options.seed ? options.seed : 1, &options, &result);
    leave();
}
