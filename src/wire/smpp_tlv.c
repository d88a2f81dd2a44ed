#include "wire/smpp_tlv.h"

#include <assert.h>

#define TLV_HEADER_SIZE                          4

#define TLV_ROW(NAME, name, tag, kind, min, max) {#name, tag, min, max, SMPP_TLV_##kind},
const struct smpp_tlv_spec smpp_tlv_specs[] = {SMPP_TLV_TABLE(TLV_ROW)};
const size_t smpp_tlv_spec_count = sizeof smpp_tlv_specs / sizeof *smpp_tlv_specs;

const struct smpp_tlv_spec *smpp_tlv_spec(uint16_t tag)
{
    for (size_t i = 0; i < smpp_tlv_spec_count; i++)
        if (smpp_tlv_specs[i].tag == tag) return &smpp_tlv_specs[i];
    return NULL;
}

const struct smpp_tlv_spec *smpp_tlv_spec_named(struct slice name)
{
    for (size_t i = 0; i < smpp_tlv_spec_count; i++)
        if (slice_eq(slice_cstr(smpp_tlv_specs[i].name), name)) return &smpp_tlv_specs[i];
    return NULL;
}

/* Whether a whole TLV begins `bytes`, and which. */
static bool tlv_first(struct slice bytes, struct smpp_tlv *out)
{
    if (bytes.size < TLV_HEADER_SIZE) return false;
    const uint8_t *at = (const uint8_t *)bytes.at;
    size_t size = (size_t)at[2] << 8 | at[3];
    if (size > bytes.size - TLV_HEADER_SIZE) return false;
    out->tag = (uint16_t)(at[0] << 8 | at[1]);
    out->value = slice_of(at + TLV_HEADER_SIZE, size);
    return true;
}

size_t smpp_tlv_read(struct slice bytes, struct arena *arena, struct smpp_tlv_list *out)
{
    struct smpp_tlv tlv;
    size_t count = 0, taken = 0;
    for (; tlv_first(slice_from(bytes, taken), &tlv); count++)
        taken += TLV_HEADER_SIZE + tlv.value.size;

    struct smpp_tlv_list list = {.capacity = count};
    if (count) list.at = ARENA_ARRAY(arena, struct smpp_tlv, count);
    for (size_t offset = 0; list.count < count; list.count++) {
        tlv_first(slice_from(bytes, offset), &tlv);
        offset += TLV_HEADER_SIZE + tlv.value.size;
        list.at[list.count] = tlv;
    }
    *out = list;
    return taken;
}

const struct smpp_tlv *smpp_tlv_find(const struct smpp_tlv_list *list, uint16_t tag)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].tag == tag) return &list->at[i];
    return NULL;
}

struct slice smpp_tlv_octets(const struct smpp_tlv_list *list, uint16_t tag)
{
    const struct smpp_tlv *tlv = smpp_tlv_find(list, tag);
    return tlv ? tlv->value : (struct slice){0};
}

struct slice smpp_tlv_text(const struct smpp_tlv_list *list, uint16_t tag)
{
    struct slice text = smpp_tlv_octets(list, tag);
    const char *end = text.size ? memchr(text.at, '\0', text.size) : NULL;
    return end ? slice_of(text.at, (size_t)(end - text.at)) : text;
}

bool smpp_tlv_integer(const struct smpp_tlv_list *list, uint16_t tag, uint32_t *out)
{
    struct slice octets = smpp_tlv_octets(list, tag);
    if (octets.size < 1 || octets.size > 4) return false;
    uint32_t value = 0;
    for (size_t i = 0; i < octets.size; i++)
        value = value << 8 | (uint8_t)octets.at[i];
    *out = value;
    return true;
}

void smpp_tlv_add(struct smpp_tlv_list *list, struct arena *arena, uint16_t tag, struct slice value)
{
    assert(value.size <= UINT16_MAX);
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 4;
        struct smpp_tlv *at = ARENA_ARRAY(arena, struct smpp_tlv, capacity);
        if (list->count) memcpy(at, list->at, list->count * sizeof *at);
        list->at = at;
        list->capacity = capacity;
    }
    list->at[list->count++] = (struct smpp_tlv){.tag = tag, .value = value};
}

void smpp_tlv_add_integer(struct smpp_tlv_list *list, struct arena *arena, uint16_t tag,
                          uint32_t value)
{
    const struct smpp_tlv_spec *spec = smpp_tlv_spec(tag);
    assert(spec && spec->kind == SMPP_TLV_INTEGER);
    size_t size = spec->size_max;
    assert(size == 4 || value >> (8 * size) == 0);
    char *octets = arena_alloc(arena, size);
    for (size_t i = 0; i < size; i++)
        octets[i] = (char)(value >> (8 * (size - 1 - i)));
    smpp_tlv_add(list, arena, tag, slice_of(octets, size));
}

void smpp_tlv_add_text(struct smpp_tlv_list *list, struct arena *arena, uint16_t tag,
                       struct slice text)
{
    struct slice copy = arena_copy(arena, text);
    smpp_tlv_add(list, arena, tag, slice_of(copy.at, copy.size + 1));
}
