/* Runs the contract suite on one back end: test_contract memory|sqlite. */
#include "contract.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static bool on_sqlite;

int contract_setup(void **state)
{
    struct world *world = MEM_NEW(struct world);
    world_init(world, on_sqlite);
    *state = world;
    return 0;
}

int contract_teardown(void **state)
{
    world_done(*state);
    mem_free(*state);
    return 0;
}

int main(int count, char **words)
{
    if (count != 2) return 2;
    on_sqlite = strcmp(words[1], "sqlite") == 0;
    struct contract_tests (*const groups[])(void) = {
        contract_accept,    contract_moves,  contract_pages, contract_catalog, contract_quota,
        contract_scheduled, contract_events, contract_kept,  contract_random,
    };
    int failed = 0;
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++) {
        struct contract_tests tests = groups[i]();
        failed += _cmocka_run_group_tests(words[1], tests.at, tests.count, NULL, NULL);
    }
    return failed ? 1 : 0;
}
