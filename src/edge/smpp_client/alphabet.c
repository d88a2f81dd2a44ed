#include "edge/smpp_client/alphabet.h"

#include "wire/gsm7.h"
#include "wire/smpp_values.h"
#include "wire/utf.h"

#define NOT_A_CHARACTER 0xFFFD

enum charset { CHARSET_GSM7, CHARSET_LATIN1, CHARSET_ASCII, CHARSET_UTF8, CHARSET_UTF16 };

static const enum charset charsets[] = {
    [ALPHABET_GSM7] = CHARSET_GSM7,
    [ALPHABET_LATIN1] = CHARSET_LATIN1,
    [ALPHABET_ASCII] = CHARSET_ASCII,
    [ALPHABET_UTF8] = CHARSET_UTF8,
};

/* First match wins. The groups behind SMPP's own codes are those of 23.038 4, which carriers pass
   through from the handset: message classes, and messages about waiting messages. */
static const struct coding_row {
    uint8_t mask, value;
    enum charset charset;
} codings[] = {
    {0xFF, SMPP_CODING_ASCII, CHARSET_ASCII},
    {0xFF, SMPP_CODING_LATIN1, CHARSET_LATIN1},
    {0xFF, SMPP_CODING_UCS2, CHARSET_UTF16},
    {0xFC, 0x10, CHARSET_GSM7},
    {0xFC, 0x18, CHARSET_UTF16},
    {0xF0, 0xC0, CHARSET_GSM7},
    {0xF0, 0xD0, CHARSET_GSM7},
    {0xF0, 0xE0, CHARSET_UTF16},
    {0xF4, 0xF0, CHARSET_GSM7},
};

static enum charset charset_of(uint8_t data_coding, enum alphabet dcs0)
{
    if (data_coding == SMPP_CODING_DEFAULT) return charsets[dcs0];
    for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
        if ((data_coding & codings[i].mask) == codings[i].value) return codings[i].charset;
    return CHARSET_LATIN1;
}

static void bytes_decode(struct slice octets, uint32_t limit, struct buf *out)
{
    for (size_t i = 0; i < octets.size; i++) {
        uint8_t octet = (uint8_t)octets.at[i];
        utf8_add(out, octet < limit ? octet : NOT_A_CHARACTER);
    }
}

/* A NUL is no part of anyone's text, but some peers pad with it. */
static void drop_nuls(struct buf *out, size_t from)
{
    size_t to = from;
    for (size_t i = from; i < out->size; i++)
        if (out->at[i]) out->at[to++] = out->at[i];
    out->size = to;
}

void alphabet_decode(struct slice octets, uint8_t data_coding, enum alphabet dcs0, struct buf *out)
{
    size_t from = out->size;
    const uint8_t *bytes = (const uint8_t *)octets.at;
    switch (charset_of(data_coding, dcs0)) {
    case CHARSET_GSM7:
        gsm7_decode(bytes, octets.size, out);
        break;
    case CHARSET_LATIN1:
        bytes_decode(octets, 0x100, out);
        break;
    case CHARSET_ASCII:
        bytes_decode(octets, 0x80, out);
        break;
    case CHARSET_UTF8:
        utf8_repair(octets, out);
        break;
    case CHARSET_UTF16:
        utf16_decode(bytes, octets.size, out);
        break;
    }
    drop_nuls(out, from);
}

bool alphabet_encode(struct slice septets, enum alphabet alphabet, struct buf *out)
{
    if (alphabet == ALPHABET_GSM7) {
        buf_add(out, septets);
        return true;
    }
    struct buf text;
    buf_init(&text, septets.size * 3); /* the euro sign is the longest character */
    gsm7_decode((const uint8_t *)septets.at, septets.size, &text);
    bool whole = true;
    uint32_t limit = alphabet == ALPHABET_ASCII ? 0x80 : 0x100;
    if (alphabet == ALPHABET_UTF8) {
        buf_add(out, buf_slice(&text));
    } else {
        for (size_t offset = 0; offset < text.size;) {
            uint32_t point = utf8_next(buf_slice(&text), &offset);
            whole = whole && point < limit;
            buf_add_byte(out, point < limit ? (char)point : '?');
        }
    }
    buf_done(&text);
    return whole;
}
