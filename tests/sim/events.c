/* Events of Robase messages: the customers' receivers check each as a customer would, and the model
   whether what it says has happened, and in the end whether all that happened was said. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "base/hash.h"
#include "base/mem.h"
#include "sim/model.h"
#include "sim/world.h"
#include "wire/json.h"
#include "wire/uuid.h"

#define EVENT_BODY_MAX 65536
/* Longer than a sender of events waits. */
#define LATE_MS 12000

static const struct {
    const char *word, *status;
    enum recipient_state state;
} kinds[EVENT_KINDS] = {
    {"sms.queued", "queued", RECIPIENT_QUEUED},          {"sms.sent", "sent", RECIPIENT_SENT},
    {"sms.delivered", "delivered", RECIPIENT_DELIVERED}, {"sms.failed", "failed", RECIPIENT_FAILED},
    {"sms.rejected", "rejected", RECIPIENT_REJECTED},
};

struct event_fields {
    struct field id, type, data;
};
static const struct field_spec event_specs[] = {
    {"id", FIELD_TEXT, offsetof(struct event_fields, id)},
    {"type", FIELD_TEXT, offsetof(struct event_fields, type)},
    {"data", FIELD_OBJECT, offsetof(struct event_fields, data)},
};

struct data_fields {
    struct field id, status, test;
};
static const struct field_spec data_specs[] = {
    {"sms_id", FIELD_TEXT, offsetof(struct data_fields, id)},
    {"status", FIELD_TEXT, offsetof(struct data_fields, status)},
    {"test_mode", FIELD_BOOL, offsetof(struct data_fields, test)},
};

/* ---- What is told -------------------------------------------------------------------------- */

/* "t=<unix>,v1=<hex>": the hex is that of stamp, point and body. */
static void check_signature(const struct customer *customer, struct slice stamp, struct slice body)
{
    crypto_auth_hmacsha256_state state;
    uint8_t mac[crypto_auth_hmacsha256_BYTES];
    char hex[2 * sizeof mac + 1];
    struct slice rest = stamp, time;
    slice_cut(&rest, ',', &time);
    if (!slice_starts(time, SLICE("t=")) || !slice_starts(rest, SLICE("v1=")))
        world_fail("a signature of another form: %.*s", (int)stamp.size, stamp.at);
    time = slice_from(time, 2);
    crypto_auth_hmacsha256_init(&state, (const uint8_t *)customer->secret,
                                strlen(customer->secret));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)time.at, time.size);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)".", 1);
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)body.at, body.size);
    crypto_auth_hmacsha256_final(&state, mac);
    sodium_bin2hex(hex, sizeof hex, mac, sizeof mac);
    if (!slice_eq(slice_from(rest, 3), slice_cstr(hex))) world_fail("a signature that is wrong");
}

static struct story *story_of(struct model *model, const struct data_fields *data)
{
    uint64_t id;
    model_read_secret(model);
    if (!uuid_read(data->id.text, model->id_secret, &id)) world_fail("an event of no message");
    struct story *story = map_get_pointer(&model->by_message, id);
    if (!story || !story->robase) world_fail("an event of a message that is none of Robase's");
    return story;
}

/* The same id and the same bytes, however often it comes. */
static void check_again(struct model *model, const struct story *story, struct told_event *told,
                        uint64_t id, struct slice body)
{
    uint64_t bytes = hash_slice(body, 0);
    if (!told->tries++) {
        told->id = id;
        told->bytes = bytes;
        told->first = mem_copy(body.at, body.size);
        return;
    }
    if (told->id != id) model_complain(model, story, "two events say the same");
    if (told->bytes != bytes)
        world_fail("an event comes with other bytes:\n%s\n%.*s", told->first, (int)body.size,
                   body.at);
}

