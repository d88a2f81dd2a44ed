#include "frames.h"

#include <string.h>

/* First the kinds of optional parameters: the library's macros, one per PDU, come down to the one
   of U08, U16, U32 or OCTET16 that handles the value, and that one is the last to be called. */
#define U08(inst, par, text)                                                                       \
    {                                                                                              \
        width = 1;                                                                                 \
    }
#define U16(inst, par, text)                                                                       \
    {                                                                                              \
        width = 2;                                                                                 \
    }
#define U32(inst, par, text)                                                                       \
    {                                                                                              \
        width = 4;                                                                                 \
    }
#define OCTET16(inst, par, size)                                                                   \
    {                                                                                              \
        width = 0;                                                                                 \
    }

#include <def_frame/alert_notification.tlv>
#include <def_frame/bind_receiver_resp.tlv>
#include <def_frame/bind_transceiver_resp.tlv>
#include <def_frame/bind_transmitter_resp.tlv>
#include <def_frame/data_sm.tlv>
#include <def_frame/deliver_sm.tlv>
#include <def_frame/submit_multi.tlv>
#include <def_frame/submit_sm.tlv>

/* Braces and semicolons are as the library's macros leave them. */
#define TLV_WIDTH(kind)                                                                            \
    static size_t width_##kind(const tlv_t *tlv)                                                   \
    {                                                                                              \
        size_t width = 0;                                                                          \
        kind(tlv);                                                                                 \
        return width;                                                                              \
    }

TLV_WIDTH(do_tlv_alert_notification)
TLV_WIDTH(do_tlv_bind_receiver_resp)
TLV_WIDTH(do_tlv_bind_transceiver_resp)
TLV_WIDTH(do_tlv_bind_transmitter_resp)
TLV_WIDTH(do_tlv_data_sm)
TLV_WIDTH(do_tlv_deliver_sm)
TLV_WIDTH(do_tlv_submit_multi)
TLV_WIDTH(do_tlv_submit_sm)

#include <def_frame/clean.frame>

/* Then the fields. */
static void add(struct frame *frame, const char *name, void *at, size_t size)
{
    frame->fields[frame->count++] = (struct frame_field){.name = name, .at = at, .size = size};
}

#define instancia                      pdu->
#define U08(inst, par, text)           add(frame, #par, &inst par, sizeof(inst par))
#define U32(inst, par, text)           add(frame, #par, &inst par, sizeof(inst par))
#define C_OCTET(inst, par, size)       add(frame, #par, inst par, sizeof(inst par))
#define O_C_OCTET(inst, par, size)     add(frame, #par, inst par, sizeof(inst par))
#define OCTET8(inst, par, size, count) add(frame, #par, inst par, sizeof(inst par))
#define DAD(inst, par, kind)           frame->destinations = &inst par
#define UDAD(inst, par, kind)          frame->unsuccess = &inst par
#define TLV(inst, par, kind)                                                                       \
    frame->tlvs = &inst par;                                                                       \
    frame->tlv_width = width_##kind

static void frame_header(unbind_t *pdu, struct frame *frame)
{
#include <def_frame/header.frame>
}

static void frame_bind_receiver(bind_receiver_t *pdu, struct frame *frame)
{
#include <def_frame/bind_receiver.frame>
}

static void frame_bind_receiver_resp(bind_receiver_resp_t *pdu, struct frame *frame)
{
#include <def_frame/bind_receiver_resp.frame>
}

static void frame_bind_transmitter(bind_transmitter_t *pdu, struct frame *frame)
{
#include <def_frame/bind_transmitter.frame>
}

static void frame_bind_transmitter_resp(bind_transmitter_resp_t *pdu, struct frame *frame)
{
#include <def_frame/bind_transmitter_resp.frame>
}

static void frame_bind_transceiver(bind_transceiver_t *pdu, struct frame *frame)
{
#include <def_frame/bind_transceiver.frame>
}

static void frame_bind_transceiver_resp(bind_transceiver_resp_t *pdu, struct frame *frame)
{
#include <def_frame/bind_transceiver_resp.frame>
}

static void frame_outbind(outbind_t *pdu, struct frame *frame)
{
#include <def_frame/outbind.frame>
}

static void frame_submit_sm(submit_sm_t *pdu, struct frame *frame)
{
#include <def_frame/submit_sm.frame>
}

