/* Segmentation: in every form the parts, each decoded alone, are the text again; none is too long
   and none could have taken one character more; headers of others never point outside the data. */
#include "wire/segment.h"

#include <assert.h>

#include "wire/gsm7.h"
#include "wire/utf.h"

#define REFERENCE 0xA1B2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct form_rule {
    size_t header_size;
    size_t room[2]; /* units, by encoding */
} rules[] = {
    [SEGMENT_UDH8] = {6, {153, 67}},
    [SEGMENT_UDH16] = {7, {152, 66}},
    [SEGMENT_SAR] = {0, {153, 67}},
    [SEGMENT_PAYLOAD] = {0, {SIZE_MAX, SIZE_MAX}},
};

static size_t part_body(const struct segment *part, enum segment_form form)
{
    if (!part->has_header) return 0;
    size_t body;
    struct segment_header header;
    assert(segment_read_header(part->bytes, part->size, &header, &body));
    assert(header.number == part->number && header.total == part->total);
    assert(header.reference == (form == SEGMENT_UDH8 ? REFERENCE & 0xFF : REFERENCE));
    assert(body == rules[form].header_size);
    return body;
}

/* Decodes the part behind `text` and returns its units. */
static size_t part_units(const struct segment *part, enum segment_form form, enum encoding encoding,
                         struct buf *text)
{
    size_t body = part_body(part, form), size = part->size - body;
    if (encoding == ENCODING_GSM7)
        gsm7_decode(part->bytes + body, size, text);
    else
        utf16_decode(part->bytes + body, size, text);
    return encoding == ENCODING_GSM7 ? size : size / 2;
}

static unsigned first_cost(struct slice text, size_t offset, enum encoding encoding)
{
    uint32_t point = utf8_next(text, &offset);
    return encoding == ENCODING_GSM7 ? gsm7_cost(point) : point > 0xFFFF ? 2 : 1;
}

static void cut_holds(struct slice text, enum segment_form form)
{
    struct arena arena = {0};
    struct segment_list list;
    struct segment_count count = segment_count(text);
    if (!segment_cut(text, form, REFERENCE, &arena, &list)) {
        assert(count.units > 255 * (rules[form].room[count.encoding] - 1) || count.segments > 255);
        arena_done(&arena);
        return;
    }
    struct buf back;
    buf_init(&back, text.size);
    size_t sum = 0, room = rules[form].room[list.encoding];
    assert(list.encoding == count.encoding && list.count >= 1);
    for (size_t i = 0; i < list.count; i++) {
        assert(list.at[i].number == i + 1 && list.at[i].total == list.count);
        size_t units = part_units(&list.at[i], form, list.encoding, &back);
        sum += units;
        if (list.count > 1) assert(units <= room);
        if (i + 1 < list.count) assert(units + first_cost(text, back.size, list.encoding) > room);
    }
    assert(!back.full && slice_eq(text, buf_slice(&back)));
    assert(sum == count.units);
    if (form == SEGMENT_UDH8 || form == SEGMENT_SAR) assert(list.count == count.segments);
    buf_done(&back);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t body = SIZE_MAX;
    struct segment_header header;
    if (segment_read_header(data, size, &header, &body))
        assert(header.number >= 1 && header.number <= header.total && body <= size);
    assert(body <= size);

    struct buf text;
    buf_init(&text, UTF8_REPAIR_MAX(size));
    utf8_repair(slice_of(data, size), &text);
    struct slice valid = buf_slice(&text);
    struct segment_count count = segment_count(valid);
    assert((count.encoding == ENCODING_GSM7) == gsm7_fits(valid));
    assert(segment_bill(SEGMENT_BILL_AIR, valid) == count.segments);
    assert(segment_bill(SEGMENT_BILL_GSM160_UCS70, valid) <= count.segments);
    assert(segment_bill(SEGMENT_BILL_UTF16_160, valid) <= count.segments);
    for (int form = SEGMENT_UDH8; form <= SEGMENT_PAYLOAD; form++)
        cut_holds(valid, (enum segment_form)form);
    buf_done(&text);
    return 0;
}
