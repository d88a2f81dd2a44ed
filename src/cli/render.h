/* Control answers for people: an object as "name: value" lines, a list of objects as a table. */
#pragma once

#include <stdio.h>

#include "base/arena.h"
#include "base/slice.h"

/* The members of a JSON object or the items of an array that our own writer made, one by one: start
   with *cursor 0. Items of an array have an empty name. */
bool render_each(struct slice value, size_t *cursor, struct slice *out_name,
                 struct slice *out_value);
/* The value of a member; empty when there is none. */
struct slice render_member(struct slice object, const char *name);
/* A JSON value as people write it: texts without quotes, null as nothing. */
struct slice render_plain(struct slice value, struct arena *arena);
void render(struct slice object, FILE *out);
