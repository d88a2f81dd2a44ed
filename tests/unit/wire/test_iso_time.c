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
    char text_s[ISO_TIME_S_SIZE + 1];
    memset(text_s, 'x', sizeof text_s);
    iso_time_write_s(ms, text_s);
    text[ISO_TIME_S_SIZE - 1] = 'Z';
    text[ISO_TIME_S_SIZE] = '\0';
    assert_string_equal(text_s, text);
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

#define NOON_MS 1780056000000 /* 2026-05-29T12:00:00Z */

static void every_way_to_write_a_time_is_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2026-05-29T12:00:00Z", NOON_MS},
        {"2026-05-29T12:00:00", NOON_MS},
        {"2026-05-29 12:00:00", NOON_MS},
        {"2026-05-29 12:00", NOON_MS},
        {"2026-05-29T12:00Z", NOON_MS},
        {"2026-05-29T13:00+01:00", NOON_MS},
        {"2026-05-29T13:00:00+01:00", NOON_MS},
        {"2026-05-29T13:00:00+0100", NOON_MS},
        {"2026-05-29T13:00:00+01", NOON_MS},
        {"2026-05-29T17:45:00+05:45", NOON_MS},
        {"2026-05-29T08:30:00-0330", NOON_MS},
        {"2026-05-28T13:00:00-23", NOON_MS},
        {"2026-05-30T11:59:00+23:59", NOON_MS},
        {"2026-05-29T12:00:00-00:00", NOON_MS},
        {"2026-05-29T12:00:00.0Z", NOON_MS},
        {"2026-05-29T12:00:00.5Z", NOON_MS + 500},
        {"2026-05-29T12:00:00.05", NOON_MS + 50},
        {"2026-05-29T12:00:00.125+00:00", NOON_MS + 125},
        {"2026-05-29T12:00:00.9999999999999999999999999Z", NOON_MS + 999},
        {"2026-05-29T12:59:59Z", NOON_MS + 3599000},
        {"2024-02-29T12:34:56.789Z", 1709210096789},
        {"2000-02-29T00:00:00Z", 951782400000},
        {"2400-02-29T23:59:59.999Z", 13574649599999},
        {"1970-01-01T01:00+01", 0},
        {"9999-12-31T23:59:59.999Z", 253402300799999},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t ms = 1;
        assert_true(iso_time_read(slice_cstr(rows[i].text), &ms));
        assert_int_equal(ms, rows[i].ms);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const rows[] = {
        "",
        "2026-05-29",
        "2026-05-29T",
        "2026-05-29T12",
        "2026-05-29T12Z",
        "2026-05-29T12:0",
        "2026-05-29T12:00:",
        "2026-05-29T12:00:0",
        "2026-05-29T12:00:00.",
        "2026-05-29T12:00:00.Z",
        "2026-05-29T12:00.5Z",
        "2026-05-29T12:00:00,5Z",
        "2026-05-29T12:00:00ZZ",
        "2026-05-29T12:00:00Z ",
        " 2026-05-29T12:00:00Z",
        "2026-05-29  12:00:00Z",
        "2026-05-29t12:00:00Z",
        "2026-05-29T12:00:00z",
        "2026-05-29T12:00:00 Z",
        "2026-05-29T12:00:00+",
        "2026-05-29T12:00:00+1",
        "2026-05-29T12:00:00+01:",
        "2026-05-29T12:00:00+01:0",
        "2026-05-29T12:00:00+010",
        "2026-05-29T12:00:00+01000",
        "2026-05-29T12:00:00+01:00Z",
        "2026-05-29T12:00:00+24:00",
        "2026-05-29T12:00:00+01:60",
        "2026-05-29T12:00:00Z+01:00",
        "2026-05-29T24:00:00Z",
        "2026-05-29T12:60:00Z",
        "2026-05-29T12:00:60Z",
        "2026-05-29T-1:00:00Z",
        "2026-05-29T12:+1:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-01-00T00:00:00Z",
        "2026-01-32T00:00:00Z",
        "2026-04-31T00:00:00Z",
        "2026-02-29T00:00:00Z",
        "2024-02-30T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0000-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "20260529T120000Z",
        "2026-149T12:00:00Z",
        "2026/05/29T12:00:00Z",
        "+2026-05-29T12:00:00Z",
        "1780056000000",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t ms = 77;
        if (iso_time_read(slice_cstr(rows[i]), &ms)) fail_msg("read: %s", rows[i]);
        assert_int_equal(ms, 77);
    }
    uint64_t ms;
    assert_false(iso_time_read(SLICE("2026-05-29T12:00\0"), &ms));
}

static void what_is_written_is_read_again(void **state)
{
    uint64_t random = 1;
    for (unsigned i = 0; i < 200000; i++) {
        random = random * 6364136223846793005 + 1442695040888963407;
        uint64_t wanted = (random >> 11) % 253402300800000, ms = 0;
        char text[ISO_TIME_SIZE + 1], text_s[ISO_TIME_S_SIZE + 1];
        iso_time_write(wanted, text);
        assert_true(iso_time_read(slice_cstr(text), &ms));
        assert_int_equal(ms, wanted);
        iso_time_write_s(wanted, text_s);
        assert_true(iso_time_read(slice_cstr(text_s), &ms));
        assert_int_equal(ms, wanted / 1000 * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments_are_written),
        cmocka_unit_test(every_day_of_a_thousand_years_follows_the_one_before),
        cmocka_unit_test(every_way_to_write_a_time_is_read),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(what_is_written_is_read_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
