/* What customers ask in the dialect of Robase. */
#include <stdio.h>

#include "base/mem.h"
#include "sim/world.h"
#include "wire/iso_time.h"
#include "wire/json.h"

#define REQUEST_MAX (1u << 17)
#define LATER_MAX_S 240
/* So far back is looked for something to ask again. */
#define AGAIN_BACK 40

/* ---- Writing ------------------------------------------------------------------------------- */

/* Texts of one alphabet, whose segments are simple to count: every letter is one unit. */
static char *make_text(uint64_t number, unsigned *out_segments)
{
    static const unsigned sizes[] = {20, 20, 70, 71, 160, 161, 306, 400};
    unsigned size = sizes[sim_random(sizeof sizes / sizeof *sizes)], units;
    bool wide = sim_random(4) == 0;
    struct buf text;
    buf_init(&text, 8192);
    buf_printf(&text, "#%llu ", (unsigned long long)number);
    for (units = (unsigned)text.size; units < size; units++)
        buf_add(&text, wide ? SLICE("\xd0\xb6") : SLICE("x"));
    buf_add_byte(&text, '\0');
    unsigned one = wide ? 70 : 160, of_many = wide ? 67 : 153;
    *out_segments = units <= one ? 1 : (units + of_many - 1) / of_many;
    char *copy = mem_copy(text.at, text.size - 1);
    buf_done(&text);
    return copy;
}

static void put_row(struct json_writer *json, const struct story *story)
{
    char digits[24];
    snprintf(digits, sizeof digits, "+%llu", (unsigned long long)story->handset->number);
    json_put_text(json, "to", slice_cstr(digits));
    json_put_text(json, "body", slice_cstr(story->text));
}

static void put_shared(struct json_writer *json, const struct story *story)
{
    char at[ISO_TIME_S_SIZE + 1];
    json_put_text(json, "from", SLICE("ACME"));
    if (!story->send_at_ms) return;
    iso_time_write_s(story->send_at_ms, at);
    json_put_text(json, "send_at", slice_cstr(at));
}

/* The row that is asked twice in one batch comes last. */
static void put_batch(struct json_writer *json, struct story *const *stories, size_t count)
{
    put_shared(json, stories[0]);
    json_name(json, "messages");
    json_begin_array(json);
    for (size_t i = 0; i < count + stories[0]->row_twice; i++) {
        char key[32];
        json_begin_object(json);
        put_row(json, stories[i % count]);
        snprintf(key, sizeof key, "k%zu", stories[i % count]->index);
        json_put_text(json, "idempotency_key", slice_cstr(key));
        json_end_object(json);
    }
    json_end_array(json);
}

static void send_request(struct line *line, struct ask ask, const char *path, const char *api_key,
                         const char *once_key, struct slice body)
{
    struct buf request;
    buf_init(&request, REQUEST_MAX);
    buf_printf(&request,
               "POST /v1/sms%s HTTP/1.1\r\nHost: sms.example\r\nAuthorization: Bearer %s\r\n%s%s%s"
               "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
               path, api_key, once_key[0] ? "Idempotency-Key: " : "", once_key,
               once_key[0] ? "\r\n" : "", body.size);
    buf_add(&request, body);
    line_send(line, ask, buf_slice(&request));
    buf_done(&request);
}

/* A story, or the whole batch that it begins. */
static void ask_for(struct line *line, struct story *story)
{
    struct story *const *stories = world.model.stories + story->index;
    struct ask ask = {story->rows ? ASK_BATCH : ASK_SEND, story->index,
                      story->rows ? story->rows : 1};
    struct json_writer json;
    struct buf body;
    char once_key[32] = "";
    buf_init(&body, REQUEST_MAX);
    json_writer_init(&json, &body);
    json_begin_object(&json);
    if (story->rows) {
        put_batch(&json, stories, story->rows);
    } else {
        put_shared(&json, story);
        put_row(&json, story);
    }
    json_end_object(&json);
    if (story->keyed && !(story->rows && story->index % 2))
        snprintf(once_key, sizeof once_key, "k%zu", story->index);
    for (size_t i = 0; i < ask.count; i++)
        stories[i]->asks++;
    send_request(line, ask, story->rows ? "/batch" : "", story->api_key, once_key,
                 buf_slice(&body));
    buf_done(&body);
}

/* ---- Asking -------------------------------------------------------------------------------- */

static struct story *make_story(const struct customer *customer, struct story asked, bool probe)
{
    uint64_t number = customer_number(probe);
    asked.text = make_text(number, &asked.segments);
    asked.index = world.model.story_count;
    struct story *story = model_ask(&world.model, &asked, number);
    mem_free(asked.text);
    return story;
}

struct story *customer_ask_robase(struct customer *customer, bool probe)
{
    struct story asked = {.customer = customer->index, .robase = true};
    asked.api_key = customer_key(customer, probe, &asked.test);
    asked.keyed = sim_random(100) < world.script.keyed_percent;
    size_t rows =
        !probe && sim_random(100) < world.script.batch_percent ? 1 + sim_random(BATCH_ROWS) : 0;
    if (rows) asked.keyed = true;
    asked.row_twice = rows && sim_random(5) == 0;
    if (!probe && sim_random(100) < world.script.later_percent) {
        uint64_t now_s = clock_wall_ms(&world.clock) / 1000;
        asked.send_at_ms = (now_s + 1 + sim_random(LATER_MAX_S)) * 1000;
    }
    asked.rows = rows;
    struct story *first = make_story(customer, asked, probe);
    asked.rows = 0;
    asked.in_batch = true;
    for (size_t i = 1; i < rows; i++)
        make_story(customer, asked, probe);
    first->in_batch = rows > 0;
    ask_for(&customer->lines[0], first);
    return first;
}

static void cancel(struct line *line, struct story *story)
{
    char path[64];
    snprintf(path, sizeof path, "/%s/cancel", story->id);
    story->asks++;
    send_request(line, (struct ask){ASK_CANCEL, story->index, 1}, path, story->api_key, "",
                 SLICE(""));
}

void customer_ask_robase_again(struct customer *customer)
{
    size_t count = world.model.story_count;
    size_t back = count < AGAIN_BACK ? count : AGAIN_BACK;
    struct line *line = &customer->lines[sim_random(LINES_MAX)];
    if (back == 0 || line->waiting_count >= PIPELINE_MAX) return;
    struct story *story = world.model.stories[count - 1 - sim_random(back)];
    if (!story->robase || story->customer != customer->index) return;
    if (story->send_at_ms && story->id[0] && sim_random(2))
        cancel(line, story);
    else if (story->keyed && (story->rows || !story->in_batch))
        ask_for(line, story);
}
