/* Sender ids, templates and webhooks: customers register them, operators too. */
#include <stdio.h>

#include "core/core_state.h"
#include "core/operate_inside.h"

#define SENDERS_PER_ACCOUNT   1000
#define TEMPLATES_PER_ACCOUNT 1000

/* Ids are not used twice: dialects and queues on disk name things by these numbers. */
static void keep_limit(struct tick *tick, const char *name, uint32_t limit)
{
    struct store_op *op = tick_op(tick, STORE_PUT_META, NULL, NULL);
    op->meta.name = slice_cstr(name);
    op->meta.value = arena_printf(&tick->arena, "%u", limit);
}

/* ---- Sender ids ---------------------------------------------------------------------------- */

static bool paper_fits(const struct slice *paper)
{
    return paper->size <= PAPER_MAX_SIZE;
}

static bool sender_is_valid(const struct sender *sender)
{
    const struct sender_papers *papers = &sender->papers;
    return sender_name_is_valid(slice_cstr(sender->name)) &&
           sender_countries_are_valid(slice_cstr(sender->countries)) &&
           paper_fits(&papers->registered_entity) && paper_fits(&papers->registration_doc_url) &&
           paper_fits(&papers->use_case) && paper_fits(&papers->sample_message) &&
           paper_fits(&papers->notes) && paper_fits(&papers->rejection_reason);
}

enum err operate_sender_add(struct tick *tick, struct command *command)
{
    const struct catalog *catalog = &tick->core->catalog;
    struct sender *sender = command->sender.sender;
    const struct account_row *row = catalog_account(catalog, sender->account);
    if (!row) return ERR_NOT_FOUND;
    if (!sender_is_valid(sender)) return ERR_INVALID;
    const struct sender *there = catalog_sender(catalog, sender->account, slice_cstr(sender->name));
    if (there && there->account.v == sender->account.v && there->status != SENDER_REJECTED)
        return ERR_ALREADY_EXISTS;
    if (row->sender_count >= SENDERS_PER_ACCOUNT) return ERR_LIMIT_REACHED;
    sender->id.v = tick_id(tick);
    sender->created_at_ms = tick->now_ms;
    sender->status = SENDER_PENDING;
    operate_write(tick, STORE_PUT_SENDER, command)->sender = sender;
    return ERR_OK;
}

void operate_sender_changed(struct tick *tick, struct command *command)
{
    catalog_put_sender(&tick->core->catalog, command->sender.sender);
}

#define SENDER_BY_CUSTOMER                                                                         \
    (SENDER_COUNTRIES | SENDER_ENTITY | SENDER_DOC_URL | SENDER_USE_CASE | SENDER_SAMPLE |         \
     SENDER_NOTES)

/* `change` becomes the existing sender with its marked parts replaced. */
static void merge_sender(const struct sender *existing, unsigned parts, struct sender *change)
{
    struct sender merged = *existing;
    const struct sender_papers *papers = &change->papers;
    if (parts & SENDER_COUNTRIES)
        memcpy(merged.countries, change->countries, sizeof merged.countries);
    if (parts & SENDER_ENTITY) merged.papers.registered_entity = papers->registered_entity;
    if (parts & SENDER_DOC_URL) merged.papers.registration_doc_url = papers->registration_doc_url;
    if (parts & SENDER_USE_CASE) merged.papers.use_case = papers->use_case;
    if (parts & SENDER_SAMPLE) merged.papers.sample_message = papers->sample_message;
    if (parts & SENDER_NOTES) merged.papers.notes = papers->notes;
    if (parts & SENDER_STATUS) merged.status = change->status;
    if (parts & SENDER_REASON) merged.papers.rejection_reason = papers->rejection_reason;
    if (parts & SENDER_DND) merged.dnd = change->dnd;
    *change = merged;
}

