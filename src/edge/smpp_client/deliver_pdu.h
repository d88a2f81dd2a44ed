/* What a deliver_sm or data_sm of a carrier means: a receipt in any of its forms, or an inbound
   message. */
#pragma once

#include "base/buf.h"
#include "core/command.h"
#include "wire/smpp_pdu.h"

enum deliver_kind {
    DELIVER_RECEIPT,
    DELIVER_INBOUND,
    DELIVER_NOTHING, /* a receipt that names no message: there is nothing to record */
};

struct deliver_rules {
    struct provider_id provider;
    enum alphabet dcs0;
    /* A text that reads like a receipt is one though nothing else says so. */
    bool text_receipts;
};

struct delivered {
    enum deliver_kind kind;
    bool is_marked; /* a receipt, by esm_class or a TLV */
    struct command_receipt receipt;
    struct command_inbound inbound;
    char network_error[8]; /* the TLV's code, which receipt.error may point at */
};

/* The texts point into the PDU, into `text`, which is cleared first, and into `out` itself. */
void deliver_pdu_read(const struct smpp_pdu *pdu, const struct deliver_rules *rules,
                      struct buf *text, struct delivered *out);
