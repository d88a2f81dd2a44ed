#include "edge/simulator/options.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>

#include "wire/smpp_status.h"

#define PROBLEM_SIZE 256
#define SHARE_ONE    1000000u /* everything, in millionths */
#define SHARE_DIGITS 4        /* behind the point of a percentage */

#define ROW(name, kind, field, initial, choices, help)                                             \
    {                                                                                              \
        name, SIMULATOR_##kind, offsetof(struct simulator_options, field),                         \
            sizeof(((struct simulator_options *)0)->field), initial, help, choices                 \
    }

#define ID_FORMS "decimal,hex,hex-upper,padded,long,uuid"

/* clang-format off */
const struct simulator_option simulator_option_rows[] = {
    ROW("host", TEXT, host, "127.0.0.1", NULL, "address to listen on"),
    ROW("port", NUMBER, port, "2775", NULL, "port to listen on, 0: any free one"),
    ROW("system-id", TEXT, system_id, "", NULL, "only this system_id may bind; empty: any"),
    ROW("password", TEXT, password, "", NULL, "and only with this password; empty: any"),
    ROW("bind", CHOICE, binds, "any", "any,trx,tx-rx", "kinds of bind that are accepted"),
    ROW("refuse-binds", NUMBER, refuse_binds, "0", NULL, "refuse the first N binds"),
    ROW("refuse-binds-status", STATUS, refuse_binds_status, "RBINDFAIL", NULL, "with this status"),
    ROW("enquire-link", NUMBER, enquire_link_s, "0", NULL,
        "send enquire_link every N seconds, 0: never"),
    ROW("delay-ms", NUMBER, delay_ms, "0", NULL, "answer a submit after this time"),
    ROW("delay-jitter-ms", NUMBER, delay_jitter_ms, "0", NULL, "and up to so much later"),
    ROW("receipts", CHOICE, receipts, "asked", "asked,always,none",
        "which messages get a receipt: those whose registered_delivery asks, all, none"),
    ROW("receipt-ms", NUMBER, receipt_ms, "1000", NULL, "receipt after this time"),
    ROW("receipt-jitter-ms", NUMBER, receipt_jitter_ms, "0", NULL, "and up to so much later"),
    ROW("receipt-first", SWITCH, receipt_first, "off", NULL,
        "answer a submit only when its receipt has left"),
    ROW("receipt-state", STATE, receipt_state, "DELIVRD", NULL, "what receipts say"),
    ROW("fail-percent", SHARE, fail_share, "0", NULL, "share of receipts that say fail-state"),
    ROW("fail-state", STATE, fail_state, "UNDELIV", NULL, "the state of those"),
    ROW("fail-error", NUMBER, fail_error, "1", NULL, "err of every receipt that is no success"),
    ROW("state-suffix", STATES, state_suffixes, "", NULL,
        "receipt states by the end of the number: 001=UNDELIV,002=EXPIRED"),
    ROW("id-form", CHOICE, id_form, "decimal", ID_FORMS, "how submit_sm_resp writes message ids"),
    ROW("receipt-id-form", CHOICE, receipt_id_form, "decimal", ID_FORMS,
        "how receipts write them"),
    ROW("id-first", LARGE, id_first, "1000001", NULL, "the first message's number"),
    ROW("receipt-form", CHOICE, receipt_form, "both", "both,text,tlv,bare",
        "receipts with text and TLVs, one of them, or text without the mark in esm_class"),
    ROW("receipt-pdu", CHOICE, receipt_pdu, "deliver_sm", "deliver_sm,data_sm",
        "the PDU that carries receipts"),
    ROW("receipt-twice", SWITCH, receipt_twice, "off", NULL, "ACCEPTD first, then the last state"),
    ROW("receipt-window", NUMBER, receipt_window, "100", NULL,
        "unanswered receipts and inbound messages of a session"),
    ROW("throttle-rate", NUMBER, throttle_rate, "0", NULL,
        "submits a second over which throttle-status is answered, 0: no limit"),
    ROW("throttle-first", NUMBER, throttle_first, "0", NULL, "throttle the first N submits"),
    ROW("throttle-status", STATUS, throttle_status, "RTHROTTLED", NULL, "the status of both"),
    ROW("refuse-percent", SHARE, refuse_share, "0", NULL, "share of submits that are refused"),
    ROW("refuse-status", STATUS, refuse_status, "RSUBMITFAIL", NULL, "with this status"),
    ROW("refuse-suffix", STATUSES, refuse_suffixes, "", NULL,
        "statuses by the end of the number: 003=RINVDSTADR,004=0x45"),
    ROW("silent-percent", SHARE, silent_share, "0", NULL,
        "share of submits that are taken and never answered"),
    ROW("cut-after", NUMBER, cut_after, "0", NULL, "cut the connection at the Nth submit, 0: never"),
    ROW("cut-repeat", SWITCH, cut_repeat, "off", NULL, "and at every Nth after it"),
    ROW("cut-when", CHOICE, cut_when, "after", "before,after",
        "cut before that submit is looked at, or when it is taken and not answered"),
    ROW("bad-length-after", NUMBER, bad_length_after, "0", NULL,
        "answer the Nth submit with a PDU of impossible length, 0: never"),
    ROW("inbound-text", TEXT, inbound_text, "", NULL, "send this inbound message; empty: none"),
    ROW("inbound-from", TEXT, inbound_source, "447700900999", NULL, "its source"),
    ROW("inbound-to", TEXT, inbound_destination, "32323", NULL, "its destination"),
    ROW("inbound-after", NUMBER, inbound_after_s, "1", NULL,
        "so many seconds after the first receiver has bound"),
    ROW("inbound-rate", NUMBER, inbound_rate, "0", NULL, "so many a second from then on, 0: once"),
    ROW("inbound-count", NUMBER, inbound_count, "0", NULL, "and no more than this, 0: no end"),
    ROW("long-form", CHOICE, long_form, "udh8", "udh8,udh16,sar",
        "how long inbound messages are cut"),
    ROW("pending-max", NUMBER, pending_max, "1000000", NULL,
        "messages in the works; over it submits are answered RMSGQFUL"),
    ROW("seed", LARGE, seed, "1", NULL, "of everything that is random"),
};
/* clang-format on */
const size_t simulator_option_count = sizeof simulator_option_rows / sizeof *simulator_option_rows;

