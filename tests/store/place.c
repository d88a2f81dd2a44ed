#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/reader.h"
#include "store/sqlite.h"
#include "world.h"

void place_init(struct place *place)
{
    const char *root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    snprintf(place->directory, sizeof place->directory, "%s/store-test-XXXXXX", root);
    assert_non_null(mkdtemp(place->directory));
    snprintf(place->url, sizeof place->url, "sqlite:%s/godwit.db", place->directory);
}

void place_done(struct place *place)
{
    remove_directory(place->directory);
}

struct store *place_open(const struct place *place)
{
    char problem[256] = "";
    struct store *store = store_open(slice_cstr(place->url), problem);
    if (!store) fail_msg("%s", problem);
    return store;
}

void place_checkpoint_at(struct store *store, int frames)
{
    ((struct sqlite *)store_own_reader(store)->rows)->checkpoint_frames = frames;
}
