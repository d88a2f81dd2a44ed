/* A file of numbers: one a line, or a CSV (comma, semicolon or tab; "quotes" within a line) of
   which the first column is taken that has a number in the first line that has any. Blank lines are
   skipped, and so is a first line that is a header: that has no digit in that column. */
#pragma once

#include "base/slice.h"

struct numbers {
    struct slice rest;
    unsigned line; /* of the row that numbers_next gave, from 1 */
    unsigned column;
};

enum numbers_row { NUMBERS_END, NUMBERS_GOOD, NUMBERS_BAD };

/* A byte order mark is skipped. */
void numbers_init(struct numbers *numbers, struct slice text);
/* GOOD: `out_number`; BAD: `out_text` is what stands there. */
enum numbers_row numbers_next(struct numbers *numbers, uint64_t *out_number,
                              struct slice *out_text);
