#include "edge/http_provider/http_verdict.h"

#include <inttypes.h>

#include "base/limits.h"
#include "edge/http_provider/json_path.h"

/* The words of [errors] that are orders to us, not names. */
#define WORD_THROTTLE SLICE("throttle")
#define WORD_RETRY    SLICE("retry")

/* The carrier's own words for what is wrong. */
struct complaint {
    struct slice code, message; /* empty: it does not say */
};

/* A refusal: by the carrier's word or message, else by the status, the profile's word for it. */
static void refused(const struct http_profile *profile, const struct complaint *complaint,
                    unsigned status, struct arena *arena, struct command_answer *out)
{
    const struct slice theirs[] = {complaint->code, complaint->message,
                                   arena_printf(arena, "%u", status)};
    struct slice ours = {0};
    for (size_t i = 0; i < 3 && ours.size == 0; i++)
        if (theirs[i].size) ours = http_profile_error(profile, theirs[i]);
    if (ours.size == 0 && status == 429) ours = WORD_THROTTLE;
    out->state = slice_eq(ours, WORD_THROTTLE) ? ATTEMPT_THROTTLED : ATTEMPT_REFUSED;
    if (out->state == ATTEMPT_THROTTLED) return;
    out->error_text = http_profile_cut(complaint->message, ERROR_TEXT_MAX);
    bool broken = ours.size == 0 && status >= 500;
    out->for_now = broken || slice_eq(ours, WORD_RETRY);
    if (ours.size && !out->for_now)
        out->error = ours;
    else if (complaint->code.size && !broken)
        out->error = http_profile_cut(complaint->code, ERROR_WORD_MAX);
    else
        out->error = arena_printf(arena, "http_%u", status);
}

static void answered(const struct http_profile *profile, const struct http_result *result,
                     struct arena *arena, struct command_answer *out)
{
    struct slice id = {0};
    struct complaint complaint = {0};
    bool good = result->status >= 200 && result->status <= 299;
    out->status = result->status;
    out->state = ATTEMPT_TAKEN;
    if (good && profile->id.size == 0) {
        /* What the templates call the reference: receipts may name it. */
        out->carrier_id = arena_printf(arena, "%" PRIu64, attempt_recipient(out->attempt).v);
        return;
    }
    json_path_read(result->body, profile->id, arena, &id);
    out->carrier_id = http_profile_cut(id, CARRIER_ID_MAX);
    if (good && id.size) return;
    out->carrier_id = SLICE("");
    json_path_read(result->body, profile->error_code, arena, &complaint.code);
    json_path_read(result->body, profile->error_message, arena, &complaint.message);
    /* A success without an id is one all the same, unless it says itself what is wrong. */
    if (!good || complaint.code.size) refused(profile, &complaint, result->status, arena, out);
}

void http_verdict(const struct http_profile *profile, struct attempt_id attempt,
                  const struct http_result *result, struct arena *arena, struct command_answer *out)
{
    *out = (struct command_answer){.attempt = attempt};
    switch (result->outcome) {
    case HTTP_ANSWERED:
        answered(profile, result, arena, out);
        break;
    case HTTP_REFUSED_URL:
    case HTTP_NO_CONNECTION: /* nothing was sent */
        out->state = ATTEMPT_REFUSED;
        out->for_now = true;
        out->error = SLICE("no_connection");
        break;
    case HTTP_TIMED_OUT:
    case HTTP_BROKEN:
        out->state = ATTEMPT_UNCERTAIN;
        break;
    }
}
