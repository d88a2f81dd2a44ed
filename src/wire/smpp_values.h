/* The numbers of SMPP: what goes into the fields of a PDU. Each group names the section of the
   SMPP 3.4 specification (issue 1.2) that it comes from; a server masks, it never compares whole
   bytes, since real clients set mode bits that change nothing. */
#pragma once

/* command_id, 5.1.2.1. Requests only: a response is `SMPP_SUBMIT_SM | SMPP_RESPONSE`. */
enum smpp_command_id {
    SMPP_BIND_RECEIVER = 0x001,
    SMPP_BIND_TRANSMITTER = 0x002,
    SMPP_QUERY_SM = 0x003,
    SMPP_SUBMIT_SM = 0x004,
    SMPP_DELIVER_SM = 0x005,
    SMPP_UNBIND = 0x006,
    SMPP_REPLACE_SM = 0x007,
    SMPP_CANCEL_SM = 0x008,
    SMPP_BIND_TRANSCEIVER = 0x009,
    SMPP_OUTBIND = 0x00B,
    SMPP_ENQUIRE_LINK = 0x015,
    SMPP_SUBMIT_MULTI = 0x021,
    SMPP_ALERT_NOTIFICATION = 0x102,
    SMPP_DATA_SM = 0x103,
};
#define SMPP_RESPONSE     0x80000000u
#define SMPP_GENERIC_NACK SMPP_RESPONSE /* a response to nothing in particular */

/* interface_version, 5.2.4; also the sc_interface_version TLV. 0x50 is SMPP 5. */
#define SMPP_VERSION_33 0x33
#define SMPP_VERSION_34 0x34
#define SMPP_VERSION_50 0x50

/* sequence_number, 5.1.4: 1 to this, then 1 again. */
#define SMPP_SEQUENCE_MAX 0x7FFFFFFFu

/* Type of number, 5.2.5. */
enum smpp_ton {
    SMPP_TON_UNKNOWN = 0,
    SMPP_TON_INTERNATIONAL = 1,
    SMPP_TON_NATIONAL = 2,
    SMPP_TON_NETWORK = 3,
    SMPP_TON_SUBSCRIBER = 4,
    SMPP_TON_ALPHANUMERIC = 5,
    SMPP_TON_ABBREVIATED = 6,
};

/* Numbering plan, 5.2.6. */
enum smpp_npi {
    SMPP_NPI_UNKNOWN = 0,
    SMPP_NPI_ISDN = 1, /* E.163, E.164 */
    SMPP_NPI_DATA = 3,
    SMPP_NPI_TELEX = 4,
    SMPP_NPI_LAND_MOBILE = 6,
    SMPP_NPI_NATIONAL = 8,
    SMPP_NPI_PRIVATE = 9,
    SMPP_NPI_ERMES = 10,
    SMPP_NPI_INTERNET = 14,
    SMPP_NPI_WAP = 18,
};

/* esm_class, 5.2.12. */
#define SMPP_ESM_MODE_MASK          0x03 /* towards the SMSC only */
#define SMPP_ESM_DATAGRAM           0x01
#define SMPP_ESM_FORWARD            0x02
#define SMPP_ESM_STORE_AND_FORWARD  0x03
#define SMPP_ESM_TYPE_MASK          0x3C
#define SMPP_ESM_RECEIPT            0x04 /* from the SMSC: an SMSC delivery receipt */
#define SMPP_ESM_DELIVERY_ACK       0x08 /* from the handset: delivered */
#define SMPP_ESM_USER_ACK           0x10 /* from the handset: read */
#define SMPP_ESM_CONVERSATION_ABORT 0x18
#define SMPP_ESM_INTERMEDIATE       0x20 /* from the SMSC: not the last word */
#define SMPP_ESM_UDHI               0x40 /* the text begins with a user data header */
#define SMPP_ESM_REPLY_PATH         0x80

/* priority_flag, 5.2.14: 0 (lowest) to 3. */
#define SMPP_PRIORITY_MAX 3

/* registered_delivery, 5.2.17. */
#define SMPP_REGISTERED_MASK         0x03
#define SMPP_REGISTERED_NONE         0x00
#define SMPP_REGISTERED_FINAL        0x01 /* a receipt for success and failure */
#define SMPP_REGISTERED_FAILURE      0x02 /* a receipt for failure only */
#define SMPP_REGISTERED_DELIVERY_ACK 0x04
#define SMPP_REGISTERED_USER_ACK     0x08
#define SMPP_REGISTERED_INTERMEDIATE 0x10

/* data_coding, 5.2.19; 0xF0 to 0xFF are the message class group of 3GPP TS 23.038. */
enum smpp_data_coding {
    SMPP_CODING_DEFAULT = 0x00, /* the SMSC's own alphabet: GSM by custom, a setting per link */
    SMPP_CODING_ASCII = 0x01,   /* IA5 */
    SMPP_CODING_OCTETS = 0x02,
    SMPP_CODING_LATIN1 = 0x03,
    SMPP_CODING_BINARY = 0x04,
    SMPP_CODING_JIS = 0x05,
    SMPP_CODING_CYRILLIC = 0x06,
    SMPP_CODING_HEBREW = 0x07,
    SMPP_CODING_UCS2 = 0x08, /* big endian; UTF-16 in practice */
    SMPP_CODING_PICTOGRAM = 0x09,
    SMPP_CODING_MUSIC = 0x0A,
    SMPP_CODING_KANJI = 0x0D,
    SMPP_CODING_KSC5601 = 0x0E,
    SMPP_CODING_CLASS_0 = 0xF0, /* GSM alphabet, flash */
    SMPP_CODING_CLASS_1_BINARY = 0xF5,
};

/* message_state, 5.2.28, of query_sm_resp and the TLV of that name. 0 and 9 come from SMPP 5. */
enum smpp_message_state {
    SMPP_STATE_SCHEDULED = 0,
    SMPP_STATE_ENROUTE = 1,
    SMPP_STATE_DELIVERED = 2,
    SMPP_STATE_EXPIRED = 3,
    SMPP_STATE_DELETED = 4,
    SMPP_STATE_UNDELIVERABLE = 5,
    SMPP_STATE_ACCEPTED = 6,
    SMPP_STATE_UNKNOWN = 7,
    SMPP_STATE_REJECTED = 8,
    SMPP_STATE_SKIPPED = 9,
};

/* network_type of the network_error_code TLV, 5.3.2.31: its first octet, then two of code. */
enum smpp_network {
    SMPP_NETWORK_ANSI_136 = 1,
    SMPP_NETWORK_IS_95 = 2,
    SMPP_NETWORK_GSM = 3,
};
