#include "wire/segment.h"

#include "vectors.h"

#include "wire/gsm7.h"
#include "wire/json.h"
#include "wire/utf.h"

#define REFERENCE 0xA1B2

static const struct form_rule {
    enum segment_form form;
    size_t header_size;
    uint32_t room[2]; /* units of a part, by encoding */
} form_rules[] = {
    {SEGMENT_UDH8, 6, {153, 67}},
    {SEGMENT_UDH16, 7, {152, 66}},
    {SEGMENT_SAR, 0, {153, 67}},
    {SEGMENT_PAYLOAD, 0, {UINT32_MAX, UINT32_MAX}},
};

#define PARTS_MAX 4000

struct model {
    enum encoding encoding;
    uint32_t units;
    uint32_t parts[PARTS_MAX]; /* units of each */
    uint32_t count;
};

static uint32_t model_cost(enum encoding encoding, uint32_t point)
{
    return encoding == ENCODING_GSM7 ? gsm7_cost(point) : point > 0xFFFF ? 2 : 1;
}

static void model_run(struct slice text, const uint32_t room[2], struct model *out)
{
    *out = (struct model){.encoding = gsm7_fits(text) ? ENCODING_GSM7 : ENCODING_UCS2, .count = 1};
    for (size_t offset = 0; offset < text.size;)
        out->units += model_cost(out->encoding, utf8_next(text, &offset));
    bool fits = out->units <= (out->encoding == ENCODING_GSM7 ? 160 : 70);
    uint32_t most = fits ? out->units : room[out->encoding];
    for (size_t offset = 0; offset < text.size;) {
        uint32_t cost = model_cost(out->encoding, utf8_next(text, &offset));
        if (out->parts[out->count - 1] + cost > most) out->count++;
        assert_true(out->count <= PARTS_MAX);
        out->parts[out->count - 1] += cost;
    }
}

/* What a phone makes of a part alone: the text of its body, which is appended. Half a pair would
   become something else. Returns the part's units. */
static uint32_t part_decode(const struct segment *part, enum encoding encoding, struct buf *text)
{
    size_t body = 0;
    struct segment_header header = {0};
    if (part->has_header) {
        assert_true(segment_read_header(part->bytes, part->size, &header, &body));
        assert_int_equal(header.number, part->number);
        assert_int_equal(header.total, part->total);
        assert_int_equal(header.reference, body == 7 ? REFERENCE : REFERENCE & 0xFF);
    }
    if (encoding == ENCODING_GSM7)
        gsm7_decode(part->bytes + body, part->size - body, text);
    else
        utf16_decode(part->bytes + body, part->size - body, text);
    return (uint32_t)(part->size - body) / (encoding == ENCODING_GSM7 ? 1 : 2);
}

static void check_cut(struct slice text, const struct form_rule *rule, const struct model *model)
{
    struct arena arena = {0};
    struct segment_list list;
    struct buf back;
    buf_init(&back, 2 * text.size + 16);
    assert_true(segment_cut(text, rule->form, REFERENCE, &arena, &list));
    assert_int_equal(list.encoding, model->encoding);
    assert_int_equal(list.count, model->count);
    for (size_t i = 0; i < list.count; i++) {
        const struct segment *part = &list.at[i];
        assert_int_equal(part->number, i + 1);
        assert_int_equal(part->total, list.count);
        assert_int_equal(part->has_header, list.count > 1 && rule->header_size > 0);
        assert_int_equal(part_decode(part, list.encoding, &back), model->parts[i]);
        if (part->has_header) assert_int_equal(part->bytes[0], rule->header_size - 1);
        if (rule->form != SEGMENT_PAYLOAD && list.encoding == ENCODING_UCS2)
            assert_true(part->size <= 140);
    }
    assert_slice_equal(buf_slice(&back), text);
    buf_done(&back);
    arena_done(&arena);
}

static void check_text(struct slice text)
{
    static struct model model;
    for (size_t i = 0; i < sizeof form_rules / sizeof *form_rules; i++) {
        model_run(text, form_rules[i].room, &model);
        if (form_rules[i].form == SEGMENT_UDH8) {
            struct segment_count count = segment_count(text);
            assert_int_equal(count.encoding, model.encoding);
            assert_int_equal(count.units, model.units);
            assert_int_equal(count.segments, model.count);
        }
        check_cut(text, &form_rules[i], &model);
    }
}

struct vector {
    struct field text, encoding, units, segments, parts;
};

static const struct field_spec vector_table[] = {
    {"text", FIELD_TEXT, offsetof(struct vector, text)},
    {"encoding", FIELD_TEXT, offsetof(struct vector, encoding)},
    {"units", FIELD_INTEGER, offsetof(struct vector, units)},
    {"segments", FIELD_INTEGER, offsetof(struct vector, segments)},
    {"unitsPerSegment", FIELD_ARRAY, offsetof(struct vector, parts)},
};

