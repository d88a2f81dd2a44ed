/* The contract suite: the same tests for every back end, split over files by subject. */
#pragma once

#include "world.h"

struct contract_tests {
    const struct CMUnitTest *at;
    size_t count;
};

/* Each test's state is a fresh struct world. */
struct contract_tests contract_accept(void);
struct contract_tests contract_moves(void);
struct contract_tests contract_pages(void);
struct contract_tests contract_catalog(void);
struct contract_tests contract_quota(void);
struct contract_tests contract_scheduled(void);
struct contract_tests contract_events(void);
struct contract_tests contract_kept(void);
struct contract_tests contract_random(void);

int contract_setup(void **state);
int contract_teardown(void **state);

#define CONTRACT_TEST(test)   cmocka_unit_test_setup_teardown(test, contract_setup, contract_teardown)
#define CONTRACT_TESTS(tests) ((struct contract_tests){(tests), sizeof(tests) / sizeof *(tests)})
