#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "edge/robase/robase_event.h"
#include "wire/field.h"

/* A message of 2 segments: beem refuses it at +2 s, termii takes both parts by +4 s, and the
   handset has them at +9 s. */
#define MADE 1800000000000ull

static const uint8_t secret[32];

struct world {
    struct robase_names *names;
    struct attempt attempts[4];
    struct store_recipient story;
    struct buf out;
};

static void name_provider(struct robase_names *names, uint16_t id, const char *name)
{
    struct provider provider = {.id = {id}};
    memcpy(provider.name, name, strlen(name));
    robase_names_put(names, &provider);
}

static struct attempt attempt_at(unsigned number, uint16_t provider, uint8_t segment,
                                 enum attempt_state state, uint64_t answered_at_ms)
{
    return (struct attempt){
        .id = attempt_id_of((struct recipient_id){7}, number),
        .provider = {provider},
        .segment = segment,
        .segments = 2,
        .state = state,
        .intent_at_ms = MADE + 1000,
        .answered_at_ms = MADE + answered_at_ms,
    };
}

static int set_up(void **state)
{
    struct world *world = MEM_NEW(struct world);
    world->names = MEM_NEW(struct robase_names);
    name_provider(world->names, 1, "beem");
    name_provider(world->names, 2, "termii");
    buf_init(&world->out, 1u << 20);
    struct attempt *attempts = world->attempts;
    attempts[0] = attempt_at(1, 1, 1, ATTEMPT_REFUSED, 2000);
    memcpy(attempts[0].error, "http_502", 9);
    attempts[1] = attempt_at(2, 2, 1, ATTEMPT_TAKEN, 3000);
    attempts[2] = attempt_at(3, 2, 2, ATTEMPT_TAKEN, 4000);
    memcpy(attempts[1].carrier_id, "t-1", 4);
    for (unsigned i = 1; i <= 2; i++) {
        attempts[i].receipt = RECEIPT_DELIVERED;
        attempts[i].receipt_at_ms = MADE + 9000;
        memcpy(attempts[i].network, "mtn_ng", 7);
    }
    world->story = (struct store_recipient){
        .message = {.id = {id_first_at(MADE)},
                    .sender = SLICE("ACME"),
                    .text = SLICE("hi"),
                    .segments = 2,
                    .rate = 400,
                    .currency = "NGN",
                    .country = "NG",
                    .first_provider = {1},
                    .supplied_recipient = SLICE("+2348031112222")},
        .recipient = {.id = {7},
                      .number = 2348031112222,
                      .state = RECIPIENT_DELIVERED,
                      .changed_at_ms = MADE + 9000},
        .attempts = attempts,
        .attempt_count = 3,
    };
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    buf_done(&world->out);
    mem_free(world->names);
    mem_free(world);
    return 0;
}

static struct robase_view view_of(const struct world *world)
{
    return (struct robase_view){.id_secret = secret, .names = world->names};
}

/* The resource as text; valid until the next one. */
static const char *written(struct world *world, const struct robase_view *view)
{
    struct json_writer json;
    buf_clear(&world->out);
    json_writer_init(&json, &world->out);
    robase_sms_write(&json, view);
    buf_add_byte(&world->out, '\0');
    return world->out.at;
}

static void assert_says(const char *json, const char *part)
{
    if (!strstr(json, part)) fail_msg("%s\nis not in\n%s", part, json);
}

static void assert_silent(const char *json, const char *part)
{
    if (strstr(json, part)) fail_msg("%s\nis in\n%s", part, json);
}

static void as_of_acceptance_nothing_has_been_tried(void **state)
{
    struct world *world = *state;
    struct robase_view view = view_of(world);
    robase_view_accepted(&view, &world->story.message);
    const char *json = written(world, &view);
    assert_says(json, "\"status\":\"queued\",\"to\":\"+2348031112222\",\"from\":\"ACME\"");
    assert_says(json, "\"provider\":\"beem\",\"provider_attempts\":[]");
    assert_says(json, "\"cost\":{\"amount_kobo\":400,\"currency\":\"NGN\",\"total_kobo\":800}");
    assert_says(json, "\"created_at\":\"2027-01-15T08:00:00Z\"}");
    assert_silent(json, "carrier");
    assert_silent(json, "error_");
}

