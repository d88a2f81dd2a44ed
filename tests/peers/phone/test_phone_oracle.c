/* The classifier against libphonenumber, which its rules are taken from. Both work on the same
   plans: here the classifier is built with a table that was made from the library's own data.

       test_phone_oracle [NUMBERS [SEED]]

   Left out, because only the library reads them: letters, extensions, digits of other scripts. */
#define PHONE_TABLE "debian_table.h"
#include "wire/phone.c" /* the test looks at the steps inside */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "dial.h"
#include "oracle.h"

static unsigned long number_count = 1000000;
static uint64_t seed = 1;

struct verdict {
    bool parsed;
    enum phone_class class;
    char number[64];
    struct phone phone;
};

static void classifier_ask(struct slice text, const char *region, struct verdict *out)
{
    const struct phone_code *code;
    struct digits national;
    *out = (struct verdict){0};
    out->class = phone_parse(text, region, &out->phone);
    /* The library names the number even when it is invalid, and so the parsing of those is
       compared as well. */
    out->parsed = number_read(text, region, &code, &national);
    if (!out->parsed) return;
    int size = snprintf(out->number, sizeof out->number, "+%u", code->calling_code);
    for (unsigned i = 0; i < national.count; i++)
        out->number[size++] = (char)('0' + national.at[i]);
}

/* NULL when both say the same, else what they disagree about. */
static const char *difference(const struct verdict *ours, const struct oracle_answer *theirs,
                              bool shared_code)
{
    if (ours->parsed != theirs->parsed) return "whether it is a number";
    if (!ours->parsed) return ours->class == PHONE_INVALID ? NULL : "its class";
    if (strcmp(ours->number, theirs->number) != 0) return "its digits";
    if ((ours->class == PHONE_ASSIGNED) != theirs->valid) return "whether it is assigned";
    if (theirs->possible && ours->class == PHONE_INVALID) return "whether it is possible";
    /* Lengths of the other regions of a code are possible only for us. */
    if (!shared_code && !theirs->possible && ours->class != PHONE_INVALID)
        return "whether it is impossible";
    if (!theirs->valid) return NULL;
    if (strcmp(ours->phone.iso2, theirs->region) != 0) return "its region";
    if (ours->phone.type != theirs->type) return "its type";
    return NULL;
}

/* What the functions on finished numbers say must be what the parser said. */
static const char *contradiction(const struct verdict *ours)
{
    if (ours->class == PHONE_INVALID) return NULL;
    char text[PHONE_TEXT_MAX];
    size_t size = phone_format(ours->phone.number, text);
    if (size != strlen(text) || strcmp(text, ours->number) != 0) return "phone_format";
    const char *iso2 = phone_iso2(ours->phone.number);
    if (!iso2 || strcmp(iso2, ours->phone.iso2) != 0) return "phone_iso2";
    return NULL;
}

static bool code_is_shared(const char *number, const struct dial *dial)
{
    struct digits digits = {.count = 3};
    for (unsigned i = 0; i < 3; i++)
        digits.at[i] = (uint8_t)(number[1 + i] - '0');
    const struct phone_code *code = code_at_start(&digits);
    for (size_t i = 0; code && i < dial->pattern_count; i++)
        if (dial->patterns[i].calling_code == code->calling_code)
            return dial->patterns[i].shared_code;
    return false;
}

static void a_million_numbers_mean_what_libphonenumber_says(void **state)
{
    struct dial dial = {.random = seed};
    dial.patterns = oracle_patterns(&dial.pattern_count);
    unsigned long mismatches = 0, parsed = 0, assigned = 0, possible = 0;
    for (unsigned long i = 0; i < number_count; i++) {
        dial_next(&dial);
        struct verdict ours;
        struct oracle_answer theirs;
        classifier_ask(slice_of(dial.text, dial.size), dial.region, &ours);
        oracle_ask(dial.text, dial.size, dial.region, &theirs);
        parsed += theirs.parsed;
        assigned += theirs.valid;
        possible += ours.class == PHONE_POSSIBLE;

        bool shared = ours.parsed && code_is_shared(ours.number, &dial);
        const char *what = difference(&ours, &theirs, shared);
        if (!what) what = contradiction(&ours);
        if (what && mismatches++ < 20)
            print_error("\"%.*s\" in %s: %s. Ours %s %d %s %d, theirs %s %d %s %u\n",
                        (int)dial.size, dial.text, dial.region ? dial.region : "no region", what,
                        ours.number, (int)ours.class, ours.phone.iso2, (int)ours.phone.type,
                        theirs.number, theirs.valid, theirs.region, theirs.type);
    }
    print_message("%lu numbers, seed %lu: %lu read, %lu assigned, %lu possible, %lu mismatches\n",
                  number_count, (unsigned long)seed, parsed, assigned, possible, mismatches);
    assert_int_equal(mismatches, 0);
    /* A comparison of numbers that all are wrong, or all are right, would say little. */
    assert_in_range(assigned * 100 / number_count, 25, 75);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_million_numbers_mean_what_libphonenumber_says),
    };
    if (argc > 1) number_count = strtoul(argv[1], NULL, 10);
    if (argc > 2) seed = strtoul(argv[2], NULL, 10);

    char hash[20];
    snprintf(hash, sizeof hash, "%016lx", (unsigned long)oracle_data_hash());
    if (!strstr(PHONE_TABLE_TITLE, hash)) {
        printf("skipped: the library's data %s are not those of our table (%s); "
               "tools/phone/regenerate debian makes a new one\n",
               hash, PHONE_TABLE_TITLE);
        return 77; /* what meson takes for skipped */
    }
    return cmocka_run_group_tests_name("phone against libphonenumber", tests, NULL, NULL);
}
