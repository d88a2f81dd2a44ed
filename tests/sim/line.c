#include "sim/line.h"

#include <assert.h>

#include "sim/world.h"

#define IN_MAX (1u << 20)

/* ---- Asking -------------------------------------------------------------------------------- */

static const struct tcp_events line_events;

void line_send(struct line *line, struct ask ask, struct slice request)
{
    assert(line->waiting_count < PIPELINE_MAX);
    if (!line->tcp)
        line->tcp = tcp_connect(world.street, slice_cstr(world.config.listen), &line_events, line);
    if (line->connected)
        tcp_write(line->tcp, request);
    else
        buf_add(&line->out, request);
    line->waiting[line->waiting_count++] = ask;
    loop_timer_start(world.street, &line->patience, world.script.patience_s * 1000ull);
}

/* ---- Being answered ------------------------------------------------------------------------ */

void line_hang_up(struct line *line)
{
    tcp_close(line->tcp, sim_random(2));
    line->tcp = NULL;
    line->connected = false;
    buf_clear(&line->in);
    buf_clear(&line->out);
    for (size_t i = 0; i < line->waiting_count; i++)
        customer_lost(line->customer, &line->waiting[i]);
    line->waiting_count = 0;
    loop_timer_stop(world.street, &line->patience);
}

static void line_tire(struct loop_timer *timer)
{
    struct line *line = (struct line *)(void *)timer;
    if (line->tcp) line_hang_up(line);
}

static void line_take(struct line *line, const struct line_answer *answer)
{
    if (line->waiting_count == 0) {
        /* Before any request there is only one thing to say: too long idle, or too many. */
        if (answer->status != 408 && answer->status != 503)
            world_fail("an answer of %u to nothing", answer->status);
        return;
    }
    struct ask ask = line->waiting[0];
    line->waiting_count--;
    memmove(line->waiting, line->waiting + 1, line->waiting_count * sizeof *line->waiting);
    if (line->waiting_count == 0) loop_timer_stop(world.street, &line->patience);
    if (answer->status == 408)
        customer_lost(line->customer, &ask); /* what we sent came too slowly */
    else
        customer_answered(line->customer, &ask, answer);
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
static bool line_read_one(struct line *line)
{
    struct slice in = buf_slice(&line->in);
    const char *end = in.size ? memmem(in.at, in.size, "\r\n\r\n", 4) : NULL;
    uint64_t status;
    if (!end) return false;
    struct slice head = slice_of(in.at, (size_t)(end - in.at) + 2);
    size_t size = header_number(head, "Content-Length:");
    size_t begin = head.size + 2;
    if (in.size < begin + size) return false;
    if (!slice_starts(head, SLICE("HTTP/1.1 ")) || !slice_u64(slice_of(head.at + 9, 3), &status))
        world_fail("an answer that is no HTTP: %.40s", head.at);
    struct line_answer answer = {(unsigned)status, head, slice_of(in.at + begin, size)};
    line_take(line, &answer);
    buf_drop(&line->in, begin + size);
    return true;
}

static void line_on_connect(void *user, struct tcp *tcp)
{
    struct line *line = user;
    line->connected = true;
    tcp_write(tcp, buf_slice(&line->out));
    buf_clear(&line->out);
}

static void line_on_read(void *user, struct tcp *tcp, struct slice bytes)
{
    struct line *line = user;
    buf_add(&line->in, bytes);
    while (line_read_one(line))
        ;
}

static void line_on_close(void *user, struct tcp *tcp, bool clean)
{
    line_hang_up(user);
}

static const struct tcp_events line_events = {
    .on_connect = line_on_connect,
    .on_read = line_on_read,
    .on_close = line_on_close,
};

/* ---- Life ---------------------------------------------------------------------------------- */

void line_open(struct line *line, struct customer *customer)
{
    line->customer = customer;
    line->patience.fire = line_tire;
    buf_init(&line->in, IN_MAX);
    buf_init(&line->out, IN_MAX);
}

void line_close(struct line *line)
{
    if (line->tcp) line_hang_up(line);
    buf_done(&line->in);
    buf_done(&line->out);
}
