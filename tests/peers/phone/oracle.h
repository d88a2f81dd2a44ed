/* Debian's libphonenumber behind a C face: what it says of a number, and the patterns of its plans
   to make numbers from. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct oracle_answer {
    bool parsed;
    bool possible; /* by the plan of the calling code's main region; local lengths do not count */
    bool valid;
    unsigned type;   /* as enum phone_type; known only when valid */
    char region[4];  /* "" for non-geographic codes; known only when valid */
    char number[64]; /* E.164 with its plus */
};

/* `region` may be NULL. */
void oracle_ask(const char *text, size_t size, const char *region, struct oracle_answer *out);

/* One row for each region and type of number, and one for what all numbers of a region look like.
 */
struct oracle_pattern {
    const char *region; /* NULL for non-geographic codes */
    const char *pattern;
    const char *national_prefix, *international_prefix; /* patterns, may be empty */
    unsigned calling_code;
    bool shared_code; /* other regions have this calling code too */
};
const struct oracle_pattern *oracle_patterns(size_t *out_count);

/* FNV-1a of the library's plans, as tools/phone/debian_dump --hash. */
uint64_t oracle_data_hash(void);

#ifdef __cplusplus
}
#endif
