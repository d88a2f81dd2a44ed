#include "sim/script.h"

#include <assert.h>
#include <stddef.h>

#define CHOICES_MAX 10

/* ---- Numbers ------------------------------------------------------------------------------- */

/* The first choice is the usual one: it is taken in so many percent of all runs, and otherwise each
   of the rest is as likely. */
static const struct script_row {
    const char *name;
    size_t offset;
    unsigned usual_percent;
    uint32_t choices[CHOICES_MAX];
    size_t count;
} rows[] = {
#define ROW(field, usual_percent, ...)                                                             \
    {                                                                                              \
#field, offsetof(struct script, field), usual_percent,                                     \
            {__VA_ARGS__ }, sizeof((uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t)                   \
    }
    /* clang-format off */
    ROW(fault_s, 40, 60, 15, 30, 120),
    ROW(customers, 30, 2, 1, 3, 5),
    ROW(send_every_ms, 30, 500, 20, 100, 2000),
    ROW(sends, 40, 120, 20, 60, 250),
    ROW(pipeline, 60, 1, 3, 8),
    ROW(poor_percent, 50, 0, 30, 100),
    ROW(patience_s, 50, 60, 3, 300),
    ROW(retry_window_s, 60, 86400, 40, 400),
    ROW(robase_percent, 50, 50, 0, 100),
    ROW(keyed_percent, 60, 50, 0, 100),
    ROW(again_percent, 60, 20, 0, 100),
    ROW(batch_percent, 70, 10, 0, 100),
    ROW(later_percent, 60, 20, 0, 100),
    ROW(quota, 50, 0, 5, 60),
    ROW(month_end, 70, 0, 1),
    ROW(crash_every_ms, 45, 0, 1500, 6000, 20000),
    ROW(stop_every_ms, 75, 0, 10000, 40000),
    ROW(down_max_ms, 40, 1000, 10, 8000, 30000),
    ROW(cut_every_ms, 55, 0, 300, 2000, 10000),
    ROW(refuse_every_ms, 75, 0, 5000, 30000),
    ROW(refuse_max_ms, 50, 3000, 500, 40000),
    ROW(hole_every_ms, 75, 0, 5000, 20000),
    ROW(hole_max_ms, 40, 4000, 300, 20000, 90000),
    ROW(fail_one_in, 60, 0, 2, 5, 20, 100),
    ROW(outage_every_ms, 80, 0, 5000, 20000),
    ROW(outage_max_ms, 50, 1000, 100, 15000),
    ROW(commit_max_ms, 55, 0, 3, 30, 400),
    ROW(wall_every_ms, 85, 0, 2000, 20000),
    ROW(operate_every_ms, 65, 0, 500, 4000),
    ROW(reroute_percent, 70, 0, 30),
    ROW(inbound_every_ms, 60, 0, 300, 3000),
    ROW(hook_fail_percent, 70, 0, 20, 100),
    ROW(hook_silent_percent, 70, 0, 10, 100),
    ROW(shuffle, 30, 1, 0),
    ROW(latency_max_ms, 45, 0, 3, 50, 800, 5000),
    ROW(split_percent, 60, 0, 30, 100),
    ROW(merge_percent, 70, 0, 20, 90),
    ROW(piece_max, 80, 0, 1, 7, 100),
    ROW(window, 75, 262144, 40, 3000),
    ROW(refuse_percent, 80, 0, 10, 60),
    ROW(cut_per_mille, 75, 0, 1, 10, 60),
    ROW(carrier_count, 40, 1, 2, 3),
    ROW(chain, 30, 0, 1, 2, 3),
    ROW(dead_percent, 80, 0, 100),
    /* clang-format on */
};
#define ROW_COUNT (sizeof rows / sizeof *rows)

static size_t choose(size_t count, unsigned usual_percent)
{
    if (count == 1 || sim_random(100) < usual_percent) return 0;
    return 1 + sim_random(count - 1);
}

static uint32_t *number_at(struct script *script, const struct script_row *row)
{
    return (uint32_t *)(void *)((char *)script + row->offset);
}

/* ---- Carriers ------------------------------------------------------------------------------ */

/* Options of the simulator; what a healthy carrier does instead, where that differs. */
static const struct option_row {
    const char *name;
    unsigned usual_percent;
    const char *healthy; /* NULL: it stays as it is */
    const char *choices[CHOICES_MAX];
} option_rows[] = {
    /* clang-format off */
    {"delay-ms", 50, "20", {"0", "5", "100", "3000"}},
    {"delay-jitter-ms", 60, "20", {"0", "20", "500"}},
    {"receipt-ms", 30, NULL, {"1000", "0", "50", "20000"}},
    {"receipt-jitter-ms", 50, NULL, {"0", "200", "5000"}},
    {"receipt-first", 70, "off", {"off", "on"}},
    {"receipt-form", 40, NULL, {"both", "text", "tlv", "bare"}},
    {"receipt-pdu", 80, NULL, {"deliver_sm", "data_sm"}},
    {"receipt-twice", 80, NULL, {"off", "on"}},
    {"receipt-window", 60, NULL, {"100", "1", "5"}},
    {"enquire-link", 80, NULL, {"0", "2"}},
    {"throttle-rate", 75, "0", {"0", "1", "5", "30"}},
    {"throttle-first", 85, "0", {"0", "1", "10"}},
    {"throttle-status", 50, NULL, {"RTHROTTLED", "RMSGQFUL"}},
    {"refuse-percent", 75, "0", {"0", "3", "40"}},
    {"refuse-status", 50, NULL, {"RSUBMITFAIL", "RSYSERR", "0x64"}},
    {"silent-percent", 75, "0", {"0", "1", "15", "100"}},
    {"cut-after", 80, "0", {"0", "1", "3", "20"}},
    {"cut-repeat", 40, "off", {"on", "off"}},
    {"cut-when", 50, NULL, {"after", "before"}},
    {"bad-length-after", 90, "0", {"0", "2", "11"}},
    {"refuse-binds", 85, "0", {"0", "1", "4"}},
    {"pending-max", 85, "1000000", {"1000000", "3", "20"}},
    {"state-suffix", 100, NULL, {"001=UNDELIV,002=EXPIRED,005=REJECTD"}},
    {"refuse-suffix", 100, "003=RINVDSTADR", {"003=RINVDSTADR,004=RSYSERR"}},
    /* clang-format on */
};

/* How a carrier writes its ids and how its receipts write them. Where the two differ, the ids are
   such that none of one writing reads as one of the other. */
static const char *const id_forms[][2] = {
    {"decimal", "decimal"}, {"hex", "hex"},      {"long", "long"},      {"uuid", "uuid"},
    {"padded", "decimal"},  {"hex", "decimal"},  {"decimal", "padded"}, {"decimal", "hex"},
    {"hex-upper", "hex"},   {"hex", "hex-upper"}};

static const struct quirk_choice {
    const char *name;
    unsigned usual_percent;
    const char *choices[CHOICES_MAX];
} quirk_rows[] = {
    {"long", 40, {"udh8", "udh16", "sar", "payload"}},
    {"dcs0", 80, {"gsm", "latin1", "ascii"}},
    {"uncertain", 60, {"resend", "wait", "fail"}},
    {"dest_plus", 80, {"off", "on"}},
    {"enquire_link", 40, {"30", "0", "3"}},
    {"response_timeout", 40, {"10", "2", "60"}},
    {"validity", 80, {"0", "300"}},
    {"reconnect_max", 50, {"5", "1", "30"}},
    {"binds", 60, {"1", "2", "3"}},
};

static const char *choose_text(const char *const *choices, unsigned usual_percent)
{
    size_t count = 0;
    while (count < CHOICES_MAX && choices[count])
        count++;
    return choices[choose(count, usual_percent)];
}

static void set_option(struct simulator_options *options, const char *name, const char *value)
{
    char problem[256] = "";
    bool known = simulator_options_set(options, slice_cstr(name), slice_cstr(value), problem);
    assert(known);
    (void)known;
}

static void script_options(struct carrier_script *script)
{
    simulator_options_init(&script->sick);
    const char *const *form = id_forms[choose(sizeof id_forms / sizeof *id_forms, 40)];
    set_option(&script->sick, "id-form", form[0]);
    set_option(&script->sick, "receipt-id-form", form[1]);
    script->sick.seed = sim_random(1u << 30);
    script->healthy = script->sick;
    for (size_t i = 0; i < sizeof option_rows / sizeof *option_rows; i++) {
        const struct option_row *row = &option_rows[i];
        const char *value = choose_text(row->choices, row->usual_percent);
        set_option(&script->sick, row->name, value);
        set_option(&script->healthy, row->name, row->healthy ? row->healthy : value);
    }
}

static void script_carrier(struct carrier_script *script)
{
    static const char *const windows[] = {"10", "1", "3", "100", NULL};
    static const char *const rates[] = {"0", "2", "20", NULL};
    unsigned window, binds = 1;
    script_options(script);
    snprintf(script->bind, sizeof script->bind, "%s", sim_random(3) ? "trx" : "tx+rx");
    snprintf(script->window, sizeof script->window, "%s", choose_text(windows, 40));
    snprintf(script->tps, sizeof script->tps, "%s", choose_text(rates, 75));
    size_t size = 0;
    for (size_t i = 0; i < sizeof quirk_rows / sizeof *quirk_rows; i++) {
        const struct quirk_choice *row = &quirk_rows[i];
        const char *value = choose_text(row->choices, row->usual_percent);
        size += (size_t)snprintf(script->quirks + size, sizeof script->quirks - size, "%s%s=%s",
                                 i ? "," : "", row->name, value);
        assert(size < sizeof script->quirks);
        if (slice_eq(slice_cstr(row->name), SLICE("binds"))) binds = (unsigned)(value[0] - '0');
        if (slice_eq(slice_cstr(row->name), SLICE("uncertain")))
            script->resends = slice_eq(slice_cstr(value), SLICE("resend"));
    }
    int numbers = sscanf(script->window, "%u", &window);
    assert(numbers == 1);
    script->open_max = window * binds;
}

/* ---- The whole ----------------------------------------------------------------------------- */

void script_make(struct script *out)
{
    *out = (struct script){0};
    for (size_t i = 0; i < ROW_COUNT; i++)
        *number_at(out, &rows[i]) = rows[i].choices[choose(rows[i].count, rows[i].usual_percent)];
    for (size_t i = 0; i < CARRIERS_MAX; i++)
        script_carrier(&out->carriers[i]);
    /* What waits for a carrier that is gone ends by the window: not by one of a day, then. */
    out->last_is_dead = out->carrier_count > 1 && sim_random(100) < out->dead_percent;
    if (out->last_is_dead && out->retry_window_s > 400) out->retry_window_s = 400;
}

struct sim_faults script_faults(const struct script *script)
{
    return (struct sim_faults){
        .shuffle = script->shuffle != 0,
        .latency_max_ms = script->latency_max_ms,
        .split_percent = script->split_percent,
        .merge_percent = script->merge_percent,
        .piece_max = script->piece_max,
        .window = script->window,
        .refuse_percent = script->refuse_percent,
        .cut_per_mille = script->cut_per_mille,
    };
}

/* Options of the simulator as words again would need a writer that nobody else wants: what differs
   from the default is told by name alone. */
static void print_carrier(const struct carrier_script *script, FILE *to)
{
    struct simulator_options usual;
    simulator_options_init(&usual);
    fprintf(to, "\n  carrier: bind=%s window=%s tps=%s %s;", script->bind, script->window,
            script->tps, script->quirks);
    for (size_t i = 0; i < simulator_option_count; i++) {
        const struct simulator_option *row = &simulator_option_rows[i];
        const char *value = (const char *)&script->sick + row->offset;
        uint32_t number = 0;
        if (memcmp(value, (const char *)&usual + row->offset, row->size) == 0) continue;
        memcpy(&number, value, row->size < sizeof number ? row->size : sizeof number);
        fprintf(to, row->size <= sizeof number ? " %s=%u" : " %s", row->name, number);
    }
}

void script_print(const struct script *script, FILE *to)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        uint32_t value = *number_at((struct script *)script, &rows[i]);
        if (value != rows[i].choices[0]) fprintf(to, " %s=%u", rows[i].name, value);
    }
    for (size_t i = 0; i < script->carrier_count; i++)
        print_carrier(&script->carriers[i], to);
    fprintf(to, "\n");
}
