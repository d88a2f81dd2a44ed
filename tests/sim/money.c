/* Money, by the rules in words: what was granted, what messages cost, and when that comes back. */
#include <inttypes.h>
#include <time.h>

#include "sim/model.h"
#include "sim/world.h"

static int64_t available(const struct ledger_model *ledger, enum asset asset)
{
    return ledger->of[asset].granted - ledger->of[asset].spent + ledger->of[asset].refunded -
           ledger->of[asset].expired;
}

unsigned money_month(void)
{
    time_t now = (time_t)(clock_wall_ms(&world.clock) / 1000);
    struct tm parts;
    gmtime_r(&now, &parts);
    return (unsigned)(parts.tm_year * 12 + parts.tm_mon);
}

struct ledger_model *money_touch(struct model *model, uint64_t account)
{
    struct ledger_model *ledger = model_ledger(model, account);
    for (enum asset asset = 0; asset < ASSET_COUNT && !ledger->touched; asset++)
        ledger->of[asset].least = available(ledger, asset);
    ledger->touched = true;
    return ledger;
}

/* ---- Accepting ----------------------------------------------------------------------------- */

/* Refunds of the same write are not counted, so the true balance was never below `least`. */
void money_accept(struct model *model, const struct store_op *op)
{
    const struct message *message = op->accept.message;
    if (message->account.v == 0) return;
    struct story *story = map_get_pointer(&model->asked, op->accept.recipient->number);
    struct ledger_model *ledger = money_touch(model, message->account.v);
    if (!story) world_fail("a message that nobody asked for is to be paid");
    int64_t *quota = &ledger->of[ASSET_QUOTA].least;
    int64_t segments = story->robase && !story->test ? story->segments : 0;
    int64_t by_quota = segments < *quota ? segments : *quota;
    int64_t price = story->robase ? NGN_RATE * (segments - by_quota) : story->price;
    int64_t *least = &ledger->of[story->robase ? ASSET_NGN : ASSET_CREDIT].least;
    if (op->result == ERR_OK) {
        *quota -= by_quota;
        *least -= price;
    } else if (op->result != ERR_NO_CREDIT || *least >= price) {
        world_fail("a message for %" PRId64 " was refused (%s) with %" PRId64 " on the account",
                   price, err_name(op->result), *least);
    }
}

/* ---- Entries ------------------------------------------------------------------------------- */

static void post_grant(struct model *model, struct ledger_model *ledger,
                       const struct ledger_entry *entry)
{
    struct grant *grant = model_find_grant(model, entry->asset, entry->amount);
    if (entry->asset == ASSET_QUOTA) {
        if (money_month() <= ledger->quota_month || entry->amount != world.script.quota)
            world_fail("a quota of %" PRId64 " that is not due", entry->amount);
        ledger->quota_month = money_month();
    } else {
        if (!grant || grant->account != ledger->account || grant->seen)
            world_fail("%" PRId64 " were granted that nobody granted", entry->amount);
        grant->seen = true;
    }
    ledger->of[entry->asset].granted += entry->amount;
}

/* What the quota has pays first; decided by the first entry of the message. */
static void share(const struct ledger_model *ledger, struct story *story)
{
    int64_t left = available(ledger, ASSET_QUOTA);
    if (!story->robase || story->charges || story->quota_charges) return;
    story->quota = left < story->segments ? (unsigned)left : story->segments;
    story->price = (int64_t)NGN_RATE * (story->segments - story->quota);
    story->paid_month = money_month();
}

static void post_charge(struct ledger_model *ledger, struct story *story,
                        const struct ledger_entry *entry)
{
    bool of_quota = entry->asset == ASSET_QUOTA;
    if (!story || story->account != ledger->account) world_fail("a charge for no message");
    share(ledger, story);
    unsigned *charges = of_quota ? &story->quota_charges : &story->charges;
    if ((*charges)++) world_fail("message %" PRIu64 " is charged twice", story->message);
    if (entry->amount != -(of_quota ? story->quota : story->price))
        world_fail("a charge of another price");
    ledger->of[entry->asset].spent -= entry->amount;
}

static void post_refund(struct ledger_model *ledger, struct story *story,
                        const struct ledger_entry *entry)
{
    bool of_quota = entry->asset == ASSET_QUOTA;
    unsigned *refunds = of_quota ? &story->quota_refunds : &story->refunds;
    if (!story || story->account != ledger->account ||
        !(of_quota ? story->quota_charges : story->charges))
        world_fail("a refund of what was not charged");
    if ((*refunds)++) world_fail("message %" PRIu64 " is paid back twice", story->message);
    if (entry->amount != (of_quota ? story->quota : story->price))
        world_fail("a refund of another price");
    ledger->of[entry->asset].refunded += entry->amount;
}

