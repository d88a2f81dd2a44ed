#include "wire/phone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char *const type_names[] = {
    [PHONE_TYPE_UNKNOWN] = "",
    [PHONE_FIXED_LINE] = "FIXED_LINE",
    [PHONE_MOBILE] = "MOBILE",
    [PHONE_FIXED_LINE_OR_MOBILE] = "FIXED_LINE_OR_MOBILE",
    [PHONE_TOLL_FREE] = "TOLL_FREE",
    [PHONE_PREMIUM_RATE] = "PREMIUM_RATE",
    [PHONE_SHARED_COST] = "SHARED_COST",
    [PHONE_VOIP] = "VOIP",
    [PHONE_PERSONAL] = "PERSONAL_NUMBER",
    [PHONE_PAGER] = "PAGER",
    [PHONE_UAN] = "UAN",
    [PHONE_VOICEMAIL] = "VOICEMAIL",
};

enum column { INPUT, REGION, VALID, E164, ISO2, ISO3, CALLING_CODE, TYPE, KIND, COLUMN_COUNT };

static void vectors_read(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char block[8192];
    size_t size;
    while ((size = fread(block, 1, sizeof block, file)) > 0)
        buf_add(out, slice_of(block, size));
    fclose(file);
    assert_false(out->full);
}

/* The row of a number that is assigned, as the vectors write it. */
static void phone_describe(const struct phone *phone, struct slice iso3, char *out, size_t capacity)
{
    char text[PHONE_TEXT_MAX];
    phone_format(phone->number, text);
    bool untold = slice_eq(iso3, SLICE("*"));
    snprintf(out, capacity, "%s,%s,%s,+%u", text, phone->iso2, untold ? "*" : phone->iso3,
             phone->calling_code);
}

static bool row_passes(struct slice row)
{
    struct slice columns[COLUMN_COUNT] = {{0}};
    struct slice rest = row;
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        slice_cut(&rest, ',', &columns[i]);
    char region[3] = "";
    if (columns[REGION].size == 2) memcpy(region, columns[REGION].at, 2);

    struct phone phone;
    enum phone_class class = phone_parse(columns[INPUT], *region ? region : NULL, &phone);
    if (slice_eq(columns[VALID], SLICE("false"))) return class != PHONE_ASSIGNED;
    if (class != PHONE_ASSIGNED || phone.class != PHONE_ASSIGNED) return false;

    char got[64];
    phone_describe(&phone, columns[ISO3], got, sizeof got);
    struct slice wanted =
        slice_of(columns[E164].at, (size_t)(columns[CALLING_CODE].at + columns[CALLING_CODE].size -
                                            columns[E164].at));
    return slice_eq(wanted, slice_cstr(got)) &&
           (columns[TYPE].size == 0 ||
            slice_eq(columns[TYPE], slice_cstr(type_names[phone.type]))) &&
           slice_eq(slice_cstr(phone.iso2), slice_cstr(phone_iso2(phone.number)));
}

static void vectors_pass(const char *path, size_t row_count)
{
    struct buf file;
    buf_init(&file, 1 << 20);
    vectors_read(path, &file);
    struct slice rest = buf_slice(&file);
    struct slice row;
    assert_true(slice_cut(&rest, '\n', &row)); /* the names of the columns */
    size_t count = 0, failed = 0;
    for (; slice_cut(&rest, '\n', &row); count++) {
        if (row_passes(row)) continue;
        print_error("%.*s\n", (int)row.size, row.at);
        failed++;
    }
    buf_done(&file);
    assert_int_equal(failed, 0);
    assert_int_equal(count, row_count);
}

static void every_number_that_libraries_agree_on_means_the_same_here(void **state)
{
    vectors_pass(VECTORS_FOLDER "/phone-stable.csv", 9000);
}

static void every_number_that_is_new_in_metadata_9_0_43_is_known(void **state)
{
    vectors_pass(VECTORS_FOLDER "/phone-meta-9.0.43.csv", 1000);
}

struct expectation {
    const char *text;
    const char *region;
    enum phone_class class;
    uint64_t number;
    unsigned calling_code;
    const char *iso2, *iso3;
    enum phone_type type;
};