enum err operate_sender_set(struct tick *tick, struct command *command)
{
    const struct catalog *catalog = &tick->core->catalog;
    struct command_sender *asked = &command->sender;
    struct sender *change = asked->sender;
    const struct sender *named =
        change->id.v ? catalog_sender_by_id(catalog, change->id)
                     : catalog_sender(catalog, change->account, slice_cstr(change->name));
    if (!named || (change->account.v && named->account.v != change->account.v))
        return ERR_NOT_FOUND;
    if (!asked->by_operator && named->status != SENDER_PENDING) return ERR_STALE;
    if (!asked->by_operator && (asked->parts & ~(unsigned)SENDER_BY_CUSTOMER)) return ERR_INVALID;
    if ((asked->parts & SENDER_STATUS) && !sender_may_become(named->status, change->status)) {
        snprintf(command->problem, sizeof command->problem, "a sender id that is %s cannot be %s",
                 sender_status_names[named->status], sender_status_names[change->status]);
        return ERR_STALE;
    }
    /* The catalogue keeps no papers. */
    struct arena *arena = command->arena ? command->arena : &tick->arena;
    struct sender whole;
    enum err err = store_sender(core_reader(tick->core), named->id, arena, &whole);
    if (err) return err;
    merge_sender(&whole, asked->parts, change);
    if (!sender_is_valid(change)) return ERR_INVALID;
    operate_write(tick, STORE_PUT_SENDER, command)->sender = change;
    return ERR_OK;
}

/* ---- Templates ----------------------------------------------------------------------------- */

static enum err template_is_valid(const struct template *template, char *problem)
{
    if (template->name[0] == '\0' || template->body.size == 0) return ERR_INVALID;
    if (template->body.size > TEXT_MAX_BYTES) return ERR_TEXT_TOO_LONG;
    struct gotemplate *compiled = gotemplate_compile(template->body, problem);
    gotemplate_free(compiled);
    return compiled ? ERR_OK : ERR_TEMPLATE_INVALID;
}

/* The slug of its name; with a number behind it where that is taken. */
static void choose_slug(const struct catalog *catalog, struct template *template)
{
    char base[SLUG_MAX_SIZE + 1];
    template_slug(slice_cstr(template->name), base);
    snprintf(template->slug, sizeof template->slug, "%s", base);
    for (unsigned n = 2;
         catalog_template_slug(catalog, template->account, slice_cstr(template->slug)); n++)
        snprintf(template->slug, sizeof template->slug, "%.68s-%u", base, n);
}

enum err operate_template_add(struct tick *tick, struct command *command)
{
    struct catalog *catalog = &tick->core->catalog;
    struct template *template = command->template.template;
    const struct account_row *row = catalog_account(catalog, template->account);
    if (!row) return ERR_NOT_FOUND;
    enum err err = template_is_valid(template, command->problem);
    if (err) return err;
    if (row->template_count >= TEMPLATES_PER_ACCOUNT) return ERR_LIMIT_REACHED;
    template->id.v = tick_id(tick);
    template->created_at_ms = tick->now_ms;
    template->number = catalog->template_limit;
    choose_slug(catalog, template);
    keep_limit(tick, "template_limit", template->number + 1);
    operate_write(tick, STORE_PUT_TEMPLATE, command)->template = template;
    return ERR_OK;
}

void operate_template_changed(struct tick *tick, struct command *command)
{
    catalog_put_template(&tick->core->catalog, command->template.template);
}

static const struct template_row *template_named(const struct catalog *catalog,
                                                 const struct template *named)
{
    return named->id.v ? catalog_template(catalog, named->account, named->id)
                       : catalog_template_slug(catalog, named->account, slice_cstr(named->slug));
}

/* The body is the store's; the catalogue has it compiled. */
static enum err read_body(struct tick *tick, struct command *command, struct template *template)
{
    struct arena *arena = command->arena ? command->arena : &tick->arena;
    struct template *rows;
    size_t count;
    enum err err =
        store_templates(core_reader(tick->core), template->account, arena, &rows, &count);
    if (err) return err;
    for (size_t i = 0; i < count; i++)
        if (rows[i].id.v == template->id.v) template->body = rows[i].body;
    return ERR_OK;
}

enum err operate_template_set(struct tick *tick, struct command *command)
{
    struct command_template *asked = &command->template;
    struct template *change = asked->template;
    const struct template_row *row = template_named(&tick->core->catalog, change);
    if (!row) return ERR_NOT_FOUND;
    struct template merged = row->template;
    if (asked->parts & TEMPLATE_NAME) memcpy(merged.name, change->name, sizeof merged.name);
    merged.body = change->body;
    enum err err = asked->parts & TEMPLATE_BODY ? ERR_OK : read_body(tick, command, &merged);
    if (!err) err = template_is_valid(&merged, command->problem);
    if (err) return err;
    *change = merged;
    operate_write(tick, STORE_PUT_TEMPLATE, command)->template = change;
    return ERR_OK;
}

