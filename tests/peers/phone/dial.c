#include "dial.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 36 /* within what any reader of numbers takes, prefixes included */

struct digits {
    char at[DIGITS_MAX + 1];
    size_t count;
};

/* xorshift64*: even enough for choosing, and the same everywhere. */
static unsigned below(struct dial *dial, unsigned limit)
{
    dial->random ^= dial->random >> 12;
    dial->random ^= dial->random << 25;
    dial->random ^= dial->random >> 27;
    return (unsigned)((dial->random * 0x2545f4914f6cdd1du) >> 33) % limit;
}

static void digits_add(struct digits *digits, char digit)
{
    if (digits->count == DIGITS_MAX) return;
    digits->at[digits->count++] = digit;
    digits->at[digits->count] = '\0';
}

static void digits_add_text(struct digits *digits, const char *text)
{
    for (; *text; text++)
        digits_add(digits, *text);
}

/* The sample_ functions read one piece of a pattern, return what stands behind it, and add digits
   that match it to `out`; with no `out` they only read. */
static const char *sample_choice(struct dial *dial, const char *pattern, struct digits *out);

static const char *sample_class(struct dial *dial, const char *pattern, struct digits *out)
{
    bool in[10] = {false};
    unsigned count = 0;
    for (pattern++; *pattern != ']'; pattern++) {
        bool any = *pattern == '\\';
        if (any) pattern++;
        int from = any ? 0 : *pattern - '0';
        int to = any ? 9 : from;
        if (pattern[1] == '-') to = *(pattern += 2) - '0';
        for (int digit = from; digit <= to; digit++)
            in[digit] = true;
    }
    for (int digit = 0; digit < 10; digit++)
        count += in[digit];
    unsigned pick = out ? below(dial, count) : 0;
    for (int digit = 0; out && digit < 10; digit++)
        if (in[digit] && pick-- == 0) digits_add(out, (char)('0' + digit));
    return pattern + 1;
}

static const char *sample_atom(struct dial *dial, const char *pattern, struct digits *out)
{
    switch (*pattern) {
    case '(':
        pattern = sample_choice(dial, pattern + (pattern[1] == '?' ? 3 : 1), out);
        assert(*pattern == ')');
        return pattern + 1;
    case '[':
        return sample_class(dial, pattern, out);
    case '\\':
        if (out) digits_add(out, (char)('0' + below(dial, 10)));
        return pattern + 2;
    case '$':
        return pattern + 1;
    default:
        if (out) digits_add(out, *pattern);
        return pattern + 1;
    }
}

/* An atom and how often it stands: ? {n} {n,m}. */
static const char *sample_repeat(struct dial *dial, const char *pattern, struct digits *out)
{
    const char *end = sample_atom(dial, pattern, NULL);
    unsigned min = 1, max = 1;
    if (*end == '?') {
        min = 0;
        end++;
    } else if (*end == '{') {
        char *next;
        min = max = (unsigned)strtoul(end + 1, &next, 10);
        if (*next == ',') max = (unsigned)strtoul(next + 1, &next, 10);
        end = next + 1;
    }
    unsigned times = out ? min + below(dial, max - min + 1) : 0;
    while (times-- > 0)
        sample_atom(dial, pattern, out);
    return end;
}

static const char *sample_choice(struct dial *dial, const char *pattern, struct digits *out)
{
    const char *choices[256] = {pattern};
    unsigned count = 1;
    const char *end = pattern;
    while (*end && *end != ')') {
        if (*end == '|') {
            assert(count < 256);
            choices[count++] = ++end;
        } else {
            end = sample_repeat(dial, end, NULL);
        }
    }
    if (!out) return end;
    const char *at = choices[below(dial, count)];
    while (*at && *at != ')' && *at != '|')
        at = sample_repeat(dial, at, out);
    return end;
}

