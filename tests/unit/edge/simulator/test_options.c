#include "edge/simulator/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "wire/smpp_status.h"

static bool set(struct simulator_options *options, const char *name, const char *value)
{
    char problem[256] = "";
    bool done = simulator_options_set(options, slice_cstr(name), slice_cstr(value), problem);
    assert_int_equal(problem[0] != '\0', !done);
    return done;
}

static void every_row_has_a_default_and_help_and_a_name_of_its_own(void **state)
{
    struct simulator_options options;
    simulator_options_init(&options);
    for (size_t i = 0; i < simulator_option_count; i++) {
        const struct simulator_option *row = &simulator_option_rows[i];
        assert_true(row->help[0] != '\0');
        assert_true(set(&options, row->name, row->initial));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->name, simulator_option_rows[j].name);
    }
    struct simulator_options again;
    simulator_options_init(&again);
    assert_memory_equal(&options, &again, sizeof options);
    assert_string_equal(options.host, "127.0.0.1");
    assert_int_equal(options.port, 2775);
    assert_int_equal(options.receipt_state, RECEIPT_DELIVERED);
    assert_int_equal(options.throttle_status, ESME_RTHROTTLED);
}

static const struct {
    const char *name, *value;
    size_t offset;
    uint32_t expected;
} numbers[] = {
    {"port", "0", offsetof(struct simulator_options, port), 0},
    {"delay-ms", "4294967295", offsetof(struct simulator_options, delay_ms), UINT32_MAX},
    {"fail-percent", "2.5", offsetof(struct simulator_options, fail_share), 25000},
    {"fail-percent", "100", offsetof(struct simulator_options, fail_share), 1000000},
    {"fail-percent", "0.0001", offsetof(struct simulator_options, fail_share), 1},
    {"fail-percent", "7.", offsetof(struct simulator_options, fail_share), 70000},
    {"bind", "tx-rx", offsetof(struct simulator_options, binds), SIMULATOR_BINDS_TX_RX},
    {"id-form", "uuid", offsetof(struct simulator_options, id_form), SIMULATOR_ID_UUID},
    {"refuse-status", "0x45", offsetof(struct simulator_options, refuse_status), 0x45},
    {"refuse-status", "ESME_RINVDSTADR", offsetof(struct simulator_options, refuse_status), 0x0B},
    {"receipt-state", "undeliv", offsetof(struct simulator_options, receipt_state),
     RECEIPT_UNDELIVERABLE},
};

static void values_are_read_by_their_kind(void **state)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct simulator_options options;
        simulator_options_init(&options);
        assert_true(set(&options, numbers[i].name, numbers[i].value));
        uint32_t value;
        memcpy(&value, (char *)&options + numbers[i].offset, sizeof value);
        if (value != numbers[i].expected) fail_msg("row %zu: %u", i, value);
    }
}

static void suffixes_are_read_as_pairs(void **state)
{
    struct simulator_options options;
    simulator_options_init(&options);
    assert_true(set(&options, "refuse-suffix", "003=RINVDSTADR,4=0x58"));
    assert_int_equal(options.refuse_suffixes.count, 2);
    assert_string_equal(options.refuse_suffixes.at[0].suffix, "003");
    assert_int_equal(options.refuse_suffixes.at[0].value, 0x0B);
    assert_string_equal(options.refuse_suffixes.at[1].suffix, "4");
    assert_int_equal(options.refuse_suffixes.at[1].value, 0x58);
    assert_true(set(&options, "state-suffix", "1=EXPIRED"));
    assert_int_equal(options.state_suffixes.at[0].value, RECEIPT_EXPIRED);
    assert_true(set(&options, "receipt-twice", "on"));
    assert_true(options.receipt_twice);
    assert_true(set(&options, "id-first", "9223372036854775807"));
    assert_true(options.id_first == INT64_MAX);
}

static const char *const bad[][2] = {
    {"no-such-thing", "1"},
    {"port", ""},
    {"port", "x"},
    {"port", "-1"},
    {"port", "4294967296"},
    {"fail-percent", "101"},
    {"fail-percent", "100.1"},
    {"fail-percent", "1.00001"},
    {"fail-percent", ".5"},
    {"fail-percent", ""},
    {"receipt-twice", "yes"},
    {"bind", "rx"},
    {"receipt-state", "GONE"},
    {"refuse-status", "RNOSUCH"},
    {"refuse-suffix", "003"},
    {"refuse-suffix", "=0x58"},
    {"refuse-suffix", "0123456789012345=0x58"},
    {"refuse-suffix", "1=1,2=1,3=1,4=1,5=1,6=1,7=1,8=1,9=1"},
    {"state-suffix", "1=0x58"},
    {"inbound-to", "more than twenty octets long"},
};

static void bad_values_are_refused_and_change_nothing(void **state)
{
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct simulator_options options, before;
        simulator_options_init(&options);
        simulator_options_init(&before);
        if (set(&options, bad[i][0], bad[i][1])) fail_msg("row %zu is accepted", i);
        assert_memory_equal(&options, &before, sizeof options);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_default_and_help_and_a_name_of_its_own),
        cmocka_unit_test(values_are_read_by_their_kind),
        cmocka_unit_test(suffixes_are_read_as_pairs),
        cmocka_unit_test(bad_values_are_refused_and_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
