#include "wire/utf.h"

#include "vectors.h"

#include <iconv.h>

#define FFFD "\xEF\xBF\xBD"

struct repair_row {
    struct slice text, repaired;
};

/* What Python's decode("utf-8", "replace") gives; it replaces maximal subparts, too. */
static const struct repair_row repair_rows[] = {
    {SLICE(""), SLICE("")},
    {SLICE("plain"), SLICE("plain")},
    {SLICE("a\xFF"
           "b"),
     SLICE("a" FFFD "b")},
    {SLICE("\xC0\xAF"), SLICE(FFFD FFFD)},
    {SLICE("\xE2\x82"), SLICE(FFFD)},
    {SLICE("\xE2\x82x"), SLICE(FFFD "x")},
    {SLICE("\xED\xA0\x80"), SLICE(FFFD FFFD FFFD)},
    {SLICE("\xF0\x9F\x98"), SLICE(FFFD)},
    {SLICE("\xF0\x9F\x98\xE2\x82\xAC"), SLICE(FFFD "\xE2\x82\xAC")},
    {SLICE("\xF4\x90\x80\x80"), SLICE(FFFD FFFD FFFD FFFD)},
    {SLICE("\xF8\x88\x80\x80\x80"), SLICE(FFFD FFFD FFFD FFFD FFFD)},
    {SLICE("\xE0\x80\x80"), SLICE(FFFD FFFD FFFD)},
    {SLICE("\xF0\x80\x80\x80"), SLICE(FFFD FFFD FFFD FFFD)},
    {SLICE("\x80\xBF"), SLICE(FFFD FFFD)},
    {SLICE("\xC3"), SLICE(FFFD)},
    {SLICE("\xC3\xC3\xA9"), SLICE(FFFD "\xC3\xA9")},
    {SLICE("\xF1\x80\xE1\x80\xC2"
           "b\x80"
           "c\x80\xBF"
           "d"),
     SLICE(FFFD FFFD FFFD "b" FFFD "c" FFFD FFFD "d")},
    {SLICE("\xED\x9F\xBF\xEE\x80\x80"), SLICE("\xED\x9F\xBF\xEE\x80\x80")},
};

static const struct repair_row nul_rows[] = {
    {SLICE("\0"), SLICE("")},
    {SLICE("a\0b"), SLICE("ab")},
    {SLICE("\0\0a\0"), SLICE("a")},
    {SLICE("\xC3\0\xA9"), SLICE(FFFD FFFD)},
};

static void check_repair(const struct repair_row *row)
{
    struct buf out;
    buf_init(&out, UTF8_REPAIR_MAX(row->text.size));
    utf8_repair(row->text, &out);
    assert_false(out.full);
    assert_slice_equal(buf_slice(&out), row->repaired);
    buf_done(&out);
}

static void repair_replaces_each_maximal_subpart_once(void **state)
{
    for (size_t i = 0; i < sizeof repair_rows / sizeof *repair_rows; i++) {
        const struct repair_row *row = &repair_rows[i];
        check_repair(row);
        assert_int_equal(utf8_valid(row->text), slice_eq(row->text, row->repaired));
        assert_true(utf8_valid(row->repaired));
    }
}

static void repair_drops_nul(void **state)
{
    for (size_t i = 0; i < sizeof nul_rows / sizeof *nul_rows; i++)
        check_repair(&nul_rows[i]);
    assert_true(utf8_valid(SLICE("a\0b")));
}

static void valid_size_stops_at_the_first_invalid_sequence(void **state)
{
    static const struct {
        struct slice text;
        size_t size;
    } rows[] = {
        {SLICE(""), 0},
        {SLICE("0123456789abcdef"), 16},
        {SLICE("0123456789abcde\xFF"), 15},
        {SLICE("0123456\xC3"), 7},
        {SLICE("0123456\xC3\xA9\xC3"), 9},
        {SLICE("\xFF"
               "0123456789"),
         0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(utf8_valid_size(rows[i].text), rows[i].size);
}

static void every_code_point_survives_utf8_and_utf16(void **state)
{
    struct buf text, back;
    buf_init(&text, 4);
    buf_init(&back, 4);
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        if (point >= 0xD800 && point <= 0xDFFF) continue;
        buf_clear(&text);
        utf8_add(&text, point);
        struct slice bytes = buf_slice(&text);
        size_t offset = 0;
        bool fine = utf8_valid(bytes) && utf8_next(bytes, &offset) == point &&
                    offset == bytes.size && utf8_points(bytes) == 1 &&
                    utf16_units(bytes) == (point > 0xFFFF ? 2 : 1);
        uint8_t units[4];
        size_t size = utf16_encode(bytes, units, sizeof units);
        buf_clear(&back);
        utf16_decode(units, size, &back);
        fine = fine && size == 2 * utf16_units(bytes) && slice_eq(buf_slice(&back), bytes);
        if (!fine) fail_msg("U+%04X does not survive", point);
    }
    buf_done(&text);
    buf_done(&back);
}

/* Every sequence of three bytes behind the leads of three, and the edges behind those of four: as
   many are valid as there are code points of that size. */
static void nothing_but_the_code_points_is_valid(void **state)
{
    unsigned two = 0, three = 0, four = 0;
    for (unsigned i = 0; i < 0x10000; i++) {
        char text[2] = {(char)(i >> 8), (char)i};
        two += i >= 0x8000 && utf8_valid(slice_of(text, 2));
    }
    for (unsigned i = 0xE00000; i < 0xF00000; i++) {
        char text[3] = {(char)(i >> 16), (char)(i >> 8), (char)i};
        three += utf8_valid(slice_of(text, 3));
    }
    static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF};
    for (unsigned i = 0xF000; i < 0x10000; i++) {
        for (unsigned j = 0; j < sizeof edges * sizeof edges; j++) {
            char text[4] = {(char)(i >> 8), (char)i, (char)edges[j % sizeof edges],
                            (char)edges[j / sizeof edges]};
            four += utf8_valid(slice_of(text, 4));
        }
    }
    assert_int_equal(two, 0x800 - 0x80);
    assert_int_equal(three, 0x10000 - 0x800 - 0x800);
    /* 16 planes of 16 second bytes; 2 of 6 edges are continuations, twice. */
    assert_int_equal(four, 16 * 16 * 4);
}

