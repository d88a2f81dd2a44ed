/* Whole files that an operator names on the command line. */
#pragma once

#include "base/buf.h"

/* Adds the file to `out`. False: `out_problem` (256 bytes) says why it cannot be read; one that is
   longer than the buffer may be is refused too. */
bool file_read(const char *path, struct buf *out, char *out_problem);