static void frame_submit_sm_resp(submit_sm_resp_t *pdu, struct frame *frame)
{
#include <def_frame/submit_sm_resp.frame>
}

static void frame_submit_multi(submit_multi_t *pdu, struct frame *frame)
{
#include <def_frame/submit_multi.frame>
}

static void frame_submit_multi_resp(submit_multi_resp_t *pdu, struct frame *frame)
{
#include <def_frame/submit_multi_resp.frame>
}

static void frame_deliver_sm(deliver_sm_t *pdu, struct frame *frame)
{
#include <def_frame/deliver_sm.frame>
}

static void frame_deliver_sm_resp(deliver_sm_resp_t *pdu, struct frame *frame)
{
#include <def_frame/deliver_sm_resp.frame>
}

static void frame_data_sm(data_sm_t *pdu, struct frame *frame)
{
#include <def_frame/data_sm.frame>
}

static void frame_data_sm_resp(data_sm_resp_t *pdu, struct frame *frame)
{
#include <def_frame/data_sm_resp.frame>
}

static void frame_query_sm(query_sm_t *pdu, struct frame *frame)
{
#include <def_frame/query_sm.frame>
}

static void frame_query_sm_resp(query_sm_resp_t *pdu, struct frame *frame)
{
#include <def_frame/query_sm_resp.frame>
}

static void frame_cancel_sm(cancel_sm_t *pdu, struct frame *frame)
{
#include <def_frame/cancel_sm.frame>
}

static void frame_replace_sm(replace_sm_t *pdu, struct frame *frame)
{
#include <def_frame/replace_sm.frame>
}

static void frame_alert_notification(alert_notification_t *pdu, struct frame *frame)
{
#include <def_frame/alert_notification.frame>
}

#define BODY(id, name)                                                                             \
    case id:                                                                                       \
        frame_##name((name##_t *)pdu, out);                                                        \
        return true

bool frame_open(uint32_t command_id, union frame_pdu *pdu, struct frame *out)
{
    *out = (struct frame){0};
    frame_header((unbind_t *)pdu, out);
    switch (command_id) {
        BODY(BIND_RECEIVER, bind_receiver);
        BODY(BIND_RECEIVER_RESP, bind_receiver_resp);
        BODY(BIND_TRANSMITTER, bind_transmitter);
        BODY(BIND_TRANSMITTER_RESP, bind_transmitter_resp);
        BODY(BIND_TRANSCEIVER, bind_transceiver);
        BODY(BIND_TRANSCEIVER_RESP, bind_transceiver_resp);
        BODY(OUTBIND, outbind);
        BODY(SUBMIT_SM, submit_sm);
        BODY(SUBMIT_SM_RESP, submit_sm_resp);
        BODY(SUBMIT_MULTI, submit_multi);
        BODY(SUBMIT_MULTI_RESP, submit_multi_resp);
        BODY(DELIVER_SM, deliver_sm);
        BODY(DELIVER_SM_RESP, deliver_sm_resp);
        BODY(DATA_SM, data_sm);
        BODY(DATA_SM_RESP, data_sm_resp);
        BODY(QUERY_SM, query_sm);
        BODY(QUERY_SM_RESP, query_sm_resp);
        BODY(CANCEL_SM, cancel_sm);
        BODY(REPLACE_SM, replace_sm);
        BODY(ALERT_NOTIFICATION, alert_notification);
    case UNBIND:
    case UNBIND_RESP:
    case ENQUIRE_LINK:
    case ENQUIRE_LINK_RESP:
    case CANCEL_SM_RESP:
    case REPLACE_SM_RESP:
    case GENERIC_NACK:
        return true;
    default:
        return false;
    }
}

struct frame_field *frame_field(struct frame *frame, const char *name)
{
    for (size_t i = 0; i < frame->count; i++)
        if (strcmp(frame->fields[i].name, name) == 0) return &frame->fields[i];
    return NULL;
}

void frame_close(struct frame *frame, union frame_pdu *pdu)
{
    if (frame->tlvs) destroy_tlv(*frame->tlvs);
    if (frame->destinations) destroy_dad(*frame->destinations);
    if (frame->unsuccess) destroy_udad(*frame->unsuccess);
    memset(pdu, 0, sizeof *pdu);
}
