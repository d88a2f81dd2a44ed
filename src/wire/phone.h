/* Telephone numbers: what a text in national or international form means under the world's
   numbering plans. The tables come from tools/phone (source and licence are named there). */
#pragma once

#include "base/slice.h"

enum phone_class {
    PHONE_INVALID,
    PHONE_POSSIBLE, /* the calling code exists and its plan knows this national length */
    PHONE_ASSIGNED, /* it matches a pattern of the plan as well */
};

enum phone_type {
    PHONE_TYPE_UNKNOWN,
    PHONE_FIXED_LINE,
    PHONE_MOBILE,
    PHONE_FIXED_LINE_OR_MOBILE,
    PHONE_TOLL_FREE,
    PHONE_PREMIUM_RATE,
    PHONE_SHARED_COST,
    PHONE_VOIP,
    PHONE_PERSONAL,
    PHONE_PAGER,
    PHONE_UAN,
    PHONE_VOICEMAIL,
};

struct phone {
    uint64_t number; /* E.164 digits without the plus; numbers never begin with 0 */
    uint16_t calling_code;
    enum phone_class class;
    enum phone_type type; /* known only when assigned */
    char iso2[3];         /* "" for non-geographic codes (+800, +870, ...) */
    char iso3[4];
};

/* Plus, 20 digits, NUL: any uint64_t. Some plans go over the 15 digits of E.164, to 19. */
#define PHONE_TEXT_MAX 22

/* Spaces and - ( ) . / are skipped. Without a leading plus the text is read as it is dialled in
   `region` (two capital letters; NULL or a region without a plan: a plus is required), and
   international, national and carrier prefixes are taken off. A possible number that matches no
   region's pattern gets its calling code's main region. The 8..15 digit rule of E.164 users is the
   caller's. Leaves `*out` alone when the number is invalid. The rules are those of Google's
   libphonenumber, which a test compares it with. */
enum phone_class phone_parse(struct slice text, const char *region, struct phone *out);
/* Full international form, with or without its plus, whether or not any plan knows the number:
   8 to 15 digits, the first not 0; spaces and - ( ) . / are skipped. */
bool phone_read_digits(struct slice text, uint64_t *out);
/* Writes "+" and the digits, returns the length. Keep numbers, not texts: phone_parse can take off
   what looks like a prefix in a finished number (in Belarus of +375 810...), as libphonenumber
   does. */
size_t phone_format(uint64_t number, char out[PHONE_TEXT_MAX]);
/* The region of a full E.164 number as phone_parse gives it: "" for non-geographic codes, NULL when
   it is not at least possible. */
const char *phone_iso2(uint64_t number);
