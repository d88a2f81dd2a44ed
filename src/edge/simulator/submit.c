/* What becomes of a message that an ESME hands in: the options decide, one after the other, and the
   log says what was decided. */
#include <inttypes.h>
#include <stdio.h>

#include "base/hash.h"
#include "edge/simulator/inside.h"
#include "wire/json.h"

enum verdict {
    VERDICT_TAKEN,
    VERDICT_REFUSED,
    VERDICT_THROTTLED,
    VERDICT_FULL,
    VERDICT_SILENT,     /* taken, never answered */
    VERDICT_CUT,        /* taken, and the connection goes instead of the answer */
    VERDICT_BAD_LENGTH, /* taken, and the answer has an impossible length */
    VERDICT_DROPPED,    /* the connection goes before it is looked at */
};

static const char *const verdict_names[] = {
    [VERDICT_TAKEN] = "taken",           [VERDICT_REFUSED] = "refused",
    [VERDICT_THROTTLED] = "throttled",   [VERDICT_FULL] = "full",
    [VERDICT_SILENT] = "silent",         [VERDICT_CUT] = "cut",
    [VERDICT_BAD_LENGTH] = "bad_length", [VERDICT_DROPPED] = "dropped",
};

/* One submit on its way through the options. */
struct judged {
    enum verdict verdict;
    uint32_t status;
    uint64_t number; /* of a message that is taken */
    enum receipt_state state;
    bool wants_receipt;
};

struct slice submit_id(uint64_t number, uint32_t form, char out[65])
{
    uint64_t mixed = hash_u64(number), more = hash_u64(mixed);
    int size = 0;
    switch ((enum simulator_id_form)form) {
    case SIMULATOR_ID_DECIMAL:
        size = snprintf(out, 65, "%" PRIu64, number);
        break;
    case SIMULATOR_ID_HEX:
        size = snprintf(out, 65, "%" PRIx64, number);
        break;
    case SIMULATOR_ID_HEX_UPPER:
        size = snprintf(out, 65, "%" PRIX64, number);
        break;
    case SIMULATOR_ID_PADDED:
        size = snprintf(out, 65, "%010" PRIu64, number);
        break;
    case SIMULATOR_ID_LONG:
        size = snprintf(out, 65, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, mixed,
                        more, hash_u64(more), number);
        break;
    case SIMULATOR_ID_UUID:
        size = snprintf(out, 65, "%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)(mixed >> 32),
                        (unsigned)(mixed >> 16 & 0xFFFF), (unsigned)(mixed & 0xFFF),
                        (unsigned)(more >> 52), more & 0xFFFFFFFFFFFF);
        break;
    }
    return slice_of(out, (size_t)size);
}

/* The row whose suffix the number ends with. */
static const struct simulator_suffix *suffix_find(const struct simulator_suffixes *list,
                                                  struct slice number)
{
    for (uint32_t i = 0; i < list->count; i++) {
        struct slice suffix = slice_cstr(list->at[i].suffix);
        if (number.size >= suffix.size &&
            slice_eq(slice_from(number, number.size - suffix.size), suffix))
            return &list->at[i];
    }
    return NULL;
}

/* A tenth of a second may come at once. */
static bool rate_is_over(struct simulator *simulator)
{
    uint64_t rate = simulator->options.throttle_rate;
    if (rate == 0) return false;
    uint64_t now = loop_mono_ms(simulator->loop);
    uint64_t most = rate * 100 > 1000 ? rate * 100 : 1000;
    uint64_t gained = (now - simulator->tokens_mono_ms) * rate;
    simulator->tokens_mono_ms = now;
    simulator->tokens_milli += gained;
    if (simulator->tokens_milli > most) simulator->tokens_milli = most;
    if (simulator->tokens_milli < 1000) return true;
    simulator->tokens_milli -= 1000;
    return false;
}

static bool is_nth(uint64_t count, uint32_t nth, bool repeat)
{
    return nth > 0 && (repeat ? count % nth == 0 : count == nth);
}

static enum receipt_state choose_state(struct simulator *simulator, struct slice number)
{
    const struct simulator_options *options = &simulator->options;
    const struct simulator_suffix *row = suffix_find(&options->state_suffixes, number);
    if (row) return (enum receipt_state)row->value;
    bool fails = simulator_chance(simulator, options->fail_share);
    return (enum receipt_state)(fails ? options->fail_state : options->receipt_state);
}

/* 5.2.17: a receipt always, or only when it is bad news. */
static bool wants_receipt(const struct simulator_options *options, const struct smpp_pdu *pdu,
                          enum receipt_state state)
{
    uint8_t asked = pdu->registered_delivery & SMPP_REGISTERED_MASK;
    if (options->receipts == SIMULATOR_RECEIPTS_NONE) return false;
    if (options->receipts == SIMULATOR_RECEIPTS_ALWAYS) return true;
    return asked == SMPP_REGISTERED_FINAL ||
           (asked == SMPP_REGISTERED_FAILURE && state != RECEIPT_DELIVERED);
}

