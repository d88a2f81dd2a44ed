#include "edge/control/control_job.h"

static void put_sender(struct control_job *job, const struct sender *sender)
{
    struct json_writer *json = &job->json;
    control_put_id(job, "id", sender->id.v);
    control_put_id(job, "account", sender->account.v);
    json_put_text(json, "name", slice_cstr(sender->name));
    json_put_text(json, "status", slice_cstr(sender_status_names[sender->status]));
    control_put_words(job, "countries", slice_cstr(sender->countries));
    json_put_bool(json, "dnd", sender->dnd);
    json_put_bool(json, "shared", sender->shared);
    control_put_time(job, "created_at", sender->created_at_ms);
}

static void put_papers(struct control_job *job, const struct sender_papers *papers)
{
    struct json_writer *json = &job->json;
    json_put_text(json, "registered_entity", papers->registered_entity);
    json_put_text(json, "registration_doc_url", papers->registration_doc_url);
    json_put_text(json, "use_case", papers->use_case);
    json_put_text(json, "sample_message", papers->sample_message);
    json_put_text(json, "notes", papers->notes);
    json_put_text(json, "rejection_reason", papers->rejection_reason);
}

/* "ng,gh" as "NG,GH"; "*" for everywhere. */
static enum err read_countries(struct control_job *job, struct sender *sender)
{
    struct slice text = job->args.countries.text;
    char *out = sender->countries;
    if (slice_eq(text, SLICE("*"))) return ERR_OK;
    enum err err =
        control_text(job, &job->args.countries, "the countries", COUNTRIES_MAX_SIZE, out);
    if (err) return err;
    for (char *at = out; *at; at++)
        if (*at >= 'a' && *at <= 'z') *at = (char)(*at + 'A' - 'a');
    if (sender_countries_are_valid(slice_cstr(out))) return ERR_OK;
    return control_refuse(job, ERR_INVALID, "countries are two letters each, as in NG,GH; or *");
}

/* The command with the sender it is about, by account and name. */
static enum err ask_sender(struct control_job *job, enum command_kind kind)
{
    struct command_sender *command = &job->call.command.sender;
    job->call.command.kind = kind;
    command->by_operator = true;
    command->sender = ARENA_NEW(&job->arena, struct sender);
    enum err err = control_account_id(job, &command->sender->account);
    if (!err)
        err =
            control_text(job, &job->args.name, "the name", SENDER_MAX_SIZE, command->sender->name);
    return err;
}

static enum err ask_sender_add(struct control_job *job)
{
    enum err err = ask_sender(job, COMMAND_SENDER_ADD);
    if (err) return err;
    struct sender *sender = job->call.command.sender.sender;
    if (!sender_name_is_valid(slice_cstr(sender->name)))
        return control_refuse(job, ERR_INVALID, "a sender id is 1 to 11 letters and digits");
    if (control_given(&job->args.countries)) err = read_countries(job, sender);
    if (!err && control_given(&job->args.shared))
        err = control_switch(job, &job->args.shared, "shared", &sender->shared);
    return err;
}

static enum err ask_sender_status(struct control_job *job, enum sender_status status)
{
    enum err err = ask_sender(job, COMMAND_SENDER_SET);
    if (err) return err;
    job->call.command.sender.parts = SENDER_STATUS;
    job->call.command.sender.sender->status = status;
    return ERR_OK;
}

static enum err ask_sender_approve(struct control_job *job)
{
    return ask_sender_status(job, SENDER_APPROVED);
}

static enum err ask_sender_activate(struct control_job *job)
{
    return ask_sender_status(job, SENDER_ACTIVE);
}

static enum err ask_sender_reject(struct control_job *job)
{
    enum err err = ask_sender_status(job, SENDER_REJECTED);
    if (err) return err;
    struct command_sender *command = &job->call.command.sender;
    command->parts |= SENDER_REASON;
    return control_slice(job, &job->args.reason, "the reason", PAPER_MAX_SIZE,
                         &command->sender->papers.rejection_reason);
}

static enum err ask_sender_set(struct control_job *job)
{
    enum err err = ask_sender(job, COMMAND_SENDER_SET);
    if (err) return err;
    struct command_sender *command = &job->call.command.sender;
    if (control_given(&job->args.countries)) {
        command->parts |= SENDER_COUNTRIES;
        err = read_countries(job, command->sender);
    }
    if (!err && control_given(&job->args.dnd)) {
        command->parts |= SENDER_DND;
        err = control_switch(job, &job->args.dnd, "dnd", &command->sender->dnd);
    }
    return err;
}

static void tell_sender(struct control_job *job)
{
    put_sender(job, job->call.command.sender.sender);
}

static enum err read_sender_list(struct control_job *job, struct store_reader *reader)
{
    struct account_id account = {0};
    struct sender *senders;
    size_t count;
    enum err err = control_owner(job, &account);
    if (!err) err = store_senders(reader, account, &job->arena, &senders, &count);
    if (err) return err;
    json_name(&job->json, "senders");
    json_begin_array(&job->json);
    for (size_t i = 0; i < count; i++) {
        json_begin_object(&job->json);
        put_sender(job, &senders[i]);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
    return ERR_OK;
}

/* A rejected name may have been registered again: the newest counts. */
static enum err read_sender_show(struct control_job *job, struct store_reader *reader)
{
    struct account_id account;
    struct sender *senders;
    size_t count;
    enum err err = control_account_id(job, &account);
    if (!err) err = store_senders(reader, account, &job->arena, &senders, &count);
    if (err) return err;
    while (count--) {
        if (!slice_eq_nocase(slice_cstr(senders[count].name), job->args.name.text)) continue;
        put_sender(job, &senders[count]);
        put_papers(job, &senders[count].papers);
        return ERR_OK;
    }
    return control_refuse(job, ERR_NOT_FOUND, "the account has no sender id %.*s",
                          (int)job->args.name.text.size, job->args.name.text.at);
}

const struct control_verb control_sender_verbs[] = {
    {"sender.add", ask_sender_add, tell_sender, NULL},
    {"sender.approve", ask_sender_approve, tell_sender, NULL},
    {"sender.activate", ask_sender_activate, tell_sender, NULL},
    {"sender.reject", ask_sender_reject, tell_sender, NULL},
    {"sender.set", ask_sender_set, tell_sender, NULL},
    {"sender.list", NULL, NULL, read_sender_list},
    {"sender.show", NULL, NULL, read_sender_show},
    {0},
};