static void what_waits_for_its_time_has_no_provider_yet(void **state)
{
    struct world *world = *state;
    struct robase_view view = view_of(world);
    world->story.message.send_at_ms = MADE + 3600000;
    robase_view_accepted(&view, &world->story.message);
    const char *json = written(world, &view);
    assert_says(json, "\"status\":\"scheduled\"");
    assert_says(json, "\"send_at\":\"2027-01-15T09:00:00Z\"");
    assert_silent(json, "\"provider\"");
}

static void now_every_try_is_one_entry_and_the_winner_is_named(void **state)
{
    struct world *world = *state;
    struct robase_view view = view_of(world);
    robase_view_now(&view, &world->story);
    const char *json = written(world, &view);
    assert_says(json, "\"status\":\"delivered\"");
    assert_says(json,
                "\"carrier\":\"mtn_ng\",\"provider\":\"termii\",\"provider_message_id\":\"t-1\"");
    assert_says(json,
                "\"provider_attempts\":[{\"provider\":\"beem\",\"attempted_at\":"
                "\"2027-01-15T08:00:01Z\",\"ok\":false,\"error_code\":\"http_502\","
                "\"error_message\":\"the provider answered with HTTP status 502\"},"
                "{\"provider\":\"termii\",\"attempted_at\":\"2027-01-15T08:00:01Z\",\"ok\":true,"
                "\"provider_message_id\":\"t-1\"}]");
    assert_says(json,
                "\"sent_at\":\"2027-01-15T08:00:04Z\",\"delivered_at\":\"2027-01-15T08:00:09Z\"");
}

static void an_event_shows_what_was_known_then(void **state)
{
    struct world *world = *state;
    struct robase_view view = view_of(world);
    robase_view_at(&view, &world->story, EVENT_QUEUED, MADE);
    const char *json = written(world, &view);
    assert_says(json, "\"status\":\"queued\"");
    assert_says(json, "\"provider\":\"beem\",\"provider_attempts\":[]");
    robase_view_at(&view, &world->story, EVENT_SENT, MADE + 4000);
    json = written(world, &view);
    assert_says(json, "\"status\":\"sent\"");
    assert_says(json, "\"provider\":\"termii\",\"provider_message_id\":\"t-1\"");
    assert_says(json, "\"sent_at\":\"2027-01-15T08:00:04Z\"}");
    assert_silent(json, "carrier");
}

/* The body of one event, in memory of its own. */
static char *event_body(struct world *world, enum event_type type, uint64_t at_ms)
{
    struct robase_view view = view_of(world);
    struct event event = {.id = {id_first_at(MADE) + 5}, .type = type, .at_ms = at_ms};
    struct json_writer json;
    buf_clear(&world->out);
    json_writer_init(&json, &world->out);
    robase_event_write(&json, &view, &world->story, &event);
    return mem_copy(world->out.at, world->out.size);
}

static void an_event_is_the_same_however_far_the_message_has_got(void **state)
{
    struct world *world = *state;
    char *late = event_body(world, EVENT_SENT, MADE + 4000);
    world->story.recipient.state = RECIPIENT_SENT;
    world->story.recipient.changed_at_ms = MADE + 4000;
    for (unsigned i = 1; i <= 2; i++) {
        world->attempts[i].receipt = RECEIPT_UNKNOWN_WORD;
        world->attempts[i].receipt_at_ms = 0;
        world->attempts[i].network[0] = '\0';
    }
    char *early = event_body(world, EVENT_SENT, MADE + 4000);
    assert_string_equal(late, early);
    assert_says(late, "{\"id\":\"evt_");
    assert_says(late, "\"type\":\"sms.sent\",\"created_at\":\"2027-01-15T08:00:04Z\",\"data\":{");
    assert_says(late, "\"sms_id\":\"");
    assert_says(late, "\"error_code\":\"\",\"error_message\":\"\"");
    mem_free(late);
    mem_free(early);
}

