#include "core/carrier_id.h"

const char *const receipt_form_names[RECEIPT_FORM_COUNT] = {"raw", "case and zeros differ",
                                                            "decimal of hex", "hex of decimal"};

struct carrier_id carrier_id_fold(struct slice id)
{
    struct carrier_id folded = {.size = 0};
    id = slice_trim(id, " \t");
    while (id.size > 1 && id.at[0] == '0')
        id = slice_from(id, 1);
    if (id.size > CARRIER_ID_MAX) id.size = CARRIER_ID_MAX;
    for (size_t i = 0; i < id.size; i++) {
        char c = id.at[i];
        folded.text[folded.size++] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
    return folded;
}

/* The number `id` written in `from`, written in `to` (10 and 16); empty when it is none or does not
   fit 128 bits. */
static struct carrier_id rebase(struct slice id, unsigned from, unsigned to)
{
    struct carrier_id out = {.size = 0};
    unsigned __int128 value = 0;
    for (size_t i = 0; i < id.size; i++) {
        char c = id.at[i];
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                : 99;
        if (digit >= from || value > (~(unsigned __int128)0 - digit) / from) return out;
        value = value * from + digit;
    }
    char reversed[64];
    size_t size = 0;
    do {
        reversed[size++] = "0123456789abcdef"[(unsigned)(value % to)];
        value /= to;
    } while (value);
    while (size)
        out.text[out.size++] = reversed[--size];
    return out;
}

struct carrier_id carrier_id_in(struct slice id, enum receipt_form form)
{
    struct carrier_id folded = carrier_id_fold(id);
    struct slice text = slice_of(folded.text, folded.size);
    if (form == RECEIPT_FORM_HEX) return rebase(text, 10, 16);
    if (form == RECEIPT_FORM_DECIMAL) return rebase(text, 16, 10);
    return folded;
}
