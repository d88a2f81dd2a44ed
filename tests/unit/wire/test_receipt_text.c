#include "wire/receipt_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Receipts as carriers send them. NULL stands for a text that is no receipt. */
static const struct receipt_case {
    struct slice text;
    const char *id;
    enum receipt_state state;
    const char *error, *submitted, *done;
} cases[] = {
    /* the letter of appendix B */
    {SLICE("id:0123456789 sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 "
           "stat:DELIVRD err:000 text:Hello there"),
     "0123456789", RECEIPT_DELIVERED, "000", "2611210930", "2611210931"},
    {SLICE("id:7a8b9c sub:001 dlvrd:000 submit date:2611210930 done date:2611210931 "
           "stat:UNDELIV err:00B text:"),
     "7a8b9c", RECEIPT_UNDELIVERABLE, "00B", "2611210930", "2611210931"},
    /* any order, any case, parts missing */
    {SLICE("STAT:DELIVRD ID:42"), "42", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("Id:42 Stat:Expired Err:069"), "42", RECEIPT_EXPIRED, "069", "", ""},
    {SLICE("err:5 done date:2611210931 id:42 stat:REJECTD"), "42", RECEIPT_REJECTED, "5", "",
     "2611210931"},
    {SLICE("id:42"), "42", RECEIPT_UNKNOWN_WORD, "", "", ""},
    {SLICE("stat:ACCEPTD"), "", RECEIPT_ACCEPTED, "", "", ""},
    {SLICE("id: sub:001 stat:ENROUTE err:"), "", RECEIPT_ENROUTE, "", "", ""},
    /* spacing, separators, ends of lines, NULs */
    {SLICE("  id:42   stat:DELIVRD   "), "42", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("id: 42 stat: DELIVRD err: 000"), "42", RECEIPT_DELIVERED, "000", "", ""},
    {SLICE("id : 42 stat : DELIVRD"), "42", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("id:42\r\nstat:DELIVRD\r\nerr:000\r\n"), "42", RECEIPT_DELIVERED, "000", "", ""},
    {SLICE("id:42\tstat:DELIVRD"), "42", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("id:42,sub:001,dlvrd:001,stat:DELIVRD,err:000"), "42", RECEIPT_DELIVERED, "000", "", ""},
    {SLICE("id=42;stat=DELIVRD;err=0"), "42", RECEIPT_DELIVERED, "0", "", ""},
    {SLICE("id:42|stat:UNDELIV|err:1"), "42", RECEIPT_UNDELIVERABLE, "1", "", ""},
    {SLICE("id:42 stat:DELIVRD\0"), "42", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("id:42\0\0stat:DELIVRD\0err:000\0\0"), "42", RECEIPT_DELIVERED, "000", "", ""},
    {SLICE("\0id:42\0"), "42", RECEIPT_UNKNOWN_WORD, "", "", ""},
    {SLICE("id:42 sub:001 dlvrd:001 stat:DELIVRDerr:000text:hi"), "42", RECEIPT_DELIVERED, "000",
     "", ""},
    {SLICE("id:deadsub:001dlvrd:001submit date:2611210930done date:2611210931stat:DELIVRD"
           "err:000"),
     "dead", RECEIPT_DELIVERED, "000", "2611210930", "2611210931"},
    {SLICE("id:\"42\" stat:'DELIVRD'"), "42", RECEIPT_DELIVERED, "", "", ""},
    /* the names of the fields */
    {SLICE("id:42 submitdate:2611210930 donedate:2611210931 status:DELIVRD error:7"), "42",
     RECEIPT_DELIVERED, "7", "2611210930", "2611210931"},
    {SLICE("id:42 submit_date:1 Done_Date:2 stat:DELIVRD"), "42", RECEIPT_DELIVERED, "", "1", "2"},
    {SLICE("id:42 submit  date:1 done-date:2 stat:DELIVRD"), "42", RECEIPT_DELIVERED, "", "1", "2"},
    {SLICE("msgid:42 stat:DELIVRD"), "42", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("Message ID: 42, Status: Delivered, Error code: 0"), "42", RECEIPT_DELIVERED, "0", "",
     ""},
    {SLICE("id:42 substat:5 stat:DELIVRD suberr:9 err:0"), "42", RECEIPT_DELIVERED, "0", "", ""},
    /* dates in all widths stay as they are written */
    {SLICE("id:1 submit date:261121093005 done date:20261121093105 stat:DELIVRD"), "1",
     RECEIPT_DELIVERED, "", "261121093005", "20261121093105"},
    {SLICE("id:1 submit date:2611210930+08 done date:2611210931+0800 stat:DELIVRD"), "1",
     RECEIPT_DELIVERED, "", "2611210930+08", "2611210931+0800"},
    {SLICE("id:1 submit date:2026-11-21 09:30:00 done date:2026-11-21T09:31:00Z stat:DELIVRD"), "1",
     RECEIPT_DELIVERED, "", "2026-11-21 09:30:00", "2026-11-21T09:31:00Z"},
    {SLICE("id:1 submit date:261121093000000+ done date:261121093100032R ton:1 stat:DELIVRD"), "1",
     RECEIPT_DELIVERED, "", "261121093000000+", "261121093100032"},
    {SLICE("id:1 submit date: done date: stat:DELIVRD"), "1", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("id:1 submit date:2611210930 Text:x"), "1", RECEIPT_UNKNOWN_WORD, "", "2611210930", ""},
    /* ids are opaque */
    {SLICE("id:c449ab9744f47b6af1879e49e75e4f4000000000000000000000000000000000 stat:DELIVRD"),
     "c449ab9744f47b6af1879e49e75e4f4000000000000000000000000000000000", RECEIPT_DELIVERED, "", "",
     ""},
    {SLICE("id:0f8fad5b-d9cb-469f-a165-70867728950e stat:DELIVRD"),
     "0f8fad5b-d9cb-469f-a165-70867728950e", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("id:1:2/3.4+5_6 stat:DELIVRD"), "1:2/3.4+5_6", RECEIPT_DELIVERED, "", "", ""},
    {SLICE("id:00ABC stat:DELIVRD"), "00ABC", RECEIPT_DELIVERED, "", "", ""},
    /* the customer's own words come last and do not count */
    {SLICE("id:42 stat:UNDELIV err:001 text:id:666 stat:DELIVRD err:000"), "42",
     RECEIPT_UNDELIVERABLE, "001", "", ""},
    {SLICE("id:42 text:stat:DELIVRD"), "42", RECEIPT_UNKNOWN_WORD, "", "", ""},
    {SLICE("id:42 stat:UNDELIV err:001 text:paid: yes"), "42", RECEIPT_UNDELIVERABLE, "001", "",
     ""},
    /* unless they come first, and then the fields are behind them */
    {SLICE("text:id:666 stat:DELIVRD id:42 sub:001 stat:UNDELIV err:001"), "42",
     RECEIPT_UNDELIVERABLE, "001", "", ""},
    {SLICE("sub:001 text:Hello id:42 stat:DELIVRD"), "42", RECEIPT_DELIVERED, "", "", ""},
    /* the first of a repeated field */
    {SLICE("id:42 id:43 stat:DELIVRD stat:EXPIRED"), "42", RECEIPT_DELIVERED, "", "", ""},
    /* no receipts */
    {SLICE(""), NULL, 0, NULL, NULL, NULL},
    {SLICE("Hello there"), NULL, 0, NULL, NULL, NULL},
    {SLICE("I paid:42 and said: fine"), NULL, 0, NULL, NULL, NULL},
    {SLICE("id"), NULL, 0, NULL, NULL, NULL},
    {SLICE("id:"), NULL, 0, NULL, NULL, NULL},
    {SLICE("id:   "), NULL, 0, NULL, NULL, NULL},
    {SLICE("stat:"), NULL, 0, NULL, NULL, NULL},
    {SLICE("stat:NONSENSE"), NULL, 0, NULL, NULL, NULL},
    {SLICE("sub:001 dlvrd:001 err:000"), NULL, 0, NULL, NULL, NULL},
    {SLICE("\0\0\0"), NULL, 0, NULL, NULL, NULL},
    {SLICE("::::===="), NULL, 0, NULL, NULL, NULL},
};

