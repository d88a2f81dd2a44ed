#include "cli/profile.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/limits.h"
#include "cli/file.h"

struct slice profile_take_body_file(struct slice text, struct buf *out)
{
    struct slice line, name, value = {0};
    const char *end = text.at + text.size;
    bool inside = false, in_body = false;
    while (slice_cut(&text, '\n', &line)) {
        struct slice rest = slice_trim(line, " \t\r");
        if (!in_body && rest.size && rest.at[0] == '[') {
            inside = slice_eq(rest, SLICE("[request]"));
            in_body = slice_eq(rest, SLICE("[body]"));
        } else if (inside && slice_cut(&rest, '=', &name) &&
                   slice_eq(slice_trim(name, " \t"), SLICE("body_file"))) {
            value = slice_trim(rest, " \t");
            continue;
        }
        buf_add(out, slice_of(line.at, line.size + (line.at + line.size < end)));
    }
    return value;
}

/* A relative name is meant from the folder of the profile. */
static bool read_body(const char *profile_path, struct slice name, struct buf *out,
                      char *out_problem)
{
    struct arena arena = {0};
    const char *slash = strrchr(profile_path, '/');
    int folder = slash && name.at[0] != '/' ? (int)(slash - profile_path) + 1 : 0;
    struct slice path =
        arena_printf(&arena, "%.*s%.*s", folder, profile_path, (int)name.size, name.at);
    if (out->size && out->at[out->size - 1] != '\n') buf_add_byte(out, '\n');
    buf_add(out, SLICE("[body]\n"));
    bool good = file_read(path.at, out, out_problem);
    arena_done(&arena);
    return good;
}

bool profile_read(const char *path, struct buf *out, char *out_problem)
{
    struct buf text;
    buf_init(&text, PROFILE_MAX_SIZE);
    bool good = file_read(path, &text, out_problem);
    if (good) {
        struct slice body = profile_take_body_file(buf_slice(&text), out);
        if (body.size) good = read_body(path, body, out, out_problem);
    }
    if (good && out->full) {
        snprintf(out_problem, 256, "%.150s: too long", path);
        good = false;
    }
    buf_done(&text);
    return good;
}
