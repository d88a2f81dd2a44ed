#include "edge/control/control.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/mem.h"
#include "edge/control/control_job.h"
#include "wire/iso_time.h"
#include "wire/phone.h"
#include "wire/uuid.h"

#define REQUEST_MAX (1u << 20)
#define ANSWER_MAX  (64u << 20)

struct control {
    struct control_config config;
    struct tcp_listener *listener;
    struct control_client *clients;
};

/* ---- Arguments ----------------------------------------------------------------------------- */

static const struct field_spec arg_fields[] = {
    {"do", FIELD_TEXT, offsetof(struct control_args, verb)},
#define X(name) {#name, FIELD_TEXT, offsetof(struct control_args, name)},
    CONTROL_ARGS(X)
#undef X
};
#define ARG_COUNT (sizeof arg_fields / sizeof *arg_fields)

struct engine *control_engine(const struct control_job *job)
{
    return job->control->config.engine;
}

bool control_given(const struct field *arg)
{
    return arg->state == FIELD_SET;
}

enum err control_refuse(struct control_job *job, enum err err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(job->problem, sizeof job->problem, format, args);
    va_end(args);
    return err;
}

enum err control_slice(struct control_job *job, const struct field *arg, const char *name,
                       size_t max, struct slice *out)
{
    if (!control_given(arg) || arg->text.size == 0)
        return control_refuse(job, ERR_INVALID, "%s is missing", name);
    if (arg->text.size > max)
        return control_refuse(job, ERR_INVALID, "%s is longer than %zu bytes", name, max);
    *out = arg->text;
    return ERR_OK;
}

enum err control_text(struct control_job *job, const struct field *arg, const char *name,
                      size_t max, char *out)
{
    struct slice text = {0};
    enum err err = control_slice(job, arg, name, max, &text);
    if (err) return err;
    if (text.size) memcpy(out, text.at, text.size);
    out[text.size] = '\0';
    return ERR_OK;
}

enum err control_url(struct control_job *job, const struct field *arg, struct slice *out)
{
    enum err err = control_slice(job, arg, "the webhook", URL_MAX_SIZE, out);
    if (err || slice_starts(*out, SLICE("http://")) || slice_starts(*out, SLICE("https://")))
        return err;
    return control_refuse(job, ERR_INVALID, "a webhook begins with http:// or https://");
}

enum err control_id(struct control_job *job, const struct field *arg, const char *name,
                    uint64_t *out)
{
    if (!control_given(arg)) return control_refuse(job, ERR_INVALID, "%s is missing", name);
    if (uuid_read(arg->text, engine_id_secret(control_engine(job)), out)) return ERR_OK;
    return control_refuse(job, ERR_NOT_FOUND, "there is no %s %.*s", name, (int)arg->text.size,
                          arg->text.at);
}

enum err control_account_id(struct control_job *job, struct account_id *out)
{
    return control_id(job, &job->args.account, "account", &out->v);
}

enum err control_owner(struct control_job *job, struct account_id *out)
{
    return control_given(&job->args.account) ? control_account_id(job, out) : ERR_OK;
}

enum err control_switch(struct control_job *job, const struct field *arg, const char *name,
                        bool *out)
{
    bool on = slice_eq_nocase(arg->text, SLICE("on"));
    if (!on && !slice_eq_nocase(arg->text, SLICE("off")))
        return control_refuse(job, ERR_INVALID, "%s is on or off", name);
    *out = on;
    return ERR_OK;
}

enum err control_number(struct control_job *job, const struct field *arg, const char *name,
                        uint32_t *out)
{
    uint64_t number;
    if (!slice_u64(arg->text, &number) || number > UINT32_MAX)
        return control_refuse(job, ERR_INVALID, "%s is not a number", name);
    *out = (uint32_t)number;
    return ERR_OK;
}

size_t control_limit(const struct control_job *job, size_t usual, size_t most)
{
    uint64_t number;
    if (!control_given(&job->args.limit) || !slice_u64(job->args.limit.text, &number)) return usual;
    return number < most ? (size_t)number : most;
}

void control_put_id(struct control_job *job, const char *name, uint64_t id)
{
    char text[UUID_TEXT_SIZE + 1];
    uuid_write(id, engine_id_secret(control_engine(job)), text);
    json_put_text(&job->json, name, slice_cstr(text));
}

