#include "core/sender.h"

const char *const sender_status_names[SENDER_STATUS_COUNT] = {
    [SENDER_PENDING] = "pending",
    [SENDER_APPROVED] = "approved",
    [SENDER_ACTIVE] = "active",
    [SENDER_REJECTED] = "rejected",
};

bool sender_may_become(enum sender_status from, enum sender_status to)
{
    if (from == SENDER_PENDING) return to == SENDER_APPROVED || to == SENDER_REJECTED;
    return from == SENDER_APPROVED && to == SENDER_ACTIVE;
}

bool sender_name_is_valid(struct slice name)
{
    if (name.size == 0 || name.size > 11) return false;
    for (size_t i = 0; i < name.size; i++) {
        char c = name.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
    }
    return true;
}

static bool is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

bool sender_countries_are_valid(struct slice countries)
{
    if (countries.size == 0) return true;
    if (countries.size > COUNTRIES_MAX_SIZE || countries.size % 3 != 2) return false;
    struct slice country;
    while (slice_cut(&countries, ',', &country))
        if (country.size != 2 || !is_capital(country.at[0]) || !is_capital(country.at[1]))
            return false;
    return true;
}

static bool sender_serves(const struct sender *sender, struct slice country)
{
    struct slice rest = slice_cstr(sender->countries), each;
    if (rest.size == 0) return true;
    while (slice_cut(&rest, ',', &each))
        if (slice_eq(each, country)) return true;
    return false;
}

static bool country_is_regulated(struct slice country)
{
    return slice_eq(country, SLICE("NG")) || slice_eq(country, SLICE("GH")) ||
           slice_eq(country, SLICE("KE")) || slice_eq(country, SLICE("CI"));
}

enum err sender_check(const struct sender *sender, const char *country, bool test)
{
    struct slice to = slice_cstr(country);
    if (sender->status == SENDER_REJECTED) return ERR_SENDER_REJECTED;
    if (test) return ERR_OK;
    if (sender->status == SENDER_PENDING) return ERR_SENDER_BLOCKED;
    return country_is_regulated(to) && !sender_serves(sender, to) ? ERR_SENDER_COUNTRY : ERR_OK;
}
