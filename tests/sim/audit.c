/* Everything at once: now and then, after each crash, and at the end. */
#include <inttypes.h>

#include "base/mem.h"
#include "sim/model.h"
#include "sim/world.h"

void model_audit(struct model *model)
{
    for (size_t i = 0; i < model->story_count; i++)
        if (model->stories[i]->message) model_check_story(model, model->stories[i]);
    for (size_t i = 0; i < model->ledger_count; i++)
        model->ledgers[i].touched = true;
    /* A write of nothing: every account is looked at. */
    model_committed(model, NULL, 0);
}

/* ---- The end ------------------------------------------------------------------------------- */

/* What may still wait when all is well: a message of which some answer was lost, and with it the id
   by which its receipt would be known, or whose carrier is gone with its receipt. */
static bool is_explained(struct model *model, const struct story *story)
{
    struct arena arena = {0};
    struct store_recipient row;
    bool lost = false, waits = false;
    if (store_recipient(store_own_reader(model->store), (struct recipient_id){story->recipient},
                        &arena, &row))
        world_fail("a message is gone");
    for (size_t i = 0; i < row.attempt_count; i++) {
        const struct attempt *attempt = &row.attempts[i];
        bool is_open = attempt->state == ATTEMPT_TAKEN && !receipt_is_final(attempt->receipt);
        bool is_dead = world_is_dead(attempt->provider.v);
        lost |= attempt->state == ATTEMPT_UNCERTAIN || (is_open && is_dead);
        waits |= attempt->state == ATTEMPT_INTENT || (is_open && !is_dead);
    }
    arena_done(&arena);
    bool rests = recipient_is_final(story->state) || story->state == RECIPIENT_SENT;
    return rests && !waits && (recipient_is_final(story->state) || lost);
}

bool model_is_settled(struct model *model, const struct story **out_story)
{
    for (size_t i = 0; i < model->story_count; i++) {
        const struct story *story = model->stories[i];
        bool settled = story->message ? is_explained(model, story) : story->asks == 0;
        if (settled) continue;
        *out_story = story;
        return false;
    }
    return true;
}

bool model_is_pushed(struct model *model)
{
    struct arena arena = {0};
    struct inbound *rows;
    size_t count = 0;
    if (store_push_page(store_own_reader(model->store), (struct inbound_id){0}, &arena, 1, &rows,
                        &count))
        world_fail("inbound messages cannot be read");
    arena_done(&arena);
    return count == 0;
}

/* How many attempts at this part have no known end. */
static uint32_t lost_answers(struct model *model, const struct handset *handset,
                             const struct part *part)
{
    struct arena arena = {0};
    uint32_t count = 0;
    for (size_t i = 0; i < model->story_count; i++) {
        const struct story *story = model->stories[i];
        struct store_recipient row;
        if (story->handset != handset || !story->message) continue;
        if (store_recipient(store_own_reader(model->store), (struct recipient_id){story->recipient},
                            &arena, &row))
            world_fail("a message is gone");
        for (size_t k = 0; k < row.attempt_count; k++) {
            const struct attempt *attempt = &row.attempts[k];
            count += attempt->state == ATTEMPT_UNCERTAIN && attempt->provider.v == part->provider &&
                     attempt->segment == part->segment && attempt->segments == part->total;
        }
    }
    arena_done(&arena);
    return count;
}

static void reconcile_handset(struct model *model, const struct handset *handset)
{
    for (size_t i = 0; i < handset->part_count; i++) {
        const struct part *part = &handset->parts[i];
        uint32_t known = 0;
        struct map_entry entry;
        if (part->taken == 0) continue;
        for (size_t cursor = 0; map_each(&model->taken, &cursor, &entry);) {
            const struct taken *taken = (const struct taken *)(uintptr_t)entry.value;
            known += taken->handset == handset && taken->provider == part->provider &&
                     taken->segment == part->segment && taken->total == part->total &&
                     taken->attempt != 0;
        }
        if (known < part->taken && part->taken - known > lost_answers(model, handset, part))
            world_fail("carrier %u took segment %u of %u to %" PRIu64
                       " %u times, and the store knows of fewer",
                       part->provider, part->segment, part->total, handset->number, part->taken);
    }
}

void model_reconcile(struct model *model)
{
    struct map_entry entry;
    model_audit(model);
    for (size_t cursor = 0; map_each(&model->handsets, &cursor, &entry);)
        reconcile_handset(model, (const struct handset *)(uintptr_t)entry.value);
    for (uint16_t provider = 1; provider <= world.script.carrier_count; provider++)
        if (model->open[provider]) world_fail("intents are left open with carrier %u", provider);
    for (size_t i = 0; i < INBOUND_MAX; i++)
        if (model->inbound[i].asked && !model->inbound[i].stored &&
            !world_is_dead(model->inbound[i].provider))
            world_fail("inbound message %zu never came", i);
    if (!model_is_pushed(model)) world_fail("a webhook was never called");
}
