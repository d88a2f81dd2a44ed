/* The escapes of JSON texts whose grammar was checked before. */
#pragma once

#include "base/arena.h"

/* Takes one escape off the front of `rest`. False for half a surrogate pair, which is U+FFFD. */
bool json_escape_take(struct slice *rest, uint32_t *out_point);
/* Moves to the first escape; the bytes before it are `*out_plain`. False when there is none. */
bool json_escape_find(struct slice *rest, struct slice *out_plain);
/* The value of a text without its quotes; in the arena. Lone surrogates become U+FFFD, escaped NUL
   is dropped. */
struct slice json_text_decode(struct slice text, struct arena *arena);
