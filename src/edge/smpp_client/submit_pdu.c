#include "edge/smpp_client/submit_pdu.h"

#include <stdio.h>

#include "edge/smpp_client/alphabet.h"
#include "wire/gsm7.h"
#include "wire/smpp_pdu.h"
#include "wire/utf.h"

/* Longest sender of digits without a plus that is no international number: the shortest numbers
   that E.164 users dial in full have eight. */
#define SHORT_CODE_MAX    7
#define SHORT_MESSAGE_MAX 254 /* SMPP 3.4 4.4.1 */
#define USER_DATA_MAX     140 /* octets of one message on the air */
#define GSM7_UNITS_MAX    160
#define TEXT_LIMIT        65535 /* message_payload */

static bool is_digits(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < '0' || text.at[i] > '9') return false;
    return text.size > 0;
}

static struct smpp_address source_address(struct slice sender)
{
    bool plus = sender.size > 0 && sender.at[0] == '+';
    struct slice digits = slice_from(sender, plus ? 1 : 0);
    if (sender.size == 0) return (struct smpp_address){SMPP_TON_UNKNOWN, SMPP_NPI_UNKNOWN, sender};
    if (!is_digits(digits))
        return (struct smpp_address){SMPP_TON_ALPHANUMERIC, SMPP_NPI_UNKNOWN, sender};
    if (plus || digits.size > SHORT_CODE_MAX)
        return (struct smpp_address){SMPP_TON_INTERNATIONAL, SMPP_NPI_ISDN, digits};
    return (struct smpp_address){SMPP_TON_UNKNOWN, SMPP_NPI_ISDN, digits};
}

/* Relative time, 7.1.1.2: YYMMDDhhmmsstnnR. Months count 30 days, so that no field overflows. */
static struct slice validity(uint64_t seconds, char out[24])
{
    uint64_t days = seconds / 86400;
    int size = snprintf(out, 24, "00%02u%02u%02u%02u%02u000R", (unsigned)(days / 30 % 100),
                        (unsigned)(days % 30), (unsigned)(seconds / 3600 % 24),
                        (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    return slice_of(out, (size_t)size);
}

static uint64_t validity_s(const struct submit *submit, const struct quirks *quirks,
                           uint64_t wall_ms)
{
    /* The carrier must not go on trying when we have given up. */
    uint64_t left_s =
        submit->expires_at_ms > wall_ms ? (submit->expires_at_ms - wall_ms) / 1000 : 0;
    if (submit->expires_at_ms == 0 || left_s > quirks->validity_s) return quirks->validity_s;
    return left_s > 0 ? left_s : 1;
}

/* The user data in the carrier's own idea of the default alphabet. A lone segment with a character
   that this alphabet lacks goes as UTF-16 when it fits the air; in a long message the segments are
   cut already, and the character is lost. */
static void recode(const struct submit *submit, enum alphabet alphabet, struct buf *out,
                   uint8_t *out_coding)
{
    struct slice data = slice_of(submit->segment.bytes, submit->segment.size);
    size_t header = submit->segment.has_header ? 1 + (size_t)submit->segment.bytes[0] : 0;
    buf_add(out, slice_of(data.at, header));
    struct slice septets = slice_from(data, header);
    bool whole = alphabet_encode(septets, alphabet, out);
    *out_coding = SMPP_CODING_DEFAULT;
    if (whole || submit->segment.total > 1) return;

    struct buf text;
    buf_init(&text, septets.size * 3);
    gsm7_decode((const uint8_t *)septets.at, septets.size, &text);
    size_t size = 2 * utf16_units(buf_slice(&text));
    if (size <= USER_DATA_MAX) {
        buf_clear(out);
        utf16_encode(buf_slice(&text), (uint8_t *)buf_reserve(out, size), size);
        buf_grew(out, size);
        *out_coding = SMPP_CODING_UCS2;
    }
    buf_done(&text);
}

static bool wants_payload(const struct submit *submit, size_t size)
{
    size_t alone = submit->encoding == ENCODING_GSM7 ? GSM7_UNITS_MAX : USER_DATA_MAX;
    return size > SHORT_MESSAGE_MAX ||
           (submit->form == SEGMENT_PAYLOAD && submit->segment.size > alone);
}

static void add_tlvs(const struct submit *submit, struct slice data, struct smpp_pdu *pdu,
                     struct arena *arena)
{
    if (submit->form == SEGMENT_SAR && submit->segment.total > 1) {
        smpp_tlv_add_integer(&pdu->tlvs, arena, SMPP_TLV_SAR_MSG_REF_NUM, submit->reference);
        smpp_tlv_add_integer(&pdu->tlvs, arena, SMPP_TLV_SAR_TOTAL_SEGMENTS, submit->segment.total);
        smpp_tlv_add_integer(&pdu->tlvs, arena, SMPP_TLV_SAR_SEGMENT_SEQNUM,
                             submit->segment.number);
    }
    if (wants_payload(submit, data.size))
        smpp_tlv_add(&pdu->tlvs, arena, SMPP_TLV_MESSAGE_PAYLOAD, data);
    else
        pdu->short_message = data;
}

static uint32_t misfit_status(const struct smpp_pdu *pdu)
{
    const char *field = smpp_misfit(pdu);
    return field && strcmp(field, "source_addr") == 0 ? ESME_RINVSRCADR : ESME_RSYSERR;
}

bool submit_pdu_write(const struct submit *submit, const struct quirks *quirks, uint64_t wall_ms,
                      uint32_t sequence, struct buf *out, uint32_t *out_status)
{
    char digits[24], period[24];
    int digits_size = snprintf(digits, sizeof digits, "%s%llu", quirks->dest_plus ? "+" : "",
                               (unsigned long long)submit->number);
    struct smpp_pdu pdu = {
        .command_id = SMPP_SUBMIT_SM,
        .sequence = sequence,
        .source = source_address(submit->sender),
        .destination = {SMPP_TON_INTERNATIONAL, SMPP_NPI_ISDN,
                        slice_of(digits, (size_t)digits_size)},
        .esm_class = submit->segment.has_header ? SMPP_ESM_UDHI : 0,
        .registered_delivery = quirks->ask_receipts ? (uint8_t)quirks->registered_delivery : 0,
        .data_coding = submit->encoding == ENCODING_UCS2 ? SMPP_CODING_UCS2 : SMPP_CODING_DEFAULT,
    };
    if (quirks->validity_s)
        pdu.validity_period = validity(validity_s(submit, quirks, wall_ms), period);

    struct arena arena = {0};
    struct buf recoded;
    buf_init(&recoded, TEXT_LIMIT);
    struct slice data = slice_of(submit->segment.bytes, submit->segment.size);
    if (submit->encoding == ENCODING_GSM7 && quirks->dcs0 != ALPHABET_GSM7) {
        recode(submit, quirks->dcs0, &recoded, &pdu.data_coding);
        data = buf_slice(&recoded);
    }
    add_tlvs(submit, data, &pdu, &arena);
    bool written = smpp_encode(&pdu, out);
    if (!written) *out_status = misfit_status(&pdu);
    buf_done(&recoded);
    arena_done(&arena);
    return written;
}