enum err operate_template_remove(struct tick *tick, struct command *command)
{
    struct template *named = command->template.template;
    const struct template_row *row = template_named(&tick->core->catalog, named);
    if (!row) return ERR_NOT_FOUND;
    *named = row->template;
    operate_write(tick, STORE_DELETE_TEMPLATE, command)->template_id = named->id;
    return ERR_OK;
}

void operate_template_removed(struct tick *tick, struct command *command)
{
    catalog_remove_template(&tick->core->catalog, command->template.template->id);
}

/* ---- Webhooks ------------------------------------------------------------------------------ */

static bool webhook_is_valid(const struct webhook *webhook)
{
    return webhook->url.size > 0 && webhook->url.size <= URL_MAX_SIZE &&
           webhook->description.size <= WEBHOOK_DESCRIPTION_MAX && webhook->events != 0 &&
           webhook->events < 1u << EVENT_TYPE_COUNT && webhook->secret[0] != '\0';
}

enum err operate_webhook_add(struct tick *tick, struct command *command)
{
    struct catalog *catalog = &tick->core->catalog;
    struct webhook *webhook = command->webhook.webhook;
    const struct account_row *row = catalog_account(catalog, webhook->account);
    if (!row) return ERR_NOT_FOUND;
    if (!webhook_is_valid(webhook)) return ERR_INVALID;
    if (row->webhook_count >= WEBHOOKS_PER_ACCOUNT) return ERR_LIMIT_REACHED;
    webhook->id.v = tick_id(tick);
    webhook->created_at_ms = tick->now_ms;
    webhook->number = catalog->webhook_limit;
    keep_limit(tick, "webhook_limit", webhook->number + 1);
    operate_write(tick, STORE_PUT_WEBHOOK, command)->webhook = webhook;
    return ERR_OK;
}

void operate_webhook_changed(struct tick *tick, struct command *command)
{
    catalog_put_webhook(&tick->core->catalog, command->webhook.webhook);
    deliveries_put(tick->core, command->webhook.webhook);
}

static const struct webhook *webhook_named(const struct catalog *catalog,
                                           const struct webhook *named)
{
    const struct webhook *webhook = catalog_webhook(catalog, named->id);
    bool may = webhook && (!named->account.v || webhook->account.v == named->account.v);
    return may ? webhook : NULL;
}

/* Copies into memory that outlives the catalogue's. */
static struct webhook webhook_told(struct tick *tick, struct command *command,
                                   const struct webhook *webhook)
{
    struct arena *arena = command->arena ? command->arena : &tick->arena;
    struct webhook told = *webhook;
    told.url = arena_copy(arena, webhook->url);
    told.description = arena_copy(arena, webhook->description);
    return told;
}

enum err operate_webhook_set(struct tick *tick, struct command *command)
{
    struct command_webhook *asked = &command->webhook;
    struct webhook *change = asked->webhook;
    const struct webhook *webhook = webhook_named(&tick->core->catalog, change);
    if (!webhook) return ERR_NOT_FOUND;
    struct webhook merged = webhook_told(tick, command, webhook);
    if (asked->parts & WEBHOOK_URL) merged.url = change->url;
    if (asked->parts & WEBHOOK_EVENTS) merged.events = change->events;
    if (asked->parts & WEBHOOK_DESCRIPTION) merged.description = change->description;
    if (asked->parts & WEBHOOK_ENABLED) merged.enabled = change->enabled;
    if (asked->parts & WEBHOOK_SECRET) memcpy(merged.secret, change->secret, sizeof merged.secret);
    if (!webhook_is_valid(&merged)) return ERR_INVALID;
    *change = merged;
    operate_write(tick, STORE_PUT_WEBHOOK, command)->webhook = change;
    return ERR_OK;
}

enum err operate_webhook_remove(struct tick *tick, struct command *command)
{
    struct webhook *named = command->webhook.webhook;
    const struct webhook *webhook = webhook_named(&tick->core->catalog, named);
    if (!webhook) return ERR_NOT_FOUND;
    *named = webhook_told(tick, command, webhook);
    operate_write(tick, STORE_DELETE_WEBHOOK, command)->webhook_id = named->id;
    return ERR_OK;
}

void operate_webhook_removed(struct tick *tick, struct command *command)
{
    const struct webhook *webhook = command->webhook.webhook;
    deliveries_remove(tick->core, webhook);
    catalog_remove_webhook(&tick->core->catalog, webhook->id);
}
