/* A long random life against a model that is written down here a second time, simply: arrays of
   numbers, no chains, no groups, nothing taken from src/core but names. */
#include "contract.h"

#include "store/memory.h"
#include "store/row.h"

#define OPERATIONS     20000
#define ACCOUNTS       7
#define RECIPIENTS_MAX OPERATIONS
#define GROUP_MAX      24

struct model_account {
    struct account_id id;
    int64_t available, granted, spent, refunded;
    int64_t quota;
    uint32_t month;
};

struct model_attempt {
    bool there;
    enum attempt_state state;
    char verdict;  /* '+', '-', or ' ' */
    bool reported; /* any receipt at all: a carrier has it */
};

struct model_recipient {
    size_t account;
    struct message_id message; /* 0: never accepted */
    uint64_t send_at_ms;
    size_t released; /* the one in its place, or itself */
    int64_t price, quota;
    unsigned refund;
    enum recipient_state state;
    struct model_attempt attempts[2];
};

struct model {
    struct model_account accounts[ACCOUNTS];
    struct model_recipient recipients[RECIPIENTS_MAX];
    size_t recipient_count;
    uint64_t random;
    size_t counts[ERR_COUNT]; /* results seen, to know that the test is not idle */
};

static uint64_t draw(struct model *model, uint64_t below)
{
    model->random = model->random * 6364136223846793005ULL + 1442695040888963407ULL;
    return (model->random >> 33) % below;
}

/* Queued, sent, delivered, failed, rejected, expired, timeout, cancelled, waits for its time. */
static bool model_may_move(enum recipient_state from, enum recipient_state to)
{
    static const char *const letters = "nqsdfrxtcw";
    static const char *const moves[] = {"", "qsdfrxc", "dft", "", "", "", "", "df", "", "qfrc"};
    return strchr(moves[from], letters[to]) != NULL;
}

static void model_move(struct model *model, struct model_recipient *recipient,
                       enum recipient_state to, struct store_op *expect)
{
    expect->state_before = expect->state_after = recipient->state;
    if (!model_may_move(recipient->state, to)) {
        expect->result = ERR_STALE;
        return;
    }
    bool taken = false, bad = false;
    for (size_t i = 0; i < 2; i++) {
        const struct model_attempt *attempt = &recipient->attempts[i];
        taken |= attempt->there && (attempt->state == ATTEMPT_TAKEN || attempt->reported);
        bad |= attempt->there && attempt->verdict == '-';
    }
    bool back = (to == RECIPIENT_CANCELLED && recipient->refund & REFUND_CANCELLED) ||
                (to == RECIPIENT_FAILED && taken && bad && recipient->refund & REFUND_FAILED) ||
                ((to == RECIPIENT_FAILED || to == RECIPIENT_REJECTED || to == RECIPIENT_EXPIRED) &&
                 !taken && recipient->refund & REFUND_NOT_TAKEN);
    if (back) {
        model->accounts[recipient->account].available += recipient->price;
        model->accounts[recipient->account].refunded += recipient->price;
        /* The whole life lies in one month. */
        if (to == RECIPIENT_CANCELLED || to == RECIPIENT_REJECTED)
            model->accounts[recipient->account].quota += recipient->quota;
    }
    recipient->state = to;
    expect->state_after = to;
}

static void model_receipt(struct model *model, struct model_recipient *recipient, size_t number,
                          enum receipt_state verdict, struct store_op *expect)
{
    struct model_attempt *attempt = &recipient->attempts[number];
    expect->state_before = expect->state_after = recipient->state;
    if (attempt->verdict != ' ') {
        expect->result = ERR_STALE;
        return;
    }
    attempt->reported = true;
    if (verdict == RECEIPT_DELIVERED) attempt->verdict = '+';
    if (verdict == RECEIPT_UNDELIVERABLE) attempt->verdict = '-';
    size_t good = 0, bad = 0, open = 0;
    for (size_t i = 0; i < 2; i++) {
        const struct model_attempt *each = &recipient->attempts[i];
        if (!each->there) continue;
        good += each->verdict == '+';
        bad += each->verdict == '-';
        open += each->verdict == ' ' && each->state != ATTEMPT_REFUSED;
    }
    enum recipient_state to = good                   ? RECIPIENT_DELIVERED
                              : bad > 0 && open == 0 ? RECIPIENT_FAILED
                                                     : recipient->state;
    if (to != recipient->state && model_may_move(recipient->state, to))
        model_move(model, recipient, to, expect);
}

/* One operation, and in `expect` what the model says will come of it. */
struct step {
    struct sent sent;
    struct message asked; /* as it was before the store wrote its price */
    struct attempt attempt;
    struct store_op op, expect;
};

