/* What the core hands out after a commit. Called on the core's thread; what is pointed at lives for
   the call only, so an edge copies and posts to its own loop. */
#pragma once

#include "core/inbound.h"
#include "core/message.h"
#include "core/provider.h"
#include "core/webhook.h"

/* One segment for the air. Its intent is durable. Exactly one COMMAND_ANSWER must come back. */
struct submit {
    struct attempt_id attempt;
    struct provider_id provider;
    enum provider_kind kind;
    uint64_t number;
    struct slice sender;
    struct slice text; /* the whole message */
    enum encoding encoding;
    struct segment segment; /* GSM septets one per octet, or UTF-16BE; header included */
    enum segment_form form;
    uint16_t reference;     /* of the concatenation, for SAR */
    uint64_t expires_at_ms; /* wall time: the end of the retry window */
};

struct core_ports {
    void *user;
    void (*submit)(void *user, const struct submit *submit);
    /* The inbound is durable and its shortcode has a webhook. One COMMAND_PUSHED must come back. */
    void (*push)(void *user, const struct inbound *inbound, const struct shortcode *shortcode);
    /* The delivery is durable. One COMMAND_DELIVERED must come back. */
    void (*deliver)(void *user, const struct delivery *delivery, const struct webhook *webhook);
    /* Added, changed (also enabled or not), or removed. Also called for each provider at start. */
    void (*provider)(void *user, const struct provider *provider, bool removed);
    /* The end of a tick: what was handed out may leave. */
    void (*flush)(void *user);
};
