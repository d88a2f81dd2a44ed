#include <stdio.h>
#include <unistd.h>

#include "cli/ask.h"
#include "cli/cli.h"
#include "cli/file.h"
#include "cli/numbers.h"
#include "cli/render.h"
#include "cli/verbs.h"
#include "edge/control/control.h"
#include "wire/json.h"
#include "wire/phone.h"

#define FILE_MAX    (256u << 20)
#define REQUEST_MAX (1u << 20)
#define ANSWER_MAX  65536
#define BAR_WIDTH   40
#define SHOWN_MAX   60 /* bytes of a line that is no number */

enum { VALUE_FILE = 0, VALUE_DND = VERB_ARGS_MAX, VALUE_ACCOUNT };

struct import {
    struct cli *cli;
    const char *path;
    char *const *values;
    struct numbers numbers;
    size_t total; /* bytes of the file */
    bool bar;     /* a line of stderr is the progress bar */
    struct buf batch;
    size_t batched, added, bad;
};

static void show_progress(const struct import *import)
{
    if (!import->bar) return;
    size_t done = import->total - import->numbers.rest.size;
    unsigned percent = import->total ? (unsigned)(done * 100 / import->total) : 100;
    unsigned filled = percent * BAR_WIDTH / 100;
    fprintf(stderr, "\r[%.*s%*s] %3u%% %zu", (int)filled,
            "########################################", (int)(BAR_WIDTH - filled), "", percent,
            import->added);
}

static void end_bar(struct import *import)
{
    if (import->bar) fputs("\r\033[K", stderr);
}

static void say_bad(struct import *import, struct slice text)
{
    char shown[SHOWN_MAX + 1];
    size_t size = text.size < SHOWN_MAX ? text.size : SHOWN_MAX;
    for (size_t i = 0; i < size; i++)
        shown[i] = (unsigned char)text.at[i] < ' ' || text.at[i] == 0x7F ? '?' : text.at[i];
    end_bar(import);
    cli_refuse("%s:%u: no number: %.*s", import->path, import->numbers.line, (int)size, shown);
    import->bad++;
}

/* EXIT_DONE when the numbers of the batch are on the list. */
static int send_batch(struct import *import)
{
    struct buf request, answer;
    struct json_writer json;
    char problem[256];
    if (import->batched == 0) return EXIT_DONE;
    buf_init(&request, REQUEST_MAX);
    buf_init(&answer, ANSWER_MAX);
    json_writer_init(&json, &request);
    json_begin_object(&json);
    json_put_text(&json, "do", SLICE("blocklist.import"));
    json_put_text(&json, "numbers", buf_slice(&import->batch));
    if (import->values[VALUE_DND])
        json_put_text(&json, "dnd", slice_cstr(import->values[VALUE_DND]));
    if (import->values[VALUE_ACCOUNT])
        json_put_text(&json, "account", slice_cstr(import->values[VALUE_ACCOUNT]));
    json_end_object(&json);
    bool asked = ask(&import->cli->config, buf_slice(&request), &answer, problem);
    int status =
        asked ? cli_answer(slice_trim(buf_slice(&answer), "\n")) : cli_refuse("%s", problem);
    buf_done(&request);
    buf_done(&answer);
    if (status == EXIT_DONE) import->added += import->batched;
    import->batched = 0;
    buf_clear(&import->batch);
    show_progress(import);
    return status;
}

static int import_all(struct import *import)
{
    enum numbers_row row;
    uint64_t number;
    struct slice text;
    int status = EXIT_DONE;
    while (status == EXIT_DONE &&
           (row = numbers_next(&import->numbers, &number, &text)) != NUMBERS_END) {
        if (row == NUMBERS_BAD) {
            say_bad(import, text);
            continue;
        }
        char digits[PHONE_TEXT_MAX];
        phone_format(number, digits);
        buf_printf(&import->batch, "%s%s", import->batched ? "," : "", digits);
        if (++import->batched == CONTROL_IMPORT_MAX) status = send_batch(import);
    }
    return status == EXIT_DONE ? send_batch(import) : status;
}

int cli_import(struct cli *cli, char *const *values)
{
    char problem[256];
    struct buf text;
    buf_init(&text, FILE_MAX);
    if (!file_read(values[VALUE_FILE], &text, problem)) {
        buf_done(&text);
        return cli_refuse("%s", problem);
    }
    struct import import = {
        .cli = cli,
        .path = values[VALUE_FILE],
        .values = values,
        .total = text.size,
        .bar = isatty(STDERR_FILENO),
    };
    buf_init(&import.batch, CONTROL_IMPORT_MAX * PHONE_TEXT_MAX);
    numbers_init(&import.numbers, buf_slice(&text));
    int status = import_all(&import);
    end_bar(&import);
    printf(cli->json ? "{\"added\":%zu,\"bad\":%zu}\n" : "added: %zu\nbad: %zu\n", import.added,
           import.bad);
    buf_done(&import.batch);
    buf_done(&text);
    return import.bad ? EXIT_REFUSED : status;
}
