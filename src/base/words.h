/* Names of enum values: text to value over an array of names. */
#pragma once

#include "base/slice.h"

/* Index of `word` among `count` names, compared without case (NULL names match nothing);
   -1 when it is none of them. */
int words_find(struct slice word, const char *const *names, size_t count);
