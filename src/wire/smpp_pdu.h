/* SMPP 3.4 on the wire: bytes to struct smpp_pdu and back. Reading is tolerant and says what it
   forgave; writing is strict. Which fields a PDU has is told by one table (wire/smpp_table.h);
   nothing here knows about sessions, windows or alphabets. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "wire/smpp_status.h"
#include "wire/smpp_tlv.h"
#include "wire/smpp_values.h"

#define SMPP_HEADER_SIZE 16
/* Room for submit_multi to 255 numbers with a message_payload of 65,535 octets. */
#define SMPP_SIZE_MAX 73728

struct smpp_address {
    uint8_t ton, npi;
    struct slice digits; /* or letters; address_range of a bind is a pattern */
};

/* One destination of submit_multi: a number, or the name of a list that the SMSC keeps. */
struct smpp_destination {
    bool is_list;
    struct smpp_address address; /* of a list: only digits, its name */
};

struct smpp_destination_list {
    struct smpp_destination *at;
    size_t count; /* at most 255 */
};

/* One refused number of submit_multi_resp. */
struct smpp_unsuccess {
    struct smpp_address address;
    uint32_t status;
};

struct smpp_unsuccess_list {
    struct smpp_unsuccess *at;
    size_t count; /* at most 255 */
};

/* What was not by the letter, and was read all the same. */
enum smpp_odd {
    SMPP_ODD_SIZE = 1,     /* a text is longer than it may be, or a time has a size of its own.
                              The one bit that smpp_encode looks at: it then allows the same */
    SMPP_ODD_NO_NUL = 2,   /* the last text ends with the PDU */
    SMPP_ODD_CUT = 4,      /* a response lacks fields, read as zero */
    SMPP_ODD_TRAILING = 8, /* octets at the end that are no TLV, dropped */
};

/* Every field of every PDU; which ones count depends on the command id, the others are zero. Texts
   have no NUL. After decoding they point into the bytes that were decoded. */
struct smpp_pdu {
    uint32_t command_id; /* SMPP_SUBMIT_SM, SMPP_SUBMIT_SM | SMPP_RESPONSE, ... */
    uint32_t status;
    uint32_t sequence;
    uint32_t size; /* octets on the wire; set by decoding only */
    uint8_t odd;   /* bits of enum smpp_odd */
    bool no_body;  /* a response of the header alone */

    /* bind_*, outbind */
    struct slice system_id, password, system_type;
    uint8_t interface_version;
    struct smpp_address address_range;

    /* messages */
    struct slice service_type;
    struct smpp_address source, destination;
    struct smpp_destination_list destinations; /* submit_multi */
    uint8_t esm_class, protocol_id, priority_flag;
    struct slice schedule_delivery_time, validity_period; /* empty or 16 characters, 7.1.1 */
    uint8_t registered_delivery, replace_if_present, data_coding, sm_default_msg_id;
    struct slice short_message;

    /* responses, query_sm, cancel_sm, replace_sm */
    struct slice message_id;
    struct slice final_date;
    uint8_t message_state, error_code;
    struct smpp_unsuccess_list unsuccess; /* submit_multi_resp */

    struct smpp_address esme; /* alert_notification */

    struct smpp_tlv_list tlvs;
};

enum smpp_decode {
    SMPP_DECODED,
    SMPP_NEED_MORE, /* the stream does not hold a whole PDU yet */
    SMPP_BAD,       /* this PDU is of no use, the next one begins behind it */
    SMPP_LOST,      /* no such length can be true: answer, then close the connection */
};

/* Why a PDU is bad, and what its sender should be told (see smpp_refusal). */
struct smpp_bad {
    uint32_t status;
    const char *field; /* name by the specification: "source_addr" */
    const char *why;   /* a few words for the log: "too long" */
};

/* Reads the first PDU of a stream. `size_max` bounds command_length (at least SMPP_HEADER_SIZE).
   SMPP_DECODED: `*out` is filled; drop out->size octets and call again. Lists live in the arena,
   texts in `stream`, so use or copy them before the stream's buffer moves.
   SMPP_BAD: `*out_bad` is set, and `*out` has the header only; drop out->size octets and go on. A
   bad response leaves the outcome of the request `out->sequence` unknown.
   SMPP_LOST: the same, but there is nothing to go on with (the header may be all zeros).
   The results do not depend on how the stream was cut into reads. */
enum smpp_decode smpp_decode(struct slice stream, size_t size_max, struct arena *arena,
                             struct smpp_pdu *out, struct smpp_bad *out_bad)
    __attribute__((warn_unused_result));

/* Appends the PDU; command_length is counted, pdu->size and lengths of lists are not believed.
   False, and nothing appended, when a value does not fit its field (smpp_misfit says which) or the
   buffer is at its ceiling. Texts may go over the letter's size, up to what decoding takes, when
   pdu->odd has SMPP_ODD_SIZE: for passwords that a carrier made too long. */
bool smpp_encode(const struct smpp_pdu *pdu, struct buf *out) __attribute__((warn_unused_result));
/* The name of the first field that smpp_encode refuses, NULL when all is well. */
const char *smpp_misfit(const struct smpp_pdu *pdu);

/* The response to a request, ready for its own fields: id, sequence and status are set, and
   no_body where the specification wants none with an error (4.1.2, 4.4.2). */
struct smpp_pdu smpp_response(const struct smpp_pdu *request, uint32_t status);
/* The answer to a PDU that smpp_decode called bad or lost: the response of its own kind, or
   generic_nack when it has none (4.3). False when it must stay unanswered, as responses,
   alert_notification and outbind do. */
bool smpp_refusal(const struct smpp_pdu *bad_header, uint32_t status, struct smpp_pdu *out);

/* "submit_sm_resp"; NULL for an id that SMPP 3.4 does not define. */
const char *smpp_command_name(uint32_t command_id);

/* short_message, or the message_payload TLV where that is used instead. */
struct slice smpp_user_data(const struct smpp_pdu *pdu);

static inline bool smpp_is_response(uint32_t command_id)
{
    return (command_id & SMPP_RESPONSE) != 0;
}

/* After 0 comes 1, and after SMPP_SEQUENCE_MAX 1 again. */
static inline uint32_t smpp_sequence_next(uint32_t sequence)
{
    return sequence >= SMPP_SEQUENCE_MAX ? 1 : sequence + 1;
}