static bool read_number(struct slice value, uint64_t most, uint64_t *out)
{
    uint64_t number;
    if (!slice_u64(value, &number) || number > most) return false;
    *out = number;
    return true;
}

/* "2.5" is 25,000 millionths. */
static bool read_share(struct slice value, uint32_t *out)
{
    struct slice rest = value, whole, part = {0};
    uint64_t percent = 0, fraction = 0;
    if (!slice_cut(&rest, '.', &whole) || !slice_u64(whole, &percent)) return false;
    if (whole.size != value.size) part = slice_from(value, whole.size + 1);
    if (part.size > SHARE_DIGITS || (part.size && !slice_u64(part, &fraction))) return false;
    for (size_t i = part.size; i < SHARE_DIGITS; i++)
        fraction *= 10;
    if (percent > 100) return false;
    uint64_t share = percent * (SHARE_ONE / 100) + fraction;
    if (share > SHARE_ONE) return false;
    *out = (uint32_t)share;
    return true;
}

static bool read_choice(struct slice value, const char *choices, uint32_t *out)
{
    struct slice rest = slice_cstr(choices), choice;
    for (uint32_t i = 0; slice_cut(&rest, ',', &choice); i++) {
        if (!slice_eq(choice, value)) continue;
        *out = i;
        return true;
    }
    return false;
}

static bool read_state(struct slice value, uint32_t *out)
{
    for (int state = RECEIPT_ENROUTE; state <= RECEIPT_SKIPPED; state++) {
        if (!slice_eq_nocase(slice_cstr(receipt_state_word((enum receipt_state)state)), value))
            continue;
        *out = (uint32_t)state;
        return true;
    }
    return false;
}

