#include "base/words.h"

int words_find(struct slice word, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (names[i] && slice_eq_nocase(word, slice_cstr(names[i]))) return (int)i;
    return -1;
}
