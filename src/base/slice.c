#include "base/slice.h"

#include <strings.h>

bool slice_eq_nocase(struct slice a, struct slice b)
{
    return a.size == b.size && (a.size == 0 || strncasecmp(a.at, b.at, a.size) == 0);
}

bool slice_starts(struct slice text, struct slice prefix)
{
    return text.size >= prefix.size && slice_eq(slice_of(text.at, prefix.size), prefix);
}

struct slice slice_trim(struct slice text, const char *set)
{
    while (text.size > 0 && text.at[0] && strchr(set, text.at[0])) {
        text.at++;
        text.size--;
    }
    while (text.size > 0 && text.at[text.size - 1] && strchr(set, text.at[text.size - 1]))
        text.size--;
    return text;
}

struct slice slice_from(struct slice text, size_t offset)
{
    if (offset >= text.size) return (struct slice){0};
    return slice_of(text.at + offset, text.size - offset);
}

bool slice_cut(struct slice *rest, char separator, struct slice *out_head)
{
    if (rest->size == 0) return false;
    const char *end = memchr(rest->at, separator, rest->size);
    size_t size = end ? (size_t)(end - rest->at) : rest->size;
    *out_head = slice_of(rest->at, size);
    *rest = slice_from(*rest, size + 1);
    return true;
}

bool slice_u64(struct slice text, uint64_t *out)
{
    uint64_t value = 0;
    if (text.size == 0) return false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned char)text.at[i] - (unsigned)'0';
        if (digit > 9 || __builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out = value;
    return true;
}

bool slice_i64(struct slice text, int64_t *out)
{
    bool negative = text.size > 0 && text.at[0] == '-';
    uint64_t magnitude;
    if (!slice_u64(negative ? slice_from(text, 1) : text, &magnitude)) return false;
    if (magnitude > (uint64_t)INT64_MAX + negative) return false;
    *out = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}
