#include "wire/smpp_status.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define VALUE(name, value, text) value,
static const uint32_t values[] = {SMPP_STATUS_TABLE(VALUE)};

static void every_status_has_a_name_of_its_own_that_leads_back_to_it(void **state)
{
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *name = smpp_status_name(values[i]);
        uint32_t parsed = ~values[i];
        if (i) assert_true(values[i - 1] < values[i]);
        assert_memory_equal(name, "ESME_R", 6);
        assert_true(strlen(smpp_status_text(values[i])) > 5);
        assert_true(smpp_status_parse(slice_cstr(name), &parsed));
        assert_int_equal(parsed, values[i]);
    }
}

static void the_numbers_that_are_easy_to_get_wrong_are_right(void **state)
{
    static const struct {
        uint32_t status;
        const char *name;
    } rows[] = {
        {0x00, "ESME_ROK"},         {0x08, "ESME_RSYSERR"},
        {0x0A, "ESME_RINVSRCADR"},  {0x0B, "ESME_RINVDSTADR"},
        {0x14, "ESME_RMSGQFUL"},    {0x45, "ESME_RSUBMITFAIL"},
        {0x58, "ESME_RTHROTTLED"},  {0x61, "ESME_RINVSCHED"},
        {0x62, "ESME_RINVEXPIRY"},  {0x64, "ESME_RX_T_APPN"},
        {0x65, "ESME_RX_P_APPN"},   {0x66, "ESME_RX_R_APPN"},
        {0x67, "ESME_RQUERYFAIL"},  {0xFE, "ESME_RDELIVERYFAILURE"},
        {0xFF, "ESME_RUNKNOWNERR"}, {0x09, "reserved"},
        {0x3FF, "reserved"},        {0x400, "vendor"},
        {0x4FF, "vendor"},          {0x500, "reserved"},
        {0xFFFFFFFF, "reserved"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(smpp_status_name(rows[i].status), rows[i].name);
}

static void a_status_is_read_as_people_write_it(void **state)
{
    static const struct {
        struct slice text;
        bool valid;
        uint32_t value;
    } rows[] = {
        {SLICE("ESME_RTHROTTLED"), true, 0x58},
        {SLICE("esme_rthrottled"), true, 0x58},
        {SLICE("RThrottled"), true, 0x58},
        {SLICE("0x58"), true, 0x58},
        {SLICE("0X0000004fF"), false, 7},
        {SLICE("0X000004fF"), true, 0x4FF},
        {SLICE("0xffffffff"), true, 0xFFFFFFFF},
        {SLICE("88"), true, 88},
        {SLICE("0"), true, 0},
        {SLICE("4294967295"), true, 0xFFFFFFFF},
        {SLICE("4294967296"), false, 7},
        {SLICE("0x"), false, 7},
        {SLICE("0x5g"), false, 7},
        {SLICE("0x5 "), false, 7},
        {SLICE(""), false, 7},
        {SLICE("ESME_"), false, 7},
        {SLICE("throttled"), false, 7},
        {SLICE("vendor"), false, 7},
        {SLICE("-1"), false, 7},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t value = 7;
        assert_int_equal(smpp_status_parse(rows[i].text, &value), rows[i].valid);
        assert_int_equal(value, rows[i].value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_has_a_name_of_its_own_that_leads_back_to_it),
        cmocka_unit_test(the_numbers_that_are_easy_to_get_wrong_are_right),
        cmocka_unit_test(a_status_is_read_as_people_write_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
