#include "cli/file.h"

#include <errno.h>
#include <stdio.h>

bool file_read(const char *path, struct buf *out, char *out_problem)
{
    FILE *file = fopen(path, "rb");
    char chunk[16384];
    size_t size = 1;
    while (file && size && !out->full) {
        size = fread(chunk, 1, sizeof chunk, file);
        buf_add(out, slice_of(chunk, size));
    }
    bool good = file && !ferror(file) && !out->full;
    if (!good)
        snprintf(out_problem, 256, "%.150s: %s", path, out->full ? "too long" : strerror(errno));
    if (file) fclose(file);
    return good;
}
