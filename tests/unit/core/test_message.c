#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/message.h"

static void the_state_table_allows_these_moves_and_no_other(void **state)
{
    /* Rows: from; columns: to, in the order of the enum. */
    /* clang-format off */
    static const char *const table[RECIPIENT_STATE_COUNT] = {
        /*                        n q s d f r e t c w */
        [RECIPIENT_NEW] =       "- + + + + + + - + +",
        [RECIPIENT_QUEUED] =    "- + + + + + + - + -",
        [RECIPIENT_SENT] =      "- - - + + - - + - -",
        [RECIPIENT_DELIVERED] = "- - - - - - - - - -",
        [RECIPIENT_FAILED] =    "- - - - - - - - - -",
        [RECIPIENT_REJECTED] =  "- - - - - - - - - -",
        [RECIPIENT_EXPIRED] =   "- - - - - - - - - -",
        [RECIPIENT_TIMEOUT] =   "- - - + + - - - - -",
        [RECIPIENT_CANCELLED] = "- - - - - - - - - -",
        [RECIPIENT_SCHEDULED] = "- + - - + + - - + -",
    };
    /* clang-format on */
    for (enum recipient_state from = 0; from < RECIPIENT_STATE_COUNT; from++)
        for (enum recipient_state to = 0; to < RECIPIENT_STATE_COUNT; to++)
            assert_int_equal(recipient_may_move(from, to), table[from][to * 2] == '+');
}

static void final_states_are_those_behind_sent_but_for_scheduled(void **state)
{
    for (enum recipient_state i = 0; i < RECIPIENT_STATE_COUNT; i++)
        assert_int_equal(recipient_is_final(i), i > RECIPIENT_SENT && i != RECIPIENT_SCHEDULED);
}

static void every_state_has_its_word(void **state)
{
    static const char *const recipient[] = {"new",       "queued",   "sent",    "delivered",
                                            "failed",    "rejected", "expired", "timeout",
                                            "cancelled", "scheduled"};
    static const char *const attempt[] = {"intent",    "taken",    "refused",
                                          "throttled", "not_sent", "uncertain"};
    for (size_t i = 0; i < RECIPIENT_STATE_COUNT; i++)
        assert_string_equal(recipient_state_names[i], recipient[i]);
    for (size_t i = 0; i < ATTEMPT_STATE_COUNT; i++)
        assert_string_equal(attempt_state_names[i], attempt[i]);
}

