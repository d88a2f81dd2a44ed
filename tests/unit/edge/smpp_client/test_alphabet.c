#include "edge/smpp_client/alphabet.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "support/hex.h"
#include "wire/gsm7.h"
#include "wire/utf.h"

static const struct {
    const char *octets; /* hexadecimal */
    uint8_t data_coding;
    enum alphabet dcs0;
    const char *text;
} decodings[] = {
    {"00 24 11 1b65", 0x00, ALPHABET_GSM7, "@\xC2\xA4_\xE2\x82\xAC"},
    {"40 e9 5f", 0x00, ALPHABET_LATIN1, "@\xC3\xA9_"},
    {"40 e9 5f", 0x00, ALPHABET_ASCII, "@\xEF\xBF\xBD_"},
    {"c3a9 ff 41", 0x00, ALPHABET_UTF8,
     "\xC3\xA9\xEF\xBF\xBD"
     "A"},
    {"40 41 80", 0x01, ALPHABET_GSM7, "@A\xEF\xBF\xBD"},
    {"e9 a4 40", 0x03, ALPHABET_GSM7, "\xC3\xA9\xC2\xA4@"},
    {"0041 20ac d83d de00", 0x08, ALPHABET_GSM7, "A\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {"0041 d83d", 0x08, ALPHABET_GSM7, "A\xEF\xBF\xBD"},
    {"00 41", 0xF0, ALPHABET_LATIN1, "@A"}, /* a flash message is GSM whatever code 0 is */
    {"00 41", 0x10, ALPHABET_LATIN1, "@A"},
    {"0041 0042", 0x18, ALPHABET_GSM7, "AB"},
    {"00 41", 0xC8, ALPHABET_LATIN1, "@A"},
    {"0041 0042", 0xE0, ALPHABET_GSM7, "AB"},
    {"41 e9", 0x04, ALPHABET_GSM7, "A\xC3\xA9"}, /* binary */
    {"41 e9", 0xF5, ALPHABET_GSM7, "A\xC3\xA9"},
    {"41 00 42 00", 0x03, ALPHABET_GSM7, "AB"},
    {"0041 0000 0042", 0x08, ALPHABET_GSM7, "AB"},
    {"", 0x00, ALPHABET_GSM7, ""},
};

static void octets_are_read_as_their_data_coding_says(void **state)
{
    for (size_t i = 0; i < sizeof decodings / sizeof *decodings; i++) {
        struct slice octets = hex_bytes(decodings[i].octets);
        struct buf out;
        buf_init(&out, 1024);
        buf_add(&out, SLICE("before:"));
        alphabet_decode(octets, decodings[i].data_coding, decodings[i].dcs0, &out);
        struct slice text = slice_from(buf_slice(&out), 7);
        if (!slice_eq(text, slice_cstr(decodings[i].text)))
            fail_msg("row %zu: %.*s", i, (int)text.size, text.at);
        buf_done(&out);
        hex_free(octets);
    }
}

static const struct {
    const char *text;
    enum alphabet alphabet;
    const char *octets;
    bool whole;
} encodings[] = {
    {"a@_", ALPHABET_GSM7, "61 00 11", true},
    {"a@_\xC3\xA9", ALPHABET_LATIN1, "61 40 5f e9", true},
    {"\xE2\x82\xAC\xCE\x94!", ALPHABET_LATIN1, "3f 3f 21", false},
    {"[a]", ALPHABET_ASCII, "5b 61 5d", true},
    {"\xC3\xA9", ALPHABET_ASCII, "3f", false},
    {"\xC3\xA9\xE2\x82\xAC", ALPHABET_UTF8, "c3a9 e282ac", true},
};

static void septets_are_written_in_the_carriers_alphabet(void **state)
{
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        uint8_t septets[32];
        size_t size = gsm7_encode(slice_cstr(encodings[i].text), septets, sizeof septets);
        struct slice expected = hex_bytes(encodings[i].octets);
        struct buf out;
        buf_init(&out, 1024);
        bool whole = alphabet_encode(slice_of(septets, size), encodings[i].alphabet, &out);
        assert_int_equal(whole, encodings[i].whole);
        if (!slice_eq(buf_slice(&out), expected)) fail_msg("row %zu", i);
        buf_done(&out);
        hex_free(expected);
    }
}

static void whatever_comes_the_text_is_valid_and_has_no_nul(void **state)
{
    uint64_t random = 1;
    for (size_t i = 0; i < 2000; i++) {
        uint8_t octets[64];
        struct buf out;
        buf_init(&out, 1024);
        for (size_t j = 0; j < sizeof octets; j++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            octets[j] = (uint8_t)(random >> 56);
        }
        size_t size = octets[0] % sizeof octets;
        alphabet_decode(slice_of(octets + 1, size), octets[0], (enum alphabet)(i % 4), &out);
        assert_true(utf8_valid(buf_slice(&out)));
        assert_true(out.size == 0 || !memchr(out.at, 0, out.size));
        assert_false(out.full);
        buf_done(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(octets_are_read_as_their_data_coding_says),
        cmocka_unit_test(septets_are_written_in_the_carriers_alphabet),
        cmocka_unit_test(whatever_comes_the_text_is_valid_and_has_no_nul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
