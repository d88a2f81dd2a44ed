/* The memory back end: everything in tables of this process, for tests and the simulator. It takes
   and gives copies, so what the caller does to its structs changes nothing. */
#pragma once

struct store;

/* The nth write from now (1: the next) fails with ERR_STORE_UNAVAILABLE and changes nothing; 0:
   none will. Only for stores opened as memory: */
void memory_fail_write(struct store *store, unsigned nth);
