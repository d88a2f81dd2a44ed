#include "wire/receipt_text.h"

#include <stdio.h>

enum key {
    KEY_ID,
    KEY_SUBMITTED,
    KEY_DONE,
    KEY_STATE,
    KEY_ERROR,
    KEY_OTHER, /* known only to end the value before it */
    KEY_TEXT,
    KEY_COUNT,
};

/* A blank in a word stands for any run of blanks, _ and -, none included: "submit date",
   "submitdate", "submit_date". Longer words come before the words that begin them. */
static const struct {
    const char *word;
    enum key key;
} keys[] = {
    {"id", KEY_ID},
    {"message id", KEY_ID},
    {"msg id", KEY_ID},
    {"submit date", KEY_SUBMITTED},
    {"done date", KEY_DONE},
    {"stat", KEY_STATE},
    {"status", KEY_STATE},
    {"err", KEY_ERROR},
    {"error", KEY_ERROR},
    {"err code", KEY_ERROR},
    {"error code", KEY_ERROR},
    {"sub", KEY_OTHER},
    {"dlvrd", KEY_OTHER},
    {"text", KEY_TEXT},
};

/* The first word of a state is the one that is written. Carriers cut and misspell them; see
   state_matches. What is not clearly one of these stays unknown: a wrong verdict costs more. */
static const struct {
    const char *word;
    enum receipt_state state;
} states[] = {
    {"ENROUTE", RECEIPT_ENROUTE},        {"BUFFERED", RECEIPT_ENROUTE},
    {"BUFFRED", RECEIPT_ENROUTE},        {"DELIVRD", RECEIPT_DELIVERED},
    {"DELIVERED", RECEIPT_DELIVERED},    {"DELIVERD", RECEIPT_DELIVERED},
    {"DELIVRED", RECEIPT_DELIVERED},     {"DELVRD", RECEIPT_DELIVERED},
    {"DLVRD", RECEIPT_DELIVERED},        {"EXPIRED", RECEIPT_EXPIRED},
    {"EXPIRD", RECEIPT_EXPIRED},         {"EXPRD", RECEIPT_EXPIRED},
    {"DELETED", RECEIPT_DELETED},        {"DELETD", RECEIPT_DELETED},
    {"UNDELIV", RECEIPT_UNDELIVERABLE},  {"UNDLV", RECEIPT_UNDELIVERABLE},
    {"NOTDELIV", RECEIPT_UNDELIVERABLE}, {"FAILED", RECEIPT_UNDELIVERABLE},
    {"ACCEPTD", RECEIPT_ACCEPTED},       {"ACCEPTED", RECEIPT_ACCEPTED},
    {"UNKNOWN", RECEIPT_UNKNOWN},        {"UNKNWN", RECEIPT_UNKNOWN},
    {"REJECTD", RECEIPT_REJECTED},       {"REJECTED", RECEIPT_REJECTED},
    {"SKIPPED", RECEIPT_SKIPPED},        {"SKIPED", RECEIPT_SKIPPED},
};

#define COUNT(table)     (sizeof(table) / sizeof *(table))
#define STATE_PREFIX_MIN 4
#define STATE_WORD_MAX   16

