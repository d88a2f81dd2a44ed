#include "oracle.h"

#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <phonenumbers/phonemetadata.pb.h>
#include <phonenumbers/phonenumber.pb.h>
#include <phonenumbers/phonenumberutil.h>

// The library exports its data, but installs no header that says so.
namespace i18n
{
namespace phonenumbers
{
int metadata_size();
const void *metadata_get();
} // namespace phonenumbers
} // namespace i18n

namespace pn = i18n::phonenumbers;
using pn::PhoneNumberUtil;

static const char WORLD[] = "001"; // the region of codes that belong to no country
static const char UNKNOWN[] = "ZZ";

void oracle_ask(const char *text, size_t size, const char *region, oracle_answer *out)
{
    static const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();
    pn::PhoneNumber number;
    *out = {};
    const char *home = region ? region : UNKNOWN;
    if (util.Parse(std::string(text, size), home, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
        return;
    out->parsed = true;
    out->possible = util.IsPossibleNumberWithReason(number) == PhoneNumberUtil::IS_POSSIBLE;

    std::string e164, owner;
    util.Format(number, PhoneNumberUtil::E164, &e164);
    snprintf(out->number, sizeof out->number, "%s", e164.c_str());
    util.GetRegionCodeForNumber(number, &owner);
    out->valid = util.IsValidNumberForRegion(number, owner);
    if (!out->valid) return;
    if (owner != WORLD) snprintf(out->region, sizeof out->region, "%s", owner.c_str());
    // Both enums have the same order, but ours begins with the unknown type.
    out->type = static_cast<unsigned>(util.GetNumberType(number)) + 1;
}

static const pn::PhoneMetadataCollection &plans()
{
    static pn::PhoneMetadataCollection all;
    if (all.metadata_size() == 0) all.ParseFromArray(pn::metadata_get(), pn::metadata_size());
    return all;
}

static std::vector<oracle_pattern> patterns_collect()
{
    std::map<int, int> regions_of_code;
    for (const pn::PhoneMetadata &plan : plans().metadata())
        regions_of_code[plan.country_code()]++;

    std::vector<oracle_pattern> rows;
    for (const pn::PhoneMetadata &plan : plans().metadata()) {
        oracle_pattern row = {};
        row.region = plan.id() == WORLD ? nullptr : plan.id().c_str();
        row.national_prefix = plan.national_prefix_for_parsing().c_str();
        row.international_prefix = plan.international_prefix().c_str();
        row.calling_code = static_cast<unsigned>(plan.country_code());
        row.shared_code = regions_of_code[plan.country_code()] > 1;
        for (const pn::PhoneNumberDesc *type :
             {&plan.general_desc(), &plan.fixed_line(), &plan.mobile(), &plan.toll_free(),
              &plan.premium_rate(), &plan.shared_cost(), &plan.voip(), &plan.personal_number(),
              &plan.pager(), &plan.uan(), &plan.voicemail()}) {
            bool missing = type->possible_length_size() > 0 && type->possible_length(0) == -1;
            row.pattern = type->national_number_pattern().c_str();
            if (!missing && *row.pattern) rows.push_back(row);
        }
    }
    return rows;
}

const oracle_pattern *oracle_patterns(size_t *out_count)
{
    static const std::vector<oracle_pattern> rows = patterns_collect();
    *out_count = rows.size();
    return rows.data();
}

uint64_t oracle_data_hash()
{
    const unsigned char *bytes = static_cast<const unsigned char *>(pn::metadata_get());
    uint64_t value = 0xcbf29ce484222325u;
    for (int i = 0; i < pn::metadata_size(); i++)
        value = (value ^ bytes[i]) * 0x100000001b3u;
    return value;
}
