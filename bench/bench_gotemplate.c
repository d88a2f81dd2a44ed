/* How fast message templates are compiled and rendered, reading the variables included. Each line
   is the best of five rounds, so that a busy machine shows less. Meant for an optimised build. */
#include "wire/gotemplate.h"

#include <stdio.h>
#include <time.h>

#define ROUNDS_COUNT 5
#define ROUND_NS     100000000u

static const struct bench_row {
    const char *name, *source, *variables;
} rows[] = {
    {"render two fields", "Hi {{.name}}, {{.eta}} min", "{\"name\":\"Ada\",\"eta\":3}"},
    {"render branch", "{{if gt .eta 5}}late{{else if .name}}Hi {{.name}}{{end}}",
     "{\"name\":\"Ada\",\"eta\":3}"},
    {"render nested", "{{.user.email}} {{.user.name.first}}",
     "{\"user\":{\"email\":\"a@b.c\",\"name\":{\"first\":\"Ada\"}}}"},
    {"render printf", "{{printf \"%s: %.2f\" .name .price}}", "{\"name\":\"Ada\",\"price\":3.5}"},
};

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static size_t work_render(const struct gotemplate *template, const struct bench_row *row,
                          struct buf *out)
{
    buf_clear(out);
    return gotemplate_render(template, slice_cstr(row->variables), out) ? out->size : 0;
}

static size_t work_compile(const struct gotemplate *template, const struct bench_row *row,
                           struct buf *out)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE];
    struct gotemplate *again = gotemplate_compile(slice_cstr(row->source), problem);
    gotemplate_free(again);
    return again != NULL;
}

static void row_run(const struct bench_row *row, const char *name,
                    size_t (*work)(const struct gotemplate *, const struct bench_row *,
                                   struct buf *),
                    size_t *sum)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE];
    struct gotemplate *template = gotemplate_compile(slice_cstr(row->source), problem);
    struct buf out;
    double best = 0;
    buf_init(&out, 8192);
    for (int round = 0; round < ROUNDS_COUNT; round++) {
        uint64_t count = 0, begin = clock_ns(), passed = 0;
        for (; passed < ROUND_NS; passed = clock_ns() - begin)
            for (int i = 0; i < 64; i++, count++)
                *sum += work(template, row, &out);
        double each = (double)passed / (double)count;
        if (round == 0 || each < best) best = each;
    }
    printf("%-24s %10.0f ns  %10.0f /s\n", name, best, 1e9 / best);
    buf_done(&out);
    gotemplate_free(template);
}

int main(void)
{
    size_t sum = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        row_run(&rows[i], rows[i].name, work_render, &sum);
    row_run(&rows[0], "compile two fields", work_compile, &sum);
    return sum == 0;
}
