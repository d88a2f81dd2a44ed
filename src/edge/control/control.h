/* What operators ask, as one JSON object in and one out: the control socket speaks it line by line,
   the command line uses it directly when no server runs, and the dashboard will. Every change is a
   core command. A request names what to do and its arguments, all texts:
       {"do": "credit.grant", "account": "0190...", "amount": "100"}
   The answer is the thing asked for, or {"error": "NO_CREDIT", "message": "..."}. The verbs are the
   tables at the ends of control_*.c; docs/command-line.md lists them with their fields. */
#pragma once

#include "edge/engine.h"
#include "net/tcp.h"

struct control;

#define CONTROL_IMPORT_MAX 4096 /* numbers of one blocklist.import: one commit */

struct control_config {
    struct loop *loop;
    struct engine *engine;
    bool test_clock; /* clock.advance is allowed */
};

struct control *control_new(const struct control_config *config);
void control_free(struct control *control); /* requests in the works must have ended */

/* `reply` is called once, on the loop, with one JSON object; it lives for the call. */
void control_execute(struct control *control, struct slice request,
                     void (*reply)(void *user, struct slice answer), void *user);

/* Listens on unix:PATH. False: `out_error` (256 bytes). */
bool control_listen(struct control *control, struct slice address, char *out_error);
