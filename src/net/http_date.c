#include "net/http_date.h"

#include <assert.h>
#include <string.h>

static void write_digits(char *at, unsigned size, uint64_t value)
{
    while (size-- > 0) {
        at[size] = (char)('0' + value % 10);
        value /= 10;
    }
    assert(value == 0);
}

/* The calendar is counted in eras of 400 years from a 1st of March, so that the leap day is the
   last day of a year and every era has the same 146,097 days. */
void http_date_write(uint64_t wall_ms, char *out)
{
    static const char day_names[] = "ThuFriSatSunMonTueWed"; /* 1970 began on a Thursday */
    static const char month_names[] = "MarAprMayJunJulAugSepOctNovDecJanFeb";
    uint64_t seconds = wall_ms / 1000;
    uint64_t days = seconds / 86400;
    uint64_t since = days + 719468; /* from 0000-03-01 */
    uint64_t era = since / 146097, of_era = since % 146097;
    uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    uint64_t month = (5 * of_year + 2) / 153; /* 0: March; five months have 153 days */
    uint64_t day = of_year - (153 * month + 2) / 5 + 1;

    memcpy(out, "Day, 00 Mon 0000 00:00:00 GMT", HTTP_DATE_SIZE);
    memcpy(out, day_names + days % 7 * 3, 3);
    write_digits(out + 5, 2, day);
    memcpy(out + 8, month_names + month * 3, 3);
    write_digits(out + 12, 4, year + era * 400 + (month >= 10));
    write_digits(out + 17, 2, seconds / 3600 % 24);
    write_digits(out + 20, 2, seconds / 60 % 60);
    write_digits(out + 23, 2, seconds % 60);
}
