#include "cli/numbers.h"

#include "wire/phone.h"

/* Cuts one field off the line; false when none is left. */
static bool cut_field(struct slice *line, struct slice *out)
{
    if (!line->at) return false;
    size_t end = 0;
    bool quoted = false;
    for (; end < line->size; end++) {
        char c = line->at[end];
        if (c == '"') quoted = !quoted;
        if (!quoted && (c == ',' || c == ';' || c == '\t')) break;
    }
    *out = slice_trim(slice_of(line->at, end), " \"");
    *line = end < line->size ? slice_from(*line, end + 1) : (struct slice){0};
    return true;
}

static bool next_line(struct numbers *numbers, struct slice *out)
{
    while (slice_cut(&numbers->rest, '\n', out)) {
        numbers->line++;
        *out = slice_trim(*out, " \r");
        if (out->size) return true;
    }
    return false;
}

void numbers_init(struct numbers *numbers, struct slice text)
{
    struct slice line, field;
    uint64_t number;
    if (slice_starts(text, SLICE("\xEF\xBB\xBF"))) text = slice_from(text, 3);
    *numbers = (struct numbers){.rest = text};
    while (next_line(numbers, &line)) {
        for (unsigned column = 0; cut_field(&line, &field); column++) {
            if (!phone_read_digits(field, &number)) continue;
            *numbers = (struct numbers){.rest = text, .column = column};
            return;
        }
    }
    *numbers = (struct numbers){.rest = text};
}

static bool has_digit(struct slice text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] >= '0' && text.at[i] <= '9') return true;
    return false;
}

enum numbers_row numbers_next(struct numbers *numbers, uint64_t *out_number, struct slice *out_text)
{
    struct slice line, field;
    while (next_line(numbers, &line)) {
        struct slice rest = line;
        bool there = cut_field(&rest, &field);
        for (unsigned column = 0; there && column < numbers->column; column++)
            there = cut_field(&rest, &field);
        if (there && phone_read_digits(field, out_number)) return NUMBERS_GOOD;
        if (numbers->line == 1 && there && !has_digit(field)) continue;
        *out_text = line;
        return NUMBERS_BAD;
    }
    return NUMBERS_END;
}
