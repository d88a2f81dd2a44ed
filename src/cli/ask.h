/* Asks the running server over its control socket, or, when none runs, opens the store itself and
   does the same work here. */
#pragma once

#include "base/buf.h"
#include "cli/config.h"

/* One JSON object out, one in. False: nobody could be asked, `out_problem` (256 bytes) says why. */
bool ask(const struct config *config, struct slice request, struct buf *out_answer,
         char *out_problem);