static bool is_blank(char c)
{
    return c == '\0' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_separator(char c)
{
    return is_blank(c) || c == ',' || c == ';' || c == '|';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_quote(char c)
{
    return c == '"' || c == '\'';
}

/* ASCII whatever the locale; 0 when it is no letter. */
static char upper(char c)
{
    char letter = (char)(c & ~0x20);
    return letter >= 'A' && letter <= 'Z' ? letter : 0;
}

static size_t skip_blanks(struct slice text, size_t at)
{
    while (at < text.size && is_blank(text.at[at]))
        at++;
    return at;
}

/* The offset behind `word` at text[at], 0 when it is not there. */
static size_t word_end(struct slice text, size_t at, const char *word)
{
    for (; *word; word++) {
        if (*word == ' ') {
            while (at < text.size && (is_blank(text.at[at]) || strchr("_-", text.at[at])))
                at++;
        } else if (at < text.size && upper(text.at[at]) == upper(*word)) {
            at++;
        } else {
            return 0;
        }
    }
    return at;
}

/* Whether a key and its colon begin at text[at]; `*out_end` is behind the colon. */
static bool key_begins(struct slice text, size_t at, enum key *out_key, size_t *out_end)
{
    char first = upper(text.at[at]);
    for (size_t i = 0; first && i < COUNT(keys); i++) {
        size_t end = upper(keys[i].word[0]) == first ? word_end(text, at, keys[i].word) : 0;
        if (end == 0) continue;
        end = skip_blanks(text, end);
        if (end == text.size || (text.at[end] != ':' && text.at[end] != '=')) continue;
        *out_key = keys[i].key;
        *out_end = end + 1;
        return true;
    }
    return false;
}

/* Dates are written with blanks and colons inside: "2026-11-21 09:30:00". */
static bool date_goes_on(struct slice text, size_t at)
{
    char c = text.at[at];
    if (is_digit(c) || (c && strchr(" -/:.+", c))) return true;
    return (upper(c) == 'T' || upper(c) == 'Z') && at > 0 && is_digit(text.at[at - 1]);
}

/* The value that begins at text[at] ends before a separator, or before the next key where a carrier
   left the blank out: "stat:DELIVRDerr:000". An id must not be mistaken for a key's ending, so "id"
   alone needs its blank. */
static struct slice value_at(struct slice text, size_t at, enum key key)
{
    bool is_date = key == KEY_SUBMITTED || key == KEY_DONE;
    enum key next;
    size_t unused;
    while (at < text.size && (is_blank(text.at[at]) || is_quote(text.at[at])))
        at++;
    size_t end = at;
    for (; end < text.size; end++) {
        if (is_date ? !date_goes_on(text, end) : is_separator(text.at[end])) break;
        if (!key_begins(text, end, &next, &unused)) continue;
        if (next != KEY_ID || end == at) break;
    }
    return slice_trim(slice_of(text.at + at, end - at), " \"'");
}

/* Puts the value of each key into `found`. In the usual order the first of a key wins and the
   customer's own words behind `text:` are never looked at: returns their offset. Inside those
   (`behind_text`) the last one wins, since there a real field can only follow the words. */
static size_t scan(struct slice text, bool behind_text, struct slice found[KEY_COUNT])
{
    size_t at = 0;
    while (at < text.size) {
        enum key key;
        size_t end;
        if (is_separator(text.at[at])) {
            at++;
        } else if (key_begins(text, at, &key, &end)) {
            if (key == KEY_TEXT && !behind_text) return end;
            struct slice value = value_at(text, end, key);
            if (value.size && (behind_text || found[key].size == 0)) found[key] = value;
            at = value.size ? (size_t)(value.at - text.at) + value.size : end;
        } else {
            while (at < text.size && !is_separator(text.at[at]))
                at++;
        }
    }
    return text.size;
}

/* The whole word, a longer one that begins with it, or what a narrow field left of it. */
static bool state_matches(struct slice given, struct slice known)
{
    return slice_starts(given, known) ||
           (given.size >= STATE_PREFIX_MIN && slice_starts(known, given));
}

static enum receipt_state state_of_text(struct slice text)
{
    uint64_t code;
    if (slice_u64(text, &code))
        return code <= UINT8_MAX ? receipt_state_of_code((uint8_t)code) : RECEIPT_UNKNOWN_WORD;

    char letters[STATE_WORD_MAX];
    size_t size = 0;
    for (size_t i = 0; i < text.size && size < sizeof letters; i++)
        if (upper(text.at[i])) letters[size++] = upper(text.at[i]);
    for (size_t i = 0; i < COUNT(states); i++)
        if (state_matches(slice_of(letters, size), slice_cstr(states[i].word)))
            return states[i].state;
    return RECEIPT_UNKNOWN_WORD;
}

bool receipt_text_read(struct slice text, struct receipt_text *out)
{
    struct slice found[KEY_COUNT] = {{0}};
    size_t words_at = scan(text, false, found);
    if (found[KEY_ID].size == 0 && found[KEY_STATE].size == 0)
        scan(slice_from(text, words_at), true, found);

    enum receipt_state state = state_of_text(found[KEY_STATE]);
    if (found[KEY_ID].size == 0 && state == RECEIPT_UNKNOWN_WORD) return false;
    *out = (struct receipt_text){
        .id = found[KEY_ID],
        .state = state,
        .error = found[KEY_ERROR],
        .submitted = found[KEY_SUBMITTED],
        .done = found[KEY_DONE],
    };
    return true;
}

enum receipt_state receipt_state_of_code(uint8_t message_state)
{
    _Static_assert(RECEIPT_ENROUTE == 1 && RECEIPT_SKIPPED == 9, "the states are the codes");
    bool known = message_state >= RECEIPT_ENROUTE && message_state <= RECEIPT_SKIPPED;
    return known ? (enum receipt_state)message_state : RECEIPT_UNKNOWN_WORD;
}

const char *receipt_state_word(enum receipt_state state)
{
    for (size_t i = 0; i < COUNT(states); i++)
        if (states[i].state == state) return states[i].word;
    return "UNKNOWN";
}

static size_t put(char *out, size_t size, size_t capacity, struct slice text)
{
    size_t room = capacity - size;
    if (text.size > room) text.size = room;
    if (text.size) memcpy(out + size, text.at, text.size);
    return size + text.size;
}

/* Days since 1970 to year, month and day, counting years from March so that the leap day is the
   last one of its year; an era is 400 years of 146,097 days. */
static struct slice date_write(uint64_t at_ms, char out[11])
{
    uint64_t minutes = at_ms / 60000;
    uint64_t days = minutes / 1440 + 719468;
    unsigned in_era = (unsigned)(days % 146097);
    unsigned year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    unsigned in_year = in_era - (365 * year + year / 4 - year / 100);
    unsigned from_march = (5 * in_year + 2) / 153;
    unsigned day = in_year - (153 * from_march + 2) / 5 + 1;
    unsigned month = from_march < 10 ? from_march + 3 : from_march - 9;
    if (month <= 2) year++;
    snprintf(out, 11, "%02u%02u%02u%02u%02u", year % 100, month % 100, day % 100,
             (unsigned)(minutes / 60 % 24), (unsigned)(minutes % 60));
    return slice_of(out, 10);
}

size_t receipt_text_write(const struct receipt_write *receipt, char *out, size_t capacity)
{
    char submitted[11], done[11], error[16];
    bool delivered = receipt->state == RECEIPT_DELIVERED;
    int error_size = snprintf(error, sizeof error, "%03u", receipt->error);
    struct slice words = receipt->text;
    if (words.size > 20) words.size = 20;
    const struct slice parts[] = {
        SLICE("id:"),
        receipt->id,
        delivered ? SLICE(" sub:001 dlvrd:001 submit date:")
                  : SLICE(" sub:001 dlvrd:000 submit date:"),
        date_write(receipt->submitted_at_ms, submitted),
        SLICE(" done date:"),
        date_write(receipt->done_at_ms, done),
        SLICE(" stat:"),
        slice_cstr(receipt_state_word(receipt->state)),
        SLICE(" err:"),
        slice_of(error, (size_t)error_size),
        SLICE(" text:"),
        words,
    };
    size_t size = 0;
    for (size_t i = 0; i < COUNT(parts); i++)
        size = put(out, size, capacity, parts[i]);
    return size;
}
