/* What a submit looks like on the wire, row by row. */
#include "edge/smpp_client/submit_pdu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/hex.h"
#include "wire/smpp_pdu.h"

struct written {
    struct arena arena;
    struct buf bytes;
    struct smpp_pdu pdus[8];
    size_t count;
};

static const uint64_t now_ms = 1767225600000;

/* Cuts the text, writes each segment, reads it back. */
static void write_text(const char *text, const char *sender, const struct quirks *quirks,
                       uint64_t expires_at_ms, struct written *out)
{
    struct segment_list list;
    *out = (struct written){0};
    buf_init(&out->bytes, 1 << 20);
    assert_true(segment_cut(slice_cstr(text), quirks->long_form, 0xABCD, &out->arena, &list));
    assert_true(list.count <= 8);
    for (size_t i = 0; i < list.count; i++) {
        struct submit submit = {
            .number = 447700900123,
            .sender = slice_cstr(sender),
            .encoding = list.encoding,
            .segment = list.at[i],
            .form = quirks->long_form,
            .reference = 0xABCD,
            .expires_at_ms = expires_at_ms,
        };
        uint32_t status = 0;
        assert_true(
            submit_pdu_write(&submit, quirks, now_ms, (uint32_t)i + 1, &out->bytes, &status));
    }
    struct slice stream = buf_slice(&out->bytes);
    struct smpp_bad bad;
    while (stream.size) {
        struct smpp_pdu *pdu = &out->pdus[out->count++];
        assert_int_equal(smpp_decode(stream, SMPP_SIZE_MAX, &out->arena, pdu, &bad), SMPP_DECODED);
        assert_int_equal(pdu->command_id, SMPP_SUBMIT_SM);
        assert_int_equal(pdu->sequence, out->count);
        assert_int_equal(pdu->odd, 0); /* by the letter */
        stream = slice_from(stream, pdu->size);
    }
    assert_int_equal(out->count, list.count);
}

static void written_done(struct written *written)
{
    arena_done(&written->arena);
    buf_done(&written->bytes);
}

static const struct {
    const char *sender;
    uint8_t ton, npi;
    const char *digits;
} senders[] = {
    {"Godwit", 5, 0, "Godwit"},
    {"GOD 24", 5, 0, "GOD 24"},
    {"+2899682626", 1, 1, "2899682626"},
    {"447700900123", 1, 1, "447700900123"},
    {"12345678", 1, 1, "12345678"},
    {"1234567", 0, 1, "1234567"},
    {"32323", 0, 1, "32323"},
    {"+32323", 1, 1, "32323"},
    {"+", 5, 0, "+"},
    {"", 0, 0, ""},
};

static void senders_get_their_type_and_plan_by_kind(void **state)
{
    const struct quirks quirks = {.ask_receipts = true, .registered_delivery = 0x11};
    for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
        struct written written;
        write_text("Hello", senders[i].sender, &quirks, 0, &written);
        const struct smpp_pdu *pdu = &written.pdus[0];
        assert_int_equal(pdu->source.ton, senders[i].ton);
        assert_int_equal(pdu->source.npi, senders[i].npi);
        assert_true(slice_eq(pdu->source.digits, slice_cstr(senders[i].digits)));
        assert_int_equal(pdu->destination.ton, 1);
        assert_int_equal(pdu->destination.npi, 1);
        assert_true(slice_eq(pdu->destination.digits, SLICE("447700900123")));
        assert_int_equal(pdu->registered_delivery, 0x11);
        assert_int_equal(pdu->esm_class, 0);
        assert_int_equal(pdu->validity_period.size, 0);
        written_done(&written);
    }
}

static void receipts_and_the_plus_are_the_carriers_choice(void **state)
{
    const struct quirks quirks = {.dest_plus = true, .registered_delivery = 1};
    struct written written;
    write_text("Hello", "Godwit", &quirks, 0, &written);
    assert_true(slice_eq(written.pdus[0].destination.digits, SLICE("+447700900123")));
    assert_int_equal(written.pdus[0].registered_delivery, 0);
    written_done(&written);
}