static void judge(struct simulator *simulator, const struct smpp_pdu *pdu, struct judged *out)
{
    const struct simulator_options *options = &simulator->options;
    uint64_t count = ++simulator->counts.submits;
    struct slice number = pdu->destination.digits;
    bool cut = is_nth(count, options->cut_after, options->cut_repeat);
    *out = (struct judged){0};
    if (cut && options->cut_when == SIMULATOR_CUT_BEFORE) {
        out->verdict = VERDICT_DROPPED;
        return;
    }
    bool throttled = count <= options->throttle_first || rate_is_over(simulator);
    const struct simulator_suffix *refused = suffix_find(&options->refuse_suffixes, number);
    if (throttled) {
        out->verdict = VERDICT_THROTTLED;
        out->status = options->throttle_status;
    } else if (refused || simulator_chance(simulator, options->refuse_share)) {
        out->verdict = VERDICT_REFUSED;
        out->status = refused ? refused->value : options->refuse_status;
    } else if (simulator->parcels.count + 2 > simulator->parcels.limit) {
        out->verdict = VERDICT_FULL;
        out->status = ESME_RMSGQFUL;
    } else {
        out->state = choose_state(simulator, number);
        out->wants_receipt = wants_receipt(options, pdu, out->state);
        out->number = simulator->next_id++;
        if (cut)
            out->verdict = VERDICT_CUT;
        else if (is_nth(count, options->bad_length_after, false))
            out->verdict = VERDICT_BAD_LENGTH;
        else if (simulator_chance(simulator, options->silent_share))
            out->verdict = VERDICT_SILENT;
    }
}

static void count_verdict(struct simulator_counts *counts, enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_TAKEN:
        counts->taken++;
        break;
    case VERDICT_REFUSED:
        counts->refused++;
        break;
    case VERDICT_THROTTLED:
        counts->throttled++;
        break;
    case VERDICT_FULL:
        counts->full++;
        break;
    case VERDICT_SILENT:
    case VERDICT_CUT:
    case VERDICT_BAD_LENGTH:
        counts->taken++;
        counts->unanswered++;
        break;
    case VERDICT_DROPPED:
        counts->dropped++;
        break;
    }
}

static void log_hex(struct json_writer *json, struct slice bytes, struct arena *arena)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = arena_alloc(arena, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size; i++) {
        hex[2 * i] = digits[(uint8_t)bytes.at[i] >> 4];
        hex[2 * i + 1] = digits[bytes.at[i] & 15];
    }
    json_put_text(json, "user_data", slice_of(hex, 2 * bytes.size));
}

static void log_address(struct json_writer *json, const char *name, const struct smpp_address *from)
{
    json_name(json, name);
    json_begin_object(json);
    json_put_integer(json, "ton", from->ton);
    json_put_integer(json, "npi", from->npi);
    json_put_text(json, "address", from->digits);
    json_end_object(json);
}

static void log_line(struct peer *peer, const struct smpp_pdu *pdu, const struct judged *judged)
{
    struct simulator *simulator = peer->simulator;
    const struct account *account = &simulator->accounts[peer->account];
    struct arena arena = {0};
    struct json_writer json;
    char id[65];
    uint32_t total = 0, number = 0, reference = 0;
    buf_clear(&simulator->line);
    json_writer_init(&json, &simulator->line);
    json_begin_object(&json);
    json_put_integer(&json, "time_ms", (int64_t)clock_wall_ms(simulator->options.clock));
    json_put_text(&json, "system_id", slice_of(account->system_id, account->system_id_size));
    json_put_integer(&json, "session", peer->generation);
    json_put_integer(&json, "sequence", pdu->sequence);
    log_address(&json, "source", &pdu->source);
    log_address(&json, "destination", &pdu->destination);
    json_put_integer(&json, "esm_class", pdu->esm_class);
    json_put_integer(&json, "data_coding", pdu->data_coding);
    json_put_integer(&json, "registered_delivery", pdu->registered_delivery);
    json_put_text(&json, "validity_period", pdu->validity_period);
    if (smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_MSG_REF_NUM, &reference) &&
        smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_TOTAL_SEGMENTS, &total) &&
        smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_SEGMENT_SEQNUM, &number)) {
        json_put_integer(&json, "sar_reference", reference);
        json_put_integer(&json, "sar_total", total);
        json_put_integer(&json, "sar_number", number);
    }
    json_put_bool(&json, "payload", smpp_tlv_find(&pdu->tlvs, SMPP_TLV_MESSAGE_PAYLOAD) != NULL);
    log_hex(&json, smpp_user_data(pdu), &arena);
    json_put_text(&json, "decision", slice_cstr(verdict_names[judged->verdict]));
    json_put_integer(&json, "status", judged->status);
    if (judged->number)
        json_put_text(&json, "id", submit_id(judged->number, simulator->options.id_form, id));
    json_end_object(&json);
    buf_add_byte(&simulator->line, '\n');
    fwrite(simulator->line.at, 1, simulator->line.size, simulator->options.log);
    fflush(simulator->options.log); /* a test reads it while we run */
    arena_done(&arena);
}

