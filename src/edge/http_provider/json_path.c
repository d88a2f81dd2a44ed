#include "edge/http_provider/json_path.h"

#include "base/buf.h"
#include "wire/json_view.h"
#include "wire/utf.h"

bool json_path_is_valid(struct slice path)
{
    struct slice name;
    if (path.size == 0 || path.size > JSON_PATH_MAX || path.at[path.size - 1] == '.') return false;
    while (slice_cut(&path, '.', &name))
        if (name.size == 0) return false;
    return true;
}

/* Carriers write other alphabets into their JSON, mostly where nobody needs to read it. */
static struct slice make_valid(struct slice body, struct arena *arena)
{
    if (utf8_valid(body)) return body;
    struct buf repaired;
    buf_init(&repaired, UTF8_REPAIR_MAX(body.size));
    utf8_repair(body, &repaired);
    struct slice valid = arena_copy(arena, buf_slice(&repaired));
    buf_done(&repaired);
    return valid;
}

/* The member or item of this name; the last of a repeated one. The whole of `outer` is checked. */
static bool find(struct slice outer, struct slice name, struct arena *arena, struct json_view *out)
{
    struct json_walk walk;
    struct json_view key, value;
    uint64_t index = 0, wanted = UINT64_MAX;
    bool found = false;
    if (!json_walk_begin(&walk, outer)) return false;
    slice_u64(name, &wanted);
    for (; json_walk_next(&walk, &key, &value); index++) {
        bool same = walk.object ? slice_eq(json_view_text(&key, arena), name) : index == wanted;
        if (same) *out = value;
        found |= same;
    }
    return found && json_walk_was_whole(&walk);
}

bool json_path_read(struct slice body, struct slice path, struct arena *arena,
                    struct slice *out_value)
{
    struct slice name;
    struct json_view at = {.kind = JSON_NULL};
    if (path.size == 0) return false;
    at.raw = slice_trim(make_valid(body, arena), " \t\r\n");
    while (slice_cut(&path, '.', &name))
        if (!find(at.raw, name, arena, &at)) return false;
    if (at.kind != JSON_TEXT && at.kind != JSON_NUMBER && at.kind != JSON_BOOL) return false;
    *out_value = at.kind == JSON_TEXT ? json_view_text(&at, arena) : at.raw;
    return true;
}
