#include "wire/iso_time.h"

#include <stdio.h>

void iso_time_write(uint64_t ms, char out[ISO_TIME_SIZE + 1])
{
    /* Days to a date by 400-year eras that begin in March, so that the leap day comes last. */
    uint64_t days = ms / 86400000 + 719468;
    uint64_t of_day_ms = ms % 86400000;
    uint64_t era = days / 146097, of_era = days % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t march_month = (5 * of_year + 2) / 153;
    uint64_t day = of_year - (153 * march_month + 2) / 5 + 1;
    uint64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
    year += era * 400 + (month <= 2);
    snprintf(out, ISO_TIME_SIZE + 1, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(year % 10000), (unsigned)(month % 100), (unsigned)(day % 100),
             (unsigned)(of_day_ms / 3600000 % 24), (unsigned)(of_day_ms / 60000 % 60),
             (unsigned)(of_day_ms / 1000 % 60), (unsigned)(of_day_ms % 1000));
}
