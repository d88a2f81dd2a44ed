/* A submit of the core as a submit_sm, by the rules of one carrier. */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "core/ports.h"

/* Appends the PDU. False, and nothing appended, when it cannot be said in SMPP; `*out_status` is
   what a carrier would have answered (a sender of more than 20 octets: ESME_RINVSRCADR). */
bool submit_pdu_write(const struct submit *submit, const struct quirks *quirks, uint64_t wall_ms,
                      uint32_t sequence, struct buf *out, uint32_t *out_status);
