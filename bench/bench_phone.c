/* What a telephone number costs: nanoseconds for phone_parse and phone_iso2, over numbers that are
   made up before the clock starts.

       gcc -O2 -g -std=gnu17 -Isrc bench/bench_phone.c src/wire/phone.c src/base/mem.c -o
   bench_phone
       ./bench_phone [NUMBERS [ROUNDS]]

   With one round it is short enough for valgrind --tool=callgrind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "wire/phone.h"

#define TEXT_MAX 20

static uint64_t random_state = 1;

static unsigned below(unsigned limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 0x2545f4914f6cdd1du) >> 33) % limit;
}

/* A digit for each x, any digit from 2 on for each n. */
static void text_fill(const char *form, char out[TEXT_MAX])
{
    size_t i = 0;
    for (; form[i]; i++) {
        out[i] = form[i];
        if (form[i] == 'x') out[i] = (char)('0' + below(10));
        if (form[i] == 'n') out[i] = (char)('2' + below(8));
    }
    out[i] = '\0';
}

/* The mobile numbers of 45 countries. */
static const char *const world[] = {
    "+668xxxxxxxx",   "+447nxxxxxxxx",  "+1nxxnxxxxxx",  "+4915xxxxxxxxx", "+336xxxxxxxx",
    "+393xxxxxxxxx",  "+346xxxxxxxx",   "+316xxxxxxxx",  "+324nxxxxxxx",   "+417nxxxxxxx",
    "+436nxxxxxxxx",  "+467nxxxxxxx",   "+474xxxxxxx",   "+45nxxxxxxx",    "+3584xxxxxxxx",
    "+485xxxxxxxx",   "+4207xxxxxxxx",  "+3620xxxxxxx",  "+407nxxxxxxx",   "+3069xxxxxxxx",
    "+905xxxxxxxxx",  "+79xxxxxxxxx",   "+38050xxxxxxx", "+9725xxxxxxxx",  "+9715xxxxxxxx",
    "+9665xxxxxxxx",  "+919xxxxxxxxx",  "+923xxxxxxxxx", "+88017xxxxxxxx", "+947xxxxxxxx",
    "+8613xxxxxxxxx", "+8190nxxxxxxx",  "+8210nxxxxxxx", "+849xxxxxxxx",   "+63917xxxxxxx",
    "+62812xxxxxxxx", "+6012xxxxxxx",   "+659xxxxxxx",   "+614xxxxxxxx",   "+6421xxxxxxx",
    "+27nxxxxxxxx",   "+23480xxxxxxxx", "+2547xxxxxxxx", "+55119xxxxxxxx", "+525nxxxxxxxx",
};
static const char *const thai[] = {"08xxxxxxxx", "668xxxxxxxx", "09xxxxxxxx", "06xxxxxxxx"};
static const char *const separated[] = {"+66 8x xxx xxxx", "+1 (nxx) nxx-xxxx", "+44 7nxx xxxxxx"};

struct load {
    const char *name;
    const char *const *forms;
    size_t form_count;
    const char *region;
};

#define FORMS(forms) forms, sizeof(forms) / sizeof((forms)[0])

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

struct bench {
    size_t count, rounds;
    struct slice *texts;
    uint64_t *numbers;
};

static void load_run(const struct load *load, const struct bench *bench)
{
    for (size_t i = 0; i < bench->count; i++) {
        char text[TEXT_MAX];
        text_fill(load->forms[below((unsigned)load->form_count)], text);
        memcpy((char *)bench->texts[i].at, text, TEXT_MAX);
        bench->texts[i].size = strlen(text);
    }
    size_t assigned = 0, possible = 0, regions = 0;
    double parse_ns = 0, iso2_ns = 0;
    for (size_t round = 0; round < bench->rounds; round++) {
        assigned = possible = 0;
        double started = now_ns();
        for (size_t i = 0; i < bench->count; i++) {
            struct phone phone;
            enum phone_class class = phone_parse(bench->texts[i], load->region, &phone);
            assigned += class == PHONE_ASSIGNED;
            possible += class == PHONE_POSSIBLE;
            bench->numbers[i] = class == PHONE_INVALID ? 0 : phone.number;
        }
        double took = now_ns() - started;
        if (round == 0 || took < parse_ns) parse_ns = took;

        started = now_ns();
        for (size_t i = 0; i < bench->count; i++)
            regions += phone_iso2(bench->numbers[i]) != NULL;
        took = now_ns() - started;
        if (round == 0 || took < iso2_ns) iso2_ns = took;
    }
    double count = (double)bench->count;
    printf(
        "%-12s %5.1f ns phone_parse  %5.1f ns phone_iso2  (%.0f %% assigned, %.0f %% possible)\n",
        load->name, parse_ns / count, iso2_ns / count, 100 * (double)assigned / count,
        100 * (double)possible / count);
    if (regions != bench->rounds * (assigned + possible)) abort();
}

int main(int argc, char **argv)
{
    static const struct load loads[] = {
        {"+E.164 mix", FORMS(world), NULL},
        {"Thai", FORMS(thai), "TH"},
        {"separators", FORMS(separated), NULL},
    };
    struct bench bench = {
        .count = argc > 1 ? strtoul(argv[1], NULL, 10) : 2000000,
        .rounds = argc > 2 ? strtoul(argv[2], NULL, 10) : 5,
    };
    if (!bench.count || !bench.rounds) return 2;
    char *bytes = mem_alloc(bench.count * TEXT_MAX);
    bench.texts = mem_alloc(bench.count * sizeof *bench.texts);
    bench.numbers = mem_alloc(bench.count * sizeof *bench.numbers);
    for (size_t i = 0; i < bench.count; i++)
        bench.texts[i] = slice_of(bytes + i * TEXT_MAX, 0);
    printf("%zu numbers, best of %zu rounds\n", bench.count, bench.rounds);
    for (size_t i = 0; i < sizeof loads / sizeof loads[0]; i++)
        load_run(&loads[i], &bench);
    mem_free(bytes);
    mem_free(bench.texts);
    mem_free(bench.numbers);
    return 0;
}
