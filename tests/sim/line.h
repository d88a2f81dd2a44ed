/* One connection of a customer to the server: requests go out one behind the other, their answers
   come in the same order, and the customer hangs up when that takes too long. */
#pragma once

#include "base/buf.h"
#include "net/tcp.h"

#define PIPELINE_MAX 8

struct customer;

enum ask_kind { ASK_HEP, ASK_SEND, ASK_BATCH, ASK_CANCEL };

/* What was asked, by the stories it is about: those of a batch stand one behind the other. */
struct ask {
    enum ask_kind kind;
    size_t first, count;
};

struct line {
    struct loop_timer patience; /* first, so that it casts back */
    struct customer *customer;
    struct tcp *tcp;
    bool connected;
    struct buf in, out; /* out: until the connection stands */
    struct ask waiting[PIPELINE_MAX];
    size_t waiting_count;
};

struct line_answer {
    unsigned status;
    struct slice head, body;
};

void line_open(struct line *line, struct customer *customer);
void line_send(struct line *line, struct ask ask, struct slice request);
void line_hang_up(struct line *line);
void line_close(struct line *line);
