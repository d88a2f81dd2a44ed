/* Directories for tests that break stores; in memory where the machine has such a place, because
   they do not measure the disk but pretend one. */
#pragma once

#include "store/store.h"

struct place {
    char directory[64];
    char url[128];
};
void place_init(struct place *place);
void place_done(struct place *place);
/* Opens it, which must work. */
struct store *place_open(const struct place *place);
/* From now on the log is copied into the file as soon as it has so many frames. */
void place_checkpoint_at(struct store *store, int frames);
