#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "cli/numbers.h"

/* Each file, and what is read from it: numbers with a plus, lines that hold none with their number.
 */
static const struct {
    const char *file, *rows;
} files[] = {
    {"", ""},
    {"\n\n", ""},
    {"+2348012345678\n233241234567\n", "+2348012345678 +233241234567 "},
    {"+2348012345678", "+2348012345678 "},
    {"\xEF\xBB\xBF+2348012345678\r\n\r\n+233241234567\r\n", "+2348012345678 +233241234567 "},
    {"+234 (801) 234-5678\n+234.801.234.5679\n", "+2348012345678 +2348012345679 "},
    {"08012345678\n+2348012345678\n", "1:08012345678 +2348012345678 "},
    {"+2348012345678\nhello\n+1234567\n+1234567890123456\n",
     "+2348012345678 2:hello 3:+1234567 4:+1234567890123456 "},
    {"number\n+2348012345678\nnumber\n", "+2348012345678 3:number "},
    {"name,number\nAda,+2348012345678\nBo,233241234567\n", "+2348012345678 +233241234567 "},
    {"name;number\n\"A; da\";\"+2348012345678\"\n", "+2348012345678 "},
    {"name\tnumber\nAda\t+2348012345678\n", "+2348012345678 "},
    {"+2348012345678,+233241234567\n", "+2348012345678 "},
    {"Ada,+2348012345678\nBo\nCy,\n+233241234567,Di\n",
     "+2348012345678 2:Bo 3:Cy, 4:+233241234567,Di "},
    {"nothing\nat all\n", "2:at all "},
};

static void the_numbers_of_a_file_are_read_and_the_rest_named(void **state)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct numbers numbers;
        struct buf rows;
        uint64_t number;
        struct slice text;
        buf_init(&rows, 4096);
        numbers_init(&numbers, slice_cstr(files[i].file));
        for (enum numbers_row row; (row = numbers_next(&numbers, &number, &text)) != NUMBERS_END;) {
            if (row == NUMBERS_GOOD)
                buf_printf(&rows, "+%llu ", (unsigned long long)number);
            else
                buf_printf(&rows, "%u:%.*s ", numbers.line, (int)text.size, text.at);
        }
        buf_add_byte(&rows, '\0');
        assert_string_equal(rows.at, files[i].rows);
        buf_done(&rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_a_file_are_read_and_the_rest_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
