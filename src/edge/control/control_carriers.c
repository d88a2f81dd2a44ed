#include <stdio.h>

#include "edge/control/control_job.h"
#include "edge/http_profile_check.h"
#include "wire/url.h"

#define WINDOW_USUAL_SMPP 100
#define WINDOW_USUAL_HTTP 32

static const char *bind_name(enum bind_kind bind)
{
    return bind == BIND_TX_RX ? "tx+rx" : "trx";
}

/* The value of a setting of a profile, whose body begins behind a line [body]; empty: none. */
static struct slice profile_value(struct slice profile, struct slice section, struct slice name)
{
    struct slice line, key;
    bool inside = false;
    while (slice_cut(&profile, '\n', &line)) {
        line = slice_trim(line, " \t\r");
        if (line.size && line.at[0] == '[') {
            if (slice_eq(line, SLICE("[body]"))) break;
            inside = slice_eq(slice_trim(line, "[]"), section);
        } else if (inside && slice_cut(&line, '=', &key) &&
                   slice_eq(slice_trim(key, " \t"), name)) {
            return slice_trim(line, " \t");
        }
    }
    return (struct slice){0};
}

static bool read_url(const struct provider *provider, struct url *out)
{
    return url_read(profile_value(provider->profile, SLICE("request"), SLICE("url")), out);
}

/* Without what may be secret in it: user and password, and the query. */
static struct slice public_url(struct control_job *job, const struct provider *provider)
{
    struct url url;
    if (!read_url(provider, &url)) return (struct slice){0};
    struct slice address = url_address(&url, &job->arena);
    return arena_printf(&job->arena, "%s://%.*s%.*s", url.secure ? "https" : "http",
                        (int)address.size, address.at, (int)url.path.size, url.path.at);
}

static void put_provider(struct control_job *job, const struct provider *provider)
{
    bool is_http = provider->kind == PROVIDER_HTTP;
    struct slice address = is_http ? public_url(job, provider) : slice_cstr(provider->address);
    json_put_text(&job->json, "name", slice_cstr(provider->name));
    json_put_text(&job->json, "kind", is_http ? SLICE("http") : SLICE("smpp"));
    json_put_text(&job->json, "address", address);
    json_put_text(&job->json, "system_id", slice_cstr(provider->system_id));
    json_put_text(&job->json, "bind", slice_cstr(bind_name(provider->bind)));
    json_put_integer(&job->json, "window", provider->window);
    json_put_integer(&job->json, "tps", provider->tps);
    json_put_text(&job->json, "quirks", slice_cstr(provider->quirks_text));
    json_put_bool(&job->json, "enabled", provider->enabled);
}

/* ---- Providers ----------------------------------------------------------------------------- */

static enum err read_bind(struct control_job *job, enum bind_kind *out)
{
    struct slice text = job->args.bind.text;
    if (!control_given(&job->args.bind)) return ERR_OK;
    if (!slice_eq_nocase(text, SLICE("trx")) && !slice_eq_nocase(text, SLICE("tx+rx")))
        return control_refuse(job, ERR_INVALID, "bind is trx or tx+rx");
    *out = slice_eq_nocase(text, SLICE("tx+rx")) ? BIND_TX_RX : BIND_TRX;
    return ERR_OK;
}

static enum err read_http_address(struct control_job *job, struct command_provider *out)
{
    struct url url;
    if (!read_url(out->provider, &url))
        return control_refuse(job, ERR_INVALID, "url in the profile leads nowhere");
    struct slice address = url_address(&url, &job->arena);
    if (address.size > ADDRESS_MAX_SIZE)
        return control_refuse(job, ERR_INVALID, "the host of url is too long");
    memcpy(out->provider->address, address.at, address.size);
    out->parts |= PROVIDER_ADDRESS;
    return ERR_OK;
}

