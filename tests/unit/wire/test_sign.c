#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "wire/sign.h"

#define EIGHT_KEYS "kkkkkkkk"
#define KEYS_131                                                                                   \
    EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS        \
        EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS EIGHT_KEYS    \
        "kkk"

/* From Python's hmac.new(secret, stamp + b"." + body, "sha256"). */
static const struct {
    const char *secret, *stamp, *body, *hex;
    uint64_t at_s;
} rows[] = {
    {"", "0", "", "b849d5a581847b281957065739df36df2463d1977ea8d6e1e4e6cf33fadc68c3", 0},
    {"Jefe", "1780049700", "what do ya want for nothing?",
     "ccc093ae7f0769845cb4b6a1de3596db6d9d61374c4046ae4ef14ccbea011e9c", 1780049700},
    {"whsec_0123456789abcdef0123456789abcdef0123456789abcdef", "1780049700",
     "{\"type\":\"sms.delivered\"}",
     "825c64333e61f1a235264f5fad6577ed98e4fb0b3edbe3bb70516114da9e13ab", 1780049700},
    {KEYS_131, "1", "Test Using Larger Than Block-Size Key - Hash Key First",
     "1dd56f35c420ff373feee8f23fe652be25a65834c422defdabab5f4d549de133", 1},
    {"ssssssssssssssssssssssssssssssss", "18446744073709551615", "caf\xC3\xA9",
     "c1c2fd6225c07c044b83575277f0340e2066ac8c7c265d2ac9db06225d33e1f5", UINT64_MAX},
};

static bool row_is_right(size_t row, const char *hex)
{
    return sign_is_right(slice_cstr(rows[row].secret), slice_cstr(rows[row].stamp),
                         slice_cstr(rows[row].body), slice_cstr(hex));
}

static void another_implementation_signs_the_same(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char hex[SIGN_HEX_SIZE + 1];
        memset(hex, 'x', sizeof hex);
        sign_stamped(slice_cstr(rows[i].secret), rows[i].at_s, slice_cstr(rows[i].body), hex);
        assert_string_equal(hex, rows[i].hex);
        assert_true(row_is_right(i, hex));
    }
}

static void hex_of_either_case_is_read(void **state)
{
    assert_true(
        row_is_right(1, "CCC093AE7F0769845CB4B6A1DE3596DB6D9D61374C4046AE4EF14CCBEA011E9C"));
    assert_true(
        row_is_right(1, "CCC093ae7f0769845cb4b6a1de3596db6d9d61374c4046ae4ef14ccbea011e9C"));
}

static void the_stamp_counts_as_it_was_written(void **state)
{
    static const char padded[] = "44f382a879911e7c637bd2b044abe66f44744b7d7ea34158cb428270e28fb621";
    static const char none[] = "0e0607c634942569b144e991806df0edbff0695d1f4e4549bc298252b4fc4d6d";
    struct slice secret = SLICE("secret"), body = SLICE("{}");
    assert_true(sign_is_right(secret, SLICE("0017"), body, slice_cstr(padded)));
    assert_false(sign_is_right(secret, SLICE("17"), body, slice_cstr(padded)));
    assert_true(sign_is_right(secret, (struct slice){0}, body, slice_cstr(none)));
}

static void any_wrong_digit_is_refused(void **state)
{
    for (size_t i = 0; i < SIGN_HEX_SIZE; i++) {
        char hex[SIGN_HEX_SIZE + 1];
        memcpy(hex, rows[1].hex, SIGN_HEX_SIZE + 1);
        hex[i] = hex[i] == '0' ? '1' : '0';
        assert_false(row_is_right(1, hex));
        hex[i] = 'g';
        assert_false(row_is_right(1, hex));
        hex[i] = '\0';
        assert_false(sign_is_right(slice_cstr(rows[1].secret), slice_cstr(rows[1].stamp),
                                   slice_cstr(rows[1].body), slice_of(hex, SIGN_HEX_SIZE)));
    }
}

static void another_size_is_refused(void **state)
{
    char hex[SIGN_HEX_SIZE + 3] = {0};
    memcpy(hex, rows[1].hex, SIGN_HEX_SIZE + 1);
    for (size_t size = 0; size < SIGN_HEX_SIZE; size++)
        assert_false(sign_is_right(slice_cstr(rows[1].secret), slice_cstr(rows[1].stamp),
                                   slice_cstr(rows[1].body), slice_of(hex, size)));
    memcpy(hex + SIGN_HEX_SIZE, "00", 3);
    assert_false(row_is_right(1, hex));
    assert_false(row_is_right(1, ""));
}

static void another_secret_stamp_or_body_is_refused(void **state)
{
    struct slice secret = slice_cstr(rows[1].secret), stamp = slice_cstr(rows[1].stamp);
    struct slice body = slice_cstr(rows[1].body), hex = slice_cstr(rows[1].hex);
    assert_false(sign_is_right(SLICE("jefe"), stamp, body, hex));
    assert_false(sign_is_right(SLICE("Jefe "), stamp, body, hex));
    assert_false(sign_is_right(secret, SLICE("1780049701"), body, hex));
    assert_false(sign_is_right(secret, stamp, SLICE("what do ya want for nothing"), hex));
    assert_false(sign_is_right(secret, stamp, (struct slice){0}, hex));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_implementation_signs_the_same),
        cmocka_unit_test(hex_of_either_case_is_read),
        cmocka_unit_test(the_stamp_counts_as_it_was_written),
        cmocka_unit_test(any_wrong_digit_is_refused),
        cmocka_unit_test(another_size_is_refused),
        cmocka_unit_test(another_secret_stamp_or_body_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
