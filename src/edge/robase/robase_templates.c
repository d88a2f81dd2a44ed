#include <stddef.h>
#include <stdio.h>

#include "edge/robase/robase_internal.h"
#include "wire/gotemplate.h"
#include "wire/segment.h"
#include "wire/uuid.h"

struct template_body {
    struct field name, body, variables;
};

static const struct field_spec template_fields[] = {
    {"name", FIELD_TEXT, offsetof(struct template_body, name)},
    {"body", FIELD_TEXT, offsetof(struct template_body, body)},
    {"variables", FIELD_OBJECT, offsetof(struct template_body, variables)},
};
#define TEMPLATE_FIELD_COUNT (sizeof template_fields / sizeof *template_fields)

/* ---- The resource -------------------------------------------------------------------------- */

static void put_variables(struct json_writer *json, struct slice body)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE];
    struct gotemplate *compiled = gotemplate_compile(body, problem);
    const struct slice *names = NULL;
    size_t count = compiled ? gotemplate_variables(compiled, &names) : 0;
    json_name(json, "variables");
    json_begin_array(json);
    for (size_t i = 0; i < count; i++)
        json_text(json, names[i]);
    json_end_array(json);
    gotemplate_free(compiled);
}

static void write_template(const struct robase_call *call, struct json_writer *json,
                           const struct template *template)
{
    json_begin_object(json);
    robase_put_id(json, "id", template->id.v, engine_id_secret(call->robase->engine));
    json_put_text(json, "name", slice_cstr(template->name));
    json_put_text(json, "slug", slice_cstr(template->slug));
    json_put_text(json, "body", template->body);
    put_variables(json, template->body);
    robase_put_time(json, "created_at", template->created_at_ms);
    json_end_object(json);
}

static void tell_template(struct robase_call *call)
{
    bool added = call->route->endpoint == ENDPOINT_TEMPLATE_ADD;
    struct json_writer *json = robase_reply(call, added ? 201 : 200);
    write_template(call, json, call->call.command.template.template);
}

/* ---- Changing ------------------------------------------------------------------------------ */

static enum robase_fault read_name(const struct field *name, struct template *out)
{
    if (name->state != FIELD_SET || name->text.size == 0 || name->text.size > NAME_MAX_SIZE)
        return FAULT_NAME;
    memcpy(out->name, name->text.at, name->text.size);
    return FAULT_NONE;
}

static enum robase_fault read_text(const struct field *body, struct template *out)
{
    if (body->state != FIELD_SET || body->text.size == 0) return FAULT_TEMPLATE_BODY;
    out->body = body->text;
    return FAULT_NONE;
}

/* The path names a template by its id or its slug. */
static bool read_reference(const struct robase_call *call, struct template *out)
{
    out->account = call->caller.account;
    if (robase_read_id(call, &out->id.v)) return true;
    if (call->id.size > SLUG_MAX_SIZE) return false;
    memcpy(out->slug, call->id.at, call->id.size);
    return true;
}

void robase_template_add(struct robase_call *call, struct slice body)
{
    struct template_body fields = {0};
    if (!robase_read_body(call, body, template_fields, TEMPLATE_FIELD_COUNT, &fields)) return;
    struct template *template = ARENA_NEW(&call->arena, struct template);
    template->account = call->caller.account;
    enum robase_fault fault = read_name(&fields.name, template);
    if (!fault) fault = read_text(&fields.body, template);
    if (fault) {
        robase_refuse(call, fault);
        return;
    }
    call->call.command = (struct command){.kind = COMMAND_TEMPLATE_ADD, .template = {0, template}};
    robase_ask(call, tell_template);
}

void robase_template_set(struct robase_call *call, struct slice body)
{
    struct template_body fields = {0};
    if (!robase_read_body(call, body, template_fields, TEMPLATE_FIELD_COUNT, &fields)) return;
    struct template *template = ARENA_NEW(&call->arena, struct template);
    struct command_template set = {.template = template};
    enum robase_fault fault = read_reference(call, template) ? FAULT_NONE : FAULT_NOT_FOUND;
    if (!fault && robase_is_given(&fields.name)) {
        set.parts |= TEMPLATE_NAME;
        fault = read_name(&fields.name, template);
    }
    if (!fault && robase_is_given(&fields.body)) {
        set.parts |= TEMPLATE_BODY;
        fault = read_text(&fields.body, template);
    }
    if (fault) {
        robase_refuse(call, fault);
        return;
    }
    call->call.command = (struct command){.kind = COMMAND_TEMPLATE_SET, .template = set};
    robase_ask(call, tell_template);
}

