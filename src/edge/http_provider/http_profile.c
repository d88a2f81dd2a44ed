#include "edge/http_provider/http_profile.h"

#include <ini.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "base/limits.h"
#include "edge/http_provider/http_render.h"
#include "edge/http_provider/json_path.h"
#include "net/http_head.h"
#include "wire/utf.h"

/* The library's lines hold 200 bytes with their end. */
#define LINE_LONGEST 197
#define TIMEOUT_MAX  300
/* The library takes a semicolon behind a blank for a comment. It goes past it as a byte that is in
   no profile. */
#define SEMICOLON '\x01'

struct reading {
    struct http_profile *profile;
    struct slice rest;
    unsigned line;
    bool has_body; /* the rest behind the line [body] is the body */
    bool wrong;
    char *problem; /* the first one */
};

static bool refuse(struct reading *reading, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static bool refuse(struct reading *reading, const char *format, ...)
{
    if (reading->wrong) return false;
    reading->wrong = true;
    int size = reading->line ? snprintf(reading->problem, 256, "line %u: ", reading->line) : 0;
    va_list args;
    va_start(args, format);
    vsnprintf(reading->problem + size, 256 - (size_t)size, format, args);
    va_end(args);
    return false;
}

/* ---- Values -------------------------------------------------------------------------------- */

static bool compile(struct reading *reading, struct slice source, const char *name,
                    struct gotemplate **out)
{
    char problem[GOTEMPLATE_PROBLEM_SIZE];
    struct gotemplate *template = gotemplate_compile(source, problem);
    if (!template) return refuse(reading, "%.50s: %s", name, problem);
    gotemplate_free(*out);
    *out = template;
    const struct slice *names;
    size_t count = gotemplate_variables(template, &names);
    for (size_t i = 0; i < count; i++) {
        unsigned bit = http_render_bit(names[i]);
        if (!bit)
            return refuse(reading, "%.50s: there is no variable \"%.*s\"", name,
                          (int)(names[i].size < 40 ? names[i].size : 40), names[i].at);
        reading->profile->used |= bit;
    }
    return true;
}

static bool is_error_word(struct slice text)
{
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!good) return false;
    }
    return text.size > 0 && text.size <= ERROR_WORD_MAX;
}

/* ---- Settings with a name of their own ----------------------------------------------------- */

enum setting_kind { SETTING_TEXT, SETTING_TOKEN, SETTING_TEMPLATE, SETTING_SECONDS, SETTING_PATH };

static const struct setting {
    const char *section, *name;
    enum setting_kind kind;
    size_t offset;
    const char *usual;
} settings[] = {
#define ROW(section, name, kind, field, usual)                                                     \
    {                                                                                              \
        section, name, kind, offsetof(struct http_profile, field), usual                           \
    }
    ROW("request", "url", SETTING_TEMPLATE, url, NULL),
    ROW("request", "method", SETTING_TOKEN, method, "POST"),
    ROW("request", "content_type", SETTING_TEXT, content_type, "application/json"),
    ROW("request", "body", SETTING_TEMPLATE, body, NULL),
    ROW("request", "timeout", SETTING_SECONDS, timeout_s, "10"),
    ROW("response", "id", SETTING_PATH, id, NULL),
    ROW("response", "error_code", SETTING_PATH, error_code, NULL),
    ROW("response", "error_message", SETTING_PATH, error_message, NULL),
    ROW("dlr", "secret", SETTING_TEXT, dlr_secret, NULL),
    ROW("dlr", "header", SETTING_TOKEN, dlr_header, NULL),
    ROW("dlr", "id", SETTING_PATH, dlr_id, "message_id"),
    ROW("dlr", "status", SETTING_PATH, dlr_status, "status"),
    ROW("dlr", "error", SETTING_PATH, dlr_error, "error_code"),
    ROW("dlr", "error_message", SETTING_PATH, dlr_text, "error_message"),
    ROW("dlr", "network", SETTING_PATH, dlr_network, "carrier"),
#undef ROW
};
#define SETTING_COUNT (sizeof settings / sizeof *settings)

static bool store_setting(struct reading *reading, const struct setting *setting,
                          struct slice value)
{
    char *at = (char *)reading->profile + setting->offset;
    struct slice kept = arena_copy(&reading->profile->arena, value);
    uint64_t number;
    bool good = false;
    switch (setting->kind) {
    case SETTING_TEMPLATE:
        return compile(reading, value, setting->name, (struct gotemplate **)(void *)at);
    case SETTING_SECONDS:
        good = slice_u64(value, &number) && number > 0 && number <= TIMEOUT_MAX;
        if (good) *(uint32_t *)(void *)at = (uint32_t)number;
        break;
    case SETTING_TEXT:
        good = http_is_value(value);
        break;
    case SETTING_TOKEN:
        good = http_is_token(value);
        break;
    case SETTING_PATH:
        good = json_path_is_valid(value);
        break;
    }
    if (good && setting->kind != SETTING_SECONDS) *(struct slice *)(void *)at = kept;
    return good ||
           refuse(reading, "[%s] %s cannot be \"%.60s\"", setting->section, setting->name, kept.at);
}

