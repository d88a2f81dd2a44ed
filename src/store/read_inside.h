/* What the files of reading share. */
#pragma once

#include "store/reader.h"

static inline enum err read_begin(struct store_reader *reader)
{
    return reader->rows->kind->read_begin(reader->rows);
}

static inline void read_end(struct store_reader *reader)
{
    reader->rows->kind->read_end(reader->rows);
}

static inline enum err get(struct store_reader *reader, enum row_type type, uint64_t id,
                           struct arena *arena, void *out)
{
    return reader->rows->kind->get(reader->rows, type, row_id(id), arena, out);
}

static inline enum err scan(struct store_reader *reader, const struct row_scan *scan,
                            struct arena *arena, struct row_list *out)
{
    *out = (struct row_list){.type = scan->type};
    return reader->rows->kind->scan(reader->rows, scan, arena, out);
}

/* One row by its id, as a whole read. */
static inline enum err read_one(struct store_reader *reader, enum row_type type, uint64_t id,
                                struct arena *arena, void *out)
{
    enum err err = read_begin(reader);
    if (err) return err;
    err = get(reader, type, id, arena, out);
    read_end(reader);
    return err;
}

/* The domain's structs stand first in their rows, so a list of rows becomes an array of them, each
   of `size` bytes. NULL without any. */
void *unlist(const struct row_list *list, struct arena *arena, size_t size);

/* Within a read: recipient and attempts of `out->message`. */
enum err read_message_story(struct store_reader *reader, struct arena *arena,
                            struct store_recipient *out);
