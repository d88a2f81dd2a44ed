#include "contract.h"

/* A message that waits in a queue with its first attempt on the way. */
static struct sent accepted(struct world *world, struct account_id account, int64_t price,
                            unsigned refund)
{
    struct sent sent = world_sent(world, account, price);
    sent.message.refund = refund;
    struct store_op op = accept_op(&sent, true);
    assert_int_equal(world_write(world, &op), ERR_OK);
    return sent;
}

static struct sent accepted_free(struct world *world)
{
    return accepted(world, (struct account_id){0}, 0, REFUND_NEVER);
}

static void put_attempt(struct world *world, struct attempt attempt)
{
    struct store_op op = {.kind = STORE_ATTEMPT, .attempt = {&attempt}};
    assert_int_equal(world_write(world, &op), ERR_OK);
}

static enum err answer(struct world *world, struct attempt_id attempt, enum attempt_state state,
                       enum recipient_state to)
{
    struct store_op op = answer_op(world, attempt, state, to);
    return world_write(world, &op);
}

static enum err receipt(struct world *world, struct attempt_id attempt, enum receipt_state state)
{
    struct store_op op = receipt_op(world, attempt, state);
    return world_write(world, &op);
}

static void an_answer_is_kept_on_the_attempt_and_moves_the_recipient(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    struct store_op op = answer_op(world, sent.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT);
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(op.state_before, RECIPIENT_QUEUED);
    assert_int_equal(op.state_after, RECIPIENT_SENT);
    world_restart(world);

    struct attempt attempt = sent.attempt;
    attempt.state = ATTEMPT_TAKEN;
    attempt.answered_at_ms = op.answer.at_ms;
    strcpy(attempt.carrier_id, "1a2B-77");
    struct attempt got = world_attempt(world, sent.attempt.id);
    assert_attempts_equal(&got, &attempt);
    struct recipient recipient = sent.recipient;
    recipient.state = RECIPIENT_SENT;
    recipient.provider.v = 4;
    recipient.changed_at_ms = op.answer.at_ms;
    struct store_recipient story = world_recipient(world, sent.recipient.id);
    assert_recipients_equal(&story.recipient, &recipient);
}

static void an_answer_that_names_no_state_leaves_the_recipient_alone(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    struct store_op op = answer_op(world, sent.attempt.id, ATTEMPT_THROTTLED, RECIPIENT_NEW);
    op.answer.status = 0x58;
    assert_int_equal(world_write(world, &op), ERR_OK);
    struct store_recipient story = world_recipient(world, sent.recipient.id);
    assert_recipients_equal(&story.recipient, &sent.recipient);
    assert_int_equal(story.attempts[0].state, ATTEMPT_THROTTLED);
    assert_int_equal(story.attempts[0].status, 0x58);

    /* Made again: the intent takes the attempt's place. */
    put_attempt(world, sent.attempt);
    story = world_recipient(world, sent.recipient.id);
    assert_int_equal(story.attempt_count, 1);
    assert_attempts_equal(&story.attempts[0], &sent.attempt);
}

static void a_refused_recipient_may_wait_for_the_next_provider(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    assert_int_equal(answer(world, sent.attempt.id, ATTEMPT_REFUSED, RECIPIENT_QUEUED), ERR_OK);
    struct store_recipient story = world_recipient(world, sent.recipient.id);
    assert_int_equal(story.recipient.state, RECIPIENT_QUEUED);
    assert_int_equal(story.recipient.provider.v, 4);
    assert_int_equal(story.recipient.error, 0x45);
    put_attempt(world, sent_attempt(&sent, 2, 1, 1));
    story = world_recipient(world, sent.recipient.id);
    assert_int_equal(story.attempt_count, 2);
    assert_int_equal(story.attempts[0].state, ATTEMPT_REFUSED);
    assert_int_equal(story.attempts[1].state, ATTEMPT_INTENT);
}

static void answers_to_nothing_are_not_found_and_late_ones_are_stale(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    struct attempt_id missing = attempt_id_of(sent.recipient.id, 9);
    assert_int_equal(answer(world, missing, ATTEMPT_TAKEN, RECIPIENT_SENT), ERR_NOT_FOUND);

    struct store_op op = finish_op(world, sent.recipient.id, RECIPIENT_EXPIRED);
    assert_int_equal(world_write(world, &op), ERR_OK);
    struct recipient before = world_recipient(world, sent.recipient.id).recipient;
    op = answer_op(world, sent.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT);
    assert_int_equal(world_write(world, &op), ERR_STALE);
    assert_int_equal(op.state_before, RECIPIENT_EXPIRED);
    assert_int_equal(op.state_after, RECIPIENT_EXPIRED);
    struct store_recipient story = world_recipient(world, sent.recipient.id);
    assert_recipients_equal(&story.recipient, &before);
    assert_int_equal(story.attempts[0].state, ATTEMPT_TAKEN);
    assert_string_equal(story.attempts[0].carrier_id, "1a2B-77");
}