static void step_accept(struct world *world, struct model *model, struct step *step)
{
    static const enum recipient_state states[] = {RECIPIENT_FAILED, RECIPIENT_SCHEDULED,
                                                  RECIPIENT_SCHEDULED, RECIPIENT_QUEUED};
    struct model_recipient recipient = {
        .account = draw(model, ACCOUNTS),
        .price = (int64_t)draw(model, 4),
        .refund = (unsigned)draw(model, 8),
        .state = draw(model, 3) ? RECIPIENT_QUEUED : states[draw(model, 4)],
        .released = model->recipient_count,
    };
    struct model_account *account = &model->accounts[recipient.account];
    int64_t rate = recipient.price >= 2 && draw(model, 2); /* messages have two segments */
    step->sent = world_sent(world, account->id, recipient.price);
    step->sent.message.refund = recipient.refund;
    step->sent.message.send_at_ms = recipient.send_at_ms = world->now_ms + draw(model, 100000);
    step->sent.recipient.state = recipient.state;
    step->asked = step->sent.message;
    bool with_attempt = recipient.state == RECIPIENT_QUEUED && draw(model, 2);
    step->op = accept_op(&step->sent, with_attempt);
    step->op.accept.quota_rate = rate;
    if (rate) recipient.quota = account->quota < 2 ? account->quota : 2;
    recipient.price -= recipient.quota;
    recipient.attempts[0] = (struct model_attempt){with_attempt, ATTEMPT_INTENT, ' ', false};
    recipient.attempts[1] = (struct model_attempt){false, ATTEMPT_INTENT, ' ', false};
    /* Ids follow each other and 1 is the first, so that this one is the model's index. */
    model->recipients[model->recipient_count++] = recipient;
    if (account->available < recipient.price) {
        step->expect.result = ERR_NO_CREDIT;
        step->expect.available = account->available;
        model->recipients[model->recipient_count - 1].state = RECIPIENT_NEW;
        return;
    }
    model->recipients[model->recipient_count - 1].message = step->sent.message.id;
    account->available -= recipient.price;
    account->spent += recipient.price;
    account->quota -= recipient.quota;
    if (recipient.state == RECIPIENT_FAILED && recipient.refund & REFUND_NOT_TAKEN) {
        account->available += recipient.price;
        account->refunded += recipient.price;
    }
    step->expect.available = account->available;
    step->expect.state_after = recipient.state;
}

static void step_grant(struct world *world, struct model *model, struct step *step)
{
    struct model_account *account = &model->accounts[draw(model, ACCOUNTS)];
    int64_t amount = (int64_t)draw(model, 60) - 26;
    step->op = (struct store_op){
        .kind = STORE_LEDGER,
        .ledger = {{world_id(world)}, account->id, ASSET_CREDIT, LEDGER_GRANT, amount}};
    if (amount == 0) {
        step->expect.result = ERR_INVALID;
        return;
    }
    if (account->available + amount < 0) {
        step->expect.result = ERR_NO_CREDIT;
    } else {
        account->available += amount;
        account->granted += amount;
    }
    step->expect.available = account->available;
}

static void step_quota(struct world *world, struct model *model, struct step *step)
{
    struct model_account *account = &model->accounts[draw(model, ACCOUNTS)];
    uint32_t month = account->month + (uint32_t)draw(model, 3) - (account->month > 0);
    int64_t quota = (int64_t)draw(model, 30);
    step->op = (struct store_op){
        .kind = STORE_QUOTA,
        .quota = {account->id, month, quota, {world_id(world)}, {world_id(world)}}};
    if (month <= account->month) return;
    account->month = month;
    account->quota = quota;
}

