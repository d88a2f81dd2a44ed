#include "edge/robase/robase_sms.h"

#include <stdio.h>

#include "wire/iso_time.h"
#include "wire/smpp_status.h"
#include "wire/uuid.h"

static const char *const statuses[RECIPIENT_STATE_COUNT] = {
    [RECIPIENT_NEW] = "queued",          [RECIPIENT_QUEUED] = "queued",
    [RECIPIENT_SENT] = "sent",           [RECIPIENT_DELIVERED] = "delivered",
    [RECIPIENT_FAILED] = "failed",       [RECIPIENT_REJECTED] = "rejected",
    [RECIPIENT_EXPIRED] = "failed",      [RECIPIENT_TIMEOUT] = "sent",
    [RECIPIENT_CANCELLED] = "cancelled", [RECIPIENT_SCHEDULED] = "scheduled",
};

static const enum recipient_state state_of_event[EVENT_TYPE_COUNT] = {
    [EVENT_QUEUED] = RECIPIENT_QUEUED,       [EVENT_SENT] = RECIPIENT_SENT,
    [EVENT_DELIVERED] = RECIPIENT_DELIVERED, [EVENT_FAILED] = RECIPIENT_FAILED,
    [EVENT_REJECTED] = RECIPIENT_REJECTED,
};

/* The words of the core and what a customer reads beside them. */
static const struct {
    const char *word, *shown, *message;
} error_words[] = {
    {"phone_invalid", NULL, "the provider says that the number is not valid"},
    {"dnd_blocked", NULL, "the provider says that the number takes no such messages"},
    {"sender_id_invalid", NULL, "sender id was rejected by carrier compliance"},
    {"provider_unavailable", NULL, "no provider could take the message"},
    {"no_route", "provider_unavailable", "no provider serves this destination"},
    {"expired", NULL, "no provider took the message in time"},
    {"refused", NULL, "the provider refused the message"},
    {"provider_error", NULL, "the provider refused the message"},
    {"no_answer", NULL, "the provider did not answer, and may have taken the message"},
};

const char *robase_status(enum recipient_state state)
{
    return statuses[state];
}

struct slice robase_encoding(enum encoding encoding)
{
    return encoding == ENCODING_GSM7 ? SLICE("GSM7") : SLICE("UCS2");
}

/* ---- Views --------------------------------------------------------------------------------- */

void robase_view_accepted(struct robase_view *view, const struct message *message)
{
    view->message = message;
    view->recipient = NULL;
    view->attempts = NULL;
    view->attempt_count = 0;
    view->state = message->send_at_ms ? RECIPIENT_SCHEDULED : RECIPIENT_QUEUED;
    view->at_ms = view->changed_at_ms = id_ms(message->id.v);
}

void robase_view_now(struct robase_view *view, const struct store_recipient *story)
{
    view->message = &story->message;
    view->recipient = &story->recipient;
    view->attempts = story->attempts;
    view->attempt_count = story->attempt_count;
    view->state = story->recipient.state;
    view->at_ms = UINT64_MAX;
    view->changed_at_ms = story->recipient.changed_at_ms;
}

void robase_view_at(struct robase_view *view, const struct store_recipient *story,
                    enum event_type event, uint64_t at_ms)
{
    robase_view_now(view, story);
    view->state = state_of_event[event];
    view->at_ms = view->changed_at_ms = at_ms;
    if (event == EVENT_QUEUED) view->attempt_count = 0;
}

/* ---- Tries --------------------------------------------------------------------------------- */

/* One provider's turn with a message: its segments are one try. */
struct
try {
    const struct attempt *first; /* NULL: there is none */
    const struct attempt *taken; /* whose id the message has there */
    const struct attempt *refused;
    uint64_t answered_at_ms; /* the last of them */
    bool ok;
};

/* An attempt of which the view knows the outcome. */
static bool attempt_is_answered(const struct robase_view *view, const struct attempt *attempt)
{
    return attempt->answered_at_ms && attempt->answered_at_ms <= view->at_ms &&
           (attempt->state == ATTEMPT_TAKEN || attempt->state == ATTEMPT_REFUSED ||
            attempt->state == ATTEMPT_UNCERTAIN);
}

/* Taken, or its receipt says so although the answer was lost. */
static bool attempt_is_taken(const struct robase_view *view, const struct attempt *attempt)
{
    if (attempt->state != ATTEMPT_UNCERTAIN) return attempt->state == ATTEMPT_TAKEN;
    return attempt->receipt != RECEIPT_UNKNOWN_WORD && attempt->receipt_at_ms <= view->at_ms;
}

/* An event tells only of what was answered by then: what else becomes of its attempts must not
   change the bytes of a repeated delivery. */
static bool attempt_is_seen(const struct robase_view *view, const struct attempt *attempt)
{
    return view->at_ms == UINT64_MAX || attempt_is_answered(view, attempt);
}

