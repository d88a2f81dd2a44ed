/* What each SMPP 3.4 PDU consists of: one row a field, in the order of the wire (section 4).
   Decoding, encoding, dumping, and the random PDUs of the tests all walk these rows. */
#pragma once

#include "wire/smpp_pdu.h"

enum smpp_kind {
    SMPP_KIND_BYTE,         /* uint8_t */
    SMPP_KIND_BITS,         /* uint8_t that people read in hexadecimal */
    SMPP_KIND_TEXT,         /* slice: C-octet string */
    SMPP_KIND_SECRET,       /* the same, never shown */
    SMPP_KIND_TIME,         /* slice: C-octet string of 0 or exactly letter - 1 characters */
    SMPP_KIND_ADDRESS,      /* smpp_address: ton, npi, C-octet string */
    SMPP_KIND_MESSAGE,      /* slice: one octet of length, then the octets */
    SMPP_KIND_DESTINATIONS, /* smpp_destination_list: one octet of count, then dest_flag and an
                               address or a list's name */
    SMPP_KIND_UNSUCCESS,    /* smpp_unsuccess_list: one octet of count, then address and
                               error_status_code */
};

struct smpp_field {
    const char *name;
    enum smpp_kind kind;
    uint16_t letter; /* most octets by the specification, NUL included (messages have none) */
    uint16_t cap;    /* most octets that are read, and written with SMPP_ODD_SIZE; of lists the
                        two bound each text inside, the count is bounded by its octet */
    uint16_t offset; /* in struct smpp_pdu */
    uint16_t status; /* what to answer when the field is too long or makes no sense */
};

struct smpp_body {
    const struct smpp_field *fields;
    size_t count;
};

struct smpp_command {
    uint32_t id; /* the request's */
    const char *name;
    const char *response_name; /* NULL: this request is not answered */
    struct smpp_body request, response;
    bool error_is_bare; /* an error response carries no body */
};

extern const struct smpp_command smpp_commands[];
extern const size_t smpp_command_count;

/* The row of a request's or response's id, NULL when SMPP 3.4 does not define it. generic_nack has
   a row without a request. */
const struct smpp_command *smpp_command(uint32_t command_id);
/* The fields of a known id. */
const struct smpp_body *smpp_command_body(const struct smpp_command *command, uint32_t command_id);
