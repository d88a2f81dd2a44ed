#include "world.h"

/* Lists agree with their counts, and nothing stands in two of them. */
static void check_lane(const struct world *world, uint32_t id)
{
    const struct dispatch *dispatch = &world->core->dispatch;
    const struct lane *lane = &dispatch->lanes[id];
    uint32_t queued = 0, flying = 0;
    const struct pending *before = NULL;
    for (const struct pending *pending = lane->first; pending; pending = pending->next) {
        assert_true(pending->queued);
        assert_ptr_equal(pending->previous, before);
        assert_int_equal(pending_provider(pending).v, id);
        assert_ptr_equal(map_get_pointer(&dispatch->pendings, pending->recipient.v), pending);
        if (before) assert_true(before->recipient.v < pending->recipient.v);
        before = pending;
        queued++;
    }
    assert_ptr_equal(lane->last, before);
    assert_int_equal(lane->queued, queued);
    uint64_t order = 0;
    for (const struct flight *flight = lane->oldest; flight; flight = flight->next) {
        assert_int_equal(flight->state, FLIGHT_FLYING);
        assert_int_equal(pending_provider(flight->pending).v, id);
        struct attempt_id attempt = attempt_id_of(flight->pending->recipient, flight->attempt);
        assert_ptr_equal(map_get_pointer(&dispatch->flights, attempt.v), flight);
        assert_true(flying == 0 || flight->order > order);
        order = flight->order;
        flying++;
    }
    assert_int_equal(lane->flying, flying);
    assert_int_equal(lane->flying, world->out[id]);
}

static bool is_resting(const struct dispatch *dispatch, const struct pending *wanted)
{
    for (const struct pending *pending = dispatch->resting; pending; pending = pending->next)
        if (pending == wanted) return true;
    return false;
}

/* Whoever is in memory waits, flies or rests: nobody is forgotten there. */
static void check_pendings(const struct world *world)
{
    const struct dispatch *dispatch = &world->core->dispatch;
    struct map_entry entry;
    size_t flying = 0;
    for (size_t cursor = 0; map_each(&dispatch->pendings, &cursor, &entry);) {
        const struct pending *pending = (const struct pending *)(uintptr_t)entry.value;
        assert_int_equal(pending->recipient.v, entry.key);
        uint16_t own = 0;
        for (uint16_t i = 0; i < pending->flight_count; i++)
            own = (uint16_t)(own + (pending->flights[i].state == FLIGHT_FLYING));
        assert_int_equal(pending->flying, own);
        flying += own;
        bool rests = is_resting(dispatch, pending);
        assert_true(pending->queued || own > 0 || rests);
        assert_false(rests && (pending->queued || own > 0));
    }
    assert_int_equal(dispatch->flights.count, flying);
}

static bool is_on_disk(const struct world *world, const struct recipient *recipient)
{
    const struct lane *lane = &world->core->dispatch.lanes[recipient->provider.v];
    return lane->more_on_disk && lane->cursor.v < recipient->id.v;
}

/* Every recipient that waits in the store is in memory or will be read, also by a later start. What
   has ended in memory and could not be written yet is known by what was kept. */
static void check_waiting(const struct world *world)
{
    const struct core *core = world->core;
    struct arena arena = {0};
    uint64_t from = dispatch_queue_from(core);
    for (uint16_t id = 1; id < core->catalog.provider_limit; id++) {
        struct store_recipient *rows;
        size_t count;
        struct provider_id provider = {id};
        assert_int_equal(store_waiting_page(core_reader(core), provider, (struct recipient_id){0},
                                            &arena, 1000000, &rows, &count),
                         ERR_OK);
        for (size_t i = 0; i < count && !core->dispatch.kept; i++) {
            uint64_t recipient = rows[i].recipient.id.v;
            bool known = map_get_pointer(&core->dispatch.pendings, recipient) != NULL;
            assert_true(known || is_on_disk(world, &rows[i].recipient));
            assert_true(recipient >= from);
        }
        arena_done(&arena);
    }
}

/* The ledger's own entries add up to the balances. */
static void check_money(const struct world *world)
{
    struct arena arena = {0};
    struct ledger_entry *entries;
    size_t count;
    int64_t sums[ASSET_COUNT] = {0}, newest[ASSET_COUNT] = {0};
    struct store_reader *reader = core_reader(world->core);
    assert_int_equal(store_ledger_page(reader, world->account, (struct ledger_id){0}, &arena,
                                       1000000, &entries, &count),
                     ERR_OK);
    for (size_t i = count; i-- > 0;) {
        sums[entries[i].asset] += entries[i].amount;
        newest[entries[i].asset] = entries[i].available;
    }
    for (enum asset asset = 0; asset < ASSET_COUNT; asset++) {
        struct balance balance;
        assert_int_equal(store_balance(reader, world->account, asset, &balance), ERR_OK);
        assert_true(balance_is_exact(&balance));
        assert_int_equal(sums[asset], balance.available);
        assert_int_equal(newest[asset], balance.available);
    }
    arena_done(&arena);
}

void world_check(struct world *world)
{
    const struct core *core = world->core;
    if (world->account.v == 0) return; /* the world is only being made */
    for (uint32_t id = 1; id < core->catalog.provider_limit; id++)
        check_lane(world, id);
    check_pendings(world);
    if (!core->config.stopped) check_waiting(world);
    check_money(world);
}
