#include "wire/phone.h"

#include <assert.h>

#include "wire/phone_plan.h"

/* Another table can take the place of ours: the comparison with libphonenumber needs one that was
   made from that library's own data. */
#ifndef PHONE_TABLE
#define PHONE_TABLE "wire/phone_table.h"
#endif
#include PHONE_TABLE

/* More digits than any prefixes and a number can have, so a text with more of them is wrong. */
#define DIGITS_READ_MAX 40
#define NATIONAL_MIN    2

/* The values of digits, 0..9. What lies behind `count` is undefined. There is room for what two
   transforms can add to the longest text. */
struct digits {
    unsigned count;
    uint8_t at[DIGITS_READ_MAX + 2 * PHONE_TRANSFORM_MAX];
};

static void digits_drop(struct digits *digits, unsigned count)
{
    digits->count -= count;
    memmove(digits->at, digits->at + count, digits->count);
}

/* Takes the text apart into plus and digits; false when there is anything else in it. */
static bool digits_read(struct slice text, struct digits *out, bool *out_plus)
{
    static const bool separator[256] = {
        [' '] = true, ['-'] = true, ['('] = true, [')'] = true, ['.'] = true, ['/'] = true};
    unsigned count = 0;
    bool plus = false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned char byte = (unsigned char)text.at[i];
        unsigned digit = (unsigned)byte - (unsigned)'0';
        if (digit <= 9) {
            if (count == DIGITS_READ_MAX) return false;
            out->at[count++] = (uint8_t)digit;
        } else if (byte == '+' && !plus && count == 0) {
            plus = true;
        } else if (!separator[byte]) {
            return false;
        }
    }
    out->count = count;
    *out_plus = plus;
    return true;
}

/* NULL for a region that has no plan. */
static const struct phone_region *region_find(const char *iso2)
{
    if (!iso2) return NULL;
    unsigned first = (unsigned char)iso2[0] - (unsigned)'A';
    if (first >= 26) return NULL;
    unsigned second = (unsigned char)iso2[1] - (unsigned)'A';
    if (second >= 26 || iso2[2]) return NULL;
    unsigned index = phone_region_index[first * 26 + second];
    return index ? &phone_regions[index] : NULL;
}

/* Answers what the graph `root` says about the digits, 0 when it knows nothing of them. */
static unsigned graph_walk(unsigned root, const struct digits *digits)
{
    if (digits->count > PHONE_NATIONAL_MAX) return 0;
    unsigned place = phone_roots[root][digits->count];
    for (const uint8_t *digit = digits->at; place >= PHONE_NODES_FROM; digit++)
        place = phone_nodes[place - PHONE_NODES_FROM][*digit];
    return place;
}

/* NULL when the digits begin with no calling code. */
static const struct phone_code *code_at_start(const struct digits *digits)
{
    unsigned first = 0;
    for (unsigned i = 0; i < 3; i++)
        first = first * 10 + (i < digits->count ? digits->at[i] : 0);
    const struct phone_code *code = &phone_codes[phone_code_index[first]];
    return code->calling_code && code->size <= digits->count ? code : NULL;
}

/* Takes the calling code off the digits; false, and nothing taken, when too little or none is
 * there. */
static bool code_take(struct digits *digits, const struct phone_code **out_code)
{
    const struct phone_code *code = code_at_start(digits);
    if (!code || digits->count <= NATIONAL_MIN) return false;
    digits_drop(digits, code->size);
    *out_code = code;
    return true;
}

/* Runs a prefix program from `step` on. Returns how many digits the match takes, -1 when there is
   none. Recursion is as deep as the program has steps to TRY. */
static int prefix_run(const uint16_t *program, const uint16_t *step, const struct digits *digits,
                      unsigned at, int8_t marks[PHONE_MARKS_MAX])
{
    for (;;) {
        unsigned argument = *step & 0xfff;
        switch ((enum phone_step)(*step >> 12)) {
        case PHONE_STEP_DIGIT:
            if (at == digits->count || !((argument >> digits->at[at]) & 1)) return -1;
            at++;
            step++;
            break;
        case PHONE_STEP_TRY: {
            int8_t saved[PHONE_MARKS_MAX];
            memcpy(saved, marks, sizeof saved);
            int end = prefix_run(program, step + 1, digits, at, marks);
            if (end >= 0) return end;
            memcpy(marks, saved, sizeof saved);
            step = program + argument;
            break;
        }
        case PHONE_STEP_JUMP:
            step = program + argument;
            break;
        case PHONE_STEP_MARK:
            marks[argument] = (int8_t)at;
            step++;
            break;
        case PHONE_STEP_END:
            if (at != digits->count) return -1;
            step++;
            break;
        case PHONE_STEP_MATCH:
            return (int)at;
        }
    }
}

