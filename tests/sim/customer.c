#include "sim/customer.h"

#include <stdio.h>

#include "base/mem.h"
#include "sim/world.h"
#include "wire/json.h"

#define REQUEST_MAX (1u << 16)

/* ---- What they write ----------------------------------------------------------------------- */

/* Pieces of texts, with their UTF-16 units, by which Hep bills. */
static const struct piece {
    const char *text;
    unsigned units;
} pieces[] = {
    {"Hello ", 6},       {"1234567890", 10}, {"[brackets] ", 11},
    {"\xe2\x82\xac", 1}, {"\xd0\xb6", 1},    {"\xf0\x9f\x98\x80", 2},
};
#define PLAIN_PIECES 4 /* those of the GSM alphabet */

/* Never 800 units or more: that is too long for Hep. */
static char *make_text(uint64_t number, unsigned *out_units)
{
    static const unsigned sizes[] = {20, 20, 20, 165, 320, 780};
    unsigned wanted = sizes[sim_random(sizeof sizes / sizeof *sizes)];
    size_t kinds = sim_random(4) ? PLAIN_PIECES : sizeof pieces / sizeof *pieces;
    struct buf text;
    buf_init(&text, 8192);
    buf_printf(&text, "#%llu ", (unsigned long long)number);
    unsigned units = (unsigned)text.size;
    while (units < wanted) {
        const struct piece *piece = &pieces[sim_random(kinds)];
        buf_add(&text, slice_cstr(piece->text));
        units += piece->units;
    }
    buf_add_byte(&text, '.');
    *out_units = units + 1;
    char *copy = mem_copy(text.at, text.size);
    buf_done(&text);
    return copy;
}

/* The number tells where it is, whose turn it was, and what carriers shall make of it. Parts of +44
   belong to islands with codes of their own; these do not. */
uint64_t customer_number(bool probe)
{
    static const uint64_t regions[] = {447900000000, 447800000000, 33600000000};
    static const uint64_t ends[] = {900, 900, 900, 900, 900, 900, 1, 2, 3, 4, 5};
    uint64_t region = regions[probe ? 0 : sim_random(3)];
    uint64_t end = probe ? 900 : ends[sim_random(sizeof ends / sizeof *ends)];
    return region + world.model.story_count * 1000 + end;
}

static void put_form(struct buf *out, const char *text)
{
    for (const char *at = text; *at; at++)
        buf_printf(out, "%%%02x", (unsigned)(unsigned char)*at);
}

static void put_body(struct buf *out, uint64_t number, const char *text, bool as_json)
{
    char digits[24];
    snprintf(digits, sizeof digits, "+%llu", (unsigned long long)number);
    if (as_json) {
        struct json_writer json;
        json_writer_init(&json, out);
        json_begin_object(&json);
        json_put_text(&json, "recipient", slice_cstr(digits));
        json_put_text(&json, "content", slice_cstr(text));
        json_end_object(&json);
    } else {
        buf_add(out, SLICE("recipient="));
        put_form(out, digits);
        buf_add(out, SLICE("&content="));
        put_form(out, text);
    }
}

const char *customer_key(const struct customer *customer, bool probe, bool *out_test)
{
    *out_test = false;
    if (probe || sim_random(100) < 85) return customer->keys[0].text;
    if (sim_random(4) == 0) return "rb_live_0000000000000000000000000000000x";
    size_t key = sim_random(customer->key_count);
    *out_test = customer->keys[key].test;
    return customer->keys[key].text;
}

/* ---- Asking -------------------------------------------------------------------------------- */