/* The next try that has ended, from *cursor on. Attempts at ascending segments belong to one try;
   a segment that comes again begins another. */
static bool next_try(const struct robase_view *view, size_t *cursor, struct try *out)
{
    while (*cursor < view->attempt_count) {
        if (!attempt_is_seen(view, &view->attempts[*cursor])) {
            ++*cursor;
            continue;
        }
        struct try try = {.first = &view->attempts[*cursor], .ok = true};
        bool open = false;
        unsigned segment = 0;
        for (; *cursor < view->attempt_count; ++*cursor) {
            const struct attempt *attempt = &view->attempts[*cursor];
            if (!attempt_is_seen(view, attempt)) continue;
            if (attempt->provider.v != try.first->provider.v || attempt->segment <= segment) break;
            segment = attempt->segment;
            if (!attempt_is_answered(view, attempt)) {
                open = true;
                continue;
            }
            bool taken = attempt_is_taken(view, attempt);
            if (taken && !try.taken) try.taken = attempt;
            if (!taken && !try.refused) try.refused = attempt;
            if (attempt->answered_at_ms > try.answered_at_ms)
                try.answered_at_ms = attempt->answered_at_ms;
        }
        if (segment == 0) ++*cursor; /* an attempt without a number would stop the walk */
        try.ok = !try.refused;
        if (open && try.ok) continue;
        *out = try;
        return true;
    }
    return false;
}

/* The try that decided: the last that was taken, else the last of all. */
static struct try deciding_try(const struct robase_view *view, bool *out_last)
{
    struct try found = {0}, try;
    *out_last = true;
    for (size_t cursor = 0; next_try(view, &cursor, &try);) {
        *out_last = try.ok || !found.ok;
        if (*out_last) found = try;
    }
    return found;
}

uint64_t robase_view_sent_at_ms(const struct robase_view *view)
{
    bool last;
    struct try try = deciding_try(view, &last);
    switch (view->state) {
    case RECIPIENT_SENT:
    case RECIPIENT_TIMEOUT:
        return try.first ? try.answered_at_ms : view->changed_at_ms;
    case RECIPIENT_DELIVERED:
        return try.first ? try.answered_at_ms : 0;
    case RECIPIENT_FAILED: /* after hand-over, or because nobody took (all of) it */
        return try.ok && last ? try.answered_at_ms : 0;
    default:
        return 0;
    }
}

/* ---- Errors -------------------------------------------------------------------------------- */

struct error_told {
    const char *code;
    char message[ERROR_TEXT_MAX + 1];
};

/* What goes without saying more, for an error's word; "" when there is no such sentence. */
static const char *sentence_of(const char *word, const char **out_shown)
{
    for (size_t i = 0; i < sizeof error_words / sizeof *error_words; i++) {
        if (strcmp(word, error_words[i].word) != 0) continue;
        if (error_words[i].shown) *out_shown = error_words[i].shown;
        return error_words[i].message;
    }
    return "";
}

/* An error in the carrier's own word, or else by its SMPP status; with its own sentence `text`, if
   it gave one. */
static struct error_told error_told_of(const char *word, uint32_t status, const char *text)
{
    struct error_told told = {.code = word};
    if (!word[0]) told.code = status ? smpp_status_name(status) : "provider_error";
    if (!text[0]) text = sentence_of(told.code, &told.code);
    if (!text[0] && !word[0] && status) text = smpp_status_text(status);
    if (text[0])
        snprintf(told.message, sizeof told.message, "%s", text);
    else if (strncmp(word, "http_", 5) == 0)
        snprintf(told.message, sizeof told.message, "the provider answered with HTTP status %s",
                 word + 5);
    else
        snprintf(told.message, sizeof told.message, "the carrier reported error %s", word);
    return told;
}

/* The sentence of the attempt whose error became the message's. */
static const char *text_of(const struct robase_view *view, const char *word)
{
    for (size_t i = view->attempt_count; i-- > 0;) {
        const struct attempt *attempt = &view->attempts[i];
        if (attempt->answered_at_ms > view->at_ms || !attempt->error_text[0]) continue;
        if (strcmp(attempt->error, word) == 0 || strcmp(attempt->receipt_error, word) == 0)
            return attempt->error_text;
    }
    return "";
}

static void put_error(struct json_writer *json, struct error_told told)
{
    json_put_text(json, "error_code", slice_cstr(told.code));
    json_put_text(json, "error_message", slice_cstr(told.message));
}

/* ---- Writing ------------------------------------------------------------------------------- */

void robase_put_id(struct json_writer *json, const char *name, uint64_t id,
                   const uint8_t *id_secret)
{
    char text[UUID_TEXT_SIZE + 1];
    uuid_write(id, id_secret, text);
    json_put_text(json, name, slice_cstr(text));
}

