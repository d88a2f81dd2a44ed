/* ISO 8601 times in UTC. */
#pragma once

#include "base/slice.h"

#define ISO_TIME_SIZE 24 /* 2026-05-29T10:15:00.000Z */

/* `ms` since 1970; years up to 9999. */
void iso_time_write(uint64_t ms, char out[ISO_TIME_SIZE + 1]);
