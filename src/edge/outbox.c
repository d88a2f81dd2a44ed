#include "edge/outbox.h"

#include <stddef.h>

#include "base/mem.h"

struct record {
    struct record *next;
    const struct submit *submit;     /* or */
    const struct provider *provider; /* the other is NULL */
    bool removed;
};

struct outbox_batch {
    struct loop_task task;
    struct outbox_taker taker;
    struct arena arena;
    struct record *first, **end;
};

static void batch_free(struct outbox_batch *batch)
{
    if (!batch) return;
    arena_done(&batch->arena);
    mem_free(batch);
}

void outbox_init(struct outbox *outbox, struct loop *loop, const struct outbox_taker *taker)
{
    *outbox = (struct outbox){.loop = loop, .taker = *taker};
}

void outbox_done(struct outbox *outbox)
{
    batch_free(outbox->batch);
    outbox->batch = NULL;
}

static struct record *batch_add(struct outbox *outbox)
{
    if (!outbox->batch) {
        outbox->batch = MEM_NEW(struct outbox_batch);
        outbox->batch->taker = outbox->taker;
        outbox->batch->end = &outbox->batch->first;
    }
    struct record *record = ARENA_NEW(&outbox->batch->arena, struct record);
    *outbox->batch->end = record;
    outbox->batch->end = &record->next;
    return record;
}

void outbox_submit(struct outbox *outbox, const struct submit *submit, bool whole)
{
    struct record *record = batch_add(outbox);
    struct arena *arena = &outbox->batch->arena;
    struct submit *copy = ARENA_NEW(arena, struct submit);
    *copy = *submit;
    copy->sender = arena_copy(arena, submit->sender);
    if (whole) {
        copy->text = arena_copy(arena, submit->text);
        copy->segment = (struct segment){0};
    } else {
        struct slice bytes = slice_of(submit->segment.bytes, submit->segment.size);
        copy->segment.bytes = (const uint8_t *)arena_copy(arena, bytes).at;
        copy->text = (struct slice){0};
    }
    record->submit = copy;
}

void outbox_provider(struct outbox *outbox, const struct provider *provider, bool removed)
{
    struct record *record = batch_add(outbox);
    struct provider *copy = ARENA_NEW(&outbox->batch->arena, struct provider);
    *copy = *provider;
    copy->profile = arena_copy(&outbox->batch->arena, provider->profile);
    record->provider = copy;
    record->removed = removed;
}

static void batch_run(struct loop_task *task)
{
    struct outbox_batch *batch =
        (struct outbox_batch *)(void *)((char *)task - offsetof(struct outbox_batch, task));
    const struct outbox_taker *taker = &batch->taker;
    for (const struct record *record = batch->first; record; record = record->next) {
        if (record->submit)
            taker->submit(taker->user, record->submit);
        else
            taker->provider(taker->user, record->provider, record->removed);
    }
    batch_free(batch);
}

void outbox_flush(struct outbox *outbox)
{
    struct outbox_batch *batch = outbox->batch;
    if (!batch) return;
    outbox->batch = NULL;
    batch->task.run = batch_run;
    loop_post(outbox->loop, &batch->task);
}
