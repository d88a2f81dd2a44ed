/* What customers are told in the dialect of Robase. */
#include <inttypes.h>
#include <stdio.h>

#include "sim/model.h"
#include "sim/world.h"
#include "wire/json.h"
#include "wire/json_view.h"
#include "wire/uuid.h"

struct sms_fields {
    struct field id, segments;
};
static const struct field_spec sms_specs[] = {
    {"id", FIELD_TEXT, offsetof(struct sms_fields, id)},
    {"segments", FIELD_INTEGER, offsetof(struct sms_fields, segments)},
};

struct error_fields {
    struct field type;
};
static const struct field_spec error_specs[] = {
    {"type", FIELD_TEXT, offsetof(struct error_fields, type)},
};

/* An answer that is remembered under the request's key and told to whoever asks again. */
static bool is_kept(unsigned status)
{
    return status < 500 && status != 401 && status != 403 && status != 429;
}

static bool is_replay(const struct line_answer *answer)
{
    static const char name[] = "\r\nIdempotent-Replay: true\r\n";
    return memmem(answer->head.at, answer->head.size, name, sizeof name - 1) != NULL;
}

static void check_sms(struct model *model, struct story *story, struct slice json)
{
    struct arena arena = {0};
    struct sms_fields fields;
    struct message message;
    uint64_t id = 0;
    model_read_secret(model);
    if (!json_read(json, JSON_STRICT, sms_specs, 2, &arena, &fields, NULL, NULL) ||
        !uuid_read(fields.id.text, model->id_secret, &id))
        world_fail("a resource that cannot be read: %.*s", (int)json.size, json.at);
    if (store_message(store_own_reader(model->store), (struct message_id){id}, &arena, &message))
        world_fail("told of a message that is not in the store");
    if (story->message != id) model_complain(model, story, "told the id of another message");
    if (fields.segments.integer != story->segments)
        model_complain(model, story, "told of other segments");
    snprintf(story->id, sizeof story->id, "%.*s", (int)fields.id.text.size, fields.id.text.at);
    arena_done(&arena);
}

/* What came of one message. `first`: it is not said to be a replay. */
static void note(struct model *model, struct story *story, unsigned status, bool first)
{
    bool accepted = status == 200 || status == 202;
    if (story->keyed && !is_kept(status)) return;
    if (story->answering == ANSWER_CAME && story->status != status)
        world_fail("a repeated request is told %u, and was told %u", status, story->status);
    if (story->keyed && first && story->firsts++)
        model_complain(model, story, "two answers to one key say that they are the first");
    story->answering = ANSWER_CAME;
    story->status = status;
    if (!accepted && story->message)
        world_fail("a message is accepted, and its sender is told %u", status);
}

static void check_refusal(unsigned status, struct slice body)
{
    if (status != 401 && status != 402 && status != 403 && status != 429 && status != 500 &&
        status != 503)
        world_fail("an answer of %u: %.*s", status, (int)body.size, body.at);
}

void model_sent(struct model *model, struct story *story, const struct line_answer *answer)
{
    if (answer->status == 202)
        check_sms(model, story, answer->body);
    else
        check_refusal(answer->status, answer->body);
    note(model, story, answer->status, !is_replay(answer));
}

struct row_fields {
    struct field index, replayed, sms, error;
};
static const struct field_spec row_specs[] = {
    {"index", FIELD_INTEGER, offsetof(struct row_fields, index)},
    {"replayed", FIELD_BOOL, offsetof(struct row_fields, replayed)},
    {"sms", FIELD_OBJECT, offsetof(struct row_fields, sms)},
    {"error", FIELD_OBJECT, offsetof(struct row_fields, error)},
};

static unsigned status_of(struct slice error)
{
    struct arena arena = {0};
    struct error_fields fields;
    unsigned status = 500;
    if (!json_read(error, JSON_STRICT, error_specs, 1, &arena, &fields, NULL, NULL))
        world_fail("an error that cannot be read: %.*s", (int)error.size, error.at);
    if (slice_eq(fields.type.text, SLICE("sms_quota_exceeded")))
        status = 402;
    else if (!slice_eq(fields.type.text, SLICE("internal_error")))
        world_fail("a row is refused: %.*s", (int)error.size, error.at);
    arena_done(&arena);
    return status;
}

static void row_sent(struct model *model, struct story *story, const struct row_fields *row,
                     bool replay)
{
    bool accepted = row->sms.state == FIELD_SET;
    if (accepted) check_sms(model, story, row->sms.text);
    note(model, story, accepted ? 200 : status_of(row->error.text),
         !replay && row->replayed.state != FIELD_SET);
}

struct batch_fields {
    struct field data;
};
static const struct field_spec batch_specs[] = {
    {"data", FIELD_ARRAY, offsetof(struct batch_fields, data)},
};

void model_batch_sent(struct model *model, const struct ask *ask, const struct line_answer *answer)
{
    struct arena arena = {0};
    struct batch_fields fields;
    struct json_walk walk;
    struct json_view at;
    size_t count = 0;
    if (answer->status != 200) {
        check_refusal(answer->status, answer->body);
        if (is_kept(answer->status)) world_fail("a batch is refused with %u", answer->status);
        return;
    }
    if (!json_read(answer->body, JSON_STRICT, batch_specs, 1, &arena, &fields, NULL, NULL) ||
        !json_walk_begin(&walk, fields.data.text))
        world_fail("a batch's answer that cannot be read");
    for (; json_walk_next(&walk, NULL, &at); count++) {
        struct row_fields row;
        if (!json_read(at.raw, JSON_STRICT, row_specs, 4, &arena, &row, NULL, NULL) ||
            row.index.integer != (int64_t)count)
            world_fail("a row that cannot be read: %.*s", (int)at.raw.size, at.raw.at);
        row_sent(model, model->stories[ask->first + count % ask->count], &row, is_replay(answer));
    }
    if (count != ask->count + model->stories[ask->first]->row_twice)
        world_fail("%zu rows are answered, not %zu", count, ask->count);
    arena_done(&arena);
}

/* ---- Cancelling ---------------------------------------------------------------------------- */

void model_cancelled(struct model *model, struct story *story, unsigned status)
{
    /* By the earliest that its clock may have been. */
    uint64_t wall_ms =
        clock_wall_ms(&world.clock) + (uint64_t)(world.jumped_most_ms - world.jumped_ms);
    if (status == 200 && story->state != RECIPIENT_CANCELLED)
        model_complain(model, story, "said to be cancelled, and is not");
    if (status == 409 && story->state == RECIPIENT_SCHEDULED && wall_ms < story->send_at_ms)
        model_complain(model, story, "it could still be cancelled");
    if (status != 200 && status != 409 && status != 401 && status != 403 && status != 429 &&
        status != 500 && status != 503)
        world_fail("an answer of %u to a cancel", status);
}
