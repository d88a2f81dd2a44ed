/* What each operation means: its condition, what it writes, what it moves and pays back. The only
   place that knows, whatever keeps the rows. */
#pragma once

#include "store/book.h"

/* Within the open transaction. The result and what stands beside it are written into `op`; the
   return value is ERR_OK, or ERR_STORE_UNAVAILABLE when the rows failed and the group is lost. An
   operation that is refused has changed nothing but what its contract says. */
enum err apply_op(struct books *books, struct store_op *op);
