#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>

#include "wire/secret.h"

static void a_key_is_kept_as_its_blake2b_256(void **state)
{
    /* From Python's hashlib.blake2b(..., digest_size=32). */
    static const struct {
        const char *text, *hex;
    } rows[] = {
        {"", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"},
        {"abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"},
        {"rb_live_0123456789ABCDEFGHIJabcdefghij01",
         "d66e32b79f4dacc2626763d44189233e7a51eb984beefab1542b6256d86b3075"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t hash[SECRET_HASH_SIZE];
        char hex[2 * SECRET_HASH_SIZE + 1];
        secret_hash(slice_cstr(rows[i].text), hash);
        for (size_t k = 0; k < sizeof hash; k++)
            snprintf(hex + 2 * k, 3, "%02x", hash[k]);
        assert_string_equal(hex, rows[i].hex);
    }
}

static void a_key_is_its_kind_and_32_letters_and_digits(void **state)
{
    uint8_t random[SECRET_RANDOM_SIZE];
    for (size_t i = 0; i < sizeof random; i++)
        random[i] = (uint8_t)(i * 5);
    char key[SECRET_KEY_TEXT_SIZE + 1];
    for (int test = 0; test < 2; test++) {
        assert_true(secret_key_make(random, test, key));
        assert_int_equal(strlen(key), SECRET_KEY_TEXT_SIZE);
        assert_memory_equal(key, test ? "rb_test_" : "rb_live_", 8);
        for (size_t i = 8; i < SECRET_KEY_TEXT_SIZE; i++)
            assert_true(isalnum((unsigned char)key[i]));
    }
}

/* Each byte value alone: every letter must come from as many values as every other. */
static void no_letter_comes_more_often_than_another(void **state)
{
    unsigned counts[128] = {0}, letters = 0;
    for (unsigned value = 0; value < 256; value++) {
        uint8_t random[SECRET_RANDOM_SIZE];
        char key[SECRET_KEY_TEXT_SIZE + 1];
        memset(random, (int)value, sizeof random);
        if (secret_key_make(random, false, key)) counts[(unsigned char)key[8]]++;
    }
    for (size_t c = 0; c < 128; c++) {
        if (counts[c] == 0) continue;
        assert_int_equal(counts[c], 4);
        letters++;
    }
    assert_int_equal(letters, 62);
}

static void too_few_good_bytes_make_no_key(void **state)
{
    uint8_t random[SECRET_RANDOM_SIZE];
    char key[SECRET_KEY_TEXT_SIZE + 1];
    memset(random, 255, sizeof random);
    memset(random, 1, 31);
    assert_false(secret_key_make(random, false, key));
    random[sizeof random - 1] = 247; /* the last value that counts */
    assert_true(secret_key_make(random, false, key));
    random[sizeof random - 1] = 248;
    assert_false(secret_key_make(random, false, key));
}

static void a_webhooks_secret_is_its_bytes_in_hex(void **state)
{
    uint8_t random[SECRET_WEBHOOK_RANDOM_SIZE] = {0x00, 0x9F, 0xFF};
    char text[SECRET_WEBHOOK_TEXT_SIZE + 1];
    secret_webhook_make(random, text);
    assert_string_equal(text, "whsec_009fff000000000000000000000000000000000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_is_kept_as_its_blake2b_256),
        cmocka_unit_test(a_key_is_its_kind_and_32_letters_and_digits),
        cmocka_unit_test(no_letter_comes_more_often_than_another),
        cmocka_unit_test(too_few_good_bytes_make_no_key),
        cmocka_unit_test(a_webhooks_secret_is_its_bytes_in_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
