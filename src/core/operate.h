/* The commands that change the catalogue: COMMAND_ACCOUNT_ADD ... COMMAND_CLOCK_ADVANCE. Each
   decides against the catalogue and changes it once its commit is done, so the core gives each a
   commit of its own. */
#pragma once

#include "core/command.h"
#include "core/tick.h"

bool operate_is(enum command_kind kind);
void operate_decide(struct tick *tick, struct command *command);