static void expectation_met(const struct expectation *row)
{
    struct phone phone = {0};
    enum phone_class class = phone_parse(slice_cstr(row->text), row->region, &phone);
    if (class != row->class) print_error("%s\n", row->text);
    assert_int_equal(class, row->class);
    assert_int_equal(phone.class, row->class);
    assert_int_equal(phone.number, row->number);
    assert_int_equal(phone.calling_code, row->calling_code);
    assert_string_equal(phone.iso2, row->iso2);
    assert_string_equal(phone.iso3, row->iso3);
    assert_int_equal(phone.type, row->type);
}

static void numbers_of_the_right_length_are_possible_in_the_main_region(void **state)
{
    static const struct expectation rows[] = {
        /* reserved for fiction, and the example of an API's documentation */
        {"+447700900000", NULL, PHONE_POSSIBLE, 447700900000, 44, "GB", "GBR", 0},
        {"+44 (0)7700 900000", NULL, PHONE_POSSIBLE, 447700900000, 44, "GB", "GBR", 0},
        {"07700 900000", "GB", PHONE_POSSIBLE, 447700900000, 44, "GB", "GBR", 0},
        {"07700 900000", "JE", PHONE_POSSIBLE, 447700900000, 44, "GB", "GBR", 0},
        {"+10000000000", NULL, PHONE_POSSIBLE, 10000000000, 1, "US", "USA", 0},
        {"+66999", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"+80000000000", NULL, PHONE_ASSIGNED, 80000000000, 800, "", "", PHONE_TOLL_FREE},
        {"+80801234567", NULL, PHONE_POSSIBLE, 80801234567, 808, "", "", 0},
        {"+8080123456", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        /* seven digits are possible for Bonaire only, but it does not have this number */
        {"+5991234567", NULL, PHONE_POSSIBLE, 5991234567, 599, "CW", "CUW", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        expectation_met(&rows[i]);
}

static void places_without_a_standard_code_have_one_here(void **state)
{
    static const struct expectation rows[] = {
        {"+38343201234", NULL, PHONE_ASSIGNED, 38343201234, 383, "XK", "XKX", PHONE_MOBILE},
        {"+24740123", NULL, PHONE_ASSIGNED, 24740123, 247, "AC", "ASC", PHONE_MOBILE},
        {"+2908999", NULL, PHONE_ASSIGNED, 2908999, 290, "TA", "TAA", PHONE_FIXED_LINE},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        expectation_met(&rows[i]);
}

static void prefixes_are_those_of_where_the_number_is_dialled(void **state)
{
    static const struct expectation rows[] = {
        {"0812345678", "TH", PHONE_ASSIGNED, 66812345678, 66, "TH", "THA", PHONE_MOBILE},
        {"66812345678", "TH", PHONE_ASSIGNED, 66812345678, 66, "TH", "THA", PHONE_MOBILE},
        {"00166812345678", "TH", PHONE_ASSIGNED, 66812345678, 66, "TH", "THA", PHONE_MOBILE},
        {"01166812345678", "US", PHONE_ASSIGNED, 66812345678, 66, "TH", "THA", PHONE_MOBILE},
        {"+01166812345678", "US", PHONE_ASSIGNED, 66812345678, 66, "TH", "THA", PHONE_MOBILE},
        {"+660812345678", NULL, PHONE_ASSIGNED, 66812345678, 66, "TH", "THA", PHONE_MOBILE},
        {"0812345678", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"66812345678", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"0812345678", "th", PHONE_INVALID, 0, 0, "", "", 0},
        {"0812345678", "ZZ", PHONE_INVALID, 0, 0, "", "", 0},
        {"0812345678", "THA", PHONE_INVALID, 0, 0, "", "", 0},
        {"0812345678", "", PHONE_INVALID, 0, 0, "", "", 0},
        /* replaced, not taken off: Argentina's mobiles, Guernsey's short numbers */
        {"011 15 2345 6789", "AR", PHONE_ASSIGNED, 5491123456789, 54, "AR", "ARG", PHONE_MOBILE},
        {"256789", "GG", PHONE_ASSIGNED, 441481256789, 44, "GG", "GGY", PHONE_FIXED_LINE},
        /* Italy's 0 belongs to the number */
        {"06 698 12345", "IT", PHONE_ASSIGNED, 390669812345, 39, "VA", "VAT", PHONE_FIXED_LINE},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        expectation_met(&rows[i]);
}

static void separators_are_skipped_and_anything_else_is_refused(void **state)
{
    static const struct expectation rows[] = {
        {" (+66) 81-234.56/78 ", NULL, PHONE_ASSIGNED, 66812345678, 66, "TH", "THA", PHONE_MOBILE},
        {"", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"", "TH", PHONE_INVALID, 0, 0, "", "", 0},
        {"+", "TH", PHONE_INVALID, 0, 0, "", "", 0},
        {"- ( ) . /", "TH", PHONE_INVALID, 0, 0, "", "", 0},
        {"++66812345678", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"66+812345678", "TH", PHONE_INVALID, 0, 0, "", "", 0},
        {"+66812345678x", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"+66812345678\n", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"+6681234567\xd9\xa8", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"tel:+66812345678", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"+000000000000", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"+99999999999", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"+66666666666666666666666666666666666666666", NULL, PHONE_INVALID, 0, 0, "", "", 0},
        {"666666666666666666666666666666666666666666", "TH", PHONE_INVALID, 0, 0, "", "", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        expectation_met(&rows[i]);
    struct phone phone;
    assert_int_equal(phone_parse(slice_of("+6681234\0678", 12), NULL, &phone), PHONE_INVALID);
    assert_int_equal(phone_parse((struct slice){0}, "TH", &phone), PHONE_INVALID);
}

static void an_invalid_number_leaves_the_output_alone(void **state)
{
    struct phone phone = {.number = 7, .iso2 = "QQ"};
    assert_int_equal(phone_parse(SLICE("+66999"), NULL, &phone), PHONE_INVALID);
    assert_int_equal(phone.number, 7);
    assert_string_equal(phone.iso2, "QQ");
}

static void a_number_is_written_with_its_plus(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } rows[] = {
        {66812345678, "+66812345678"},
        {0, "+0"},
        {6200180383039539123, "+6200180383039539123"},
        {UINT64_MAX, "+18446744073709551615"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[PHONE_TEXT_MAX];
        assert_int_equal(phone_format(rows[i].number, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void digits_are_a_number_whatever_the_plans_know(void **state)
{
    static const struct {
        const char *text;
        uint64_t number; /* 0: none */
    } rows[] = {
        {"+2340000000001", 2340000000001},
        {"2348012345678", 2348012345678},
        {" +234 (801) 234-56.78 ", 2348012345678},
        {"12345678", 12345678},
        {"123456789012345", 123456789012345},
        {"1234567", 0},
        {"1234567890123456", 0},
        {"08012345678", 0},
        {"+08012345678", 0},
        {"++2348012345678", 0},
        {"2348012345678x", 0},
        {"", 0},
        {"+", 0},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t number = 0;
        assert_int_equal(phone_read_digits(slice_cstr(rows[i].text), &number), rows[i].number != 0);
        assert_int_equal(number, rows[i].number);
    }
}

static void a_full_number_has_the_region_of_its_plan(void **state)
{
    static const struct {
        uint64_t number;
        const char *iso2;
    } rows[] = {
        {66812345678, "TH"},
        {447700900000, "GB"},
        {447911123456, "GG"},
        {14165550123, "CA"},
        {390669812345, "VA"},
        {80012345678, ""},
        {66999, NULL},
        {0, NULL},
        {1, NULL},
        {66, NULL},
        {99999999999, NULL},
        {UINT64_MAX, NULL},
        {4407911123456, NULL}, /* a finished number has no prefixes */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *iso2 = phone_iso2(rows[i].number);
        if (rows[i].iso2) assert_non_null(iso2);
        if (rows[i].iso2) assert_string_equal(iso2, rows[i].iso2);
        if (!rows[i].iso2) assert_null(iso2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_that_libraries_agree_on_means_the_same_here),
        cmocka_unit_test(every_number_that_is_new_in_metadata_9_0_43_is_known),
        cmocka_unit_test(numbers_of_the_right_length_are_possible_in_the_main_region),
        cmocka_unit_test(places_without_a_standard_code_have_one_here),
        cmocka_unit_test(prefixes_are_those_of_where_the_number_is_dialled),
        cmocka_unit_test(separators_are_skipped_and_anything_else_is_refused),
        cmocka_unit_test(an_invalid_number_leaves_the_output_alone),
        cmocka_unit_test(a_number_is_written_with_its_plus),
        cmocka_unit_test(digits_are_a_number_whatever_the_plans_know),
        cmocka_unit_test(a_full_number_has_the_region_of_its_plan),
    };
    return cmocka_run_group_tests_name("phone", tests, NULL, NULL);
}
