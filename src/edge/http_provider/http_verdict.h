/* What a carrier's answer, or none, means for the attempt. */
#pragma once

#include "core/command.h"
#include "edge/http_provider/http_profile.h"
#include "net/http_client.h"

/* Texts of `out` live in the arena or in the profile. */
void http_verdict(const struct http_profile *profile, struct attempt_id attempt,
                  const struct http_result *result, struct arena *arena,
                  struct command_answer *out);
