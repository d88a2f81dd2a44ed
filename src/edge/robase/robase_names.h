/* What providers are called, for any thread: the core's tells, loops and readers ask. */
#pragma once

#include "base/rwspin.h"
#include "core/message.h"
#include "core/provider.h"

struct robase_names {
    struct rwspin lock;
    char names[PROVIDERS_MAX + 1][NAME_MAX_SIZE + 1];
};

void robase_names_put(struct robase_names *names, const struct provider *provider);
/* "simulator" for PROVIDER_REHEARSAL, "" for 0, "unknown" for one that was removed long ago. */
void robase_names_get(struct robase_names *names, struct provider_id id,
                      char out[NAME_MAX_SIZE + 1]);
