/* Optional parameters of SMPP PDUs: tag, length, value (SMPP 3.4 3.2.4 and 5.3). A registry gives
   the known ones a name and a kind; one that is not in it, or whose length is odd, is kept as it
   came and goes out byte for byte the same. Values point into the PDU's bytes. */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

/* SMPP 3.4 5.3.1; X(NAME, name, tag, kind, smallest and largest value in octets). */
#define SMPP_TLV_TABLE(X)                                                                          \
    X(DEST_ADDR_SUBUNIT, dest_addr_subunit, 0x0005, INTEGER, 1, 1)                                 \
    X(DEST_NETWORK_TYPE, dest_network_type, 0x0006, INTEGER, 1, 1)                                 \
    X(DEST_BEARER_TYPE, dest_bearer_type, 0x0007, INTEGER, 1, 1)                                   \
    X(DEST_TELEMATICS_ID, dest_telematics_id, 0x0008, INTEGER, 2, 2)                               \
    X(SOURCE_ADDR_SUBUNIT, source_addr_subunit, 0x000D, INTEGER, 1, 1)                             \
    X(SOURCE_NETWORK_TYPE, source_network_type, 0x000E, INTEGER, 1, 1)                             \
    X(SOURCE_BEARER_TYPE, source_bearer_type, 0x000F, INTEGER, 1, 1)                               \
    X(SOURCE_TELEMATICS_ID, source_telematics_id, 0x0010, INTEGER, 1, 1)                           \
    X(QOS_TIME_TO_LIVE, qos_time_to_live, 0x0017, INTEGER, 4, 4)                                   \
    X(PAYLOAD_TYPE, payload_type, 0x0019, INTEGER, 1, 1)                                           \
    X(ADDITIONAL_STATUS_INFO_TEXT, additional_status_info_text, 0x001D, TEXT, 1, 256)              \
    X(RECEIPTED_MESSAGE_ID, receipted_message_id, 0x001E, TEXT, 1, 65)                             \
    X(MS_MSG_WAIT_FACILITIES, ms_msg_wait_facilities, 0x0030, INTEGER, 1, 1)                       \
    X(PRIVACY_INDICATOR, privacy_indicator, 0x0201, INTEGER, 1, 1)                                 \
    X(SOURCE_SUBADDRESS, source_subaddress, 0x0202, OCTETS, 2, 23)                                 \
    X(DEST_SUBADDRESS, dest_subaddress, 0x0203, OCTETS, 2, 23)                                     \
    X(USER_MESSAGE_REFERENCE, user_message_reference, 0x0204, INTEGER, 2, 2)                       \
    X(USER_RESPONSE_CODE, user_response_code, 0x0205, INTEGER, 1, 1)                               \
    X(SOURCE_PORT, source_port, 0x020A, INTEGER, 2, 2)                                             \
    X(DESTINATION_PORT, destination_port, 0x020B, INTEGER, 2, 2)                                   \
    X(SAR_MSG_REF_NUM, sar_msg_ref_num, 0x020C, INTEGER, 2, 2)                                     \
    X(LANGUAGE_INDICATOR, language_indicator, 0x020D, INTEGER, 1, 1)                               \
    X(SAR_TOTAL_SEGMENTS, sar_total_segments, 0x020E, INTEGER, 1, 1)                               \
    X(SAR_SEGMENT_SEQNUM, sar_segment_seqnum, 0x020F, INTEGER, 1, 1)                               \
    X(SC_INTERFACE_VERSION, sc_interface_version, 0x0210, INTEGER, 1, 1)                           \
    X(CALLBACK_NUM_PRES_IND, callback_num_pres_ind, 0x0302, INTEGER, 1, 1)                         \
    X(CALLBACK_NUM_ATAG, callback_num_atag, 0x0303, OCTETS, 0, 65)                                 \
    X(NUMBER_OF_MESSAGES, number_of_messages, 0x0304, INTEGER, 1, 1)                               \
    X(CALLBACK_NUM, callback_num, 0x0381, OCTETS, 4, 19)                                           \
    X(DPF_RESULT, dpf_result, 0x0420, INTEGER, 1, 1)                                               \
    X(SET_DPF, set_dpf, 0x0421, INTEGER, 1, 1)                                                     \
    X(MS_AVAILABILITY_STATUS, ms_availability_status, 0x0422, INTEGER, 1, 1)                       \
    X(NETWORK_ERROR_CODE, network_error_code, 0x0423, OCTETS, 3, 3)                                \
    X(MESSAGE_PAYLOAD, message_payload, 0x0424, OCTETS, 0, 65535)                                  \
    X(DELIVERY_FAILURE_REASON, delivery_failure_reason, 0x0425, INTEGER, 1, 1)                     \
    X(MORE_MESSAGES_TO_SEND, more_messages_to_send, 0x0426, INTEGER, 1, 1)                         \
    X(MESSAGE_STATE, message_state, 0x0427, INTEGER, 1, 1)                                         \
    X(USSD_SERVICE_OP, ussd_service_op, 0x0501, OCTETS, 1, 1)                                      \
    X(DISPLAY_TIME, display_time, 0x1201, INTEGER, 1, 1)                                           \
    X(SMS_SIGNAL, sms_signal, 0x1203, INTEGER, 2, 2)                                               \
    X(MS_VALIDITY, ms_validity, 0x1204, INTEGER, 1, 1)                                             \
    X(ALERT_ON_MESSAGE_DELIVERY, alert_on_message_delivery, 0x130C, OCTETS, 0, 0)                  \
    X(ITS_REPLY_TYPE, its_reply_type, 0x1380, INTEGER, 1, 1)                                       \
    X(ITS_SESSION_INFO, its_session_info, 0x1383, OCTETS, 2, 2)