static bool read_switch(struct slice value, bool *out)
{
    uint32_t on;
    if (!read_choice(value, "off,on", &on)) return false;
    *out = on == 1;
    return true;
}

static bool read_suffixes(struct slice value, bool (*read)(struct slice value, uint32_t *out),
                          struct simulator_suffixes *out)
{
    struct simulator_suffixes list = {0};
    struct slice pair;
    while (slice_cut(&value, ',', &pair)) {
        struct slice suffix;
        if (list.count == SIMULATOR_SUFFIXES_MAX || !slice_cut(&pair, '=', &suffix)) return false;
        struct simulator_suffix *row = &list.at[list.count++];
        if (suffix.size == 0 || suffix.size >= sizeof row->suffix) return false;
        memcpy(row->suffix, suffix.at, suffix.size);
        if (!read(pair, &row->value)) return false;
    }
    *out = list;
    return true;
}

static bool read_value(const struct simulator_option *row, struct slice value, void *field)
{
    uint64_t number;
    switch (row->kind) {
    case SIMULATOR_NUMBER:
        if (!read_number(value, UINT32_MAX, &number)) return false;
        *(uint32_t *)field = (uint32_t)number;
        return true;
    case SIMULATOR_LARGE:
        return read_number(value, INT64_MAX, field);
    case SIMULATOR_SWITCH:
        return read_switch(value, field);
    case SIMULATOR_SHARE:
        return read_share(value, field);
    case SIMULATOR_TEXT:
        if (value.size >= row->size) return false;
        memset(field, 0, row->size);
        if (value.size) memcpy(field, value.at, value.size);
        return true;
    case SIMULATOR_CHOICE:
        return read_choice(value, row->choices, field);
    case SIMULATOR_STATUS:
        return smpp_status_parse(value, field);
    case SIMULATOR_STATE:
        return read_state(value, field);
    case SIMULATOR_STATUSES:
        return read_suffixes(value, smpp_status_parse, field);
    case SIMULATOR_STATES:
        return read_suffixes(value, read_state, field);
    }
    assert(false);
    return false;
}

static const char *const expected[] = {
    [SIMULATOR_NUMBER] = "a number",
    [SIMULATOR_LARGE] = "a number",
    [SIMULATOR_SWITCH] = "on or off",
    [SIMULATOR_SHARE] = "a percentage from 0 to 100, such as 2.5",
    [SIMULATOR_TEXT] = "a shorter text",
    [SIMULATOR_CHOICE] = "one of",
    [SIMULATOR_STATUS] = "a command_status by name or number, such as RTHROTTLED or 0x58",
    [SIMULATOR_STATE] = "a receipt state such as DELIVRD",
    [SIMULATOR_STATUSES] = "up to 8 of ENDING=STATUS, separated by commas",
    [SIMULATOR_STATES] = "up to 8 of ENDING=STATE, separated by commas",
};

bool simulator_options_set(struct simulator_options *options, struct slice name, struct slice value,
                           char *out_problem)
{
    for (size_t i = 0; i < simulator_option_count; i++) {
        const struct simulator_option *row = &simulator_option_rows[i];
        if (!slice_eq(slice_cstr(row->name), name)) continue;
        if (read_value(row, value, (char *)options + row->offset)) return true;
        snprintf(out_problem, PROBLEM_SIZE, "%s wants %s %s, not '%.*s'", row->name,
                 expected[row->kind], row->choices ? row->choices : "",
                 (int)(value.size < 64 ? value.size : 64), value.size ? value.at : "");
        return false;
    }
    snprintf(out_problem, PROBLEM_SIZE, "there is no option '%.*s'",
             (int)(name.size < 64 ? name.size : 64), name.size ? name.at : "");
    return false;
}

void simulator_options_init(struct simulator_options *options)
{
    *options = (struct simulator_options){0};
    for (size_t i = 0; i < simulator_option_count; i++) {
        const struct simulator_option *row = &simulator_option_rows[i];
        bool known = read_value(row, slice_cstr(row->initial), (char *)options + row->offset);
        assert(known);
        (void)known;
    }
}
