#include "world.h"

#include "base/mem.h"

/* ---- Ports -------------------------------------------------------------------------------------
 */

static void *grow(void *rows, size_t count, size_t *capacity, size_t size)
{
    if (count < *capacity) return rows;
    *capacity = *capacity ? *capacity * 2 : 64;
    return mem_resize(rows, *capacity * size);
}

static const char *keep(struct world *world, struct slice text)
{
    return arena_copy(&world->arena, text).at;
}

/* Nothing leaves that is not durable, and never more than the window has room for. */
static void port_submit(void *user, const struct submit *submit)
{
    struct world *world = user;
    struct attempt attempt;
    assert_int_equal(store_attempt(core_reader(world->core), submit->attempt, &attempt), ERR_OK);
    assert_int_equal(attempt.state, ATTEMPT_INTENT);
    assert_int_equal(attempt.provider.v, submit->provider.v);
    assert_int_equal(attempt.segment, submit->segment.number);
    assert_int_equal(attempt.segments, submit->segment.total);
    const struct provider *provider = world->core->catalog.providers[submit->provider.v];
    assert_non_null(provider);
    world->out[submit->provider.v]++;
    assert_true(world->out[submit->provider.v] <=
                world->sessions[submit->provider.v] * provider->window);

    world->submits =
        grow(world->submits, world->submit_count, &world->submit_capacity, sizeof *world->submits);
    struct handed *handed = &world->submits[world->submit_count++];
    *handed = (struct handed){.submit = *submit, .at_mono_ms = world->mono_ms};
    handed->submit.sender = arena_copy(&world->arena, submit->sender);
    struct slice bytes = slice_of(submit->segment.bytes, submit->segment.size);
    handed->submit.segment.bytes = (const uint8_t *)arena_copy(&world->arena, bytes).at;
}

static void port_push(void *user, const struct inbound *inbound, const struct shortcode *shortcode)
{
    struct world *world = user;
    struct arena arena = {0};
    struct inbound row;
    assert_int_equal(store_inbound(core_reader(world->core), inbound->id, &arena, &row), ERR_OK);
    assert_int_equal(row.push, PUSH_PENDING);
    arena_done(&arena);
    world->pushes =
        grow(world->pushes, world->push_count, &world->push_capacity, sizeof *world->pushes);
    world->pushes[world->push_count++] = (struct pushed){
        .inbound = inbound->id,
        .sender = keep(world, inbound->sender_text),
        .shortcode = keep(world, inbound->shortcode),
        .text = keep(world, inbound->text),
        .url = keep(world, slice_cstr(shortcode->url)),
        .secret = keep(world, slice_cstr(shortcode->secret)),
    };
}

static void port_provider(void *user, const struct provider *provider, bool removed)
{
    struct world *world = user;
    *(removed ? &world->removed_providers : &world->told_providers) += 1;
}

static void port_deliver(void *user, const struct delivery *delivery, const struct webhook *webhook)
{
    struct world *world = user;
    world->deliveries = grow(world->deliveries, world->delivery_count, &world->delivery_capacity,
                             sizeof *world->deliveries);
    world->deliveries[world->delivery_count++] = *delivery;
}

static void port_flush(void *user)
{
    ((struct world *)user)->flushes++;
}

static uint64_t wall_ms(void *source)
{
    return ((struct world *)source)->wall_ms;
}

static uint64_t mono_ms(void *source)
{
    return ((struct world *)source)->mono_ms;
}

/* ---- Life --------------------------------------------------------------------------------------
 */

static void open_core(struct world *world, bool stopped)
{
    struct core_config config = {
        .clock = &world->clock,
        .store = world->store,
        .gate = world->gate = gate_new(),
        .ports = &world->ports,
        .retry_window_ms = world->retry_window_ms,
        .stopped = stopped,
    };
    char problem[256];
    world->core = core_open(&config, problem);
    assert_non_null(world->core);
}