static void finishing_moves_only_along_the_state_table(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    struct store_op op = finish_op(world, (struct recipient_id){99999}, RECIPIENT_EXPIRED);
    assert_int_equal(world_write(world, &op), ERR_NOT_FOUND);
    op = finish_op(world, sent.recipient.id, RECIPIENT_TIMEOUT);
    assert_int_equal(world_write(world, &op), ERR_STALE);
    assert_int_equal(op.state_after, RECIPIENT_QUEUED);
    struct store_recipient story = world_recipient(world, sent.recipient.id);
    assert_recipients_equal(&story.recipient, &sent.recipient);

    op = finish_op(world, sent.recipient.id, RECIPIENT_FAILED);
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(op.state_before, RECIPIENT_QUEUED);
    assert_int_equal(op.state_after, RECIPIENT_FAILED);
    story = world_recipient(world, sent.recipient.id);
    assert_int_equal(story.recipient.changed_at_ms, op.finish.at_ms);
    assert_string_equal(story.recipient.error_word, "because");
    op = finish_op(world, sent.recipient.id, RECIPIENT_FAILED);
    assert_int_equal(world_write(world, &op), ERR_STALE);
}

static void a_receipt_is_kept_and_decides(void **state)
{
    static const struct {
        enum receipt_state receipt;
        enum recipient_state after;
        const char *error_word;
    } rows[] = {
        {RECEIPT_DELIVERED, RECIPIENT_DELIVERED, ""},
        {RECEIPT_UNDELIVERABLE, RECIPIENT_FAILED, "0x1F"},
        {RECEIPT_EXPIRED, RECIPIENT_FAILED, "0x1F"},
        {RECEIPT_REJECTED, RECIPIENT_FAILED, "0x1F"},
        {RECEIPT_ENROUTE, RECIPIENT_SENT, ""},
        {RECEIPT_ACCEPTED, RECIPIENT_SENT, ""},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sent sent = accepted_free(world);
        answer(world, sent.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT);
        struct store_op op = receipt_op(world, sent.attempt.id, rows[i].receipt);
        assert_int_equal(world_write(world, &op), ERR_OK);
        assert_int_equal(op.state_before, RECIPIENT_SENT);
        assert_int_equal(op.state_after, rows[i].after);
        struct store_recipient story = world_recipient(world, sent.recipient.id);
        assert_int_equal(story.recipient.state, rows[i].after);
        assert_string_equal(story.recipient.error_word, rows[i].error_word);
        assert_int_equal(story.attempts[0].receipt, rows[i].receipt);
        assert_int_equal(story.attempts[0].receipt_at_ms, op.receipt.at_ms);
        assert_string_equal(story.attempts[0].receipt_error, "0x1F");
    }
}

static void a_verdict_after_a_verdict_is_kept_out(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    assert_int_equal(receipt(world, (struct attempt_id){12345}, RECEIPT_DELIVERED), ERR_NOT_FOUND);
    answer(world, sent.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT);
    assert_int_equal(receipt(world, sent.attempt.id, RECEIPT_ENROUTE), ERR_OK);
    assert_int_equal(receipt(world, sent.attempt.id, RECEIPT_UNDELIVERABLE), ERR_OK);
    static const enum receipt_state late[] = {RECEIPT_DELIVERED, RECEIPT_UNDELIVERABLE,
                                              RECEIPT_ENROUTE};
    struct attempt before = world_attempt(world, sent.attempt.id);
    for (size_t i = 0; i < sizeof late / sizeof *late; i++) {
        struct store_op op = receipt_op(world, sent.attempt.id, late[i]);
        assert_int_equal(world_write(world, &op), ERR_STALE);
        assert_int_equal(op.state_before, RECIPIENT_FAILED);
        assert_int_equal(op.state_after, RECIPIENT_FAILED);
        struct attempt after = world_attempt(world, sent.attempt.id);
        assert_attempts_equal(&after, &before);
    }
}

