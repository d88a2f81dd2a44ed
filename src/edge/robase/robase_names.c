#include "edge/robase/robase_names.h"

#include <stdio.h>

void robase_names_put(struct robase_names *names, const struct provider *provider)
{
    if (provider->id.v > PROVIDERS_MAX) return;
    rwspin_write(&names->lock);
    memcpy(names->names[provider->id.v], provider->name, sizeof names->names[0]);
    rwspin_write_done(&names->lock);
}

void robase_names_get(struct robase_names *names, struct provider_id id,
                      char out[NAME_MAX_SIZE + 1])
{
    out[0] = '\0';
    if (id.v == 0) return;
    if (id.v <= PROVIDERS_MAX) {
        rwspin_read(&names->lock);
        memcpy(out, names->names[id.v], NAME_MAX_SIZE + 1);
        rwspin_read_done(&names->lock);
    }
    if (out[0]) return;
    bool rehearsal = id.v == PROVIDER_REHEARSAL.v;
    snprintf(out, NAME_MAX_SIZE + 1, "%s", rehearsal ? "simulator" : "unknown");
}
