#include "wire/smpp_status.h"

struct status_row {
    uint32_t value;
    const char *name;
    const char *text;
};

#define STATUS_ROW(name, value, text) {value, #name, text},
static const struct status_row rows[] = {SMPP_STATUS_TABLE(STATUS_ROW)};
static const size_t row_count = sizeof rows / sizeof *rows;

#define PREFIX SLICE("ESME_")

static const struct status_row *status_row(uint32_t status)
{
    static const struct status_row reserved = {0, "reserved", "a status without a meaning"};
    static const struct status_row vendor = {0, "vendor", "the carrier's own error"};
    for (size_t i = 0; i < row_count; i++)
        if (rows[i].value == status) return &rows[i];
    bool is_vendor = status >= SMPP_STATUS_VENDOR_FIRST && status <= SMPP_STATUS_VENDOR_LAST;
    return is_vendor ? &vendor : &reserved;
}

const char *smpp_status_name(uint32_t status)
{
    return status_row(status)->name;
}

const char *smpp_status_text(uint32_t status)
{
    return status_row(status)->text;
}

static bool status_hex(struct slice digits, uint32_t *out)
{
    uint32_t value = 0;
    if (digits.size == 0 || digits.size > 8) return false;
    for (size_t i = 0; i < digits.size; i++) {
        unsigned c = (unsigned char)digits.at[i] | 0x20u;
        unsigned digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
        if (digit > 15) return false;
        value = value << 4 | digit;
    }
    *out = value;
    return true;
}

bool smpp_status_parse(struct slice text, uint32_t *out)
{
    uint64_t number;
    if (slice_starts(text, SLICE("0x")) || slice_starts(text, SLICE("0X")))
        return status_hex(slice_from(text, 2), out);
    if (slice_u64(text, &number)) {
        if (number > UINT32_MAX) return false;
        *out = (uint32_t)number;
        return true;
    }
    for (size_t i = 0; i < row_count; i++) {
        struct slice name = slice_cstr(rows[i].name);
        if (!slice_eq_nocase(text, name) && !slice_eq_nocase(text, slice_from(name, PREFIX.size)))
            continue;
        *out = rows[i].value;
        return true;
    }
    return false;
}
