#include "core/inbound.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool shortcode_word_is_valid(struct slice word)
{
    if (word.size == 0 || word.size > SHORTCODE_MAX_SIZE) return false;
    for (size_t i = 0; i < word.size; i++) {
        char c = word.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
            return false;
    }
    return true;
}

bool inbound_split(struct slice text, char *out_word, struct slice *out_rest)
{
    size_t start = 0;
    while (start < text.size && is_blank(text.at[start]))
        start++;
    size_t end = start;
    while (end < text.size && !is_blank(text.at[end]))
        end++;
    if (end == start) return false;

    size_t size = end - start;
    if (size > SHORTCODE_MAX_SIZE) {
        size = SHORTCODE_MAX_SIZE;
        /* Not in the middle of a UTF-8 sequence. */
        while (size > 0 && ((unsigned char)text.at[start + size] & 0xC0) == 0x80)
            size--;
    }
    for (size_t i = 0; i < size; i++) {
        char c = text.at[start + i];
        out_word[i] = c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
    }
    out_word[size] = '\0';

    size_t rest = end;
    while (rest < text.size && is_blank(text.at[rest]))
        rest++;
    size_t last = text.size;
    while (last > rest && is_blank(text.at[last - 1]))
        last--;
    *out_rest = slice_of(text.at + rest, last - rest);
    return true;
}
