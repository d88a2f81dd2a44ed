/* Form bodies: every text is valid UTF-8 without NUL, and encoded in either way it reads back. */
#include "wire/form.h"

#include <assert.h>

#include "wire/utf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct body {
    struct field recipient, content, count;
};

static const struct field_spec table[] = {
    {"recipient", FIELD_TEXT, offsetof(struct body, recipient)},
    {"content", FIELD_TEXT, offsetof(struct body, content)},
    {"count", FIELD_INTEGER, offsetof(struct body, count)},
};

#define TABLE_COUNT (sizeof table / sizeof *table)

/* Letters, digits and spaces as themselves when `plain`, all else as an escape. */
static void value_write(struct slice value, bool plain, struct buf *out)
{
    for (size_t i = 0; i < value.size; i++) {
        unsigned byte = (unsigned char)value.at[i], lower = byte | 0x20;
        bool letter = (lower >= 'a' && lower <= 'z') || (byte >= '0' && byte <= '9');
        if (plain && letter)
            buf_add_byte(out, (char)byte);
        else if (plain && byte == ' ')
            buf_add_byte(out, '+');
        else
            buf_printf(out, plain ? "%%%02X" : "%%%02x", byte);
    }
}

static void body_holds(struct body *body, bool plain, size_t size)
{
    struct arena arena = {0};
    struct buf out;
    struct body again;
    buf_init(&out, 18 * size + 100);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct field *field = field_at(body, &table[i]);
        if (field->state == FIELD_ABSENT) continue;
        buf_printf(&out, "&%s=", table[i].name);
        value_write(field->text, plain, &out);
    }
    assert(!out.full);
    form_read(buf_slice(&out), table, TABLE_COUNT, &arena, &again);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct field *a = field_at(body, &table[i]), *b = field_at(&again, &table[i]);
        assert(a->state == b->state && slice_eq(a->text, b->text));
    }
    buf_done(&out);
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    struct body body;
    form_read(slice_of(data, size), table, TABLE_COUNT, &arena, &body);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        const struct field *field = field_at(&body, &table[i]);
        bool text = table[i].type == FIELD_TEXT;
        assert(field->state == FIELD_ABSENT ||
               field->state == (text ? FIELD_SET : FIELD_WRONG_TYPE));
        assert(utf8_valid(field->text) && field->text.size <= UTF8_REPAIR_MAX(size));
        assert(field->text.size == 0 || !memchr(field->text.at, '\0', field->text.size));
    }
    body_holds(&body, true, size);
    body_holds(&body, false, size);
    arena_done(&arena);
    return 0;
}