static void unpaired_utf16_is_replaced(void **state)
{
    static const struct {
        struct slice units, text;
    } rows[] = {
        {SLICE("\x00"
               "A"),
         SLICE("A")},
        {SLICE("\x00"
               "A\x00"),
         SLICE("A" FFFD)},
        {SLICE("\xD8\x3D\xDE\x00"), SLICE("\xF0\x9F\x98\x80")},
        {SLICE("\xD8\x3D"), SLICE(FFFD)},
        {SLICE("\xD8\x3D\xDE"), SLICE(FFFD FFFD)},
        {SLICE("\xD8\x3D\x00"
               "A"),
         SLICE(FFFD "A")},
        {SLICE("\xD8\x3D\xD8\x3D\xDE\x00"), SLICE(FFFD "\xF0\x9F\x98\x80")},
        {SLICE("\xDE\x00\xD8\x3D"), SLICE(FFFD FFFD)},
        {SLICE("\xFF\xFE\x00\x00"), SLICE("\xEF\xBF\xBE\0")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out;
        buf_init(&out, 64);
        utf16_decode((const uint8_t *)rows[i].units.at, rows[i].units.size, &out);
        assert_slice_equal(buf_slice(&out), rows[i].text);
        buf_done(&out);
    }
}

/* Letters whose pieces make up most of what can go wrong. */
static size_t random_text(uint64_t *seed, char *out, size_t size_max)
{
    static const struct slice pieces[] = {
        SLICE("a"),
        SLICE("0123456789abcdef"),
        SLICE("\xC3\xA9"),
        SLICE("\xE0\xB8\x81"),
        SLICE("\xF0\x9F\x98\x80"),
    };
    size_t size = 0, wanted = random_below(seed, (uint32_t)size_max - 16);
    while (size < wanted) {
        struct slice piece = pieces[random_below(seed, 5)];
        memcpy(out + size, piece.at, piece.size);
        size += piece.size;
    }
    return size;
}

static void iconv_agrees_about_validity_and_utf16(void **state)
{
    iconv_t converter = iconv_open("UTF-16BE", "UTF-8");
    assert_true(converter != (iconv_t)-1);
    uint64_t seed = 1;
    unsigned valid_count = 0;
    for (unsigned round = 0; round < 50000; round++) {
        char text[600];
        uint8_t theirs[1200], ours[1200];
        size_t size = random_text(&seed, text, round % 50 ? 60 : sizeof text);
        if (size > 0 && round % 3 > 0)
            text[random_below(&seed, (uint32_t)size)] = (char)random_below(&seed, 256);
        char *in = text, *out = (char *)theirs;
        size_t in_left = size, out_left = sizeof theirs;
        iconv(converter, NULL, NULL, NULL, NULL);
        bool their_valid = iconv(converter, &in, &in_left, &out, &out_left) != (size_t)-1;
        struct slice slice = slice_of(text, size);
        if (utf8_valid(slice) != their_valid) fail_msg("round %u: validity differs", round);
        if (!their_valid) continue;
        valid_count++;
        size_t their_size = sizeof theirs - out_left;
        assert_int_equal(2 * utf16_units(slice), their_size);
        assert_int_equal(utf16_encode(slice, ours, sizeof ours), their_size);
        assert_memory_equal(ours, theirs, their_size);
    }
    assert_in_range(valid_count, 10000, 40000);
    iconv_close(converter);
}

/* Longer than the 255 vectors that one round of lane counters can hold, with a character that
   counts in the same lanes each time. */
static void counting_long_texts_overflows_nothing(void **state)
{
    static const struct {
        struct slice character;
        size_t units;
    } rows[] = {{SLICE("x"), 1}, {SLICE("\xC3\xA9"), 1}, {SLICE("\xF0\x9F\x98\x80"), 2}};
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++) {
        struct buf text;
        buf_init(&text, 1 << 20);
        for (size_t count = 1; count <= 10007; count++) {
            buf_add(&text, rows[row].character);
            if (count % 37) continue;
            assert_int_equal(utf8_points(buf_slice(&text)), count);
            assert_int_equal(utf16_units(buf_slice(&text)), rows[row].units * count);
        }
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repair_replaces_each_maximal_subpart_once),
        cmocka_unit_test(repair_drops_nul),
        cmocka_unit_test(valid_size_stops_at_the_first_invalid_sequence),
        cmocka_unit_test(every_code_point_survives_utf8_and_utf16),
        cmocka_unit_test(nothing_but_the_code_points_is_valid),
        cmocka_unit_test(unpaired_utf16_is_replaced),
        cmocka_unit_test(iconv_agrees_about_validity_and_utf16),
        cmocka_unit_test(counting_long_texts_overflows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
