#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "wire/iso_time.h"

#define DAY_MS 86400000ull

static void assert_written(uint64_t ms, const char *wanted)
{
    char text[ISO_TIME_SIZE + 1];
    memset(text, 'x', sizeof text);
    iso_time_write(ms, text);
    assert_string_equal(text, wanted);
}

static void known_moments_are_written(void **state)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {946684799999, "1999-12-31T23:59:59.999Z"},
        {951782400001, "2000-02-29T00:00:00.001Z"},
        {1709210096789, "2024-02-29T12:34:56.789Z"},
        {1780049700000, "2026-05-29T10:15:00.000Z"},
        {2147483648000, "2038-01-19T03:14:08.000Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {13574649599999, "2400-02-29T23:59:59.999Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_written(rows[i].ms, rows[i].text);
}

static unsigned month_days(unsigned year, unsigned month)
{
    static const unsigned days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (leap && month == 2);
}

static void every_day_of_a_thousand_years_follows_the_one_before(void **state)
{
    uint64_t ms = 0;
    for (unsigned year = 1970; year < 2970; year++)
        for (unsigned month = 1; month <= 12; month++)
            for (unsigned day = 1; day <= month_days(year, month); day++, ms += DAY_MS) {
                char wanted[64];
                snprintf(wanted, sizeof wanted, "%04u-%02u-%02uT00:00:00.000Z", year, month, day);
                assert_written(ms, wanted);
                wanted[11] = '2';
                memcpy(wanted + 12, "3:59:59.999Z", 13);
                assert_written(ms + DAY_MS - 1, wanted);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments_are_written),
        cmocka_unit_test(every_day_of_a_thousand_years_follows_the_one_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
