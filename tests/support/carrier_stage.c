#include "support/carrier_stage.h"

#include "base/mem.h"

int carrier_stage_open(void **state)
{
    struct carrier_stage *stage = MEM_NEW(struct carrier_stage);
    world_open(&stage->world, 1);
    puppet_open(&stage->puppet, stage->world.there, CARRIER_ADDRESS);
    *state = stage;
    return 0;
}

int carrier_stage_close(void **state)
{
    struct carrier_stage *stage = *state;
    puppet_close(&stage->puppet);
    arena_done(&stage->arena);
    world_close(&stage->world);
    mem_free(stage);
    return 0;
}

struct smpp_pdu carrier_take(struct carrier_stage *stage, uint32_t command_id)
{
    return puppet_expect(&stage->puppet, &stage->arena, command_id);
}

void carrier_send(struct carrier_stage *stage, struct smpp_pdu pdu)
{
    puppet_send(&stage->puppet, &pdu);
    world_run(&stage->world, 10);
}
