/* What a carrier's answer makes of a recipient, and the ways it can end without one. */
#pragma once

#include "core/dispatch.h"

struct answer_kept;

/* Ends a recipient that no carrier took and frees it. */
void answer_finish(struct tick *tick, struct pending *pending, enum recipient_state state,
                   const char *error_word);
void answer_give_up(struct tick *tick, struct pending *pending, const char *error_word);
/* A refusal came while other segments were flying, and the last of them has landed since without an
   answer of its own; or nothing of it is to be sent any more. */
bool answer_is_due(const struct pending *pending);
/* Statuses that say "not now" rather than "not this" (SMPP 3.4 5.1.3, HTTP 5xx); 0: it never got
   there. */
bool answer_is_temporary(uint32_t status);
void answer_settle_waiting(struct tick *tick, struct pending *pending);
void answer_write_kept(struct tick *tick);
void answer_forget_kept(struct dispatch *dispatch);
