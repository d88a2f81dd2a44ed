#include "core/core.h"

#include <stdio.h>

#include "base/mem.h"
#include "core/answer.h"
#include "core/core_state.h"
#include "core/operate.h"
#include "core/send.h"

#define CHORES_EVERY_MS 1000
#define RECOVER_PAGE    4096
/* Operations after which a tick commits, however many commands still wait: batches are long. */
#define TICK_OPS_ENOUGH 16384
/* After a failed commit, when nobody asks for one. */
#define STORE_AGAIN_MS 100

/* ---- Ticks --------------------------------------------------------------------------------- */

static struct tick *tick_begin(struct core *core)
{
    struct tick *tick = &core->tick;
    tick->core = core;
    tick->now_ms = clock_wall_ms(core->config.clock);
    tick->mono_ms = clock_mono_ms(core->config.clock);
    tick->count = 0;
    return tick;
}

/* Makes everything so far durable, then lets each operation's consequence happen. */
static void tick_commit(struct tick *tick)
{
    struct core *core = tick->core;
    if (tick->count > 0) {
        enum err err = store_write(core->config.store, tick->ops, tick->count);
        core->store_failed = err != ERR_OK;
        for (size_t i = 0; i < tick->count; i++) {
            if (err) tick->ops[i].result = err;
            if (tick->ops[i].told_events && !err) core->deliveries.events_wait = true;
            if (tick->steps[i].then) tick->steps[i].then(tick, &tick->ops[i], tick->steps[i].user);
        }
        onces_committed(&core->onces);
        core->ticks++;
        tick->count = 0;
    }
    core->config.ports->flush(core->config.ports->user);
    arena_done(&tick->arena);
}

static void status_decide(struct core *core, struct command *command)
{
    struct command_status *status = &command->status;
    status->count = 0;
    status->parked = core->receipts.parked_count;
    status->ticks = core->ticks;
    status->commands = core->commands;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        const struct provider *provider = core->catalog.providers[id];
        const struct lane *lane = &core->dispatch.lanes[id];
        if (!provider || status->count == status->capacity) continue;
        struct provider_status *told = &status->providers[status->count++];
        *told = (struct provider_status){
            .provider = *provider,
            .sessions = lane->sessions,
            .flying = lane->flying,
            .waiting = lane->queued,
            .more_on_disk = lane->more_on_disk,
            .rate_per_s = lane->rate,
            .taken = lane->taken,
            .refused = lane->refused,
            .throttled = lane->throttled,
            .uncertain = lane->uncertain,
            .receipts = core->receipts.count[id],
            .receipt_form = receipt_form_names[receipts_form(&core->receipts, provider->id)],
        };
        told->provider.profile =
            command->arena ? arena_copy(command->arena, provider->profile) : (struct slice){0};
    }
}

static void decide(struct tick *tick, struct command *command)
{
    command->result = ERR_OK;
    switch (command->kind) {
    case COMMAND_SEND:
        send_decide(tick, command);
        break;
    case COMMAND_SEND_MANY:
        send_decide_many(tick, command);
        break;
    case COMMAND_REFUSE:
        send_refuse(tick, command);
        break;
    case COMMAND_CANCEL:
        schedule_cancel(tick, command);
        break;
    case COMMAND_ANSWER:
        dispatch_answer(tick, command);
        break;
    case COMMAND_RECEIPT:
        receipts_decide(tick, command);
        break;
    case COMMAND_INBOUND:
        intake_decide(tick, command);
        break;
    case COMMAND_LINK:
        dispatch_link(tick, command);
        break;
    case COMMAND_PUSHED:
        intake_pushed(tick, command);
        break;
    case COMMAND_DELIVERED:
        deliveries_ended(tick, command);
        break;
    case COMMAND_STATUS:
        status_decide(tick->core, command);
        break;
    case COMMAND_STOP_SENDING:
        tick->core->dispatch.stopped = true;
        break;
    default:
        operate_decide(tick, command);
    }
}

static void chores(struct tick *tick)
{
    struct core *core = tick->core;
    if (tick->mono_ms - core->last_chores_mono_ms < CHORES_EVERY_MS) return;
    core->last_chores_mono_ms = tick->mono_ms;
    dispatch_chores(tick);
    receipts_chores(tick);
    intake_chores(tick);
    onces_chores(tick);
    deliveries_chores(tick);
    if (!core->config.stopped) quota_chores(tick);
    if (tick->count == 0) return;
    /* Rides along with a commit that happens anyway: where a later start may begin to look. */
    struct store_op *op = tick_op(tick, STORE_PUT_META, NULL, NULL);
    op->meta.name = SLICE("queue_from");
    op->meta.value =
        arena_printf(&tick->arena, "%llu", (unsigned long long)dispatch_queue_from(core));
}

