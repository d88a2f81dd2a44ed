#include "net/http_date.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

static void expect_date(uint64_t seconds)
{
    char ours[HTTP_DATE_SIZE + 1] = "", theirs[64];
    time_t at = (time_t)seconds;
    struct tm parts;
    http_date_write(seconds * 1000 + seconds % 1000, ours);
    assert_non_null(gmtime_r(&at, &parts));
    assert_int_equal(strftime(theirs, sizeof theirs, "%a, %d %b %Y %H:%M:%S GMT", &parts),
                     HTTP_DATE_SIZE);
    assert_string_equal(ours, theirs);
}

static void the_example_of_the_standard_comes_out(void **state)
{
    char text[HTTP_DATE_SIZE + 1] = "";
    http_date_write(784111777000, text);
    assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void dates_are_those_of_the_c_library(void **state)
{
    const uint64_t day = 86400, end = 253402300799; /* the last second of 9999 */
    for (uint64_t at = 0; at <= end; at += 5 * day + 12345)
        expect_date(at);
    /* Every day around leap days and centuries. */
    static const uint64_t begins[] = {0, 946684800, 951696000, 4107456000, 13574563200};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++) {
        for (uint64_t k = 0; k < 800; k++) {
            expect_date(begins[i] + k * day);
            expect_date(begins[i] + (k + 1) * day - 1);
        }
    }
    expect_date(end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_standard_comes_out),
        cmocka_unit_test(dates_are_those_of_the_c_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
