/* Bytes written as hexadecimal in a test's tables. Each comes in memory of exactly its size, so
   that the sanitizer sees a read behind its end. */
#pragma once

#include "base/slice.h"

/* Lower-case digits; blanks are ignored. */
struct slice hex_bytes(const char *hex);
struct slice hex_copy(struct slice bytes);
void hex_free(struct slice bytes);
