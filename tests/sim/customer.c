#include "sim/customer.h"

#include <assert.h>
#include <stdio.h>

#include "base/mem.h"
#include "sim/world.h"
#include "wire/json.h"

#define IN_MAX (1u << 20)

static const struct tcp_events customer_events;

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
static uint64_t make_number(bool probe)
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

static const char *choose_key(const struct customer *customer, bool probe, bool *out_test)
{
    *out_test = false;
    if (probe || sim_random(100) < 85) return customer->keys[0].text;
    if (sim_random(4) == 0) return "rb_live_0000000000000000000000000000000x";
    size_t key = sim_random(customer->key_count);
    *out_test = customer->keys[key].test;
    return customer->keys[key].text;
}

/* ---- Asking -------------------------------------------------------------------------------- */

static void customer_connect(struct customer *customer)
{
    customer->tcp =
        tcp_connect(world.street, slice_cstr(world.config.listen), &customer_events, customer);
}

static struct story *customer_ask(struct customer *customer, bool probe)
{
    struct buf body, request;
    bool test, as_json = sim_random(2);
    unsigned units;
    uint64_t number = make_number(probe);
    const char *key = choose_key(customer, probe, &test);
    char *text = make_text(number, &units);
    struct story asked = {
        .customer = customer->index,
        .test = test,
        .price = test ? 0 : (units + 159) / 160,
        .text = text,
    };
    struct story *story = model_ask(&world.model, &asked, number);
    buf_init(&body, IN_MAX);
    buf_init(&request, IN_MAX);
    put_body(&body, number, text, as_json);
    buf_printf(&request,
               "POST /api/messages HTTP/1.1\r\nHost: sms.example\r\nAuthorization: %s\r\n"
               "Content-Type: application/%s\r\nContent-Length: %zu\r\n\r\n",
               key, as_json ? "json" : "x-www-form-urlencoded", body.size);
    buf_add(&request, buf_slice(&body));
    if (!customer->tcp) customer_connect(customer);
    if (customer->connected)
        tcp_write(customer->tcp, buf_slice(&request));
    else
        buf_add(&customer->out, buf_slice(&request));
    buf_done(&body);
    buf_done(&request);
    mem_free(text);
    customer->waiting[customer->waiting_count++] = story;
    customer->asked++;
    loop_timer_start(world.street, &customer->patience, world.script.patience_s * 1000ull);
    return story;
}

/* ---- Being answered ------------------------------------------------------------------------ */

static void customer_hang_up(struct customer *customer)
{
    tcp_close(customer->tcp, sim_random(2));
    customer->tcp = NULL;
    customer->connected = false;
    buf_clear(&customer->in);
    buf_clear(&customer->out);
    for (size_t i = 0; i < customer->waiting_count; i++)
        customer->waiting[i]->answering = ANSWER_LOST;
    customer->waiting_count = 0;
    loop_timer_stop(world.street, &customer->patience);
}

static void customer_tire(struct loop_timer *timer)
{
    struct customer *customer =
        (struct customer *)(void *)((char *)timer - offsetof(struct customer, patience));
    if (customer->tcp) customer_hang_up(customer);
}

static void customer_take(struct customer *customer, unsigned status, struct slice body)
{
    if (customer->waiting_count == 0) {
        /* Before any request there is only one thing to say: too long idle, or too many. */
        if (status != 408 && status != 503) world_fail("an answer of %u to nothing", status);
        return;
    }
    struct story *story = customer->waiting[0];
    customer->waiting_count--;
    memmove(customer->waiting, customer->waiting + 1,
            customer->waiting_count * sizeof(struct story *));
    customer->answered++;
    customer->accepted += status == 200;
    if (customer->waiting_count == 0) loop_timer_stop(world.street, &customer->patience);
    if (status == 408)
        story->answering = ANSWER_LOST; /* what we sent came too slowly */
    else
        model_answered(&world.model, story, status, body);
}

static size_t header_number(struct slice head, const char *name)
{
    const char *at = memmem(head.at, head.size, name, strlen(name));
    uint64_t number = 0;
    struct slice rest, line = {0};
    if (!at) world_fail("an answer without %s", name);
    rest = slice_from(head, (size_t)(at - head.at) + strlen(name));
    slice_cut(&rest, '\r', &line);
    if (!slice_u64(slice_trim(line, " "), &number)) world_fail("%s is no number", name);
    return (size_t)number;
}

/* Takes one whole answer off what was read; false when there is none. */
static bool customer_read_one(struct customer *customer)
{
    struct slice in = buf_slice(&customer->in);
    const char *end = in.size ? memmem(in.at, in.size, "\r\n\r\n", 4) : NULL;
    uint64_t status;
    if (!end) return false;
    struct slice head = slice_of(in.at, (size_t)(end - in.at) + 2);
    size_t size = header_number(head, "Content-Length:");
    size_t begin = head.size + 2;
    if (in.size < begin + size) return false;
    if (!slice_starts(head, SLICE("HTTP/1.1 ")) || !slice_u64(slice_of(head.at + 9, 3), &status))
        world_fail("an answer that is no HTTP: %.40s", head.at);
    customer_take(customer, (unsigned)status, slice_of(in.at + begin, size));
    buf_drop(&customer->in, begin + size);
    return true;
}

static void customer_on_connect(void *user, struct tcp *tcp)
{
    struct customer *customer = user;
    customer->connected = true;
    tcp_write(tcp, buf_slice(&customer->out));
    buf_clear(&customer->out);
}

static void customer_on_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct customer *customer = user;
    buf_add(&customer->in, bytes);
    while (customer_read_one(customer))
        ;
}

static void customer_on_close(void *user, struct tcp *tcp, bool clean)
{
    customer_hang_up(user);
}

static const struct tcp_events customer_events = {
    .on_connect = customer_on_connect,
    .on_read = customer_on_read,
    .on_close = customer_on_close,
};

/* ---- Their days ---------------------------------------------------------------------------- */

static void customer_again(struct customer *customer)
{
    uint64_t every_ms = world.script.send_every_ms;
    loop_timer_start(world.street, &customer->timer, every_ms / 2 + sim_random(every_ms + 1));
}

static void customer_wake(struct loop_timer *timer)
{
    struct customer *customer = (struct customer *)(void *)timer;
    if (world.model.story_count >= world.script.sends) return;
    if (customer->waiting_count < world.script.pipeline)
        customer_ask(customer, false);
    else if (sim_random(20) == 0)
        customer_hang_up(customer);
    customer_again(customer);
}

struct story *customer_probe(struct customer *customer)
{
    assert(customer->waiting_count < PIPELINE_MAX);
    return customer_ask(customer, true);
}

void customers_open(void)
{
    world.street = loop_new();
    for (uint32_t i = 0; i < world.script.customers; i++) {
        struct customer *customer = &world.customers[i];
        customer->index = i;
        customer->timer.fire = customer_wake;
        customer->patience.fire = customer_tire;
        buf_init(&customer->in, IN_MAX);
        buf_init(&customer->out, IN_MAX);
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
        struct customer *customer = &world.customers[i];
        if (customer->tcp) customer_hang_up(customer);
        loop_timer_stop(world.street, &customer->timer);
        buf_done(&customer->in);
        buf_done(&customer->out);
    }
    loop_free(world.street);
}
