/* The structs of libsmpp34 as lists of named fields, made from the library's own descriptions of
   its PDUs (its def_frame files), so that a comparison needs no second list of fields. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <smpp34.h>
#include <smpp34_structs.h>
#include <smpp34_params.h>

struct frame_field {
    const char *name;
    void *at;
    size_t size;
    bool seen;
};

struct frame {
    struct frame_field fields[32];
    size_t count;
    tlv_t **tlvs; /* NULL: the library knows no optional parameters in this PDU */
    dad_t **destinations;
    udad_t **unsuccess;
    /* The octets of the integer that the library keeps the value of this tag as; 0: it keeps the
       octets. Depends on the PDU. */
    size_t (*tlv_width)(const tlv_t *tlv);
};

/* Big enough for each of the library's PDU structs. */
union frame_pdu {
    submit_sm_t submit_sm;
    submit_multi_t submit_multi;
    deliver_sm_t deliver_sm;
    data_sm_t data_sm;
    bind_transceiver_t bind;
    cancel_sm_t cancel_sm;
    replace_sm_t replace_sm;
    query_sm_resp_t query_sm_resp;
    submit_multi_resp_t submit_multi_resp;
    alert_notification_t alert_notification;
};

/* False for a command that the library does not have. */
bool frame_open(uint32_t command_id, union frame_pdu *pdu, struct frame *out);
struct frame_field *frame_field(struct frame *frame, const char *name);
/* Frees the lists, and zeroes the PDU. */
void frame_close(struct frame *frame, union frame_pdu *pdu);