static struct story *hep_ask(struct customer *customer, bool probe)
{
    struct buf body, request;
    bool test, as_json = sim_random(2);
    unsigned units;
    uint64_t number = customer_number(probe);
    const char *key = customer_key(customer, probe, &test);
    char *text = make_text(number, &units);
    struct story asked = {
        .customer = customer->index,
        .test = test,
        .asks = 1,
        .price = test ? 0 : (units + 159) / 160,
        .text = text,
    };
    struct story *story = model_ask(&world.model, &asked, number);
    buf_init(&body, REQUEST_MAX);
    buf_init(&request, REQUEST_MAX);
    put_body(&body, number, text, as_json);
    buf_printf(&request,
               "POST /api/messages HTTP/1.1\r\nHost: sms.example\r\nAuthorization: %s\r\n"
               "Content-Type: application/%s\r\nContent-Length: %zu\r\n\r\n",
               key, as_json ? "json" : "x-www-form-urlencoded", body.size);
    buf_add(&request, buf_slice(&body));
    line_send(&customer->lines[0], (struct ask){ASK_HEP, world.model.story_count - 1, 1},
              buf_slice(&request));
    buf_done(&body);
    buf_done(&request);
    mem_free(text);
    return story;
}

/* ---- Being answered ------------------------------------------------------------------------ */

void customer_lost(struct customer *customer, const struct ask *ask)
{
    for (size_t i = 0; i < ask->count; i++) {
        struct story *story = world.model.stories[ask->first + i];
        story->asks--;
        if (!story->keyed) story->answering = ANSWER_LOST;
    }
}

void customer_answered(struct customer *customer, const struct ask *ask,
                       const struct line_answer *answer)
{
    struct model *model = &world.model;
    struct story *story = model->stories[ask->first];
    for (size_t i = 0; i < ask->count; i++)
        model->stories[ask->first + i]->asks--;
    switch (ask->kind) {
    case ASK_HEP:
        model_answered(model, story, answer->status, answer->body);
        break;
    case ASK_SEND:
        model_sent(model, story, answer);
        break;
    case ASK_BATCH:
        model_batch_sent(model, ask, answer);
        break;
    case ASK_CANCEL:
        model_cancelled(model, story, answer->status);
        break;
    }
}

/* ---- Their days ---------------------------------------------------------------------------- */

static void customer_again(struct customer *customer)
{
    uint64_t every_ms = world.script.send_every_ms;
    loop_timer_start(world.street, &customer->timer, every_ms / 2 + sim_random(every_ms + 1));
}

static void customer_wake(struct loop_timer *timer)
{
    struct customer *customer = (struct customer *)(void *)timer;
    struct line *line = &customer->lines[0];
    if (world.model.story_count >= world.script.sends) return;
    if (sim_random(100) < world.script.again_percent) customer_ask_robase_again(customer);
    if (line->waiting_count >= world.script.pipeline) {
        if (sim_random(20) == 0) line_hang_up(line);
    } else if (sim_random(100) < world.script.robase_percent) {
        customer_ask_robase(customer, false);
    } else {
        hep_ask(customer, false);
    }
    customer_again(customer);
}

struct story *customer_probe(struct customer *customer, bool robase)
{
    return robase ? customer_ask_robase(customer, true) : hep_ask(customer, true);
}

bool customer_waits(const struct customer *customer)
{
    return customer->lines[0].waiting_count || customer->lines[1].waiting_count;
}

void customers_open(void)
{
    world.street = loop_new();
    for (uint32_t i = 0; i < world.script.customers; i++) {
        struct customer *customer = &world.customers[i];
        customer->index = i;
        customer->timer.fire = customer_wake;
        for (size_t k = 0; k < LINES_MAX; k++)
            line_open(&customer->lines[k], customer);
    }
}

void customers_begin(void)
{
    for (uint32_t i = 0; i < world.script.customers; i++)
        customer_again(&world.customers[i]);
}

void customers_stop(void)
{
    for (uint32_t i = 0; i < world.script.customers; i++)
        loop_timer_stop(world.street, &world.customers[i].timer);
}

void customers_close(void)
{
    for (uint32_t i = 0; i < world.script.customers; i++) {
        loop_timer_stop(world.street, &world.customers[i].timer);
        for (size_t k = 0; k < LINES_MAX; k++)
            line_close(&world.customers[i].lines[k]);
    }
    loop_free(world.street);
}
