#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "edge/http_provider/http_verdict.h"

#define ID64 "0123456789012345678901234567890123456789012345678901234567890123"

static const char plain[] = "[request]\nurl = http://c/\n";
static const char full[] = "[request]\nurl = http://c/\n"
                           "[response]\nid = data.id\nerror_code = code\nerror_message = text\n"
                           "[errors]\n"
                           "E1 = phone_invalid\nE2 = throttle\nE3 = retry\nE4 = no_funds\n"
                           "Number is bad = phone_invalid\n"
                           "402 = retry\n451 = dnd_blocked\n503 = throttle\n501 = not_here\n";

struct row {
    const char *profile;
    enum http_outcome outcome;
    unsigned status;
    const char *body;
    enum attempt_state state;
    const char *carrier_id, *error;
    bool for_now;
    const char *text; /* NULL: none */
};

static const struct row rows[] = {
    {plain, HTTP_ANSWERED, 200, "OK", ATTEMPT_TAKEN, "2", "", false},
    {plain, HTTP_ANSWERED, 204, "", ATTEMPT_TAKEN, "2", "", false},
    {plain, HTTP_ANSWERED, 400, "", ATTEMPT_REFUSED, "", "http_400", false},
    {full, HTTP_ANSWERED, 201, "{\"data\":{\"id\":\"a-7\"}}", ATTEMPT_TAKEN, "a-7", "", false},
    {full, HTTP_ANSWERED, 200, "{\"data\":{\"id\":17},\"code\":\"E1\"}", ATTEMPT_TAKEN, "17", "",
     false},
    {full, HTTP_ANSWERED, 200, "{\"data\":{\"id\":\"" ID64 "x\"}}", ATTEMPT_TAKEN, ID64, "", false},
    {full, HTTP_ANSWERED, 200, "{}", ATTEMPT_TAKEN, "", "", false},
    {full, HTTP_ANSWERED, 200, "OK", ATTEMPT_TAKEN, "", "", false},
    {full, HTTP_ANSWERED, 200, "{\"data\":{\"id\":\"\"}}", ATTEMPT_TAKEN, "", "", false},
    /* A success that says itself that it is none. */
    {full, HTTP_ANSWERED, 200, "{\"code\":\"E1\"}", ATTEMPT_REFUSED, "", "phone_invalid", false},
    {full, HTTP_ANSWERED, 200, "{\"code\":\"other\"}", ATTEMPT_REFUSED, "", "other", false},
    {full, HTTP_ANSWERED, 200, "{\"code\":\"E2\"}", ATTEMPT_THROTTLED, "", "", false},
    /* By word, by message, by status. */
    {full, HTTP_ANSWERED, 400, "{\"code\":\"e1\"}", ATTEMPT_REFUSED, "", "phone_invalid", false},
    {full, HTTP_ANSWERED, 400, "{\"code\":\"E3\"}", ATTEMPT_REFUSED, "", "E3", true},
    {full, HTTP_ANSWERED, 402, "{\"code\":\"E4\"}", ATTEMPT_REFUSED, "", "no_funds", false},
    {full, HTTP_ANSWERED, 402, "{\"code\":\"E9\"}", ATTEMPT_REFUSED, "", "E9", true},
    {full, HTTP_ANSWERED, 402, "", ATTEMPT_REFUSED, "", "http_402", true},
    {full, HTTP_ANSWERED, 451, "<html>", ATTEMPT_REFUSED, "", "dnd_blocked", false},
    {full, HTTP_ANSWERED, 400, "{\"text\":\"Number is bad\"}", ATTEMPT_REFUSED, "", "phone_invalid",
     false, "Number is bad"},
    {full, HTTP_ANSWERED, 400, "{\"text\":\"no\"}", ATTEMPT_REFUSED, "", "http_400", false, "no"},
    {full, HTTP_ANSWERED, 502, "{\"code\":\"E9\",\"text\":\"down\"}", ATTEMPT_REFUSED, "",
     "http_502", true, "down"},
    {full, HTTP_ANSWERED, 400, "{\"code\":\"E1\",\"text\":\"a\"}", ATTEMPT_REFUSED, "",
     "phone_invalid", false, "a"},
    {full, HTTP_ANSWERED, 422, "{\"code\":1234567890123456789012345678901234}", ATTEMPT_REFUSED, "",
     "1234567890123456789012345678901", false},
    {full, HTTP_ANSWERED, 400, "{\"data\":{\"id\":\"a\"}}", ATTEMPT_REFUSED, "", "http_400", false},
    {full, HTTP_ANSWERED, 302, "", ATTEMPT_REFUSED, "", "http_302", false},
    {full, HTTP_ANSWERED, 429, "{\"code\":\"E4\"}", ATTEMPT_REFUSED, "", "no_funds", false},
    {full, HTTP_ANSWERED, 429, "{\"code\":\"E9\"}", ATTEMPT_THROTTLED, "", "", false},
    {full, HTTP_ANSWERED, 429, "", ATTEMPT_THROTTLED, "", "", false},
    {full, HTTP_ANSWERED, 500, "", ATTEMPT_REFUSED, "", "http_500", true},
    {full, HTTP_ANSWERED, 502, "{\"code\":\"E9\"}", ATTEMPT_REFUSED, "", "http_502", true},
    {full, HTTP_ANSWERED, 502, "{\"code\":\"E1\"}", ATTEMPT_REFUSED, "", "phone_invalid", false},
    {full, HTTP_ANSWERED, 503, "", ATTEMPT_THROTTLED, "", "", false},
    {full, HTTP_ANSWERED, 501, "", ATTEMPT_REFUSED, "", "not_here", false},
    /* No answer: what may have been sent is not known to be refused. */
    {full, HTTP_REFUSED_URL, 0, "", ATTEMPT_REFUSED, "", "no_connection", true},
    {full, HTTP_NO_CONNECTION, 0, "", ATTEMPT_REFUSED, "", "no_connection", true},
    {full, HTTP_TIMED_OUT, 0, "", ATTEMPT_UNCERTAIN, "", "", false},
    {full, HTTP_BROKEN, 0, "", ATTEMPT_UNCERTAIN, "", "", false},
};

static void each_answer_has_its_meaning(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        struct arena arena = {0};
        struct http_profile profile;
        struct command_answer answer;
        char problem[256] = "";
        if (!http_profile_read(slice_cstr(row->profile), SLICE("acme"), &profile, problem))
            fail_msg("%s", problem);
        const struct http_result result = {
            .outcome = row->outcome, .status = row->status, .body = slice_cstr(row->body)};
        http_verdict(&profile, (struct attempt_id){513}, &result, &arena, &answer);
        bool right = answer.attempt.v == 513 && answer.state == row->state &&
                     answer.status == row->status && answer.for_now == row->for_now &&
                     slice_eq(answer.carrier_id, slice_cstr(row->carrier_id)) &&
                     slice_eq(answer.error, slice_cstr(row->error)) &&
                     slice_eq(answer.error_text, slice_cstr(row->text));
        if (!right)
            fail_msg("row %zu: state %d, id %.*s, error %.*s, for now %d", i, answer.state,
                     (int)answer.carrier_id.size, answer.carrier_id.at, (int)answer.error.size,
                     answer.error.at, answer.for_now);
        http_profile_done(&profile);
        arena_done(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_answer_has_its_meaning)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
