#include "wire/gsm7.h"

#include "vectors.h"

#include <stdlib.h>

#include "wire/utf.h"

#define ROWS_COUNT 137

struct alphabet_row {
    uint8_t septets[2];
    unsigned cost;
    uint32_t point;
};

/* The table that Perl's Encode::GSM0338 wrote. */
static void alphabet_read(struct alphabet_row *rows)
{
    struct arena arena = {0};
    struct slice file = vectors_read("gsm0338.tsv", &arena), line;
    size_t count = 0;
    while (slice_cut(&file, '\n', &line)) {
        if (slice_starts(line, SLICE("#"))) continue;
        struct slice septets;
        assert_true(slice_cut(&line, '\t', &septets));
        assert_true(count < ROWS_COUNT && (septets.size == 2 || septets.size == 4));
        unsigned long value = strtoul(septets.at, NULL, 16);
        bool pair = septets.size == 4;
        rows[count++] = (struct alphabet_row){
            .septets = {(uint8_t)(pair ? value >> 8 : value), (uint8_t)value},
            .cost = pair ? 2 : 1,
            .point = (uint32_t)strtoul(line.at, NULL, 16),
        };
    }
    assert_int_equal(count, ROWS_COUNT);
    arena_done(&arena);
}

static void the_alphabet_is_the_one_that_perl_knows(void **state)
{
    struct alphabet_row rows[ROWS_COUNT];
    alphabet_read(rows);
    for (size_t i = 0; i < ROWS_COUNT; i++) {
        struct buf text, back;
        uint8_t septets[2];
        buf_init(&text, 4);
        buf_init(&back, 4);
        utf8_add(&text, rows[i].point);
        assert_int_equal(gsm7_cost(rows[i].point), rows[i].cost);
        assert_int_equal(gsm7_encode(buf_slice(&text), septets, 2), rows[i].cost);
        assert_memory_equal(septets, rows[i].septets, rows[i].cost);
        gsm7_decode(septets, rows[i].cost, &back);
        assert_slice_equal(buf_slice(&back), buf_slice(&text));
        buf_done(&text);
        buf_done(&back);
    }
}

static void no_other_code_point_is_in_the_alphabet(void **state)
{
    struct alphabet_row rows[ROWS_COUNT];
    alphabet_read(rows);
    unsigned costs[3] = {0}, wanted[3] = {0};
    for (uint32_t point = 0; point <= 0x10FFFF; point++)
        costs[gsm7_cost(point)]++;
    for (size_t i = 0; i < ROWS_COUNT; i++)
        wanted[rows[i].cost]++;
    assert_int_equal(wanted[1], 127);
    assert_int_equal(wanted[2], 10);
    assert_int_equal(costs[1], wanted[1]);
    assert_int_equal(costs[2], wanted[2]);
}

static void a_text_fits_when_all_its_characters_do(void **state)
{
    static const struct {
        struct slice text;
        bool fits;
    } rows[] = {
        {SLICE(""), true},
        {SLICE("Hello @ [\xE2\x82\xAC] \xC3\x87\xCE\x94\n"), true},
        {SLICE("`"), false},
        {SLICE("tab\t"), false},
        {SLICE("NBSP \xC2\xA0"), false},
        {SLICE("fa\xC3\xA7"
               "ade"),
         false}, /* only the capital is there */
        {SLICE("a\0"), false},
        {SLICE("\x1B"), false},
        {SLICE("\xE0\xB8\x81"), false},
        {SLICE("\xF0\x9F\x98\x80"), false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(gsm7_fits(rows[i].text), rows[i].fits);
}

static void odd_septets_decode_as_the_standard_says(void **state)
{
    static const struct {
        struct slice septets, text;
    } rows[] = {
        {SLICE("\x1B\x65"), SLICE("\xE2\x82\xAC")},
        {SLICE("\x1B\x41"), SLICE("A")},      /* no such extension: the main table's */
        {SLICE("\x1B\x00"), SLICE("@")},      /* likewise */
        {SLICE("\x1B\x0D"), SLICE("\r")},     /* a control of the extension that is not shown */
        {SLICE("\x1B\x0A"), SLICE("\f")},     /* page break */
        {SLICE("\x1B\x1B\x65"), SLICE(" e")}, /* two escapes are one space */
        {SLICE("A\x1B"), SLICE("A ")},
        {SLICE("\xC1\x9B\xE5"), SLICE("A\xE2\x82\xAC")}, /* bit 8 is ignored */
        {SLICE(""), SLICE("")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 16);
        gsm7_decode((const uint8_t *)rows[i].septets.at, rows[i].septets.size, &out);
        assert_slice_equal(buf_slice(&out), rows[i].text);
        buf_done(&out);
    }
}

static void packing_gives_the_octets_that_phones_send(void **state)
{
    static const uint8_t packed[] = {0xE8, 0x32, 0x9B, 0xFD, 0x46, 0x97, 0xD9, 0xEC, 0x37};
    uint8_t out[16], back[16];
    assert_int_equal(gsm7_pack((const uint8_t *)"hellohello", 10, 0, out, sizeof out), 9);
    assert_memory_equal(out, packed, 9);
    assert_int_equal(gsm7_unpack(packed, sizeof packed, 0, 10, back, sizeof back), 10);
    assert_memory_equal(back, "hellohello", 10);
}

/* 23.040 9.2.3.24 packs behind a header as if the header were septets of the same text. */
static void skipped_bits_leave_room_for_a_header(void **state)
{
    uint8_t septets[200] = {0}, whole[180], tail[180], back[200];
    uint64_t seed = 7;
    for (size_t header = 1; header <= 7; header++) {
        size_t filler = (header * 8 + 6) / 7;
        unsigned skip_bits = (unsigned)(filler * 7 - header * 8);
        memset(septets, 0, filler);
        for (size_t count = 0; count < 160; count++) {
            for (size_t i = 0; i < count; i++)
                septets[filler + i] = (uint8_t)random_below(&seed, 128);
            size_t size = gsm7_pack(septets, filler + count, 0, whole, sizeof whole);
            size_t tail_size = gsm7_pack(septets + filler, count, skip_bits, tail, sizeof tail);
            if (count > 0) assert_int_equal(tail_size, size - header);
            if (count > 0) assert_memory_equal(tail, whole + header, tail_size);
            assert_int_equal(gsm7_unpack(tail, tail_size, skip_bits, count, back, sizeof back),
                             count);
            assert_memory_equal(back, septets + filler, count);
        }
    }
}

static void unpacking_stops_where_the_octets_or_the_room_end(void **state)
{
    static const uint8_t packed[] = {0xFF, 0xFF};
    uint8_t out[4];
    assert_int_equal(gsm7_unpack(packed, 2, 0, 200, out, sizeof out), 2);
    assert_int_equal(gsm7_unpack(packed, 2, 3, 200, out, sizeof out), 1);
    assert_int_equal(gsm7_unpack(packed, 2, 0, 2, out, 1), 1);
    assert_int_equal(gsm7_unpack(packed, 0, 6, 3, out, sizeof out), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_alphabet_is_the_one_that_perl_knows),
        cmocka_unit_test(no_other_code_point_is_in_the_alphabet),
        cmocka_unit_test(a_text_fits_when_all_its_characters_do),
        cmocka_unit_test(odd_septets_decode_as_the_standard_says),
        cmocka_unit_test(packing_gives_the_octets_that_phones_send),
        cmocka_unit_test(skipped_bits_leave_room_for_a_header),
        cmocka_unit_test(unpacking_stops_where_the_octets_or_the_room_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
