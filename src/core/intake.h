/* Inbound messages: whose they are by their first word, what the sender is told when nobody's, and
   which go to a webhook. Also the joining of long ones that come in segments. */
#pragma once

#include "base/map.h"
#include "core/command.h"
#include "core/joiner.h"
#include "core/tick.h"

struct intake {
    uint32_t pushing;  /* webhooks handed out and not answered */
    bool more_to_push; /* on disk, behind push_cursor */
    struct inbound_id push_cursor;
    struct joiner joiner;
    struct map replied; /* sender -> when it last got the automatic reply */
};

void intake_done(struct intake *intake);
void intake_decide(struct tick *tick, struct command *command);
void intake_pushed(struct tick *tick, struct command *command);
/* Hands out webhooks that wait on disk, as there is room. */
void intake_begin(struct tick *tick);
void intake_chores(struct tick *tick);
