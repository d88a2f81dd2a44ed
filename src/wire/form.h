/* application/x-www-form-urlencoded bodies. */
#pragma once

#include "base/arena.h"
#include "wire/field.h"

/* Every value is a FIELD_TEXT; unknown names are ignored, the last of a repeated name wins. Plus
   is a space, %XX a byte (a broken escape stays as written), then UTF-8 is repaired and NUL dropped
   as utf8_repair does. Never fails: an odd body just lacks the fields. */
void form_read(struct slice body, const struct field_spec *table, size_t count,
               struct arena *arena, void *out);