/* ---- Sections in which the carrier's words are the names ----------------------------------- */

static bool store_header(struct reading *reading, struct slice name, struct slice value)
{
    struct http_profile *profile = reading->profile;
    if (!http_is_token(name))
        return refuse(reading, "\"%.60s\" is not the name of a header", name.at);
    if (slice_eq_nocase(name, SLICE("content-type")))
        return refuse(reading, "this header is [request] content_type");
    if (profile->header_count == PROFILE_HEADERS_MAX)
        return refuse(reading, "there are more than %d headers", PROFILE_HEADERS_MAX);
    struct profile_header *header = &profile->headers[profile->header_count++];
    header->name = arena_copy(&profile->arena, name);
    return compile(reading, value, header->name.at, &header->value);
}

static bool store_error(struct reading *reading, struct slice name, struct slice value)
{
    struct http_profile *profile = reading->profile;
    if (!is_error_word(value))
        return refuse(reading, "\"%.60s\" is not a word of a-z, 0-9, _ and -, at most %d long",
                      value.at, ERROR_WORD_MAX);
    if (profile->error_count == PROFILE_ERRORS_MAX)
        return refuse(reading, "there are more than %d errors", PROFILE_ERRORS_MAX);
    profile->errors[profile->error_count++] = (struct profile_error){
        arena_copy(&profile->arena, name), arena_copy(&profile->arena, value)};
    return true;
}

/* What a profile may say for a state, and what most carriers say without being asked. Words of
   receipts over SMPP are known besides. */
static const struct {
    const char *word;
    enum receipt_state state;
} words[] = {
    {"delivered", RECEIPT_DELIVERED},
    {"failed", RECEIPT_UNDELIVERABLE},
    {"expired", RECEIPT_EXPIRED},
    {"rejected", RECEIPT_REJECTED},
    {"enroute", RECEIPT_ENROUTE},
    {"accepted", RECEIPT_ACCEPTED},
    {"deleted", RECEIPT_DELETED},
    {"unknown", RECEIPT_UNKNOWN},
    {"success", RECEIPT_DELIVERED},
    {"read", RECEIPT_DELIVERED},
    {"undelivered", RECEIPT_UNDELIVERABLE},
    {"undeliverable", RECEIPT_UNDELIVERABLE},
    {"not_delivered", RECEIPT_UNDELIVERABLE},
    {"blocked", RECEIPT_REJECTED},
    {"sent", RECEIPT_ENROUTE},
    {"submitted", RECEIPT_ENROUTE},
    {"queued", RECEIPT_ENROUTE},
    {"pending", RECEIPT_ENROUTE},
};
enum { OWN_WORDS = 8 }; /* at the front */

static bool word_find(struct slice word, size_t count, enum receipt_state *out)
{
    for (size_t i = 0; i < count; i++) {
        if (!slice_eq_nocase(word, slice_cstr(words[i].word))) continue;
        *out = words[i].state;
        return true;
    }
    return false;
}

static bool store_state(struct reading *reading, struct slice name, struct slice value)
{
    struct http_profile *profile = reading->profile;
    struct profile_state state = {.theirs = arena_copy(&profile->arena, name)};
    if (!word_find(value, OWN_WORDS, &state.state))
        return refuse(reading,
                      "\"%.60s\" is not delivered, failed, expired, rejected, enroute, "
                      "accepted, deleted or unknown",
                      value.at);
    if (profile->state_count == PROFILE_STATES_MAX)
        return refuse(reading, "there are more than %d states", PROFILE_STATES_MAX);
    profile->states[profile->state_count++] = state;
    return true;
}

static const struct {
    const char *name;
    bool (*store)(struct reading *reading, struct slice name, struct slice value);
} sections[] = {
    {"header", store_header},
    {"errors", store_error},
    {"dlr.status", store_state},
};

/* ---- Lines --------------------------------------------------------------------------------- */

static struct slice restore(const char *text, char to[LINE_LONGEST + 1])
{
    size_t size = strlen(text);
    for (size_t i = 0; i <= size; i++)
        to[i] = text[i] == SEMICOLON ? ';' : text[i];
    return slice_of(to, size);
}

static int read_pair(void *user, const char *section, const char *name, const char *value)
{
    struct reading *reading = user;
    char texts[2][LINE_LONGEST + 1];
    struct slice key = restore(name, texts[0]), text = restore(value, texts[1]);
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(section, sections[i].name) == 0) return sections[i].store(reading, key, text);
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (strcmp(section, settings[i].section) == 0 && strcmp(name, settings[i].name) == 0)
            return store_setting(reading, &settings[i], text);
    return refuse(reading, "there is no setting [%.40s] %.40s", section, name);
}

/* Feeds the library. It cuts long lines and says nothing, takes an indented line for more of the
   one before and half a line for a comment: each would make a wrong value. */
