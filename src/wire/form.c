#include "wire/form.h"

#include "wire/utf.h"

static int hex_digit(char digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    char lower = digit | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Takes one decoded byte off the front of `rest`, which is not empty. */
static char byte_take(struct slice *rest)
{
    char byte = rest->at[0];
    size_t size = 1;
    if (byte == '+') {
        byte = ' ';
    } else if (byte == '%' && rest->size >= 3) {
        int high = hex_digit(rest->at[1]), low = hex_digit(rest->at[2]);
        if (high >= 0 && low >= 0) {
            byte = (char)(high << 4 | low);
            size = 3;
        }
    }
    *rest = slice_from(*rest, size);
    return byte;
}

static bool name_matches(struct slice name, const char *wanted)
{
    while (name.size > 0)
        if (*wanted == '\0' || byte_take(&name) != *wanted++) return false;
    return *wanted == '\0';
}

static struct slice value_decode(struct slice value, struct arena *arena)
{
    char *decoded = arena_alloc(arena, value.size + 1);
    size_t size = 0;
    while (value.size > 0)
        decoded[size++] = byte_take(&value);
    struct slice text = slice_of(decoded, size);
    if (utf8_valid(text) && !memchr(text.at, '\0', text.size)) return text;

    struct buf repaired;
    buf_init(&repaired, UTF8_REPAIR_MAX(size));
    utf8_repair(text, &repaired);
    text = arena_copy(arena, buf_slice(&repaired));
    buf_done(&repaired);
    return text;
}

/* Keeps the value as it stands in the body, so that one repeated a thousand times is decoded once.
 */
static void pair_read(struct slice pair, const struct field_spec *table, size_t count, void *out)
{
    struct slice name = {0};
    slice_cut(&pair, '=', &name);
    for (size_t i = 0; i < count; i++) {
        if (!name_matches(name, table[i].name)) continue;
        bool text = table[i].type == FIELD_TEXT;
        *field_at(out, &table[i]) = (struct field){
            .state = text ? FIELD_SET : FIELD_WRONG_TYPE,
            .text = text ? pair : (struct slice){0},
        };
    }
}

void form_read(struct slice body, const struct field_spec *table, size_t count, struct arena *arena,
               void *out)
{
    for (size_t i = 0; i < count; i++)
        *field_at(out, &table[i]) = (struct field){.state = FIELD_ABSENT};

    struct slice pair;
    while (slice_cut(&body, '&', &pair))
        pair_read(pair, table, count, out);

    for (size_t i = 0; i < count; i++) {
        struct field *field = field_at(out, &table[i]);
        if (field->state == FIELD_SET) field->text = value_decode(field->text, arena);
    }
}
