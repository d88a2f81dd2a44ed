/* A main() for a fuzz target that is built without libFuzzer: runs every file of the corpus folder
   through it, whole and cut short at every offset, so that what fuzzing once found stays found. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Cutting costs the square of the size, so only what fits a PDU or a request line is cut. */
enum { INPUT_SIZE_MAX = 1 << 20, CUT_SIZE_MAX = 1024 };

/* Each input is a heap block of its exact size: a read past the end is then a sanitizer's finding.
 */
static void input_run(struct slice input)
{
    uint8_t *copy = mem_alloc(input.size);
    if (input.size) memcpy(copy, input.at, input.size);
    LLVMFuzzerTestOneInput(copy, input.size);
    mem_free(copy);
}

static bool input_read(const char *path, struct buf *out_input)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    char block[4096];
    size_t size;
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        buf_add(out_input, slice_of(block, size));
    bool complete = !ferror(file) && !out_input->full;
    fclose(file);
    return complete;
}

static bool file_run(const char *folder, const char *name)
{
    char path[4096];
    struct buf input;
    buf_init(&input, INPUT_SIZE_MAX);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    bool ok = input_read(path, &input);
    if (ok) input_run(buf_slice(&input));
    if (ok && input.size <= CUT_SIZE_MAX)
        for (size_t size = 0; size < input.size; size++)
            input_run(slice_of(input.at, size));
    if (!ok) fprintf(stderr, "%s: cannot be read whole\n", path);
    buf_done(&input);
    return ok;
}

int main(int argc, char **argv)
{
    DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
    if (!folder) {
        fprintf(stderr, "usage: replay FOLDER, one that exists\n");
        return 2;
    }
    unsigned files = 0;
    bool ok = true;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        fprintf(stderr, "%s\n", entry->d_name); /* the last line before a crash names the input */
        ok = file_run(argv[1], entry->d_name) && ok;
        files++;
    }
    closedir(folder);
    if (files == 0) fprintf(stderr, "%s: an empty corpus tests nothing\n", argv[1]);
    return ok && files > 0 ? 0 : 1;
}
