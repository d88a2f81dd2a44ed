/* PDUs on the screen, one line each. */
#pragma once

#include "base/slice.h"

/* Has the shape of the simulator's and the server's trace hooks; the user is ignored. */
void trace_print(void *user, bool sent, struct slice bytes);
