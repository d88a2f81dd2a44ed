#include "wire/json.h"

#include <assert.h>
#include <inttypes.h>

#include "wire/utf.h"

void json_writer_init(struct json_writer *json, struct buf *out)
{
    *json = (struct json_writer){.out = out};
}

static uint64_t depth_bit(const struct json_writer *json)
{
    assert(json->depth < 64);
    return UINT64_C(1) << json->depth;
}

/* What stands before any name or value. */
static void write_comma(struct json_writer *json)
{
    if (json->after_name) {
        json->after_name = false;
        return;
    }
    if (json->has_items & depth_bit(json)) buf_add_byte(json->out, ',');
    json->has_items |= depth_bit(json);
}

static void write_open(struct json_writer *json, char bracket)
{
    write_comma(json);
    buf_add_byte(json->out, bracket);
    json->depth++;
    json->has_items &= ~depth_bit(json);
}

static void write_close(struct json_writer *json, char bracket)
{
    assert(json->depth > 0 && !json->after_name);
    json->depth--;
    buf_add_byte(json->out, bracket);
}

void json_begin_object(struct json_writer *json)
{
    write_open(json, '{');
}

void json_end_object(struct json_writer *json)
{
    write_close(json, '}');
}

void json_begin_array(struct json_writer *json)
{
    write_open(json, '[');
}

void json_end_array(struct json_writer *json)
{
    write_close(json, ']');
}

/* The letter behind the backslash; 'u' asks for four hex digits. */
static const char escape_letters[] = {
    [0x00 ... 0x07] = 'u', ['\b'] = 'b', ['\t'] = 't',          ['\n'] = 'n', ['\v'] = 'u',
    ['\f'] = 'f',          ['\r'] = 'r', [0x0E ... 0x1F] = 'u', ['"'] = '"',  ['\\'] = '\\',
};

static char escape_letter(char byte)
{
    size_t index = (unsigned char)byte;
    return index < sizeof escape_letters ? escape_letters[index] : '\0';
}

static void write_string(struct buf *out, struct slice text)
{
    buf_add_byte(out, '"');
    size_t plain = 0;
    for (size_t i = 0; i < text.size; i++) {
        char letter = escape_letter(text.at[i]);
        if (!letter) continue;
        buf_add(out, slice_of(text.at + plain, i - plain));
        plain = i + 1;
        if (letter == 'u')
            buf_printf(out, "\\u%04x", (unsigned)(unsigned char)text.at[i]);
        else
            buf_add(out, slice_of((char[]){'\\', letter}, 2));
    }
    buf_add(out, slice_from(text, plain));
    buf_add_byte(out, '"');
}

/* Whether one of the word's eight bytes is not plain ASCII or wants a backslash. The sums carry
   from byte to byte only behind one that is found anyway. */
static bool word_is_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones * 0x80;
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    return ((word | (word - ones * 0x20) | (quote - ones) | (backslash - ones)) & tops) != 0;
}

static bool text_is_plain(struct slice text)
{
    uint64_t word;
    while (text.size >= sizeof word) {
        memcpy(&word, text.at, sizeof word);
        if (word_is_special(word)) return false;
        text = slice_from(text, sizeof word);
    }
    memset(&word, 'a', sizeof word);
    if (text.size) memcpy(&word, text.at, text.size);
    return !word_is_special(word);
}

static void write_plain(struct buf *out, struct slice text)
{
    char *to = buf_reserve(out, text.size + 2);
    if (!to) return;
    to[0] = '"';
    if (text.size) memcpy(to + 1, text.at, text.size);
    to[text.size + 1] = '"';
    buf_grew(out, text.size + 2);
}

static void write_text(struct buf *out, struct slice text)
{
    /* Nearly everything that is written: names, numbers, ids, most messages. */
    if (text_is_plain(text)) {
        write_plain(out, text);
        return;
    }
    if (utf8_valid(text)) {
        write_string(out, text);
        return;
    }
    struct buf repaired;
    buf_init(&repaired, UTF8_REPAIR_MAX(text.size));
    utf8_repair(text, &repaired);
    write_string(out, buf_slice(&repaired));
    buf_done(&repaired);
}

void json_name(struct json_writer *json, const char *name)
{
    assert(json->depth > 0 && !json->after_name);
    write_comma(json);
    write_text(json->out, slice_cstr(name));
    buf_add_byte(json->out, ':');
    json->after_name = true;
}

void json_text(struct json_writer *json, struct slice text)
{
    write_comma(json);
    write_text(json->out, text);
}

void json_raw(struct json_writer *json, struct slice value)
{
    assert(value.size > 0);
    write_comma(json);
    buf_add(json->out, value);
}

void json_integer(struct json_writer *json, int64_t value)
{
    write_comma(json);
    buf_printf(json->out, "%" PRId64, value);
}

void json_bool(struct json_writer *json, bool value)
{
    json_raw(json, value ? SLICE("true") : SLICE("false"));
}

void json_null(struct json_writer *json)
{
    json_raw(json, SLICE("null"));
}

void json_put_text(struct json_writer *json, const char *name, struct slice text)
{
    json_name(json, name);
    json_text(json, text);
}

void json_put_integer(struct json_writer *json, const char *name, int64_t value)
{
    json_name(json, name);
    json_integer(json, value);
}

void json_put_bool(struct json_writer *json, const char *name, bool value)
{
    json_name(json, name);
    json_bool(json, value);
}

void json_put_null(struct json_writer *json, const char *name)
{
    json_name(json, name);
    json_null(json);
}
