/* ISO 8601 times: written in UTC, read with any offset. */
#pragma once

#include "base/slice.h"

#define ISO_TIME_SIZE   24 /* 2026-05-29T10:15:00.000Z */
#define ISO_TIME_S_SIZE 20 /* 2026-05-29T10:15:00Z */

/* `ms` since 1970; years up to 9999. */
void iso_time_write(uint64_t ms, char out[ISO_TIME_SIZE + 1]);
/* The same without its milliseconds, which are cut off, not rounded. */
void iso_time_write_s(uint64_t ms, char out[ISO_TIME_S_SIZE + 1]);
/* A date and a time of RFC 3339, and what ISO 8601 lets stand beside it:
   2026-05-29T10:15:00.5+01:00, a blank for the T, no seconds, a fraction of any length (cut to
   milliseconds), an offset of Z, +01:00, +0100 or +01, or none, which is UTC. The written year is
   1970 to 9999, and so is the UTC one. False: anything else, a day that the month does not have, or
   a leap second. */
bool iso_time_read(struct slice text, uint64_t *out_ms);
