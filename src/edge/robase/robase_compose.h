/* From fields to a message for the core: what single sends and the rows of a batch have in common.
   The checks stand in the order of the contract's section 2; what only the core can tell (is the
   sender registered, is there such a template, is the number blocked) it tells after them. */
#pragma once

#include "edge/robase/robase_internal.h"

#define ROBASE_POINTS_MAX 1600 /* of a body, in code points, a template rendered */

/* Of the whole request, and of each message. */
struct robase_shared {
    struct field from, template, country, send_at;
};
struct robase_message {
    struct field to, body, template, variables;
};

/* Number and supplied_recipient. */
enum robase_fault robase_compose_to(const struct field *to, bool test, struct command_send *out);
/* Everything of the shared fields but the template. */
enum robase_fault robase_compose_from(const struct field *from, struct command_send *out);
enum robase_fault robase_compose_rest(const struct robase_shared *shared, uint64_t now_ms,
                                      struct command_send *out);
/* Text, or template and variables; a message's own template goes before the shared one. */
enum robase_fault robase_compose_text(const uint8_t *id_secret,
                                      const struct robase_message *message,
                                      const struct field *shared_template,
                                      struct command_send *out);
/* The number that test keys find on the do-not-disturb list (contract section 11). */
enum robase_fault robase_compose_dnd(bool test, const struct command_send *send);
/* iso2 of the number, unless a country was given, and what is the same in all messages. A fault of
   the message is set before. */
void robase_compose_end(const struct gate_entry *caller, struct command_send *out);