static void some_refusals_hold_for_every_provider(void **state)
{
    static const struct {
        const char *word;
        bool stops;
    } rows[] = {{"phone_invalid", true}, {"dnd_blocked", true}, {"sender_id_invalid", true},
                {"http_502", false},     {"phone", false},      {"", false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(refusal_stops(slice_cstr(rows[i].word)), rows[i].stops);
}

static void accepted_and_enroute_receipts_are_not_final(void **state)
{
    static const bool final[] = {
        [RECEIPT_UNKNOWN_WORD] = false, [RECEIPT_ENROUTE] = false, [RECEIPT_DELIVERED] = true,
        [RECEIPT_EXPIRED] = true,       [RECEIPT_DELETED] = true,  [RECEIPT_UNDELIVERABLE] = true,
        [RECEIPT_ACCEPTED] = false,     [RECEIPT_UNKNOWN] = true,  [RECEIPT_REJECTED] = true,
        [RECEIPT_SKIPPED] = true,
    };
    for (size_t i = 0; i < sizeof final / sizeof *final; i++)
        assert_int_equal(receipt_is_final((enum receipt_state)i), final[i]);
}

/* An attempt is four characters: segment, segments, attempt state (Taken, Refused, Uncertain,
   Intent, tHrottled, Not sent), receipt (+ delivered, x undeliverable, e expired, ~ en route, -
   none). */
static struct attempt attempt_of(const char *text)
{
    static const char states[] = "TRUIHN", receipts[] = "+xe~-";
    static const enum attempt_state attempt_states[] = {ATTEMPT_TAKEN,     ATTEMPT_REFUSED,
                                                        ATTEMPT_UNCERTAIN, ATTEMPT_INTENT,
                                                        ATTEMPT_THROTTLED, ATTEMPT_NOT_SENT};
    static const enum receipt_state receipt_states[] = {RECEIPT_DELIVERED, RECEIPT_UNDELIVERABLE,
                                                        RECEIPT_EXPIRED, RECEIPT_ENROUTE,
                                                        RECEIPT_UNKNOWN_WORD};
    return (struct attempt){
        .segment = (uint8_t)(text[0] - '0'),
        .segments = (uint8_t)(text[1] - '0'),
        .state = attempt_states[strchr(states, text[2]) - states],
        .receipt = receipt_states[strchr(receipts, text[3]) - receipts],
    };
}

static void the_fold_over_all_attempts(void **state)
{
    static const struct {
        const char *attempts;
        enum recipient_state verdict;
    } rows[] = {
        {"", RECIPIENT_SENT},
        /* one segment */
        {"11T-", RECIPIENT_SENT},
        {"11T+", RECIPIENT_DELIVERED},
        {"11Tx", RECIPIENT_FAILED},
        {"11Te", RECIPIENT_FAILED},
        {"11T~", RECIPIENT_SENT},
        {"11I+", RECIPIENT_DELIVERED}, /* the receipt overtook the answer */
        {"11R-", RECIPIENT_SENT},      /* no receipt says anything */
        {"11H-", RECIPIENT_SENT},
        {"11N-", RECIPIENT_SENT},
        /* made again */
        {"11R- 11T+", RECIPIENT_DELIVERED},
        {"11R- 11Tx", RECIPIENT_FAILED}, /* nobody waits for the refused one */
        {"11H- 11Tx", RECIPIENT_FAILED}, /* nor for one that was not accepted, */
        {"11N- 11Tx", RECIPIENT_FAILED}, /* or did not leave */
        {"11U- 11T+", RECIPIENT_DELIVERED},
        {"11U- 11Tx", RECIPIENT_SENT}, /* the uncertain one may still arrive */
        {"11Ux 11Tx", RECIPIENT_FAILED},
        {"11U+ 11Tx", RECIPIENT_DELIVERED},
        {"11Ux 11T-", RECIPIENT_SENT},
        /* several segments */
        {"13T+ 23T+ 33T+", RECIPIENT_DELIVERED},
        {"13T+ 23T+ 33T-", RECIPIENT_SENT},
        {"13T+ 23T+", RECIPIENT_SENT}, /* the third is not submitted yet */
        {"13T+ 23Tx 33T-", RECIPIENT_FAILED},
        {"13Tx", RECIPIENT_FAILED},
        {"13T+ 23Tx 33T+ 23T-", RECIPIENT_SENT},
        {"13T+ 23Tx 33T+ 23T+", RECIPIENT_DELIVERED},
        {"13T+ 23Tx 33T+ 23Te", RECIPIENT_FAILED},
        /* another provider cuts the same text in two */
        {"13R- 12T+ 22T+", RECIPIENT_DELIVERED},
        {"13R- 12T+ 22Tx", RECIPIENT_FAILED},
        {"13H- 12T+ 22Tx", RECIPIENT_FAILED},
        {"13U- 12T+ 22Tx", RECIPIENT_SENT},
        {"13Tx 12T+ 22T+", RECIPIENT_DELIVERED},
        {"13T- 12Tx 22T+", RECIPIENT_SENT},
        {"13Tx 12Tx 22T+", RECIPIENT_FAILED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct attempt attempts[8];
        size_t count = 0;
        for (const char *at = rows[i].attempts; *at; at += at[4] ? 5 : 4)
            attempts[count++] = attempt_of(at);
        if (recipient_fold(attempts, count) != rows[i].verdict)
            fail_msg("%s: %s", rows[i].attempts,
                     recipient_state_names[recipient_fold(attempts, count)]);
    }
}

static void the_fold_takes_as_many_attempts_and_segments_as_there_can_be(void **state)
{
    static struct attempt attempts[ATTEMPTS_MAX];
    for (size_t i = 0; i < ATTEMPTS_MAX; i++)
        attempts[i] = (struct attempt){.segment = (uint8_t)(i + 1),
                                       .segments = ATTEMPTS_MAX,
                                       .state = ATTEMPT_TAKEN,
                                       .receipt = RECEIPT_DELIVERED};
    assert_int_equal(recipient_fold(attempts, ATTEMPTS_MAX), RECIPIENT_DELIVERED);
    attempts[ATTEMPTS_MAX - 1].receipt = RECEIPT_UNKNOWN_WORD;
    assert_int_equal(recipient_fold(attempts, ATTEMPTS_MAX), RECIPIENT_SENT);
    attempts[ATTEMPTS_MAX - 1].receipt = RECEIPT_REJECTED;
    assert_int_equal(recipient_fold(attempts, ATTEMPTS_MAX), RECIPIENT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_state_table_allows_these_moves_and_no_other),
        cmocka_unit_test(final_states_are_those_behind_sent_but_for_scheduled),
        cmocka_unit_test(every_state_has_its_word),
        cmocka_unit_test(some_refusals_hold_for_every_provider),
        cmocka_unit_test(accepted_and_enroute_receipts_are_not_final),
        cmocka_unit_test(the_fold_over_all_attempts),
        cmocka_unit_test(the_fold_takes_as_many_attempts_and_segments_as_there_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
