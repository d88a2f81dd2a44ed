/* The core's whole state, for the files that make up the core and nobody else. */
#pragma once

#include "core/catalog.h"
#include "core/core.h"
#include "core/deliveries.h"
#include "core/dispatch.h"
#include "core/intake.h"
#include "core/once.h"
#include "core/quota.h"
#include "core/receipts.h"
#include "core/rehearsal.h"
#include "core/schedule.h"
#include "core/tick.h"

struct core {
    struct core_config config;
    struct catalog catalog;
    struct dispatch dispatch;
    struct receipts receipts;
    struct intake intake;
    struct schedule schedule;
    struct rehearsal rehearsal;
    struct deliveries deliveries;
    struct onces onces;
    struct quota quota;
    struct id_source ids;
    uint64_t last_recipient;
    struct tick tick;
    uint64_t last_chores_mono_ms;
    bool store_failed; /* the last commit did */
    uint64_t ticks, commands;
};

/* Reads of the deciding thread: they see everything committed. */
struct store_reader *core_reader(const struct core *core);
