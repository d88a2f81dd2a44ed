#include "sim/model.h"

#include "base/hash.h"
#include "base/mem.h"
#include "sim/world.h"

void model_open(struct model *model, struct store *store)
{
    *model = (struct model){.store = store};
}

static void free_map(struct map *map)
{
    struct map_entry entry;
    for (size_t cursor = 0; map_each(map, &cursor, &entry);)
        mem_free((void *)(uintptr_t)entry.value);
    map_done(map);
}

void model_done(struct model *model)
{
    struct map_entry entry;
    for (size_t cursor = 0; map_each(&model->handsets, &cursor, &entry);)
        mem_free(((struct handset *)(uintptr_t)entry.value)->parts);
    free_map(&model->handsets);
    free_map(&model->taken);
    for (size_t i = 0; i < model->story_count; i++) {
        for (size_t kind = 0; kind < EVENT_KINDS; kind++)
            mem_free(model->stories[i]->told[kind].first);
        mem_free(model->stories[i]->text);
        mem_free(model->stories[i]);
    }
    mem_free(model->stories);
    map_done(&model->by_recipient);
    map_done(&model->by_message);
    map_done(&model->asked);
    map_done(&model->attempts);
    map_done(&model->parked);
    map_done(&model->by_inbound);
}

uint64_t model_key(uint16_t provider, struct slice id)
{
    return hash_slice(id, provider);
}

struct handset *model_handset(struct model *model, uint64_t number)
{
    struct handset *handset = map_get_pointer(&model->handsets, number);
    if (handset) return handset;
    handset = MEM_NEW(struct handset);
    handset->number = number;
    map_set_pointer(&model->handsets, number, handset);
    return handset;
}

struct part *model_part(struct handset *handset, uint16_t provider, uint8_t segment, uint8_t total)
{
    for (size_t i = 0; i < handset->part_count; i++) {
        struct part *part = &handset->parts[i];
        if (part->provider == provider && part->segment == segment && part->total == total)
            return part;
    }
    handset->parts = mem_resize(handset->parts, (handset->part_count + 1) * sizeof *handset->parts);
    struct part *part = &handset->parts[handset->part_count++];
    *part = (struct part){.provider = provider, .segment = segment, .total = total};
    return part;
}

struct story *model_ask(struct model *model, const struct story *asked, uint64_t number)
{
    struct story *story = MEM_NEW(struct story);
    *story = *asked;
    story->index = model->story_count;
    story->handset = model_handset(model, number);
    story->text = mem_copy(asked->text, strlen(asked->text));
    model->stories = mem_resize(model->stories, (model->story_count + 1) * sizeof(struct story *));
    model->stories[model->story_count++] = story;
    if (!story->own) map_set_pointer(&model->asked, number, story);
    return story;
}

struct ledger_model *model_ledger(struct model *model, uint64_t account)
{
    for (size_t i = 0; i < model->ledger_count; i++)
        if (model->ledgers[i].account == account) return &model->ledgers[i];
    if (model->ledger_count == ACCOUNTS_MAX) world_fail("too many accounts for the model");
    struct ledger_model *ledger = &model->ledgers[model->ledger_count++];
    ledger->account = account;
    return ledger;
}

static const int64_t grant_units[ASSET_COUNT] = {1, 100, 1};

struct grant *model_find_grant(struct model *model, enum asset asset, int64_t amount)
{
    int64_t slot = amount / grant_units[asset];
    return amount > 0 && slot < GRANTS_MAX && amount % grant_units[asset] == 0
               ? &model->grants[asset][slot]
               : NULL;
}

bool model_is_granted(const struct model *model, enum asset asset, int64_t amount)
{
    return model_find_grant((struct model *)model, asset, amount)->seen;
}

int64_t model_grant(struct model *model, uint64_t account, enum asset asset, int64_t about)
{
    int64_t slot = about / grant_units[asset];
    while (slot < GRANTS_MAX && model->grants[asset][slot].account)
        slot++;
    if (slot == GRANTS_MAX) return 0;
    int64_t amount = slot * grant_units[asset];
    model->grants[asset][slot] = (struct grant){.account = account, .amount = amount};
    return amount;
}