static void a_receipt_for_a_recipient_that_is_settled_is_only_kept(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    struct store_op op = finish_op(world, sent.recipient.id, RECIPIENT_CANCELLED);
    assert_int_equal(world_write(world, &op), ERR_OK);
    op = receipt_op(world, sent.attempt.id, RECEIPT_DELIVERED);
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(op.state_after, RECIPIENT_CANCELLED);
    assert_int_equal(world_attempt(world, sent.attempt.id).receipt, RECEIPT_DELIVERED);
    assert_int_equal(world_state(world, sent.recipient.id), RECIPIENT_CANCELLED);
}

static void a_receipt_may_come_before_its_answer_and_after_the_report_window(void **state)
{
    struct world *world = *state;
    struct sent early = accepted_free(world), late = accepted_free(world);
    assert_int_equal(receipt(world, early.attempt.id, RECEIPT_DELIVERED), ERR_OK);
    assert_int_equal(world_state(world, early.recipient.id), RECIPIENT_DELIVERED);
    assert_int_equal(answer(world, early.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT), ERR_STALE);
    assert_int_equal(world_state(world, early.recipient.id), RECIPIENT_DELIVERED);

    answer(world, late.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT);
    struct store_op op = finish_op(world, late.recipient.id, RECIPIENT_TIMEOUT);
    assert_int_equal(world_write(world, &op), ERR_OK);
    assert_int_equal(receipt(world, late.attempt.id, RECEIPT_DELIVERED), ERR_OK);
    assert_int_equal(world_state(world, late.recipient.id), RECIPIENT_DELIVERED);
}

static void a_long_message_is_delivered_when_its_last_segment_is(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    struct store_op ops[3];
    struct attempt attempts[3];
    for (uint8_t i = 0; i < 3; i++) {
        attempts[i] = sent_attempt(&sent, i + 1u, i + 1, 3);
        ops[i] = (struct store_op){.kind = STORE_ATTEMPT, .attempt = {&attempts[i]}};
    }
    assert_int_equal(store_write(world->store, ops, 3), ERR_OK);
    assert_int_equal(world_recipient(world, sent.recipient.id).attempt_count, 3);
    for (unsigned i = 0; i < 3; i++)
        answer(world, attempts[i].id, ATTEMPT_TAKEN, i < 2 ? RECIPIENT_NEW : RECIPIENT_SENT);
    receipt(world, attempts[2].id, RECEIPT_DELIVERED);
    receipt(world, attempts[0].id, RECEIPT_DELIVERED);
    assert_int_equal(world_state(world, sent.recipient.id), RECIPIENT_SENT);
    receipt(world, attempts[1].id, RECEIPT_DELIVERED);
    assert_int_equal(world_state(world, sent.recipient.id), RECIPIENT_DELIVERED);
}

static void two_receipts_in_one_group_fold_together(void **state)
{
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    put_attempt(world, sent_attempt(&sent, 1, 1, 2));
    put_attempt(world, sent_attempt(&sent, 2, 2, 2));
    answer(world, attempt_id_of(sent.recipient.id, 1), ATTEMPT_TAKEN, RECIPIENT_NEW);
    answer(world, attempt_id_of(sent.recipient.id, 2), ATTEMPT_TAKEN, RECIPIENT_SENT);
    struct store_op ops[] = {
        receipt_op(world, attempt_id_of(sent.recipient.id, 1), RECEIPT_DELIVERED),
        receipt_op(world, attempt_id_of(sent.recipient.id, 2), RECEIPT_DELIVERED),
        receipt_op(world, attempt_id_of(sent.recipient.id, 2), RECEIPT_REJECTED),
    };
    assert_int_equal(store_write(world->store, ops, 3), ERR_OK);
    assert_int_equal(ops[0].state_after, RECIPIENT_SENT);
    assert_int_equal(ops[1].state_after, RECIPIENT_DELIVERED);
    assert_int_equal(ops[2].result, ERR_STALE);
}

/* How a recipient comes to its end in the table below. */
enum ending {
    REFUSED_AS_REJECTED,
    REFUSED_AS_FAILED,      /* the chain is exhausted */
    FINISHED_EXPIRED,       /* waiting, nothing taken */
    FINISHED_CANCELLED,     /* waiting */
    FINISHED_UNCERTAIN,     /* the policy says fail */
    FINISHED_TIMEOUT,       /* taken */
    PART_TAKEN_THEN_FAILED, /* a carrier has one segment and refuses the other */
    PART_TAKEN_THEN_EXPIRED,
    RECEIPT_SAYS_FAILED,
    RECEIPT_SAYS_DELIVERED,
    LATE_RECEIPT_SAYS_FAILED, /* after the timeout */
    UNCERTAIN_RECEIPT_FAILED, /* the receipt proves that it was taken */
    ENDING_COUNT
};

