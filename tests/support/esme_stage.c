#include "support/esme_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/mem.h"
#include "net/machine.h"
#include "net/sim/sim.h"

int esme_stage_open(void **state)
{
    struct esme_stage *stage = MEM_NEW(struct esme_stage);
    sim_open(1);
    machine_clock_init(&stage->clock);
    stage->here = loop_new();
    stage->there = loop_new();
    simulator_options_init(&stage->options);
    stage->options.clock = &stage->clock;
    *state = stage;
    return 0;
}

int esme_stage_close(void **state)
{
    struct esme_stage *stage = *state;
    if (stage->esme.peer_count) puppet_close(&stage->esme);
    simulator_close(stage->simulator);
    sim_advance(100);
    loop_free(stage->here);
    loop_free(stage->there);
    sim_close();
    arena_done(&stage->arena);
    mem_free(stage);
    return 0;
}

void esme_set(struct esme_stage *stage, const char *name, const char *value)
{
    char problem[256] = "";
    if (!simulator_options_set(&stage->options, slice_cstr(name), slice_cstr(value), problem))
        fail_msg("%s", problem);
}

void esme_simulate(struct esme_stage *stage)
{
    char error[256] = "";
    stage->simulator = simulator_open(stage->there, &stage->options, error);
    if (!stage->simulator) fail_msg("%s", error);
}

struct simulator_counts esme_counts(struct esme_stage *stage)
{
    return simulator_counts(stage->simulator);
}

struct smpp_pdu esme_take(struct esme_stage *stage, uint32_t command_id)
{
    return puppet_expect(&stage->esme, &stage->arena, command_id);
}

void esme_send(struct esme_stage *stage, struct smpp_pdu pdu)
{
    puppet_send(&stage->esme, &pdu);
    sim_advance(10);
}

uint32_t esme_bind_as(struct esme_stage *stage, uint32_t kind, const char *name,
                      const char *password)
{
    puppet_connect(&stage->esme, stage->here, ESME_ADDRESS);
    sim_advance(10);
    esme_send(stage, (struct smpp_pdu){.command_id = kind,
                                       .sequence = 1,
                                       .system_id = slice_cstr(name),
                                       .password = slice_cstr(password),
                                       .interface_version = 0x34});
    return esme_take(stage, kind | SMPP_RESPONSE).status;
}

void esme_bind(struct esme_stage *stage)
{
    assert_int_equal(esme_bind_as(stage, SMPP_BIND_TRANSCEIVER, "esme", ""), ESME_ROK);
}

struct smpp_pdu esme_message(struct esme_stage *stage, const char *number)
{
    return (struct smpp_pdu){
        .command_id = SMPP_SUBMIT_SM,
        .sequence = ++stage->sequence + 100,
        .source = {5, 0, SLICE("Godwit")},
        .destination = {1, 1, slice_cstr(number)},
        .registered_delivery = 1,
        .short_message = SLICE("Hello"),
    };
}

struct smpp_pdu esme_submit(struct esme_stage *stage, const char *number)
{
    esme_send(stage, esme_message(stage, number));
    struct smpp_pdu response = esme_take(stage, SMPP_SUBMIT_SM | SMPP_RESPONSE);
    assert_int_equal(response.sequence, stage->sequence + 100);
    return response;
}

void esme_answer(struct esme_stage *stage, const struct smpp_pdu *request, uint32_t status)
{
    puppet_answer(&stage->esme, request, status, "");
    sim_advance(10);
}
