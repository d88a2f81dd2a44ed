#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/ids.h"
#include "wire/uuid.h"

static const uint8_t secret[UUID_SECRET_SIZE] = "0123456789abcdef0123456789abcde";
static const uint8_t another[UUID_SECRET_SIZE] = "0123456789abcdef0123456789abcdX";

static const uint64_t keys[] = {
    0, 1, UINT64_MAX, 1ull << 63, 0xFFFFF, 0x100000, 1790000000123ull << 20 | 0x2ABCD,
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

static void what_is_written_reads_back(void **state)
{
    char text[UUID_TEXT_SIZE + 1];
    uint64_t read;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        uuid_write(keys[i], secret, text);
        assert_int_equal(strlen(text), UUID_TEXT_SIZE);
        assert_true(uuid_read(slice_cstr(text), secret, &read));
        assert_true(read == keys[i]);
        for (size_t k = 0; k < UUID_TEXT_SIZE; k++)
            text[k] = (char)toupper((unsigned char)text[k]);
        assert_true(uuid_read(slice_cstr(text), secret, &read));
    }
}

/* RFC 9562 5.7: 48 bits of milliseconds, version 7, variant 10. */
static void it_is_a_version_7_uuid_of_the_key_s_time(void **state)
{
    struct id_source source = {0};
    for (uint64_t ms = 1790000000123; ms < 1790000000223; ms++) {
        uint64_t key = id_next(&source, ms);
        char text[UUID_TEXT_SIZE + 1], time[14];
        uuid_write(key, secret, text);
        snprintf(time, sizeof time, "%08llx-%04llx", (unsigned long long)ms >> 16,
                 (unsigned long long)ms & 0xFFFF);
        assert_memory_equal(text, time, 13);
        assert_int_equal(text[14], '7');
        assert_non_null(strchr("89ab", text[19]));
        for (size_t i = 0; i < UUID_TEXT_SIZE; i++)
            assert_int_equal(text[i] == '-', i == 8 || i == 13 || i == 18 || i == 23);
    }
}

static void texts_sort_as_their_keys(void **state)
{
    struct id_source source = {0};
    char last[UUID_TEXT_SIZE + 1] = "";
    for (uint64_t ms = 1790000000000; ms < 1790000000100; ms++)
        for (int i = 0; i < 300; i++) {
            char text[UUID_TEXT_SIZE + 1];
            uuid_write(id_next(&source, ms), secret, text);
            assert_true(strcmp(text, last) > 0);
            memcpy(last, text, sizeof last);
        }
}

static void any_other_digit_makes_it_nobody_s(void **state)
{
    uint64_t read = 77;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        char text[UUID_TEXT_SIZE + 1];
        uuid_write(keys[i], secret, text);
        for (size_t at = 0; at < UUID_TEXT_SIZE; at++) {
            char right = text[at];
            for (const char *c = "0123456789abcdef-gG @\x80"; *c; c++) {
                if (*c == right) continue;
                text[at] = *c;
                assert_false(uuid_read(slice_cstr(text), secret, &read));
            }
            text[at] = right;
        }
    }
    assert_int_equal(read, 77);
}

static void whoever_has_not_the_secret_cannot_make_one(void **state)
{
    char text[UUID_TEXT_SIZE + 1];
    uint64_t read;
    for (size_t i = 0; i < KEY_COUNT; i++) {
        uuid_write(keys[i], another, text);
        assert_false(uuid_read(slice_cstr(text), secret, &read));
    }
}

static void other_lengths_are_refused(void **state)
{
    char text[UUID_TEXT_SIZE + 2];
    uint64_t read;
    uuid_write(keys[6], secret, text);
    text[UUID_TEXT_SIZE] = '0';
    for (size_t size = 0; size <= UUID_TEXT_SIZE + 1; size++) {
        /* In memory of its own, so that reading behind the end is seen. */
        char *copy = malloc(size + 1);
        memcpy(copy, text, size);
        assert_int_equal(uuid_read(slice_of(copy, size), secret, &read), size == UUID_TEXT_SIZE);
        free(copy);
    }
}

/* 54 bits of the text are the secret's: each must depend on the key. */
static void the_check_bits_look_like_chance(void **state)
{
    enum { KEYS = 2000 };
    unsigned ones[54] = {0};
    for (uint64_t key = 0; key < KEYS; key++) {
        char text[UUID_TEXT_SIZE + 1];
        uuid_write(key, secret, text);
        uint64_t bits = strtoull(text + 24, NULL, 16) | (strtoull(text + 21, NULL, 16) & 0x3F)
                                                            << 48;
        for (unsigned bit = 0; bit < 54; bit++)
            ones[bit] += (unsigned)(bits >> bit & 1);
    }
    for (unsigned bit = 0; bit < 54; bit++)
        assert_in_range(ones[bit], KEYS / 2 - 150, KEYS / 2 + 150);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(it_is_a_version_7_uuid_of_the_key_s_time),
        cmocka_unit_test(texts_sort_as_their_keys),
        cmocka_unit_test(any_other_digit_makes_it_nobody_s),
        cmocka_unit_test(whoever_has_not_the_secret_cannot_make_one),
        cmocka_unit_test(other_lengths_are_refused),
        cmocka_unit_test(the_check_bits_look_like_chance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
