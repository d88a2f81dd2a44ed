/* What customers are told and what carriers get, at the moment when they do. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "sim/model.h"
#include "sim/world.h"
#include "wire/json.h"
#include "wire/uuid.h"

/* ---- Customers ----------------------------------------------------------------------------- */

struct sent_fields {
    struct field id, price;
};
static const struct field_spec sent_specs[] = {
    {"ID", FIELD_TEXT, offsetof(struct sent_fields, id)},
    {"creditCost", FIELD_INTEGER, offsetof(struct sent_fields, price)},
};

void model_read_secret(struct model *model)
{
    struct arena arena = {0};
    struct slice secret;
    if (store_meta(store_own_reader(model->store), SLICE("id_secret"), &arena, &secret) ||
        secret.size != sizeof model->id_secret)
        world_fail("the secret of the ids is not in the store");
    memcpy(model->id_secret, secret.at, secret.size);
    arena_done(&arena);
}

static void check_accepted(struct model *model, const struct story *story, struct slice body)
{
    struct arena arena = {0};
    struct sent_fields fields;
    struct message message;
    uint64_t id = 0;
    model_read_secret(model);
    if (!json_read(body, JSON_STRICT, sent_specs, 2, &arena, &fields, NULL, NULL) ||
        !uuid_read(fields.id.text, model->id_secret, &id))
        world_fail("an answer of 200 that cannot be read: %.*s", (int)body.size, body.at);
    if (store_message(store_own_reader(model->store), (struct message_id){id}, &arena, &message))
        world_fail("200 for a message that is not in the store");
    if (story->message != id) world_fail("200 with the id of another message");
    if (fields.price.integer != story->price) world_fail("200 with another price");
    arena_done(&arena);
}

void model_answered(struct model *model, struct story *story, unsigned status, struct slice body)
{
    story->answering = ANSWER_CAME;
    story->status = status;
    if (status == 200) {
        check_accepted(model, story, body);
    } else if (status == 500) {
        /* Without a route: taken in and paid back at once. */
        if (!story->message || story->state != RECIPIENT_FAILED)
            world_fail("500 without a failed message: %.*s", (int)body.size, body.at);
    } else if (story->message) {
        world_fail("a message is accepted, and its sender is told %u", status);
    } else if (status != 400 && status != 401 && status != 403 && status != 503) {
        world_fail("an answer of %u: %.*s", status, (int)body.size, body.at);
    }
}

/* ---- What carriers get --------------------------------------------------------------------- */

struct line_fields {
    struct field destination, esm_class, total, number, user_data, decision, id;
};
static const struct field_spec line_specs[] = {
    {"destination", FIELD_OBJECT, offsetof(struct line_fields, destination)},
    {"esm_class", FIELD_INTEGER, offsetof(struct line_fields, esm_class)},
    {"sar_total", FIELD_INTEGER, offsetof(struct line_fields, total)},
    {"sar_number", FIELD_INTEGER, offsetof(struct line_fields, number)},
    {"user_data", FIELD_TEXT, offsetof(struct line_fields, user_data)},
    {"decision", FIELD_TEXT, offsetof(struct line_fields, decision)},
    {"id", FIELD_TEXT, offsetof(struct line_fields, id)},
};
#define LINE_SPECS (sizeof line_specs / sizeof *line_specs)

struct address_fields {
    struct field address;
};
static const struct field_spec address_specs[] = {
    {"address", FIELD_TEXT, offsetof(struct address_fields, address)},
};

static uint64_t read_number(const struct line_fields *line, struct arena *arena)
{
    struct address_fields fields;
    uint64_t number = 0;
    if (!json_read(line->destination.text, JSON_STRICT, address_specs, 1, arena, &fields, NULL,
                   NULL))
        world_fail("a line of the carrier cannot be read");
    struct slice text = fields.address.text;
    if (text.size && text.at[0] == '+') text = slice_from(text, 1);
    if (!slice_u64(text, &number))
        world_fail("a message to no number: %.*s", (int)text.size, text.at);
    return number;
}

/* The header of the segment, from the first octets in hexadecimal. */
static void read_segment(const struct line_fields *line, uint8_t *out_segment, uint8_t *out_total)
{
    *out_segment = *out_total = 1;
    if (line->total.state == FIELD_SET) {
        *out_segment = (uint8_t)line->number.integer;
        *out_total = (uint8_t)line->total.integer;
    } else if (line->esm_class.integer & 0x40) {
        uint8_t octets[7];
        struct segment_header header;
        size_t body;
        for (size_t i = 0; i < sizeof octets; i++) {
            char digits[3] = {line->user_data.text.at[2 * i], line->user_data.text.at[2 * i + 1]};
            octets[i] = (uint8_t)strtoul(digits, NULL, 16);
        }
        if (!segment_read_header(octets, sizeof octets, &header, &body))
            world_fail("a segment without a header");
        *out_segment = header.number;
        *out_total = header.total;
    }
}

