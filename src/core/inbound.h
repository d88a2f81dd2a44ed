/* Inbound messages: the first word is a shortcode that names an account. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ids.h"
#include "base/limits.h"
#include "base/slice.h"

struct shortcode {
    char word[SHORTCODE_MAX_SIZE + 1]; /* lower case, unique */
    struct account_id account;
    uint64_t created_at_ms;     /* the oldest stay active when the paid tier lapses */
    char url[URL_MAX_SIZE + 1]; /* "": no webhook */
    char secret[SECRET_MAX_SIZE + 1];
};

bool shortcode_word_is_valid(struct slice word); /* [a-z0-9_-]{1,32} */

enum push_state {
    PUSH_NONE,    /* no webhook, or the shortcode is inactive, or nobody owns it */
    PUSH_PENDING, /* to be pushed, again after a restart */
    PUSH_DONE,
};

struct inbound {
    struct inbound_id id;
    struct account_id account; /* 0: nobody owns the word */
    uint64_t sender;           /* E.164 digits; 0: not a number, see sender_text */
    struct slice sender_text;  /* as the carrier wrote it when it is not a number */
    struct slice destination;
    struct slice shortcode; /* lower case */
    struct slice text;      /* without the shortcode word */
    struct provider_id provider;
    enum push_state push;
    uint32_t push_status; /* the webhook's HTTP status, 0: none came */
};

/* One segment of a long inbound message, kept until the others have come. */
struct inbound_part {
    uint64_t id; /* time-ordered */
    struct provider_id provider;
    uint16_t reference;
    uint8_t total, number;
    struct slice source, destination; /* as the carrier wrote them */
    struct slice text;
};

/* Splits a text at its first word: words end at ASCII white space, leading white space is skipped,
   the rest loses trailing white space. The word comes lower-cased (ASCII), cut to 32 bytes on a
   character boundary, in `out_word` (SHORTCODE_MAX_SIZE + 1 bytes). False: there is no word. */
bool inbound_split(struct slice text, char *out_word, struct slice *out_rest);
