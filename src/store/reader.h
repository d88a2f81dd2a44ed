/* What a reader is, for the files of the store. */
#pragma once

#include "store/rows.h"

struct store_reader {
    struct rows *rows;
};