static void assert_slice(struct slice actual, const char *expected)
{
    struct slice wanted = slice_cstr(expected);
    if (!slice_eq(actual, wanted))
        fail_msg("got \"%.*s\", not \"%s\"", (int)actual.size, actual.at, expected);
}

static void receipts_are_read_in_all_their_forms(void **state)
{
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct receipt_case *row = &cases[i];
        struct receipt_text receipt = {.error = SLICE("untouched")};
        bool read = receipt_text_read(row->text, &receipt);
        assert_int_equal(read, row->id != NULL);
        if (!read) {
            assert_slice(receipt.error, "untouched");
            continue;
        }
        assert_slice(receipt.id, row->id);
        assert_int_equal(receipt.state, row->state);
        assert_slice(receipt.error, row->error);
        assert_slice(receipt.submitted, row->submitted);
        assert_slice(receipt.done, row->done);
    }
}

/* Bytes of their very own size: the sanitizer sees a look behind them. */
static void a_receipt_cut_at_any_offset_is_read_inside_its_bytes(void **state)
{
    size_t read = 0;
    for (size_t i = 0; i < COUNT(cases); i++) {
        for (size_t size = 0; size <= cases[i].text.size; size++) {
            char *bytes = mem_alloc(size);
            memcpy(bytes, cases[i].text.at, size);
            struct receipt_text receipt;
            read += receipt_text_read(slice_of(bytes, size), &receipt);
            mem_free(bytes);
        }
    }
    assert_true(read > 1000);
}

