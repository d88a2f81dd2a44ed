#include <stddef.h>

#include "edge/robase/robase_internal.h"
#include "wire/json_view.h"

struct sender_body {
    struct field sender_id, countries;
    struct field registered_entity, registration_doc_url, use_case, sample_message, notes;
};

static const struct field_spec sender_fields[] = {
    {"sender_id", FIELD_TEXT, offsetof(struct sender_body, sender_id)},
    {"countries", FIELD_ARRAY, offsetof(struct sender_body, countries)},
    {"registered_entity", FIELD_TEXT, offsetof(struct sender_body, registered_entity)},
    {"registration_doc_url", FIELD_TEXT, offsetof(struct sender_body, registration_doc_url)},
    {"use_case", FIELD_TEXT, offsetof(struct sender_body, use_case)},
    {"sample_message", FIELD_TEXT, offsetof(struct sender_body, sample_message)},
    {"notes", FIELD_TEXT, offsetof(struct sender_body, notes)},
};
#define SENDER_FIELD_COUNT (sizeof sender_fields / sizeof *sender_fields)

static const struct {
    size_t field, paper; /* offsets in struct sender_body and struct sender_papers */
    enum sender_part part;
    enum robase_fault fault;
} papers[] = {
    {offsetof(struct sender_body, registered_entity),
     offsetof(struct sender_papers, registered_entity), SENDER_ENTITY, FAULT_ENTITY},
    {offsetof(struct sender_body, registration_doc_url),
     offsetof(struct sender_papers, registration_doc_url), SENDER_DOC_URL, FAULT_DOC_URL},
    {offsetof(struct sender_body, use_case), offsetof(struct sender_papers, use_case),
     SENDER_USE_CASE, FAULT_USE_CASE},
    {offsetof(struct sender_body, sample_message), offsetof(struct sender_papers, sample_message),
     SENDER_SAMPLE, FAULT_SAMPLE},
    {offsetof(struct sender_body, notes), offsetof(struct sender_papers, notes), SENDER_NOTES,
     FAULT_NOTES},
};

/* ---- The resource -------------------------------------------------------------------------- */

static void put_countries(struct json_writer *json, const char *countries)
{
    struct slice rest = slice_cstr(countries), country;
    json_name(json, "countries");
    json_begin_array(json);
    while (slice_cut(&rest, ',', &country))
        json_text(json, country);
    json_end_array(json);
}

static void write_sender(const struct robase_call *call, struct json_writer *json,
                         const struct sender *sender)
{
    json_begin_object(json);
    robase_put_id(json, "id", sender->id.v, engine_id_secret(call->robase->engine));
    json_put_text(json, "sender_id", slice_cstr(sender->name));
    json_put_text(json, "status", slice_cstr(sender_status_names[sender->status]));
    put_countries(json, sender->countries);
    json_put_text(json, "registered_entity", sender->papers.registered_entity);
    json_put_text(json, "registration_doc_url", sender->papers.registration_doc_url);
    json_put_text(json, "use_case", sender->papers.use_case);
    json_put_text(json, "sample_message", sender->papers.sample_message);
    json_put_text(json, "notes", sender->papers.notes);
    json_put_text(json, "rejection_reason", sender->papers.rejection_reason);
    robase_put_time(json, "created_at", sender->created_at_ms);
    json_end_object(json);
}

static void tell_sender(struct robase_call *call)
{
    bool added = call->route->endpoint == ENDPOINT_SENDER_ADD;
    struct json_writer *json = robase_reply(call, added ? 201 : 200);
    write_sender(call, json, call->call.command.sender.sender);
}

/* ---- Changing ------------------------------------------------------------------------------ */

/* ["ng","GH"] gives "NG,GH". */
static enum robase_fault read_countries(struct robase_call *call, const struct field *field,
                                        struct sender *out)
{
    struct json_walk walk;
    struct json_view view;
    size_t size = 0;
    if (field->state != FIELD_SET || !json_walk_begin(&walk, field->text)) return FAULT_COUNTRIES;
    while (json_walk_next(&walk, NULL, &view)) {
        struct slice country = json_view_text(&view, &call->arena);
        if (view.kind != JSON_TEXT || country.size != 2 || size + 3 > COUNTRIES_MAX_SIZE)
            return FAULT_COUNTRIES;
        if (size) out->countries[size++] = ',';
        for (size_t i = 0; i < 2; i++)
            out->countries[size++] = (char)(country.at[i] & ~0x20); /* as letters in capitals */
    }
    bool valid = sender_countries_are_valid(slice_of(out->countries, size));
    return valid ? FAULT_NONE : FAULT_COUNTRIES;
}

