/* A customer: sends messages over one connection, reads the answers, hangs up when it takes long.
 */
#pragma once

#include "base/buf.h"
#include "net/tcp.h"

#define CUSTOMERS_MAX 5
#define PIPELINE_MAX  8
#define KEYS_MAX      4

struct story;

struct customer {
    struct loop_timer timer; /* the next message; first, so that it casts back */
    uint32_t index;
    uint64_t account; /* key inside */
    char account_text[40];
    struct {
        char text[48];
        bool test;
    } keys[KEYS_MAX];
    size_t key_count;

    struct loop_timer patience;
    struct tcp *tcp;
    bool connected;
    struct buf in, out; /* out: until the connection stands */
    struct story *waiting[PIPELINE_MAX];
    size_t waiting_count;
    uint64_t asked, answered, accepted;
};

void customers_open(void);
/* They send from now on, as the script says. */
void customers_begin(void);
void customers_stop(void); /* sending; answers are still read */
/* One message now, with a key that may send and enough credit. */
struct story *customer_probe(struct customer *customer);
void customers_close(void);
