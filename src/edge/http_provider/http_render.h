/* A message in the form that a carrier wants: the templates of its profile, filled in. */
#pragma once

#include "base/buf.h"
#include "core/ports.h"
#include "edge/http_provider/http_profile.h"
#include "net/http_client.h"

/* The bit in http_profile.used of a variable that templates may use; 0 for any other name. */
unsigned http_render_bit(struct slice name);
/* Everything of the call but its callback; texts live in the arena. False: it came out too long. */
bool http_render(const struct http_profile *profile, const struct submit *submit,
                 struct arena *arena, struct http_call *out);
