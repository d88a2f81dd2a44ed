/* The carriers: simulators, each on a loop of its own, whose log is what the model learns from. */
#include <stdio.h>

#include "sim/world.h"

#define LINE_MAX_SIZE (1u << 20)

static ssize_t take_log(void *cookie, const char *bytes, size_t size)
{
    struct carrier *carrier = cookie;
    buf_add(&carrier->line, slice_of(bytes, size));
    const char *end;
    while (carrier->line.size && (end = memchr(carrier->line.at, '\n', carrier->line.size))) {
        size_t line = (size_t)(end - carrier->line.at);
        model_carrier_line(&world.model, carrier->provider, slice_of(carrier->line.at, line));
        buf_drop(&carrier->line, line + 1);
    }
    return (ssize_t)size;
}

static void take_answered(void *user, const struct simulator_answered *answered)
{
    const struct carrier *carrier = user;
    model_carrier_told(&world.model, carrier->provider, answered);
}

void carriers_open(void)
{
    static const cookie_io_functions_t log_functions = {.write = take_log};
    for (uint32_t i = 0; i < world.script.carrier_count; i++) {
        struct carrier *carrier = &world.carriers[i];
        char problem[256] = "";
        carrier->loop = loop_new();
        carrier->provider = (uint16_t)(i + 1);
        carrier->log = fopencookie(carrier, "w", log_functions);
        buf_init(&carrier->line, LINE_MAX_SIZE);
        carrier->options = world.script.carriers[i].sick;
        carrier->options.port = 2775 + i;
        carrier->options.clock = &world.clock;
        carrier->options.log = carrier->log;
        carrier->options.answered = take_answered;
        carrier->options.trace_user = carrier;
        carrier->simulator = simulator_open(carrier->loop, &carrier->options, problem);
        if (!carrier->simulator) world_fail("%s", problem);
        struct slice address = simulator_address(carrier->simulator);
        snprintf(carrier->address, sizeof carrier->address, "%.*s", (int)address.size, address.at);
    }
}

void carriers_heal(void)
{
    for (uint32_t i = 0; i < world.script.carrier_count; i++) {
        struct carrier *carrier = &world.carriers[i];
        struct simulator_options healthy = world.script.carriers[i].healthy;
        healthy.port = carrier->options.port;
        healthy.log = carrier->log;
        healthy.answered = take_answered;
        healthy.trace_user = carrier;
        simulator_configure(carrier->simulator, &healthy);
    }
}

void carriers_close(void)
{
    for (uint32_t i = 0; i < world.script.carrier_count; i++) {
        struct carrier *carrier = &world.carriers[i];
        simulator_close(carrier->simulator);
        loop_free(carrier->loop);
        fclose(carrier->log);
        buf_done(&carrier->line);
    }
}
