/* Accepting a message: who, for how much, by which route. */
#pragma once

#include "core/command.h"
#include "core/tick.h"

void send_decide(struct tick *tick, struct command *command);
/* A message of our own, free, through one provider: automatic replies. */
void send_own(struct tick *tick, struct provider_id provider, struct slice sender, uint64_t number,
              struct slice text);