/* The time of a message has come, or its customer cancels it; mostly it is none that waits. */
static void step_time(struct world *world, struct model *model, struct step *step)
{
    size_t young = model->recipient_count < 100 ? model->recipient_count : 100;
    struct model_recipient *named =
        &model->recipients[model->recipient_count - 1 - draw(model, young)];
    struct model_recipient *recipient = &model->recipients[named->released];
    bool waits = recipient->state == RECIPIENT_SCHEDULED;
    step->expect.state_before = step->expect.state_after = recipient->state;
    if (draw(model, 2)) {
        step->op = (struct store_op){.kind = STORE_CANCEL,
                                     .cancel = {named->message, world->now_ms, world_keys(world)}};
        step->expect.result = !named->message.v ? ERR_NOT_FOUND : waits ? ERR_OK : ERR_STALE;
        if (waits) model_move(model, recipient, RECIPIENT_CANCELLED, &step->expect);
        return;
    }
    size_t fresh = model->recipient_count++;
    struct recipient_id id = {++world->last_recipient};
    enum recipient_state state = draw(model, 4) ? RECIPIENT_QUEUED : RECIPIENT_FAILED;
    step->op =
        (struct store_op){.kind = STORE_RELEASE,
                          .release = {.due = due_key_of(named->send_at_ms,
                                                        (struct recipient_id){named->released + 1}),
                                      .message = named->message,
                                      .recipient = id,
                                      .state = state,
                                      .at_ms = world->now_ms,
                                      .keys = world_keys(world)}};
    step->expect.result = waits ? ERR_OK : ERR_STALE;
    model->recipients[fresh] = (struct model_recipient){.released = fresh};
    if (!waits) return;
    model->recipients[fresh] = *recipient;
    model->recipients[fresh].released = recipient->released = fresh;
    recipient->state = RECIPIENT_NEW;
    model_move(model, &model->recipients[fresh], state, &step->expect);
}

static void step_recipient(struct world *world, struct model *model, struct step *step)
{
    /* Mostly young ones: old ones are settled. */
    size_t young = model->recipient_count < 200 ? model->recipient_count : 200;
    size_t index = draw(model, 8) ? model->recipient_count - 1 - draw(model, young)
                                  : draw(model, model->recipient_count);
    struct model_recipient *recipient = &model->recipients[index];
    struct recipient_id id = {index + 1};
    size_t number = draw(model, 2);
    struct attempt_id attempt_id = attempt_id_of(id, (unsigned)number + 1);
    struct model_attempt *attempt = &recipient->attempts[number];
    bool there = recipient->state != RECIPIENT_NEW;
    switch (draw(model, 4)) {
    case 0:
        step->op = finish_op(world, id, (enum recipient_state)(1 + draw(model, 9)));
        step->expect.result = there ? ERR_OK : ERR_NOT_FOUND;
        if (there) model_move(model, recipient, step->op.finish.state, &step->expect);
        return;
    case 1:
        if (!there || attempt->there || recipient->state == RECIPIENT_SCHEDULED) break;
        step->attempt = (struct attempt){.id = attempt_id, .segment = 1, .segments = 1};
        step->op = (struct store_op){.kind = STORE_ATTEMPT, .attempt = {&step->attempt}};
        *attempt = (struct model_attempt){true, ATTEMPT_INTENT, ' ', false};
        return;
    case 2:
        step->op = answer_op(world, attempt_id, draw(model, 3) ? ATTEMPT_TAKEN : ATTEMPT_REFUSED,
                             (enum recipient_state)draw(model, RECIPIENT_STATE_COUNT));
        step->expect.result = there && attempt->there ? ERR_OK : ERR_NOT_FOUND;
        if (step->expect.result) return;
        attempt->state = step->op.answer.state;
        if (step->op.answer.recipient_state != RECIPIENT_NEW)
            model_move(model, recipient, step->op.answer.recipient_state, &step->expect);
        return;
    default:
        break;
    }
    static const enum receipt_state verdicts[] = {RECEIPT_ENROUTE, RECEIPT_DELIVERED,
                                                  RECEIPT_UNDELIVERABLE};
    step->op = receipt_op(world, attempt_id, verdicts[draw(model, 3)]);
    step->expect.result = there && attempt->there ? ERR_OK : ERR_NOT_FOUND;
    if (!step->expect.result)
        model_receipt(model, recipient, number, step->op.receipt.state, &step->expect);
}

static void step_make(struct world *world, struct model *model, struct step *step)
{
    *step = (struct step){0};
    uint64_t choice = draw(model, 12);
    if (choice < 4 || model->recipient_count == 0)
        step_accept(world, model, step);
    else if (choice == 4)
        step_grant(world, model, step);
    else if (choice == 5)
        step_time(world, model, step);
    else if (choice == 6)
        step_quota(world, model, step);
    else
        step_recipient(world, model, step);
}

static void check_step(const struct store_op *op, const struct store_op *expect, size_t index)
{
    bool money = op->kind == STORE_ACCEPT || op->kind == STORE_LEDGER;
    if (op->result != expect->result || op->state_before != expect->state_before ||
        op->state_after != expect->state_after ||
        (money && expect->result != ERR_INVALID && op->available != expect->available))
        fail_msg("operation %zu of kind %d: %s %d->%d %lld, expected %s %d->%d %lld", index,
                 op->kind, err_name(op->result), op->state_before, op->state_after,
                 (long long)op->available, err_name(expect->result), expect->state_before,
                 expect->state_after, (long long)expect->available);
}

