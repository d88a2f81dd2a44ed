/* The way to the ESME: receipts and inbound segments wait in queues, leave when a session of their
   account has room, and go back when they were not taken. */
#include "edge/simulator/inside.h"

#define UNSENT_MAX (256 * 1024) /* a session that does not read gets nothing more */
#define RETRY_MS   1000         /* after "not now" */

/* Statuses of deliver_sm_resp that mean: later. Others are for good. */
static bool is_later(uint32_t status)
{
    return status == ESME_RX_T_APPN || status == ESME_RMSGQFUL || status == ESME_RTHROTTLED ||
           status == ESME_RSYSERR;
}

static struct smpp_address address_of(const struct parcel_address *from)
{
    return (struct smpp_address){from->ton, from->npi, slice_of(from->digits, from->size)};
}

static struct slice receipt_text(struct simulator *simulator, const struct parcel *parcel,
                                 struct slice id, char *out, size_t capacity)
{
    bool success = parcel->state == RECEIPT_DELIVERED || parcel->state == RECEIPT_ACCEPTED;
    struct receipt_write receipt = {
        .id = id,
        .state = parcel->state,
        .error = success ? 0 : simulator->options.fail_error,
        .submitted_at_ms = parcel->submitted_at_ms,
        .done_at_ms = clock_wall_ms(simulator->options.clock),
        .text = slice_of(parcel->text, parcel->text_size),
    };
    return slice_of(out, receipt_text_write(&receipt, out, capacity));
}

/* message_state by receipt state: 5.2.28 and SMPP 5. */
static uint8_t message_state(enum receipt_state state)
{
    for (unsigned code = SMPP_STATE_SCHEDULED; code <= SMPP_STATE_SKIPPED; code++)
        if (receipt_state_of_code((uint8_t)code) == state) return (uint8_t)code;
    return SMPP_STATE_UNKNOWN;
}

static void write_receipt(struct peer *peer, struct parcel *parcel)
{
    struct simulator *simulator = peer->simulator;
    const struct simulator_options *options = &simulator->options;
    char id_text[65], text[256], state = (char)message_state(parcel->state);
    struct slice id = submit_id(parcel->number, options->receipt_id_form, id_text);
    /* On the stack: an arena's block costs as much as the rest of a receipt. */
    struct smpp_tlv tlvs[3];
    struct smpp_pdu pdu = {
        .command_id = options->receipt_pdu == SIMULATOR_DATA_SM ? SMPP_DATA_SM : SMPP_DELIVER_SM,
        .sequence = parcel->sequence,
        .source = address_of(&parcel->destination),
        .destination = address_of(&parcel->source),
        .esm_class = options->receipt_form == SIMULATOR_RECEIPT_BARE ? 0 : SMPP_ESM_RECEIPT,
        .tlvs = {.at = tlvs},
    };
    if (options->receipt_form != SIMULATOR_RECEIPT_TLV)
        pdu.short_message = receipt_text(simulator, parcel, id, text, sizeof text);
    if (options->receipt_pdu == SIMULATOR_DATA_SM && pdu.short_message.size) {
        tlvs[pdu.tlvs.count++] = (struct smpp_tlv){SMPP_TLV_MESSAGE_PAYLOAD, pdu.short_message};
        pdu.short_message = (struct slice){0};
    }
    if (options->receipt_form == SIMULATOR_RECEIPT_BOTH ||
        options->receipt_form == SIMULATOR_RECEIPT_TLV) {
        struct slice with_nul = slice_of(id.at, id.size + 1);
        tlvs[pdu.tlvs.count++] = (struct smpp_tlv){SMPP_TLV_RECEIPTED_MESSAGE_ID, with_nul};
        tlvs[pdu.tlvs.count++] = (struct smpp_tlv){SMPP_TLV_MESSAGE_STATE, slice_of(&state, 1)};
    }
    simulator->counts.receipts++;
    peer_write(peer, &pdu);
}

static void write_inbound(struct peer *peer, struct parcel *parcel)
{
    const struct inbound_segment *segment = parcel->inbound;
    struct arena arena = {0};
    struct smpp_pdu pdu = {
        .command_id = SMPP_DELIVER_SM,
        .sequence = parcel->sequence,
        .source = address_of(&parcel->source),
        .destination = address_of(&parcel->destination),
        .esm_class = segment->esm_class,
        .data_coding = segment->data_coding,
        .short_message = slice_of(segment->bytes, segment->size),
    };
    if (segment->total) {
        smpp_tlv_add_integer(&pdu.tlvs, &arena, SMPP_TLV_SAR_MSG_REF_NUM, segment->reference);
        smpp_tlv_add_integer(&pdu.tlvs, &arena, SMPP_TLV_SAR_TOTAL_SEGMENTS, segment->total);
        smpp_tlv_add_integer(&pdu.tlvs, &arena, SMPP_TLV_SAR_SEGMENT_SEQNUM, segment->number);
    }
    peer->simulator->counts.inbound++;
    peer_write(peer, &pdu);
    arena_done(&arena);
}

static bool has_room(const struct peer *peer)
{
    return peer_can_receive(peer) &&
           peer->unanswered.count < peer->simulator->options.receipt_window &&
           tcp_unsent(peer->tcp) < UNSENT_MAX;
}

