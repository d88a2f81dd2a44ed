/* A reader: rows, and for the writer's own one the store that may have to be repaired first. */
#pragma once

#include "store/rows.h"

struct store_reader {
    struct rows *rows;
    struct store *own; /* NULL for readers of other threads */
};

/* Makes the store usable again after a failed write. ERR_STORE_UNAVAILABLE: not yet. */
enum err store_mend(struct store *store);