void robase_put_time(struct json_writer *json, const char *name, uint64_t ms)
{
    char text[ISO_TIME_S_SIZE + 1];
    iso_time_write_s(ms, text);
    json_put_text(json, name, slice_cstr(text));
}

static void put_provider(struct json_writer *json, const struct robase_view *view,
                         struct provider_id provider)
{
    char name[NAME_MAX_SIZE + 1];
    if (view->message->test) provider = PROVIDER_REHEARSAL;
    robase_names_get(view->names, provider, name);
    if (name[0]) json_put_text(json, "provider", slice_cstr(name));
}

static void write_try(struct json_writer *json, const struct robase_view *view,
                      const struct try *try)
{
    json_begin_object(json);
    put_provider(json, view, try->first->provider);
    robase_put_time(json, "attempted_at", try->first->intent_at_ms);
    json_put_bool(json, "ok", try->ok);
    if (try->taken && try->taken->carrier_id[0])
        json_put_text(json, "provider_message_id", slice_cstr(try->taken->carrier_id));
    if (try->refused) {
        bool uncertain = try->refused->state == ATTEMPT_UNCERTAIN;
        put_error(json, error_told_of(uncertain ? "no_answer" : try->refused->error,
                                      try->refused->status, try->refused->error_text));
    }
    json_end_object(json);
}

static void put_providers(struct json_writer *json, const struct robase_view *view)
{
    const struct message *message = view->message;
    bool last;
    struct try deciding = deciding_try(view, &last);
    /* What waits for its time has no provider yet, whatever it gets when the time has come. */
    if (deciding.first)
        put_provider(json, view, deciding.first->provider);
    else if (view->state != RECIPIENT_SCHEDULED && view->state != RECIPIENT_CANCELLED)
        put_provider(json, view, message->first_provider);
    if (deciding.ok && deciding.taken && deciding.taken->carrier_id[0])
        json_put_text(json, "provider_message_id", slice_cstr(deciding.taken->carrier_id));
    json_name(json, "provider_attempts");
    json_begin_array(json);
    struct try try;
    for (size_t cursor = 0; next_try(view, &cursor, &try);)
        write_try(json, view, &try);
    json_end_array(json);
}

static void put_carrier(struct json_writer *json, const struct robase_view *view)
{
    for (size_t i = view->attempt_count; i-- > 0;) {
        const struct attempt *attempt = &view->attempts[i];
        if (!attempt->network[0] || attempt->receipt_at_ms > view->at_ms) continue;
        json_put_text(json, "carrier", slice_cstr(attempt->network));
        return;
    }
}

static void put_cost(struct json_writer *json, const struct message *message)
{
    json_name(json, "cost");
    json_begin_object(json);
    json_put_integer(json, "amount_kobo", message->rate);
    json_put_text(json, "currency", slice_cstr(message->currency));
    json_put_integer(json, "total_kobo", message->rate * message->segments);
    json_end_object(json);
}

static void put_times(struct json_writer *json, const struct robase_view *view)
{
    const struct message *message = view->message;
    uint64_t sent_at_ms = robase_view_sent_at_ms(view);
    robase_put_time(json, "created_at", id_ms(message->id.v));
    if (message->send_at_ms) robase_put_time(json, "send_at", message->send_at_ms);
    if (sent_at_ms) robase_put_time(json, "sent_at", sent_at_ms);
    if (view->state == RECIPIENT_DELIVERED)
        robase_put_time(json, "delivered_at", view->changed_at_ms);
}

void robase_sms_put(struct json_writer *json, const struct robase_view *view, bool in_event)
{
    const struct message *message = view->message;
    robase_put_id(json, "id", message->id.v, view->id_secret);
    if (in_event) robase_put_id(json, "sms_id", message->id.v, view->id_secret);
    json_put_text(json, "status", slice_cstr(robase_status(view->state)));
    json_put_text(json, "to", message->supplied_recipient);
    json_put_text(json, "from", message->sender);
    json_put_text(json, "body", message->text);
    json_put_integer(json, "segments", message->segments);
    json_put_text(json, "encoding", robase_encoding(message->encoding));
    json_put_text(json, "country", slice_cstr(message->country));
    put_carrier(json, view);
    put_providers(json, view);
    put_cost(json, message);
    json_put_bool(json, "test_mode", message->test);
    put_times(json, view);
    bool failed = view->state == RECIPIENT_FAILED || view->state == RECIPIENT_REJECTED ||
                  view->state == RECIPIENT_EXPIRED;
    const struct recipient *recipient = view->recipient;
    if (failed)
        put_error(json, error_told_of(recipient->error_word, recipient->error,
                                      text_of(view, recipient->error_word)));
    else if (in_event)
        put_error(json, (struct error_told){.code = ""});
}

void robase_sms_write(struct json_writer *json, const struct robase_view *view)
{
    json_begin_object(json);
    robase_sms_put(json, view, false);
    json_end_object(json);
}
