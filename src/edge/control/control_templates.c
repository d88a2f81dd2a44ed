#include "edge/control/control_job.h"
#include "wire/uuid.h"

static void put_template(struct control_job *job, const struct template *template)
{
    json_put_integer(&job->json, "number", template->number);
    control_put_id(job, "id", template->id.v);
    json_put_text(&job->json, "slug", slice_cstr(template->slug));
    control_put_id(job, "account", template->account.v);
    json_put_text(&job->json, "name", slice_cstr(template->name));
    control_put_time(job, "created_at", template->created_at_ms);
}

/* --name and --body, where given; whether the body can be read is the core's to say. */
static enum err read_parts(struct control_job *job, struct command_template *command)
{
    struct template *template = command->template;
    enum err err = ERR_OK;
    if (control_given(&job->args.name)) {
        command->parts |= TEMPLATE_NAME;
        err = control_text(job, &job->args.name, "the name", NAME_MAX_SIZE, template->name);
    }
    if (!err && control_given(&job->args.body)) {
        command->parts |= TEMPLATE_BODY;
        err = control_slice(job, &job->args.body, "the body", TEXT_MAX_BYTES, &template->body);
    }
    return err;
}

static enum err ask_template(struct control_job *job, enum command_kind kind)
{
    struct command_template *command = &job->call.command.template;
    job->call.command.kind = kind;
    command->template = ARENA_NEW(&job->arena, struct template);
    enum err err = control_account_id(job, &command->template->account);
    return err ? err : read_parts(job, command);
}

static enum err ask_template_add(struct control_job *job)
{
    enum err err = ask_template(job, COMMAND_TEMPLATE_ADD);
    if (err) return err;
    if (!control_given(&job->args.name) || !control_given(&job->args.body))
        return control_refuse(job, ERR_INVALID, "--name and --body are needed");
    return ERR_OK;
}

/* By id or slug. */
static enum err ask_template_named(struct control_job *job, enum command_kind kind)
{
    enum err err = ask_template(job, kind);
    if (err) return err;
    struct template *template = job->call.command.template.template;
    const struct field *id = &job->args.id;
    if (uuid_read(id->text, engine_id_secret(control_engine(job)), &template->id.v)) return ERR_OK;
    return control_text(job, id, "the template", SLUG_MAX_SIZE, template->slug);
}

static enum err ask_template_set(struct control_job *job)
{
    return ask_template_named(job, COMMAND_TEMPLATE_SET);
}

static enum err ask_template_remove(struct control_job *job)
{
    return ask_template_named(job, COMMAND_TEMPLATE_REMOVE);
}

static void tell_template(struct control_job *job)
{
    put_template(job, job->call.command.template.template);
}

static enum err read_template_list(struct control_job *job, struct store_reader *reader)
{
    struct account_id account = {0};
    struct template *templates;
    size_t count;
    enum err err = control_owner(job, &account);
    if (!err) err = store_templates(reader, account, &job->arena, &templates, &count);
    if (err) return err;
    json_name(&job->json, "templates");
    json_begin_array(&job->json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&job->json);
        put_template(job, &templates[i]);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
    return ERR_OK;
}

/* Slugs are an account's own, so one needs --account. */
static enum err read_template_show(struct control_job *job, struct store_reader *reader)
{
    struct account_id account = {0};
    struct template *templates;
    size_t count;
    struct slice ref = job->args.id.text;
    uint64_t id = 0;
    bool by_id = uuid_read(ref, engine_id_secret(control_engine(job)), &id);
    if (!by_id && !control_given(&job->args.account))
        return control_refuse(job, ERR_INVALID, "a slug needs --account ID");
    enum err err = control_owner(job, &account);
    if (!err) err = store_templates(reader, account, &job->arena, &templates, &count);
    if (err) return err;
    for (size_t i = 0; i < count; i++) {
        const struct template *row = &templates[i];
        if (by_id ? row->id.v != id : !slice_eq(slice_cstr(row->slug), ref)) continue;
        put_template(job, row);
        json_put_text(&job->json, "body", row->body);
        return ERR_OK;
    }
    return control_refuse(job, ERR_NOT_FOUND, "there is no template %.*s", (int)ref.size, ref.at);
}

const struct control_verb control_template_verbs[] = {
    {"template.add", ask_template_add, tell_template, NULL},
    {"template.set", ask_template_set, tell_template, NULL},
    {"template.remove", ask_template_remove, tell_template, NULL},
    {"template.list", NULL, NULL, read_template_list},
    {"template.show", NULL, NULL, read_template_show},
    {0},
};