/* How often this segment was written down as a possible duplicate, at any carrier. */
static uint32_t marked(struct model *model, const struct story *story, const struct part *part)
{
    struct arena arena = {0};
    struct store_recipient row;
    uint32_t count = 0;
    if (store_recipient(store_own_reader(model->store), (struct recipient_id){story->recipient},
                        &arena, &row))
        world_fail("a carrier has a message that is not in the store");
    for (size_t i = 0; i < row.attempt_count; i++)
        count += row.attempts[i].segment == part->segment &&
                 row.attempts[i].segments == part->total && row.attempts[i].possible_duplicate;
    arena_done(&arena);
    return count;
}

/* A carrier has taken this segment. Whatever some carrier took before of the same text, in the same
   way of cutting or in another, makes it one too many, unless it is marked. */
static void check_again(struct model *model, const struct story *story, const struct part *part)
{
    uint32_t same = 0;
    bool other = false;
    for (size_t i = 0; i < story->handset->part_count; i++) {
        const struct part *at = &story->handset->parts[i];
        if (at->total == part->total && at->segment == part->segment)
            same += at->taken;
        else if (at->total != part->total && at->taken > marked(model, story, at))
            other = true;
    }
    uint32_t allowed = (other ? 0 : 1) + marked(model, story, part);
    if (same > allowed)
        model_complain(model, story, "a carrier took a segment once more than is marked");
}

static void take(struct model *model, struct story *story, struct handset *handset,
                 struct part *part, struct slice id)
{
    struct taken *taken = MEM_NEW(struct taken);
    *taken = (struct taken){.story = story,
                            .handset = handset,
                            .provider = part->provider,
                            .segment = part->segment,
                            .total = part->total};
    map_set_pointer(&model->taken, model_key(part->provider, id), taken);
    model->taken_count[part->provider]++;
    part->taken++;
    if (story) check_again(model, story, part);
}

void model_carrier_line(struct model *model, uint16_t provider, struct slice text)
{
    struct arena arena = {0};
    struct line_fields line;
    uint8_t segment, total;
    if (!json_read(text, JSON_STRICT, line_specs, LINE_SPECS, &arena, &line, NULL, NULL))
        world_fail("a line of the carrier cannot be read");
    uint64_t number = read_number(&line, &arena);
    read_segment(&line, &segment, &total);
    struct handset *handset = model_handset(model, number);
    struct story *story = map_get_pointer(&model->asked, number);
    struct part *part = model_part(handset, provider, segment, total);
    part->pdus++;
    if (part->pdus > part->intents)
        world_fail("carrier %u got segment %u of %u to %" PRIu64 " without a durable intent",
                   provider, segment, total, number);
    if (line.id.state == FIELD_SET) take(model, story, handset, part, line.id.text);
    arena_done(&arena);
}

/* ---- What carriers are told ---------------------------------------------------------------- */

static bool has_receipt(struct model *model, const struct taken *taken)
{
    struct attempt attempt;
    return taken->attempt &&
           !store_attempt(store_own_reader(model->store), (struct attempt_id){taken->attempt},
                          &attempt) &&
           receipt_is_final(attempt.receipt);
}

static void check_receipt(struct model *model, uint16_t provider,
                          const struct simulator_answered *answered)
{
    const struct taken *taken = map_get_pointer(&model->taken, model_key(provider, answered->id));
    uint64_t parked;
    if (!taken) world_fail("a receipt for what was not taken");
    if (has_receipt(model, taken) ||
        map_get(&model->parked, model_key(provider, answered->receipt_id), &parked))
        return;
    world_fail("the receipt %.*s was answered with success and is nowhere",
               (int)answered->receipt_id.size, answered->receipt_id.at);
}

struct inbound_model *model_inbound(struct model *model, struct slice text)
{
    uint64_t number;
    if (text.size < 2 || text.at[0] != 'i' || !slice_u64(slice_from(text, 1), &number) ||
        number >= INBOUND_MAX || !model->inbound[number].asked)
        world_fail("an inbound message that nobody sent: %.*s", (int)text.size, text.at);
    return &model->inbound[number];
}

static void check_inbound(struct model *model, struct slice data)
{
    struct slice rest = data, word;
    slice_cut(&rest, ' ', &word);
    if (!model_inbound(model, rest)->stored)
        world_fail("the inbound %.*s was answered with success and is nowhere", (int)data.size,
                   data.at);
}

void model_pushed(struct model *model, struct slice content, unsigned status)
{
    struct inbound_model *inbound = model_inbound(model, content);
    inbound->pushes++;
    inbound->good += status == 200;
    if (!inbound->to_push) world_fail("a push of what is not stored");
    /* Once a row, and again by each start that does not know how it ended. */
    if (inbound->pushes > inbound->to_push * world.starts)
        world_fail("a push comes again and again: %.*s", (int)content.size, content.at);
}

void model_carrier_told(struct model *model, uint16_t provider,
                        const struct simulator_answered *answered)
{
    if (answered->status != 0) return;
    if (!answered->is_receipt)
        check_inbound(model, answered->user_data);
    else if (receipt_is_final(answered->state))
        check_receipt(model, provider, answered);
}
