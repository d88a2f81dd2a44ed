#include "core/webhook.h"
#include "core/pricing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void a_state_tells_at_most_one_event(void **state)
{
    static const char *const told[RECIPIENT_STATE_COUNT] = {
        [RECIPIENT_QUEUED] = "sms.queued",       [RECIPIENT_SENT] = "sms.sent",
        [RECIPIENT_DELIVERED] = "sms.delivered", [RECIPIENT_FAILED] = "sms.failed",
        [RECIPIENT_EXPIRED] = "sms.failed",      [RECIPIENT_REJECTED] = "sms.rejected",
    };
    for (int i = 0; i < RECIPIENT_STATE_COUNT; i++) {
        enum event_type type;
        bool tells = event_of_state((enum recipient_state)i, &type);
        assert_int_equal(tells, told[i] != NULL);
        if (tells) assert_string_equal(event_type_names[type], told[i]);
    }
}

static void delivery_keys_sort_by_webhook_time_and_event(void **state)
{
    static const struct {
        uint32_t webhook;
        uint64_t due_ms, event;
    } rows[] = {{1, 0, 1},
                {1, 0, UINT64_MAX},
                {1, 1790000000999, 5},
                {1, 1790000001000, 4},
                {1, 4102444800000, 1},
                {2, 1000, 1},
                {16, 1000, 1},
                {UINT32_MAX, 0, 0}};
    struct delivery last = {0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct delivery delivery = {0};
        delivery_key(rows[i].webhook, rows[i].due_ms, (struct event_id){rows[i].event},
                     delivery.key);
        assert_int_equal(strlen(delivery.key), DELIVERY_KEY_SIZE);
        assert_int_equal(delivery_due_ms(&delivery), rows[i].due_ms);
        assert_true(strcmp(last.key, delivery.key) < 0);
        last = delivery;
    }
}

static void months_begin_on_the_first_in_utc(void **state)
{
    static const struct {
        uint64_t ms;
        uint32_t month;
    } rows[] = {{0, 0},
                {2678399999, 0},
                {2678400000, 1},
                {1709251199999, 649}, /* 2024-02-29T23:59:59.999Z */
                {1709251200000, 650},
                {1798761599999, 683}, /* 2026-12-31 */
                {1798761600000, 684}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(month_of(rows[i].ms), rows[i].month);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_tells_at_most_one_event),
        cmocka_unit_test(delivery_keys_sort_by_webhook_time_and_event),
        cmocka_unit_test(months_begin_on_the_first_in_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