/* Who waits for his time has his place in the order of time. */
static void check_due(struct world *world, const struct model *model, struct arena *arena)
{
    struct store_due *due;
    size_t count, waiting = 0;
    assert_int_equal(
        store_due_page(world->reader, 0, world->now_ms + 1000000, arena, SIZE_MAX, &due, &count),
        ERR_OK);
    for (size_t i = 1; i < count; i++)
        assert_true(due[i - 1].key < due[i].key);
    for (size_t i = 0; i < model->recipient_count; i++) {
        const struct model_recipient *recipient = &model->recipients[i];
        if (recipient->state != RECIPIENT_SCHEDULED) continue;
        size_t at = 0;
        while (at < count && due[at].message.v != recipient->message.v)
            at++;
        assert_true(at < count);
        waiting++;
    }
    assert_true(waiting > 0);
}

static void check_all(struct world *world, const struct model *model)
{
    struct arena arena = {0};
    for (size_t i = 0; i < ACCOUNTS; i++) {
        const struct model_account *account = &model->accounts[i];
        struct balance balance = world_balance(world, account->id, ASSET_CREDIT);
        assert_int_equal(balance.available, account->available);
        assert_int_equal(balance.granted, account->granted);
        assert_int_equal(balance.spent, account->spent);
        assert_int_equal(balance.refunded, account->refunded);
        assert_int_equal(world_balance(world, account->id, ASSET_QUOTA).available, account->quota);
        /* The ledger says the same, entry by entry. */
        struct ledger_entry *entries;
        size_t count;
        assert_int_equal(store_ledger_page(world->reader, account->id, (struct ledger_id){0},
                                           &arena, 4 * OPERATIONS, &entries, &count),
                         ERR_OK);
        int64_t sums[ASSET_COUNT] = {0};
        for (size_t j = count; j-- > 0;) {
            sums[entries[j].asset] += entries[j].amount;
            assert_int_equal(entries[j].available, sums[entries[j].asset]);
        }
        assert_int_equal(sums[ASSET_CREDIT], account->available);
        assert_int_equal(sums[ASSET_QUOTA], account->quota);
    }
    for (size_t i = 0; i < model->recipient_count; i++) {
        struct store_recipient story;
        enum err err = store_recipient(world->reader, (struct recipient_id){i + 1}, &arena, &story);
        assert_int_equal(err, model->recipients[i].state == RECIPIENT_NEW ? ERR_NOT_FOUND : ERR_OK);
        if (!err) assert_int_equal(story.recipient.state, model->recipients[i].state);
    }
    check_due(world, model, &arena);
    arena_done(&arena);
}

static void a_long_random_life_agrees_with_a_simple_model(void **state)
{
    struct world *world = *state;
    struct model *model = ARENA_NEW(&world->arena, struct model);
    struct step *steps = ARENA_ARRAY(&world->arena, struct step, GROUP_MAX);
    struct store_op ops[GROUP_MAX];
    model->random = 20;
    for (size_t i = 0; i < ACCOUNTS; i++)
        model->accounts[i] =
            (struct model_account){.id = world_account(world, 50), .available = 50, .granted = 50};
    size_t next_check = OPERATIONS / 5;
    for (size_t done = 0; done < OPERATIONS;) {
        size_t count = 1 + draw(model, GROUP_MAX);
        for (size_t i = 0; i < count; i++) {
            step_make(world, model, &steps[i]);
            ops[i] = steps[i].op;
        }
        if (!world->keeps_file && draw(model, 5) == 0) {
            memory_fail_write(world->store, 1);
            assert_int_equal(store_write(world->store, ops, count), ERR_STORE_UNAVAILABLE);
            for (size_t i = 0; i < count; i++)
                steps[i].sent.message = steps[i].asked;
        }
        assert_int_equal(store_write(world->store, ops, count), ERR_OK);
        for (size_t i = 0; i < count; i++) {
            check_step(&ops[i], &steps[i].expect, done + i);
            model->counts[ops[i].result]++;
        }
        done += count;
        if (done < next_check) continue;
        next_check += OPERATIONS / 5;
        world_restart(world);
        check_all(world, model);
    }
    static const enum err seen[] = {ERR_OK, ERR_NO_CREDIT, ERR_NOT_FOUND, ERR_STALE, ERR_INVALID};
    for (size_t i = 0; i < sizeof seen / sizeof *seen; i++)
        assert_true(model->counts[seen[i]] > 20);
}

struct contract_tests contract_random(void)
{
    static const struct CMUnitTest tests[] = {
        CONTRACT_TEST(a_long_random_life_agrees_with_a_simple_model),
    };
    return CONTRACT_TESTS(tests);
}
