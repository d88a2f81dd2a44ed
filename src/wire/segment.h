/* How long a text is, what each dialect bills for it, and how it is really cut for the air.
   All texts are valid UTF-8. */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

enum encoding { ENCODING_GSM7, ENCODING_UCS2 };

struct segment_count {
    enum encoding encoding;
    uint32_t units;    /* septets, or UTF-16 units */
    uint32_t segments; /* at least 1 */
};

/* The air's own rule (23.038, 23.040): 160 or 153 septets, 70 or 67 units, greedy, an escape pair
   or surrogate pair is never split. */
struct segment_count segment_count(struct slice text);

/* What a dialect charges for; one row each, see segment_bills in segment.c. */
enum segment_bill {
    SEGMENT_BILL_UTF16_160,    /* max(1, ceil(UTF-16 units / 160)), whatever the alphabet: Hep */
    SEGMENT_BILL_GSM160_UCS70, /* ceil(units/160) when GSM, else ceil(units/70): ME-SMS */
    SEGMENT_BILL_AIR,          /* segment_count: Robase */
};
uint32_t segment_bill(enum segment_bill rule, struct slice text);

/* How a long text travels. A text of one segment is the same in all of them. */
enum segment_form {
    SEGMENT_UDH8,    /* concatenation header with 8-bit reference: 153 / 67 */
    SEGMENT_UDH16,   /* 16-bit reference: 152 / 66 */
    SEGMENT_SAR,     /* sar_* TLVs, no header: 153 / 67 so that any SMSC can put it on the air */
    SEGMENT_PAYLOAD, /* one message_payload TLV with the whole text */
};

struct segment {
    const uint8_t *bytes; /* user data header included when has_header */
    size_t size;
    uint8_t number; /* from 1 */
    uint8_t total;
    bool has_header; /* esm_class 0x40 */
};

struct segment_list {
    struct segment *at;
    size_t count;
    enum encoding encoding;
};

#define SEGMENTS_MAX 255 /* the concatenation header counts in one octet */

/* Cuts `text` for the air; bytes live in the arena. GSM text is one septet per octet
   (data_coding 0), other text UTF-16BE (data_coding 8). Reference: low 8 bits are used by UDH8.
   False when it would need more than SEGMENTS_MAX segments; for SEGMENT_PAYLOAD, which the SMSC
   cuts, more than SEGMENTS_MAX of segment_count's (so it fits the TLV too). */
bool segment_cut(struct slice text, enum segment_form form, uint16_t reference, struct arena *arena,
                 struct segment_list *out);

/* The concatenation header of received user data (information elements 0x00 and 0x08).
   False when there is none or its numbers make no sense; of several the last counts (23.040
   9.2.3.24). `*out_body`, the offset of the data behind the whole header, is set either way;
   a header that is longer than the data leaves none. */
struct segment_header {
    uint16_t reference;
    uint8_t total;
    uint8_t number;
};
bool segment_read_header(const uint8_t *bytes, size_t size, struct segment_header *out,
                         size_t *out_body);
