#include "edge/control/control_job.h"

/* ---- Reading what is set ------------------------------------------------------------------- */

static void note_plan(void *user, const struct plan_terms *terms)
{
    ((struct pricing *)user)->quotas[terms->plan] = terms->quota;
}

static void note_rate(void *user, const struct rate *rate)
{
    pricing_put(user, rate);
}

/* Every rate there is: the built-in ones with what is set before them. */
struct prices {
    int64_t quotas[PLAN_COUNT];
    struct rate *rates;
    size_t rate_count;
};

static enum err read_prices(struct control_job *job, struct store_reader *reader,
                            struct prices *out)
{
    struct pricing pricing = {0};
    struct store_visitor visitor = {.user = &pricing, .plan = note_plan, .rate = note_rate};
    enum err err = store_visit(reader, &visitor);
    if (!err) {
        size_t count = pricing_list(&pricing, NULL, 0);
        out->rates = ARENA_ARRAY(&job->arena, struct rate, count);
        out->rate_count = pricing_list(&pricing, out->rates, count);
        memcpy(out->quotas, pricing.quotas, sizeof out->quotas);
    }
    pricing_done(&pricing);
    return err;
}

static enum err read_plan(struct control_job *job, const struct field *arg, enum plan *out)
{
    if (plan_of(arg->text, out)) return ERR_OK;
    return control_refuse(job, ERR_INVALID, "the plans are Free, Starter, Pro and Scale");
}

/* ---- Plans --------------------------------------------------------------------------------- */

static void put_plan(struct control_job *job, enum plan plan, int64_t quota)
{
    json_put_text(&job->json, "name", slice_cstr(plan_names[plan]));
    json_put_integer(&job->json, "quota", quota);
}

static enum err ask_plan_set(struct control_job *job)
{
    struct plan_terms *terms = &job->call.command.plan_set;
    job->call.command.kind = COMMAND_PLAN_SET;
    enum err err = read_plan(job, &job->args.name, &terms->plan);
    if (err) return err;
    if (!slice_i64(job->args.quota.text, &terms->quota) || terms->quota < 0)
        return control_refuse(job, ERR_INVALID, "--quota is segments a month, 0 or more");
    return ERR_OK;
}

static void tell_plan_set(struct control_job *job)
{
    put_plan(job, job->call.command.plan_set.plan, job->call.command.plan_set.quota);
}

static enum err read_plan_list(struct control_job *job, struct store_reader *reader)
{
    struct prices prices;
    enum err err = read_prices(job, reader, &prices);
    if (err) return err;
    json_name(&job->json, "plans");
    json_begin_array(&job->json);
    for (enum plan plan = 0; plan < PLAN_COUNT; plan++) {
        json_begin_object(&job->json);
        put_plan(job, plan, prices.quotas[plan]);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
    return ERR_OK;
}

/* ---- Rates --------------------------------------------------------------------------------- */

static void put_rate(struct control_job *job, const struct rate *rate)
{
    json_put_text(&job->json, "plan", slice_cstr(plan_names[rate->plan]));
    json_put_text(&job->json, "country", slice_cstr(rate->country));
    json_put_text(&job->json, "currency", slice_cstr(rate->currency));
    json_put_integer(&job->json, "amount", rate->amount);
}

static void put_rates(struct control_job *job, const struct prices *prices, const enum plan *plan)
{
    json_name(&job->json, "rates");
    json_begin_array(&job->json);
    for (size_t i = 0; i < prices->rate_count; i++) {
        if (plan && prices->rates[i].plan != *plan) continue;
        json_begin_object(&job->json);
        put_rate(job, &prices->rates[i]);
        json_end_object(&job->json);
    }
    json_end_array(&job->json);
}

static enum err read_plan_show(struct control_job *job, struct store_reader *reader)
{
    struct prices prices;
    enum plan plan;
    enum err err = read_plan(job, &job->args.name, &plan);
    if (!err) err = read_prices(job, reader, &prices);
    if (err) return err;
    put_plan(job, plan, prices.quotas[plan]);
    put_rates(job, &prices, &plan);
    return ERR_OK;
}

static enum err read_rate_list(struct control_job *job, struct store_reader *reader)
{
    struct prices prices;
    enum plan plan;
    bool of_one = control_given(&job->args.plan);
    enum err err = of_one ? read_plan(job, &job->args.plan, &plan) : ERR_OK;
    if (!err) err = read_prices(job, reader, &prices);
    if (err) return err;
    put_rates(job, &prices, of_one ? &plan : NULL);
    return ERR_OK;
}

/* Capital letters, exactly as many as `out` holds before its NUL. */
static enum err read_letters(struct control_job *job, const struct field *arg, const char *what,
                             size_t count, char *out)
{
    struct slice text = arg->text;
    bool good = text.size == count;
    for (size_t i = 0; good && i < count; i++) {
        char c = text.at[i];
        out[i] = (char)(c >= 'a' && c <= 'z' ? c + 'A' - 'a' : c);
        good = out[i] >= 'A' && out[i] <= 'Z';
    }
    return good ? ERR_OK : control_refuse(job, ERR_INVALID, "%s has %zu letters", what, count);
}

static enum err ask_rate(struct control_job *job, enum command_kind kind)
{
    struct rate *rate = &job->call.command.rate;
    job->call.command.kind = kind;
    enum err err = read_plan(job, &job->args.plan, &rate->plan);
    return err ? err : read_letters(job, &job->args.country, "a country", 2, rate->country);
}

/* The usual currency is the one that the built-in table has for the country: the Starter plan has
   every country of it. */
static enum err ask_rate_set(struct control_job *job)
{
    enum err err = ask_rate(job, COMMAND_RATE_SET);
    if (err) return err;
    struct rate *rate = &job->call.command.rate;
    const struct pricing built_in = {0};
    if (!slice_i64(job->args.amount.text, &rate->amount) || rate->amount < 0)
        return control_refuse(job, ERR_INVALID,
                              "the amount is a whole number of the currency's smallest unit");
    if (control_given(&job->args.currency))
        return read_letters(job, &job->args.currency, "a currency", 3, rate->currency);
    struct price usual = pricing_of(&built_in, PLAN_STARTER, rate->country);
    memcpy(rate->currency, usual.shown.currency, sizeof rate->currency);
    return ERR_OK;
}

static enum err ask_rate_remove(struct control_job *job)
{
    return ask_rate(job, COMMAND_RATE_REMOVE);
}

static void tell_rate_set(struct control_job *job)
{
    put_rate(job, &job->call.command.rate);
}

static void tell_rate_remove(struct control_job *job)
{
    const struct rate *rate = &job->call.command.rate;
    json_put_text(&job->json, "plan", slice_cstr(plan_names[rate->plan]));
    json_put_text(&job->json, "country", slice_cstr(rate->country));
}

const struct control_verb control_price_verbs[] = {
    {"plan.set", ask_plan_set, tell_plan_set, NULL},
    {"plan.list", NULL, NULL, read_plan_list},
    {"plan.show", NULL, NULL, read_plan_show},
    {"rate.set", ask_rate_set, tell_rate_set, NULL},
    {"rate.remove", ask_rate_remove, tell_rate_remove, NULL},
    {"rate.list", NULL, NULL, read_rate_list},
    {0},
};