/* Most numbers begin with a digit that no prefix begins with. */
static bool prefix_may_match(const struct phone_prefix *prefix, const struct digits *digits)
{
    if (prefix->may_be_empty) return true;
    return digits->count > 0 && ((prefix->first_digits >> digits->at[0]) & 1);
}

/* As prefix_run; row 0 never matches. A group that took no part has marks of -1. */
static int prefix_match(unsigned index, const struct digits *digits, int8_t marks[PHONE_MARKS_MAX])
{
    const struct phone_prefix *prefix = &phone_prefixes[index];
    if (index == 0 || !prefix_may_match(prefix, digits)) return -1;
    memset(marks, -1, PHONE_MARKS_MAX);
    const uint16_t *program = phone_steps + prefix->first_step;
    return prefix_run(program, program, digits, 0, marks);
}

/* Puts the region's replacement for a prefix into `out`: digits, and $i for what group i took. */
static void transform_write(const char *transform, const struct digits *digits,
                            const int8_t marks[PHONE_MARKS_MAX], struct digits *out)
{
    for (; *transform; transform++) {
        if (*transform != '$') {
            out->at[out->count++] = (uint8_t)(*transform - '0');
            continue;
        }
        unsigned group = (unsigned)(*++transform - '0');
        for (int i = marks[2 * group]; i < marks[2 * group + 1]; i++)
            out->at[out->count++] = digits->at[i];
    }
}

/* Takes the national prefix off, or replaces it where the region has a rule for that: Argentina
   dials 0 11 15 xxxx xxxx at home for what is 9 11 xxxx xxxx from abroad. A prefix whose removal
   would spoil a number that fits the plan is part of the number, and stays. */
static void national_prefix_strip(const struct phone_region *region, struct digits *digits)
{
    int8_t marks[PHONE_MARKS_MAX];
    int end = prefix_match(region->national_prefix, digits, marks);
    if (end < 0) return;

    struct digits rest = {0};
    unsigned last = phone_prefixes[region->national_prefix].groups;
    if (last > 0 && marks[2 * last + 1] > marks[2 * last])
        transform_write(region->transform, digits, marks, &rest);
    if (end == 0 && rest.count == 0) return;

    unsigned left = digits->count - (unsigned)end;
    assert(rest.count + left <= sizeof rest.at);
    memcpy(rest.at + rest.count, digits->at + end, left);
    rest.count += left;
    if (graph_walk(region->root, digits) && !graph_walk(region->root, &rest)) return;
    *digits = rest;
}

static bool length_possible(uint32_t lengths, unsigned count)
{
    return count <= PHONE_NATIONAL_MAX && ((lengths >> count) & 1);
}

static bool length_too_long(uint32_t lengths, unsigned count)
{
    return count > PHONE_NATIONAL_MAX || (lengths >> count) == 0;
}

/* Takes the calling code off a number as it is dialled in `home`: behind the international prefix;
   else the region's own code, when the number only makes sense without it (66 81 234 5678 in
   Thailand); else no digit of the number is a calling code, and NULL is returned. False when no
   calling code follows the international prefix. */
static bool code_take_at_home(const struct phone_region *home, struct digits *digits,
                              const struct phone_code **out_code)
{
    int8_t marks[PHONE_MARKS_MAX];
    int end = prefix_match(home->international_prefix, digits, marks);
    /* No calling code begins with 0, so then it is no international prefix either. */
    if (end >= 0 && !((unsigned)end < digits->count && digits->at[end] == 0)) {
        digits_drop(digits, (unsigned)end);
        return code_take(digits, out_code);
    }

    *out_code = NULL;
    const struct phone_code *own = &phone_codes[home->code];
    if (code_at_start(digits) != own) return true;
    struct digits rest = *digits;
    digits_drop(&rest, own->size);
    national_prefix_strip(home, &rest);
    bool only_without = !graph_walk(home->root, digits) && graph_walk(home->root, &rest);
    if (only_without || length_too_long(home->lengths, digits->count)) {
        *digits = rest;
        *out_code = own;
    }
    return true;
}

/* Takes the international parts off. `*out_region` is the region whose national prefixes may still
   stand in front: the main one of a calling code that was written, else `home`. */