static void a_failure_names_its_error(void **state)
{
    static const struct {
        const char *word, *code, *message;
    } rows[] = {
        {"provider_unavailable", "provider_unavailable", "no provider could take the message"},
        {"no_route", "provider_unavailable", "no provider serves this destination"},
        {"017", "017", "the carrier reported error 017"},
        {"", "provider_error", "the provider refused the message"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct robase_view view = view_of(world);
        struct buf wanted;
        buf_init(&wanted, 1024);
        world->story.recipient.state = RECIPIENT_FAILED;
        memcpy(world->story.recipient.error_word, rows[i].word, strlen(rows[i].word) + 1);
        robase_view_now(&view, &world->story);
        buf_printf(&wanted, "\"error_code\":\"%s\",\"error_message\":\"%s\"}%c", rows[i].code,
                   rows[i].message, 0);
        const char *json = written(world, &view);
        assert_says(json, "\"status\":\"failed\"");
        assert_says(json, wanted.at);
        buf_done(&wanted);
    }
}

static void an_attempt_without_an_answer_is_no_try_yet(void **state)
{
    struct world *world = *state;
    struct robase_view view = view_of(world);
    world->attempts[2].state = ATTEMPT_INTENT;
    world->attempts[2].answered_at_ms = 0;
    world->story.recipient.state = RECIPIENT_QUEUED;
    robase_view_now(&view, &world->story);
    const char *json = written(world, &view);
    assert_says(json, "\"provider\":\"beem\"");
    assert_silent(json, "termii");
    assert_silent(json, "sent_at");
}

static void a_test_message_is_the_simulators(void **state)
{
    struct world *world = *state;
    struct robase_view view = view_of(world);
    world->story.message.test = true;
    robase_view_accepted(&view, &world->story.message);
    const char *json = written(world, &view);
    assert_says(json, "\"provider\":\"simulator\"");
    assert_says(json, "\"test_mode\":true");
}

/* How often each type of event is in the page, in the order that is expected. */
static void assert_events(struct world *world, const char *const *types, size_t count)
{
    struct robase_view view = view_of(world);
    struct json_writer json;
    buf_clear(&world->out);
    json_writer_init(&json, &world->out);
    robase_events_write(&json, &view, &world->story);
    buf_add_byte(&world->out, '\0');
    const char *at = world->out.at;
    for (size_t i = 0; i < count; i++) {
        at = strstr(at, "\"type\":\"sms.");
        assert_non_null(at);
        at += strlen("\"type\":\"");
        assert_memory_equal(at, types[i], strlen(types[i]));
    }
    assert_null(strstr(at, "\"type\":\"sms."));
}

static void the_page_tells_the_story_oldest_first(void **state)
{
    struct world *world = *state;
    assert_events(world, (const char *[]){"sms.queued", "sms.sent", "sms.delivered"}, 3);
    world->story.recipient.state = RECIPIENT_SCHEDULED;
    world->story.attempt_count = 0;
    assert_events(world, (const char *[]){""}, 0);
    world->story.recipient.state = RECIPIENT_CANCELLED;
    assert_events(world, (const char *[]){"sms.cancelled"}, 1);
    world->story.recipient.state = RECIPIENT_REJECTED;
    assert_events(world, (const char *[]){"sms.queued", "sms.rejected"}, 2);
}

static void a_receipt_after_the_end_is_told_as_a_report(void **state)
{
    struct world *world = *state;
    world->attempts[1].late = RECEIPT_UNDELIVERABLE;
    world->attempts[1].late_at_ms = MADE + 20000;
    assert_events(world, (const char *[]){"sms.queued", "sms.sent", "sms.delivered", "sms.report"},
                  4);
}

static void parts_that_fail_one_after_the_other_are_one_event(void **state)
{
    struct world *world = *state;
    world->story.recipient.state = RECIPIENT_FAILED;
    for (unsigned i = 1; i <= 2; i++)
        world->attempts[i].receipt = RECEIPT_UNDELIVERABLE;
    world->attempts[2].receipt_at_ms = MADE + 9500;
    assert_events(world, (const char *[]){"sms.queued", "sms.sent", "sms.failed"}, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(as_of_acceptance_nothing_has_been_tried),
        TEST(what_waits_for_its_time_has_no_provider_yet),
        TEST(now_every_try_is_one_entry_and_the_winner_is_named),
        TEST(an_event_shows_what_was_known_then),
        TEST(an_event_is_the_same_however_far_the_message_has_got),
        TEST(a_failure_names_its_error),
        TEST(an_attempt_without_an_answer_is_no_try_yet),
        TEST(a_test_message_is_the_simulators),
        TEST(the_page_tells_the_story_oldest_first),
        TEST(a_receipt_after_the_end_is_told_as_a_report),
        TEST(parts_that_fail_one_after_the_other_are_one_event),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
