#include "cli/cli.h"

#include <stdarg.h>
#include <stdio.h>

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