static struct store_op ending_op(struct world *world, const struct sent *sent, enum ending ending)
{
    struct recipient_id recipient = sent->recipient.id;
    struct attempt_id attempt = sent->attempt.id;
    switch (ending) {
    case REFUSED_AS_REJECTED:
        return answer_op(world, attempt, ATTEMPT_REFUSED, RECIPIENT_REJECTED);
    case REFUSED_AS_FAILED:
        return answer_op(world, attempt, ATTEMPT_REFUSED, RECIPIENT_FAILED);
    case FINISHED_EXPIRED:
        return finish_op(world, recipient, RECIPIENT_EXPIRED);
    case FINISHED_CANCELLED:
        return finish_op(world, recipient, RECIPIENT_CANCELLED);
    case FINISHED_UNCERTAIN:
        answer(world, attempt, ATTEMPT_UNCERTAIN, RECIPIENT_SENT);
        return finish_op(world, recipient, RECIPIENT_FAILED);
    case FINISHED_TIMEOUT:
        answer(world, attempt, ATTEMPT_TAKEN, RECIPIENT_SENT);
        return finish_op(world, recipient, RECIPIENT_TIMEOUT);
    case PART_TAKEN_THEN_FAILED:
        put_attempt(world, sent_attempt(sent, 2, 2, 2));
        answer(world, attempt, ATTEMPT_TAKEN, RECIPIENT_NEW);
        return answer_op(world, attempt_id_of(recipient, 2), ATTEMPT_REFUSED, RECIPIENT_FAILED);
    case PART_TAKEN_THEN_EXPIRED:
        answer(world, attempt, ATTEMPT_TAKEN, RECIPIENT_NEW);
        return finish_op(world, recipient, RECIPIENT_EXPIRED);
    case RECEIPT_SAYS_FAILED:
        answer(world, attempt, ATTEMPT_TAKEN, RECIPIENT_SENT);
        return receipt_op(world, attempt, RECEIPT_UNDELIVERABLE);
    case RECEIPT_SAYS_DELIVERED:
        answer(world, attempt, ATTEMPT_TAKEN, RECIPIENT_SENT);
        return receipt_op(world, attempt, RECEIPT_DELIVERED);
    case LATE_RECEIPT_SAYS_FAILED:
        answer(world, attempt, ATTEMPT_TAKEN, RECIPIENT_SENT);
        struct store_op op = finish_op(world, recipient, RECIPIENT_TIMEOUT);
        world_write(world, &op);
        return receipt_op(world, attempt, RECEIPT_EXPIRED);
    default:
        answer(world, attempt, ATTEMPT_UNCERTAIN, RECIPIENT_SENT);
        return receipt_op(world, attempt, RECEIPT_REJECTED);
    }
}

static void the_price_comes_back_exactly_when_the_policy_names_the_reason(void **state)
{
    static const unsigned reasons[ENDING_COUNT] = {
        [REFUSED_AS_REJECTED] = REFUND_NOT_TAKEN,   [REFUSED_AS_FAILED] = REFUND_NOT_TAKEN,
        [FINISHED_EXPIRED] = REFUND_NOT_TAKEN,      [FINISHED_CANCELLED] = REFUND_CANCELLED,
        [FINISHED_UNCERTAIN] = REFUND_NOT_TAKEN,    [FINISHED_TIMEOUT] = REFUND_NEVER,
        [PART_TAKEN_THEN_FAILED] = REFUND_NEVER,    [PART_TAKEN_THEN_EXPIRED] = REFUND_NEVER,
        [RECEIPT_SAYS_FAILED] = REFUND_FAILED,      [RECEIPT_SAYS_DELIVERED] = REFUND_NEVER,
        [LATE_RECEIPT_SAYS_FAILED] = REFUND_FAILED, [UNCERTAIN_RECEIPT_FAILED] = REFUND_FAILED,
    };
    static const unsigned policies[] = {REFUND_NEVER, REFUND_NOT_TAKEN, REFUND_FAILED,
                                        REFUND_CANCELLED,
                                        REFUND_NOT_TAKEN | REFUND_FAILED | REFUND_CANCELLED};
    struct world *world = *state;
    struct account_id account = world_account(world, 10000);
    int64_t available = 10000;
    for (enum ending ending = 0; ending < ENDING_COUNT; ending++) {
        for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
            struct sent sent = accepted(world, account, 6, policies[i]);
            struct store_op op = ending_op(world, &sent, ending);
            assert_int_equal(world_write(world, &op), ERR_OK);
            bool refunded = (policies[i] & reasons[ending]) != 0;
            available -= refunded ? 0 : 6;
            struct balance balance = world_balance(world, account, ASSET_CREDIT);
            if (balance.available != available)
                fail_msg("ending %d, policy %u: refund expected: %d", ending, policies[i],
                         refunded);
            if (!refunded) continue;
            struct ledger_entry *entries;
            size_t count;
            assert_int_equal(store_ledger_page(world->reader, account, (struct ledger_id){0},
                                               &world->arena, 1, &entries, &count),
                             ERR_OK);
            assert_int_equal(entries[0].kind, LEDGER_REFUND);
            assert_int_equal(entries[0].amount, 6);
            assert_int_equal(entries[0].message.v, sent.message.id.v);
            assert_int_equal(entries[0].available, available);
        }
    }
}

