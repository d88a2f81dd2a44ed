/* How fast texts are counted and cut, and what reading a request body costs. Each line is the best
   of five rounds, so that a busy machine shows less. Meant for an optimised build. */
#include "wire/segment.h"

#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "wire/form.h"
#include "wire/json.h"
#include "wire/utf.h"

#define ROUNDS_COUNT 5
#define ROUND_NS     100000000u
#define MEGABYTE     1000000u

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One unit of work on a text; what it returns is added up, so that it cannot be left out. */
typedef size_t bench_work(struct slice text);

static double best_ns(bench_work *work, struct slice text, size_t *sum)
{
    double best = 0;
    for (int round = 0; round < ROUNDS_COUNT; round++) {
        uint64_t count = 0, begin = clock_ns(), passed = 0;
        for (; passed < ROUND_NS; passed = clock_ns() - begin)
            for (int i = 0; i < 64; i++, count++)
                *sum += work(text);
        double each = (double)passed / (double)count;
        if (round == 0 || each < best) best = each;
    }
    return best;
}

static size_t work_count(struct slice text)
{
    return segment_count(text).segments;
}

static size_t work_valid(struct slice text)
{
    return utf8_valid_size(text);
}

static size_t work_cut(struct slice text)
{
    struct arena arena = {0};
    struct segment_list list;
    size_t count = segment_cut(text, SEGMENT_UDH8, 7, &arena, &list) ? list.count : 0;
    arena_done(&arena);
    return count;
}

struct request {
    struct field recipient, content;
};

static const struct field_spec table[] = {
    {"recipient", FIELD_TEXT, offsetof(struct request, recipient)},
    {"content", FIELD_TEXT, offsetof(struct request, content)},
};

static size_t work_json(struct slice body)
{
    struct arena arena = {0};
    struct request request;
    size_t size = 0;
    if (json_read(body, JSON_REPAIR, table, 2, &arena, &request, NULL, NULL))
        size = request.content.text.size;
    arena_done(&arena);
    return size;
}

static size_t work_form(struct slice body)
{
    struct arena arena = {0};
    struct request request;
    form_read(body, table, 2, &arena, &request);
    size_t size = request.content.text.size;
    arena_done(&arena);
    return size;
}

static const struct bench_row {
    const char *name;
    bench_work *work;
    struct slice piece; /* repeated until the text has `size` bytes or would have more */
    size_t size;
} rows[] = {
    {"count ASCII 153 B", work_count, SLICE("Parcel at a door."), 153},
    {"count ASCII 1 MB", work_count, SLICE("Parcel at a door."), MEGABYTE},
    {"count all ] 306 B", work_count, SLICE("]"), 306},
    {"count Thai 141 B", work_count, SLICE("\xE0\xB8\x81"), 141},
    {"count Thai 1 MB", work_count, SLICE("\xE0\xB8\x81"), MEGABYTE},
    {"count emoji 272 B", work_count, SLICE("\xF0\x9F\x98\x80"), 272},
    {"count emoji 1 MB", work_count, SLICE("\xF0\x9F\x98\x80"), MEGABYTE},
    {"check UTF-8 ASCII 153 B", work_valid, SLICE("Parcel at a door."), 153},
    {"check UTF-8 Thai 1 MB", work_valid, SLICE("\xE0\xB8\x81"), MEGABYTE},
    {"cut ASCII 459 B", work_cut, SLICE("Parcel at a door."), 459},
    {"cut Thai 402 B", work_cut, SLICE("\xE0\xB8\x81"), 402},
    {"read JSON object", work_json,
     SLICE("{\"recipient\":\"+447700900000\",\"content\":\"Parcel at the door\"}"), 0},
    {"read JSON with escapes", work_json,
     SLICE("{\"recipient\":\"+447700900000\",\"content\":\"Parcel\\n\\u0e01\\ud83d\\ude00\"}"), 0},
    {"read form", work_form, SLICE("recipient=%2B447700900000&content=Parcel+at+the+door"), 0},
};

static struct slice text_make(struct slice piece, size_t size)
{
    size_t times = size > piece.size ? size / piece.size : 1;
    char *text = mem_alloc(times * piece.size);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * piece.size, piece.at, piece.size);
    return slice_of(text, times * piece.size);
}

int main(void)
{
    size_t sum = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice text = text_make(rows[i].piece, rows[i].size);
        double ns = best_ns(rows[i].work, text, &sum);
        printf("%-24s %10.0f ns  %6.2f GB/s\n", rows[i].name, ns, (double)text.size / ns);
        mem_free((char *)(uintptr_t)text.at);
    }
    return sum == 0;
}