#define SMPP_TLV_ENUM(NAME, name, tag, kind, min, max) SMPP_TLV_##NAME = (tag),
enum smpp_tlv_tag { SMPP_TLV_TABLE(SMPP_TLV_ENUM) };
#undef SMPP_TLV_ENUM

/* 5.3: SMSC vendors' own tags. What one of them means is a matter of the link. */
#define SMPP_TLV_VENDOR_FIRST 0x1400
#define SMPP_TLV_VENDOR_LAST  0x3FFF

enum smpp_tlv_kind {
    SMPP_TLV_INTEGER, /* big endian */
    SMPP_TLV_TEXT,    /* C-octet string; peers leave the NUL out */
    SMPP_TLV_OCTETS,
};

struct smpp_tlv_spec {
    const char *name;
    uint16_t tag;
    uint16_t size_min, size_max; /* octets by the letter, NUL included */
    enum smpp_tlv_kind kind;
};

extern const struct smpp_tlv_spec smpp_tlv_specs[];
extern const size_t smpp_tlv_spec_count;
/* NULL: not in the registry. */
const struct smpp_tlv_spec *smpp_tlv_spec(uint16_t tag);
const struct smpp_tlv_spec *smpp_tlv_spec_named(struct slice name);

struct smpp_tlv {
    uint16_t tag;
    struct slice value; /* at most 65,535 octets */
};

/* In the order of the wire. A zeroed list is empty. */
struct smpp_tlv_list {
    struct smpp_tlv *at;
    size_t count;
    size_t capacity;
};

/* Reads as many whole TLVs as `bytes` begins with; the list's array lives in the arena. Returns the
   octets taken: all of them when the bytes are nothing but TLVs. */
size_t smpp_tlv_read(struct slice bytes, struct arena *arena, struct smpp_tlv_list *out);

/* The first TLV of this tag, or NULL. */
const struct smpp_tlv *smpp_tlv_find(const struct smpp_tlv_list *list, uint16_t tag);
/* The first value of this tag; empty also when there is none. */
struct slice smpp_tlv_octets(const struct smpp_tlv_list *list, uint16_t tag);
/* The same up to a NUL, if there is one. */
struct slice smpp_tlv_text(const struct smpp_tlv_list *list, uint16_t tag);
/* Big endian, of 1 to 4 octets whatever the registry says, since peers get widths wrong. False, and
   `*out` left alone, when there is none or it has another size. */
bool smpp_tlv_integer(const struct smpp_tlv_list *list, uint16_t tag, uint32_t *out);

/* Appends. The value is not copied. */
void smpp_tlv_add(struct smpp_tlv_list *list, struct arena *arena, uint16_t tag,
                  struct slice value);
/* Appends a known integer in the width of its registry row; the value must fit (both asserted). */
void smpp_tlv_add_integer(struct smpp_tlv_list *list, struct arena *arena, uint16_t tag,
                          uint32_t value);
/* Appends a copy with the NUL that a C-octet string ends with. */
void smpp_tlv_add_text(struct smpp_tlv_list *list, struct arena *arena, uint16_t tag,
                       struct slice text);
