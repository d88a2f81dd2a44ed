#include "core/intake.h"

#include "base/hash.h"
#include "core/core_state.h"
#include "core/send.h"

/* One automatic reply to a sender in this time, or two machines could answer each other for ever.
 */
#define REPLY_EVERY_MS (60 * 60 * 1000)
#define REPLIED_MAX    100000

struct inbound_step {
    struct command *command; /* NULL: a long message that never became whole */
    struct join *join;
    struct inbound inbound;
};

void intake_done(struct intake *intake)
{
    map_done(&intake->replied);
    joiner_done(&intake->joiner);
    *intake = (struct intake){0};
}

static void push(struct tick *tick, const struct inbound *inbound)
{
    char word[SHORTCODE_MAX_SIZE + 1] = "";
    memcpy(word, inbound->shortcode.at, inbound->shortcode.size);
    const struct shortcode *shortcode = catalog_shortcode(&tick->core->catalog, word);
    struct intake *intake = &tick->core->intake;
    if (intake->more_to_push || intake->pushing >= PUSHING_MAX) {
        if (!intake->more_to_push) intake->push_cursor.v = inbound->id.v - 1;
        intake->more_to_push = true;
        return;
    }
    intake->pushing++;
    const struct core_ports *ports = tick->core->config.ports;
    ports->push(ports->user, inbound, shortcode);
}

static void inbound_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct inbound_step *step = user;
    if (step->command) step->command->result = op->result;
    if (op->result) return;
    joiner_forget(&tick->core->intake.joiner, step->join);
    if (step->inbound.push == PUSH_PENDING) push(tick, &step->inbound);
}

/* Carriers write numbers with and without a plus; short codes and names stay texts. */
static uint64_t number_of(struct slice text)
{
    uint64_t number;
    if (text.size > 0 && text.at[0] == '+') text = slice_from(text, 1);
    return text.size >= 5 && text.size <= 15 && slice_u64(text, &number) ? number : 0;
}

static void reply_unknown(struct tick *tick, const struct command_inbound *inbound, uint64_t sender,
                          const char *word)
{
    struct map *replied = &tick->core->intake.replied;
    uint64_t last_ms;
    if (sender == 0 || replied->count >= REPLIED_MAX ||
        (map_get(replied, sender, &last_ms) && tick->now_ms < last_ms + REPLY_EVERY_MS))
        return;
    map_set(replied, sender, tick->now_ms);
    struct slice text = arena_printf(
        &tick->arena,
        "The shortcode %s does not exist. Please include it as the first word of your message.",
        word);
    send_own(tick, inbound->provider, inbound->destination, sender, text);
}

/* `command` is who waits for the result, or NULL. */
static void take_in(struct tick *tick, const struct command_inbound *asked,
                    const struct joined *whole, struct command *command)
{
    struct core *core = tick->core;
    struct inbound_step *step = ARENA_NEW(&tick->arena, struct inbound_step);
    char *word = arena_alloc(&tick->arena, SHORTCODE_MAX_SIZE + 1);
    struct slice rest = {0};
    bool has_word = inbound_split(whole->text, word, &rest);
    struct shortcode *shortcode = has_word ? catalog_shortcode(&core->catalog, word) : NULL;
    bool active = shortcode && catalog_shortcode_is_active(&core->catalog, shortcode);

    step->command = command;
    step->join = whole->join;
    step->inbound = (struct inbound){
        .id = {tick_id(tick)},
        .account = shortcode ? shortcode->account : (struct account_id){0},
        .sender = number_of(asked->source),
        .sender_text = asked->source,
        .destination = asked->destination,
        .shortcode = slice_cstr(word),
        .text = rest,
        .provider = asked->provider,
        .push = active && shortcode->url[0] ? PUSH_PENDING : PUSH_NONE,
    };
    tick_op(tick, STORE_INBOUND, inbound_written, step)->inbound = &step->inbound;
    if (!shortcode && has_word) reply_unknown(tick, asked, step->inbound.sender, word);
}

void intake_decide(struct tick *tick, struct command *command)
{
    struct joined whole;
    if (joiner_take(tick, command, &whole)) take_in(tick, &command->inbound, &whole, command);
}

static void pushed_written(struct tick *tick, const struct store_op *op, void *user)
{
    struct command *command = user;
    command->result = op->result;
    /* Not written: it stays pending, and a later start pushes it again. */
    tick->core->intake.pushing--;
}

void intake_pushed(struct tick *tick, struct command *command)
{
    struct store_op *op = tick_op(tick, STORE_PUSHED, pushed_written, command);
    op->pushed.inbound = command->pushed.inbound;
    op->pushed.status = command->pushed.status;
}

static void push_again(struct tick *tick, struct inbound *inbound)
{
    struct core *core = tick->core;
    char word[SHORTCODE_MAX_SIZE + 1] = "";
    memcpy(word, inbound->shortcode.at, inbound->shortcode.size);
    const struct shortcode *shortcode = catalog_shortcode(&core->catalog, word);
    core->intake.push_cursor = inbound->id;
    if (shortcode && shortcode->account.v == inbound->account.v && shortcode->url[0] &&
        catalog_shortcode_is_active(&core->catalog, shortcode)) {
        core->intake.pushing++;
        core->config.ports->push(core->config.ports->user, inbound, shortcode);
        return;
    }
    /* Released or changed since: nowhere to push it to. */
    struct command *nobody = ARENA_NEW(&tick->arena, struct command);
    core->intake.pushing++;
    nobody->pushed.inbound = inbound->id;
    intake_pushed(tick, nobody);
}

void intake_begin(struct tick *tick)
{
    struct intake *intake = &tick->core->intake;
    if (!intake->more_to_push || intake->pushing > PUSHING_MAX - PUSH_PAGE) return;
    struct inbound *rows;
    size_t count;
    if (store_push_page(core_reader(tick->core), intake->push_cursor, &tick->arena, PUSH_PAGE,
                        &rows, &count))
        return;
    for (size_t i = 0; i < count; i++)
        push_again(tick, &rows[i]);
    if (count < PUSH_PAGE) intake->more_to_push = false;
}

void intake_chores(struct tick *tick)
{
    struct command_inbound overdue;
    struct joined whole;
    if (joiner_overdue(tick, &overdue, &whole)) take_in(tick, &overdue, &whole, NULL);
    struct map *replied = &tick->core->intake.replied;
    if (replied->count == 0) return;
    struct map kept = {0};
    struct map_entry entry;
    for (size_t cursor = 0; map_each(replied, &cursor, &entry);)
        if (tick->now_ms < entry.value + REPLY_EVERY_MS) map_set(&kept, entry.key, entry.value);
    map_done(replied);
    *replied = kept;
}