static void check_vector(struct slice line, struct arena *arena)
{
    struct vector vector;
    assert_true(json_read(line, JSON_STRICT, vector_table, 5, arena, &vector, NULL, NULL));
    struct segment_count count = segment_count(vector.text.text);
    bool gsm7 = slice_eq(vector.encoding.text, SLICE("GSM-7"));
    assert_int_equal(count.encoding, gsm7 ? ENCODING_GSM7 : ENCODING_UCS2);
    assert_int_equal(count.units, vector.units.integer);
    assert_int_equal(count.segments, vector.segments.integer);

    struct segment_list list;
    struct slice parts = slice_trim(vector.parts.text, "[]"), part;
    uint64_t units, sum = 0;
    assert_true(segment_cut(vector.text.text, SEGMENT_UDH8, REFERENCE, arena, &list));
    assert_int_equal(list.count, count.segments);
    for (size_t i = 0; slice_cut(&parts, ',', &part); i++) {
        assert_true(i < list.count && slice_u64(part, &units));
        size_t size = list.at[i].size - (list.at[i].has_header ? 6 : 0);
        assert_int_equal(size, units * (gsm7 ? 1 : 2));
        sum += units;
    }
    assert_int_equal(sum, count.units);
    check_text(vector.text.text);
}

static void every_vector_is_counted_and_cut_as_written(void **state)
{
    struct arena file_arena = {0};
    struct slice file = vectors_read("segments.jsonl", &file_arena), line;
    unsigned count = 0;
    for (; slice_cut(&file, '\n', &line); count++) {
        struct arena arena = {0};
        check_vector(line, &arena);
        arena_done(&arena);
    }
    assert_int_equal(count, 2500);
    arena_done(&file_arena);
}

static const struct slice pieces[] = {
    SLICE("a"),
    SLICE("]"),
    SLICE("\f"),
    SLICE("\r\n"),
    SLICE("@_\x7D~"),
    SLICE("\xC3\xA9"),     /* e with acute: GSM, two bytes */
    SLICE("\xE2\x82\xAC"), /* euro: GSM, a pair, three bytes */
    SLICE("\xCE\xA9"),     /* Omega: GSM */
    SLICE("0123456789abcdef0123456789abcdef"),
    SLICE("\xE0\xB8\x81"),     /* Thai: not GSM from here on */
    SLICE("\xF0\x9F\x98\x80"), /* emoji */
    SLICE("`"),
    SLICE("\t"),
    SLICE("\x7F"),
    SLICE("\xC3\xA7"), /* small c with cedilla */
};

static void random_texts_agree_with_the_model(void **state)
{
    uint64_t seed = 42;
    for (unsigned round = 0; round < 6000; round++) {
        char text[1400];
        size_t size = 0, wanted = random_below(&seed, round % 2 ? 700 : 1300);
        /* Half of them stay GSM; a few pieces each, so that long runs come about. */
        uint32_t first = random_below(&seed, 9), span = round % 4 < 2 ? 9 : 15;
        while (size < wanted) {
            uint32_t pick = random_below(&seed, 3) ? first : random_below(&seed, span);
            memcpy(text + size, pieces[pick].at, pieces[pick].size);
            size += pieces[pick].size;
        }
        check_text(slice_of(text, size));
    }
}

static void pairs_are_never_split_wherever_they_stand(void **state)
{
    static const struct slice pairs[] = {SLICE("\xE2\x82\xAC"), SLICE("\xF0\x9F\x98\x80")};
    char text[700];
    for (size_t i = 0; i < 2; i++) {
        for (size_t before = 0; before < 320; before++) {
            memset(text, 'x', sizeof text);
            memcpy(text + before, pairs[i].at, pairs[i].size);
            check_text(slice_of(text, before + pairs[i].size));
            check_text(slice_of(text, before + pairs[i].size + 153));
        }
    }
}

static void every_single_character_is_classified_alike_at_every_offset(void **state)
{
    char text[80];
    for (unsigned character = 0; character < 0x80; character++) {
        for (size_t offset = 0; offset < 40; offset++) {
            memset(text, 'x', sizeof text);
            text[offset] = (char)character;
            struct segment_count count = segment_count(slice_of(text, 40));
            unsigned cost = gsm7_cost(character);
            assert_int_equal(count.encoding, cost ? ENCODING_GSM7 : ENCODING_UCS2);
            assert_int_equal(count.units, cost ? 39 + cost : 40);
        }
    }
}