void core_tick(struct core *core, struct command **commands, size_t count)
{
    struct tick *tick = tick_begin(core);
    dispatch_begin(tick);
    receipts_begin(tick);
    intake_begin(tick);
    schedule_run(tick);
    rehearsal_run(tick);
    deliveries_run(tick);
    onces_run(tick);
    chores(tick);
    size_t decided = 0;
    for (size_t i = 0; i < count; i++) {
        /* An operator's change is decided on what is committed, and seen by all that follow it. */
        bool alone = operate_is(commands[i]->kind);
        if (alone && tick->count > 0) {
            tick_commit(tick);
            tick_begin(core);
        }
        /* What a commit of this round could not write comes before what builds on it. */
        if (!alone) answer_write_kept(tick);
        decide(tick, commands[i]);
        if (!alone && i + 1 < count && tick->count < TICK_OPS_ENOUGH) continue;
        tick_commit(tick);
        tick_begin(core);
        for (; decided <= i; decided++)
            if (commands[decided]->done) commands[decided]->done(commands[decided]);
    }
    if (count == 0) tick_commit(tick);
    core->commands += count;
}

uint64_t core_wait_ms(struct core *core)
{
    if (core->store_failed) return STORE_AGAIN_MS; /* what is due cannot be written now */
    if (receipts_are_due(core)) return 0;
    uint64_t mono_ms = clock_mono_ms(core->config.clock);
    uint64_t since_chores_ms = mono_ms - core->last_chores_mono_ms;
    uint64_t wait = since_chores_ms < CHORES_EVERY_MS ? CHORES_EVERY_MS - since_chores_ms : 0;
    const uint64_t others[] = {dispatch_wait_ms(core, mono_ms), schedule_wait_ms(core),
                               rehearsal_wait_ms(core), deliveries_wait_ms(core),
                               onces_wait_ms(core)};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] < wait) wait = others[i];
    return wait;
}

bool core_is_quiet(const struct core *core)
{
    return dispatch_is_quiet(core);
}

/* ---- Start --------------------------------------------------------------------------------- */

static uint64_t meta_number(struct core *core, struct slice name)
{
    struct slice value;
    uint64_t number = 0;
    struct arena arena = {0};
    if (store_meta(core_reader(core), name, &arena, &value) == ERR_OK) slice_u64(value, &number);
    arena_done(&arena);
    return number;
}

static void raise(uint32_t *limit, uint64_t to)
{
    if (to > *limit && to <= UINT32_MAX) *limit = (uint32_t)to;
}

/* Fills a core from the visits of the store: the catalogue's rows and the parked receipts. */
static void visit_parked(void *user, const struct parked_receipt *parked)
{
    struct catalog *catalog = user;
    struct core *core = (struct core *)((char *)catalog - offsetof(struct core, catalog));
    if (parked->provider.v <= PROVIDERS_MAX) receipts_load_parked(core, parked);
}

static void visit_part(void *user, const struct inbound_part *part)
{
    struct catalog *catalog = user;
    struct core *core = (struct core *)((char *)catalog - offsetof(struct core, catalog));
    joiner_load(&core->intake.joiner, part);
}

static void visit_key_page(void *user, const struct key_page *page)
{
    struct catalog *catalog = user;
    struct core *core = (struct core *)((char *)catalog - offsetof(struct core, catalog));
    onces_load_page(&core->onces, page);
}

static void visit_replay(void *user, const struct replay *replay)
{
    struct catalog *catalog = user;
    struct core *core = (struct core *)((char *)catalog - offsetof(struct core, catalog));
    onces_load(&core->onces, replay);
}

