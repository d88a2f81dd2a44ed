// Prints the numbering plans inside the installed libphonenumber as JSON, in the shape that
// plans.mjs describes. With the argument --hash: prints the FNV-1a hash of those plans instead.
#include <cinttypes>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include <phonenumbers/phonemetadata.pb.h>

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

static std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + "\"";
}

template <typename List> static std::string numbers(const List &list)
{
    std::string out;
    for (auto number : list)
        out += (out.empty() ? "" : ",") + std::to_string(number);
    return "[" + out + "]";
}

static std::string type_json(const pn::PhoneNumberDesc &type)
{
    // A length of -1 stands for a type that does not exist.
    bool exists = type.possible_length_size() == 0 || type.possible_length(0) != -1;
    return "{\"pattern\":" + quoted(exists ? type.national_number_pattern() : "") +
           ",\"lengths\":" + numbers(type.possible_length()) + "}";
}

static std::string plan_json(const pn::PhoneMetadata &plan)
{
    const std::pair<const char *, const pn::PhoneNumberDesc &> types[] = {
        {"FIXED_LINE", plan.fixed_line()},
        {"MOBILE", plan.mobile()},
        {"TOLL_FREE", plan.toll_free()},
        {"PREMIUM_RATE", plan.premium_rate()},
        {"SHARED_COST", plan.shared_cost()},
        {"VOIP", plan.voip()},
        {"PERSONAL", plan.personal_number()},
        {"PAGER", plan.pager()},
        {"UAN", plan.uan()},
        {"VOICEMAIL", plan.voicemail()},
    };
    std::string types_json;
    for (const auto &[name, type] : types)
        types_json += (types_json.empty() ? "" : ",") + quoted(name) + ":" + type_json(type);

    const pn::PhoneNumberDesc &general = plan.general_desc();
    bool is_main = plan.main_country_for_code() || plan.id() == "001";
    return "{\"region\":" + quoted(plan.id()) +
           ",\"callingCode\":" + std::to_string(plan.country_code()) +
           ",\"isMain\":" + (is_main ? "true" : "false") +
           ",\"internationalPrefix\":" + quoted(plan.international_prefix()) +
           ",\"nationalPrefix\":" + quoted(plan.national_prefix_for_parsing()) +
           ",\"transform\":" + quoted(plan.national_prefix_transform_rule()) +
           ",\"leadingDigits\":" + quoted(plan.leading_digits()) +
           ",\"pattern\":" + quoted(general.national_number_pattern()) +
           ",\"lengths\":" + numbers(general.possible_length()) +
           ",\"localLengths\":" + numbers(general.possible_length_local_only()) +
           ",\"sameMobile\":" + (plan.same_mobile_and_fixed_line_pattern() ? "true" : "false") +
           ",\"types\":{" + types_json + "}}";
}

static uint64_t hash(const unsigned char *bytes, int size)
{
    uint64_t value = 0xcbf29ce484222325u;
    for (int i = 0; i < size; i++)
        value = (value ^ bytes[i]) * 0x100000001b3u;
    return value;
}

int main(int argc, char **argv)
{
    const void *bytes = pn::metadata_get();
    if (argc > 1 && strcmp(argv[1], "--hash") == 0) {
        printf("%016" PRIx64 "\n",
               hash(static_cast<const unsigned char *>(bytes), pn::metadata_size()));
        return 0;
    }
    pn::PhoneMetadataCollection plans;
    if (!plans.ParseFromArray(bytes, pn::metadata_size())) {
        fputs("the library's plans are not what its header describes\n", stderr);
        return 1;
    }
    const char *separator = "[";
    for (const pn::PhoneMetadata &plan : plans.metadata()) {
        printf("%s\n%s", separator, plan_json(plan).c_str());
        separator = ",";
    }
    puts("\n]");
    return 0;
}