static void a_text_of_all_pairs_needs_the_walk(void **state)
{
    char brackets[306], euro[307];
    memset(brackets, ']', sizeof brackets);
    assert_int_equal(segment_count(slice_of(brackets, 153)).segments, 3); /* 306: 152 152 2 */
    memset(euro, 'a', sizeof euro);
    memcpy(euro + 152, "\xE2\x82\xAC", 3);
    assert_int_equal(segment_count(slice_of(euro, 152 + 3 + 152)).segments, 3);
    assert_int_equal(segment_count(slice_of(euro, 152 + 3 + 151)).segments, 2);
}

static struct slice repeat(struct arena *arena, struct slice piece, size_t times)
{
    char *text = arena_alloc(arena, piece.size * times);
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * piece.size, piece.at, piece.size);
    return slice_of(text, piece.size * times);
}

static void each_dialect_bills_by_its_own_row(void **state)
{
    static const struct {
        struct slice piece;
        size_t times;
        uint32_t utf16_160, gsm160_ucs70, air;
    } rows[] = {
        {SLICE("a"), 0, 1, 1, 1},
        {SLICE("a"), 1, 1, 1, 1},
        {SLICE("a"), 160, 1, 1, 1},
        {SLICE("a"), 161, 2, 2, 2},
        {SLICE("a"), 306, 2, 2, 2},
        {SLICE("a"), 307, 2, 2, 3},
        {SLICE("a"), 320, 2, 2, 3},
        {SLICE("a"), 321, 3, 3, 3},
        {SLICE("a"), 799, 5, 5, 6},
        {SLICE("a"), 1600, 10, 10, 11},
        {SLICE("]"), 80, 1, 1, 1},
        {SLICE("]"), 81, 1, 2, 2},
        {SLICE("\xE2\x82\xAC"), 153, 1, 2, 3},
        {SLICE("\xE0\xB8\x81"), 70, 1, 1, 1},
        {SLICE("\xE0\xB8\x81"), 71, 1, 2, 2},
        {SLICE("\xE0\xB8\x81"), 140, 1, 2, 3},
        {SLICE("\xE0\xB8\x81"), 141, 1, 3, 3},
        {SLICE("\xF0\x9F\x98\x80"), 35, 1, 1, 1},
        {SLICE("\xF0\x9F\x98\x80"), 67, 1, 2, 3},
        {SLICE("\xF0\x9F\x98\x80"), 80, 1, 3, 3},
        {SLICE("\xF0\x9F\x98\x80"), 81, 2, 3, 3},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice text = repeat(&arena, rows[i].piece, rows[i].times);
        assert_int_equal(segment_bill(SEGMENT_BILL_UTF16_160, text), rows[i].utf16_160);
        assert_int_equal(segment_bill(SEGMENT_BILL_GSM160_UCS70, text), rows[i].gsm160_ucs70);
        assert_int_equal(segment_bill(SEGMENT_BILL_AIR, text), rows[i].air);
    }
    arena_done(&arena);
}

static void headers_are_the_octets_of_the_standard(void **state)
{
    static const struct {
        enum segment_form form;
        size_t size;
        uint8_t header[7];
    } rows[] = {
        {SEGMENT_UDH8, 6, {0x05, 0x00, 0x03, 0xB2, 2, 2}},
        {SEGMENT_UDH16, 7, {0x06, 0x08, 0x04, 0xA1, 0xB2, 2, 2}},
    };
    struct arena arena = {0};
    struct slice text = repeat(&arena, SLICE("a"), 200);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct segment_list list;
        assert_true(segment_cut(text, rows[i].form, REFERENCE, &arena, &list));
        assert_int_equal(list.count, 2);
        assert_memory_equal(list.at[1].bytes, rows[i].header, rows[i].size);
        assert_int_equal(list.at[0].size, 159);
    }
    arena_done(&arena);
}

static void a_short_text_is_the_same_in_all_forms(void **state)
{
    static const struct slice texts[] = {SLICE(""), SLICE("hi"), SLICE("\xE0\xB8\x81")};
    struct arena arena = {0};
    for (size_t i = 0; i < 3 * 4; i++) {
        struct segment_list list;
        assert_true(segment_cut(texts[i / 4], (enum segment_form)(i % 4), 1, &arena, &list));
        assert_int_equal(list.count, 1);
        assert_int_equal(list.at[0].number, 1);
        assert_int_equal(list.at[0].total, 1);
        assert_false(list.at[0].has_header);
        assert_non_null(list.at[0].bytes);
        assert_int_equal(list.at[0].size, i / 4 * (i / 4 == 1 ? 2 : 1));
    }
    arena_done(&arena);
}

