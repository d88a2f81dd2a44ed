/* JSON values looked at where they stand: nothing is built, and nothing is copied but texts with
   escapes. For small documents that are read often, where json_read would cost more than the rest
   of the work. As strict as json_read about the grammar (RFC 8259, JSON_DEPTH_MAX), except that the
   bytes of texts are not checked: what is looked at is valid UTF-8 (the caller's to know). Whatever
   else it is, a walk over it ends and stays inside. */
#pragma once

#include "base/arena.h"

enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

struct json_view {
    enum json_kind kind;
    bool escaped;     /* a text with a backslash in it */
    struct slice raw; /* as written; of a text, what is between the quotes */
};

/* The text itself; in the arena when it had escapes. See json_text_decode. */
struct slice json_view_text(const struct json_view *view, struct arena *arena);

/* Over the members of one object, or the elements of one array. */
struct json_walk {
    struct slice rest;
    bool object;
    bool begun;
    bool closed;
};

/* False: `text` does not begin with an object or an array. */
bool json_walk_begin(struct json_walk *walk, struct slice text);
/* The next member (`out_name` may be NULL) or element (whose name is left alone), all of whose
   inside is checked. False at the end, or where it is no JSON. */
bool json_walk_next(struct json_walk *walk, struct json_view *out_name,
                    struct json_view *out_value);
/* After the last json_walk_next: the whole text was one object or array, and right. */
bool json_walk_was_whole(const struct json_walk *walk);
