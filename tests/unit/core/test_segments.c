/* Answers to the segments of one long message. */
#include "world.h"

#include <stdio.h>

struct said {
    enum attempt_state state;
    uint32_t status;
};

/* T taken, R refused for good, r for now, H throttled, N not sent, U lost. */
static struct said said_of(char letter)
{
    switch (letter) {
    case 'T':
        return (struct said){ATTEMPT_TAKEN, 0};
    case 'R':
        return (struct said){ATTEMPT_REFUSED, ESME_RSUBMITFAIL};
    case 'r':
        return (struct said){ATTEMPT_REFUSED, ESME_RSYSERR};
    case 'H':
        return (struct said){ATTEMPT_THROTTLED, ESME_RTHROTTLED};
    case 'N':
        return (struct said){ATTEMPT_NOT_SENT, 0};
    default:
        return (struct said){ATTEMPT_UNCERTAIN, 0};
    }
}

static void answer_letter(struct world *world, size_t index, char letter)
{
    struct said said = said_of(letter);
    char id[24];
    snprintf(id, sizeof id, "id-%zu", index);
    world_answer(world, index, said.state, said.status, letter == 'T' ? id : "");
}

static struct world *two_providers(struct provider_id *b, const char *quirks)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 10, 0, quirks);
    *b = world_provider(world, "b", 10, 0, "");
    assert_int_equal(world_route(world, "*", "a,b"), ERR_OK);
    world_link(world, world->a, 1);
    world_link(world, *b, 1);
    return world;
}

/* Which segments leave again, by which provider, after the three first answers in this order; a
   minute later everything that left again is taken. */
static const struct row {
    const char *quirks, *answers, *again;
    enum recipient_state state; /* after the answers */
    enum recipient_state end;
    int64_t available;
} rows[] = {
    {"", "TTT", "", RECIPIENT_SENT, RECIPIENT_SENT, 997},
    /* refused for good: all of it by the next, unless some was taken */
    {"", "RRR", "b1b2b3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "RHN", "b1b2b3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "TTR", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 997},
    {"", "RTT", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 997},
    {"", "RTH", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 997},
    /* refused for now */
    {"", "rrr", "b1b2b3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "TTr", "a3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "rTr", "a1a3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "rTR", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 997},
    {"", "rTH", "a1a3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    /* not decided: the same segment again */
    {"", "THT", "a2", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "NNN", "a1a2a3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "TNH", "a2a3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    /* lost, under each policy */
    {"", "UUU", "a1a2a3", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"", "TUT", "a2", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"uncertain=wait", "UUU", "", RECIPIENT_SENT, RECIPIENT_SENT, 997},
    {"uncertain=wait", "TUT", "", RECIPIENT_SENT, RECIPIENT_SENT, 997},
    {"uncertain=wait", "UHT", "a2", RECIPIENT_QUEUED, RECIPIENT_SENT, 997},
    {"uncertain=wait", "URT", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 997},
    {"uncertain=fail", "UUU", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 1000},
    {"uncertain=fail", "TUT", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 997},
    {"uncertain=fail", "Urr", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 1000},
    {"uncertain=fail", "UHN", "", RECIPIENT_FAILED, RECIPIENT_FAILED, 1000},
};

static void run_row(const struct row *row)
{
    struct provider_id b;
    struct world *world = two_providers(&b, row->quirks);
    const struct command *sent = world_send(world, world_long_text(world, 400));
    assert_int_equal(world->submit_count, 3);
    for (size_t i = 0; i < 3; i++)
        answer_letter(world, i, row->answers[i]);
    enum recipient_state state = world_state(world, sent);
    if (state != row->state) fail_msg("%s: %s", row->answers, recipient_state_names[state]);
    char again[64] = "";
    for (int round = 0; round < 60; round++) {
        world_pass(world, 1000);
        world_take_all(world);
    }
    for (size_t i = 3; i < world->submit_count; i++) {
        const struct submit *submit = &world->submits[i].submit;
        size_t at = strlen(again);
        snprintf(again + at, sizeof again - at, "%c%u", submit->provider.v == b.v ? 'b' : 'a',
                 submit->segment.number);
    }
    assert_string_equal(again, row->again);
    state = world_state(world, sent);
    if (state != row->end) fail_msg("%s: %s at last", row->answers, recipient_state_names[state]);
    assert_int_equal(world_available(world), row->available);
    assert_int_equal(world->core->dispatch.pendings.count, 0);
    world_free(world);
}

static void what_the_segments_together_make_of_the_message(void **state)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        run_row(&rows[i]);
}

/* Six orders in which three answers can come, and each answer's share of the outcome is the same.
 */
static void the_order_of_the_answers_does_not_matter(void **state)
{
    static const size_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                       {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const struct {
        const char *answers;
        enum recipient_state state;
    } cases[] = {
        {"TTT", RECIPIENT_SENT},   {"TTR", RECIPIENT_FAILED}, {"TRH", RECIPIENT_FAILED},
        {"THR", RECIPIENT_FAILED}, {"RRH", RECIPIENT_QUEUED}, {"TTr", RECIPIENT_QUEUED},
        {"TRr", RECIPIENT_FAILED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t order = 0; order < 6; order++) {
            struct provider_id b;
            struct world *world = two_providers(&b, "");
            const struct command *sent = world_send(world, world_long_text(world, 400));
            for (size_t k = 0; k < 3; k++) {
                struct said said = said_of(cases[i].answers[orders[order][k]]);
                world_ask_answer(world, orders[order][k], said.state, said.status, "x");
                if (order % 2) world_tick(world); /* together, or one by one */
            }
            world_tick(world);
            enum recipient_state now = world_state(world, sent);
            if (now != cases[i].state)
                fail_msg("%s in order %zu: %s", cases[i].answers, order,
                         recipient_state_names[now]);
            world_free(world);
        }
}

static void a_refusal_waits_for_those_that_are_still_out_and_stops_the_rest(void **state)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 2, 0, "");
    struct provider_id b = world_provider(world, "b", 10, 0, "");
    world_route(world, "*", "a,b");
    world_link(world, world->a, 1);
    world_link(world, b, 1);
    const struct command *sent = world_send(world, world_long_text(world, 600)); /* 4 segments */
    world_settle(world);
    assert_int_equal(world->submit_count, 2);
    answer_letter(world, 0, 'R');
    world_settle(world);
    assert_int_equal(world->submit_count, 2); /* neither the third nor the other provider */
    assert_int_equal(world_state(world, sent), RECIPIENT_QUEUED);
    answer_letter(world, 1, 'N');
    world_settle(world);
    assert_int_equal(world->submit_count, 6);
    for (size_t i = 2; i < 6; i++)
        assert_int_equal(world->submits[i].submit.provider.v, b.v);
    world_free(world);
}

static void once_a_part_was_taken_the_others_wait_for_that_carrier(void **state)
{
    struct provider_id b;
    struct world *world = two_providers(&b, "");
    const struct command *sent = world_send(world, world_long_text(world, 400));
    answer_letter(world, 0, 'T');
    struct command down = {.kind = COMMAND_LINK, .link = {world->a, 0}};
    world_do(world, &down);
    answer_letter(world, 1, 'N');
    answer_letter(world, 2, 'U');
    world_pass(world, 10000);
    assert_int_equal(world->submit_count, 3);
    world_link(world, world->a, 1);
    world_settle(world);
    assert_int_equal(world->submit_count, 5);
    assert_int_equal(world->submits[3].submit.segment.number, 2);
    assert_false(world_attempt(world, 3).possible_duplicate);
    assert_true(world_attempt(world, 4).possible_duplicate);
    answer_letter(world, 3, 'T');
    answer_letter(world, 4, 'T');
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    world_free(world);
}

static void another_cutting_keeps_the_mark_of_a_possible_duplicate(void **state)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 10, 0, "");
    struct provider_id b = world_provider(world, "b", 10, 0, "long=payload");
    world_route(world, "*", "a,b");
    world_link(world, world->a, 1);
    world_link(world, b, 1);
    const struct command *sent = world_send(world, world_long_text(world, 400));
    struct command down = {.kind = COMMAND_LINK, .link = {world->a, 0}};
    world_do(world, &down);
    for (size_t i = 0; i < 3; i++)
        answer_letter(world, i, i == 1 ? 'U' : 'N');
    world_pass(world, 1100); /* who waits for nobody is looked for once a second */
    assert_int_equal(world->submit_count, 4);
    assert_int_equal(world->submits[3].submit.segment.total, 1);
    assert_true(world_attempt(world, 3).possible_duplicate);
    answer_letter(world, 3, 'U'); /* the one resend has been made */
    world_pass(world, 60000);
    assert_int_equal(world->submit_count, 4);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    world_free(world);
}

