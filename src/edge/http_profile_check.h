/* For whoever takes a profile from an operator: edge/http_provider reads it again when it is used,
   and docs/providers.md says what is in it. */
#pragma once

#include "base/slice.h"

/* False: `out_problem` (256 bytes) says what is wrong, and in which line. */
bool http_profile_check(struct slice text, struct slice provider_name, char *out_problem);
