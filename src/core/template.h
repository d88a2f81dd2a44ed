/* Message templates: a text with placeholders that an account keeps under a name. */
#pragma once

#include <stdint.h>

#include "base/ids.h"
#include "base/limits.h"
#include "base/slice.h"

struct template
{
    struct template_id id;
    struct account_id account;
    uint64_t created_at_ms;
    uint32_t number; /* dense, for dialects whose templates are numbers */
    char name[NAME_MAX_SIZE + 1];
    char slug[SLUG_MAX_SIZE + 1]; /* unique in the account; stays when the name changes */
    struct slice body;
};

/* "Ride arriving" gives "ride-arriving": ASCII letters in lower case and digits, each run of other
   bytes one '-', none at the ends; "template" when nothing is left. */
void template_slug(struct slice name, char out[SLUG_MAX_SIZE + 1]);