static void states_are_known_by_their_words_whole_cut_or_misspelt(void **state)
{
    static const struct {
        const char *word;
        enum receipt_state state;
    } rows[] = {
        {"DELIVRD", RECEIPT_DELIVERED},
        {"DELIVERED", RECEIPT_DELIVERED},
        {"delivered", RECEIPT_DELIVERED},
        {"DELIVER", RECEIPT_DELIVERED},
        {"DELIVERD", RECEIPT_DELIVERED},
        {"DELIVRED", RECEIPT_DELIVERED},
        {"DELIVERED_TO_HANDSET", RECEIPT_DELIVERED},
        {"DLVRD", RECEIPT_DELIVERED},
        {"UNDELIV", RECEIPT_UNDELIVERABLE},
        {"UNDELIVRD", RECEIPT_UNDELIVERABLE},
        {"UNDELIVERED", RECEIPT_UNDELIVERABLE},
        {"UNDELIVERABLE", RECEIPT_UNDELIVERABLE},
        {"NOT_DELIVERED", RECEIPT_UNDELIVERABLE},
        {"FAILED", RECEIPT_UNDELIVERABLE},
        {"EXPIRED", RECEIPT_EXPIRED},
        {"EXPIRD", RECEIPT_EXPIRED},
        {"DELETED", RECEIPT_DELETED},
        {"DELETE", RECEIPT_DELETED},
        {"ACCEPTD", RECEIPT_ACCEPTED},
        {"ACCEPTED", RECEIPT_ACCEPTED},
        {"REJECTD", RECEIPT_REJECTED},
        {"REJECTED", RECEIPT_REJECTED},
        {"REJECT", RECEIPT_REJECTED},
        {"ENROUTE", RECEIPT_ENROUTE},
        {"EN_ROUTE", RECEIPT_ENROUTE},
        {"BUFFERED", RECEIPT_ENROUTE},
        {"UNKNOWN", RECEIPT_UNKNOWN},
        {"SKIPPED", RECEIPT_SKIPPED},
        {"2", RECEIPT_DELIVERED},
        {"005", RECEIPT_UNDELIVERABLE},
        /* never a delivery by accident */
        {"DELIVERY_FAILED", RECEIPT_UNKNOWN_WORD},
        {"DELIVERYFAILURE", RECEIPT_UNKNOWN_WORD},
        {"NOT", RECEIPT_UNKNOWN_WORD},
        {"DEL", RECEIPT_UNKNOWN_WORD},
        {"D", RECEIPT_UNKNOWN_WORD},
        {"0", RECEIPT_UNKNOWN_WORD},
        {"10", RECEIPT_UNKNOWN_WORD},
        {"258", RECEIPT_UNKNOWN_WORD},
        {"99999999999999999999", RECEIPT_UNKNOWN_WORD},
        {"***", RECEIPT_UNKNOWN_WORD},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[64];
        int size = snprintf(text, sizeof text, "id:1 stat:%s err:0", rows[i].word);
        struct receipt_text receipt;
        assert_true(receipt_text_read(slice_of(text, (size_t)size), &receipt));
        if (receipt.state != rows[i].state) fail_msg("%s", rows[i].word);
        assert_slice(receipt.error, "0");
    }
}