static void tell_removed(struct robase_call *call)
{
    robase_reply(call, 204);
}

void robase_template_remove(struct robase_call *call, struct slice body)
{
    struct template *template = ARENA_NEW(&call->arena, struct template);
    if (!read_reference(call, template)) {
        robase_refuse(call, FAULT_NOT_FOUND);
        return;
    }
    call->call.command =
        (struct command){.kind = COMMAND_TEMPLATE_REMOVE, .template = {0, template}};
    robase_ask(call, tell_removed);
}

/* ---- Reading ------------------------------------------------------------------------------- */

static enum err look_list(struct robase_call *call, struct store_reader *reader)
{
    struct template *rows;
    size_t count = 0;
    enum err err = store_templates(reader, call->caller.account, &call->arena, &rows, &count);
    if (err) return err;
    struct json_writer *json = robase_begin_list(call);
    for (size_t i = 0; i < count; i++)
        write_template(call, json, &rows[i]);
    robase_end_list(json);
    return ERR_OK;
}

void robase_template_list(struct robase_call *call, struct slice body)
{
    robase_look(call, look_list, NULL);
}

static enum err find_template(struct robase_call *call, struct store_reader *reader,
                              const struct template **out)
{
    struct template wanted = {0}, *rows;
    size_t count = 0;
    if (!read_reference(call, &wanted)) return ERR_NOT_FOUND;
    enum err err = store_templates(reader, call->caller.account, &call->arena, &rows, &count);
    if (err) return err;
    for (size_t i = 0; i < count; i++) {
        bool same =
            wanted.id.v ? rows[i].id.v == wanted.id.v : strcmp(rows[i].slug, wanted.slug) == 0;
        if (!same) continue;
        *out = &rows[i];
        return ERR_OK;
    }
    return ERR_NOT_FOUND;
}

static enum err look_one(struct robase_call *call, struct store_reader *reader)
{
    const struct template *template;
    enum err err = find_template(call, reader, &template);
    if (!err) write_template(call, robase_reply(call, 200), template);
    return err;
}

void robase_template_get(struct robase_call *call, struct slice body)
{
    robase_look(call, look_one, NULL);
}

/* ---- Rendering ----------------------------------------------------------------------------- */

static void write_rendered(struct robase_call *call, struct slice text)
{
    struct segment_count counted = segment_count(text);
    struct json_writer *json = robase_reply(call, 200);
    json_begin_object(json);
    json_put_text(json, "body", text);
    json_put_text(json, "encoding", robase_encoding(counted.encoding));
    json_put_integer(json, "segments", counted.segments);
    json_end_object(json);
}

static enum err look_rendered(struct robase_call *call, struct store_reader *reader)
{
    const struct slice *variables = call->own;
    const struct template *template;
    char problem[GOTEMPLATE_PROBLEM_SIZE] = "";
    enum err err = find_template(call, reader, &template);
    if (err) return err;
    struct gotemplate *compiled = gotemplate_compile(template->body, problem);
    struct buf text;
    buf_init(&text, TEXT_MAX_BYTES);
    if (!compiled)
        robase_say(call, FAULT_TEMPLATE_SYNTAX, slice_cstr(problem));
    else if (gotemplate_render(compiled, *variables, &text))
        write_rendered(call, buf_slice(&text));
    else
        robase_say(call, text.full ? FAULT_BODY_LONG : FAULT_VARIABLES, SLICE(""));
    gotemplate_free(compiled);
    buf_done(&text);
    return ERR_OK;
}

void robase_template_render(struct robase_call *call, struct slice body)
{
    struct template_body fields = {0};
    if (!robase_read_body(call, body, template_fields, TEMPLATE_FIELD_COUNT, &fields)) return;
    if (fields.variables.state == FIELD_WRONG_TYPE) {
        robase_refuse(call, FAULT_VARIABLES);
        return;
    }
    struct slice *variables = ARENA_NEW(&call->arena, struct slice);
    if (fields.variables.state == FIELD_SET) *variables = fields.variables.text;
    call->own = variables;
    robase_look(call, look_rendered, NULL);
}
