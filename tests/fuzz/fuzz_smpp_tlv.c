/* Optional parameters: what was read must make the same bytes again, and each must be found. */
#include "wire/smpp_tlv.h"

#include <assert.h>

#include "base/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void integer_agrees(const struct smpp_tlv_list *list, uint16_t tag, struct slice octets)
{
    uint32_t value = 0xA5A5A5A5;
    bool read = smpp_tlv_integer(list, tag, &value);
    assert(read == (octets.size >= 1 && octets.size <= 4));
    if (!read) return;
    for (size_t i = octets.size; i > 0; i--, value >>= 8)
        assert((uint8_t)octets.at[i - 1] == (uint8_t)value);
    assert(value == 0);
}

/* The same value put in by its own name comes out again. */
static void added_agrees(const struct smpp_tlv *tlv, struct arena *arena)
{
    const struct smpp_tlv_spec *spec = smpp_tlv_spec(tlv->tag);
    struct smpp_tlv_list one = {.at = (struct smpp_tlv *)tlv, .count = 1}, list = {0};
    uint32_t value;
    if (!spec) return;
    assert(smpp_tlv_spec_named(slice_cstr(spec->name)) == spec);
    if (spec->kind == SMPP_TLV_INTEGER && tlv->value.size == spec->size_max) {
        smpp_tlv_integer(&one, tlv->tag, &value);
        smpp_tlv_add_integer(&list, arena, tlv->tag, value);
        assert(slice_eq(list.at[0].value, tlv->value));
    }
    struct slice text = smpp_tlv_text(&one, tlv->tag);
    if (text.size == UINT16_MAX) return;
    smpp_tlv_add_text(&list, arena, tlv->tag, text);
    struct smpp_tlv_list last = {.at = &list.at[list.count - 1], .count = 1};
    assert(slice_eq(smpp_tlv_text(&last, tlv->tag), text));
    assert(last.at->value.size == text.size + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct smpp_tlv_list list;
    size_t taken = smpp_tlv_read(slice_of(data, size), &arena, &list);
    assert(taken <= size);

    struct smpp_tlv_list copy = {0};
    struct buf bytes;
    buf_init(&bytes, size);
    for (size_t i = 0; i < list.count; i++) {
        const struct smpp_tlv *tlv = &list.at[i];
        const struct smpp_tlv *found = smpp_tlv_find(&list, tlv->tag);
        assert(found && found <= tlv && found->tag == tlv->tag);
        assert(slice_eq(smpp_tlv_octets(&list, tlv->tag), found->value));
        if (found == tlv) integer_agrees(&list, tlv->tag, tlv->value);
        if (list.count < 64) added_agrees(tlv, &arena);
        smpp_tlv_add(&copy, &arena, tlv->tag, tlv->value);
        buf_add_byte(&bytes, (char)(tlv->tag >> 8));
        buf_add_byte(&bytes, (char)tlv->tag);
        buf_add_byte(&bytes, (char)(tlv->value.size >> 8));
        buf_add_byte(&bytes, (char)tlv->value.size);
        buf_add(&bytes, copy.at[i].value);
    }
    assert(!bytes.full && slice_eq(buf_slice(&bytes), slice_of(data, taken)));
    assert(copy.count == list.count);
    buf_done(&bytes);
    arena_done(&arena);
    return 0;
}