static enum robase_fault read_papers(struct sender_body *fields, struct sender *out,
                                     unsigned *out_parts)
{
    for (size_t i = 0; i < sizeof papers / sizeof *papers; i++) {
        const struct field *field = (struct field *)(void *)((char *)fields + papers[i].field);
        struct slice *paper = (struct slice *)(void *)((char *)&out->papers + papers[i].paper);
        if (!robase_is_given(field)) continue;
        if (field->state != FIELD_SET || field->text.size > PAPER_MAX_SIZE) return papers[i].fault;
        *paper = field->text;
        *out_parts |= papers[i].part;
    }
    return FAULT_NONE;
}

static enum robase_fault read_sender(struct robase_call *call, struct sender_body *fields,
                                     struct command_sender *out)
{
    out->sender->account = call->caller.account;
    if (robase_is_given(&fields->countries)) {
        out->parts |= SENDER_COUNTRIES;
        enum robase_fault fault = read_countries(call, &fields->countries, out->sender);
        if (fault) return fault;
    }
    return read_papers(fields, out->sender, &out->parts);
}

void robase_sender_add(struct robase_call *call, struct slice body)
{
    struct sender_body fields = {0};
    if (!robase_read_body(call, body, sender_fields, SENDER_FIELD_COUNT, &fields)) return;
    struct command_sender add = {.sender = ARENA_NEW(&call->arena, struct sender)};
    struct slice name = fields.sender_id.state == FIELD_SET ? fields.sender_id.text : SLICE("");
    enum robase_fault fault = FAULT_NAME_OF_SENDER;
    if (sender_name_is_valid(name)) {
        memcpy(add.sender->name, name.at, name.size);
        fault = read_sender(call, &fields, &add);
    }
    if (fault) {
        robase_refuse(call, fault);
        return;
    }
    call->call.command = (struct command){.kind = COMMAND_SENDER_ADD, .sender = add};
    robase_ask(call, tell_sender);
}

void robase_sender_set(struct robase_call *call, struct slice body)
{
    struct sender_body fields = {0};
    if (!robase_read_body(call, body, sender_fields, SENDER_FIELD_COUNT, &fields)) return;
    struct command_sender set = {.sender = ARENA_NEW(&call->arena, struct sender)};
    enum robase_fault fault = FAULT_NOT_FOUND;
    if (robase_read_id(call, &set.sender->id.v)) fault = read_sender(call, &fields, &set);
    if (fault) {
        robase_refuse(call, fault);
        return;
    }
    call->call.command = (struct command){.kind = COMMAND_SENDER_SET, .sender = set};
    robase_ask(call, tell_sender);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static enum err look_list(struct robase_call *call, struct store_reader *reader)
{
    struct sender *rows;
    size_t count = 0;
    enum err err = store_senders(reader, call->caller.account, &call->arena, &rows, &count);
    if (err) return err;
    struct json_writer *json = robase_begin_list(call);
    for (size_t i = 0; i < count; i++)
        write_sender(call, json, &rows[i]);
    robase_end_list(json);
    return ERR_OK;
}

void robase_sender_list(struct robase_call *call, struct slice body)
{
    robase_look(call, look_list, NULL);
}

static enum err look_one(struct robase_call *call, struct store_reader *reader)
{
    struct sender sender = {0};
    struct sender_id id;
    if (!robase_read_id(call, &id.v)) return ERR_NOT_FOUND;
    enum err err = store_sender(reader, id, &call->arena, &sender);
    if (!err && sender.account.v != call->caller.account.v) err = ERR_NOT_FOUND;
    if (!err) write_sender(call, robase_reply(call, 200), &sender);
    return err;
}

void robase_sender_get(struct robase_call *call, struct slice body)
{
    robase_look(call, look_one, NULL);
}
