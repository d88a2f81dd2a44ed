/* A customer: sends messages in two dialects over two connections, asks again for what may be asked
   again, and reads the answers. */
#pragma once

#include "sim/line.h"

#define CUSTOMERS_MAX 5
#define LINES_MAX     2
#define KEYS_MAX      4
#define BATCH_ROWS    4

struct story;

struct customer {
    struct loop_timer timer; /* the next message; first, so that it casts back */
    uint32_t index;
    uint64_t account; /* key inside */
    char account_text[40];
    char secret[64]; /* of its webhook for events */
    struct {
        char text[48];
        bool test;
    } keys[KEYS_MAX];
    size_t key_count;
    struct line lines[LINES_MAX]; /* the second one only carries what is asked again */
};

void customers_open(void);
/* They send from now on, as the script says. */
void customers_begin(void);
void customers_stop(void); /* sending; answers are still read */
/* One message now, with a key that may send and enough money. */
struct story *customer_probe(struct customer *customer, bool robase);
bool customer_waits(const struct customer *customer);
void customers_close(void);

/* What lines tell. */
void customer_answered(struct customer *customer, const struct ask *ask,
                       const struct line_answer *answer);
void customer_lost(struct customer *customer, const struct ask *ask);

/* What is written into requests; the number tells where it is, whose turn it was, and what carriers
   shall make of it. */
uint64_t customer_number(bool probe);
/* One of the customer's keys, or of nobody. */
const char *customer_key(const struct customer *customer, bool probe, bool *out_test);

/* robase_customer.c: the same in the dialect of Robase. */
struct story *customer_ask_robase(struct customer *customer, bool probe);
/* Asks again for something asked before with a key of its own, or cancels what waits for its time.
 */
void customer_ask_robase_again(struct customer *customer);