void control_put_time(struct control_job *job, const char *name, uint64_t ms)
{
    char text[ISO_TIME_SIZE + 1];
    iso_time_write(ms, text);
    if (ms)
        json_put_text(&job->json, name, slice_cstr(text));
    else
        json_put_null(&job->json, name);
}

void control_put_number(struct control_job *job, const char *name, uint64_t number)
{
    char text[PHONE_TEXT_MAX];
    json_put_text(&job->json, name, slice_of(text, phone_format(number, text)));
}

void control_put_words(struct control_job *job, const char *name, struct slice words)
{
    struct slice word;
    json_name(&job->json, name);
    json_begin_array(&job->json);
    while (slice_cut(&words, ',', &word))
        json_text(&job->json, word);
    json_end_array(&job->json);
}

enum err control_visit(struct control_job *job, struct store_reader *reader,
                       const struct store_visitor *visitor, const char *name)
{
    json_name(&job->json, name);
    json_begin_array(&job->json);
    enum err err = store_visit(reader, visitor);
    json_end_array(&job->json);
    return err;
}

/* ---- One request --------------------------------------------------------------------------- */

static void job_end(struct control_job *job)
{
    if (!job->err && job->out.full)
        job->err = control_refuse(job, ERR_OVERLOADED, "the answer is too long: ask for less");
    if (job->err) {
        buf_clear(&job->out);
        json_writer_init(&job->json, &job->out);
        json_begin_object(&job->json);
        json_put_text(&job->json, "error", slice_cstr(err_name(job->err)));
        json_put_text(&job->json, "message",
                      slice_cstr(job->problem[0] ? job->problem : err_text(job->err)));
        json_end_object(&job->json);
    }
    job->reply(job->user, buf_slice(&job->out));
    buf_done(&job->out);
    arena_done(&job->arena);
    mem_free(job);
}

/* The first refusal is the one that is told. */
static void job_note(struct control_job *job, const struct command *command)
{
    if (job->err) return;
    job->err = command->result;
    if (job->err && command->problem[0])
        memcpy(job->problem, command->problem, sizeof job->problem);
}

static void job_tell(struct control_job *job)
{
    if (!job->err) {
        json_begin_object(&job->json);
        job->verb->tell(job);
        json_end_object(&job->json);
    }
    job_end(job);
}

static void call_done(struct engine_call *call)
{
    struct control_job *job = (struct control_job *)call;
    job_note(job, &call->command);
    job_tell(job);
}

static void part_done(struct engine_call *call)
{
    struct control_job *job = ((struct control_part *)call)->job;
    job_note(job, &call->command);
    if (--job->open_parts == 0) job_tell(job);
}

static void job_post_parts(struct control_job *job)
{
    job->open_parts = 1; /* this function itself */
    for (size_t i = 0; i < job->part_count && !job->err; i++) {
        struct control_part *part = &job->parts[i];
        part->job = job;
        part->call.loop = job->control->config.loop;
        part->call.on_done = part_done;
        job->err = engine_post(job->control->config.engine, &part->call);
        if (!job->err) job->open_parts++;
    }
    if (--job->open_parts == 0) job_tell(job);
}

static void read_run(struct engine_read *read, struct store_reader *reader)
{
    struct control_job *job =
        (struct control_job *)((char *)read - offsetof(struct control_job, read));
    json_begin_object(&job->json);
    job->err = job->verb->read(job, reader);
    json_end_object(&job->json);
}

static void read_done(struct engine_read *read)
{
    job_end((struct control_job *)((char *)read - offsetof(struct control_job, read)));
}

static const struct control_verb *find_verb(struct slice name)
{
    static const struct control_verb *const tables[] = {
        control_account_verbs, control_carrier_verbs,  control_message_verbs,
        control_sender_verbs,  control_template_verbs, control_webhook_verbs,
        control_price_verbs,   control_blocklist_verbs};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        for (const struct control_verb *verb = tables[i]; verb->name; verb++)
            if (slice_eq(name, slice_cstr(verb->name))) return verb;
    return NULL;
}

