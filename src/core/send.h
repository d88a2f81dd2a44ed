/* Accepting messages: who, in whose name, which text, for how much, when, by which route. */
#pragma once

#include "core/command.h"
#include "core/tick.h"

void send_decide(struct tick *tick, struct command *command);
void send_decide_many(struct tick *tick, struct command *command);
/* The edge refuses it; what it answers is remembered, or an earlier answer told. */
void send_refuse(struct tick *tick, struct command *command);
/* A message of our own, free, through one provider: automatic replies. */
void send_own(struct tick *tick, struct provider_id provider, struct slice sender, uint64_t number,
              struct slice text);
