#include "wire/iso_time.h"

#include <stdio.h>

#define DAY_S 86400
/* From 1 March of year 0 to 1970. */
#define EPOCH_DAYS  719468
#define TIME_MS_MAX 253402300799999 /* the last millisecond of 9999 */

void iso_time_write_s(uint64_t ms, char out[ISO_TIME_S_SIZE + 1])
{
    /* Days to a date by 400-year eras that begin in March, so that the leap day comes last. */
    uint64_t days = ms / 1000 / DAY_S + EPOCH_DAYS;
    uint64_t of_day_s = ms / 1000 % DAY_S;
    uint64_t era = days / 146097, of_era = days % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t march_month = (5 * of_year + 2) / 153;
    uint64_t day = of_year - (153 * march_month + 2) / 5 + 1;
    uint64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    year += era * 400 + (month <= 2);
    snprintf(out, ISO_TIME_S_SIZE + 1, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)(year % 10000),
             (unsigned)(month % 100), (unsigned)(day % 100), (unsigned)(of_day_s / 3600 % 24),
             (unsigned)(of_day_s / 60 % 60), (unsigned)(of_day_s % 60));
}

void iso_time_write(uint64_t ms, char out[ISO_TIME_SIZE + 1])
{
    iso_time_write_s(ms, out);
    snprintf(out + ISO_TIME_S_SIZE - 1, ISO_TIME_SIZE - ISO_TIME_S_SIZE + 2, ".%03uZ",
             (unsigned)(ms % 1000));
}

/* Takes one byte of `set` off the front. */
static bool byte_take(struct slice *rest, const char *set)
{
    if (rest->size == 0 || !memchr(set, rest->at[0], strlen(set))) return false;
    *rest = slice_from(*rest, 1);
    return true;
}

/* Takes a number of exactly so many digits, from `least` to `most`. */
static bool number_take(struct slice *rest, size_t digits, uint64_t least, uint64_t most,
                        uint64_t *out)
{
    if (rest->size < digits || !slice_u64(slice_of(rest->at, digits), out)) return false;
    *rest = slice_from(*rest, digits);
    return *out >= least && *out <= most;
}

static uint64_t month_days(uint64_t year, uint64_t month)
{
    static const uint64_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (leap && month == 2);
}

static bool date_take(struct slice *rest, uint64_t *out_days)
{
    uint64_t year, month, day;
    bool ok = number_take(rest, 4, 1970, 9999, &year) && byte_take(rest, "-") &&
              number_take(rest, 2, 1, 12, &month) && byte_take(rest, "-") &&
              number_take(rest, 2, 1, month_days(year, month), &day);
    if (!ok) return false;
    uint64_t march_year = year - (month <= 2), of_era = march_year % 400;
    uint64_t march_month = month > 2 ? month - 3 : month + 9;
    uint64_t of_year = (153 * march_month + 2) / 5 + day - 1;
    *out_days =
        march_year / 400 * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - EPOCH_DAYS;
    return true;
}

/* The digits behind the point; `*out_ms` is of the first three. */
static bool fraction_take(struct slice *rest, uint64_t *out_ms)
{
    uint64_t digit, worth = 100, digits = 0;
    *out_ms = 0;
    for (; number_take(rest, 1, 0, 9, &digit); digits++, worth /= 10)
        *out_ms += digit * worth;
    return digits > 0;
}

static bool clock_take(struct slice *rest, uint64_t *out_ms)
{
    uint64_t hour, minute, second = 0, ms = 0;
    if (!number_take(rest, 2, 0, 23, &hour) || !byte_take(rest, ":")) return false;
    if (!number_take(rest, 2, 0, 59, &minute)) return false;
    if (byte_take(rest, ":")) {
        if (!number_take(rest, 2, 0, 59, &second)) return false;
        if (byte_take(rest, ".") && !fraction_take(rest, &ms)) return false;
    }
    *out_ms = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return true;
}

/* What is left is an offset or nothing. */
static bool offset_read(struct slice text, int64_t *out_ms)
{
    uint64_t hour = 0, minute = 0;
    bool behind = slice_starts(text, SLICE("-"));
    if (byte_take(&text, "+-")) {
        if (!number_take(&text, 2, 0, 23, &hour)) return false;
        bool colon = byte_take(&text, ":");
        if ((colon || text.size > 0) && !number_take(&text, 2, 0, 59, &minute)) return false;
    } else {
        byte_take(&text, "Z");
    }
    int64_t ms = (int64_t)(hour * 60 + minute) * 60000;
    *out_ms = behind ? -ms : ms;
    return text.size == 0;
}

bool iso_time_read(struct slice text, uint64_t *out_ms)
{
    uint64_t days, of_day_ms;
    int64_t offset_ms;
    if (!date_take(&text, &days) || !byte_take(&text, "T ") || !clock_take(&text, &of_day_ms) ||
        !offset_read(text, &offset_ms))
        return false;
    int64_t ms = (int64_t)(days * DAY_S * 1000 + of_day_ms) - offset_ms;
    if (ms < 0 || ms > TIME_MS_MAX) return false;
    *out_ms = (uint64_t)ms;
    return true;
}