static void post(struct model *model, struct ledger_model *ledger, const struct ledger_entry *entry)
{
    struct story *story =
        map_get_pointer(&model->by_message, entry->message.v ? entry->message.v : 1);
    if (story && entry->asset == ASSET_CREDIT && story->robase)
        world_fail("a message is paid with credit");
    switch (entry->kind) {
    case LEDGER_GRANT:
        post_grant(model, ledger, entry);
        break;
    case LEDGER_CHARGE:
        post_charge(ledger, story, entry);
        break;
    case LEDGER_REFUND:
        post_refund(ledger, story, entry);
        break;
    case LEDGER_EXPIRE:
        if (entry->asset != ASSET_QUOTA || money_month() <= ledger->quota_month)
            world_fail("something lapses that does not");
        ledger->of[entry->asset].expired -= entry->amount;
        break;
    default:
        world_fail("a ledger entry of kind %d", (int)entry->kind);
    }
    if (available(ledger, entry->asset) < 0) world_fail("an account is overdrawn");
    if (entry->available != available(ledger, entry->asset))
        world_fail("the ledger says %" PRId64 " and adds up to %" PRId64, entry->available,
                   available(ledger, entry->asset));
}

/* ---- Balances ------------------------------------------------------------------------------ */

static void check_balance(struct model *model, const struct ledger_model *ledger, enum asset asset)
{
    struct balance balance = {0};
    enum err err = store_balance(store_own_reader(model->store),
                                 (struct account_id){ledger->account}, asset, &balance);
    if (err && err != ERR_NOT_FOUND) world_fail("a balance cannot be read");
    if (balance.granted != ledger->of[asset].granted || balance.spent != ledger->of[asset].spent ||
        balance.refunded != ledger->of[asset].refunded || balance.held ||
        balance.expired != ledger->of[asset].expired ||
        balance.available != available(ledger, asset))
        world_fail("a balance of %s does not add up: available %" PRId64 ", granted %" PRId64
                   ", spent %" PRId64 ", refunded %" PRId64 ", expired %" PRId64,
                   asset_names[asset], balance.available, balance.granted, balance.spent,
                   balance.refunded, balance.expired);
}

void money_check(struct model *model, struct ledger_model *ledger)
{
    struct store_reader *reader = store_own_reader(model->store);
    struct account_id account = {ledger->account};
    struct arena arena = {0};
    struct ledger_entry *fresh[1024], *page;
    size_t fresh_count = 0, count;
    uint64_t before = 0;
    do {
        if (store_ledger_page(reader, account, (struct ledger_id){before}, &arena, 16, &page,
                              &count))
            world_fail("a ledger cannot be read");
        for (size_t i = 0; i < count && page[i].id.v > ledger->last; i++) {
            before = page[i].id.v;
            if (fresh_count == sizeof fresh / sizeof *fresh)
                world_fail("a ledger has grown too fast");
            fresh[fresh_count++] = &page[i];
        }
    } while (count == 16 && page[count - 1].id.v > ledger->last);
    while (fresh_count > 0) {
        const struct ledger_entry *entry = fresh[--fresh_count];
        post(model, ledger, entry);
        ledger->last = entry->id.v;
    }
    for (enum asset asset = 0; asset < ASSET_COUNT; asset++)
        check_balance(model, ledger, asset);
    arena_done(&arena);
}

/* ---- Messages ------------------------------------------------------------------------------ */

/* Not delivered and taken by nobody: the price comes back. What a carrier took comes back in the
   dialect of Robase when it then says that it failed. The quota comes back with what never left,
   within its month. */
void money_check_story(struct model *model, const struct story *story, bool taken)
{
    bool never_left = story->state == RECIPIENT_REJECTED || story->state == RECIPIENT_CANCELLED;
    bool back =
        (story->state == RECIPIENT_FAILED || story->state == RECIPIENT_EXPIRED || never_left) &&
        (!taken || (story->robase && story->state == RECIPIENT_FAILED && story->ended_by_report));
    /* Refused in part and reported in part, within one commit: either may have come first. */
    if (story->ended_by_both) return;
    bool quota_back = never_left && back && story->ended_month == story->paid_month;
    if (story->robase && !story->test && !story->charges && !story->quota_charges)
        model_complain(model, story, "it is not charged");
    if (story->charges != (story->price > 0) || story->quota_charges != (story->quota > 0))
        model_complain(model, story, "it is not charged as it should");
    if (story->refunds != (back && story->price > 0))
        model_complain(model, story, back ? "its price did not come back" : "its price came back");
    if (story->quota_refunds != (quota_back && story->quota > 0))
        model_complain(model, story,
                       quota_back ? "its quota did not come back" : "its quota came back");
}