/* One row for each text that a provider is made of. */
static enum err read_texts(struct control_job *job, struct command_provider *out)
{
    struct control_args *args = &job->args;
    struct provider *provider = out->provider;
    const struct {
        const struct field *arg;
        const char *name;
        size_t max;
        char *to;
        enum provider_part part;
    } rows[] = {
        {&args->smpp, "smpp", ADDRESS_MAX_SIZE, provider->address, PROVIDER_ADDRESS},
        {&args->system_id, "system-id", sizeof provider->system_id - 1, provider->system_id,
         PROVIDER_SYSTEM_ID},
        {&args->password, "password", sizeof provider->password - 1, provider->password,
         PROVIDER_PASSWORD},
        {&args->system_type, "system-type", sizeof provider->system_type - 1, provider->system_type,
         PROVIDER_SYSTEM_TYPE},
        {&args->set, "set", QUIRKS_TEXT_MAX, provider->quirks_text, PROVIDER_QUIRKS},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!control_given(rows[i].arg)) continue;
        enum err err = control_text(job, rows[i].arg, rows[i].name, rows[i].max, rows[i].to);
        if (err) return err;
        out->parts |= rows[i].part;
    }
    if (!control_given(&args->http)) return ERR_OK;
    provider->kind = PROVIDER_HTTP;
    out->parts |= PROVIDER_PROFILE;
    enum err err =
        control_slice(job, &args->http, "the profile", PROFILE_MAX_SIZE, &provider->profile);
    if (!err && !http_profile_check(provider->profile, slice_cstr(provider->name), job->problem))
        err = ERR_INVALID;
    return err ? err : read_http_address(job, out);
}

static enum err read_provider(struct control_job *job, enum command_kind kind)
{
    struct command *command = &job->call.command;
    struct provider *provider = ARENA_NEW(&job->arena, struct provider);
    command->kind = kind;
    command->provider.provider = provider;
    if (kind == COMMAND_PROVIDER_ADD)
        provider->window = control_given(&job->args.http) ? WINDOW_USUAL_HTTP : WINDOW_USUAL_SMPP;
    enum err err = control_text(job, &job->args.name, "the name", NAME_MAX_SIZE, provider->name);
    if (!err) err = read_texts(job, &command->provider);
    if (!err) err = read_bind(job, &provider->bind);
    if (control_given(&job->args.bind)) command->provider.parts |= PROVIDER_BIND;
    if (!err && control_given(&job->args.window)) {
        err = control_number(job, &job->args.window, "window", &provider->window);
        command->provider.parts |= PROVIDER_WINDOW;
    }
    if (!err && control_given(&job->args.tps)) {
        err = control_number(job, &job->args.tps, "tps", &provider->tps);
        command->provider.parts |= PROVIDER_TPS;
    }
    if (!err && control_given(&job->args.enabled)) {
        err = control_switch(job, &job->args.enabled, "enabled", &provider->enabled);
        command->provider.parts |= PROVIDER_ENABLED;
    }
    return err;
}

static enum err ask_provider_add(struct control_job *job)
{
    if (control_given(&job->args.smpp) == control_given(&job->args.http))
        return control_refuse(job, ERR_INVALID, "either --smpp HOST:PORT or --http PROFILE");
    return read_provider(job, COMMAND_PROVIDER_ADD);
}

static enum err ask_provider_set(struct control_job *job)
{
    return read_provider(job, COMMAND_PROVIDER_SET);
}

static enum err ask_provider_remove(struct control_job *job)
{
    return read_provider(job, COMMAND_PROVIDER_REMOVE);
}

static void tell_provider(struct control_job *job)
{
    put_provider(job, job->call.command.provider.provider);
}

static enum err ask_status(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_STATUS;
    command->status.providers = ARENA_ARRAY(&job->arena, struct provider_status, PROVIDERS_MAX);
    command->status.capacity = PROVIDERS_MAX;
    return ERR_OK;
}

static void put_status(struct control_job *job, const struct provider_status *status)
{
    struct json_writer *json = &job->json;
    put_provider(job, &status->provider);
    json_put_integer(json, "sessions", status->sessions);
    json_put_integer(json, "flying", status->flying);
    json_put_integer(json, "waiting", status->waiting);
    json_put_bool(json, "more_on_disk", status->more_on_disk);
    json_put_integer(json, "rate", status->rate_per_s);
    json_put_integer(json, "taken", (int64_t)status->taken);
    json_put_integer(json, "refused", (int64_t)status->refused);
    json_put_integer(json, "throttled", (int64_t)status->throttled);
    json_put_integer(json, "uncertain", (int64_t)status->uncertain);
    json_put_integer(json, "receipts", (int64_t)status->receipts);
    json_put_text(json, "receipt_ids", slice_cstr(status->receipt_form));
}