static void codes_and_words_name_the_same_states(void **state)
{
    for (unsigned code = 0; code < 256; code++) {
        enum receipt_state named = receipt_state_of_code((uint8_t)code);
        bool known = code >= 1 && code <= 9;
        assert_int_equal(named, known ? (enum receipt_state)code : RECEIPT_UNKNOWN_WORD);
        assert_int_equal(strlen(receipt_state_word(named)), 7);
    }
    assert_string_equal(receipt_state_word(RECEIPT_DELIVERED), "DELIVRD");
    assert_string_equal(receipt_state_word(RECEIPT_UNDELIVERABLE), "UNDELIV");
    assert_string_equal(receipt_state_word(RECEIPT_ACCEPTED), "ACCEPTD");
    assert_string_equal(receipt_state_word(RECEIPT_REJECTED), "REJECTD");
    assert_string_equal(receipt_state_word(RECEIPT_UNKNOWN_WORD), "UNKNOWN");
}

/* Milliseconds since 1970 and the minute they fall in. */
static void dates_are_written_in_utc(void **state)
{
    static const struct {
        uint64_t at_ms;
        const char *date;
    } rows[] = {
        {0, "7001010000"},
        {59999, "7001010000"},
        {60000, "7001010001"},
        {951782399999, "0002282359"},
        {951782400000, "0002290000"},
        {951868800000, "0003010000"},
        {1709164800000, "2402290000"},
        {1795253400000, "2611210930"},
        {1798761599999, "2612312359"},
        {1798761600000, "2701010000"},
        {4107542400000, "0003010000"}, /* 2100 has no leap day */
        {4107542399999, "0002282359"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[256];
        struct receipt_write write = {
            .id = SLICE("1"), .submitted_at_ms = rows[i].at_ms, .done_at_ms = rows[i].at_ms};
        struct receipt_text receipt;
        size_t size = receipt_text_write(&write, text, sizeof text);
        assert_true(receipt_text_read(slice_of(text, size), &receipt));
        assert_slice(receipt.submitted, rows[i].date);
        assert_slice(receipt.done, rows[i].date);
    }
}

static void what_is_written_is_read_back_for_every_state(void **state)
{
    for (enum receipt_state each = RECEIPT_ENROUTE; each <= RECEIPT_SKIPPED; each++) {
        char text[256];
        struct receipt_write write = {.id = SLICE("0f8fad5b-d9cb"),
                                      .state = each,
                                      .error = 17,
                                      .text = SLICE("stat:DELIVRD id:666 and more")};
        struct receipt_text receipt;
        size_t size = receipt_text_write(&write, text, sizeof text);
        assert_true(receipt_text_read(slice_of(text, size), &receipt));
        assert_slice(receipt.id, "0f8fad5b-d9cb");
        assert_int_equal(receipt.state, each);
        assert_slice(receipt.error, "017");
    }
}

static void the_written_form_is_that_of_appendix_b(void **state)
{
    const char *expected = "id:42 sub:001 dlvrd:001 submit date:2611210930 done date:2611210931 "
                           "stat:DELIVRD err:000 text:twenty octets of thi";
    struct receipt_write write = {
        .id = SLICE("42"),
        .state = RECEIPT_DELIVERED,
        .submitted_at_ms = 1795253400000,
        .done_at_ms = 1795253460000,
        .text = SLICE("twenty octets of this"),
    };
    char text[256];
    assert_slice(slice_of(text, receipt_text_write(&write, text, sizeof text)), expected);
    for (size_t capacity = 0; capacity < strlen(expected); capacity++) {
        char *narrow = mem_alloc(capacity);
        assert_int_equal(receipt_text_write(&write, narrow, capacity), capacity);
        assert_memory_equal(narrow, expected, capacity);
        mem_free(narrow);
    }
    write.state = RECEIPT_EXPIRED;
    assert_non_null(memmem(text, receipt_text_write(&write, text, sizeof text), "dlvrd:000", 9));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(receipts_are_read_in_all_their_forms),
        cmocka_unit_test(a_receipt_cut_at_any_offset_is_read_inside_its_bytes),
        cmocka_unit_test(states_are_known_by_their_words_whole_cut_or_misspelt),
        cmocka_unit_test(codes_and_words_name_the_same_states),
        cmocka_unit_test(dates_are_written_in_utc),
        cmocka_unit_test(what_is_written_is_read_back_for_every_state),
        cmocka_unit_test(the_written_form_is_that_of_appendix_b),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