/* 12 segments through a window of 2, refused for now for hours: the numbers of attempts run out in
   the middle of a round. */
static void running_out_of_attempts_ends_it_in_good_order(void **state)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 2, 0, "");
    world_route(world, "*", "a");
    world_link(world, world->a, 1);
    struct command send = world_send_command(world, world_long_text(world, 1800));
    send.send.bill = SEGMENT_BILL_AIR;
    const struct command *sent = world_do(world, &send);
    world_settle(world);
    for (size_t i = 0; i < 400 && world_state(world, sent) == RECIPIENT_QUEUED; i++) {
        for (size_t k = 0; k < world->submit_count; k++)
            if (!world->submits[k].answered) answer_letter(world, k, 'r');
        world->mono_ms += 600000;
        world_tick(world);
        world_settle(world);
    }
    struct store_recipient row = world_recipient(world, sent);
    assert_int_equal(row.recipient.state, RECIPIENT_REJECTED);
    assert_string_equal(row.recipient.error_word, "too_many_attempts");
    assert_true(row.attempt_count > 200);
    assert_int_equal(world_available(world), 1000);
    world_free(world);
}

static void throttling_needs_no_new_number(void **state)
{
    struct world *world = world_new();
    world_link(world, world->a, 20);
    struct command send = world_send_command(world, world_long_text(world, 8000)); /* 53 segments */
    const struct command *sent = world_do(world, &send);
    world_settle(world);
    for (int round = 0; round < 3; round++) {
        for (size_t k = 0; k < world->submit_count; k++)
            if (!world->submits[k].answered) answer_letter(world, k, 'r');
        world->mono_ms += 600000;
        world_tick(world);
        world_settle(world);
    }
    assert_int_equal(world->submit_count, 4 * 53); /* a fifth round would need 265 */
    for (size_t k = 3 * 53; k < 4 * 53; k++)
        answer_letter(world, k, k % 2 ? 'N' : 'T');
    world_settle(world);
    world_take_all(world);
    assert_int_equal(world_state(world, sent), RECIPIENT_SENT);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_segments_together_make_of_the_message),
        cmocka_unit_test(the_order_of_the_answers_does_not_matter),
        cmocka_unit_test(a_refusal_waits_for_those_that_are_still_out_and_stops_the_rest),
        cmocka_unit_test(once_a_part_was_taken_the_others_wait_for_that_carrier),
        cmocka_unit_test(another_cutting_keeps_the_mark_of_a_possible_duplicate),
        cmocka_unit_test(running_out_of_attempts_ends_it_in_good_order),
        cmocka_unit_test(throttling_needs_no_new_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