static const struct {
    const char *text;
    enum alphabet dcs0;
    uint8_t data_coding;
    const char *octets;
} texts[] = {
    {"a@_", ALPHABET_GSM7, 0, "61 00 11"},
    {"1\xE2\x82\xAC[", ALPHABET_GSM7, 0, "31 1b65 1b3c"},
    {"\xD0\x9F\xF0\x9F\x98\x80", ALPHABET_GSM7, 8, "041f d83d de00"},
    {"\xD0\x9F", ALPHABET_UTF8, 8, "041f"},
    {"a@\xC3\xA9", ALPHABET_LATIN1, 0, "61 40 e9"},
    {"a@\xC3\xA9", ALPHABET_UTF8, 0, "61 40 c3a9"},
    {"a@", ALPHABET_ASCII, 0, "61 40"},
    {"1\xE2\x82\xAC", ALPHABET_LATIN1, 8, "0031 20ac"}, /* not in Latin-1: as UTF-16 */
    {"\xC3\xA9", ALPHABET_ASCII, 8, "00e9"},
};

static void texts_go_in_the_alphabet_that_data_coding_0_means(void **state)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct quirks quirks = {.dcs0 = texts[i].dcs0};
        struct slice expected = hex_bytes(texts[i].octets);
        struct written written;
        write_text(texts[i].text, "Godwit", &quirks, 0, &written);
        assert_int_equal(written.pdus[0].data_coding, texts[i].data_coding);
        if (!slice_eq(written.pdus[0].short_message, expected)) fail_msg("row %zu", i);
        written_done(&written);
        hex_free(expected);
    }
}

static void text_of(char *out, size_t size, const char *piece)
{
    out[0] = '\0';
    while (strlen(out) + strlen(piece) < size)
        snprintf(out + strlen(out), size - strlen(out), "%s", piece);
}

/* In a long text a character that the alphabet lacks is lost; the rest comes through. */
static void a_long_text_keeps_its_segments_in_another_alphabet(void **state)
{
    const struct quirks quirks = {.dcs0 = ALPHABET_LATIN1};
    struct written written;
    char text[320];
    text_of(text, sizeof text, "\xC3\xA9t\xC3\xA9 1\xE2\x82\xAC ");
    write_text(text, "Godwit", &quirks, 0, &written);
    assert_int_equal(written.count, 2);
    for (size_t i = 0; i < written.count; i++) {
        assert_int_equal(written.pdus[i].data_coding, 0);
        assert_int_equal(written.pdus[i].esm_class, SMPP_ESM_UDHI);
        const uint8_t header[] = {5, 0, 3, 0xCD, 2, (uint8_t)(i + 1)};
        assert_memory_equal(written.pdus[i].short_message.at, header, sizeof header);
    }
    struct slice body = slice_from(written.pdus[0].short_message, 6);
    assert_memory_equal(body.at, "\xE9t\xE9 1? \xE9t", 9);
    written_done(&written);
}

static const struct {
    enum segment_form form;
    bool is_gsm7;
    uint8_t esm_class;
    bool has_tlvs, has_payload;
    size_t count, first_size;
} forms[] = {
    {SEGMENT_UDH8, true, SMPP_ESM_UDHI, false, false, 3, 159},
    {SEGMENT_UDH16, true, SMPP_ESM_UDHI, false, false, 3, 159},
    {SEGMENT_SAR, true, 0, true, false, 3, 153},
    {SEGMENT_PAYLOAD, true, 0, false, true, 1, 399},
    {SEGMENT_UDH8, false, SMPP_ESM_UDHI, false, false, 3, 140},
    {SEGMENT_SAR, false, 0, true, false, 3, 134},
    {SEGMENT_PAYLOAD, false, 0, false, true, 1, 396},
};

static void long_texts_travel_in_the_carriers_form(void **state)
{
    char gsm7[400], ucs2[397];
    text_of(gsm7, sizeof gsm7, "a");
    text_of(ucs2, sizeof ucs2, "\xD0\x9F");
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const struct quirks quirks = {.long_form = forms[i].form};
        struct written written;
        /* 399 septets, or 198 units */
        write_text(forms[i].is_gsm7 ? gsm7 : ucs2, "Godwit", &quirks, 0, &written);
        assert_int_equal(written.count, forms[i].count);
        for (size_t part = 0; part < written.count; part++) {
            const struct smpp_pdu *pdu = &written.pdus[part];
            uint32_t reference = 0, total = 0, number = 0;
            smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_MSG_REF_NUM, &reference);
            smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_TOTAL_SEGMENTS, &total);
            smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_SEGMENT_SEQNUM, &number);
            assert_int_equal(pdu->esm_class, forms[i].esm_class);
            assert_int_equal(reference, forms[i].has_tlvs ? 0xABCD : 0);
            assert_int_equal(total, forms[i].has_tlvs ? forms[i].count : 0);
            assert_int_equal(number, forms[i].has_tlvs ? part + 1 : 0);
            assert_int_equal(pdu->short_message.size == 0, forms[i].has_payload);
            if (part == 0) assert_int_equal(smpp_user_data(pdu).size, forms[i].first_size);
        }
        written_done(&written);
    }
}