/* One slip of the finger: a digit wrong, missing or too much. */
static void digits_slip(struct dial *dial, struct digits *digits)
{
    size_t at = digits->count ? below(dial, (unsigned)digits->count) : 0;
    char digit = (char)('0' + below(dial, 10));
    switch (below(dial, 3)) {
    case 0:
        if (digits->count) digits->at[at] = digit;
        break;
    case 1:
        if (!digits->count) break;
        memmove(digits->at + at, digits->at + at + 1, digits->count - at);
        digits->count--;
        break;
    default:
        if (digits->count == DIGITS_MAX) break;
        memmove(digits->at + at + 1, digits->at + at, digits->count - at + 1);
        digits->at[at] = digit;
        digits->count++;
    }
}

static void national_make(struct dial *dial, struct digits *out)
{
    if (below(dial, 10) == 0) {
        for (unsigned left = below(dial, 20); left > 0; left--)
            digits_add(out, (char)('0' + below(dial, 10)));
    } else {
        sample_choice(dial, dial->from->pattern, out);
    }
    if (below(dial, 3) == 0) digits_slip(dial, out);
}

/* What stands before the national number. */
enum { PREFIX_PLUS = 1, PREFIX_INTERNATIONAL = 2, PREFIX_CODE = 4, PREFIX_NATIONAL = 8 };

static void number_write(struct dial *dial, const struct digits *digits, bool plus, bool separated)
{
    static const char separators[] = " -./()";
    dial->size = 0;
    if (plus) dial->text[dial->size++] = '+';
    for (size_t i = 0; i < digits->count; i++) {
        while (separated && below(dial, 4) == 0 && dial->size < sizeof dial->text - DIGITS_MAX)
            dial->text[dial->size++] = separators[below(dial, sizeof separators - 1)];
        dial->text[dial->size++] = digits->at[i];
    }
}

void dial_next(struct dial *dial)
{
    static const unsigned forms[] = {
        PREFIX_PLUS | PREFIX_CODE,
        PREFIX_PLUS | PREFIX_CODE,
        PREFIX_PLUS | PREFIX_CODE,
        PREFIX_PLUS | PREFIX_CODE,
        PREFIX_PLUS | PREFIX_CODE | PREFIX_NATIONAL,
        PREFIX_PLUS | PREFIX_INTERNATIONAL | PREFIX_CODE,
        0,
        PREFIX_NATIONAL,
        PREFIX_CODE,
        PREFIX_CODE | PREFIX_NATIONAL,
        PREFIX_INTERNATIONAL | PREFIX_CODE,
        PREFIX_INTERNATIONAL | PREFIX_CODE | PREFIX_NATIONAL,
    };
    unsigned form = forms[below(dial, sizeof forms / sizeof forms[0])];
    dial->from = &dial->patterns[below(dial, (unsigned)dial->pattern_count)];
    const struct oracle_pattern *home = dial->from;
    if (below(dial, 4) == 0) home = &dial->patterns[below(dial, (unsigned)dial->pattern_count)];
    bool nowhere = (form & PREFIX_PLUS) && below(dial, 2) == 0;
    dial->region = nowhere ? NULL : home->region;

    struct digits digits = {.count = 0};
    struct digits national = {.count = 0};
    char code[12];
    snprintf(code, sizeof code, "%u", dial->from->calling_code);
    if (form & PREFIX_INTERNATIONAL) sample_choice(dial, home->international_prefix, &digits);
    if (form & PREFIX_CODE) digits_add_text(&digits, code);
    if (form & PREFIX_NATIONAL) sample_choice(dial, home->national_prefix, &digits);
    national_make(dial, &national);
    digits_add_text(&digits, national.at);
    /* Two digits are read as a number only when nothing stands between them, here and there in
       different ways; no plan has such numbers. */
    bool separated = digits.count > 2 && below(dial, 6) == 0;
    number_write(dial, &digits, form & PREFIX_PLUS, separated);
}
