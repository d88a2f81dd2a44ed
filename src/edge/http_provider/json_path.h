/* One value inside a JSON document: names and numbers of array items with dots between them, such
   as "message_id" or "messages.0.status.name". */
#pragma once

#include "base/arena.h"

enum { JSON_PATH_MAX = 128 };

bool json_path_is_valid(struct slice path);
/* A text as it is, or a number, true or false as written; in the arena or in the body. False when
   nothing else is there, or no JSON. An empty path leads nowhere. */
bool json_path_read(struct slice body, struct slice path, struct arena *arena,
                    struct slice *out_value);