static void more_than_255_segments_are_refused(void **state)
{
    static const struct {
        enum segment_form form;
        struct slice piece;
        size_t times;
    } longest[] = {
        {SEGMENT_UDH8, SLICE("a"), 255 * 153},
        {SEGMENT_UDH16, SLICE("a"), 255 * 152},
        {SEGMENT_SAR, SLICE("a"), 255 * 153},
        {SEGMENT_PAYLOAD, SLICE("a"), 255 * 153},
        {SEGMENT_UDH8, SLICE("\xE0\xB8\x81"), 255 * 67},
        {SEGMENT_UDH16, SLICE("\xE0\xB8\x81"), 255 * 66},
        {SEGMENT_PAYLOAD, SLICE("\xE0\xB8\x81"), 255 * 67},
        {SEGMENT_UDH16, SLICE("\xF0\x9F\x98\x80"), 255 * 33},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof longest / sizeof *longest; i++) {
        struct segment_list list = {0};
        struct slice text = repeat(&arena, longest[i].piece, longest[i].times + 1);
        struct slice fits = slice_of(text.at, text.size - longest[i].piece.size);
        assert_false(segment_cut(text, longest[i].form, 1, &arena, &list));
        assert_int_equal(list.count, 0);
        assert_true(segment_cut(fits, longest[i].form, 1, &arena, &list));
        assert_int_equal(list.count, longest[i].form == SEGMENT_PAYLOAD ? 1 : 255);
    }
    arena_done(&arena);
}

static const struct {
    struct slice bytes;
    bool found;
    size_t body;
    struct segment_header header;
} header_rows[] = {
    {SLICE(""), false, 0, {0}},
    {SLICE("\x00xyz"), false, 1, {0}},
    {SLICE("\x05\x00\x03\x07\x03\x01x"), true, 6, {7, 3, 1}},
    {SLICE("\x06\x08\x04\x12\x34\x03\x03x"), true, 7, {0x1234, 3, 3}},
    /* another element before and behind it: port addressing, national language */
    {SLICE("\x0B\x05\x04\x0B\x84\x23\xF0\x00\x03\x42\x02\x01x"), true, 12, {0x42, 2, 1}},
    {SLICE("\x08\x00\x03\x42\x02\x02\x25\x01\x01x"), true, 9, {0x42, 2, 2}},
    {SLICE("\x03\x25\x01\x01x"), false, 4, {0}},
    /* both kinds: the last counts */
    {SLICE("\x0B\x00\x03\x42\x02\x01\x08\x04\x12\x34\x02\x02"), true, 12, {0x1234, 2, 2}},
    /* numbers that make no sense */
    {SLICE("\x05\x00\x03\x07\x03\x00x"), false, 6, {0}},
    {SLICE("\x05\x00\x03\x07\x03\x04x"), false, 6, {0}},
    {SLICE("\x05\x00\x03\x07\x00\x00x"), false, 6, {0}},
    /* elements of the wrong length, or cut off by the header's end */
    {SLICE("\x04\x00\x02\x07\x03x"), false, 5, {0}},
    {SLICE("\x05\x08\x03\x07\x03\x01x"), false, 6, {0}},
    {SLICE("\x04\x00\x03\x07\x03\x01x"), false, 5, {0}},
    {SLICE("\x01\x00x"), false, 2, {0}},
    /* a header that is longer than the data */
    {SLICE("\x05\x00\x03\x07\x03"), false, 5, {0}},
    {SLICE("\xFF"), false, 1, {0}},
};

static void headers_of_others_are_read_and_skipped(void **state)
{
    for (size_t i = 0; i < sizeof header_rows / sizeof *header_rows; i++) {
        struct segment_header header = {0};
        size_t body = 999;
        bool found = segment_read_header((const uint8_t *)header_rows[i].bytes.at,
                                         header_rows[i].bytes.size, &header, &body);
        assert_int_equal(found, header_rows[i].found);
        assert_int_equal(body, header_rows[i].body);
        assert_memory_equal(&header, &header_rows[i].header, sizeof header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_vector_is_counted_and_cut_as_written),
        cmocka_unit_test(random_texts_agree_with_the_model),
        cmocka_unit_test(pairs_are_never_split_wherever_they_stand),
        cmocka_unit_test(every_single_character_is_classified_alike_at_every_offset),
        cmocka_unit_test(a_text_of_all_pairs_needs_the_walk),
        cmocka_unit_test(each_dialect_bills_by_its_own_row),
        cmocka_unit_test(headers_are_the_octets_of_the_standard),
        cmocka_unit_test(a_short_text_is_the_same_in_all_forms),
        cmocka_unit_test(more_than_255_segments_are_refused),
        cmocka_unit_test(headers_of_others_are_read_and_skipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
