#include "support/smpp_random.h"

/* splitmix64 */
static uint64_t random_next(struct smpp_random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint32_t smpp_random_below(struct smpp_random *random, uint32_t limit)
{
    return (uint32_t)((random_next(random) >> 32) * limit >> 32);
}

/* Empty, full and anything between; the two ends often. */
static size_t random_size(struct smpp_random *random, size_t most)
{
    switch (smpp_random_below(random, 4)) {
    case 0:
        return 0;
    case 1:
        return most;
    default:
        return smpp_random_below(random, (uint32_t)most + 1);
    }
}

static struct slice random_octets(struct smpp_random *random, size_t size, uint8_t first,
                                  struct arena *arena)
{
    char *octets = arena_alloc(arena, size + 1);
    for (size_t i = 0; i < size; i++)
        octets[i] = (char)(first + smpp_random_below(random, 256u - first));
    return slice_of(octets, size);
}

static struct slice random_text(struct smpp_random *random, size_t letter, struct arena *arena)
{
    return random_octets(random, random_size(random, letter - 1), 1, arena);
}

/* 7.1.1: YYMMDDhhmmsstnnp */
static struct slice random_time(struct smpp_random *random, size_t letter, struct arena *arena)
{
    if (letter == 1 || smpp_random_below(random, 2)) return (struct slice){0};
    return arena_printf(arena, "%02u%02u%02u%02u%02u%02u%u%02u%c", smpp_random_below(random, 100),
                        1 + smpp_random_below(random, 12), 1 + smpp_random_below(random, 28),
                        smpp_random_below(random, 24), smpp_random_below(random, 60),
                        smpp_random_below(random, 60), smpp_random_below(random, 10),
                        smpp_random_below(random, 49), "+-R"[smpp_random_below(random, 3)]);
}

static struct smpp_address random_address(struct smpp_random *random, size_t letter,
                                          struct arena *arena)
{
    return (struct smpp_address){
        .ton = (uint8_t)smpp_random_below(random, 256),
        .npi = (uint8_t)smpp_random_below(random, 256),
        .digits = random_text(random, letter, arena),
    };
}

static void random_destinations(struct smpp_random *random, const struct smpp_field *field,
                                struct arena *arena, struct smpp_destination_list *out)
{
    out->count = 1 + random_size(random, smpp_random_below(random, 8) ? 4 : 253);
    out->at = ARENA_ARRAY(arena, struct smpp_destination, out->count);
    for (size_t i = 0; i < out->count; i++) {
        struct smpp_destination *to = &out->at[i];
        to->is_list = smpp_random_below(random, 3) == 0;
        to->address = random_address(random, field->letter, arena);
        if (to->is_list) to->address.ton = to->address.npi = 0;
    }
}

static void random_unsuccess(struct smpp_random *random, const struct smpp_field *field,
                             struct arena *arena, struct smpp_unsuccess_list *out)
{
    out->count = random_size(random, smpp_random_below(random, 8) ? 4 : 255);
    out->at = ARENA_ARRAY(arena, struct smpp_unsuccess, out->count + 1);
    for (size_t i = 0; i < out->count; i++) {
        out->at[i].address = random_address(random, field->letter, arena);
        out->at[i].status = (uint32_t)random_next(random);
    }
}

static void random_field(struct smpp_random *random, const struct smpp_field *field,
                         struct arena *arena, void *member)
{
    switch (field->kind) {
    case SMPP_KIND_BYTE:
    case SMPP_KIND_BITS:
        *(uint8_t *)member = (uint8_t)smpp_random_below(random, 256);
        break;
    case SMPP_KIND_TEXT:
    case SMPP_KIND_SECRET:
        *(struct slice *)member = random_text(random, field->letter, arena);
        break;
    case SMPP_KIND_TIME:
        *(struct slice *)member = random_time(random, field->letter, arena);
        break;
    case SMPP_KIND_ADDRESS:
        *(struct smpp_address *)member = random_address(random, field->letter, arena);
        break;
    case SMPP_KIND_MESSAGE:
        *(struct slice *)member =
            random_octets(random, random_size(random, field->letter), 0, arena);
        break;
    case SMPP_KIND_DESTINATIONS:
        random_destinations(random, field, arena, member);
        break;
    case SMPP_KIND_UNSUCCESS:
        random_unsuccess(random, field, arena, member);
        break;
    }
}

/* A known tag three times of four, with a value of a size that it may have. */
static void random_tlv(struct smpp_random *random, struct arena *arena, struct smpp_tlv_list *out)
{
    uint16_t tag = (uint16_t)smpp_random_below(random, 0x10000);
    if (smpp_random_below(random, 4))
        tag = smpp_tlv_specs[smpp_random_below(random, (uint32_t)smpp_tlv_spec_count)].tag;
    const struct smpp_tlv_spec *spec = smpp_tlv_spec(tag);
    size_t least = spec ? spec->size_min : 0, most = spec ? spec->size_max : 300;
    if (most > 300 && smpp_random_below(random, 20)) most = 300;
    if (random->tlv_size_max && most > random->tlv_size_max) most = random->tlv_size_max;
    size_t size = least + random_size(random, most - least);
    smpp_tlv_add(out, arena, tag, random_octets(random, size, 0, arena));
}

void smpp_random_pdu(struct smpp_random *random, uint32_t command_id, struct arena *arena,
                     struct smpp_pdu *out)
{
    const struct smpp_body *body = smpp_command_body(smpp_command(command_id), command_id);
    *out = (struct smpp_pdu){
        .command_id = command_id,
        .status = smpp_is_response(command_id) ? (uint32_t)random_next(random) : 0,
        .sequence = 1 + smpp_random_below(random, SMPP_SEQUENCE_MAX),
    };
    for (size_t i = 0; i < body->count; i++)
        random_field(random, &body->fields[i], arena, (char *)out + body->fields[i].offset);
    for (size_t i = random_size(random, 4); i > 0; i--)
        random_tlv(random, arena, &out->tlvs);
}

static bool same_address(const struct smpp_address *a, const struct smpp_address *b)
{
    return a->ton == b->ton && a->npi == b->npi && slice_eq(a->digits, b->digits);
}

static bool same_destinations(const struct smpp_destination_list *a,
                              const struct smpp_destination_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->at[i].is_list == b->at[i].is_list &&
               same_address(&a->at[i].address, &b->at[i].address);
    return same;
}

static bool same_unsuccess(const struct smpp_unsuccess_list *a, const struct smpp_unsuccess_list *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = a->at[i].status == b->at[i].status &&
               same_address(&a->at[i].address, &b->at[i].address);
    return same;
}

static bool same_field(enum smpp_kind kind, const void *a, const void *b)
{
    switch (kind) {
    case SMPP_KIND_BYTE:
    case SMPP_KIND_BITS:
        return *(const uint8_t *)a == *(const uint8_t *)b;
    case SMPP_KIND_TEXT:
    case SMPP_KIND_SECRET:
    case SMPP_KIND_TIME:
    case SMPP_KIND_MESSAGE:
        return slice_eq(*(const struct slice *)a, *(const struct slice *)b);
    case SMPP_KIND_ADDRESS:
        return same_address(a, b);
    case SMPP_KIND_DESTINATIONS:
        return same_destinations(a, b);
    case SMPP_KIND_UNSUCCESS:
        return same_unsuccess(a, b);
    }
    return false;
}

const char *smpp_difference(const struct smpp_pdu *a, const struct smpp_pdu *b)
{
    if (a->command_id != b->command_id) return "command_id";
    if (a->status != b->status) return "command_status";
    if (a->sequence != b->sequence) return "sequence_number";
    if (a->no_body != b->no_body) return "no_body";
    if (a->no_body) return NULL;
    const struct smpp_body *body = smpp_command_body(smpp_command(a->command_id), a->command_id);
    for (size_t i = 0; i < body->count; i++) {
        const struct smpp_field *field = &body->fields[i];
        const char *in_a = (const char *)a + field->offset, *in_b = (const char *)b + field->offset;
        if (!same_field(field->kind, in_a, in_b)) return field->name;
    }
    if (a->tlvs.count != b->tlvs.count) return "count of optional parameters";
    for (size_t i = 0; i < a->tlvs.count; i++)
        if (a->tlvs.at[i].tag != b->tlvs.at[i].tag ||
            !slice_eq(a->tlvs.at[i].value, b->tlvs.at[i].value))
            return "optional parameter";
    return NULL;
}
