/* application/x-www-form-urlencoded bodies. */
#pragma once

#include "base/arena.h"
#include "wire/field.h"

/* Every value is a FIELD_TEXT (a row of another type becomes FIELD_WRONG_TYPE); unknown names are
   ignored, the last of a repeated name wins, a name without "=" is an empty text. Plus is a space,
   %XX a byte (a broken escape stays as written), then UTF-8 is repaired and NUL dropped as
   utf8_repair does. Texts live in the arena with a NUL behind their end. Writes every field of the
   table. Never fails: an odd body just lacks the fields. */
void form_read(struct slice body, const struct field_spec *table, size_t count, struct arena *arena,
               void *out);