static enum err load_catalog(struct core *core)
{
    struct store_visitor visitor = catalog_visitor(&core->catalog);
    visitor.parked = visit_parked;
    visitor.part = visit_part;
    visitor.key_page = visit_key_page;
    visitor.replay = visit_replay;
    enum err err = store_visit(core_reader(core), &visitor);
    if (err) return err;
    uint64_t limit = meta_number(core, SLICE("provider_limit"));
    if (limit > core->catalog.provider_limit && limit <= PROVIDERS_MAX + 1)
        core->catalog.provider_limit = (uint32_t)limit;
    raise(&core->catalog.template_limit, meta_number(core, SLICE("template_limit")));
    raise(&core->catalog.webhook_limit, meta_number(core, SLICE("webhook_limit")));
    deliveries_load(core, (struct event_id){meta_number(core, SLICE("events_from"))});
    uint64_t queue_from = meta_number(core, SLICE("queue_from"));
    /* It may stand behind recipients whose commit failed; none after it may get their ids. */
    if (queue_from > core->last_recipient + 1) core->last_recipient = queue_from - 1;
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++) {
        struct provider *provider = core->catalog.providers[id];
        struct lane *lane = &core->dispatch.lanes[id];
        lane->provider.v = (uint16_t)id;
        lane->more_on_disk = true;
        lane->cursor.v = queue_from ? queue_from - 1 : 0;
        if (!provider) continue;
        dispatch_provider(core, provider, false);
        core->config.ports->provider(core->config.ports->user, provider, false);
    }
    core->config.ports->flush(core->config.ports->user);
    core->intake.more_to_push = !core->config.stopped;
    return ERR_OK;
}

/* Intents without an answer: the last run ended while they were out. */
static void lose_answers(struct core *core, const struct map *lost)
{
    struct arena arena = {0};
    struct command **commands = ARENA_ARRAY(&arena, struct command *, lost->count);
    struct map_entry entry;
    size_t count = 0;
    for (size_t cursor = 0; map_each(lost, &cursor, &entry); count++) {
        commands[count] = ARENA_NEW(&arena, struct command);
        commands[count]->kind = COMMAND_ANSWER;
        commands[count]->answer =
            (struct command_answer){.attempt = {entry.key}, .state = ATTEMPT_UNCERTAIN};
    }
    if (count > 0) core_tick(core, commands, count);
    arena_done(&arena);
}

static enum err load_attempts(struct core *core)
{
    uint64_t now_ms = clock_wall_ms(core->config.clock);
    uint64_t since_ms = now_ms > RECEIPT_WINDOW_MS ? now_ms - RECEIPT_WINDOW_MS : 0;
    struct map lost = {0};
    struct attempt_id after = {0};
    struct arena arena = {0};
    enum err err;
    for (;;) {
        struct attempt *rows;
        size_t count;
        err = store_open_attempts(core_reader(core), since_ms, after, &arena, RECOVER_PAGE, &rows,
                                  &count);
        if (err || count == 0) break;
        for (size_t i = 0; i < count; i++) {
            after = rows[i].id;
            if (rows[i].provider.v == PROVIDER_REHEARSAL.v) {
                rehearsal_load(core, &rows[i]);
            } else if (rows[i].state == ATTEMPT_TAKEN) {
                receipts_load_open(core, &rows[i]);
            } else if (rows[i].state == ATTEMPT_INTENT) {
                dispatch_recover(tick_begin(core), &rows[i]);
                map_set(&lost, rows[i].id.v, 1);
            }
        }
        arena_done(&arena);
    }
    arena_done(&arena);
    arena_done(&core->tick.arena);
    if (!err) lose_answers(core, &lost);
    map_done(&lost);
    return err;
}

struct core *core_open(const struct core_config *config, char *out_problem)
{
    struct core *core = MEM_NEW(struct core);
    core->config = *config;
    catalog_init(&core->catalog, config->gate);
    dispatch_init(&core->dispatch);
    core->dispatch.stopped = config->stopped;
    config->clock->offset_ms = meta_number(core, SLICE("clock_offset_ms"));
    enum err err = store_last_ids(core_reader(core), &core->ids.last, &core->last_recipient);
    if (!err) err = load_catalog(core);
    /* What another run left open is another run's to settle. */
    if (!err && !config->stopped) err = load_attempts(core);
    if (!err) return core;
    snprintf(out_problem, 256, "the store cannot be read: %s", err_text(err));
    core_close(core);
    return NULL;
}

void core_close(struct core *core)
{
    if (!core) return;
    arena_done(&core->tick.arena);
    mem_free(core->tick.ops);
    mem_free(core->tick.steps);
    intake_done(&core->intake);
    rehearsal_done(&core->rehearsal);
    deliveries_done(&core->deliveries);
    onces_done(&core->onces);
    quota_done(&core->quota);
    receipts_done(&core->receipts);
    dispatch_done(&core->dispatch);
    catalog_done(&core->catalog);
    mem_free(core);
}
