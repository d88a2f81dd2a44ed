/* The forms in which carriers write the id of a message: one in the answer to a submit, another in
   the receipt. */
#pragma once

#include "base/limits.h"
#include "base/slice.h"

enum receipt_form {
    RECEIPT_FORM_RAW,
    RECEIPT_FORM_FOLDED,
    RECEIPT_FORM_HEX,
    RECEIPT_FORM_DECIMAL,
    RECEIPT_FORM_COUNT
};
extern const char *const receipt_form_names[RECEIPT_FORM_COUNT];

/* Lower case, without blanks around it and zeros before it. */
struct carrier_id {
    char text[CARRIER_ID_MAX * 2 + 1];
    size_t size; /* 0: it cannot be written so */
};
struct carrier_id carrier_id_fold(struct slice id);
/* What the answer may have said when the receipt says `id` and is in this form. Numbers up to 128
   bits are converted. */
struct carrier_id carrier_id_in(struct slice id, enum receipt_form form);
