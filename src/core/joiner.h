/* Long inbound messages come in segments, in any order, over any session, sometimes twice. Each is
   durable before the carrier hears of it; the last one completes the message. */
#pragma once

#include "base/map.h"
#include "core/command.h"
#include "core/tick.h"

struct joiner {
    struct map joins; /* provider, source, destination, reference, total -> struct join * */
    struct join *oldest, *newest;
    size_t count;
};

void joiner_done(struct joiner *joiner);
/* At start: a segment of an earlier run. */
void joiner_load(struct joiner *joiner, const struct inbound_part *part);
/* A message that is whole. Its kept segments are removed in the same tick that writes it; once that
   is committed, joiner_forget must be called with its `join` (NULL: it came in one piece). */
struct joined {
    struct join *join;
    struct slice text; /* in the tick's arena */
};
/* Takes one segment, or a message of one. False: the segment is kept, or was there already;
   `command->result` follows. */
bool joiner_take(struct tick *tick, struct command *command, struct joined *out);
/* The oldest message that has waited too long, as far as it came, once each call. */
bool joiner_overdue(struct tick *tick, struct command_inbound *out_inbound, struct joined *out);
void joiner_forget(struct joiner *joiner, struct join *join);
