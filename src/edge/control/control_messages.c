#include "edge/control/control_job.h"
#include "wire/smpp_status.h"

#define MESSAGES_USUAL 50
#define MESSAGES_MOST  10000

static const char *const dialect_names[] = {"none", "hep", "mesms", "robase"};

static void put_message(struct control_job *job, const struct message *message)
{
    struct json_writer *json = &job->json;
    control_put_id(job, "id", message->id.v);
    if (message->account.v)
        control_put_id(job, "account", message->account.v);
    else
        json_put_null(json, "account");
    json_put_text(json, "dialect", slice_cstr(dialect_names[message->dialect]));
    json_put_bool(json, "test", message->test);
    json_put_text(json, "sender", message->sender);
    json_put_text(json, "text", message->text);
    json_put_text(json, "encoding",
                  message->encoding == ENCODING_GSM7 ? SLICE("GSM7") : SLICE("UCS2"));
    json_put_integer(json, "segments", message->segments);
    json_put_integer(json, "price", message->price);
    json_put_text(json, "asset", slice_cstr(asset_names[message->asset]));
    json_put_text(json, "country", slice_cstr(message->country));
    json_put_integer(json, "rate", message->rate);
    json_put_text(json, "currency", slice_cstr(message->currency));
    json_put_integer(json, "quota", message->quota);
    control_put_time(job, "created_at", id_ms(message->id.v));
    control_put_time(job, "send_at", message->send_at_ms);
}

/* Providers by id, for traces. */
struct provider_names {
    char (*at)[NAME_MAX_SIZE + 1];
};

static void note_provider(void *user, const struct provider *provider)
{
    struct provider_names *names = user;
    memcpy(names->at[provider->id.v], provider->name, sizeof provider->name);
}

static struct slice provider_name(const struct provider_names *names, struct provider_id id)
{
    return id.v > PROVIDERS_MAX ? SLICE("simulator") : slice_cstr(names->at[id.v]);
}

static void put_attempt(struct control_job *job, const struct attempt *attempt,
                        const struct provider_names *names)
{
    struct json_writer *json = &job->json;
    json_begin_object(json);
    json_put_text(json, "provider", provider_name(names, attempt->provider));
    json_put_integer(json, "segment", attempt->segment);
    json_put_integer(json, "segments", attempt->segments);
    json_put_text(json, "state", slice_cstr(attempt_state_names[attempt->state]));
    json_put_bool(json, "possible_duplicate", attempt->possible_duplicate);
    control_put_time(job, "intent_at", attempt->intent_at_ms);
    control_put_time(job, "answered_at", attempt->answered_at_ms);
    json_put_integer(json, "status", attempt->status);
    json_put_text(json, "error", slice_cstr(attempt->error));
    json_put_text(json, "carrier_id", slice_cstr(attempt->carrier_id));
    if (attempt->receipt == RECEIPT_UNKNOWN_WORD)
        json_put_null(json, "receipt");
    else
        json_put_text(json, "receipt", slice_cstr(receipt_state_word(attempt->receipt)));
    control_put_time(job, "receipt_at", attempt->receipt_at_ms);
    json_put_text(json, "receipt_error", slice_cstr(attempt->receipt_error));
    json_put_text(json, "network", slice_cstr(attempt->network));
    json_end_object(json);
}

static enum err read_message_show(struct control_job *job, struct store_reader *reader)
{
    struct message_id id;
    struct store_recipient row;
    enum err err = control_id(job, &job->args.id, "message", &id.v);
    if (!err) err = store_story(reader, id, &job->arena, &row);
    if (err) return err;
    struct provider_names names = {
        arena_alloc(&job->arena, (PROVIDERS_MAX + 1) * sizeof *names.at)};
    struct store_visitor visitor = {.user = &names, .provider = note_provider};
    err = store_visit(reader, &visitor);
    if (err) return err;

    struct json_writer *json = &job->json;
    json_put_text(json, "state", slice_cstr(recipient_state_names[row.recipient.state]));
    put_message(job, &row.message);
    control_put_number(job, "recipient", row.recipient.number);
    control_put_time(job, "changed_at", row.recipient.changed_at_ms);
    json_put_text(json, "error", slice_cstr(row.recipient.error_word));
    json_name(json, "attempts");
    json_begin_array(json);
    for (size_t i = 0; i < row.attempt_count; i++)
        put_attempt(job, &row.attempts[i], &names);
    json_end_array(json);
    return ERR_OK;
}

static enum err read_message_list(struct control_job *job, struct store_reader *reader)
{
    struct account_id account;
    struct message *messages;
    size_t count;
    enum err err = control_account_id(job, &account);
    if (!err)
        err = store_message_page(reader, account, (struct message_id){0}, &job->arena,
                                 control_limit(job, MESSAGES_USUAL, MESSAGES_MOST), &messages,
                                 &count);
    if (err) return err;
    json_name(&job->json, "messages");
    json_begin_array(&job->json);
    for (size_t i = 0; i < count && !err; i++) {
        struct store_recipient row;
        err = store_recipient(reader, message_recipient(&messages[i]), &job->arena, &row);
        if (err) break;
        json_begin_object(&job->json);
        json_put_text(&job->json, "state", slice_cstr(recipient_state_names[row.recipient.state]));
        put_message(job, &messages[i]);
        control_put_number(job, "recipient", row.recipient.number);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
    return err;
}

const struct control_verb control_message_verbs[] = {
    {"message.show", NULL, NULL, read_message_show},
    {"message.list", NULL, NULL, read_message_list},
    {0},
};