static void nothing_is_paid_back_twice(void **state)
{
    struct world *world = *state;
    struct account_id account = world_account(world, 100);
    unsigned all = REFUND_NOT_TAKEN | REFUND_FAILED | REFUND_CANCELLED;
    struct sent sent = accepted(world, account, 10, all);
    assert_int_equal(answer(world, sent.attempt.id, ATTEMPT_REFUSED, RECIPIENT_REJECTED), ERR_OK);
    assert_int_equal(world_balance(world, account, ASSET_CREDIT).available, 100);
    answer(world, sent.attempt.id, ATTEMPT_REFUSED, RECIPIENT_REJECTED);
    struct store_op op = finish_op(world, sent.recipient.id, RECIPIENT_CANCELLED);
    assert_int_equal(world_write(world, &op), ERR_STALE);
    assert_int_equal(receipt(world, sent.attempt.id, RECEIPT_UNDELIVERABLE), ERR_OK);
    struct balance balance = world_balance(world, account, ASSET_CREDIT);
    assert_int_equal(balance.available, 100);
    assert_int_equal(balance.refunded, 10);
}

static void long_words_and_ids_are_cut_to_their_room(void **state)
{
    static const char longest[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef-and-more";
    struct world *world = *state;
    struct sent sent = accepted_free(world);
    struct store_op op = answer_op(world, sent.attempt.id, ATTEMPT_TAKEN, RECIPIENT_SENT);
    op.answer.carrier_id = slice_cstr(longest);
    assert_int_equal(world_write(world, &op), ERR_OK);
    op = receipt_op(world, sent.attempt.id, RECEIPT_UNDELIVERABLE);
    op.receipt.error = slice_cstr(longest);
    assert_int_equal(world_write(world, &op), ERR_OK);
    struct store_recipient story = world_recipient(world, sent.recipient.id);
    assert_int_equal(strlen(story.attempts[0].carrier_id), CARRIER_ID_MAX);
    assert_int_equal(strlen(story.attempts[0].receipt_error), ERROR_WORD_MAX);
    assert_int_equal(strlen(story.recipient.error_word), ERROR_WORD_MAX);
}

struct contract_tests contract_moves(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(an_answer_is_kept_on_the_attempt_and_moves_the_recipient),
        CONTRACT_TEST(an_answer_that_names_no_state_leaves_the_recipient_alone),
        CONTRACT_TEST(a_refused_recipient_may_wait_for_the_next_provider),
        CONTRACT_TEST(answers_to_nothing_are_not_found_and_late_ones_are_stale),
        CONTRACT_TEST(finishing_moves_only_along_the_state_table),
        CONTRACT_TEST(a_receipt_is_kept_and_decides),
        CONTRACT_TEST(a_verdict_after_a_verdict_is_kept_out),
        CONTRACT_TEST(a_receipt_for_a_recipient_that_is_settled_is_only_kept),
        CONTRACT_TEST(a_receipt_may_come_before_its_answer_and_after_the_report_window),
        CONTRACT_TEST(a_long_message_is_delivered_when_its_last_segment_is),
        CONTRACT_TEST(two_receipts_in_one_group_fold_together),
        CONTRACT_TEST(the_price_comes_back_exactly_when_the_policy_names_the_reason),
        CONTRACT_TEST(nothing_is_paid_back_twice),
        CONTRACT_TEST(long_words_and_ids_are_cut_to_their_room),
    };
    return CONTRACT_TESTS(tests);
}
