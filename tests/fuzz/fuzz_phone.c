/* Telephone numbers: whatever the text, what phone_parse finds must agree with itself and with
   phone_iso2, and what phone_format writes of it must read as the same number again. A few plans
   have numbers that begin with what looks like a prefix (Belarus, +375 810...); from those the
   second reading may take digits off.

   The first byte tells where the text is dialled. */
#include "wire/phone.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Regions whose prefixes have groups, replacements, alternatives or ends in their patterns. */
static const char *const regions[] = {NULL, "TH", "US", "GB", "GG", "AR", "BR", "MX", "IT", "CC",
                                      "SM", "GA", "MG", "KR", "CN", "JP", "UY", "zz", "A",  ""};

static bool calling_code_leads(const struct phone *phone)
{
    uint64_t leading = phone->number;
    while (leading > phone->calling_code)
        leading /= 10;
    return leading == phone->calling_code;
}

static void phone_is_sound(const struct phone *phone)
{
    assert(phone->class == PHONE_POSSIBLE || phone->class == PHONE_ASSIGNED);
    assert((phone->class == PHONE_ASSIGNED) == (phone->type != PHONE_TYPE_UNKNOWN));
    assert(phone->type <= PHONE_VOICEMAIL);
    assert(strlen(phone->iso2) == 2 || phone->iso2[0] == '\0');
    assert(strlen(phone->iso3) == (phone->iso2[0] ? 3 : 0));
    assert(calling_code_leads(phone));
    const char *iso2 = phone_iso2(phone->number);
    assert(iso2 && strcmp(iso2, phone->iso2) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    const char *region = regions[data[0] % (sizeof regions / sizeof regions[0])];
    struct phone phone;
    if (phone_parse(slice_of(data + 1, size - 1), region, &phone) == PHONE_INVALID) return 0;
    phone_is_sound(&phone);

    char text[PHONE_TEXT_MAX];
    size_t text_size = phone_format(phone.number, text);
    uint64_t written = 0;
    assert(text_size == strlen(text) && text[0] == '+');
    assert(slice_u64(slice_of(text + 1, text_size - 1), &written) && written == phone.number);

    struct phone again;
    if (phone_parse(slice_of(text, text_size), NULL, &again) == PHONE_INVALID) return 0;
    phone_is_sound(&again);
    assert(again.calling_code == phone.calling_code);
    if (again.number == phone.number)
        assert(again.type == phone.type && strcmp(again.iso3, phone.iso3) == 0);
    return 0;
}