static void keep_address(const struct smpp_address *from, struct parcel_address *out)
{
    out->ton = from->ton;
    out->npi = from->npi;
    out->size = (uint8_t)(from->digits.size < sizeof out->digits ? from->digits.size
                                                                 : sizeof out->digits - 1);
    if (out->size) memcpy(out->digits, from->digits.at, out->size);
}

/* What a receipt repeats of the text: only what every alphabet has in common. */
static void keep_text(const struct smpp_pdu *pdu, struct parcel *parcel)
{
    if (pdu->data_coding == SMPP_CODING_UCS2 || pdu->esm_class & SMPP_ESM_UDHI) return;
    struct slice data = smpp_user_data(pdu);
    for (size_t i = 0; i < data.size && parcel->text_size < sizeof parcel->text; i++) {
        bool plain = data.at[i] >= ' ' && data.at[i] < 0x7F;
        parcel->text[parcel->text_size++] = plain ? data.at[i] : '.';
    }
}

static void promise_receipt(struct peer *peer, const struct smpp_pdu *pdu,
                            const struct judged *judged)
{
    struct simulator *simulator = peer->simulator;
    const struct simulator_options *options = &simulator->options;
    uint32_t index = parcel_new(&simulator->parcels, PARCEL_RECEIPT);
    struct parcel *parcel = parcel_at(&simulator->parcels, index);
    parcel->account = peer->account;
    parcel->number = judged->number;
    parcel->last_state = judged->state;
    parcel->state = options->receipt_twice ? RECEIPT_ACCEPTED : judged->state;
    parcel->submitted_at_ms = clock_wall_ms(options->clock);
    keep_address(&pdu->source, &parcel->source);
    keep_address(&pdu->destination, &parcel->destination);
    keep_text(pdu, parcel);
    uint64_t jitter = simulator_random(simulator, (uint64_t)options->receipt_jitter_ms + 1);
    simulator_wait(simulator, index, options->receipt_ms + jitter);
}

static void write_response(struct peer *peer, uint32_t command_id, uint32_t sequence,
                           uint32_t status, uint64_t number)
{
    struct smpp_pdu request = {.command_id = command_id, .sequence = sequence};
    struct smpp_pdu response = smpp_response(&request, status);
    char id[65];
    if (status == ESME_ROK)
        response.message_id = submit_id(number, peer->simulator->options.id_form, id);
    peer->open_submits--;
    peer_write(peer, &response);
}

void submit_respond(struct simulator *simulator, uint32_t parcel)
{
    struct parcel *at = parcel_at(&simulator->parcels, parcel);
    struct peer *peer = simulator->peers[at->peer];
    if (peer && peer->generation == at->generation)
        write_response(peer, at->command_id, at->sequence, at->status, at->number);
    else if (at->status == ESME_ROK)
        simulator->counts.unanswered++;
    parcel_free(&simulator->parcels, parcel);
}

static void respond(struct peer *peer, const struct smpp_pdu *pdu, const struct judged *judged)
{
    struct simulator *simulator = peer->simulator;
    const struct simulator_options *options = &simulator->options;
    uint64_t delay_ms =
        options->delay_ms + simulator_random(simulator, (uint64_t)options->delay_jitter_ms + 1);
    /* Those that wait for the same millisecond keep their order, and the receipt was first. */
    if (judged->wants_receipt && options->receipt_first)
        delay_ms += (uint64_t)options->receipt_ms + options->receipt_jitter_ms + 1;
    uint32_t index = delay_ms ? parcel_new(&simulator->parcels, PARCEL_RESPONSE) : 0;
    if (!index) {
        write_response(peer, pdu->command_id, pdu->sequence, judged->status, judged->number);
        return;
    }
    struct parcel *parcel = parcel_at(&simulator->parcels, index);
    parcel->peer = peer->index;
    parcel->generation = peer->generation;
    parcel->command_id = pdu->command_id;
    parcel->sequence = pdu->sequence;
    parcel->status = judged->status;
    parcel->number = judged->number;
    simulator_wait(simulator, index, delay_ms);
}

void submit_take(struct peer *peer, const struct smpp_pdu *pdu)
{
    static const char bad_length[SMPP_HEADER_SIZE] = {0, 0, 0, 7, (char)0x80, 0, 0, 4};
    struct simulator *simulator = peer->simulator;
    struct judged judged;
    peer->open_submits++;
    if (peer->open_submits > simulator->counts.window_peak)
        simulator->counts.window_peak = peer->open_submits;
    judge(simulator, pdu, &judged);
    count_verdict(&simulator->counts, judged.verdict);
    if (simulator->options.log) log_line(peer, pdu, &judged);
    if (judged.wants_receipt) promise_receipt(peer, pdu, &judged);
    switch (judged.verdict) {
    case VERDICT_SILENT:
        break;
    case VERDICT_BAD_LENGTH:
        peer_write_bytes(peer, slice_of(bad_length, sizeof bad_length));
        break;
    case VERDICT_CUT:
    case VERDICT_DROPPED:
        simulator->counts.cuts++;
        peer_close(peer, false);
        break;
    default:
        respond(peer, pdu, &judged);
    }
}
