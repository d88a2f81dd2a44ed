/* What makes one carrier's HTTP interface different from another's: the text that an operator wrote
   (docs/providers.md), read once. Its templates are compiled, its words are tables. */
#pragma once

#include "base/arena.h"
#include "edge/http_profile_check.h"
#include "wire/gotemplate.h"
#include "wire/receipt_text.h"

enum {
    PROFILE_HEADERS_MAX = 16,
    PROFILE_ERRORS_MAX = 128,
    PROFILE_STATES_MAX = 64,
};

struct profile_header {
    struct slice name;
    struct gotemplate *value;
};

/* A carrier's word, or an HTTP status, and ours. */
struct profile_error {
    struct slice theirs, ours;
};

struct profile_state {
    struct slice theirs;
    enum receipt_state state;
};

struct http_profile {
    struct arena arena; /* of all texts */
    struct slice method, content_type;
    struct gotemplate *url, *body; /* `body` NULL: none is sent */
    unsigned used;                 /* variables in any template, http_render_bit */
    uint32_t timeout_s;
    struct profile_header headers[PROFILE_HEADERS_MAX];
    size_t header_count;
    struct slice id, error_code, error_message; /* JSON paths, see json_path.h; empty: not there */
    struct profile_error errors[PROFILE_ERRORS_MAX];
    size_t error_count;
    struct slice dlr_secret; /* empty: no receipts come */
    struct slice dlr_header; /* begins the names of both headers: "X-Acme" */
    struct slice dlr_id, dlr_status, dlr_error, dlr_text, dlr_network;
    struct profile_state states[PROFILE_STATES_MAX];
    size_t state_count;
};

/* False: as http_profile_check, and `out` holds nothing. */
bool http_profile_read(struct slice text, struct slice provider_name, struct http_profile *out,
                       char *out_problem);
void http_profile_done(struct http_profile *profile);

/* Our word for a carrier's, compared without case; empty when the profile has none. */
struct slice http_profile_error(const struct http_profile *profile, struct slice theirs);
/* A carrier's text as far as we keep it: not in the middle of a character. */
struct slice http_profile_cut(struct slice text, size_t max);
/* By the profile's own words, then by those that most carriers use. */
enum receipt_state http_profile_state(const struct http_profile *profile, struct slice theirs);