static bool international_take(const struct phone_region *home, bool plus, struct digits *digits,
                               const struct phone_region **out_region)
{
    const struct phone_code *code = NULL;
    if (!plus || !code_take(digits, &code)) {
        if (!home || !code_take_at_home(home, digits, &code)) return false;
        /* "+00 66 ...": a plus in front of an international prefix is forgiven, but a plus does not
           go with a number that names no calling code. */
        if (plus && !code) return false;
    }
    *out_region = code ? &phone_regions[code->main_region] : home;
    return true;
}

/* Reads the text into calling code and national number, prefixes removed. False when it is no
   number, or of no calling code, or has an impossible number of digits in every plan. */
static bool number_read(struct slice text, const char *region, const struct phone_code **out_code,
                        struct digits *out_national)
{
    bool plus;
    if (!digits_read(text, out_national, &plus)) return false;
    if (out_national->count < NATIONAL_MIN) return false;

    const struct phone_region *dialled;
    if (!international_take(region_find(region), plus, out_national, &dialled)) return false;
    if (out_national->count < NATIONAL_MIN) return false;

    if (prefix_may_match(&phone_prefixes[dialled->national_prefix], out_national)) {
        struct digits rest = *out_national;
        national_prefix_strip(dialled, &rest);
        if (length_possible(dialled->lengths, rest.count) ||
            length_too_long(dialled->lengths, rest.count))
            *out_national = rest;
    }
    *out_code = &phone_codes[dialled->code];
    return out_national->count >= NATIONAL_MIN && out_national->count <= PHONE_NATIONAL_MAX;
}

/* What the plan says: the region (NULL when the number is not even possible) and the type. */
static const struct phone_region *number_classify(const struct phone_code *code,
                                                  const struct digits *national,
                                                  enum phone_type *out_type)
{
    unsigned label = graph_walk(code->root, national);
    *out_type = (enum phone_type)(label & 15);
    if (label) return &phone_regions[label >> 4];
    return length_possible(code->lengths, national->count) ? &phone_regions[code->main_region]
                                                           : NULL;
}

static uint64_t number_join(const struct phone_code *code, const struct digits *national)
{
    uint64_t number = code->calling_code;
    for (unsigned i = 0; i < national->count; i++)
        number = number * 10 + national->at[i];
    return number;
}

enum phone_class phone_parse(struct slice text, const char *region, struct phone *out)
{
    const struct phone_code *code;
    struct digits national;
    if (!number_read(text, region, &code, &national)) return PHONE_INVALID;

    enum phone_type type;
    const struct phone_region *owner = number_classify(code, &national, &type);
    if (!owner) return PHONE_INVALID;
    *out = (struct phone){
        .number = number_join(code, &national),
        .calling_code = code->calling_code,
        .class = type == PHONE_TYPE_UNKNOWN ? PHONE_POSSIBLE : PHONE_ASSIGNED,
        .type = type,
    };
    memcpy(out->iso2, owner->iso2, sizeof out->iso2);
    memcpy(out->iso3, owner->iso3, sizeof out->iso3);
    return out->class;
}

/* The digits of any number, so there is room for 20. */
static void number_split(uint64_t number, struct digits *out)
{
    uint8_t backwards[PHONE_TEXT_MAX];
    unsigned count = 0;
    do {
        backwards[count++] = (uint8_t)(number % 10);
        number /= 10;
    } while (number);
    out->count = count;
    for (unsigned i = 0; i < count; i++)
        out->at[i] = backwards[count - 1 - i];
}

bool phone_read_digits(struct slice text, uint64_t *out)
{
    static const struct slice skipped = {" -()./", 6};
    uint64_t number = 0;
    unsigned count = 0;
    text = slice_trim(text, " ");
    if (text.size && text.at[0] == '+') text = slice_from(text, 1);
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        if (memchr(skipped.at, c, skipped.size)) continue;
        if (c < '0' || c > '9' || (c == '0' && count == 0) || ++count > 15) return false;
        number = number * 10 + (uint64_t)(c - '0');
    }
    if (count < 8) return false;
    *out = number;
    return true;
}

size_t phone_format(uint64_t number, char out[PHONE_TEXT_MAX])
{
    struct digits digits;
    number_split(number, &digits);
    out[0] = '+';
    for (unsigned i = 0; i < digits.count; i++)
        out[1 + i] = (char)('0' + digits.at[i]);
    out[1 + digits.count] = '\0';
    return 1 + digits.count;
}

const char *phone_iso2(uint64_t number)
{
    struct digits digits;
    const struct phone_code *code;
    number_split(number, &digits);
    if (!code_take(&digits, &code)) return NULL;
    enum phone_type type;
    const struct phone_region *region = number_classify(code, &digits, &type);
    return region ? region->iso2 : NULL;
}
