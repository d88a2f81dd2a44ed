#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "edge/robase/robase_error.h"

static void every_refusal_of_the_core_has_its_type_status_and_field(void **state)
{
    static const struct {
        const char *type;
        unsigned status;
        const char *field;
    } wanted[ERR_COUNT] = {
        [ERR_NOT_FOUND] = {"not_found", 404, NULL},
        [ERR_ALREADY_EXISTS] = {"conflict", 409, NULL},
        [ERR_INVALID] = {"validation_error", 400, NULL},
        [ERR_TEXT_MISSING] = {"validation_error", 400, "body"},
        [ERR_TEXT_TOO_LONG] = {"validation_error", 400, "body"},
        [ERR_NUMBER_INVALID] = {"phone_invalid", 400, "to"},
        [ERR_KEY_UNKNOWN] = {"authentication_error", 401, NULL},
        [ERR_KEY_DISABLED] = {"authentication_error", 401, NULL},
        [ERR_KEY_SCOPE] = {"permission_error", 403, NULL},
        [ERR_ACCOUNT_DISABLED] = {"permission_error", 403, NULL},
        [ERR_NO_CREDIT] = {"sms_quota_exceeded", 402, NULL},
        [ERR_NO_ROUTE] = {"internal_error", 500, NULL},
        [ERR_LIMIT_REACHED] = {"conflict", 409, NULL},
        [ERR_SENDER_UNKNOWN] = {"sender_id_invalid", 400, "from"},
        [ERR_SENDER_BLOCKED] = {"sender_id_invalid", 400, "from"},
        [ERR_SENDER_REJECTED] = {"sender_id_invalid", 400, "from"},
        [ERR_SENDER_COUNTRY] = {"sender_id_invalid", 400, "from"},
        [ERR_TEMPLATE_UNKNOWN] = {"not_found", 404, "template"},
        [ERR_TEMPLATE_INVALID] = {"validation_error", 400, "body"},
        [ERR_NUMBER_BLOCKED] = {"dnd_blocked", 400, "to"},
        [ERR_STALE] = {"conflict", 409, NULL},
        [ERR_OVERLOADED] = {"internal_error", 503, NULL},
        [ERR_STORE_UNAVAILABLE] = {"internal_error", 503, NULL},
    };
    for (enum err err = ERR_OK + 1; err < ERR_COUNT; err++) {
        struct robase_error error = robase_error(robase_fault_of(err));
        assert_non_null(wanted[err].type); /* a new refusal needs its row here and there */
        assert_int_not_equal(robase_fault_of(err), FAULT_NONE);
        assert_string_equal(error.type, wanted[err].type);
        assert_int_equal(error.status, wanted[err].status);
        if (wanted[err].field)
            assert_string_equal(error.field, wanted[err].field);
        else
            assert_null(error.field);
    }
    assert_int_equal(robase_fault_of(ERR_OK), FAULT_NONE);
}

static void every_fault_has_words_and_fits_where_it_is_remembered(void **state)
{
    assert_in_range(FAULT_COUNT, 1, UINT8_MAX + 1);
    for (enum robase_fault fault = FAULT_NONE; fault < FAULT_COUNT; fault++) {
        struct robase_error error = robase_error(fault);
        assert_true(error.type[0] && error.message[0]);
        assert_in_range(error.status, 400, 503);
    }
}

/* They are on disk under idempotency keys. */
static void faults_keep_their_numbers(void **state)
{
    assert_int_equal(FAULT_JSON, 1);
    assert_int_equal(FAULT_PHONE, 5);
    assert_int_equal(FAULT_BODY_MISSING, 12);
    assert_int_equal(FAULT_DND, 22);
    assert_int_equal(FAULT_ROW_KEY, 26);
    assert_int_equal(FAULT_UNAVAILABLE, 47);
}

static void assert_written(enum robase_fault fault, const char *problem, const char *wanted)
{
    struct buf out;
    struct json_writer json;
    buf_init(&out, 4096);
    json_writer_init(&json, &out);
    robase_error_write(&json, fault, slice_cstr(problem));
    buf_add_byte(&out, '\0');
    assert_string_equal(out.at, wanted);
    buf_done(&out);
}

static void an_error_says_what_the_core_said_besides(void **state)
{
    assert_written(FAULT_RECIPIENT_MISSING, NULL,
                   "{\"error\":{\"type\":\"validation_error\",\"message\":\"recipient required\","
                   "\"field\":\"to\"}}");
    assert_written(
        FAULT_SENDER_REJECTED, "impersonates a bank",
        "{\"error\":{\"type\":\"sender_id_invalid\",\"message\":\"sender id was rejected "
        "by carrier compliance: impersonates a bank\",\"field\":\"from\"}}");
    assert_written(FAULT_RATE, NULL,
                   "{\"error\":{\"type\":\"rate_limit_exceeded\",\"message\":\"rate limit "
                   "exceeded\"}}");
}

static void errors_of_http_have_the_same_shape(void **state)
{
    static const struct {
        unsigned status;
        const char *type;
    } rows[] = {
        {400, "validation_error"}, {404, "not_found"},      {405, "validation_error"},
        {413, "validation_error"}, {500, "internal_error"}, {503, "internal_error"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out, wanted;
        struct json_writer json;
        buf_init(&out, 1024);
        buf_init(&wanted, 1024);
        json_writer_init(&json, &out);
        robase_error_write_http(&json, rows[i].status, SLICE("Why"));
        buf_printf(&wanted, "{\"error\":{\"type\":\"%s\",\"message\":\"Why\"}}", rows[i].type);
        assert_true(slice_eq(buf_slice(&out), buf_slice(&wanted)));
        buf_done(&out);
        buf_done(&wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_refusal_of_the_core_has_its_type_status_and_field),
        cmocka_unit_test(every_fault_has_words_and_fits_where_it_is_remembered),
        cmocka_unit_test(faults_keep_their_numbers),
        cmocka_unit_test(an_error_says_what_the_core_said_besides),
        cmocka_unit_test(errors_of_http_have_the_same_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
