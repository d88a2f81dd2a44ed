/* What the machine itself offers: time and randomness. The simulator gives virtual time and seeded
   numbers instead. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct clock;

void machine_clock_init(struct clock *clock); /* offset 0 */
void machine_random(void *out, size_t size);  /* fit for keys */