static char *read_line(char *to, int size, void *user)
{
    struct reading *reading = user;
    struct slice line;
    if (reading->wrong || reading->has_body || !slice_cut(&reading->rest, '\n', &line)) return NULL;
    reading->line++;
    line = slice_trim(line, " \t\r");
    for (size_t i = 0; i < line.size; i++) {
        if ((unsigned char)line.at[i] >= ' ' || line.at[i] == '\t') continue;
        refuse(reading, "there is a control character");
        return NULL;
    }
    reading->has_body = slice_eq(line, SLICE("[body]"));
    if (reading->has_body) return NULL;
    if (line.size > LINE_LONGEST || line.size + 2 > (size_t)size) {
        refuse(reading, "the line is longer than %d bytes", LINE_LONGEST);
        return NULL;
    }
    for (size_t i = 0; i < line.size; i++) {
        bool comment = line.at[i] == ';' && i > 0 && strchr(" \t", line.at[i - 1]);
        to[i] = comment ? SEMICOLON : line.at[i];
    }
    memcpy(to + line.size, "\n", 2);
    return to;
}

static void read_usual(struct reading *reading, struct slice provider_name)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        if (settings[i].usual) store_setting(reading, &settings[i], slice_cstr(settings[i].usual));
    struct slice header =
        arena_printf(&reading->profile->arena, "X-%.*s", (int)provider_name.size, provider_name.at);
    char *first = (char *)header.at + 2;
    if (*first >= 'a' && *first <= 'z') *first = (char)(*first - 'a' + 'A');
    reading->profile->dlr_header = header;
}

static bool read_body(struct reading *reading)
{
    if (reading->profile->body) return refuse(reading, "the body is in [request] already");
    reading->line = 0; /* the template's own lines are told */
    struct slice text = reading->rest;
    /* The last line's end belongs to the file. */
    if (text.size && text.at[text.size - 1] == '\n') text.size--;
    if (text.size && text.at[text.size - 1] == '\r') text.size--;
    return compile(reading, text, "[body]", &reading->profile->body);
}

static bool read_text(struct reading *reading, struct slice text, struct slice provider_name)
{
    if (text.size > PROFILE_MAX_SIZE)
        return refuse(reading, "it is longer than %d bytes", PROFILE_MAX_SIZE);
    if (!utf8_valid(text)) return refuse(reading, "it is not valid UTF-8");
    read_usual(reading, provider_name);
    int line = ini_parse_stream(read_line, reading, read_pair, reading);
    if (line > 0 && (!reading->wrong || (unsigned)line < reading->line)) {
        reading->wrong = false; /* this one came first */
        reading->line = (unsigned)line;
        return refuse(reading, "this is no [section] and no name = value");
    }
    if (reading->has_body) read_body(reading);
    reading->line = 0;
    if (!reading->profile->url) return refuse(reading, "there is no [request] url");
    if (!http_is_token(reading->profile->dlr_header))
        return refuse(reading, "[dlr] header must be set: the provider's name makes none");
    return !reading->wrong;
}

bool http_profile_read(struct slice text, struct slice provider_name, struct http_profile *out,
                       char *out_problem)
{
    struct http_profile profile = {0};
    struct reading reading = {.profile = &profile, .rest = text, .problem = out_problem};
    if (read_text(&reading, text, provider_name)) {
        *out = profile;
        return true;
    }
    http_profile_done(&profile);
    return false;
}

bool http_profile_check(struct slice text, struct slice provider_name, char *out_problem)
{
    struct http_profile profile;
    bool good = http_profile_read(text, provider_name, &profile, out_problem);
    if (good) http_profile_done(&profile);
    return good;
}

void http_profile_done(struct http_profile *profile)
{
    gotemplate_free(profile->url);
    gotemplate_free(profile->body);
    for (size_t i = 0; i < profile->header_count; i++)
        gotemplate_free(profile->headers[i].value);
    arena_done(&profile->arena);
    *profile = (struct http_profile){0};
}

/* ---- Words --------------------------------------------------------------------------------- */

struct slice http_profile_error(const struct http_profile *profile, struct slice theirs)
{
    for (size_t i = 0; i < profile->error_count; i++)
        if (slice_eq_nocase(profile->errors[i].theirs, theirs)) return profile->errors[i].ours;
    return SLICE("");
}

struct slice http_profile_cut(struct slice text, size_t max)
{
    if (text.size <= max) return text;
    return slice_of(text.at, utf8_valid_size(slice_of(text.at, max)));
}

enum receipt_state http_profile_state(const struct http_profile *profile, struct slice theirs)
{
    enum receipt_state state;
    for (size_t i = 0; i < profile->state_count; i++)
        if (slice_eq_nocase(profile->states[i].theirs, theirs)) return profile->states[i].state;
    if (word_find(theirs, sizeof words / sizeof *words, &state)) return state;
    char text[64];
    struct receipt_text receipt;
    snprintf(text, sizeof text, "stat:%.*s", (int)(theirs.size < 50 ? theirs.size : 50), theirs.at);
    return receipt_text_read(slice_cstr(text), &receipt) ? receipt.state : RECEIPT_UNKNOWN_WORD;
}