static void job_start(struct control_job *job)
{
    struct slice name = job->args.verb.text;
    job->verb = find_verb(name);
    if (!job->verb) {
        job->err = control_refuse(job, ERR_NOT_FOUND, "there is no such request: %.*s",
                                  (int)name.size, name.at);
        job_end(job);
        return;
    }
    if (job->verb->read) {
        job->read.loop = job->control->config.loop;
        job->read.run = read_run;
        job->read.on_done = read_done;
        engine_read(job->control->config.engine, &job->read);
        return;
    }
    job->call.loop = job->control->config.loop;
    job->call.on_done = call_done;
    job->call.command.arena = &job->arena;
    job->err = job->verb->ask(job);
    if (!job->err && job->call.command.kind == COMMAND_CLOCK_ADVANCE &&
        !job->control->config.test_clock)
        job->err = control_refuse(job, ERR_INVALID, "[server] test_clock is off");
    if (!job->err && job->part_count) {
        job_post_parts(job);
        return;
    }
    if (!job->err) job->err = engine_post(job->control->config.engine, &job->call);
    if (job->err) job_end(job);
}

void control_execute(struct control *control, struct slice request,
                     void (*reply)(void *user, struct slice answer), void *user)
{
    struct control_job *job = MEM_NEW(struct control_job);
    job->control = control;
    job->reply = reply;
    job->user = user;
    buf_init(&job->out, ANSWER_MAX);
    json_writer_init(&job->json, &job->out);
    if (json_read(request, JSON_STRICT, arg_fields, ARG_COUNT, &job->arena, &job->args, NULL,
                  NULL)) {
        job_start(job);
        return;
    }
    job->err = control_refuse(job, ERR_INVALID, "the request is not a JSON object");
    job_end(job);
}

/* ---- The socket ---------------------------------------------------------------------------- */

/* A connection; it outlives its stream while requests of it are in the works. */
struct control_client {
    struct control_client *previous, *next;
    struct control *control;
    struct tcp *tcp; /* NULL: gone */
    struct buf input;
    bool working; /* on the first line: nothing but their order tells answers apart */
    bool reading; /* client_work is running */
};

static void client_drop(struct control_client *client)
{
    if (client->tcp || client->working || client->reading) return;
    *(client->previous ? &client->previous->next : &client->control->clients) = client->next;
    if (client->next) client->next->previous = client->previous;
    buf_done(&client->input);
    mem_free(client);
}

static void client_close(struct control_client *client)
{
    struct tcp *tcp = client->tcp;
    client->tcp = NULL;
    if (tcp) tcp_close(tcp, false);
    client_drop(client);
}

static void client_work(struct control_client *client);

static void client_reply(void *user, struct slice answer)
{
    struct control_client *client = user;
    client->working = false;
    if (client->tcp) {
        tcp_write(client->tcp, answer);
        tcp_write(client->tcp, SLICE("\n"));
    }
    client_work(client);
}

/* One line after the other. An answer that comes at once finds the loop running. */
static void client_work(struct control_client *client)
{
    if (client->reading) return;
    client->reading = true;
    const char *end;
    while (client->tcp && !client->working && client->input.size > 0 &&
           (end = memchr(client->input.at, '\n', client->input.size)) != NULL) {
        size_t size = (size_t)(end - client->input.at);
        client->working = true;
        control_execute(client->control, slice_of(client->input.at, size), client_reply, client);
        buf_drop(&client->input, size + 1);
    }
    client->reading = false;
    client_drop(client);
}

static void client_on_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct control_client *client = user;
    buf_add(&client->input, bytes);
    if (client->input.full)
        client_close(client);
    else
        client_work(client);
}

static void client_on_close(void *user, struct tcp *tcp, bool clean)
{
    client_close(user);
}

static const struct tcp_events client_events = {
    .on_read = client_on_read,
    .on_close = client_on_close,
};

static void control_on_accept(void *user, struct tcp *tcp)
{
    struct control *control = user;
    struct control_client *client = MEM_NEW(struct control_client);
    client->control = control;
    client->tcp = tcp;
    buf_init(&client->input, REQUEST_MAX);
    client->next = control->clients;
    if (client->next) client->next->previous = client;
    control->clients = client;
    tcp_set_user(tcp, &client_events, client);
}

bool control_listen(struct control *control, struct slice address, char *out_error)
{
    control->listener =
        tcp_listen(control->config.loop, address, false, control_on_accept, control, out_error);
    return control->listener != NULL;
}

struct control *control_new(const struct control_config *config)
{
    struct control *control = MEM_NEW(struct control);
    control->config = *config;
    return control;
}

void control_free(struct control *control)
{
    if (!control) return;
    if (control->listener) tcp_listener_close(control->listener);
    for (struct control_client *next, *client = control->clients; client; client = next) {
        next = client->next;
        client_close(client);
    }
    mem_free(control);
}
