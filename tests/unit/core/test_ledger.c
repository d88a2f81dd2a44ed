#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/ledger.h"

static const struct balance middle = {
    .available = 50, .held = 20, .granted = 200, .spent = 130, .refunded = 10, .expired = 10};

static void assert_balance(const struct balance *got, const struct balance *want)
{
    assert_memory_equal(got, want, sizeof *got);
}

static void every_kind_moves_its_sums_and_keeps_the_invariant(void **state)
{
    static const struct {
        enum ledger_kind kind;
        int64_t amount;
        struct balance after;
    } rows[] = {
        {LEDGER_GRANT, 7, {57, 20, 207, 130, 10, 10}},
        {LEDGER_GRANT, -7, {43, 20, 193, 130, 10, 10}},
        {LEDGER_CHARGE, 7, {43, 20, 200, 137, 10, 10}},
        {LEDGER_HOLD, 7, {43, 27, 200, 130, 10, 10}},
        {LEDGER_CAPTURE, 7, {50, 13, 200, 137, 10, 10}},
        {LEDGER_RELEASE, 7, {57, 13, 200, 130, 10, 10}},
        {LEDGER_REFUND, 7, {57, 20, 200, 130, 17, 10}},
        {LEDGER_EXPIRE, 7, {43, 20, 200, 130, 10, 17}},
    };
    assert_true(balance_is_exact(&middle));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct balance balance = middle;
        assert_true(balance_apply(&balance, rows[i].kind, rows[i].amount));
        assert_balance(&balance, &rows[i].after);
        assert_true(balance_is_exact(&balance));
    }
}

static void what_is_there_may_be_taken_to_the_last_unit_and_no_further(void **state)
{
    static const struct {
        enum ledger_kind kind;
        int64_t last, over;
    } rows[] = {
        {LEDGER_CHARGE, 50, 51},  {LEDGER_HOLD, 50, 51},    {LEDGER_EXPIRE, 50, 51},
        {LEDGER_CAPTURE, 20, 21}, {LEDGER_RELEASE, 20, 21}, {LEDGER_GRANT, -50, -51},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct balance balance = middle;
        assert_false(balance_apply(&balance, rows[i].kind, rows[i].over));
        assert_balance(&balance, &middle);
        assert_true(balance_apply(&balance, rows[i].kind, rows[i].last));
        assert_true(balance_is_exact(&balance));
    }
}

static void zero_and_negative_amounts_are_refused_except_negative_grants(void **state)
{
    for (enum ledger_kind kind = 0; kind < LEDGER_KIND_COUNT; kind++) {
        struct balance balance = middle;
        assert_false(balance_apply(&balance, kind, 0));
        assert_int_equal(balance_apply(&balance, kind, -1), kind == LEDGER_GRANT);
    }
}

static void a_sum_that_would_overflow_changes_nothing(void **state)
{
    struct balance balance = {.available = INT64_MAX - 1, .granted = INT64_MAX - 1};
    struct balance before = balance;
    assert_false(balance_apply(&balance, LEDGER_GRANT, 2));
    assert_balance(&balance, &before);
    assert_true(balance_apply(&balance, LEDGER_GRANT, 1));
    balance = (struct balance){.available = 5, .spent = INT64_MAX - 1, .granted = 9};
    before = balance;
    assert_false(balance_apply(&balance, LEDGER_CHARGE, 2));
    assert_balance(&balance, &before);
}

static void a_balance_that_does_not_add_up_is_not_exact(void **state)
{
    struct balance wrong = middle;
    wrong.granted++;
    assert_false(balance_is_exact(&wrong));
    wrong = (struct balance){.available = -1, .granted = -1};
    assert_false(balance_is_exact(&wrong));
    wrong = (struct balance){.held = -1, .granted = -1};
    assert_false(balance_is_exact(&wrong));
    wrong = (struct balance){.available = INT64_MAX, .held = INT64_MAX, .granted = -2};
    assert_false(balance_is_exact(&wrong));
}

static void assets_are_found_by_name_in_any_case(void **state)
{
    enum asset asset = ASSET_COUNT;
    for (enum asset i = 0; i < ASSET_COUNT; i++) {
        assert_true(asset_of(slice_cstr(asset_names[i]), &asset));
        assert_int_equal(asset, i);
    }
    assert_true(asset_of(SLICE("credit"), &asset));
    assert_int_equal(asset, ASSET_CREDIT);
    assert_false(asset_of(SLICE("CREDITS"), &asset));
    assert_false(asset_of(SLICE(""), &asset));
    assert_int_equal(asset, ASSET_CREDIT);
}

static void every_kind_has_a_name(void **state)
{
    for (enum ledger_kind kind = 0; kind < LEDGER_KIND_COUNT; kind++)
        assert_non_null(ledger_kind_names[kind]);
    assert_string_equal(ledger_kind_names[LEDGER_GRANT], "grant");
    assert_string_equal(ledger_kind_names[LEDGER_EXPIRE], "expire");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_moves_its_sums_and_keeps_the_invariant),
        cmocka_unit_test(what_is_there_may_be_taken_to_the_last_unit_and_no_further),
        cmocka_unit_test(zero_and_negative_amounts_are_refused_except_negative_grants),
        cmocka_unit_test(a_sum_that_would_overflow_changes_nothing),
        cmocka_unit_test(a_balance_that_does_not_add_up_is_not_exact),
        cmocka_unit_test(assets_are_found_by_name_in_any_case),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