static void hand_out(struct peer *peer, uint32_t index)
{
    struct simulator *simulator = peer->simulator;
    struct parcel *parcel = parcel_at(&simulator->parcels, index);
    peer->sequence = smpp_sequence_next(peer->sequence);
    parcel->sequence = peer->sequence;
    map_set(&peer->by_sequence, parcel->sequence, index);
    parcel_push(&simulator->parcels, &peer->unanswered, index);
    if (parcel->kind == PARCEL_RECEIPT)
        write_receipt(peer, parcel);
    else
        write_inbound(peer, parcel);
}

/* Gives one parcel to a session; false when it has no room or there is nothing for it. */
static bool deliver_one(struct peer *peer)
{
    struct simulator *simulator = peer->simulator;
    if (!has_room(peer)) return false;
    uint32_t parcel = parcel_pop(&simulator->parcels, &simulator->accounts[peer->account].receipts);
    if (!parcel) parcel = parcel_pop(&simulator->parcels, &simulator->inbound);
    if (!parcel) return false;
    hand_out(peer, parcel);
    return true;
}

/* Sessions take turns, one parcel each. */
void deliver_all(struct simulator *simulator)
{
    uint32_t idle = 0;
    while (idle < simulator->peer_capacity) {
        simulator->next_peer = (simulator->next_peer + 1) % simulator->peer_capacity;
        struct peer *peer = simulator->peers[simulator->next_peer];
        bool gave = peer && deliver_one(peer);
        idle = gave ? 0 : idle + 1;
    }
}

void deliver_ready(struct simulator *simulator, uint32_t parcel)
{
    struct parcel *at = parcel_at(&simulator->parcels, parcel);
    struct parcel_queue *queue = at->kind == PARCEL_RECEIPT
                                     ? &simulator->accounts[at->account].receipts
                                     : &simulator->inbound;
    parcel_push(&simulator->parcels, queue, parcel);
}

static void count_again(struct simulator *simulator, const struct parcel *parcel)
{
    if (parcel->kind == PARCEL_RECEIPT)
        simulator->counts.receipts_again++;
    else
        simulator->counts.inbound_again++;
}

static void deliver_end(struct simulator *simulator, uint32_t index, bool success)
{
    struct parcel *parcel = parcel_at(&simulator->parcels, index);
    struct simulator_counts *counts = &simulator->counts;
    if (parcel->kind == PARCEL_RECEIPT)
        *(success ? &counts->receipts_done : &counts->receipts_refused) += 1;
    else
        *(success ? &counts->inbound_done : &counts->inbound_refused) += 1;
    if (success && parcel->kind == PARCEL_RECEIPT && parcel->state != parcel->last_state) {
        parcel->state = parcel->last_state;
        simulator_wait(simulator, index, simulator->options.receipt_ms);
    } else {
        parcel_free(&simulator->parcels, index);
    }
}

static void tell_answered(struct simulator *simulator, const struct parcel *parcel, uint32_t status)
{
    const struct simulator_options *options = &simulator->options;
    const struct inbound_segment *segment = parcel->inbound;
    struct simulator_answered answered = {
        .is_receipt = parcel->kind == PARCEL_RECEIPT,
        .status = status,
        .state = parcel->state,
    };
    char id[65], receipt_id[65];
    if (!options->answered) return;
    if (segment) {
        answered.user_data = slice_of(segment->bytes, segment->size);
    } else {
        answered.id = submit_id(parcel->number, options->id_form, id);
        answered.receipt_id = submit_id(parcel->number, options->receipt_id_form, receipt_id);
    }
    options->answered(options->trace_user, &answered);
}

void deliver_answered(struct peer *peer, const struct smpp_pdu *response)
{
    struct simulator *simulator = peer->simulator;
    uint64_t index;
    if (response->sequence == 0 || !map_get(&peer->by_sequence, response->sequence, &index)) return;
    map_remove(&peer->by_sequence, response->sequence);
    parcel_remove(&simulator->parcels, &peer->unanswered, (uint32_t)index);
    tell_answered(simulator, parcel_at(&simulator->parcels, (uint32_t)index), response->status);
    if (is_later(response->status)) {
        count_again(simulator, parcel_at(&simulator->parcels, (uint32_t)index));
        simulator_wait(simulator, (uint32_t)index, RETRY_MS);
    } else {
        deliver_end(simulator, (uint32_t)index, response->status == ESME_ROK);
    }
    while (deliver_one(peer))
        ;
}

void deliver_take_back(struct peer *peer)
{
    struct simulator *simulator = peer->simulator;
    struct parcel_queue *queue = &peer->unanswered;
    while (queue->last) {
        uint32_t index = queue->last;
        struct parcel *parcel = parcel_at(&simulator->parcels, index);
        parcel_remove(&simulator->parcels, queue, index);
        count_again(simulator, parcel);
        struct parcel_queue *home = parcel->kind == PARCEL_RECEIPT
                                        ? &simulator->accounts[parcel->account].receipts
                                        : &simulator->inbound;
        parcel_push_front(&simulator->parcels, home, index);
    }
    map_done(&peer->by_sequence);
}
