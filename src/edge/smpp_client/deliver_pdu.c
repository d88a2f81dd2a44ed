#include "edge/smpp_client/deliver_pdu.h"

#include <stdio.h>

#include "edge/smpp_client/alphabet.h"

/* Types of esm_class that are reports about an earlier message (5.2.12). */
static bool is_report(uint8_t esm_class)
{
    switch (esm_class & SMPP_ESM_TYPE_MASK) {
    case SMPP_ESM_RECEIPT:
    case SMPP_ESM_DELIVERY_ACK:
    case SMPP_ESM_USER_ACK:
    case SMPP_ESM_INTERMEDIATE:
        return true;
    default:
        return false;
    }
}

/* The text of a receipt. It is ASCII by the letter, and its ids must come through as written, so
   only UTF-16 is decoded. */
static struct slice receipt_text_of(const struct smpp_pdu *pdu, struct buf *text)
{
    struct slice data = smpp_user_data(pdu);
    if (pdu->esm_class & SMPP_ESM_UDHI) {
        struct segment_header header;
        size_t body = 0;
        segment_read_header((const uint8_t *)data.at, data.size, &header, &body);
        data = slice_from(data, body);
    }
    if (pdu->data_coding != SMPP_CODING_UCS2) return data;
    alphabet_decode(data, pdu->data_coding, ALPHABET_GSM7, text);
    return buf_slice(text);
}

/* network_error_code: a type and two octets of code (5.3.2.31). */
static struct slice network_error(const struct smpp_pdu *pdu, char out[8])
{
    struct slice octets = smpp_tlv_octets(&pdu->tlvs, SMPP_TLV_NETWORK_ERROR_CODE);
    if (octets.size != 3) return (struct slice){0};
    const uint8_t *at = (const uint8_t *)octets.at;
    int size = snprintf(out, 8, "%03u", (unsigned)(at[1] << 8 | at[2]));
    return slice_of(out, (size_t)size);
}

static struct slice cut_to(struct slice text, size_t most)
{
    return slice_of(text.at, text.size < most ? text.size : most);
}

/* False: not a receipt. TLVs win over the text. */
static bool read_receipt(const struct smpp_pdu *pdu, const struct deliver_rules *rules,
                         struct buf *text, struct delivered *out)
{
    struct slice id = smpp_tlv_text(&pdu->tlvs, SMPP_TLV_RECEIPTED_MESSAGE_ID);
    uint32_t code = 0;
    bool has_code = smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_MESSAGE_STATE, &code);
    out->is_marked = is_report(pdu->esm_class) || id.size > 0;
    if (!out->is_marked && !rules->text_receipts) return false;

    struct receipt_text read = {0};
    bool has_text = receipt_text_read(receipt_text_of(pdu, text), &read);
    bool by_text = has_text && read.id.size > 0 && read.state != RECEIPT_UNKNOWN_WORD;
    if (!out->is_marked && !by_text) return false;

    enum receipt_state state = has_text ? read.state : RECEIPT_UNKNOWN_WORD;
    if (has_code) state = receipt_state_of_code((uint8_t)code);
    bool intermediate = (pdu->esm_class & SMPP_ESM_TYPE_MASK) == SMPP_ESM_INTERMEDIATE;
    if (state == RECEIPT_UNKNOWN_WORD && intermediate) state = RECEIPT_ENROUTE;
    struct slice error = network_error(pdu, out->network_error);
    out->receipt = (struct command_receipt){
        .provider = rules->provider,
        .carrier_id = cut_to(id.size ? id : read.id, CARRIER_ID_MAX),
        .state = state,
        .error = cut_to(error.size ? error : read.error, ERROR_WORD_MAX),
    };
    out->kind = out->receipt.carrier_id.size ? DELIVER_RECEIPT : DELIVER_NOTHING;
    return true;
}

/* Concatenation by TLVs (5.3.2.22 to 24); false when they make no sense together. */
static bool read_sar(const struct smpp_pdu *pdu, struct segment_header *out)
{
    uint32_t reference, total, number;
    if (!smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_MSG_REF_NUM, &reference) ||
        !smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_TOTAL_SEGMENTS, &total) ||
        !smpp_tlv_integer(&pdu->tlvs, SMPP_TLV_SAR_SEGMENT_SEQNUM, &number))
        return false;
    if (total > UINT8_MAX || number == 0 || number > total) return false;
    *out = (struct segment_header){(uint16_t)reference, (uint8_t)total, (uint8_t)number};
    return true;
}

static void read_inbound(const struct smpp_pdu *pdu, const struct deliver_rules *rules,
                         struct buf *text, struct delivered *out)
{
    struct slice data = smpp_user_data(pdu);
    struct segment_header part = {0};
    bool in_parts = false;
    if (pdu->esm_class & SMPP_ESM_UDHI) {
        size_t body = 0;
        in_parts = segment_read_header((const uint8_t *)data.at, data.size, &part, &body);
        data = slice_from(data, body);
    }
    if (!in_parts && !read_sar(pdu, &part)) part = (struct segment_header){.total = 1, .number = 1};
    alphabet_decode(data, pdu->data_coding, rules->dcs0, text);
    out->kind = DELIVER_INBOUND;
    out->inbound = (struct command_inbound){
        .provider = rules->provider,
        .source = pdu->source.digits,
        .destination = pdu->destination.digits,
        .text = buf_slice(text),
        .part = part,
    };
}

void deliver_pdu_read(const struct smpp_pdu *pdu, const struct deliver_rules *rules,
                      struct buf *text, struct delivered *out)
{
    *out = (struct delivered){0};
    buf_clear(text);
    if (read_receipt(pdu, rules, text, out)) return;
    buf_clear(text);
    read_inbound(pdu, rules, text, out);
}
