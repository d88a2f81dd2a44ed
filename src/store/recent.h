/* The recipients and attempts that the writer touched last. The answer to a submit comes within
   moments, most receipts within seconds: they find their rows here and not by a query. */
#pragma once

#include "store/row.h"

struct recent {
    char *slots[ROW_TYPE_COUNT]; /* NULL until the first row of that type */
};

void recent_done(struct recent *recent);
/* False: not here, which says nothing about the rows. Other row types are never here. */
bool recent_get(const struct recent *recent, enum row_type type, uint64_t id, void *out);
/* The row as it is now. */
void recent_put(struct recent *recent, enum row_type type, const void *row);
/* The row is removed. */
void recent_drop(struct recent *recent, enum row_type type, uint64_t id);
