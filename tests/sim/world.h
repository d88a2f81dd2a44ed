/* The simulated world: one Godwit server on a store that outlives it, carriers, customers and
   operators, in one thread on virtual time. There is one world a process. */
#pragma once

#include "cli/server.h"
#include "net/http_server.h"
#include "sim/customer.h"
#include "sim/model.h"
#include "sim/script.h"

/* Something that happens from outside at a time: between two steps, so that it may end the server.
 */
struct deed {
    struct loop_timer timer;
    void (*run)(uint64_t argument);
    uint64_t argument;
    struct deed *next;
    bool due;
};

struct carrier {
    struct loop *loop;
    struct simulator *simulator;
    struct simulator_options options;
    uint16_t provider;
    char address[32];
    FILE *log;
    struct buf line;
};

enum server_state { SERVER_DOWN, SERVER_UP, SERVER_DRAINING };

struct world {
    uint64_t seed;
    bool tells; /* the script, on stderr */
    bool shows; /* every event, the server's notes and its writes, on stderr */
    struct script script;
    struct model model;
    struct clock clock;

    struct store *store;
    struct config config;
    struct loop *home; /* the server's */
    struct server *server;
    enum server_state state;
    bool drained;
    uint64_t busy_until_ms;            /* the core is in a commit */
    uint64_t store_bad_until_ms;       /* every write fails */
    bool faults;                       /* they may happen now */
    int64_t jumped_ms, jumped_most_ms; /* the wall clock, in all */

    struct carrier carriers[CARRIERS_MAX];
    struct customer customers[CUSTOMERS_MAX];
    struct loop *street; /* customers' */
    struct loop *hooks;  /* their webhooks' */
    struct http_server *hook_server;
    struct loop *fate; /* deeds' */
    struct deed *deeds;
    uint64_t steps, still_steps, last_ms;
    uint64_t starts, crashes, stops, failed_commits, inbound_count;
};
extern struct world world;

/* What went wrong, in words; ends the run. */
void world_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* world.c: a whole run, and taking the world apart after it. */
void world_run(uint64_t seed);
void world_close(void);
/* One step of the simulation and what is due after it. */
void world_step(void);
void world_pass(uint64_t ms);
uint64_t world_customer_account(uint32_t customer);
/* Gone for good, once all else is healed. */
bool world_is_dead(uint32_t provider);

/* home.c: the server. */
void server_begin(void); /* may fail while the store does; then it is tried again */
void server_crash(void);
void server_end(void); /* in good order: drains first */

/* show.c */
void show_write(const struct store_op *ops, size_t count);

/* fate.c: what happens when. */
void fate_later(uint64_t ms, void (*run)(uint64_t argument), uint64_t argument);
void fate_run_due(void);
void fate_drop(void);
void fate_begin_faults(void);

/* carrier.c */
void carriers_open(void);
void carriers_heal(void);
void carriers_close(void);

/* hooks.c */
#define HOOKS_ROOT  "http://127.0.0.1:9000"
#define HOOKS_URL   HOOKS_ROOT "/"
#define EVENTS_PATH "/events/"
extern const struct http_edge event_edge; /* events.c */
void events_close(void);
void hooks_open(void);
void hooks_close(void);

/* operator.c */
void operator_set_up(void);
/* One of the things operators do; what comes of it is learned from the store. */
void operator_act(void);
void operator_heal(void);
