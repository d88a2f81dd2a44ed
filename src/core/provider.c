#include "core/provider.h"

#include <stddef.h>
#include <stdio.h>

#include "base/words.h"

/* One row a quirk: how it is written, where it lives, what it is by default. */
enum quirk_kind { QUIRK_WORD, QUIRK_SWITCH, QUIRK_NUMBER };

static const char *const long_forms[] = {"udh8", "udh16", "sar", "payload", NULL};
static const char *const alphabets[] = {"gsm", "latin1", "ascii", "utf8", NULL};
static const char *const uncertain_policies[] = {"resend", "wait", "fail", NULL};
static const char *const switch_words[] = {"off", "on", NULL};

static const struct quirk_row {
    const char *name;
    enum quirk_kind kind;
    const char *const *words; /* WORD: by index */
    uint32_t least, most;     /* NUMBER */
    uint32_t usual;
    size_t offset;
} quirk_rows[] = {
#define AT(field) offsetof(struct quirks, field)
    {"long", QUIRK_WORD, long_forms, 0, 0, SEGMENT_UDH8, AT(long_form)},
    {"dcs0", QUIRK_WORD, alphabets, 0, 0, ALPHABET_GSM7, AT(dcs0)},
    {"uncertain", QUIRK_WORD, uncertain_policies, 0, 0, UNCERTAIN_RESEND, AT(uncertain)},
    {"receipts", QUIRK_SWITCH, switch_words, 0, 0, true, AT(ask_receipts)},
    {"dest_plus", QUIRK_SWITCH, switch_words, 0, 0, false, AT(dest_plus)},
    {"interface_version", QUIRK_NUMBER, NULL, 0x33, 0x50, 0x34, AT(interface_version)},
    {"enquire_link", QUIRK_NUMBER, NULL, 0, 3600, 30, AT(enquire_link_s)},
    {"response_timeout", QUIRK_NUMBER, NULL, 1, 3600, 60, AT(response_timeout_s)},
    {"reconnect_max", QUIRK_NUMBER, NULL, 1, 3600, 60, AT(reconnect_max_s)},
    {"binds", QUIRK_NUMBER, NULL, 1, 64, 1, AT(session_count)},
    {"validity", QUIRK_NUMBER, NULL, 0, 604800, 0, AT(validity_s)},
    {"registered_delivery", QUIRK_NUMBER, NULL, 0, 255, 1, AT(registered_delivery)},
#undef AT
};
#define QUIRK_COUNT (sizeof quirk_rows / sizeof *quirk_rows)

static void quirk_store(struct quirks *quirks, const struct quirk_row *row, uint32_t value)
{
    char *at = (char *)quirks + row->offset;
    if (row->kind == QUIRK_SWITCH)
        *(bool *)at = value != 0;
    else
        memcpy(at, &value, sizeof value); /* enums are as wide as uint32_t */
}
_Static_assert(sizeof(enum segment_form) == sizeof(uint32_t), "quirk_store writes enums as u32");

static bool quirk_read(struct quirks *quirks, struct slice name, struct slice value)
{
    for (size_t i = 0; i < QUIRK_COUNT; i++) {
        const struct quirk_row *row = &quirk_rows[i];
        if (!slice_eq(name, slice_cstr(row->name))) continue;
        uint64_t number;
        if (row->kind == QUIRK_NUMBER) {
            if (!slice_u64(value, &number) || number < row->least || number > row->most)
                return false;
        } else {
            size_t count = 0;
            while (row->words[count])
                count++;
            int index = words_find(value, row->words, count);
            if (index < 0) return false;
            number = (uint64_t)index;
        }
        quirk_store(quirks, row, (uint32_t)number);
        return true;
    }
    return false;
}

bool provider_read_quirks(struct provider *provider, char *out_problem)
{
    struct quirks quirks = {0};
    for (size_t i = 0; i < QUIRK_COUNT; i++)
        quirk_store(&quirks, &quirk_rows[i], quirk_rows[i].usual);

    struct slice rest = slice_cstr(provider->quirks_text), part;
    while (slice_cut(&rest, ',', &part)) {
        struct slice value = part, name;
        if (slice_cut(&value, '=', &name) && quirk_read(&quirks, name, value)) continue;
        snprintf(out_problem, 256, "no such quirk or value: %.*s", (int)part.size, part.at);
        return false;
    }
    provider->quirks = quirks;
    /* Over HTTP the carrier cuts the text. */
    if (provider->kind == PROVIDER_HTTP) provider->quirks.long_form = SEGMENT_PAYLOAD;
    return true;
}

bool route_destination_is_valid(struct slice destination)
{
    if (slice_eq(destination, SLICE("*"))) return true;
    if (destination.size == 2)
        return destination.at[0] >= 'A' && destination.at[0] <= 'Z' && destination.at[1] >= 'A' &&
               destination.at[1] <= 'Z';
    if (destination.size < 2 || destination.size > 16 || destination.at[0] != '+') return false;
    for (size_t i = 1; i < destination.size; i++)
        if (destination.at[i] < '0' || destination.at[i] > '9') return false;
    return destination.at[1] != '0';
}

/* How well a destination fits: 0 not at all, 1 for "*", 2 for the country, more for each digit. */
static size_t route_fit(const struct route *route, struct slice number, struct slice iso2)
{
    struct slice destination = slice_cstr(route->destination);
    if (slice_eq(destination, SLICE("*"))) return 1;
    if (destination.at[0] != '+') return iso2.size && slice_eq(destination, iso2) ? 2 : 0;
    return slice_starts(number, slice_from(destination, 1)) ? 1 + destination.size : 0;
}

const struct route *route_choose(const struct route *routes, size_t count, uint64_t number,
                                 const char *iso2)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    const struct route *best = NULL;
    size_t best_fit = 0;
    for (size_t i = 0; i < count; i++) {
        size_t fit = route_fit(&routes[i], slice_of(digits, (size_t)size), slice_cstr(iso2));
        if (fit <= best_fit) continue;
        best = &routes[i];
        best_fit = fit;
    }
    return best;
}
