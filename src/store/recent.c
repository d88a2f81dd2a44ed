#include "store/recent.h"

#include "base/mem.h"

/* Of each type, 5 MB together: at 15,000 messages a second a receipt may take a second. A row's
   place follows from its id alone, and a younger row with the same place drives it out. */
#define RECENT_ROWS 16384

void recent_done(struct recent *recent)
{
    for (size_t type = 0; type < ROW_TYPE_COUNT; type++)
        mem_free(recent->slots[type]);
    *recent = (struct recent){0};
}

/* Recipients are numbered one by one. Their first attempts lie as they do, the others elsewhere. */
static size_t recent_place(enum row_type type, uint64_t id)
{
    if (type == ROW_ATTEMPT) id = (id >> 8) + ((id & 0xFF) - 1) * 5003;
    return id % RECENT_ROWS * row_kinds[type].size;
}

bool recent_get(const struct recent *recent, enum row_type type, uint64_t id, void *out)
{
    if (!recent->slots[type]) return false;
    const char *slot = recent->slots[type] + recent_place(type, id);
    /* An id is the first field of both structs, and 0 names nothing. */
    if (*(const uint64_t *)(const void *)slot != id) return false;
    memcpy(out, slot, row_kinds[type].size);
    return true;
}

void recent_put(struct recent *recent, enum row_type type, const void *row)
{
    if (type != ROW_RECIPIENT && type != ROW_ATTEMPT) return;
    if (!recent->slots[type]) recent->slots[type] = mem_alloc(RECENT_ROWS * row_kinds[type].size);
    memcpy(recent->slots[type] + recent_place(type, *(const uint64_t *)row), row,
           row_kinds[type].size);
}

void recent_drop(struct recent *recent, enum row_type type, uint64_t id)
{
    if (!recent->slots[type]) return;
    char *slot = recent->slots[type] + recent_place(type, id);
    if (*(const uint64_t *)(const void *)slot == id) memset(slot, 0, row_kinds[type].size);
}
