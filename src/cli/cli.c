#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

#include "cli/render.h"

int cli_refuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "godwit: ");
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_REFUSED;
}

int cli_answer(struct slice answer)
{
    struct slice message = render_member(answer, "message");
    if (render_member(answer, "error").size == 0 || message.size == 0) return EXIT_DONE;
    struct arena arena = {0};
    struct slice text = render_plain(message, &arena);
    int status = cli_refuse("%.*s", (int)text.size, text.at);
    arena_done(&arena);
    return status;
}
