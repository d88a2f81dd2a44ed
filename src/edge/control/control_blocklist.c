#include "edge/control/control_job.h"
#include "wire/phone.h"

static void put_block(struct control_job *job, const struct block *block)
{
    control_put_number(job, "number", block->number);
    if (block->account.v)
        control_put_id(job, "account", block->account.v);
    else
        json_put_null(&job->json, "account");
    json_put_bool(&job->json, "dnd", block->dnd);
}

static enum err read_number(struct control_job *job, struct slice text, uint64_t *out)
{
    if (phone_read_digits(text, out)) return ERR_OK;
    return control_refuse(job, ERR_INVALID,
                          "%.*s is no number in international form (8 to 15 digits)",
                          (int)(text.size < 40 ? text.size : 40), text.at);
}

/* --account and --dnd, where given. */
static enum err read_block(struct control_job *job, struct block *block)
{
    enum err err = control_owner(job, &block->account);
    if (!err && control_given(&job->args.dnd))
        err = control_switch(job, &job->args.dnd, "dnd", &block->dnd);
    return err;
}

static enum err ask_block(struct control_job *job, enum command_kind kind)
{
    struct block *block = &job->call.command.block;
    job->call.command.kind = kind;
    enum err err = read_block(job, block);
    return err ? err : read_number(job, job->args.number.text, &block->number);
}

static enum err ask_blocklist_add(struct control_job *job)
{
    return ask_block(job, COMMAND_BLOCK_ADD);
}

static enum err ask_blocklist_remove(struct control_job *job)
{
    return ask_block(job, COMMAND_BLOCK_REMOVE);
}

static void tell_block(struct control_job *job)
{
    put_block(job, &job->call.command.block);
}

/* Many numbers in one request, so that they share a commit. */
static enum err ask_blocklist_import(struct control_job *job)
{
    struct block block = {0};
    struct slice number, rest = job->args.numbers.text;
    size_t count = 0;
    enum err err = read_block(job, &block);
    if (err) return err;
    while (slice_cut(&rest, ',', &number))
        count++;
    if (count == 0 || count > CONTROL_IMPORT_MAX)
        return control_refuse(job, ERR_INVALID, "numbers has 1 to %d of them", CONTROL_IMPORT_MAX);
    job->parts = ARENA_ARRAY(&job->arena, struct control_part, count);
    rest = job->args.numbers.text;
    while (slice_cut(&rest, ',', &number)) {
        struct command *command = &job->parts[job->part_count++].call.command;
        command->kind = COMMAND_BLOCK_ADD;
        command->block = block;
        err = read_number(job, number, &command->block.number);
        if (err) return err;
    }
    return ERR_OK;
}

static void tell_blocklist_import(struct control_job *job)
{
    json_put_integer(&job->json, "added", (int64_t)job->part_count);
}

static void list_block(void *user, const struct block *block)
{
    struct control_listing *listing = user;
    if (listing->account.v && listing->account.v != block->account.v) return;
    json_begin_object(&listing->job->json);
    put_block(listing->job, block);
    json_end_object(&listing->job->json);
}

static enum err read_blocklist_list(struct control_job *job, struct store_reader *reader)
{
    struct control_listing listing = {.job = job};
    enum err err = control_owner(job, &listing.account);
    struct store_visitor visitor = {.user = &listing, .block = list_block};
    return err ? err : control_visit(job, reader, &visitor, "blocks");
}

const struct control_verb control_blocklist_verbs[] = {
    {"blocklist.add", ask_blocklist_add, tell_block, NULL},
    {"blocklist.remove", ask_blocklist_remove, tell_block, NULL},
    {"blocklist.import", ask_blocklist_import, tell_blocklist_import, NULL},
    {"blocklist.list", NULL, NULL, read_blocklist_list},
    {0},
};