static struct told_event *event_came(struct model *model, const struct customer *customer,
                                     struct slice name, struct slice body)
{
    struct arena arena = {0};
    struct event_fields fields;
    struct data_fields data;
    size_t kind = 0;
    if (!json_read(body, JSON_STRICT, event_specs, 3, &arena, &fields, NULL, NULL) ||
        !json_read(fields.data.text, JSON_STRICT, data_specs, 3, &arena, &data, NULL, NULL))
        world_fail("an event cannot be read: %.*s", (int)body.size, body.at);
    while (kind < EVENT_KINDS && !slice_eq(fields.type.text, slice_cstr(kinds[kind].word)))
        kind++;
    if (kind == EVENT_KINDS || !slice_eq(name, fields.type.text) ||
        !slice_eq(data.status.text, slice_cstr(kinds[kind].status)))
        world_fail("an event of another kind: %.*s", (int)body.size, body.at);
    struct story *story = story_of(model, &data);
    if (story->account != customer->account || (data.test.integer != 0) != story->test)
        model_complain(model, story, "an event for another account, or of another mode");
    if (!(story->seen & 1u << kind))
        model_complain(model, story, "an event of what did not happen");
    struct told_event *told = &story->told[kind];
    check_again(model, story, told, hash_slice(fields.id.text, 1), body);
    arena_done(&arena);
    return told;
}

/* ---- The receivers ------------------------------------------------------------------------- */

struct late {
    struct loop_timer timer;
    struct http_ref request;
};

static void answer_late(struct loop_timer *timer)
{
    struct late *late = (struct late *)(void *)timer;
    struct http_request *request = http_find(world.hook_server, late->request);
    if (request) http_answer(request, &(struct http_answer){.status = 200});
    late->request = (struct http_ref){0};
    timer->fire = NULL;
}

static struct late lates[64];

static void answer_too_late(struct http_request *request)
{
    for (size_t i = 0; i < sizeof lates / sizeof *lates; i++) {
        if (lates[i].timer.fire) continue;
        lates[i] = (struct late){.timer.fire = answer_late, .request = http_ref(request)};
        loop_timer_start(world.hooks, &lates[i].timer, LATE_MS);
        return;
    }
}

void events_close(void)
{
    for (size_t i = 0; i < sizeof lates / sizeof *lates; i++)
        if (lates[i].timer.fire) loop_timer_stop(world.hooks, &lates[i].timer);
}

static void event_on_request(void *user, struct http_request *request, struct http_accept *accept)
{
    accept->body_limit = EVENT_BODY_MAX;
}

static void event_on_body_end(void *user, struct http_request *request, struct slice body)
{
    struct slice path = http_path(request), name, stamp;
    size_t index = (size_t)(path.at[path.size - 1] - '0');
    if (index >= world.script.customers) world_fail("an event for nobody");
    const struct customer *customer = &world.customers[index];
    if (!http_header(request, "Robase-Event", &name) ||
        !http_header(request, "Robase-Signature", &stamp))
        world_fail("an event without its headers");
    check_signature(customer, stamp, body);
    struct told_event *told = event_came(&world.model, customer, name, body);
    if (world.faults && sim_random(100) < world.script.hook_silent_percent) {
        if (sim_random(2)) answer_too_late(request);
        return;
    }
    bool fails = world.faults && sim_random(100) < world.script.hook_fail_percent;
    told->good |= !fails;
    http_answer(request, &(struct http_answer){.status = fails ? 500 : 200});
}

const struct http_edge event_edge = {
    .prefix = {EVENTS_PATH, sizeof EVENTS_PATH - 1},
    .on_request = event_on_request,
    .on_body_end = event_on_body_end,
};

/* ---- What happened ------------------------------------------------------------------------- */

void events_saw(struct story *story, enum recipient_state state, bool stays)
{
    if (state == RECIPIENT_EXPIRED) state = RECIPIENT_FAILED;
    for (size_t kind = 0; story->robase && kind < EVENT_KINDS; kind++) {
        if (kinds[kind].state != state) continue;
        story->seen |= 1u << kind;
        if (stays) story->must_tell |= 1u << kind;
    }
}

/* Where the wall clock has jumped over the table of retries an event may be given up. */
bool events_are_told(const struct model *model, const struct story **out_story)
{
    bool forgiven = world.jumped_most_ms > 0;
    for (size_t i = 0; !forgiven && i < model->story_count; i++) {
        const struct story *story = model->stories[i];
        for (size_t kind = 0; kind < EVENT_KINDS; kind++) {
            if (!(story->must_tell & 1u << kind) || story->told[kind].good) continue;
            *out_story = story;
            return false;
        }
    }
    return true;
}