struct world *world_new_bare(void)
{
    struct world *world = MEM_NEW(struct world);
    char problem[256];
    world->wall_ms = 1790000000000;
    world->mono_ms = 5000;
    world->retry_window_ms = 24ull * 60 * 60 * 1000;
    world->clock = (struct clock){.wall_ms = wall_ms, .mono_ms = mono_ms, .source = world};
    world->ports = (struct core_ports){
        .user = world,
        .submit = port_submit,
        .push = port_push,
        .deliver = port_deliver,
        .provider = port_provider,
        .flush = port_flush,
    };
    world->store = store_open(SLICE("memory:"), problem);
    open_core(world, false);
    world->account = world_account(world, 1000);
    world->key = world_key(world, world->account, 1, false, "");
    return world;
}

struct world *world_new(void)
{
    struct world *world = world_new_bare();
    world->a = world_provider(world, "a", 10, 0, "");
    assert_int_equal(world_route(world, "*", "a"), ERR_OK);
    world_link(world, world->a, 1);
    return world;
}

static void close_core(struct world *world)
{
    core_close(world->core);
    gate_free(world->gate);
}

void world_free(struct world *world)
{
    close_core(world);
    store_close(world->store);
    arena_done(&world->arena);
    mem_free(world->asked);
    mem_free(world->submits);
    mem_free(world->pushes);
    mem_free(world->deliveries);
    mem_free(world);
}

static void crash(struct world *world, bool stopped)
{
    close_core(world);
    memset(world->out, 0, sizeof world->out);
    memset(world->sessions, 0, sizeof world->sessions);
    for (size_t i = 0; i < world->submit_count; i++)
        world->submits[i].answered = true; /* nobody listens any more */
    for (size_t i = 0; i < world->push_count; i++)
        world->pushes[i].answered = true;
    open_core(world, stopped);
    world_check(world);
}

void world_crash(struct world *world)
{
    crash(world, false);
}

void world_crash_stopped(struct world *world)
{
    crash(world, true);
}

/* ---- Ticks -------------------------------------------------------------------------------------
 */

static void command_done(struct command *command)
{
    ((struct asked *)command)->done++;
}

struct command *world_ask(struct world *world, const struct command *command)
{
    struct asked *asked = ARENA_NEW(&world->arena, struct asked);
    asked->command = *command;
    asked->command.done = command_done;
    world->asked =
        grow(world->asked, world->asked_count, &world->asked_capacity, sizeof *world->asked);
    world->asked[world->asked_count++] = asked;
    return &asked->command;
}

/* Within a tick the larger of the numbers before and after it bounds what may be out. */
static void note_link(struct world *world, const struct command *command, bool after)
{
    if (command->kind != COMMAND_LINK) return;
    uint32_t *sessions = &world->sessions[command->link.provider.v];
    if (after || command->link.sessions > *sessions) *sessions = command->link.sessions;
}

void world_tick(struct world *world)
{
    struct arena arena = {0};
    size_t count = world->asked_count;
    struct command **commands = ARENA_ARRAY(&arena, struct command *, count);
    for (size_t i = 0; i < count; i++) {
        commands[i] = &world->asked[i]->command;
        note_link(world, commands[i], false);
    }
    world->asked_count = 0;
    core_tick(world->core, commands, count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(((struct asked *)commands[i])->done, 1);
        note_link(world, commands[i], true);
    }
    arena_done(&arena);
    world_check(world);
}

struct command *world_do(struct world *world, const struct command *command)
{
    struct command *asked = world_ask(world, command);
    world_tick(world);
    return asked;
}

void world_settle(struct world *world)
{
    for (unsigned ticks = 0; core_wait_ms(world->core) == 0; ticks++) {
        assert_in_range(ticks, 0, 10000); /* else it is busy for ever */
        world_tick(world);
    }
}

void world_pass(struct world *world, uint64_t ms)
{
    while (ms > 0) {
        uint64_t step = core_wait_ms(world->core);
        if (step == 0) step = 1;
        if (step > ms) step = ms;
        world->wall_ms += step;
        world->mono_ms += step;
        ms -= step;
        world_tick(world);
    }
}