static void tell_provider_list(struct control_job *job)
{
    const struct command_status *status = &job->call.command.status;
    json_name(&job->json, "providers");
    json_begin_array(&job->json);
    for (size_t i = 0; i < status->count; i++) {
        json_begin_object(&job->json);
        put_status(job, &status->providers[i]);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
    json_put_integer(&job->json, "parked_receipts", (int64_t)status->parked);
}

static void tell_provider_show(struct control_job *job)
{
    const struct command_status *status = &job->call.command.status;
    for (size_t i = 0; i < status->count; i++)
        if (slice_eq(slice_cstr(status->providers[i].provider.name), job->args.name.text))
            return put_status(job, &status->providers[i]);
    job->err = control_refuse(job, ERR_NOT_FOUND, "there is no provider %.*s",
                              (int)job->args.name.text.size, job->args.name.text.at);
}

/* ---- Routes -------------------------------------------------------------------------------- */

static enum err read_destination(struct control_job *job, struct command_route *route)
{
    return control_text(job, &job->args.destination, "the destination",
                        sizeof route->destination - 1, route->destination);
}

static enum err ask_route_set(struct control_job *job)
{
    struct command *command = &job->call.command;
    command->kind = COMMAND_ROUTE_SET;
    struct command_route *route = &command->route;
    enum err err = read_destination(job, route);
    if (err) return err;
    struct slice rest = job->args.providers.text, name;
    while (slice_cut(&rest, ',', &name)) {
        if (route->chain_count == CHAIN_MAX || name.size > NAME_MAX_SIZE)
            return control_refuse(job, ERR_INVALID, "a route has at most %d providers", CHAIN_MAX);
        memcpy(route->chain[route->chain_count++], name.at, name.size);
    }
    return ERR_OK;
}

static enum err ask_route_remove(struct control_job *job)
{
    job->call.command.kind = COMMAND_ROUTE_REMOVE;
    return read_destination(job, &job->call.command.route);
}

static void tell_route(struct control_job *job)
{
    const struct command_route *route = &job->call.command.route;
    json_put_text(&job->json, "destination", slice_cstr(route->destination));
    json_name(&job->json, "providers");
    json_begin_array(&job->json);
    for (uint32_t i = 0; i < route->chain_count; i++)
        json_text(&job->json, slice_cstr(route->chain[i]));
    json_end_array(&job->json);
}

/* Providers come before routes in a visit: their names are kept for the rows that name them by id.
 */
struct route_listing {
    struct control_job *job;
    char (*names)[NAME_MAX_SIZE + 1];
};

static void note_provider(void *user, const struct provider *provider)
{
    struct route_listing *listing = user;
    memcpy(listing->names[provider->id.v], provider->name, sizeof provider->name);
}

static void list_route(void *user, const struct route *route)
{
    struct route_listing *listing = user;
    struct json_writer *json = &listing->job->json;
    json_begin_object(json);
    json_put_text(json, "destination", slice_cstr(route->destination));
    json_name(json, "providers");
    json_begin_array(json);
    for (uint32_t i = 0; i < route->chain_count; i++)
        json_text(json, slice_cstr(listing->names[route->chain[i].v]));
    json_end_array(json);
    json_end_object(json);
}

static enum err read_route_list(struct control_job *job, struct store_reader *reader)
{
    struct route_listing listing = {
        .job = job,
        .names = arena_alloc(&job->arena, (PROVIDERS_MAX + 1) * sizeof *listing.names),
    };
    struct store_visitor visitor = {
        .user = &listing, .provider = note_provider, .route = list_route};
    json_name(&job->json, "routes");
    json_begin_array(&job->json);
    enum err err = store_visit(reader, &visitor);
    json_end_array(&job->json);
    return err;
}

/* ---- The test clock ------------------------------------------------------------------------ */

static enum err ask_clock_advance(struct control_job *job)
{
    uint32_t seconds;
    job->call.command.kind = COMMAND_CLOCK_ADVANCE;
    enum err err = control_number(job, &job->args.seconds, "seconds", &seconds);
    if (!err) job->call.command.advance_ms = (uint64_t)seconds * 1000;
    return err;
}

static void tell_clock_advance(struct control_job *job)
{
    control_put_time(job, "now", clock_wall_ms(engine_clock(control_engine(job))));
}

const struct control_verb control_carrier_verbs[] = {
    {"provider.add", ask_provider_add, tell_provider, NULL},
    {"provider.set", ask_provider_set, tell_provider, NULL},
    {"provider.remove", ask_provider_remove, tell_provider, NULL},
    {"provider.list", ask_status, tell_provider_list, NULL},
    {"provider.show", ask_status, tell_provider_show, NULL},
    {"route.set", ask_route_set, tell_route, NULL},
    {"route.remove", ask_route_remove, tell_route, NULL},
    {"route.list", NULL, NULL, read_route_list},
    {"clock.advance", ask_clock_advance, tell_clock_advance, NULL},
    {0},
};
