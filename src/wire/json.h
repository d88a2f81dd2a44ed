/* JSON in and out. Reading is strict RFC 8259 over yajl, with what yajl lets through checked again
   here: UTF-8, lone surrogate escapes, depth, blanks that JSON does not know, half a token behind
   the end. A token is as long as the body at most: the body's own limit is its ceiling. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "wire/field.h"

#define JSON_DEPTH_MAX 32

enum json_text {
    JSON_STRICT, /* invalid UTF-8, escaped NUL and lone surrogate escapes make it invalid */
    JSON_REPAIR, /* in strings they become U+FFFD, escaped NUL is dropped */
};

/* Reads one object into the fields of `table` (`count` rows, offsets into `out`). Unknown names are
   ignored, the last of a repeated name wins. Texts live in the arena with a NUL behind their end;
   those of objects and arrays are JSON as it stands in the body, for another json_read in the same
   mode. A number with a fraction, an exponent or beyond int64_t is FIELD_WRONG_TYPE for a
   FIELD_INTEGER. A raw NUL or other control character is an error in either mode. True: every field
   of the table is written. False: not a JSON object, or deeper than JSON_DEPTH_MAX (the outermost
   object counts); `out` is untouched and `out_line` and `out_column` (from 1, in bytes, may be
   NULL) say where reading stopped, which is at the wrong byte or in or just behind the token. */
bool json_read(struct slice body, enum json_text mode, const struct field_spec *table, size_t count,
               struct arena *arena, void *out, unsigned *out_line, unsigned *out_column);

/* Writer: commas and escaping are its business. A text that is not valid UTF-8 is repaired as
   utf8_repair does. At most 63 levels deep (asserted). `out->full` says when it did not fit. */
struct json_writer {
    struct buf *out;
    uint32_t depth;
    uint64_t has_items; /* one bit per depth */
    bool after_name;
};

void json_writer_init(struct json_writer *json, struct buf *out);
void json_begin_object(struct json_writer *json);
void json_end_object(struct json_writer *json);
void json_begin_array(struct json_writer *json);
void json_end_array(struct json_writer *json);
void json_name(struct json_writer *json, const char *name);
void json_text(struct json_writer *json, struct slice text);
void json_integer(struct json_writer *json, int64_t value);
void json_bool(struct json_writer *json, bool value);
void json_null(struct json_writer *json);
/* A finished JSON value, put in as it is. */
void json_raw(struct json_writer *json, struct slice value);

/* name and value in one call */
void json_put_text(struct json_writer *json, const char *name, struct slice text);
void json_put_integer(struct json_writer *json, const char *name, int64_t value);
void json_put_bool(struct json_writer *json, const char *name, bool value);
void json_put_null(struct json_writer *json, const char *name);
