#include "wire/smpp_tlv.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/mem.h"

static void tags_and_names_are_unique_and_in_order(void **state)
{
    for (size_t i = 0; i < smpp_tlv_spec_count; i++) {
        const struct smpp_tlv_spec *spec = &smpp_tlv_specs[i];
        if (i) assert_true(spec[-1].tag < spec->tag);
        assert_true(spec->size_min <= spec->size_max);
        if (spec->kind == SMPP_TLV_INTEGER) {
            assert_int_equal(spec->size_min, spec->size_max);
            assert_in_range(spec->size_max, 1, 4);
        }
        assert_ptr_equal(smpp_tlv_spec(spec->tag), spec);
        assert_ptr_equal(smpp_tlv_spec_named(slice_cstr(spec->name)), spec);
        assert_true(spec->tag < SMPP_TLV_VENDOR_FIRST || spec->tag > SMPP_TLV_VENDOR_LAST);
    }
    assert_int_equal(smpp_tlv_spec_count, 44);
    assert_null(smpp_tlv_spec(0x1400));
    assert_null(smpp_tlv_spec_named(SLICE("message_Payload")));
}

/* How many octets of each are whole TLVs, and how many TLVs those are. */
static void reading_stops_at_the_first_tlv_that_is_not_whole(void **state)
{
    static const struct {
        struct slice bytes;
        size_t taken, count;
    } rows[] = {
        {SLICE(""), 0, 0},
        {SLICE("\x04"), 0, 0},
        {SLICE("\x04\x24\x00"), 0, 0},
        {SLICE("\x04\x24\x00\x00"), 4, 1},
        {SLICE("\x04\x24\x00\x01"), 0, 0},
        {SLICE("\x04\x24\x00\x01x"), 5, 1},
        {SLICE("\x04\x24\x00\x01x\x04"), 5, 1},
        {SLICE("\x04\x24\x00\x01x\x04\x24\xff\xff"), 5, 1},
        {SLICE("\x04\x24\x00\x01x\x04\x24\x00\x02yz"), 11, 2},
        {SLICE("\x00\x00\x00\x00\x00\x00\x00\x00"), 8, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct smpp_tlv_list list = {0};
        char *bytes = mem_alloc(rows[i].bytes.size);
        memcpy(bytes, rows[i].bytes.at, rows[i].bytes.size);
        size_t taken = smpp_tlv_read(slice_of(bytes, rows[i].bytes.size), &arena, &list);
        assert_int_equal(taken, rows[i].taken);
        assert_int_equal(list.count, rows[i].count);
        mem_free(bytes);
        arena_done(&arena);
    }
}

static void the_first_of_a_repeated_tag_is_found_and_the_order_kept(void **state)
{
    struct arena arena = {0};
    struct smpp_tlv_list list = {0};
    for (unsigned i = 0; i < 100; i++)
        smpp_tlv_add(&list, &arena, (uint16_t)(0x1400 + i % 50), arena_printf(&arena, "%u", i));
    assert_int_equal(list.count, 100);
    for (unsigned i = 0; i < 100; i++)
        assert_true(slice_eq(list.at[i].value, arena_printf(&arena, "%u", i)));
    assert_true(slice_eq(smpp_tlv_octets(&list, 0x1407), SLICE("7")));
    assert_ptr_equal(smpp_tlv_find(&list, 0x1407), &list.at[7]);
    assert_null(smpp_tlv_find(&list, 0x1500));
    assert_int_equal(smpp_tlv_octets(&list, 0x1500).size, 0);
    arena_done(&arena);
}

/* A list that decoding made is exactly full; adding to it must not write behind it. */
static void a_list_from_the_wire_can_be_added_to(void **state)
{
    struct arena arena = {0};
    struct smpp_tlv_list list;
    smpp_tlv_read(SLICE("\x14\x00\x00\x01x\x14\x01\x00\x01y\x14\x02\x00\x01z"), &arena, &list);
    char *next = ARENA_ARRAY(&arena, char, 16);
    smpp_tlv_add_integer(&list, &arena, SMPP_TLV_MESSAGE_STATE, 2);
    assert_int_equal(list.count, 4);
    assert_true(slice_eq(list.at[2].value, SLICE("z")));
    assert_int_equal(list.at[3].tag, 0x0427);
    for (size_t i = 0; i < 16; i++)
        assert_int_equal(next[i], 0);
    arena_done(&arena);
}

static void integers_are_written_in_their_width_and_read_in_any(void **state)
{
    static const struct {
        struct slice octets;
        bool read;
        uint32_t value;
    } rows[] = {
        {SLICE(""), false, 77},
        {SLICE("\x02"), true, 2},
        {SLICE("\x12\x34"), true, 0x1234},
        {SLICE("\x01\x02\x03"), true, 0x010203},
        {SLICE("\xff\xfe\xfd\xfc"), true, 0xFFFEFDFC},
        {SLICE("\x00\x00\x00\x00\x02"), false, 77},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct smpp_tlv_list list = {0};
        uint32_t value = 77;
        smpp_tlv_add(&list, &arena, SMPP_TLV_MESSAGE_STATE, rows[i].octets);
        assert_int_equal(smpp_tlv_integer(&list, SMPP_TLV_MESSAGE_STATE, &value), rows[i].read);
        assert_int_equal(value, rows[i].value);
    }
    struct smpp_tlv_list list = {0};
    uint32_t value = 77;
    assert_false(smpp_tlv_integer(&list, SMPP_TLV_MESSAGE_STATE, &value));
    smpp_tlv_add_integer(&list, &arena, SMPP_TLV_MESSAGE_STATE, 255);
    smpp_tlv_add_integer(&list, &arena, SMPP_TLV_USER_MESSAGE_REFERENCE, 0xABCD);
    smpp_tlv_add_integer(&list, &arena, SMPP_TLV_QOS_TIME_TO_LIVE, 0xFFFFFFFF);
    assert_true(slice_eq(list.at[0].value, SLICE("\xff")));
    assert_true(slice_eq(list.at[1].value, SLICE("\xab\xcd")));
    assert_true(slice_eq(list.at[2].value, SLICE("\xff\xff\xff\xff")));
    arena_done(&arena);
}

static void a_text_is_read_with_its_nul_or_without(void **state)
{
    static const struct {
        struct slice octets, text;
    } rows[] = {
        {SLICE(""), SLICE("")},
        {SLICE("\0"), SLICE("")},
        {SLICE("7a8b"), SLICE("7a8b")},
        {SLICE("7a8b\0"), SLICE("7a8b")},
        {SLICE("7a8b\0\0\0"), SLICE("7a8b")},
        {SLICE("7a\0008b"), SLICE("7a")},
    };
    struct arena arena = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct smpp_tlv_list list = {0};
        smpp_tlv_add(&list, &arena, SMPP_TLV_RECEIPTED_MESSAGE_ID, rows[i].octets);
        assert_true(slice_eq(smpp_tlv_text(&list, SMPP_TLV_RECEIPTED_MESSAGE_ID), rows[i].text));
    }
    struct smpp_tlv_list list = {0};
    smpp_tlv_add_text(&list, &arena, SMPP_TLV_RECEIPTED_MESSAGE_ID, SLICE("7a8b"));
    assert_true(slice_eq(list.at[0].value, SLICE("7a8b\0")));
    assert_int_equal(smpp_tlv_text(&list, SMPP_TLV_SOURCE_PORT).size, 0);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tags_and_names_are_unique_and_in_order),
        cmocka_unit_test(reading_stops_at_the_first_tlv_that_is_not_whole),
        cmocka_unit_test(the_first_of_a_repeated_tag_is_found_and_the_order_kept),
        cmocka_unit_test(a_list_from_the_wire_can_be_added_to),
        cmocka_unit_test(integers_are_written_in_their_width_and_read_in_any),
        cmocka_unit_test(a_text_is_read_with_its_nul_or_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
