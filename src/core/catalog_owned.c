/* What accounts own besides keys and shortcodes: sender ids, templates, webhooks. */
#include "base/hash.h"
#include "base/mem.h"
#include "core/catalog.h"

static uint64_t name_key(struct account_id account, struct slice name)
{
    return hash_slice(name, account.v);
}

/* ---- Sender ids ---------------------------------------------------------------------------- */

static struct sender *find_sender(const struct catalog *catalog, struct account_id account,
                                  struct slice name)
{
    struct sender *best = NULL;
    uint64_t value;
    uint64_t key = name_key(account, name);
    for (size_t cursor = 0; map_each_of(&catalog->sender_names, key, &cursor, &value);) {
        struct sender *sender = (struct sender *)(uintptr_t)value;
        bool mine = account.v ? sender->account.v == account.v : sender->shared;
        if (!mine || !slice_eq(slice_cstr(sender->name), name)) continue;
        bool is_rejected = sender->status == SENDER_REJECTED;
        bool best_is_rejected = best && best->status == SENDER_REJECTED;
        if (!best || (best_is_rejected && !is_rejected) ||
            (best_is_rejected == is_rejected && sender->id.v > best->id.v))
            best = sender;
    }
    return best;
}

struct sender *catalog_sender(const struct catalog *catalog, struct account_id account,
                              struct slice name)
{
    struct sender *own = find_sender(catalog, account, name);
    return own ? own : find_sender(catalog, (struct account_id){0}, name);
}

struct sender *catalog_sender_by_id(const struct catalog *catalog, struct sender_id id)
{
    return map_get_pointer(&catalog->senders, id.v);
}

void catalog_put_sender(struct catalog *catalog, const struct sender *sender)
{
    struct sender *own = catalog_sender_by_id(catalog, sender->id);
    if (!own) {
        own = MEM_NEW(struct sender);
        map_set_pointer(&catalog->senders, sender->id.v, own);
        struct slice name = slice_cstr(sender->name);
        map_add(&catalog->sender_names, name_key(sender->account, name), (uint64_t)(uintptr_t)own);
        if (sender->shared)
            map_add(&catalog->sender_names, name_key((struct account_id){0}, name),
                    (uint64_t)(uintptr_t)own);
        catalog_account(catalog, sender->account)->sender_count++;
    }
    *own = *sender;
    own->papers = (struct sender_papers){0};
}

/* ---- Templates ----------------------------------------------------------------------------- */

struct template_row *catalog_template(const struct catalog *catalog, struct account_id account,
                                      struct template_id id)
{
    struct template_row *row = map_get_pointer(&catalog->templates, id.v);
    return row && row->template.account.v == account.v ? row : NULL;
}

struct template_row *catalog_template_slug(const struct catalog *catalog, struct account_id account,
                                           struct slice slug)
{
    uint64_t value;
    uint64_t key = name_key(account, slug);
    for (size_t cursor = 0; map_each_of(&catalog->template_slugs, key, &cursor, &value);) {
        struct template_row *row = (struct template_row *)(uintptr_t)value;
        if (row->template.account.v == account.v && slice_eq(slice_cstr(row->template.slug), slug))
            return row;
    }
    return NULL;
}

bool catalog_put_template(struct catalog *catalog, const struct template *template)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE];
    struct gotemplate *compiled = gotemplate_compile(template->body, problem);
    struct template_row *row = map_get_pointer(&catalog->templates, template->id.v);
    if (!row) {
        row = MEM_NEW(struct template_row);
        map_set_pointer(&catalog->templates, template->id.v, row);
        map_add(&catalog->template_slugs, name_key(template->account, slice_cstr(template->slug)),
                (uint64_t)(uintptr_t)row);
        catalog_account(catalog, template->account)->template_count++;
    }
    if (template->number >= catalog->template_limit) catalog->template_limit = template->number + 1;
    gotemplate_free(row->compiled);
    row->template = *template;
    row->template.body = (struct slice){0};
    row->compiled = compiled;
    return compiled != NULL;
}

void catalog_remove_template(struct catalog *catalog, struct template_id id)
{
    struct template_row *row = map_get_pointer(&catalog->templates, id.v);
    map_remove(&catalog->templates, id.v);
    map_remove_value(&catalog->template_slugs,
                     name_key(row->template.account, slice_cstr(row->template.slug)),
                     (uint64_t)(uintptr_t)row);
    catalog_account(catalog, row->template.account)->template_count--;
    gotemplate_free(row->compiled);
    mem_free(row);
}

/* ---- Webhooks ------------------------------------------------------------------------------ */

struct webhook *catalog_webhook(const struct catalog *catalog, struct webhook_id id)
{
    return map_get_pointer(&catalog->webhooks, id.v);
}

/* One allocation: the struct and its texts. */
static struct webhook *webhook_copy(const struct webhook *webhook)
{
    size_t url = webhook->url.size, description = webhook->description.size;
    struct webhook *copy = mem_alloc(sizeof *copy + url + description);
    char *texts = (char *)(copy + 1);
    *copy = *webhook;
    if (url) memcpy(texts, webhook->url.at, url);
    if (description) memcpy(texts + url, webhook->description.at, description);
    copy->url = slice_of(texts, url);
    copy->description = slice_of(texts + url, description);
    return copy;
}

static struct webhook **webhook_slot(struct account_row *row, struct webhook_id id)
{
    for (size_t i = 0; i < row->webhook_count; i++)
        if (row->webhooks[i]->id.v == id.v) return &row->webhooks[i];
    return NULL;
}

void catalog_put_webhook(struct catalog *catalog, const struct webhook *webhook)
{
    struct account_row *row = catalog_account(catalog, webhook->account);
    struct webhook **slot = webhook_slot(row, webhook->id);
    struct webhook *copy = webhook_copy(webhook);
    if (slot)
        mem_free(*slot);
    else
        slot = &row->webhooks[row->webhook_count++];
    *slot = copy;
    map_set_pointer(&catalog->webhooks, webhook->id.v, copy);
    if (webhook->number >= catalog->webhook_limit) catalog->webhook_limit = webhook->number + 1;
}

void catalog_remove_webhook(struct catalog *catalog, struct webhook_id id)
{
    struct webhook *webhook = catalog_webhook(catalog, id);
    struct account_row *row = catalog_account(catalog, webhook->account);
    struct webhook **slot = webhook_slot(row, id);
    struct webhook **end = row->webhooks + --row->webhook_count;
    memmove(slot, slot + 1, (size_t)(end - slot) * sizeof *slot);
    map_remove(&catalog->webhooks, id.v);
    mem_free(webhook);
}

void catalog_owned_done(struct catalog *catalog)
{
    struct map_entry entry;
    for (size_t cursor = 0; map_each(&catalog->senders, &cursor, &entry);)
        mem_free((void *)(uintptr_t)entry.value);
    for (size_t cursor = 0; map_each(&catalog->webhooks, &cursor, &entry);)
        mem_free((void *)(uintptr_t)entry.value);
    for (size_t cursor = 0; map_each(&catalog->templates, &cursor, &entry);) {
        struct template_row *row = (struct template_row *)(uintptr_t)entry.value;
        gotemplate_free(row->compiled);
        mem_free(row);
    }
    map_done(&catalog->senders);
    map_done(&catalog->sender_names);
    map_done(&catalog->webhooks);
    map_done(&catalog->templates);
    map_done(&catalog->template_slugs);
}