static void a_short_text_is_no_payload_whatever_the_form(void **state)
{
    const struct quirks quirks = {.long_form = SEGMENT_PAYLOAD};
    struct written written;
    write_text("Hello", "Godwit", &quirks, 0, &written);
    assert_int_equal(written.pdus[0].tlvs.count, 0);
    assert_int_equal(written.pdus[0].short_message.size, 5);
    written_done(&written);
}

/* 160 characters of two octets each do not fit a short_message. */
static void what_outgrows_a_short_message_becomes_a_payload(void **state)
{
    const struct quirks quirks = {.dcs0 = ALPHABET_UTF8};
    struct written written;
    char text[320 + 1];
    text_of(text, sizeof text, "\xC3\xA9");
    write_text(text, "Godwit", &quirks, 0, &written);
    assert_int_equal(written.count, 1);
    assert_int_equal(written.pdus[0].short_message.size, 0);
    assert_int_equal(smpp_user_data(&written.pdus[0]).size, 320);
    written_done(&written);
}

static const struct {
    uint32_t validity_s;
    uint64_t left_ms; /* of the retry window; 0: none given */
    const char *period;
} validities[] = {
    {3600, 0, "000000010000000R"},        {3600, 7200000, "000000010000000R"},
    {3600, 90000, "000000000130000R"},    {3600, 500, "000000000001000R"},
    {259199, 0, "000002235959000R"},      {2592000, 0, "000100000000000R"},
    {172800 + 61, 0, "000002000101000R"},
};

static void the_validity_is_never_longer_than_what_is_left(void **state)
{
    for (size_t i = 0; i < sizeof validities / sizeof *validities; i++) {
        const struct quirks quirks = {.validity_s = validities[i].validity_s};
        uint64_t expires_at_ms = validities[i].left_ms ? now_ms + validities[i].left_ms : 0;
        struct written written;
        write_text("Hello", "Godwit", &quirks, expires_at_ms, &written);
        struct slice period = written.pdus[0].validity_period;
        if (!slice_eq(period, slice_cstr(validities[i].period)))
            fail_msg("row %zu: %.*s", i, (int)period.size, period.at);
        written_done(&written);
    }
}

static void a_message_that_is_overdue_is_valid_for_a_second(void **state)
{
    const struct quirks quirks = {.validity_s = 3600};
    struct written written;
    write_text("Hello", "Godwit", &quirks, now_ms - 1, &written);
    assert_true(slice_eq(written.pdus[0].validity_period, SLICE("000000000001000R")));
    written_done(&written);
}

static void what_cannot_be_said_leaves_the_buffer_alone(void **state)
{
    const struct quirks quirks = {0};
    const struct submit submit = {
        .sender = SLICE("more than twenty octets"),
        .segment = {.bytes = (const uint8_t *)"a", .size = 1, .number = 1, .total = 1},
    };
    uint32_t status = 0;
    struct buf out;
    buf_init(&out, 1024);
    assert_false(submit_pdu_write(&submit, &quirks, now_ms, 1, &out, &status));
    assert_int_equal(out.size, 0);
    assert_int_equal(status, ESME_RINVSRCADR);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(senders_get_their_type_and_plan_by_kind),
        cmocka_unit_test(receipts_and_the_plus_are_the_carriers_choice),
        cmocka_unit_test(texts_go_in_the_alphabet_that_data_coding_0_means),
        cmocka_unit_test(a_long_text_keeps_its_segments_in_another_alphabet),
        cmocka_unit_test(long_texts_travel_in_the_carriers_form),
        cmocka_unit_test(a_short_text_is_no_payload_whatever_the_form),
        cmocka_unit_test(what_outgrows_a_short_message_becomes_a_payload),
        cmocka_unit_test(the_validity_is_never_longer_than_what_is_left),
        cmocka_unit_test(a_message_that_is_overdue_is_valid_for_a_second),
        cmocka_unit_test(what_cannot_be_said_leaves_the_buffer_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
