/* One description of a request body serves JSON and form decoding, and later the API reference:
   a table of names, types and places in a struct. */
#pragma once

#include "base/slice.h"

enum field_type { FIELD_TEXT, FIELD_INTEGER, FIELD_BOOL, FIELD_OBJECT, FIELD_ARRAY };

enum field_state {
    FIELD_ABSENT,
    FIELD_NULL,       /* JSON null */
    FIELD_WRONG_TYPE, /* present, but another JSON type */
    FIELD_SET,
};

/* What a table's `offset` points at. */
struct field {
    enum field_state state;
    struct slice text; /* FIELD_TEXT: decoded. Others: the raw JSON (object and array only) */
    int64_t integer;   /* FIELD_INTEGER; FIELD_BOOL as 0 and 1 */
};

struct field_spec {
    const char *name;
    enum field_type type;
    size_t offset; /* of a struct field inside the decoded struct */
};

/* The field of a row in the decoded struct. */
static inline struct field *field_at(void *decoded, const struct field_spec *spec)
{
    return (struct field *)(void *)((char *)decoded + spec->offset);
}
