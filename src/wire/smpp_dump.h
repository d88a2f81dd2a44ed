/* A PDU as one readable line, for traces and logs:
   submit_sm seq=7 service_type="" source_addr=5/0/"Godwit" destination_addr=1/1/"447700900000" ...
   Fields are in the order of the wire; passwords show as ***; bytes that are not printable ASCII
   are escaped, so a line stays a line. */
#pragma once

#include "wire/smpp_pdu.h"

enum smpp_dump_text {
    SMPP_DUMP_HIDE_TEXT, /* message texts as their size only: for logs */
    SMPP_DUMP_SHOW_TEXT, /* all of it: for an operator who asked */
};

void smpp_dump(const struct smpp_pdu *pdu, enum smpp_dump_text text, struct buf *out);
